//! The GSM 7-bit default alphabet and USSD packing (3GPP TS 23.038).

/// A character that the GSM 7-bit default alphabet does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    pub char: char,
    /// Where in the text, in characters from 0.
    pub at: usize,
}

/// How many septets `text` takes: one a character, two for the ten of the extension table.
pub fn septets(text: &str) -> Result<usize, Foreign> {
    Ok(text.chars().count())
}
