//! What a look-up service's JSON says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Entry};
use crate::citizen::{KkDigits, Nik};
use crate::registry::file::cells;
use crate::registry::{Status, place};

/// Where each fact stands: JSON pointers.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) found: Option<String>,
    pub(super) status: String,
    pub(super) date: Option<String>,
    pub(super) place: Option<String>,
    pub(super) kk4: Option<String>,
    pub(super) nik: Option<String>,
    /// By [`code`].
    pub(super) status_map: BTreeMap<String, Status>,
}

/// Why a reply is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Senseless {
    NotJson,
    FoundMissing,
    StatusMissing,
    /// It is about another person.
    Other,
    Kk,
}

impl Reading {
    pub(super) fn read(&self, body: &[u8], nik: Nik, kk: Option<KkDigits>) -> Result<Answer, Senseless> {
        let reply: Value = serde_json::from_slice(body).map_err(|_| Senseless::NotJson)?;
        let at = |pointer: &Option<String>| pointer.as_deref().and_then(|pointer| reply.pointer(pointer));
        if self.found.is_some() && says_no(at(&self.found).ok_or(Senseless::FoundMissing)?) {
            return Ok(Answer::Unknown);
        }
        if self.nik.is_some() && at(&self.nik).and_then(text).is_none_or(|told| told.trim() != nik.reveal()) {
            return Err(Senseless::Other);
        }
        let status = reply.pointer(&self.status).and_then(text).filter(|text| !text.trim().is_empty()).ok_or(Senseless::StatusMissing)?;
        let known = match &self.kk4 {
            Some(_) => at(&self.kk4).and_then(text).map_or(Ok(None), |told| cells::kk(&told).map_err(|_| Senseless::Kk))?,
            None => kk,
        };
        Ok(Answer::Found(Entry {
            nik,
            kk: known,
            status: self.status_map.get(&code(&status)).copied().unwrap_or_else(|| Status::parse(&status)),
            day: at(&self.date).and_then(text).and_then(|told| cells::date(&told).ok().flatten()),
            place: at(&self.place).and_then(text).map(|told| place::short(cells::bare(&told))).unwrap_or_default(),
        }))
    }
}

/// A code as it is looked up in the map.
pub(super) fn code(text: &str) -> String {
    text.trim().to_uppercase()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn says_no(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(found) => !found,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => NO.contains(&text.trim().to_lowercase().as_str()),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// Words for no.
const NO: [&str; 8] = ["", "0", "false", "no", "n", "tidak", "t", "null"];

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;
    use crate::clock::Day;

    const NIK: &str = "1606090101909999";

    fn read(body: &str, kk: Option<&str>, change: impl FnOnce(&mut Reading)) -> Result<Answer, Senseless> {
        let pointer = |name: &str| Some(format!("/data/{name}"));
        let mut reading = Reading {
            found: None,
            status: "/data/kode".to_owned(),
            date: pointer("tgl"),
            place: pointer("lokasi"),
            kk4: None,
            nik: None,
            status_map: BTreeMap::from([("7".to_owned(), Status::parse("PRR"))]),
        };
        change(&mut reading);
        let today = Day::parse("2026-11-24").unwrap();
        reading.read(body.as_bytes(), Nik::parse(NIK, today).unwrap(), kk.map(|kk| KkDigits::parse(kk).unwrap()))
    }

    /// Code, KK digits, day and place of what was found.
    fn found(body: &str, kk: Option<&str>, change: impl FnOnce(&mut Reading)) -> (&'static str, Option<u16>, String, String) {
        match read(body, kk, change) {
            Ok(Answer::Found(entry)) => {
                let day = entry.day.map(|day| day.to_string()).unwrap_or_default();
                (entry.status.code(), entry.kk.map(KkDigits::number), day, entry.place)
            }
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_reply_is_read_by_its_pointers() {
        let whole = r#"{"data": {"kode": "sfe", "tgl": "24/11/2026", "lokasi": "Kecamatan Bayung Lencir", "no_kk": "9906090101200042"}}"#;
        let place = || "Kecamatan Bayung".to_owned();
        let day = || "2026-11-24".to_owned();
        assert_eq!(
            found(whole, Some("1234"), |_| {}),
            ("SENT_FOR_ENROLLMENT", Some(1234), day(), place()),
            "the service was asked with KK"
        );
        assert_eq!(found(whole, None, |_| {}), ("SENT_FOR_ENROLLMENT", None, day(), place()));
        let tells_kk = |reading: &mut Reading| reading.kk4 = Some("/data/no_kk".to_owned());
        assert_eq!(found(whole, Some("1234"), tells_kk), ("SENT_FOR_ENROLLMENT", Some(42), day(), place()), "the service tells KK");
        for (kk, expected) in [("42", Some(42)), ("\"0042\"", Some(42)), ("null", None), ("\"\"", None), ("9906090101200042", Some(42))] {
            let body = format!("{{\"data\": {{\"kode\": 7, \"no_kk\": {kk}}}}}");
            assert_eq!(found(&body, Some("1234"), tells_kk), ("PRINT_READY_RECORD", expected, String::new(), String::new()), "{body}");
        }
        for (code, expected) in
            [("\"7\"", "PRINT_READY_RECORD"), ("\" prr \"", "PRINT_READY_RECORD"), ("\"baru\"", "UNKNOWN"), ("8", "UNKNOWN")]
        {
            let body = format!("{{\"data\": {{\"kode\": {code}, \"tgl\": \"kemarin\", \"lokasi\": null}}}}");
            assert_eq!(found(&body, None, |_| {}), (expected, None, String::new(), String::new()), "{body}");
        }
    }

    #[test]
    fn not_found_is_said_in_many_ways() {
        let pointer = |reading: &mut Reading| reading.found = Some("/ada".to_owned());
        for no in ["false", "0", "0.0", "null", "\"\"", "\"tidak\"", "\"False\"", "[]", "{}"] {
            assert_eq!(read(&format!("{{\"ada\": {no}}}"), None, pointer), Ok(Answer::Unknown), "{no}");
        }
        for yes in ["true", "1", "\"ya\"", "[{}]", "{\"a\": 1}"] {
            let body = format!("{{\"ada\": {yes}, \"data\": {{\"kode\": \"SFE\"}}}}");
            assert_eq!(found(&body, None, pointer).0, "SENT_FOR_ENROLLMENT", "{yes}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_no_answer() {
        for (body, expected) in [
            ("", Senseless::NotJson),
            ("<html>Bad gateway</html>", Senseless::NotJson),
            ("{\"ada\": true", Senseless::NotJson),
            ("{}", Senseless::FoundMissing),
            ("[]", Senseless::FoundMissing),
            ("null", Senseless::FoundMissing),
            ("{\"error\": \"database\"}", Senseless::FoundMissing),
            ("{\"ada\": 1, \"data\": {\"nik\": \"1606094101909998\", \"kode\": \"SFE\"}}", Senseless::Other),
            ("{\"ada\": 1, \"data\": {\"kode\": \"SFE\"}}", Senseless::Other),
            ("{\"ada\": 1, \"data\": {\"nik\": 1606090101909999}}", Senseless::StatusMissing),
            ("{\"ada\": 1, \"data\": {\"nik\": 1606090101909999, \"kode\": null}}", Senseless::StatusMissing),
            ("{\"ada\": 1, \"data\": {\"nik\": 1606090101909999, \"kode\": \" \"}}", Senseless::StatusMissing),
            ("{\"ada\": 1, \"data\": {\"nik\": 1606090101909999, \"kode\": \"SFE\", \"kk\": \"x\"}}", Senseless::Kk),
            ("{\"ada\": 1, \"data\": {\"nik\": 1606090101909999, \"kode\": \"SFE\", \"kk\": 1.6e15}}", Senseless::Kk),
        ] {
            let all = |reading: &mut Reading| {
                reading.found = Some("/ada".to_owned());
                reading.nik = Some("/data/nik".to_owned());
                reading.kk4 = Some("/data/kk".to_owned());
            };
            assert_eq!(read(body, None, all), Err(expected), "{body}");
        }
    }
}
