//! Which column is which.

use super::FileError;
use super::fields::Fields;
use super::lines::{self, Lines, Peek};

/// Columns we read, in the order of [`NAMES`].
pub(super) const COLUMNS: usize = 5;

/// Columns by our name and what else offices call them, in capitals and without anything but letters and digits.
const NAMES: [(&str, &[&str]); COLUMNS] = [
    ("nik", &["NIK", "NONIK", "NOMORINDUKKEPENDUDUKAN"]),
    ("kk4", &["KK4", "KK", "NOKK", "NOMORKK", "NOKARTUKELUARGA", "NOMORKARTUKELUARGA"]),
    ("status", &["STATUS", "STATUSKTP", "STATUSKTPEL", "STATUSEKTP", "STATUSREKAM"]),
    ("tanggal", &["TANGGAL", "TGL", "TANGGALSTATUS", "TGLSTATUS"]),
    ("tempat", &["TEMPAT", "LOKASI", "TEMPATAMBIL", "LOKASIAMBIL"]),
];

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Where the columns stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) separator: char,
    /// How many columns the file has, read or not.
    pub(super) width: usize,
    columns: [usize; COLUMNS],
}

impl Layout {
    /// Which of ours the cell number `at` of a row is.
    pub(super) fn column(&self, at: usize) -> Option<usize> {
        self.columns.iter().position(|&column| column == at)
    }
}

/// Reads the first line that is not blank, and the hint `sep=;` before it that one spreadsheet writes for itself.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<Layout, FileError> {
    let mut separators = SEPARATORS.as_slice();
    loop {
        let text = match lines.peek(1)? {
            Peek::End => return Err(FileError::Empty),
            Peek::Long => return Err(FileError::HeaderLong),
            Peek::Text(bytes) => lines::decode(bytes).into_owned(),
        };
        lines.advance();
        let hint = text.trim_matches('"').strip_prefix("sep=").and_then(|rest| rest.chars().next());
        if let Some(at) = hint.and_then(|hint| SEPARATORS.iter().position(|&separator| separator == hint)) {
            separators = SEPARATORS.get(at..=at).unwrap_or_default();
        } else if !is_blank(&text) {
            return layout(&text, separators);
        }
    }
}

/// Whether a line holds no cell with anything in it. Spreadsheets write such lines below the last row.
pub(super) fn is_blank(line: &str) -> bool {
    line.chars().all(|char| char.is_whitespace() || SEPARATORS.contains(&char) || char == '"')
}

/// The separator by which most columns have a name we know.
fn layout(line: &str, separators: &[char]) -> Result<Layout, FileError> {
    let attempts = separators.iter().map(|&separator| Found::by(line, separator));
    let Some(found) = attempts.max_by_key(Found::known) else { return Err(FileError::Empty) };
    if let Some(name) = found.twice {
        return Err(FileError::Twice(name));
    }
    let missing: Vec<_> = NAMES.iter().zip(found.columns).filter(|(_, at)| at.is_none()).map(|(&(name, _), _)| name).collect();
    if !missing.is_empty() {
        return Err(FileError::Missing(missing));
    }
    Ok(Layout { separator: found.separator, width: found.width, columns: found.columns.map(Option::unwrap_or_default) })
}

struct Found {
    separator: char,
    width: usize,
    columns: [Option<usize>; COLUMNS],
    twice: Option<&'static str>,
}

impl Found {
    fn by(line: &str, separator: char) -> Self {
        let mut found = Self { separator, width: 0, columns: [None; COLUMNS], twice: None };
        for cell in Fields::of(line, separator) {
            let at = found.width;
            found.width += 1;
            let Ok(cell) = cell else { break };
            let key: String = cell.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_uppercase()).collect();
            let known = found.columns.iter_mut().zip(&NAMES).find(|(_, (_, names))| names.contains(&key.as_str()));
            if let Some((column, (name, _))) = known
                && column.replace(at).is_some()
            {
                found.twice = Some(name);
            }
        }
        found
    }

    fn known(&self) -> usize {
        self.columns.iter().flatten().count()
    }
}
