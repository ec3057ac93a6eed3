//! The codes by which the registry says how far an e-KTP has come, and the groups that a citizen is told.
//!
//! The table is `gateway-config/muba/statuses.csv`: `code,group,aliases`, aliases separated by `|`. A record holds a row number, so rows
//! are only ever added at the end.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A status code: a row of the table, or [`Status::UNKNOWN`]. One byte in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Status(u8);

impl Status {
    /// A code that is not in the table. The registry may add codes at any time: a citizen is told that the card is in process.
    pub const UNKNOWN: Self = Self(u8::MAX);

    /// Reads a code or an alias in any case, with anything but letters and digits between the words: `SFE`, `sent_for_enrollment`,
    /// ` Siap Cetak `. What is not in the table is [`Status::UNKNOWN`].
    pub fn parse(text: &str) -> Self {
        WORDS.get(&key(text)).copied().unwrap_or(Self::UNKNOWN)
    }

    /// The row's number; [`Status::numbered`] is the way back.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// A number of no row is [`Status::UNKNOWN`] to everybody.
    pub const fn numbered(number: u8) -> Self {
        Self(number)
    }

    /// The registry's own code: `SENT_FOR_ENROLLMENT`.
    pub fn code(self) -> &'static str {
        self.row().map_or("UNKNOWN", |row| row.code)
    }

    /// What a citizen is told, as the name of an outcome: `di_pusat`.
    pub fn group(self) -> &'static str {
        self.row().map_or("diproses", |row| row.group)
    }

    /// All of the table in its order, [`Status::UNKNOWN`] not among them.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.get(usize::from(self.0))
    }
}

struct Row {
    code: &'static str,
    group: &'static str,
    aliases: &'static str,
}

/// What two spellings of one code have in common.
fn key(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_uppercase()).collect()
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = include_str!("../../gateway-config/muba/statuses.csv").lines().skip(1);
    rows.filter_map(|line| {
        let mut cells = line.splitn(3, ',');
        Some(Row { code: cells.next()?, group: cells.next()?, aliases: cells.next()? })
    })
    .collect()
});

static ALL: LazyLock<Vec<Status>> = LazyLock::new(|| (0..u8::MAX).zip(TABLE.iter()).map(|(at, _)| Status(at)).collect());

static WORDS: LazyLock<HashMap<String, Status>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (row, &status) in TABLE.iter().zip(ALL.iter()) {
        words.insert(key(row.code), status);
        words.extend(row.aliases.split('|').filter(|alias| !alias.is_empty()).map(|alias| (key(alias), status)));
    }
    words
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Row numbers stand in stored records: this list may only grow at its end.
    #[test]
    fn rows_keep_their_numbers() {
        let stored = [
            ("BELUM_WAJIB", "belum_wajib"),
            ("UNREGISTERED", "belum_rekam"),
            ("BIO_CAPTURED", "sudah_rekam"),
            ("PROCESSING", "sudah_rekam"),
            ("SENT_FOR_ENROLLMENT", "di_pusat"),
            ("RECEIVED_AT_CENTRAL", "di_pusat"),
            ("SEARCH_FAILURE_AT_CENTRAL", "di_pusat"),
            ("SEARCH_FAILURE_AT_REGIONAL", "di_pusat"),
            ("MISSING_BIOMETRIC_EXCEPTION", "di_pusat"),
            ("ADJUDICATE_IN_PROCESS", "di_pusat"),
            ("ENROLL_FAILURE_AT_CENTRAL", "gagal_rekam"),
            ("ENROLL_FAILURE_AT_REGIONAL", "gagal_daerah"),
            ("DUPLICATE_RECORD", "ganda"),
            ("PRINT_READY_RECORD", "siap_cetak"),
            ("SENT_FOR_CARD_PRINTING", "antre_cetak"),
            ("CARD_PRINTED", "tercetak"),
            ("CARD_SHIPPED", "dikirim"),
            ("CARD_ISSUED", "diambil"),
            ("NONAKTIF", "nonaktif"),
        ];
        assert_eq!(Status::all().len(), stored.len());
        for (at, (code, group)) in (0..).zip(stored) {
            let status: Status = postcard::from_bytes(&[at]).unwrap();
            assert_eq!((status.code(), status.group(), Status::parse(code)), (code, group, status));
        }
    }

    #[test]
    fn codes_are_read_however_they_are_written() {
        for (text, code) in [
            ("SFE", "SENT_FOR_ENROLLMENT"),
            ("sent_for_enrollment", "SENT_FOR_ENROLLMENT"),
            ("Sent-For  Enrollment", "SENT_FOR_ENROLLMENT"),
            (" Siap Cetak ", "PRINT_READY_RECORD"),
            ("prr", "PRINT_READY_RECORD"),
            ("DUP", "DUPLICATE_RECORD"),
            ("EFAC", "ENROLL_FAILURE_AT_CENTRAL"),
            ("PRO", "PROCESSING"),
            ("BELUM REKAM", "UNREGISTERED"),
            ("SUDAH REKAM", "BIO_CAPTURED"),
            ("TERCETAK", "CARD_PRINTED"),
            ("DIAMBIL", "CARD_ISSUED"),
            ("belum wajib", "BELUM_WAJIB"),
            ("NON AKTIF", "NONAKTIF"),
            ("ADJUDICATE_RECORD", "ADJUDICATE_IN_PROCESS"),
            ("", "UNKNOWN"),
            ("CARD", "UNKNOWN"),
            ("SOMETHING_NEW", "UNKNOWN"),
        ] {
            assert_eq!(Status::parse(text).code(), code, "{text:?}");
        }
    }

    #[test]
    fn no_word_means_two_statuses_and_an_unknown_one_is_in_process() {
        let written: usize = TABLE.iter().map(|row| 1 + row.aliases.split('|').filter(|alias| !alias.is_empty()).count()).sum();
        assert_eq!(WORDS.len(), written);
        let from_a_newer_version: Status = postcard::from_bytes(&[200]).unwrap();
        for status in [Status::UNKNOWN, from_a_newer_version] {
            assert_eq!((status.code(), status.group()), ("UNKNOWN", "diproses"));
        }
    }
}
