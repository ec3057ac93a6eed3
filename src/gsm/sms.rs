//! A text as short messages: in how many parts, in which alphabet, and as the octets of each.
//!
//! Sources: 3GPP TS 23.040, clauses 9.2.3.16 (TP-UDL), 9.2.3.24 (TP-UD, fill bits) and 9.2.3.24.1 (parts); TS 23.038, clauses 4 and 6.
//! A part never ends within a character: no escape is parted from its value, no surrogate from its pair.

use std::fmt;

use super::{Foreign, code, encode, pack_sms};

/// A part's number is one octet.
pub const PARTS_MAX: usize = 255;

/// How a message writes its characters. One foreign character makes the whole message wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Septets, as [`super::encode`] gives them.
    Gsm7,
    /// 16-bit units; beyond the first plane a pair of them, as phones have long read it.
    Ucs2,
}

impl Alphabet {
    /// The narrow one, if the text allows.
    pub fn of(text: &str) -> Self {
        if super::septets(text).is_ok() { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// Units in a message of one part: 140 octets.
    pub const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units in each of several parts: 140 octets less the header's six.
    pub const fn each(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// TP-DCS, SMPP's `data_coding`.
    pub const fn coding(self) -> u8 {
        match self {
            Self::Gsm7 => 0x00,
            Self::Ucs2 => 0x08,
        }
    }

    fn units(self, char: char) -> usize {
        match self {
            Self::Gsm7 => code(char).map_or(0, |(width, _)| usize::from(width)),
            Self::Ucs2 => char.len_utf16(),
        }
    }
}

/// A text cut into parts, before anything is sent: what it costs is their number.
#[derive(Clone, PartialEq, Eq)]
pub struct Segments<'t> {
    pub alphabet: Alphabet,
    parts: Vec<&'t str>,
}

impl<'t> Segments<'t> {
    /// One at least, at most [`PARTS_MAX`]; together the text.
    pub fn parts(&self) -> &[&'t str] {
        &self.parts
    }

    /// What goes on the air, part by part. `reference` is the same in all parts of a message, and another one in the next message to
    /// the same phone.
    pub fn user_data(&self, reference: u8) -> Vec<UserData> {
        let total = u8::try_from(self.parts.len()).unwrap_or(u8::MAX);
        let header = |number| (total > 1).then_some([0x05, 0x00, 0x03, reference, total, number]);
        self.parts.iter().zip(1..=u8::MAX).map(|(text, number)| UserData::new(self.alphabet, header(number), text)).collect()
    }
}

/// Shows no text.
impl fmt::Debug for Segments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").field("alphabet", &self.alphabet).field("parts", &self.parts.len()).finish()
    }
}

/// The text takes more than [`PARTS_MAX`] parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("longer than {PARTS_MAX} parts of a message")]
pub struct TooLong;

/// # Errors
/// [`TooLong`].
pub fn segment(text: &str) -> Result<Segments<'_>, TooLong> {
    let alphabet = Alphabet::of(text);
    let units: usize = text.chars().map(|char| alphabet.units(char)).sum();
    if units <= alphabet.alone() {
        return Ok(Segments { alphabet, parts: vec![text] });
    }
    let mut parts = Vec::new();
    let (mut start, mut filled) = (0, 0);
    for (at, char) in text.char_indices() {
        let width = alphabet.units(char);
        if filled + width > alphabet.each() {
            parts.extend(text.get(start..at));
            (start, filled) = (at, 0);
        }
        filled += width;
    }
    parts.extend(text.get(start..));
    if parts.len() > PARTS_MAX { Err(TooLong) } else { Ok(Segments { alphabet, parts }) }
}

/// TP-UD, and what a message says of it.
#[derive(Clone, PartialEq, Eq)]
pub struct UserData {
    /// TP-UDHI: it begins with a header.
    pub has_header: bool,
    pub coding: u8,
    /// TP-UDL: septets, the header counted as seven; in the wide alphabet octets.
    pub length: u8,
    pub octets: Vec<u8>,
}

impl UserData {
    fn new(alphabet: Alphabet, header: Option<[u8; 6]>, text: &str) -> Self {
        let header_octets = header.as_ref().map_or(&[][..], |header| header);
        let (length, octets) = match alphabet {
            Alphabet::Gsm7 => {
                // The text begins at the first whole septet behind the header: 48 bits, and one to fill up to 49.
                let mut septets = vec![0; (header_octets.len() * 8).div_ceil(7)];
                septets.extend(encode(text).unwrap_or_default());
                let mut octets = pack_sms(&septets);
                octets.iter_mut().zip(header_octets).for_each(|(octet, header)| *octet = *header);
                (septets.len(), octets)
            }
            Alphabet::Ucs2 => {
                let octets: Vec<u8> = header_octets.iter().copied().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
                (octets.len(), octets)
            }
        };
        let length = u8::try_from(length).unwrap_or(u8::MAX);
        Self { has_header: header.is_some(), coding: alphabet.coding(), length, octets }
    }
}

/// Shows no text.
impl fmt::Debug for UserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserData").field("length", &self.length).finish_non_exhaustive()
    }
}

/// The text in the narrow alphabet, and each character that was written otherwise, in their order.
///
/// # Errors
/// The first character for which nothing else can be written.
pub fn transliterate(text: &str) -> Result<(String, Vec<Foreign>), Foreign> {
    let mut plain = String::with_capacity(text.len());
    let mut changed = Vec::new();
    for (at, char) in text.chars().enumerate() {
        if code(char).is_some() {
            plain.push(char);
        } else {
            let foreign = Foreign { char, at };
            plain.push_str(foreign.suggestion().ok_or(foreign)?);
            changed.push(foreign);
        }
    }
    Ok((plain, changed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::super::{decode, unpack_sms};
    use super::*;

    /// Reads the parts back as a phone does.
    fn read(alphabet: Alphabet, data: &UserData) -> String {
        let header = if data.has_header { 6 } else { 0 };
        match alphabet {
            Alphabet::Gsm7 => {
                let septets = unpack_sms(&data.octets, usize::from(data.length));
                decode(&septets[(header * 8_usize).div_ceil(7)..])
            }
            Alphabet::Ucs2 => {
                let units: Vec<u16> = data.octets[header..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                String::from_utf16(&units).unwrap()
            }
        }
    }

    #[test]
    fn parts_are_full_and_never_end_within_a_character() {
        for (text, alphabet, parts) in [
            (String::new(), Alphabet::Gsm7, &[0][..]),
            ("a".repeat(160), Alphabet::Gsm7, &[160]),
            ("a".repeat(161), Alphabet::Gsm7, &[153, 8]),
            ("a".repeat(306), Alphabet::Gsm7, &[153, 153]),
            ("a".repeat(307), Alphabet::Gsm7, &[153, 153, 1]),
            ("€".repeat(80), Alphabet::Gsm7, &[80]),
            ("€".repeat(81), Alphabet::Gsm7, &[76, 5]),
            (format!("{}€{}", "a".repeat(152), "b".repeat(20)), Alphabet::Gsm7, &[152, 21]),
            (format!("{}€{}", "a".repeat(151), "b".repeat(20)), Alphabet::Gsm7, &[152, 20]),
            ("ç".repeat(70), Alphabet::Ucs2, &[70]),
            ("ç".repeat(71), Alphabet::Ucs2, &[67, 4]),
            ("😀".repeat(35), Alphabet::Ucs2, &[35]),
            ("😀".repeat(36), Alphabet::Ucs2, &[33, 3]),
            (format!("{}😀{}", "ç".repeat(66), "ç".repeat(10)), Alphabet::Ucs2, &[66, 11]),
            ("a".repeat(153 * 255), Alphabet::Gsm7, &[153; 255]),
        ] {
            let segments = segment(&text).unwrap();
            let lengths: Vec<usize> = segments.parts().iter().map(|part| part.chars().count()).collect();
            assert_eq!((segments.alphabet, &lengths[..]), (alphabet, parts), "{text}");
            assert_eq!(segments.parts().concat(), text);
        }
        assert_eq!(segment(&"a".repeat(153 * 255 + 1)), Err(TooLong));
        assert_eq!(segment(&"ç".repeat(67 * 255 + 1)), Err(TooLong));
    }

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        text: String,
        n_septets: usize,
        packed_sms: String,
    }

    #[test]
    fn one_part_is_packed_as_in_the_vectors_that_wireshark_checked() {
        let file: Vectors = serde_json::from_str(include_str!("../../tests/fixtures/gsm7.json")).unwrap();
        let short = file.vectors.iter().filter(|row| row.n_septets <= Alphabet::Gsm7.alone());
        for row in short {
            let [data]: [UserData; 1] = segment(&row.text).unwrap().user_data(7).try_into().unwrap();
            let hex: String = data.octets.iter().map(|octet| format!("{octet:02x}")).collect();
            assert_eq!((hex, usize::from(data.length), data.has_header), (row.packed_sms.clone(), row.n_septets, false), "{}", row.text);
        }
    }

    #[test]
    fn each_part_says_which_it_is() {
        let data = segment(&"a".repeat(400)).map(|segments| segments.user_data(0x7a)).unwrap();
        let headers: Vec<_> = data.iter().map(|part| part.octets[..6].to_vec()).collect();
        assert_eq!(headers, [1, 2, 3].map(|number| vec![5, 0, 3, 0x7a, 3, number]));
        assert_eq!(data.iter().map(|part| (part.length, part.octets.len())).collect::<Vec<_>>(), [(160, 140), (160, 140), (101, 89)]);
        // `a` is 0x61: its lowest bit stands behind the fill bit.
        assert_eq!(data[0].octets[6], 0xC2);
    }

    #[test]
    fn what_is_changed_is_named() {
        let (plain, changed) = transliterate("KTP\u{2019}s \u{2013} ok…").unwrap();
        assert_eq!(plain, "KTP's - ok...");
        assert_eq!(
            changed.iter().map(|foreign| (foreign.at, foreign.char)).collect::<Vec<_>>(),
            [(3, '\u{2019}'), (6, '\u{2013}'), (10, '…')]
        );
        assert_eq!(transliterate("a字\u{2019}").unwrap_err(), Foreign { char: '字', at: 1 });
    }

    proptest! {
        #[test]
        fn a_phone_reads_what_was_cut(text in "\\PC{0,400}|[ -~é€\n]{0,700}", reference: u8) {
            let segments = segment(&text).unwrap();
            let data = segments.user_data(reference);
            prop_assert_eq!(data.len(), segments.parts().len());
            prop_assert!(data.iter().all(|part| part.octets.len() <= 140));
            let back: String = data.iter().map(|part| read(segments.alphabet, part)).collect();
            prop_assert_eq!(back, text);
        }

        #[test]
        fn what_is_transliterated_is_narrow(text in "\\PC{0,40}|[ -~\u{2013}\u{2019}…À]{0,80}") {
            if let Ok((plain, changed)) = transliterate(&text) {
                prop_assert_eq!(Alphabet::of(&plain), Alphabet::Gsm7);
                prop_assert_eq!(changed.is_empty(), plain == text);
            }
        }
    }
}
