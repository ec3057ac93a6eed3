//! What `kentongan parse` prints: one JSON object for a NIK, a number, a dial string, a message or a text to be sent, with the words that texts and vectors use.
//!
//! ```json
//! {"hasil":"sah","jk":"L","lahir":"1990-01-01","lahir_alt":null,"prefix6":"160609","peringatan":[]}
//! {"hasil":"panjang","angka":15,"peringatan":[]}
//! {"hasil":"sah","e164":"+6281200000001","operator":"Telkomsel","grup":"Telkomsel"}
//! {"hasil":"sah","kode":"*123#","bagian":["1","2"]}
//! {"niat":"CEK_KTP","isi":{"nik":"1606090101909999"}}
//! {"hasil":"sah","abjad":"ucs2","bagian":[{"teks":"KTP’","udh":false,"dcs":8,"udl":8,"ud":"004b005400502019"}],"saran":{"teks":"KTP'","ubah":[..]}}
//! ```
//! It shows in clear what it was given: a tool for the person at the keyboard, not for a log.

use serde_json::{Map, Value, json};

use crate::channel::sms_command::{self, Words};
use crate::citizen::area::Names;
use crate::citizen::{self, DialString, Msisdn, Nik, NikError, NikWarning};
use crate::clock::Day;
use crate::gsm::sms::{self, Alphabet, UserData};

/// `hasil` is `sah` or [`NikError::name`]; `prefix6` is there whenever 16 digits were given, `saran` if a letter looks like a digit.
pub fn nik(value: &str, today: Day) -> Value {
    let error = match Nik::read(value, today) {
        Ok(facts) => {
            let warnings: Vec<_> = facts.warnings().map(NikWarning::name).collect();
            return json!({
                "hasil": "sah",
                "jk": facts.sex.letter(),
                "lahir": facts.born.to_string(),
                "lahir_alt": facts.born_alternative.map(|day| day.to_string()),
                "prefix6": format!("{:06}", facts.prefix6),
                "peringatan": warnings,
            });
        }
        Err(error) => error,
    };
    let mut out = json!({ "hasil": error.name(), "peringatan": [] });
    match error {
        NikError::Length { typed } => out["angka"] = json!(typed),
        NikError::Letter { suggestion: Some(nik) } => out["saran"] = json!(nik.reveal()),
        NikError::Letter { suggestion: None } => {}
        NikError::Province | NikError::Regency | NikError::District | NikError::Date | NikError::Serial => {
            out["prefix6"] = json!(citizen::digits(value).take(6).collect::<String>());
        }
    }
    out
}

/// `hasil` is `sah` or [`citizen::MsisdnError::name`]; `operator` and `grup` are null for prefixes that nobody has.
pub fn msisdn(value: &str) -> Value {
    match Msisdn::parse(value) {
        Ok(msisdn) => {
            let operator = msisdn.operator_record();
            json!({
                "hasil": "sah",
                "e164": msisdn.reveal(),
                "operator": operator.map(|operator| operator.name),
                "grup": operator.map(|operator| operator.group),
            })
        }
        Err(error) => json!({ "hasil": error.name() }),
    }
}

/// `hasil` is `sah` or [`citizen::DialError::name`].
pub fn ussd(value: &str) -> Value {
    match DialString::parse(value) {
        Ok(dialled) => json!({ "hasil": "sah", "kode": dialled.code(), "bagian": dialled.parts() }),
        Err(error) => json!({ "hasil": error.name() }),
    }
}

/// `niat` is [`sms_command::Intent::name`], `isi` its parts; a reply in words is a key that is `true`.
pub fn sms(words: &Words, value: &str) -> Value {
    let command = sms_command::read(words, Names::muba(), value);
    let parts = command.parts().into_iter().map(|(key, value)| (key.to_owned(), value.map_or(Value::Bool(true), Value::String)));
    json!({ "niat": command.intent.name(), "isi": parts.collect::<Map<_, _>>() })
}

/// `abjad` is `gsm7` or `ucs2`, `bagian` the parts: `teks`, and TP-UDHI, TP-DCS, TP-UDL and TP-UD (hexadecimal) with reference 1.
/// `saran` if other characters would make it narrow, with what it would change. `hasil` is `sah`, or `panjang` beyond 255 parts.
pub fn parts(value: &str) -> Value {
    let Ok(segments) = sms::segment(value) else { return json!({ "hasil": "panjang" }) };
    let part = |(text, data): (&&str, UserData)| {
        let hex: String = data.octets.iter().map(|octet| format!("{octet:02x}")).collect();
        json!({ "teks": text, "udh": data.has_header, "dcs": data.coding, "udl": data.length, "ud": hex })
    };
    let parts: Vec<Value> = segments.parts().iter().zip(segments.user_data(1)).map(part).collect();
    let alphabet = match segments.alphabet {
        Alphabet::Gsm7 => "gsm7",
        Alphabet::Ucs2 => "ucs2",
    };
    let mut out = json!({ "hasil": "sah", "abjad": alphabet, "bagian": parts });
    if let Ok((text, changed)) = sms::transliterate(value)
        && !changed.is_empty()
    {
        out["saran"] = json!({ "teks": text, "ubah": changed.iter().map(ToString::to_string).collect::<Vec<_>>() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nik() {
        let today = Day::parse("2026-11-24").unwrap();
        for (text, expected) in [
            ("1606090101909999", r#"{"hasil":"sah","jk":"L","lahir":"1990-01-01","lahir_alt":null,"prefix6":"160609","peringatan":[]}"#),
            (
                "1606090101269999",
                r#"{"hasil":"sah","jk":"L","lahir":"2026-01-01","lahir_alt":"1926-01-01","prefix6":"160609","peringatan":["BELUM_17"]}"#,
            ),
            (
                "1111111111111111",
                r#"{"hasil":"sah","jk":"L","lahir":"2011-11-11","lahir_alt":null,"prefix6":"111111","peringatan":["POLA_SERAGAM","LUAR_MUBA","BELUM_17"]}"#,
            ),
            ("160609010190999", r#"{"hasil":"panjang","angka":15,"peringatan":[]}"#),
            ("", r#"{"hasil":"panjang","angka":0,"peringatan":[]}"#),
            ("16060901O1909999", r#"{"hasil":"huruf","saran":"1606090101909999","peringatan":[]}"#),
            ("halo", r#"{"hasil":"huruf","peringatan":[]}"#),
            ("9906-0901-0190-9999", r#"{"hasil":"provinsi","prefix6":"990609","peringatan":[]}"#),
            ("１６７００９0101909999", r#"{"hasil":"kabkota","prefix6":"167009","peringatan":[]}"#),
            ("1606000101909999", r#"{"hasil":"kecamatan","prefix6":"160600","peringatan":[]}"#),
            ("1606092902019999", r#"{"hasil":"tanggal","prefix6":"160609","peringatan":[]}"#),
            ("1606090101900000", r#"{"hasil":"urut","prefix6":"160609","peringatan":[]}"#),
            ("0006090101909999", r#"{"hasil":"provinsi","prefix6":"000609","peringatan":[]}"#),
        ] {
            assert_eq!(nik(text, today), serde_json::from_str::<Value>(expected).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_number() {
        for (text, expected) in [
            ("0812 0000 0001", r#"{"hasil":"sah","e164":"+6281200000001","operator":"Telkomsel","grup":"Telkomsel"}"#),
            ("0896 0000 0001", r#"{"hasil":"sah","e164":"+6289600000001","operator":"Tri (3)","grup":"Indosat Ooredoo Hutchison"}"#),
            ("0820 0000 0001", r#"{"hasil":"sah","e164":"+6282000000001","operator":null,"grup":null}"#),
            ("DUKCAPIL", r#"{"hasil":"huruf"}"#),
            ("4444", r#"{"hasil":"kode_pendek"}"#),
        ] {
            assert_eq!(msisdn(text), serde_json::from_str::<Value>(expected).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_dial_string() {
        for (text, expected) in [
            ("*123*1*1606090101909999#", r#"{"hasil":"sah","kode":"*123#","bagian":["1","1606090101909999"]}"#),
            ("*123#", r#"{"hasil":"sah","kode":"*123#","bagian":[]}"#),
            ("123", r#"{"hasil":"awal"}"#),
        ] {
            assert_eq!(ussd(text), serde_json::from_str::<Value>(expected).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_text_to_be_sent() {
        for (text, expected) in [
            (
                "KTP {1}",
                r#"{"hasil":"sah","abjad":"gsm7","bagian":[{"teks":"KTP {1}","udh":false,"dcs":0,"udl":9,"ud":"4b2a14b441c53629"}]}"#,
            ),
            (
                "\u{2019}",
                r#"{"hasil":"sah","abjad":"ucs2","bagian":[{"teks":"\u2019","udh":false,"dcs":8,"udl":2,"ud":"2019"}],
                    "saran":{"teks":"'","ubah":["character 1, U+2019 \u2019, is not in the GSM 7-bit alphabet: write '"]}}"#,
            ),
        ] {
            assert_eq!(parts(text), serde_json::from_str::<Value>(expected).unwrap(), "{text}");
        }
        assert_eq!(parts(&"a".repeat(153 * 255 + 1)), json!({ "hasil": "panjang" }));
        assert_eq!(parts(&"a".repeat(161))["bagian"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn a_message() {
        for (text, expected) in [
            ("KTP 1606090101909999", r#"{"niat":"CEK_KTP","isi":{"nik":"1606090101909999"}}"#),
            ("ao", r#"{"niat":"JAWAB","isi":{"ya":true}}"#),
            ("", r#"{"niat":"KOSONG","isi":{}}"#),
        ] {
            assert_eq!(sms(Words::shipped().unwrap(), text), serde_json::from_str::<Value>(expected).unwrap(), "{text}");
        }
    }
}
