//! Signatures of callbacks, checked on the raw request before anything in it is believed.
//!
//! ```text
//!  X-Signature: 7a…  = hex(HMAC-SHA256(key, body + X-Timestamp))      most: which digest, how it is written and of what, the profile says
//!  X-Twilio-Signature = base64(HMAC-SHA1(token, URL + names and values, sorted))
//!  Authorization: Bearer eyJ…                                         a token that names digests of URL and body
//! ```
//!
//! A channel without a signing key checks none: then addresses and a secret path must do.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::extract::{Field, Source};

mod jwt;
mod schemes;

pub(super) use jwt::Claims;
pub(super) use schemes::{Piece, Quirk, Scheme};

/// How far a signed time may be from ours where the profile does not say: clocks differ, and telcos repeat within minutes.
pub(super) const WINDOW_SECS: i64 = 300;

/// One way in which a profile's telco may sign.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) at: Field,
    pub(super) scheme: Scheme,
    pub(super) timestamp: Option<Field>,
    pub(super) nonce: Option<Field>,
    pub(super) window_secs: i64,
}

/// What a signature is of.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    /// As the telco called it, with the query.
    pub(super) url: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// Why a signature does not hold. Shows nothing of what was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    #[error("there is no signature")]
    Absent,
    #[error("the body is not the one that was signed")]
    Body,
    #[error("the signature is of another time: {0} s from ours")]
    Late(i64),
    #[error("the signature cannot be read")]
    Unreadable,
    #[error("the address is not the one that was signed: is report_url the one that the telco calls?")]
    Url,
    #[error("who signed is not the telco")]
    Issuer,
    #[error("the signature is wrong: another key, another address or another body")]
    Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encoding {
    Base64,
    Hex,
}

impl Signature {
    pub(super) fn is_of_the_url(&self) -> bool {
        match &self.scheme {
            Scheme::Hmac { of, .. } => of.contains(&Piece::Url) || of.contains(&Piece::Address),
            Scheme::Jwt(claims) => claims.audience || claims.hashes,
            Scheme::Quirk(quirk) => matches!(quirk, Quirk::PlivoV3 | Quirk::Twilio),
        }
    }

    /// Whether the request carries this one.
    pub(super) fn is_there(&self, signed: &Signed<'_>) -> bool {
        let Some(source) = source(signed) else { return false };
        source.with(|source| source.text(&self.at).is_some_and(|found| !found.text.is_empty()))
    }

    /// The nonce, where this telco signs one.
    ///
    /// # Errors
    /// Why it does not hold.
    pub(super) fn verify(&self, key: &str, signed: &Signed<'_>) -> Result<Option<String>, Flaw> {
        let source = source(signed).ok_or(Flaw::Unreadable)?;
        let text = |field: &Field| source.with(|source| source.text(field).map(|found| found.text.into_owned()));
        let shown = text(&self.at).filter(|shown| !shown.is_empty()).ok_or(Flaw::Absent)?;
        let timestamp = self.timestamp.as_ref().map(|field| text(field).ok_or(Flaw::Absent)).transpose()?.unwrap_or_default();
        if self.timestamp.is_some() {
            let seconds: i64 = timestamp.parse().map_err(|_| Flaw::Unreadable)?;
            // Some count milliseconds.
            let seconds = if seconds > MILLIS_FROM { seconds / 1000 } else { seconds };
            let away = signed.now.saturating_sub(seconds);
            if away.abs() > self.window_secs {
                return Err(Flaw::Late(away));
            }
        }
        let nonce = self.nonce.as_ref().map(|field| text(field).ok_or(Flaw::Absent)).transpose()?;
        let within = self.scheme.verify(key, &shown, signed, &timestamp, nonce.as_deref().unwrap_or_default())?;
        Ok(nonce.or(within))
    }
}

/// A time that would lie in the year 5138, counted in seconds, is counted in milliseconds.
const MILLIS_FROM: i64 = 100_000_000_000;

/// The parts of a request in which a signature may stand.
struct Shown<'a> {
    signed: Signed<'a>,
    query: super::body::Form<'a>,
    form: super::body::Form<'a>,
    json: Option<serde_json::Value>,
}

fn source<'a>(signed: &Signed<'a>) -> Option<Shown<'a>> {
    use super::body::Form;
    let (query, form) = (Form::parse(signed.query.as_bytes()).ok()?, Form::parse(signed.body).or_else(|_| Form::parse(b"")).ok()?);
    Some(Shown { signed: *signed, query, form, json: serde_json::from_slice(signed.body).ok() })
}

impl Shown<'_> {
    fn with<T>(&self, read: impl FnOnce(&Source<'_>) -> T) -> T {
        let Signed { headers, body, .. } = self.signed;
        read(&Source {
            body,
            call: None,
            form: Some(&self.form),
            headers,
            json: self.json.as_ref(),
            path: &[],
            query: Some(&self.query),
            xml: None,
        })
    }
}

impl Digest {
    pub(super) fn hmac(self, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
        macro_rules! mac {
            ($digest:ty) => {{
                // A key of any length will do.
                let Ok(mut mac) = Hmac::<$digest>::new_from_slice(key) else { return Vec::new() };
                pieces.iter().for_each(|piece| mac.update(piece));
                mac.finalize().into_bytes().to_vec()
            }};
        }
        match self {
            Self::Md5 => mac!(md5::Md5),
            Self::Sha1 => mac!(sha1::Sha1),
            Self::Sha256 => mac!(sha2::Sha256),
            Self::Sha384 => mac!(sha2::Sha384),
            Self::Sha512 => mac!(sha2::Sha512),
        }
    }
}

impl Encoding {
    pub(super) fn write(self, bytes: &[u8]) -> String {
        use base64::Engine as _;
        match self {
            Self::Base64 => base64::engine::general_purpose::STANDARD.encode(bytes),
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// In constant time, or the time of a wrong guess would tell how much of it was right.
pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
