//! What an officer writes from their phone. Pure.
//!
//! ```text
//! A4821735 Datang saja besok jam 8      said to the citizen of A4821735
//! A4821735 SELESAI Sudah kami cetak     said, and called done
//! A4821735 /syarat                      a text that is ready, said
//! A4821735 OPER                         to somebody else
//! A4821735 LIHAT NOMOR perlu ditelepon  whose number it is, and why that is wanted
//! A4821735                              what it is about
//! K4821735 HADIR                        whoever had this appointment came; or ABSEN, or KURANG akta
//! A4821735 EVALUASI sebab; tindakan; 15-12-2026   what is done about complaints that are alike
//! KELILING …, S4821735 TERBIT           about the mobile unit: see `unit`
//! TUGAS                                 what waits for an answer
//! Datang saja besok jam 8               said to the citizen of the only one that waits
//! ```

pub mod evaluate;
pub mod outreach;
pub mod unit;

use crate::citizen::code;
pub use unit::UnitOrder;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'t> {
    /// None: of the only ticket that they have.
    pub code: Option<String>,
    pub act: Act<'t>,
    /// All that stands behind the code.
    pub rest: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act<'t> {
    /// Empty: nothing but the code.
    Say(&'t str),
    /// Done, with a last word or without.
    Settle(&'t str),
    PassOn,
    /// With the reason.
    Number(&'t str),
    Tasks,
    Visit(Came<'t>),
    /// With cause, action and day, as they stand.
    Evaluate(&'t str),
    Unit(UnitOrder<'t>),
}

/// How an appointment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came<'t> {
    Kept,
    NoShow,
    /// With what was missing, if that is said.
    Incomplete(&'t str),
}

/// Reads an officer's message. Every text is some order.
pub fn read(text: &str) -> Order<'_> {
    let text = text.trim();
    let (first, rest) = split(text);
    match code::read(first.trim_end_matches([':', ',', '.'])) {
        Some(code) => Order { code: Some(code), act: about(rest), rest },
        None if first.eq_ignore_ascii_case("tugas") && rest.is_empty() => Order { code: None, act: Act::Tasks, rest: text },
        None => Order { code: None, act: unit::plan(text).map_or_else(|| act(text), Act::Unit), rest: text },
    }
}

fn about(text: &str) -> Act<'_> {
    let unit = || unit::about(text).map(Act::Unit);
    visit(text).map(Act::Visit).or_else(unit).unwrap_or_else(|| act(text))
}

fn visit(text: &str) -> Option<Came<'_>> {
    let (first, rest) = split(text);
    match first.to_ascii_uppercase().as_str() {
        "HADIR" if rest.is_empty() => Some(Came::Kept),
        "ABSEN" if rest.is_empty() => Some(Came::NoShow),
        "KURANG" => Some(Came::Incomplete(rest)),
        _ => None,
    }
}

fn act(text: &str) -> Act<'_> {
    let (first, rest) = split(text);
    match first.to_ascii_uppercase().as_str() {
        "SELESAI" | "BERES" => Act::Settle(rest),
        "OPER" if rest.is_empty() => Act::PassOn,
        "EVALUASI" => Act::Evaluate(rest),
        // Two words: an answer may begin with either.
        "LIHAT" if split(rest).0.eq_ignore_ascii_case("nomor") => Act::Number(split(rest).1),
        _ => Act::Say(text),
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(first, rest)| (first, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_officer_s_words_are_read() {
        let code = code::from_number(7);
        let with = |rest: &str| format!("{code} {rest}");
        for (text, has_code, act) in [
            (with("Datang  saja besok"), true, Act::Say("Datang  saja besok")),
            (format!(" {}: datang", code.to_lowercase()), true, Act::Say("datang")),
            (with("SELESAI Sudah dicetak"), true, Act::Settle("Sudah dicetak")),
            (with("selesai"), true, Act::Settle("")),
            (with("oper"), true, Act::PassOn),
            (with("oper ke bu Rina ya"), true, Act::Say("oper ke bu Rina ya")),
            (with("LIHAT NOMOR perlu ditelepon"), true, Act::Number("perlu ditelepon")),
            (with("lihat nomor"), true, Act::Number("")),
            (with("Nomor antrean 12"), true, Act::Say("Nomor antrean 12")),
            (code.clone(), true, Act::Say("")),
            (with("HADIR"), true, Act::Visit(Came::Kept)),
            (with("hadir besok ya"), true, Act::Say("hadir besok ya")),
            (with("absen"), true, Act::Visit(Came::NoShow)),
            (with("KURANG akta, buku nikah"), true, Act::Visit(Came::Incomplete("akta, buku nikah"))),
            (with("evaluasi a; b; c"), true, Act::Evaluate("a; b; c")),
            ("EVALUASI a".to_owned(), false, Act::Evaluate("a")),
            ("TUGAS".to_owned(), false, Act::Tasks),
            ("tugas apa saja".to_owned(), false, Act::Say("tugas apa saja")),
            ("Datang besok".to_owned(), false, Act::Say("Datang besok")),
            ("SELESAI".to_owned(), false, Act::Settle("")),
            (String::new(), false, Act::Say("")),
        ] {
            let order = read(&text);
            assert_eq!((order.code.as_deref(), order.act), (has_code.then_some(code.as_str()), act), "{text}");
        }
    }
}
