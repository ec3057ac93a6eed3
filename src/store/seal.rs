//! Secrets: the keys, the keyed hashes that stand for persons in record keys, and the seals on values.
//!
//! ```text
//!  sealed value:  stamp u64 │ format u16 │ key u8 │ nonce 24 │ XChaCha20-Poly1305 ciphertext and tag      (numbers little-endian)
//! ```
//! The record's key, stamp and format are authenticated with it, so that no value can be moved to another place or time. A nonce is
//! 16 random bytes of this process and a counter. Key number 0 stands for a person's own key (`Space::PersonKey`), others for
//! the ring's.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, AeadInOut, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Fault, Key};

/// Stamp, format and key number in front of a nonce.
const HEAD_BYTES: usize = 8 + 2 + 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
pub(super) const SEALED_BYTES_MIN: usize = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
/// The key number of a value that is sealed under a person's own key.
const PERSONS_OWN: u8 = 0;
const SECRET_BYTES: usize = 32;

/// What a keyed hash stands for. Each field has a key of its own, so that equal bytes in two fields do not look equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Number,
    Nik,
    Dialogue,
    Text,
    Message,
}

impl Field {
    const ALL: [Self; 5] = [Self::Number, Self::Nik, Self::Dialogue, Self::Text, Self::Message];

    fn label(self) -> &'static [u8] {
        match self {
            Self::Number => b"kentongan hash number",
            Self::Nik => b"kentongan hash nik",
            Self::Dialogue => b"kentongan hash dialogue",
            Self::Text => b"kentongan hash text",
            Self::Message => b"kentongan hash message",
        }
    }
}

/// The secrets of one installation, as they stand in its key file:
///
/// ```text
/// hash BASE64-OF-32-BYTES
/// seal 1 BASE64-OF-32-BYTES
/// seal 2 BASE64-OF-32-BYTES
/// ```
/// The hash secret never changes: every key of a record is made with it. Of the sealing keys the last one seals, all open.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    hash: [u8; SECRET_BYTES],
    seals: Vec<(u8, [u8; SECRET_BYTES])>,
}

/// Why a key file cannot be used. Shows nothing of its contents.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("line {0} is neither `hash SECRET` nor `seal NUMBER SECRET`")]
    Line(usize),
    #[error("there is no `hash` line, or more than one")]
    Hash,
    #[error("there is no `seal` line, or two have the same number")]
    Seal,
    #[error("there are as many sealing keys as there can be")]
    Full,
    #[error("this machine gives no random bytes")]
    Randomness,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// # Errors
    /// If the machine has no randomness to give.
    pub fn generate() -> Result<Self, KeyError> {
        let (mut hash, mut seal) = ([0; SECRET_BYTES], [0; SECRET_BYTES]);
        getrandom::fill(&mut hash).map_err(|_| KeyError::Randomness)?;
        getrandom::fill(&mut seal).map_err(|_| KeyError::Randomness)?;
        Ok(Self { hash, seals: vec![(1, seal)] })
    }

    /// # Errors
    /// If a line is not understood or a key is missing.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (mut hash, mut seals) = (None, Vec::<(u8, [u8; SECRET_BYTES])>::new());
        for (at, line) in text.lines().enumerate() {
            let wrong = || KeyError::Line(at + 1);
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [comment, ..] if comment.starts_with('#') => {}
                ["hash", secret] if hash.is_none() => hash = Some(secret_of(secret).ok_or_else(wrong)?),
                ["hash", _] => return Err(KeyError::Hash),
                ["seal", number, secret] => {
                    let number = number.parse().ok().filter(|number| *number != PERSONS_OWN).ok_or_else(wrong)?;
                    if seals.iter().any(|(other, _)| *other == number) {
                        return Err(KeyError::Seal);
                    }
                    seals.push((number, secret_of(secret).ok_or_else(wrong)?));
                }
                _ => return Err(wrong()),
            }
        }
        if seals.is_empty() {
            return Err(KeyError::Seal);
        }
        Ok(Self { hash: hash.ok_or(KeyError::Hash)?, seals })
    }

    /// With one more sealing key, which seals from now on.
    ///
    /// # Errors
    /// If no number is left, or the machine has no randomness to give.
    pub fn rotated(mut self) -> Result<Self, KeyError> {
        let highest = self.seals.iter().map(|(number, _)| *number).max().unwrap_or(PERSONS_OWN);
        let mut seal = [0; SECRET_BYTES];
        getrandom::fill(&mut seal).map_err(|_| KeyError::Randomness)?;
        self.seals.push((highest.checked_add(1).ok_or(KeyError::Full)?, seal));
        Ok(self)
    }

    /// The key file's text.
    pub fn to_text(&self) -> String {
        let mut text = String::from("# Kentongan's secret keys. Keep a copy apart from every backup of the data.\n");
        text.push_str(&format!("hash {}\n", BASE64.encode(self.hash)));
        for (number, secret) in &self.seals {
            text.push_str(&format!("seal {number} {}\n", BASE64.encode(secret)));
        }
        text
    }
}

fn secret_of(text: &str) -> Option<[u8; SECRET_BYTES]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

/// Keyed hashes, one prepared key a field.
#[derive(Clone)]
pub(super) struct Hasher([Hmac<Sha256>; 5]);

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

impl Hasher {
    pub(super) fn new(keys: &Keys) -> Self {
        Self(Field::ALL.map(|field| {
            let secret = derive(&keys.hash, field.label());
            // HMAC takes keys of any length; the error of this constructor cannot happen.
            Hmac::new_from_slice(&secret).unwrap_or_else(|_| Hmac::new(&Default::default()))
        }))
    }

    /// HMAC-SHA-256, cut to sixteen bytes.
    pub(super) fn hash(&self, field: Field, bytes: &[u8]) -> [u8; 16] {
        let mut mac = self.0[field as usize].clone();
        mac.update(bytes);
        let whole = mac.finalize().into_bytes();
        let mut cut = [0; 16];
        cut.copy_from_slice(&whole[..16]);
        cut
    }
}

fn derive(secret: &[u8; SECRET_BYTES], label: &[u8]) -> [u8; SECRET_BYTES] {
    let mut out = [0; SECRET_BYTES];
    // HKDF gives up to 255 hashes; one is never too many.
    let _fits = Hkdf::<Sha256>::new(None, secret).expand(label, &mut out);
    out
}

/// Seals and opens values.
pub(super) struct Sealer {
    ring: Vec<(u8, XChaCha20Poly1305)>,
    process: [u8; 16],
    counter: AtomicU64,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

/// A value taken out of its seal.
pub(super) struct Unsealed {
    pub(super) stamp: u64,
    pub(super) format: u16,
    pub(super) value: Vec<u8>,
}

impl Sealer {
    pub(super) fn new(keys: &Keys) -> Result<Self, Fault> {
        let mut process = [0; 16];
        getrandom::fill(&mut process).map_err(|_| Fault::Randomness)?;
        let ring = keys.seals.iter().map(|(number, secret)| (*number, cipher(&derive(secret, b"kentongan seal")))).collect();
        Ok(Self { ring, process, counter: AtomicU64::new(0) })
    }

    /// Appends the sealed value. `person`: that person's own key, for records of a person.
    pub(super) fn seal(
        &self,
        out: &mut Vec<u8>,
        key: &Key,
        stamp: u64,
        format: u16,
        value: &[u8],
        person: Option<&[u8; SECRET_BYTES]>,
    ) -> Result<(), Fault> {
        let (number, own);
        let cipher = match person {
            Some(secret) => {
                (number, own) = (PERSONS_OWN, cipher(secret));
                &own
            }
            None => {
                let (newest, ring) = self.ring.last().ok_or(Fault::Sealed)?;
                number = *newest;
                ring
            }
        };
        let mut nonce = [0; NONCE_BYTES];
        nonce[..16].copy_from_slice(&self.process);
        nonce[16..].copy_from_slice(&self.counter.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        out.reserve(HEAD_BYTES + NONCE_BYTES + value.len() + TAG_BYTES);
        out.extend_from_slice(&stamp.to_le_bytes());
        out.extend_from_slice(&format.to_le_bytes());
        out.push(number);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(value);
        let (aad, aad_len) = aad(key, stamp, format);
        let tag =
            cipher.encrypt_inout_detached(&XNonce::from(nonce), &aad[..aad_len], (&mut out[start..]).into()).map_err(|_| Fault::Sealed)?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// `person` is asked for the person's own key where the value needs it; `None` means that the person was forgotten.
    pub(super) fn open(
        &self,
        key: &Key,
        sealed: &[u8],
        person: impl FnOnce() -> Result<Option<[u8; SECRET_BYTES]>, Fault>,
    ) -> Result<Option<Unsealed>, Fault> {
        if sealed.len() < SEALED_BYTES_MIN {
            return Err(Fault::Sealed);
        }
        let (head, rest) = sealed.split_at(HEAD_BYTES);
        let (nonce, ciphertext) = rest.split_at(NONCE_BYTES);
        let stamp = stamp_of(sealed);
        let format = u16::from_le_bytes([head[8], head[9]]);
        let (aad, aad_len) = aad(key, stamp, format);
        let payload = Payload { msg: ciphertext, aad: &aad[..aad_len] };
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| Fault::Sealed)?;
        let nonce = XNonce::from(nonce);
        let value = match head[10] {
            PERSONS_OWN => {
                let Some(secret) = person()? else { return Ok(None) };
                cipher(&secret).decrypt(&nonce, payload)
            }
            number => {
                let (_, cipher) = self.ring.iter().find(|(known, _)| *known == number).ok_or(Fault::Sealed)?;
                cipher.decrypt(&nonce, payload)
            }
        };
        Ok(Some(Unsealed { stamp, format, value: value.map_err(|_| Fault::Sealed)? }))
    }
}

/// The stamp stands in clear, at the front.
pub(super) fn stamp_of(sealed: &[u8]) -> u64 {
    sealed.first_chunk::<8>().map_or(0, |stamp| u64::from_le_bytes(*stamp))
}

fn cipher(secret: &[u8; SECRET_BYTES]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*secret).into())
}

fn aad(key: &Key, stamp: u64, format: u16) -> ([u8; super::KEY_BYTES_MAX + 10], usize) {
    let mut aad = [0; super::KEY_BYTES_MAX + 10];
    let bytes = key.as_bytes();
    let len = bytes.len();
    aad[..len].copy_from_slice(bytes);
    aad[len..len + 8].copy_from_slice(&stamp.to_le_bytes());
    aad[len + 8..len + 10].copy_from_slice(&format.to_le_bytes());
    (aad, len + 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Space;

    #[test]
    fn a_value_opens_only_where_and_as_it_was_sealed() {
        let keys = Keys::generate().unwrap();
        let sealer = Sealer::new(&keys).unwrap();
        let key = Key::new(Space::Session).with(&[1; 16]);
        let mut sealed = Vec::new();
        sealer.seal(&mut sealed, &key, 7, 1, b"value", None).unwrap();
        let open = |key: &Key, sealed: &[u8]| sealer.open(key, sealed, || Ok(None));
        let unsealed = open(&key, &sealed).unwrap().unwrap();
        assert_eq!((unsealed.stamp, unsealed.format, unsealed.value.as_slice()), (7, 1, b"value".as_slice()));
        assert!(open(&Key::new(Space::Session).with(&[2; 16]), &sealed).is_err(), "another key");
        for bit in 0..sealed.len() * 8 {
            let mut wrong = sealed.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(open(&key, &wrong), Ok(Some(_))), "bit {bit}");
        }
        assert!(Sealer::new(&Keys::generate().unwrap()).unwrap().open(&key, &sealed, || Ok(None)).is_err(), "other secrets");
    }

    #[test]
    fn after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() {
        let old = Keys::generate().unwrap();
        let new = Keys::parse(&old.to_text()).unwrap().rotated().unwrap();
        let new = Keys::parse(&new.to_text()).unwrap();
        let key = Key::new(Space::Session).with(&[1; 16]);
        let sealed = |keys: &Keys| {
            let mut sealed = Vec::new();
            Sealer::new(keys).unwrap().seal(&mut sealed, &key, 7, 1, b"value", None).unwrap();
            sealed
        };
        let opens = |keys: &Keys, sealed: &[u8]| matches!(Sealer::new(keys).unwrap().open(&key, sealed, || Ok(None)), Ok(Some(_)));
        assert!(opens(&new, &sealed(&old)) && opens(&new, &sealed(&new)) && !opens(&old, &sealed(&new)));
        assert_eq!(Hasher::new(&old).hash(Field::Nik, b"1"), Hasher::new(&new).hash(Field::Nik, b"1"), "keys of records stay");
        let full = (2..=255).try_fold(old, |keys, _| keys.rotated());
        assert!(matches!(full.and_then(Keys::rotated), Err(KeyError::Full)));
    }

    #[test]
    fn a_forgotten_person_cannot_be_read() {
        let sealer = Sealer::new(&Keys::generate().unwrap()).unwrap();
        let key = Key::new(Space::Booking).with(&[1; 17]);
        let own = [5; 32];
        let mut sealed = Vec::new();
        sealer.seal(&mut sealed, &key, 1, 1, b"secret", Some(&own)).unwrap();
        assert_eq!(sealer.open(&key, &sealed, || Ok(Some(own))).unwrap().unwrap().value, b"secret");
        assert!(sealer.open(&key, &sealed, || Ok(None)).unwrap().is_none());
    }

    #[test]
    fn a_key_file_says_what_is_wrong_with_it() {
        let text = Keys::generate().unwrap().to_text();
        assert!(Keys::parse(&text).is_ok());
        let secret = BASE64.encode([1; 32]);
        for (text, expected) in [
            (String::new(), "there is no `seal` line, or two have the same number"),
            (format!("seal 1 {secret}"), "there is no `hash` line, or more than one"),
            (format!("hash {secret}\nseal 0 {secret}"), "line 2 is neither `hash SECRET` nor `seal NUMBER SECRET`"),
            (format!("hash {secret}\nseal 1 {secret}\nseal 1 {secret}"), "there is no `seal` line, or two have the same number"),
            ("hash short".to_owned(), "line 1 is neither `hash SECRET` nor `seal NUMBER SECRET`"),
        ] {
            assert_eq!(Keys::parse(&text).unwrap_err().to_string(), expected);
        }
    }
}
