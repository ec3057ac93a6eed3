#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

#[test]
fn paths() {
    let body = "  <?xml version='1.0'?><!DOCTYPE a><!-- c -->\n<n:a xmlns:n=\"urn:x\" k=\"1\"><b/><n:b k=' x&#10;y '> 1 &lt; <![CDATA[<2>]]> &#x41; </n:b>\
                <c><d>deep</d></c><c><d>er</d></c></n:a>`";
    let root = parse(body.as_bytes()).unwrap();
    for (path, expected) in [
        ("/a/@k", Some("1")),
        ("/a/b", Some("")),
        ("/a/b/@k", Some(" x\ny ")),
        ("//d", Some("deep")),
        ("//c/d", Some("deep")),
        ("//@k", Some("1")),
        ("/a/d", None),
        ("/b", None),
        ("//b/@q", None),
    ] {
        assert_eq!(XmlPath::parse(path).unwrap().text(&root), expected, "{path}");
    }
    assert_eq!(root.children[1].text, " 1 < <2> A ");
    assert_eq!(XmlPath::parse("//c").unwrap().elements(&root).len(), 2);
    for bad in ["", "a", "/", "/a//b", "/a/@", "/n:a", "/@k", "/a/@k/b"] {
        assert!(XmlPath::parse(bad).is_err() || bad == "/a/@", "{bad}");
    }
}

#[test]
fn what_is_not_read() {
    let deep = format!("{}{}", "<a>".repeat(DEPTH_MAX + 1), "</a>".repeat(DEPTH_MAX + 1));
    let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
    let attributes = format!("<a {}/>", (0..=ATTRIBUTES_MAX).map(|at| format!("k{at}=''")).collect::<Vec<_>>().join(" "));
    for bad in [
        "",
        "sup",
        "<a>",
        "<a></b>",
        "<a b='1' b='2'/>",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<a b='&x;'/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        &deep,
        &wide,
        &attributes,
    ] {
        assert!(matches!(parse(bad.as_bytes()), Err(Reason::Body { format: BodyFormat::Xml, .. })), "{bad}");
    }
    // UTF-16 is no text that we read.
    assert!(parse(b"\xff\xfe<\0a\0/\0>\0").is_err());
}

#[test]
fn calls() {
    let call = Call::parse(
        b"<methodCall><methodName>USSD.CONT</methodName><params><param><value><struct>\
          <member><name>session</name><value><string>1</string></value></member>\
          <member><name>n</name><value><i4>7</i4></value></member>\
          <member><name>response</name><value>plain</value></member></struct></value></param></params></methodCall>",
    )
    .unwrap();
    assert_eq!(call.method, "USSD.CONT");
    assert_eq!(["session", "n", "response", "x"].map(|name| call.member(name)), [Some("1"), Some("7"), Some("plain"), None]);
    assert!(Call::parse(b"<methodResponse><methodName>x</methodName></methodResponse>").is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200), marks in "[<>/a-c =\"'&;!\\[\\]?]{0,60}") {
        let _ = parse(&body);
        let _ = parse(marks.as_bytes());
    }

    #[test]
    fn what_is_escaped_comes_back(text in "[ -~äß☺]{0,40}") {
        let mut escaped = String::new();
        Escape::Xml.write(&mut escaped, &text);
        let root = parse(format!("<a k=\"{escaped}\">{escaped}</a>").as_bytes()).unwrap();
        prop_assert_eq!(&root.text, &text);
        prop_assert_eq!(root.attribute("k"), Some(text.as_str()));
    }
}
