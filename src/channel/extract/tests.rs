#![allow(clippy::unwrap_used)]
use super::super::xml;
use super::*;

#[test]
fn places() {
    let mut headers = HeaderMap::new();
    headers.insert("x-network", "51010".parse().unwrap());
    let (form, query) = (Form::parse(b"n=+62812&t=").unwrap(), Form::parse(b"q=+1").unwrap());
    let json = serde_json::json!({"a": {"b": "x"}, "n": 62_812, "yes": true, "none": null, "list": ["y"], "a/b": "z"});
    let element = xml::parse(b"<a k='1'><b> x </b></a>").unwrap();
    let call = Call { method: "USSD.INIT".to_owned(), members: vec![("session".to_owned(), "7".to_owned())] };
    let source = Source {
        body: b"0|77",
        call: Some(&call),
        form: Some(&form),
        headers: &headers,
        json: Some(&json),
        path: &[("id", "1".into())],
        query: Some(&query),
        xml: Some(&element),
    };
    for (place, expected, name) in [
        ("body:", Some("0|77"), "body"),
        ("constant:*123#", Some("*123#"), "*123#"),
        ("constant:", Some(""), ""),
        ("form:n", Some(" 62812"), "n"),
        ("form:t", Some(""), "t"),
        ("form:x", None, "x"),
        ("header:X-Network", Some("51010"), "X-Network"),
        ("header:X-Other", None, "X-Other"),
        ("json:/a/b", Some("x"), "b"),
        ("json:/n", Some("62812"), "n"),
        ("json:/yes", Some("true"), "yes"),
        ("json:/none", None, "none"),
        ("json:/list", None, "list"),
        ("json:/list/0", Some("y"), "0"),
        ("json:/a~1b", Some("z"), "a~1b"),
        ("member:session", Some("7"), "session"),
        ("member:x", None, "x"),
        ("method:", Some("USSD.INIT"), "methodName"),
        ("path:id", Some("1"), "id"),
        ("path:no", None, "no"),
        ("query:q", Some(" 1"), "q"),
        ("xml:/a/b", Some("x"), "b"),
        ("xml:/a/@k", Some("1"), "k"),
        ("xml:/b", None, "b"),
    ] {
        let field = Field::parse(place).unwrap();
        assert_eq!(source.text(&field).map(|f| f.text.into_owned()).as_deref(), expected, "{place}");
        assert_eq!(&*field.name, name);
    }
    assert_eq!(source.number(&Field::parse("form:n").unwrap()).unwrap().text, "+62812");
    assert_eq!(source.number(&Field::parse("json:/n").unwrap()).unwrap().text, "62812");
    for (place, expected) in [("json:/n", "62812"), ("json:/a/b", "\"x\""), ("json:/none", "null"), ("form:n", "\" 62812\"")] {
        assert_eq!(source.literal(&Field::parse(place).unwrap()), expected);
    }
}

#[test]
fn values_are_shaped() {
    let form = Form::parse(b"reply=id:9 stat:DELIVRD&empty=&second=2&hex=4B545029&b64=SGk=&odd=4B5").unwrap();
    let headers = HeaderMap::new();
    let source = Source { body: b"", call: None, form: Some(&form), headers: &headers, json: None, path: &[], query: None, xml: None };
    let field = |at: &[&str], pattern: Option<&str>, decode, absent: Option<&str>| Field {
        places: at.iter().map(|at| Place::parse(at).unwrap().0).collect(),
        pattern: pattern.map(|pattern| Regex::new(pattern).unwrap()),
        decode,
        absent: absent.map(Box::from),
        name: "x".into(),
    };
    for (field, expected) in [
        (field(&["form:reply"], Some(r"stat:(\w+)"), None, None), Some("DELIVRD")),
        (field(&["form:reply"], Some(r"stat:(\d+)"), None, None), None),
        (field(&["form:reply"], Some(r"stat:(\d+)"), None, Some("none")), Some("none")),
        (field(&["form:x", "form:second"], None, None, None), Some("2")),
        (field(&["form:empty", "form:second"], None, None, None), Some("2")),
        (field(&["form:empty", "form:x"], None, None, Some("-")), Some("")),
        (field(&["form:x"], None, None, Some("-")), Some("-")),
        (field(&["form:hex"], None, Some(Decode::Hex), None), Some("KTP)")),
        (field(&["form:b64"], None, Some(Decode::Base64), None), Some("Hi")),
        (field(&["form:odd"], None, Some(Decode::Hex), None), None),
    ] {
        assert_eq!(source.text(&field).map(|found| found.text.into_owned()).as_deref(), expected, "{field:?}");
    }
}

#[test]
fn bad_places_are_explained() {
    for bad in ["", "form", "form:", "json:msisdn", "header:a b", "soap:/a", "path:", "xml:a", "body:x", "method:x"] {
        assert!(Place::parse(bad).is_err(), "{bad}");
    }
}
