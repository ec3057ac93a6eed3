//! The export that the registry's office gives us, row by row, as it comes out of its software or out of a spreadsheet:
//!
//! ```text
//! NIK;NO_KK;STATUS_KTP;TGL;LOKASI
//! 1606090101909999;1606090101209998;SENT_FOR_ENROLLMENT;24/11/2026;Kantor Camat Keluang
//! '1606094101909998;"0123";PRR;24 Nov 2026;
//! ```
//!
//! Columns may stand in any order and among others. Comma, semicolon, tab and `|` separate; UTF-8, UTF-16 and Windows-1252 are read.
//! Reads as a stream: memory grows by about 20 bytes a row, for telling that a NIK stands twice. No reason repeats what a cell held.

pub(super) mod cells;
mod fields;
mod header;
mod lines;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use self::fields::{Fields, Quote};
use self::header::{COLUMNS, Layout};
use self::lines::{Lines, Peek};
use super::{Entry, place};
use crate::citizen::Nik;
use crate::clock::Day;

/// Longest line in bytes, as UTF-8. A row of all columns that the office's software exports has about 600.
pub const LINE_BYTES_MAX: usize = 4096;
/// Most rows of one file: seven times the people of the regency, and what still fits in 128 MiB with all NIK remembered.
pub const ROWS_MAX: u64 = 5_000_000;
/// Lines that one quoted row may go over: an address typed in a spreadsheet has line breaks, but a forgotten quotation mark must not
/// swallow the rows after it.
const LINES_IN_ROW_MAX: u64 = 4;

/// A good row.
pub type Row = Entry;

/// A row that was not taken, and why. Lines count from 1, the header among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadRow {
    pub line: u64,
    pub reason: Reason,
}

/// Why a row was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Reason {
    #[error("the line is longer than 4096 bytes")]
    LineLong,
    #[error("a quotation mark is not closed, or text follows a closed one")]
    Quote,
    #[error("there are fewer cells than columns")]
    CellsFew,
    #[error("there are more cells than columns: a separator stands in a text without quotation marks")]
    CellsMany,
    #[error("the NIK is missing")]
    NikMissing,
    #[error("the NIK is a rounded number (like 1.6E+15): a spreadsheet lost its digits; export that column as text")]
    NikRounded,
    #[error("the NIK has not 16 digits")]
    NikLength,
    #[error("the NIK holds something else than digits")]
    NikLetter,
    #[error("the NIK begins with no known area")]
    NikArea,
    #[error("the NIK holds no possible date of birth")]
    NikDate,
    #[error("the NIK ends in 0000: a spreadsheet may have lost its last digit")]
    NikSerial,
    #[error("the NIK stands in an earlier row too")]
    NikTwice,
    #[error("the KK is neither a number of 16 digits nor its last 4")]
    Kk,
    #[error("the KK is a rounded number: a spreadsheet lost its digits; export that column as text")]
    KkRounded,
    #[error("the status is missing")]
    StatusMissing,
    #[error("the date is none of 2026-11-24, 24/11/2026, 24-11-2026, 24 Nov 2026")]
    Date,
    #[error("the date lies ahead")]
    DateAhead,
    #[error("the file could not be read on from here")]
    Unreadable,
    #[error("there are more rows than one file may have")]
    RowsMany,
}

/// Why a file is no export, or was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("there is no row below the names of the columns")]
    NoRows,
    #[error("this is a workbook; save it as CSV (UTF-8) and import that")]
    Workbook,
    #[error("the first line is longer than {LINE_BYTES_MAX} bytes")]
    HeaderLong,
    #[error("no column {}; the first line must name nik, kk4, status, tanggal and tempat", .0.join(", "))]
    Missing(Vec<&'static str>),
    #[error("two columns could be {0}; leave one out")]
    Twice(&'static str),
    #[error("the file has more than {0} rows")]
    RowsMany(u64),
    #[error("the file could not be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// What a file holds so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Good and bad; blank lines and the header are no rows.
    pub rows: u64,
    pub good: u64,
    pub bad: u64,
    /// Good rows by what their citizens would be told. `diproses` are those whose status is not in the table.
    pub by_group: BTreeMap<&'static str, u64>,
}

/// Begins to read an export. `today` is the day in Western Indonesian Time: nothing is dated after it.
///
/// # Errors
/// If it is no export: empty, a workbook, a column missing, or no row. Nothing else is known then.
pub fn read(input: &mut dyn Read, today: Day) -> Result<Rows<'_>, FileError> {
    let mut lines = Lines::open(input)?;
    let layout = header::read(&mut lines)?;
    lines.skip_blank()?;
    if matches!(lines.peek(1)?, Peek::End) {
        return Err(FileError::NoRows);
    }
    Ok(Rows { lines, layout, today, rows_max: ROWS_MAX, seen: HashSet::new(), counts: Counts::default(), cut: None, over: false })
}

/// The rows of an export, good and bad, in the order of the file. Ask [`Rows::finish`] before believing that these were all.
pub struct Rows<'a> {
    lines: Lines<'a>,
    layout: Layout,
    today: Day,
    rows_max: u64,
    seen: HashSet<Nik>,
    counts: Counts,
    cut: Option<FileError>,
    over: bool,
}

impl std::fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Rows<'_> {
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The counts of a file that was read to its end.
    ///
    /// # Errors
    /// If reading failed on the way or the file has too many rows: then the rows given are only a part, and nobody missing from them
    /// may be taken for unknown.
    pub fn finish(self) -> Result<Counts, FileError> {
        self.cut.map_or(Ok(self.counts), Err)
    }

    fn stop(&mut self, error: FileError, reason: Reason) -> Reason {
        self.cut = Some(error);
        self.over = true;
        reason
    }

    /// The row ahead, left behind. `None` at the end of the file.
    fn take(&mut self) -> io::Result<Option<Result<Row, Reason>>> {
        for lines in 1..=LINES_IN_ROW_MAX {
            let row = match self.lines.peek(lines)? {
                Peek::End if lines == 1 => return Ok(None),
                Peek::Long if lines == 1 => {
                    self.lines.skip()?;
                    return Ok(Some(Err(Reason::LineLong)));
                }
                Peek::End | Peek::Long => break,
                Peek::Text(bytes) => entry(&lines::decode(bytes), &self.layout, self.today),
            };
            match row {
                Err(Reason::Quote) => {}
                // The closing mark that was found belongs to another row.
                Err(Reason::CellsFew | Reason::CellsMany) if lines > 1 => break,
                row => {
                    self.lines.advance();
                    return Ok(Some(row));
                }
            }
        }
        self.lines.skip()?;
        Ok(Some(Err(Reason::Quote)))
    }

    fn once(&mut self, row: Row) -> Result<Row, Reason> {
        if self.seen.insert(row.nik) { Ok(row) } else { Err(Reason::NikTwice) }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let taken = self.lines.skip_blank().and_then(|()| Ok((self.lines.number(), self.take()?)));
        let (line, row) = match taken {
            Ok((_, None)) => {
                self.over = true;
                return None;
            }
            Ok((line, Some(_))) if self.counts.rows == self.rows_max => {
                (line, Err(self.stop(FileError::RowsMany(self.rows_max), Reason::RowsMany)))
            }
            Ok((line, Some(row))) => (line, row.and_then(|row| self.once(row))),
            Err(error) => (self.lines.number(), Err(self.stop(FileError::Unreadable(error), Reason::Unreadable))),
        };
        self.counts.rows += 1;
        match &row {
            Ok(row) => {
                self.counts.good += 1;
                *self.counts.by_group.entry(row.status.group()).or_default() += 1;
            }
            Err(_) => self.counts.bad += 1,
        }
        Some(row.map_err(|reason| BadRow { line, reason }))
    }
}

fn entry(text: &str, layout: &Layout, today: Day) -> Result<Row, Reason> {
    let mut cells: [Cow<'_, str>; COLUMNS] = Default::default();
    let mut width = 0;
    for cell in Fields::of(text, layout.separator) {
        let cell = cell.map_err(|Quote| Reason::Quote)?;
        if width >= layout.width && !cell.trim().is_empty() {
            return Err(Reason::CellsMany);
        }
        let column = layout.column(width);
        // A mark forgotten in one row and found in another: the cell holds a whole row, which must not be lost, nor its NIK be shown as
        // the place of somebody else.
        if cell.contains('\n') && (column.is_some() || holds_long_number(&cell)) {
            return Err(Reason::Quote);
        }
        if let Some(slot) = column.and_then(|column| cells.get_mut(column)) {
            *slot = cell;
        }
        width += 1;
    }
    if width < layout.width {
        return Err(Reason::CellsFew);
    }
    let [nik, kk, status, date, place] = cells;
    Ok(Entry {
        nik: cells::nik(&nik, today)?,
        kk: cells::kk(&kk)?,
        status: cells::status(&status)?,
        day: cells::day(&date, today)?,
        place: place::short(cells::bare(&place)),
    })
}

/// Whether there are as many digits in a row as a NIK has.
fn holds_long_number(cell: &str) -> bool {
    cell.split(|char: char| !char.is_ascii_digit()).any(|digits| digits.len() >= NIK_DIGITS)
}

const NIK_DIGITS: usize = 16;

#[cfg(test)]
mod tests;
