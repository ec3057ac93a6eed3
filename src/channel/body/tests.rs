#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

#[test]
fn forms_as_telcos_send_them() {
    for (body, name, expected, broken) in [
        (b"a=1&b=2".as_slice(), "b", Some("2"), None),
        (b"a=1&b=2&b=3", "b", Some("3"), None),
        (b"a=1&b", "b", Some(""), None),
        (b"a=1&b=", "b", Some(""), None),
        (b"a=1", "b", None, None),
        (b"", "b", None, None),
        (b"", "", Some(""), None),
        (b"&=&=en&=9031&b=1", "b", Some("1"), None),
        (b"b=1=2", "b", Some("1=2"), None),
        (b"b=%2A123%23", "b", Some("*123#"), None),
        (b"b=*123#", "b", Some("*123#"), None),
        (b"%62=1", "b", Some("1"), None),
        (b"b=a+b%20c", "b", Some("a b c"), None),
        (b"a=&b=50%", "b", Some("50%"), Some(7)),
        (b"b=%zz%4", "b", Some("%zz%4"), Some(2)),
        (b"b=%2", "b", Some("%2"), Some(2)),
        (b"b=caf%E9", "b", Some("caf\u{e9}"), None),
        (b"b=caf\xe9", "b", Some("caf\u{e9}"), None),
        (b"b=caf%C3%a9", "b", Some("caf\u{e9}"), None),
    ] {
        let form = Form::parse(body).unwrap();
        let found = form.text(name);
        assert_eq!(found.as_ref().map(|f| f.text.as_ref()), expected, "{}", body.escape_ascii());
        assert_eq!(found.and_then(|f| f.broken_escape), broken, "{}", body.escape_ascii());
    }
}

#[test]
fn a_bare_plus_opens_a_number_but_is_a_space_elsewhere() {
    for (raw, number, plain) in [
        ("+6281200000001", "+6281200000001", " 6281200000001"),
        ("%2B6281200000001", "+6281200000001", "+6281200000001"),
        ("tel%3A+6281200000001", "tel:+6281200000001", "tel: 6281200000001"),
        ("tel:+%2B6281200000001", "tel: +6281200000001", "tel: +6281200000001"),
        ("+62+812", "+62 812", " 62 812"),
        ("0812+345", "0812 345", "0812 345"),
    ] {
        let body = format!("n={raw}");
        let form = Form::parse(body.as_bytes()).unwrap();
        assert_eq!(form.number("n").unwrap().text, number);
        assert_eq!(form.text("n").unwrap().text, plain);
    }
}

#[test]
fn a_flood_of_fields_is_refused() {
    assert!(Form::parse("a=1&".repeat(FIELDS_MAX - 1).as_bytes()).is_ok());
    assert_eq!(Form::parse("a=1&".repeat(FIELDS_MAX).as_bytes()).err(), Some(Reason::TooMany { max: FIELDS_MAX }));
}

#[test]
fn json_errors_have_an_offset() {
    for (body, at) in [(b"".as_slice(), 0), (b"{\"a\": 1", 6), (b"{\n\"a\":x}", 6), (b"{} {}", 3), (b"\xff\xfe{\x00}\x00", 0)] {
        assert_eq!(json(body).err(), Some(Reason::Body { format: BodyFormat::Json, offset: at }), "{}", body.escape_ascii());
    }
}

#[test]
fn a_plus_in_a_path_is_a_plus() {
    for (raw, expected) in [("1", "1"), ("a%20b", "a b"), ("a+b", "a+b"), ("%2B62", "+62"), ("", "")] {
        assert_eq!(segment(raw), expected);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_comes_back(fields in proptest::collection::vec((".{0,12}", ".{0,24}"), 0..12)) {
        let encode = |text: &str| text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>();
        let body = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&");
        let form = Form::parse(body.as_bytes()).unwrap();
        for (name, _) in &fields {
            let last = fields.iter().rfind(|(other, _)| other == name).map(|(_, value)| value.as_str());
            let found = form.text(name);
            prop_assert_eq!(found.as_ref().map(|f| f.text.as_ref()), last);
        }
    }

    #[test]
    fn any_bytes_are_a_form(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(form) = Form::parse(&body) {
            let names: Vec<_> = form.pairs.iter().map(|pair| pair.name.clone()).collect();
            for name in names {
                prop_assert!(form.text(&name).is_some());
                prop_assert!(form.number(&name).is_some());
            }
        }
        let _ = json(&body);
    }
}
