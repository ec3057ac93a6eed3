//! What to bring for which service: the district's own list, read once from a file.
//!
//! ```text
//! code,service,bring,note,form,topics,needs,documents,basis
//! KTP_HILANG,KTP hilang,"surat hilang dari polisi, KK",Tidak rekam ulang,F-1.02,ktp_hilang|ktp,hilang,kk|surat_polisi,Perpres 96/2018 art. 14
//! ```
//! `topics`: words of `menus/sms.yaml` under which a message finds the service, the nearest first. `needs`: what an appointment for it may be
//! made for; `documents`: what to bring to it, by keys whose words stand in the menu's languages. `code` and `basis` are for the office.

mod papers;

use std::fmt;

pub use papers::{BEGIN, HAVE, LACK, SEND};
pub(super) use papers::{begin, have, lack, send};

use crate::gsm;
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::store::Fault;

use super::CallArgs;
use super::appointment::Need;

// So long that all four stand in one SMS together with the words around them.
const SERVICE_MAX: u8 = 16;
const BRING_MAX: u8 = 62;
const NOTE_MAX: u8 = 41;
const FORM_MAX: u8 = 13;
/// Most services: what a list can offer.
const SERVICES_MAX: usize = 15;
/// Documents of one service: as many questions, and as many messages if all of them are missing.
const DOCUMENTS_MAX: usize = 4;
/// Documents of one service as a list: so long that the summary of an appointment stays one page.
pub const BRING_LIST_MAX: u8 = 16;
const COLUMNS: [&str; 9] = ["code", "service", "bring", "note", "form", "topics", "needs", "documents", "basis"];

const NEED: Field = ("urusan", Kind::Word);
/// What to bring.
pub const BRING: Field = ("bawa", Kind::Words(BRING_LIST_MAX));

const FIELDS: &[Field] = &[
    ("layanan", Kind::Text(SERVICE_MAX)),
    ("bawaan", Kind::Text(BRING_MAX)),
    ("catatan", Kind::Text(NOTE_MAX)),
    ("formulir", Kind::Text(FORM_MAX)),
];

/// Every service, in the order of the file.
pub const LIST: ActionSpec = ActionSpec {
    name: "syarat.daftar",
    args: &[],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "daftar", gives: &[], may_give: &[], items: Some(FIELDS), writes: &[] }],
};

/// The services that a message's topic means.
pub const TOPIC: ActionSpec = ActionSpec {
    name: "syarat.topik",
    args: &[("topik", Kind::Word)],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "satu", gives: FIELDS, may_give: &[], items: None, writes: &[] },
        // Also where the district's list has nothing under this topic: then all.
        OutcomeSpec { name: "banyak", gives: &[], may_give: &[], items: Some(FIELDS), writes: &[] },
    ],
};

/// The district's list.
#[derive(Clone, Debug)]
pub struct Requirements {
    services: Vec<Service>,
}

#[derive(Clone, Debug)]
struct Service {
    name: String,
    bring: String,
    note: String,
    form: String,
    topics: Vec<String>,
    needs: Vec<Need>,
    documents: Vec<String>,
}

/// One thing wrong with the file. Line and column count from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub col: usize,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.col, self.message)
    }
}

pub(super) fn list(requirements: &Requirements) -> Outcome {
    Outcome::list("daftar", requirements.services.iter().map(values).collect())
}

pub(super) fn topic(requirements: &Requirements, call: &Call) -> Result<Outcome, Fault> {
    let topic = call.word("topik")?;
    let meant: Vec<&Service> = requirements.services.iter().filter(|service| service.topics.iter().any(|known| known == topic)).collect();
    Ok(match meant.as_slice() {
        [] => Outcome { name: "banyak", ..list(requirements) },
        [only] => Outcome { name: "satu", values: values(only), items: Vec::new() },
        several => Outcome::list("banyak", several.iter().map(|service| values(service)).collect()),
    })
}

fn values(service: &Service) -> Vec<(&'static str, Value)> {
    let texts = [&service.name, &service.bring, &service.note, &service.form];
    FIELDS.iter().zip(texts).map(|((name, _), text)| (*name, Value::Text(text.clone()))).collect()
}

impl Requirements {
    /// The documents that are wanted of whoever comes for this.
    pub fn documents(&self, need: Need) -> &[String] {
        self.services.iter().find(|service| service.needs.contains(&need)).map_or(&[], |service| &service.documents)
    }

    /// Every list of documents, for whoever must have words for them.
    pub fn papers(&self) -> impl Iterator<Item = &[String]> {
        self.services.iter().map(|service| service.documents.as_slice()).filter(|documents| !documents.is_empty())
    }

    #[cfg(test)]
    fn shipped() -> Self {
        Self::parse(include_str!("../../gateway-config/muba/requirements.csv")).unwrap()
    }

    /// # Errors
    /// Everything that is wrong with the file, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut services: Vec<(String, Service)> = Vec::new();
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let header = lines.next().map_or("", |(_, line)| line);
        if header != COLUMNS.join(",") {
            return Err(vec![Problem { line: 1, col: 1, message: format!("the columns are not {}", COLUMNS.join(",")) }]);
        }
        for (at, line) in lines {
            match row(line) {
                Err((col, message)) => problems.push(Problem { line: at + 1, col, message }),
                Ok((code, service)) => {
                    if services.iter().any(|(known, _)| *known == code) {
                        problems.push(Problem { line: at + 1, col: 1, message: format!("{code} stands twice") });
                    }
                    for need in service.needs.iter().filter(|need| services.iter().any(|(_, other)| other.needs.contains(need))) {
                        problems.push(Problem {
                            line: at + 1,
                            col: 1,
                            message: format!("the need `{}` has a service already", need.word()),
                        });
                    }
                    services.push((code, service));
                    if services.len() == SERVICES_MAX + 1 {
                        problems.push(Problem { line: at + 1, col: 1, message: format!("more than {SERVICES_MAX} services") });
                    }
                }
            }
        }
        if services.is_empty() && problems.is_empty() {
            problems.push(Problem { line: 1, col: 1, message: "no service".to_owned() });
        }
        if problems.is_empty() {
            let missing = Need::all().filter(|need| !services.iter().any(|(_, service)| service.needs.contains(need)));
            problems.extend(missing.map(|need| Problem { line: 1, col: 1, message: format!("no service for the need `{}`", need.word()) }));
        }
        if problems.is_empty() { Ok(Self { services: services.into_iter().map(|(_, service)| service).collect() }) } else { Err(problems) }
    }
}

type Misplaced = (usize, String);

fn row(line: &str) -> Result<(String, Service), Misplaced> {
    let cells = cells(line)?;
    let [code, name, bring, note, form, topics, needs, documents, _basis] = cells.as_slice() else {
        return Err((1, format!("{} cells instead of {}", cells.len(), COLUMNS.len())));
    };
    let service = Service {
        name: shown(name, SERVICE_MAX)?,
        bring: shown(bring, BRING_MAX)?,
        note: shown(note, NOTE_MAX)?,
        form: shown(form, FORM_MAX)?,
        topics: parts(topics).map(str::to_owned).collect(),
        needs: parts(needs)
            .map(|word| Need::from_word(word).ok_or_else(|| (needs.col, format!("`{word}` is nothing that an appointment is made for"))))
            .collect::<Result<_, _>>()?,
        documents: parts(documents).map(str::to_owned).collect(),
    };
    match (service.needs.len(), service.documents.len()) {
        (0, 0) | (1.., 1..=DOCUMENTS_MAX) => {}
        (0, _) => return Err((documents.col, "documents of a service that no appointment is made for".to_owned())),
        (_, 0) => return Err((documents.col, "nothing to bring to the appointment".to_owned())),
        (_, many) => return Err((documents.col, format!("{many} documents, more than {DOCUMENTS_MAX}"))),
    }
    Ok((code.text.clone(), service))
}

/// What stands on a page: something, in the alphabet of a phone, and no longer than there is room for.
fn shown(cell: &Cell, max: u8) -> Result<String, Misplaced> {
    let text = cell.text.trim();
    match gsm::septets(text) {
        Ok(0) => Err((cell.col, "nothing stands here, and the page would have a hole".to_owned())),
        Ok(septets) if septets <= max.into() => Ok(text.to_owned()),
        Ok(septets) => Err((cell.col, format!("{septets} septets, more than {max}"))),
        Err(foreign) => Err((cell.col, foreign.to_string())),
    }
}

fn parts(cell: &Cell) -> impl Iterator<Item = &str> {
    cell.text.split('|').map(str::trim).filter(|part| !part.is_empty())
}

struct Cell {
    /// Where it begins, from 1.
    col: usize,
    text: String,
}

/// Cells of a line. One in quotation marks may hold commas, and quotation marks written twice.
fn cells(line: &str) -> Result<Vec<Cell>, Misplaced> {
    let mut cells = Vec::new();
    let mut cell = Cell { col: 1, text: String::new() };
    let mut quoted = false;
    let mut chars = line.chars().zip(1..).peekable();
    while let Some((c, col)) = chars.next() {
        match c {
            '"' if quoted && chars.peek().is_some_and(|(next, _)| *next == '"') => {
                cell.text.push('"');
                chars.next();
            }
            '"' if quoted || cell.text.is_empty() => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::replace(&mut cell, Cell { col: col + 1, text: String::new() })),
            _ => cell.text.push(c),
        }
    }
    if quoted {
        return Err((cell.col, "a quotation mark is not closed".to_owned()));
    }
    cells.push(cell);
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "code,service,bring,note,form,topics,needs,documents,basis\n";
    const WHOLE: &str = "A,KTP,KK,Umur 17,F-1,ktp,rekam|hilang|rusak|ubah|ambil,kk,x\n";

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (rows, problems) in [
            (WHOLE, &[][..]),
            ("A,KTP,\"KK, akta\",Umur 17,F-1,,rekam|hilang|rusak|ubah|ambil,kk|akta,x\nB,KIA,KK,Umur 5,F-1,,,,x\n", &[]),
            ("", &["1:1: no service"]),
            ("A,KTP,KK,Umur 17,F-1,ktp,,\n", &["2:1: 8 cells instead of 9"]),
            ("A,KTP,KK, akta,Umur 17,F-1,ktp,,,x\n", &["2:1: 10 cells instead of 9"]),
            ("A,KTP,\"KK, akta,Umur 17,F-1,ktp,,,x\n", &["2:7: a quotation mark is not closed"]),
            ("A,KTP,KK,,F-1,ktp,,,x\n", &["2:10: nothing stands here, and the page would have a hole"]),
            ("A,KTP,\"KK\",Umur 17,F-1234567890123,ktp,,,x\n", &["2:20: 15 septets, more than 13"]),
            (
                "A,KTP,KK,Umur 17,F-1,ktp,,,x\n\nB,KTP untuk semua orang,KK,Umur 17,F-1,ktp,,,x\nA,KTP,KK,Umur 17,F-1,ktp,,,x\n",
                &["4:3: 21 septets, more than 16", "5:1: A stands twice"],
            ),
            ("A,KTP,KK,Umur 17,F-1,ktp,rekam|hilang|rusak|ubah,kk,x\n", &["1:1: no service for the need `ambil`"]),
            ("A,KTP,KK,Umur 17,F-1,ktp,pulang,kk,x\n", &["2:26: `pulang` is nothing that an appointment is made for"]),
            ("A,KTP,KK,Umur 17,F-1,ktp,rekam,,x\n", &["2:32: nothing to bring to the appointment"]),
            ("A,KTP,KK,Umur 17,F-1,ktp,,kk,x\n", &["2:27: documents of a service that no appointment is made for"]),
            ("A,KTP,KK,Umur 17,F-1,ktp,rekam,a|b|c|d|e,x\n", &["2:32: 5 documents, more than 4"]),
            (&format!("{WHOLE}B,KIA,KK,Umur 5,F-1,,ambil,kk,x\n"), &["3:1: the need `ambil` has a service already"]),
        ] {
            let found = Requirements::parse(&format!("{HEADER}{rows}")).err().unwrap_or_default();
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), problems, "{rows}");
        }
        assert_eq!(Requirements::parse("code,service\n").unwrap_err()[0].line, 1);
        let many: String = (0..16).map(|at| format!("{at},KTP,KK,Umur 17,F-1,ktp,,,x\n")).collect();
        assert_eq!(Requirements::parse(&format!("{HEADER}{many}")).unwrap_err()[0].to_string(), "17:1: more than 15 services");
        let foreign = Requirements::parse(&format!("{HEADER}A,KTP,KK – akta,Umur 17,F-1,ktp,,,x\n")).unwrap_err();
        assert_eq!((foreign[0].line, foreign[0].col), (2, 7));
    }

    #[test]
    fn quotation_marks_and_lists() {
        let row = "A,KTP,\"KK \"\"asli\"\", akta\",Umur 17,F-1, ktp|kk ,rekam|hilang|rusak|ubah|ambil, kk | akta,x\n";
        let read = Requirements::parse(&format!("{HEADER}{row}")).unwrap();
        assert_eq!(read.services[0].bring, "KK \"asli\", akta");
        assert_eq!(read.services[0].topics, ["ktp", "kk"]);
        assert_eq!(read.documents(Need::Collect), ["kk", "akta"]);
    }
}
