//! The GSM 7-bit default alphabet with its extension table, and how septets are packed into octets for SMS and USSD.
//!
//! Source: 3GPP TS 23.038, clauses 6.2.1 (alphabet), 6.2.1.1 (extension table), 6.1.2.1 (SMS packing), 6.1.2.3.1 (USSD packing). Messages of several parts are
//! [`sms`].
//! One character takes one septet, the ten of the extension table take two. All here is pure; the encoders are exact and
//! name the first character they cannot send, the decoders never fail, because what a phone sends must be read somehow.

pub mod sms;

use std::fmt;

/// The most septets one USSD string carries: 160 octets of 8 bits (3GPP TS 24.090).
pub const USSD_SEPTETS_MAX: usize = 182;

/// A character that the GSM 7-bit default alphabet does not have. On the air it would force 16-bit text and more than halve the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Foreign {
    pub char: char,
    /// Where in the text, in characters from 0.
    pub at: usize,
}

impl Foreign {
    /// What to write instead, if that is known. Always within the alphabet.
    pub fn suggestion(&self) -> Option<&'static str> {
        SUGGESTIONS.iter().find(|(chars, _)| chars.contains(self.char)).map(|&(_, plain)| plain)
    }
}

/// `character 14, U+2019 ’, is not in the GSM 7-bit alphabet: write '`. Positions are printed from 1.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}, U+{:04X}", self.at + 1, u32::from(self.char))?;
        let invisible = self.char.is_control() || self.char.is_whitespace() || self.suggestion() == Some("");
        if !invisible {
            write!(f, " {}", self.char)?;
        }
        f.write_str(", is not in the GSM 7-bit alphabet")?;
        match self.suggestion() {
            Some("") => f.write_str(": leave it out"),
            Some(" ") => f.write_str(": write a plain space"),
            Some(plain) => write!(f, ": write {plain}"),
            None => Ok(()),
        }
    }
}

/// How many septets `text` takes. Allocates nothing: this is asked for each page shown.
pub fn septets(text: &str) -> Result<usize, Foreign> {
    let mut count = 0;
    for &byte in text.as_bytes() {
        match ASCII.get(usize::from(byte)) {
            Some(&(width @ 1.., _)) => count += usize::from(width),
            // Beyond ASCII, or foreign: start again the slow way, which also finds the position.
            _ => return septets_by_char(text),
        }
    }
    Ok(count)
}

/// The beginning of a text that takes no more than so many septets. What the alphabet does not have is left out.
pub fn cut(text: &str, max: usize) -> String {
    let (mut kept, mut taken) = (String::new(), 0);
    for char in text.chars() {
        let Ok(more) = septets(char.encode_utf8(&mut [0; 4])) else { continue };
        if taken + more > max {
            break;
        }
        taken += more;
        kept.push(char);
    }
    kept
}

/// The septet values of `text`, each 0 to 127, escapes included.
pub fn encode(text: &str) -> Result<Vec<u8>, Foreign> {
    let mut out = Vec::with_capacity(text.len());
    for (at, char) in text.chars().enumerate() {
        let (width, value) = code(char).ok_or(Foreign { char, at })?;
        if width == 2 {
            out.push(ESCAPE);
        }
        out.push(value);
    }
    Ok(out)
}

/// Reads septet values. Never fails: an escape with nothing behind it, or before another escape, is a space; an escaped value that the
/// extension table lacks is the default alphabet's character of that value (both by 6.2.1.1). Bit 8 of a value is ignored.
pub fn decode(septets: &[u8]) -> String {
    let mut out = String::with_capacity(septets.len());
    let mut escaped = false;
    for &raw in septets {
        let value = raw & 0x7F;
        if escaped {
            escaped = false;
            let char = EXTENSION.iter().find(|&&(_, code)| code == value).map(|&(char, _)| char);
            out.push(char.unwrap_or_else(|| basic(value)));
        } else if value == ESCAPE {
            escaped = true;
        } else {
            out.push(basic(value));
        }
    }
    if escaped {
        out.push(' ');
    }
    out
}

/// Packs septets into octets as an SMS carries them: spare bits are zero, and the length travels beside them (6.1.2.1).
pub fn pack_sms(septets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(septets.len() * 7 / 8 + 1);
    let (mut bits, mut held) = (0_u16, 0_u32);
    for &septet in septets {
        bits |= u16::from(septet & 0x7F) << held;
        held += 7;
        if held >= 8 {
            out.push(bits.to_le_bytes()[0]);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        out.push(bits.to_le_bytes()[0]);
    }
    out
}

/// The first `count` septets packed in `octets`; fewer if there are not so many.
pub fn unpack_sms(octets: &[u8], count: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(count.min(octets.len() * 8 / 7));
    let (mut bits, mut held) = (0_u16, 0_u32);
    for &octet in octets {
        bits |= u16::from(octet) << held;
        held += 8;
        while held >= 7 && out.len() < count {
            out.push(bits.to_le_bytes()[0] & 0x7F);
            bits >>= 7;
            held -= 7;
        }
    }
    out
}

/// Packs septets as USSD carries them (6.1.2.3.1). USSD has no count beside the octets, so seven spare bits would read as an `@`:
/// they are filled with a CR. A text that itself ends in a CR on an octet boundary gets a second one, which the receiver takes off.
pub fn pack_ussd(septets: &[u8]) -> Vec<u8> {
    let pad = match septets.len() % 8 {
        7 => true,
        0 => septets.last() == Some(&CR),
        _ => false,
    };
    if pad {
        let mut padded = septets.to_vec();
        padded.push(CR);
        return pack_sms(&padded);
    }
    pack_sms(septets)
}

/// The septets of a USSD string: as many as fit the octets, less the CR that only fills them up.
pub fn unpack_ussd(octets: &[u8]) -> Vec<u8> {
    let mut out = unpack_sms(octets, octets.len() * 8 / 7);
    if octets.len().is_multiple_of(7) && out.last() == Some(&CR) {
        out.pop();
    }
    out
}

fn septets_by_char(text: &str) -> Result<usize, Foreign> {
    text.chars().enumerate().try_fold(0, |count, (at, char)| {
        let (width, _) = code(char).ok_or(Foreign { char, at })?;
        Ok(count + usize::from(width))
    })
}

/// Width in septets and value of a character; `None` if the alphabet lacks it.
fn code(char: char) -> Option<(u8, u8)> {
    if let Some(&known) = ASCII.get(char as usize) {
        return (known.0 > 0).then_some(known);
    }
    if char == '€' {
        return Some((2, 0x65));
    }
    let place = BASIC.iter().position(|&known| known == char)?;
    u8::try_from(place).ok().filter(|&value| value != ESCAPE).map(|value| (1, value))
}

/// The default alphabet's character of a value; the escape itself reads as a space.
fn basic(value: u8) -> char {
    BASIC.get(usize::from(value)).copied().unwrap_or(' ')
}

const CR: u8 = 0x0D;
const ESCAPE: u8 = 0x1B;

/// Clause 6.2.1, in order of value. The space at 0x1B stands for the escape.
#[rustfmt::skip]
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// Clause 6.2.1.1: the value that follows the escape. An escape behind an escape announces a further table that does not exist: a space.
const EXTENSION: [(char, u8); 11] = [
    ('\u{C}', 0x0A),
    ('^', 0x14),
    (' ', ESCAPE),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

/// Width (0: foreign) and value of each ASCII character.
const ASCII: [(u8, u8); 128] = ascii_table();

#[expect(clippy::cast_possible_truncation, reason = "128 values fit a u8; TryFrom is not const")]
const fn ascii_table() -> [(u8, u8); 128] {
    let mut table = [(0, 0); 128];
    let mut value = 0;
    while value < BASIC.len() {
        let char = BASIC[value] as usize;
        if char < 128 && value != ESCAPE as usize {
            table[char] = (1, value as u8);
        }
        value += 1;
    }
    let mut row = 0;
    while row < EXTENSION.len() {
        let (char, value) = EXTENSION[row];
        if (char as usize) < 128 && value != ESCAPE {
            table[char as usize] = (2, value);
        }
        row += 1;
    }
    table
}

/// Foreign characters that word processors and web pages like to put in, and what to write instead.
const SUGGESTIONS: &[(&str, &str)] = &[
    ("\u{2018}\u{2019}\u{201A}\u{201B}\u{2032}\u{B4}`", "'"),
    ("\u{201C}\u{201D}\u{201E}\u{201F}\u{2033}\u{AB}\u{BB}", "\""),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}", "-"),
    ("\u{2026}", "..."),
    ("\t\u{A0}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}", " "),
    ("\u{AD}\u{200B}\u{200C}\u{200D}\u{200E}\u{200F}\u{2060}\u{FEFF}", ""),
    ("\u{2192}\u{21D2}\u{203A}\u{25B6}", ">"),
    ("\u{2190}\u{21D0}\u{2039}\u{25C0}", "<"),
    ("\u{2022}\u{B7}\u{25CF}\u{25AA}", "-"),
    ("\u{D7}", "x"),
    ("\u{BD}", "1/2"),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{B0}\u{BA}", "o"),
    ("áâãā", "a"),
    ("ÀÁÂÃĀ", "A"),
    ("çćč", "c"),
    ("êëēĕ", "e"),
    ("ÈÊËĒ", "E"),
    ("íîïī", "i"),
    ("ÌÍÎÏĪ", "I"),
    ("óôõō", "o"),
    ("ÒÓÔÕŌ", "O"),
    ("úûū", "u"),
    ("ÙÚÛŪ", "U"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        text: String,
        septets: String,
        n_septets: usize,
        packed_sms: String,
        packed_ussd: String,
        decoded_ussd: Option<String>,
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_text_is_cut_by_its_septets() {
        for (text, max, kept) in
            [("saya", 4, "saya"), ("saya", 3, "say"), ("a[b", 2, "a"), ("a[b", 3, "a["), ("a\u{1f600}b", 2, "ab"), ("", 5, "")]
        {
            assert_eq!(cut(text, max), kept, "{text} {max}");
        }
    }

    #[test]
    fn agrees_with_the_vectors_that_wireshark_checked() {
        let file: Vectors = serde_json::from_str(include_str!("../tests/fixtures/gsm7.json")).unwrap();
        assert!(file.vectors.len() >= 34);
        for row in &file.vectors {
            let values = encode(&row.text).unwrap();
            assert_eq!(hex(&values), row.septets, "{:?}", row.text);
            assert_eq!(septets(&row.text), Ok(row.n_septets), "{:?}", row.text);
            assert_eq!(hex(&pack_sms(&values)), row.packed_sms, "{:?}", row.text);
            assert_eq!(unpack_sms(&pack_sms(&values), values.len()), values, "{:?}", row.text);
            assert_eq!(hex(&pack_ussd(&values)), row.packed_ussd, "{:?}", row.text);
            if let Some(shown) = &row.decoded_ussd {
                assert_eq!(&decode(&unpack_ussd(&pack_ussd(&values))), shown, "{:?}", row.text);
            }
        }
    }

    #[test]
    fn every_value_of_both_tables_comes_back() {
        for value in (0..128_u8).filter(|&value| value != ESCAPE) {
            let text = decode(&[value]);
            assert_eq!(encode(&text).unwrap(), [value], "{value:#04x}");
        }
        for (char, value) in EXTENSION.into_iter().filter(|&(_, value)| value != ESCAPE) {
            assert_eq!(encode(&char.to_string()).unwrap(), [ESCAPE, value]);
            assert_eq!(decode(&[ESCAPE, value]), char.to_string());
            assert_eq!(septets(&char.to_string()), Ok(2));
        }
    }

    #[test]
    fn decoding_is_lenient_as_the_standard_says() {
        for (values, text) in [
            (&[0x1B][..], " "),
            (&[0x41, 0x1B], "A "),
            (&[0x1B, 0x1B], " "),
            (&[0x1B, 0x1B, 0x28], " ("),
            (&[0x1B, 0x41], "A"),
            (&[0x1B, 0x0D], "\r"),
            (&[0xB1], "1"),
        ] {
            assert_eq!(decode(values), text, "{values:02x?}");
        }
    }

    #[test]
    fn a_foreign_character_is_named_with_its_place_and_a_way_out() {
        for (text, at, suggestion, message) in [
            ("KTP\u{2019}", 3, Some("'"), "character 4, U+2019 \u{2019}, is not in the GSM 7-bit alphabet: write '"),
            ("é\u{2013}", 1, Some("-"), "character 2, U+2013 \u{2013}, is not in the GSM 7-bit alphabet: write -"),
            ("a\u{A0}b", 1, Some(" "), "character 2, U+00A0, is not in the GSM 7-bit alphabet: write a plain space"),
            ("\u{200B}", 0, Some(""), "character 1, U+200B, is not in the GSM 7-bit alphabet: leave it out"),
            ("`", 0, Some("'"), "character 1, U+0060 `, is not in the GSM 7-bit alphabet: write '"),
            ("字", 0, None, "character 1, U+5B57 字, is not in the GSM 7-bit alphabet"),
            ("ab\u{0}", 2, None, "character 3, U+0000, is not in the GSM 7-bit alphabet"),
        ] {
            let foreign = septets(text).unwrap_err();
            assert_eq!(encode(text), Err(foreign));
            assert_eq!((foreign.at, foreign.suggestion()), (at, suggestion), "{text:?}");
            assert_eq!(foreign.to_string(), message);
        }
    }

    #[test]
    fn suggestions_are_foreign_on_the_left_and_sendable_on_the_right() {
        for (chars, plain) in SUGGESTIONS {
            assert!(septets(plain).is_ok(), "{plain:?}");
            for char in chars.chars() {
                assert_eq!(code(char), None, "{char:?} needs no replacement");
            }
        }
    }

    proptest! {
        #[test]
        fn the_two_ways_to_count_agree(text in "\\PC{0,80}|[ -~é€\n]{0,80}") {
            prop_assert_eq!(septets(&text), encode(&text).map(|values| values.len()));
        }

        #[test]
        fn packing_loses_nothing(values in proptest::collection::vec(0..128_u8, 0..200)) {
            prop_assert_eq!(unpack_sms(&pack_sms(&values), values.len()), values.clone());
            // The one text that USSD cannot carry as it is: a CR on the octet boundary comes back doubled.
            let mut expected = values.clone();
            if values.len() % 8 == 0 && values.last() == Some(&CR) {
                expected.push(CR);
            }
            prop_assert_eq!(unpack_ussd(&pack_ussd(&values)), expected);
        }

        #[test]
        fn decoding_never_fails(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = decode(&unpack_ussd(&octets));
            prop_assert!(septets(&text).is_ok());
        }
    }
}
