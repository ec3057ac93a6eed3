//! The user data header in front of a part of a long message (3GPP TS 23.040, 9.2.3.24).
//!
//! ```text
//!  05 00 03 A7 02 01      length; element 00 (concatenation, 8-bit reference), 3 octets: reference, total, number
//!  06 08 04 01 A7 02 01   element 08: the same with a 16-bit reference
//! ```

use nom::multi::{length_data, many0};
use nom::number::complete::u8 as octet;
use nom::{IResult, Parser as _};

use super::PartOf;

/// Concatenation with an 8-bit and with a 16-bit reference.
const SHORT_REFERENCE: u8 = 0x00;
const LONG_REFERENCE: u8 = 0x08;

/// Which part it is; `None` if the header says nothing of parts, or nothing possible: then the receiver must take the message as a
/// whole (9.2.3.24.1). Of several elements the last counts (9.2.3.24).
pub(super) fn part(header: &[u8]) -> Option<PartOf> {
    let (_, elements) = whole(header).ok()?;
    let (_, elements) = many0(element).parse(elements).ok()?;
    elements.into_iter().rev().find_map(|(id, data)| match (id, data) {
        (SHORT_REFERENCE, &[reference, total, number]) => PartOf::new(reference.into(), total, number),
        (LONG_REFERENCE, &[high, low, total, number]) => PartOf::new(u16::from_be_bytes([high, low]), total, number),
        _ => None,
    })
}

fn whole(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(octet).parse(input)
}

fn element(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    (octet, length_data(octet)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (header, expected) in [
            (b"\x05\x00\x03\xa7\x02\x01".as_slice(), Some((0xA7, 2, 1))),
            (b"\x06\x08\x04\x01\xa7\x03\x03", Some((0x1A7, 3, 3))),
            // A port element in front.
            (b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x07\x02\x02", Some((7, 2, 2))),
            // Twice: the last.
            (b"\x0a\x00\x03\x01\x02\x01\x00\x03\x09\x02\x02", Some((9, 2, 2))),
            // No part 0, no part beyond the total, and one part is a whole.
            (b"\x05\x00\x03\x07\x02\x00", None),
            (b"\x05\x00\x03\x07\x02\x03", None),
            (b"\x05\x00\x03\x07\x01\x01", None),
            (b"\x05\x00\x03\x07\x02", None),
            (b"\x06\x05\x04\x0b\x84\x23\xf0", None),
            (b"\x00", None),
            (b"", None),
        ] {
            let found = part(header).map(|part| (part.reference, part.total, part.number));
            assert_eq!(found, expected, "{}", header.escape_ascii());
        }
    }
}
