//! Files as offices send them, good and bad.

use super::*;
use crate::citizen::KkDigits;
use crate::registry::Status;

const TODAY: &str = "2026-11-24";
const NIK: &str = "1606090101909999";
const OTHER: &str = "1606094101909998";
const HEADER: &str = "nik,kk4,status,tanggal,tempat";

fn today() -> Day {
    Day::parse(TODAY).unwrap()
}

/// Everything that came of a file, in one line each: `2 NIK KK code day place` or `3 reason`.
fn all(mut bytes: &[u8]) -> Vec<String> {
    let mut rows = read(&mut bytes, today()).unwrap();
    let mut told = Vec::new();
    for row in rows.by_ref() {
        told.push(match row {
            Ok(Entry { nik, kk, status, day, place }) => {
                let kk = kk.map_or("-".to_owned(), |kk| format!("{:04}", KkDigits::number(kk)));
                let day = day.map_or("-".to_owned(), |day| day.to_string());
                format!("{} {kk} {} {day} {place}", nik.reveal(), status.code()).trim_end().to_owned()
            }
            Err(BadRow { line, reason }) => format!("{line} {reason:?}"),
        });
    }
    assert_eq!(rows.counts().good + rows.counts().bad, u64::try_from(told.len()).unwrap());
    rows.finish().unwrap();
    told
}

fn refused(mut bytes: &[u8]) -> FileError {
    read(&mut bytes, today()).unwrap_err()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn a_table_is_read_in_any_form() {
    let good = format!("{NIK} 1234 SENT_FOR_ENROLLMENT 2026-11-24 Kantor Camat Keluang");
    for (name, text) in [
        ("comma", format!("{HEADER}\n{NIK},1234,SFE,2026-11-24,Kantor Camat Keluang\n")),
        ("no line end at the end", format!("{HEADER}\n{NIK},1234,SFE,2026-11-24,Kantor Camat Keluang")),
        ("semicolon, CRLF", format!("{}\r\n{NIK};1234;SFE;2026-11-24;Kantor Camat Keluang\r\n", HEADER.replace(',', ";"))),
        ("tab", format!("{}\n{NIK}\t1234\tSFE\t2026-11-24\tKantor Camat Keluang\n", HEADER.replace(',', "\t"))),
        ("bar", format!("{}\n{NIK}|1234|SFE|2026-11-24|Kantor Camat Keluang\n", HEADER.replace(',', "|"))),
        ("order and case", format!("Tempat,STATUS,Tanggal,NIK,KK4\nKantor Camat Keluang,sfe,24/11/2026,{NIK},1234\n")),
        ("synonyms", format!("No. KK;NIK;Lokasi;Tgl;Status KTP\n9906090101201234;{NIK};Kantor Camat Keluang;24-11-2026;SFE\n")),
        ("among others", format!("no,nama,nik,no_kk,status_ktp,tgl,lokasi,x\n1,FIKTIF,{NIK},1234,SFE,24 Nov 2026,Kantor Camat Keluang,\n")),
        (
            "quoted",
            format!(
                "\"nik\",\"kk4\",\"status\",\"tanggal\",\"tempat\"\n\"{NIK}\",\"1234\",\"SFE\",\"2026-11-24\",\"Kantor Camat Keluang\"\n"
            ),
        ),
        ("a hint to a spreadsheet", format!("sep=;\n{}\n{NIK};1234;SFE;2026-11-24;Kantor Camat Keluang\n", HEADER.replace(',', ";"))),
        ("blank lines", format!("\n{HEADER}\n\n,,,,\n{NIK},1234,SFE,2026-11-24,Kantor Camat Keluang\n,,,,\n\"\",,,,\n\n")),
        ("empty cells at the end", format!("{HEADER}\n{NIK},1234,SFE,2026-11-24,Kantor Camat Keluang,, \n")),
        (
            "quoted line break in a column not read",
            format!("alamat,{HEADER}\n\"Jl. A\nRT 1\n\",{NIK},1234,SFE,2026-11-24,Kantor Camat Keluang\n"),
        ),
        ("apostrophe", format!("{HEADER}\n'{NIK},'1234,SFE,2026-11-24,Kantor Camat Keluang\n")),
        ("formula", format!("{HEADER}\n=\"{NIK}\",\"=\"\"1234\"\"\",SFE,2026-11-24 10:15:00,Kantor Camat Keluang\n")),
        ("grouped", format!("{HEADER}\n1606 0901 0190 9999,1234,SFE,2026-11-24T10:15Z, Kantor  Camat Keluang \n")),
    ] {
        let marked = format!("\u{feff}{text}");
        for (encoding, bytes) in [
            ("UTF-8", text.clone().into_bytes()),
            ("UTF-8 with mark", marked.clone().into_bytes()),
            ("UTF-16 LE", utf16(&marked, u16::to_le_bytes)),
            ("UTF-16 BE", utf16(&marked, u16::to_be_bytes)),
            ("UTF-16 LE without mark", utf16(text.trim_start(), u16::to_le_bytes)),
            ("UTF-16 BE without mark", utf16(text.trim_start(), u16::to_be_bytes)),
        ] {
            assert_eq!(all(&bytes), [good.as_str()], "{name}, {encoding}");
        }
    }
}

#[test]
fn other_encodings_keep_their_letters() {
    for (place, expected) in [
        (b"Caf\xE9 Sekayu".as_slice(), "Café Sekayu"),
        ("Café Sekayu".as_bytes(), "Café Sekayu"),
        // Curly quotes and a dash of Windows-1252.
        (b"Jum\x92at \x96 Balai", "Jum'at - Balai"),
        (b"\x80 5", "€ 5"),
        (b"Balai\x81 Desa", "Balai Desa"),
    ] {
        let row = [format!("{HEADER}\n{NIK},1234,SFE,2026-11-24,").as_bytes(), place].concat();
        assert_eq!(all(&row), [format!("{NIK} 1234 SENT_FOR_ENROLLMENT 2026-11-24 {expected}")]);
    }
    // Outside the first plane, and half a pair.
    let mut wide = utf16(&format!("\u{feff}{HEADER}\n{NIK},1234,SFE,2026-11-24,Balai 🏛 Desa"), u16::to_le_bytes);
    wide.extend(0xD83D_u16.to_le_bytes());
    assert_eq!(all(&wide), [format!("{NIK} 1234 SENT_FOR_ENROLLMENT 2026-11-24 Balai Desa")]);
}

#[test]
fn cells_mean_what_the_office_meant() {
    for (row, expected) in [
        (",123,SFE,,", "0123 SENT_FOR_ENROLLMENT -"),
        (",7,SFE,,", "0007 SENT_FOR_ENROLLMENT -"),
        (",,SFE,,", "- SENT_FOR_ENROLLMENT -"),
        (",-,SFE,NULL,\\N", "- SENT_FOR_ENROLLMENT -"),
        (",0000,SFE,0000-00-00,", "0000 SENT_FOR_ENROLLMENT -"),
        (",9906090101200042,SFE,,", "0042 SENT_FOR_ENROLLMENT -"),
        (",1234,siap cetak,1/2/2026,", "1234 PRINT_READY_RECORD 2026-02-01"),
        (",1234,BARU SEKALI,2026/02/01,", "1234 UNKNOWN 2026-02-01"),
        (",1234,PRR,1 Peb 2026,", "1234 PRINT_READY_RECORD 2026-02-01"),
        (",1234,PRR,31 Agustus 2026 08:00,", "1234 PRINT_READY_RECORD 2026-08-31"),
        (",1234,PRR,5-Okt-2026,", "1234 PRINT_READY_RECORD 2026-10-05"),
        (",1234,PRR,05.10.2026,", "1234 PRINT_READY_RECORD 2026-10-05"),
        (",1234,PRR,29/02/2024,", "1234 PRINT_READY_RECORD 2024-02-29"),
        (",1234,PRR,,Unit Pelayanan Keliling Tungkal Jaya", "1234 PRINT_READY_RECORD - Unit Pelayanan"),
        (",1234,PRR,,\"Sekayu, lantai 2\"", "1234 PRINT_READY_RECORD - Sekayu, lantai 2"),
    ] {
        let text = format!("{HEADER}\n{NIK}{row}");
        assert_eq!(all(text.as_bytes()), [format!("{NIK} {expected}")], "{row}");
    }
}

#[test]
fn a_bad_row_is_named_by_its_line_and_harms_no_other() {
    let long = "x".repeat(LINE_BYTES_MAX);
    for (row, reason) in [
        (format!("{NIK},1234,SFE,2026-11-24,{long}"), Reason::LineLong),
        (format!("{NIK},1234,SFE,2026-11-24,\"Sekayu"), Reason::Quote),
        (format!("{NIK},1234,SFE,2026-11-24,\"Sek\"ayu"), Reason::Quote),
        (format!("{NIK},1234,SFE,2026-11-24,\""), Reason::Quote),
        (format!("{NIK},1234,SFE,2026-11-24"), Reason::CellsFew),
        (format!("{NIK},1234,SFE,2026-11-24,Sekayu, lantai 2"), Reason::CellsMany),
        (",1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikMissing),
        ("1.60609E+15,1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikRounded),
        ("\"1,60609E+15\",1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikRounded),
        ("160609010190999,1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikLength),
        ("16060901019099O9,1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikLetter),
        ("0006090101909999,1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikArea),
        ("1606093202909999,1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikDate),
        ("1606090101900000,1234,SFE,2026-11-24,Sekayu".to_owned(), Reason::NikSerial),
        (format!("'{OTHER},1234,SFE,2026-11-24,Sekayu"), Reason::NikTwice),
        (format!("{NIK},12345,SFE,2026-11-24,Sekayu"), Reason::Kk),
        (format!("{NIK},12a4,SFE,2026-11-24,Sekayu"), Reason::Kk),
        (format!("{NIK},1.60609E+15,SFE,2026-11-24,Sekayu"), Reason::KkRounded),
        (format!("{NIK},1606090101200000,SFE,2026-11-24,Sekayu"), Reason::KkRounded),
        (format!("{NIK},1234, ,2026-11-24,Sekayu"), Reason::StatusMissing),
        (format!("{NIK},1234,SFE,kemarin,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,31/02/2026,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,11/24/2026,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,24/11/26,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,46350,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,24 Foo 2026,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,300/11/2026,Sekayu"), Reason::Date),
        (format!("{NIK},1234,SFE,2026-11-25,Sekayu"), Reason::DateAhead),
    ] {
        let text = format!("{HEADER}\r\n{OTHER},1,SFE,,\r\n\r\n{row}\r\n1606090202809998,2,PRR,,Sekayu\r\n");
        let told = all(text.as_bytes());
        assert_eq!(told.len(), 3, "{reason:?}: {told:?}");
        assert_eq!(told[1], format!("4 {reason:?}"));
        assert!(told[2].starts_with("1606090202809998 0002 PRINT_READY_RECORD"), "{reason:?}: {told:?}");
        let printed = BadRow { line: 4, reason }.to_string();
        assert!(printed.starts_with("line 4: ") && !printed.contains(NIK) && !printed.contains("9999"), "{printed}");
    }
}

/// A mark forgotten in one row and one in the next: neither row's NIK may end up in the other's place.
#[test]
fn a_forgotten_quotation_mark_never_joins_two_persons() {
    let third = "1606090202809998,2,PRR,,Sekayu";
    for (text, expected) in [
        (format!("{NIK},1,SFE,,\"\n{OTHER},1,SFE,,\"\n{third}\n"), ["2 Quote", "3 Quote"].as_slice()),
        (
            format!("{NIK},1,SFE,,\"Sekayu\n{OTHER},1,SFE,,\"Babat\"\n{third}\n"),
            &["2 Quote", "1606094101909998 0001 SENT_FOR_ENROLLMENT - Babat"],
        ),
        (format!("\"{NIK},1,SFE,,\n{OTHER}\",1,SFE,,\n{third}\n"), &["2 Quote", "3 NikLetter"]),
    ] {
        let told = all(format!("{HEADER}\n{text}").as_bytes());
        assert_eq!(told[..told.len() - 1], *expected, "{text}");
        assert!(told.last().unwrap().starts_with("1606090202809998"));
    }
    for (text, expected) in [
        (format!("\"Jl. A,{NIK},1,SFE,,\nJl. B\",{OTHER},1,SFE,,\n"), ["2 Quote", "1606094101909998 0001 SENT_FOR_ENROLLMENT -"]),
        (format!("Jl. A,{NIK},1,SFE,,\"Babat\nJl. B\",{OTHER},1,SFE,,\n"), ["2 Quote", "1606094101909998 0001 SENT_FOR_ENROLLMENT -"]),
    ] {
        let told = all(format!("alamat,{HEADER}\n{text}").as_bytes());
        assert_eq!(told, expected, "{text}");
    }
    let told = all(format!("{HEADER},alamat\n{NIK},1,SFE,,,\"Jl. A\nRT 1\",{OTHER},1,SFE,,\n").as_bytes());
    assert_eq!(told, ["2 Quote", "3 NikLetter"], "a closing mark that belongs to another row");
}

#[test]
fn what_is_no_export_is_refused_before_any_row() {
    let row = format!("{NIK},1234,SFE,2026-11-24,Sekayu");
    for (text, expected) in [
        (String::new(), "the file is empty"),
        ("\u{feff}\r\n\r\n".to_owned(), "the file is empty"),
        (HEADER.to_owned(), "there is no row below the names of the columns"),
        (format!("{HEADER}\n\n,,,,\n"), "there is no row below the names of the columns"),
        ("PK\u{3}\u{4}…".to_owned(), "this is a workbook; save it as CSV (UTF-8) and import that"),
        (row.clone(), "no column nik, kk4, status, tanggal, tempat; the first line must name"),
        (format!("nik,status,tanggal\n{row}"), "no column kk4, tempat; the first line must name"),
        (format!("{HEADER},No KK\n{row},"), "two columns could be kk4; leave one out"),
        (format!("{HEADER},{}\n{row}", "x".repeat(LINE_BYTES_MAX)), "the first line is longer than 4096 bytes"),
        ("x".repeat(10 * LINE_BYTES_MAX), "the first line is longer than 4096 bytes"),
        ("\0".repeat(100), "no column nik, kk4, status, tanggal, tempat; the first line must name"),
    ] {
        let error = refused(text.as_bytes()).to_string();
        assert!(error.starts_with(expected), "{text:.80}: {error}");
    }
    assert!(matches!(refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), FileError::Workbook));
}

/// Gives one byte at a time, and fails after so many.
struct Drip<'a> {
    bytes: &'a [u8],
    fails: bool,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (self.bytes.split_first(), buffer.first_mut()) {
            (Some((&byte, rest)), Some(slot)) => {
                *slot = byte;
                self.bytes = rest;
                Ok(1)
            }
            _ if self.fails => Err(io::Error::other("the disk is gone")),
            _ => Ok(0),
        }
    }
}

#[test]
fn the_size_of_reads_does_not_matter() {
    let text = format!("\u{feff}{HEADER}\r\n{NIK},1234,SFE,,Balai 🏛 Desa\r\nx\r\n");
    for bytes in [text.clone().into_bytes(), utf16(&text, u16::to_le_bytes), utf16(&text, u16::to_be_bytes)] {
        let mut drip = Drip { bytes: &bytes, fails: false };
        let rows: Vec<_> = read(&mut drip, today()).unwrap().map(|row| row.map(|row| row.place)).collect();
        assert_eq!(rows, [Ok("Balai Desa".to_owned()), Err(BadRow { line: 3, reason: Reason::CellsFew })]);
    }
}

#[test]
fn a_file_cut_short_is_not_taken_for_whole() {
    let text = format!("{HEADER}\n{NIK},1234,SFE,,\n{OTHER},12");
    let mut drip = Drip { bytes: text.as_bytes(), fails: true };
    let mut rows = read(&mut drip, today()).unwrap();
    assert!(rows.next().is_some_and(|row| row.is_ok()));
    assert_eq!(rows.next(), Some(Err(BadRow { line: 3, reason: Reason::Unreadable })));
    assert_eq!(rows.next(), None);
    assert!(matches!(rows.finish(), Err(FileError::Unreadable(_))));
}

#[test]
fn too_many_rows_are_not_taken_for_all() {
    let text = format!("{HEADER}\n{NIK},1,SFE,,\n\n{OTHER},1,SFE,,\n1606090202809998,1,SFE,,\nx\n");
    let mut bytes = text.as_bytes();
    let mut rows = read(&mut bytes, today()).unwrap();
    rows.rows_max = 2;
    assert_eq!(
        rows.by_ref().map(|row| row.map_err(|bad| (bad.line, bad.reason)).err()).collect::<Vec<_>>(),
        [None, None, Some((5, Reason::RowsMany))]
    );
    assert!(matches!(rows.finish(), Err(FileError::RowsMany(2))));
    let mut bytes = text.as_bytes();
    let mut rows = read(&mut bytes, today()).unwrap();
    rows.rows_max = 4;
    assert_eq!(rows.by_ref().count(), 4);
    assert!(rows.finish().is_ok(), "as many as are allowed are not too many");
}

#[test]
fn counts_tell_what_a_dry_run_needs() {
    let text = format!("{HEADER}\n{NIK},1,SFE,,\n{OTHER},1,RECEIVED_AT_CENTRAL,,\n1606090202809998,1,XYZ,,\nx\n\n{NIK},1,SFE,,\n");
    let mut bytes = text.as_bytes();
    let mut rows = read(&mut bytes, today()).unwrap();
    rows.by_ref().for_each(drop);
    let counts = rows.finish().unwrap();
    assert_eq!((counts.rows, counts.good, counts.bad), (5, 3, 2));
    assert_eq!(counts.by_group, BTreeMap::from([("di_pusat", 2), ("diproses", 1)]));
}

/// The reader holds a chunk and a line, not the line.
#[test]
fn an_endless_line_takes_no_memory() {
    let head = format!("{HEADER}\n");
    let tail = format!("\n{NIK},1,SFE,,\n");
    let mut input = head.as_bytes().chain(io::repeat(b'x').take(8 << 20)).chain(tail.as_bytes());
    let mut rows = read(&mut input, today()).unwrap();
    assert_eq!(rows.next(), Some(Err(BadRow { line: 2, reason: Reason::LineLong })));
    assert!(rows.lines.held_bytes() < 256 * 1024, "{} bytes", rows.lines.held_bytes());
    assert!(rows.next().is_some_and(|row| row.is_ok()));
    assert_eq!(rows.next(), None);
}

#[test]
fn the_shipped_examples_read_as_they_say() {
    let plain = all(include_bytes!("../../../tests/fixtures/registry/ktp.csv"));
    assert_eq!(plain, all(include_bytes!("../../../tests/fixtures/registry/ktp-spreadsheet-utf16.csv")));
    assert_eq!(plain, all(include_bytes!("../../../tests/fixtures/registry/ktp-windows-1252.csv")));
    for status in Status::all() {
        assert!(plain.iter().any(|row| row.contains(status.code())), "{}", status.code());
    }
    // Each row of the bad ones says in its last column, which is not read, what is wrong with it.
    let bad = include_str!("../../../tests/fixtures/registry/ktp-bad.csv");
    let expected: Vec<_> = (1..).zip(bad.lines()).skip(1).map(|(at, line)| (at, line.rsplit(',').next().unwrap().to_owned())).collect();
    let mut bytes = bad.as_bytes();
    let told: Vec<_> = read(&mut bytes, today())
        .unwrap()
        .map(|row| row.map_or_else(|bad| (bad.line, format!("{:?}", bad.reason)), |_| (2, "good".to_owned())))
        .collect();
    assert_eq!(told, expected);
}
