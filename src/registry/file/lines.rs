//! Bytes of any encoding a district's software writes, as lines of UTF-8 or Windows-1252.

use std::borrow::Cow;
use std::io::{self, Read};

use super::{FileError, LINE_BYTES_MAX, header};

/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// The lines of a stream. Holds at most a chunk and a line.
pub(super) struct Lines<'a> {
    input: &'a mut dyn Read,
    encoding: Encoding,
    chunk: Box<[u8]>,
    /// UTF-16 only: what is not decoded yet; between chunks at most one byte.
    torn: Vec<u8>,
    /// What was read; from `start` on it is still ahead.
    text: Vec<u8>,
    start: usize,
    /// Bytes of what was last peeked at, with its line end.
    peeked: usize,
    lines_peeked: u64,
    number: u64,
    ended: bool,
}

#[derive(Clone, Copy)]
enum Encoding {
    /// UTF-8, or one byte a character.
    Narrow,
    Utf16(Endian),
}

#[derive(Clone, Copy)]
enum Endian {
    Little,
    Big,
}

/// What lies ahead.
pub(super) enum Peek<'t> {
    End,
    /// More than [`LINE_BYTES_MAX`] without a line end.
    Long,
    /// Without the last line end.
    Text(&'t [u8]),
}

impl<'a> Lines<'a> {
    pub(super) fn open(input: &'a mut dyn Read) -> Result<Self, FileError> {
        let mut lines = Self {
            input,
            encoding: Encoding::Narrow,
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            torn: Vec::new(),
            text: Vec::new(),
            start: 0,
            peeked: 0,
            lines_peeked: 0,
            number: 1,
            ended: false,
        };
        while lines.text.len() < LONGEST_MAGIC && !lines.ended {
            lines.fill()?;
        }
        if WORKBOOKS.iter().any(|magic| lines.text.starts_with(magic)) {
            return Err(FileError::Workbook);
        }
        let (encoding, mark) = sniff(&lines.text);
        lines.encoding = encoding;
        let rest = lines.text.split_off(mark);
        lines.text.clear();
        lines.push(&rest);
        Ok(lines)
    }

    /// The number of the line ahead, from 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next so many lines as one text, left where they are. `End` if the stream has fewer.
    pub(super) fn peek(&mut self, lines: u64) -> io::Result<Peek<'_>> {
        let mut length = 0;
        let mut end = 0;
        for _ in 0..lines {
            loop {
                let ahead = self.text.get(self.start + length..).unwrap_or_default();
                if let Some(at) = ahead.iter().position(|&byte| byte == b'\n') {
                    end = length + at;
                    length = end + 1;
                    break;
                }
                if length + ahead.len() > LINE_BYTES_MAX {
                    return Ok(Peek::Long);
                }
                if self.ended {
                    if ahead.is_empty() {
                        return Ok(Peek::End);
                    }
                    length += ahead.len();
                    end = length;
                    break;
                }
                self.fill()?;
            }
        }
        if end > LINE_BYTES_MAX {
            return Ok(Peek::Long);
        }
        (self.peeked, self.lines_peeked) = (length, lines);
        let text = self.text.get(self.start..self.start + end).unwrap_or_default();
        Ok(Peek::Text(text.strip_suffix(b"\r").unwrap_or(text)))
    }

    /// Leaves behind what was last peeked at as text.
    pub(super) fn advance(&mut self) {
        self.start += std::mem::take(&mut self.peeked);
        self.number += std::mem::take(&mut self.lines_peeked);
    }

    /// Leaves one line behind, however long.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        loop {
            let ahead = self.text.get(self.start..).unwrap_or_default();
            if let Some(at) = ahead.iter().position(|&byte| byte == b'\n') {
                self.start += at + 1;
                break;
            }
            self.start = self.text.len();
            if self.ended {
                break;
            }
            self.fill()?;
        }
        self.number += 1;
        Ok(())
    }

    /// Leaves blank lines behind.
    pub(super) fn skip_blank(&mut self) -> io::Result<()> {
        while let Peek::Text(line) = self.peek(1)?
            && header::is_blank(&decode(line))
        {
            self.advance();
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.chunk.len() + self.text.capacity() + self.torn.capacity()
    }

    fn fill(&mut self) -> io::Result<()> {
        self.text.drain(..self.start);
        self.start = 0;
        let mut chunk = std::mem::take(&mut self.chunk);
        let read = loop {
            match self.input.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let outcome = read.map(|length| {
            self.ended = length == 0;
            self.push(chunk.get(..length).unwrap_or_default());
        });
        self.chunk = chunk;
        outcome
    }

    fn push(&mut self, bytes: &[u8]) {
        let Encoding::Utf16(endian) = self.encoding else {
            self.text.extend_from_slice(bytes);
            return;
        };
        self.torn.extend_from_slice(bytes);
        let units = self.torn.chunks_exact(2).map(|pair| endian.unit(pair));
        let mut utf8 = [0; 4];
        // A pair of surrogates torn between two chunks is lost; no basic phone could show what it stands for.
        for char in char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)) {
            self.text.extend_from_slice(char.encode_utf8(&mut utf8).as_bytes());
        }
        let odd = self.torn.len() % 2;
        self.torn.drain(..self.torn.len() - odd);
    }
}

impl Endian {
    fn unit(self, pair: &[u8]) -> u16 {
        let pair = <[u8; 2]>::try_from(pair).unwrap_or_default();
        match self {
            Self::Little => u16::from_le_bytes(pair),
            Self::Big => u16::from_be_bytes(pair),
        }
    }
}

/// The encoding and the length of the mark that tells it. The names of the columns begin with ASCII, so a zero byte among the first two
/// is UTF-16 without a mark.
fn sniff(text: &[u8]) -> (Encoding, usize) {
    match text {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Narrow, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16(Endian::Little), 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16(Endian::Big), 2),
        [0, ..] => (Encoding::Utf16(Endian::Big), 0),
        [_, 0, ..] => (Encoding::Utf16(Endian::Little), 0),
        _ => (Encoding::Narrow, 0),
    }
}

/// A line as text. What is not UTF-8 is Windows-1252, which Latin-1 is a part of; decided line by line, for files glued from two sources.
pub(super) fn decode(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(line.iter().map(|&byte| windows_1252(byte)).collect()),
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252_HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from(byte),
    }
}

/// What Windows-1252 has where Latin-1 has control characters; its five holes stay control characters.
const WINDOWS_1252_HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', //
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// How a workbook begins: a ZIP archive (.xlsx, .ods) or a compound file (.xls).
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0"];
const LONGEST_MAGIC: usize = 4;
