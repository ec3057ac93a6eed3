#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::super::echo::Echoed;
use super::*;

fn rendered(source: &str, escape: Escape, purpose: Purpose, facts: &Facts<'_>) -> String {
    let echo = ["user".into(), "count".into()];
    let computed = ["digest".into()];
    let body = compile(source, purpose, escape, Names { echo: &echo, computed: &computed }).unwrap();
    let template = Template { escape, body, ..Template::bare(200) };
    String::from_utf8(template.render(facts).body.to_vec()).unwrap()
}

const GOES_ON: Purpose = Purpose::Page { release: false };

#[test]
fn bodies() {
    let echoed = |text: &str, literal: &str| Echoed { text: text.to_owned(), literal: literal.to_owned() };
    let echo = Echo(vec![echoed("a\"b", "\"a\\\"b\""), echoed("4574", "4574")]);
    let page = Facts { text: "1 Ya\n2 \"Tidak\" <&>", dialogue: "d'1", echo: Some(&echo), ..Facts::default() };
    for (source, escape, purpose, expected) in [
        ("CON {text}", Escape::Plain, GOES_ON, "CON 1 Ya\n2 \"Tidak\" <&>"),
        ("{\"end\":{false|true},\"t\":\"{text}\"}", Escape::Json, GOES_ON, "{\"end\":false,\"t\":\"1 Ya\\n2 \\\"Tidak\\\" <&>\"}"),
        ("{CON|END}{|.}", Escape::Plain, Purpose::Page { release: true }, "END."),
        ("{MORE|END} {a|a} {1\"|2}", Escape::Plain, GOES_ON, "MORE {a|a} {1\"|2}"),
        (
            "{now.compact} {now.millis} {now.iso} {now.unix}",
            Escape::Plain,
            GOES_ON,
            "19700101070000 19700101070000000 1970-01-01T07:00:00+07:00 0",
        ),
        (
            "{\"u\":\"{echo.user}\",\"n\":{echo.count},\"v\":{echo.user}}",
            Escape::Json,
            GOES_ON,
            "{\"u\":\"a\\\"b\",\"n\":4574,\"v\":\"a\\\"b\"}",
        ),
        ("<a>{echo.user}{echo.count}</a>", Escape::Xml, Purpose::Acknowledgement, "<a>a&quot;b4574</a>"),
        ("<a b=\"{text}\">{dialogue}</a>", Escape::Xml, GOES_ON, "<a b=\"1 Ya&#10;2 &quot;Tidak&quot; &lt;&amp;&gt;\">d&#39;1</a>"),
        ("{ {} {A} {{dialogue}}", Escape::Plain, Purpose::Acknowledgement, "{ {} {A} {d'1}"),
        ("", Escape::Plain, GOES_ON, ""),
        ("/a b/{text}", Escape::Percent, GOES_ON, "/a b/1%20Ya%0A2%20%22Tidak%22%20%3C%26%3E"),
    ] {
        assert_eq!(rendered(source, escape, purpose, &page), expected, "{source}");
    }
}

#[test]
fn unknown_placeholders_are_refused() {
    for (source, purpose) in [
        ("{teks}", GOES_ON),
        ("{text}", Purpose::Acknowledgement),
        ("{alive}", GOES_ON),
        ("{dialogue}", Purpose::Refusal),
        ("{text}", Purpose::Refusal),
        ("{CON|END}", Purpose::Acknowledgement),
        ("{echo.user}", GOES_ON),
        ("{echo.user}", Purpose::Send),
        ("{computed.x}", Purpose::Send),
        ("{now.unix}", Purpose::Refusal),
        ("{release}", GOES_ON),
    ] {
        assert!(compile(source, purpose, Escape::Plain, Names::default()).is_err(), "{source}");
    }
}

#[test]
fn letters_that_break_a_format_are_replaced_in_the_page_only() {
    let body = compile("{dialogue}|{text}|x", GOES_ON, Escape::Plain, Names::default()).unwrap();
    let template = Template { body, replace: vec![('|', "/".into()), ('\n', "^".into())], ..Template::bare(200) };
    let reply = template.render(&Facts { text: "1|2\n3", dialogue: "a|b", ..Facts::default() });
    assert_eq!(reply.body, "a|b|1/2^3|x");
}

#[test]
fn a_header_may_show_what_came() {
    let value = compile("k={echo.user}", GOES_ON, Escape::Plain, Names { echo: &["user".into()], computed: &[] }).unwrap();
    let template = Template { headers_shown: vec![(http::header::SET_COOKIE, value)], ..Template::bare(200) };
    for (text, shown) in [("7", Some("k=7")), ("a\nb", None)] {
        let echo = Echo(vec![Echoed { text: text.to_owned(), literal: String::new() }]);
        let reply = template.render(&Facts { echo: Some(&echo), ..Facts::default() });
        assert_eq!(reply.headers.first().map(|(_, value)| value.to_str().unwrap()), shown);
    }
}

proptest! {
    #[test]
    fn what_is_escaped_for_json_reads_back(text in any::<String>()) {
        let body = rendered("{\"t\":\"{text}\"}", Escape::Json, GOES_ON, &Facts { text: &text, ..Facts::default() });
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(read["t"].as_str(), Some(text.as_str()));
    }
}
