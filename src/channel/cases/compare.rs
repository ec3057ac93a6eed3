//! Whether two bodies say the same. A mark in ours stands for whatever theirs has there.

use serde_json::Value;

use crate::channel::xml::{self, Element};

/// Around the name of what a mark stands for. In GSM 7-bit, no letter of any format, and nothing that a telco sends.
pub(super) const MARK: char = '\u{a4}';

/// Digits of the shortest text that is taken for a phone number.
const NUMBER_MIN: usize = 9;

/// A mark of this name.
pub(super) fn mark(name: &str) -> String {
    format!("{MARK}{name}{MARK}")
}

/// What stands in theirs in place of our mark of this name, where all else is the same.
pub(super) fn held(ours: &str, theirs: &str, name: &str) -> Option<String> {
    let mut held = Held { name, found: None };
    bodies(ours, theirs, &mut held).then(|| held.found.unwrap_or_default())
}

/// Whether two bodies are the same as JSON, as XML, or letter by letter.
pub(super) fn same(ours: &str, theirs: &str) -> bool {
    bodies(ours, theirs, &mut Held { name: "", found: None })
}

/// All that theirs says stands in ours too.
pub(super) fn contains(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            theirs.iter().all(|(key, theirs)| ours.get(key).is_some_and(|ours| contains(ours, theirs)))
        }
        _ => values(ours, theirs, &mut Held { name: "", found: None }),
    }
}

/// The same entries in any order.
pub(super) fn same_set(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => ours.len() == theirs.len() && theirs.iter().all(|one| ours.contains(one)),
        _ => ours == theirs,
    }
}

/// What a mark was found to stand for.
struct Held<'a> {
    name: &'a str,
    found: Option<String>,
}

fn bodies(ours: &str, theirs: &str, held: &mut Held<'_>) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok().filter(|value| value.is_object() || value.is_array());
    if let (Some(ours), Some(theirs)) = (json(ours), json(theirs)) {
        return values(&ours, &theirs, held);
    }
    if theirs.trim_start().starts_with('<')
        && let (Ok(ours), Ok(theirs)) = (xml::parse(ours.as_bytes()), xml::parse(theirs.as_bytes()))
    {
        return elements(&ours, &theirs, held);
    }
    texts(ours, theirs, held)
}

fn values(ours: &Value, theirs: &Value, held: &mut Held<'_>) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len() && ours.iter().all(|(key, ours)| theirs.get(key).is_some_and(|theirs| values(ours, theirs, held)))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| values(ours, theirs, held))
        }
        (Value::String(ours), Value::String(theirs)) => texts(ours, theirs, held),
        // A mark between quotes may stand for a number.
        (Value::String(ours), theirs) if ours.starts_with(MARK) => texts(ours, &theirs.to_string(), held),
        _ => ours == theirs,
    }
}

fn elements(ours: &Element, theirs: &Element, held: &mut Held<'_>) -> bool {
    let mut attributes = theirs.attributes.iter();
    ours.name == theirs.name
        && ours.attributes.len() == theirs.attributes.len()
        && attributes.all(|(name, theirs)| ours.attribute(name).is_some_and(|ours| texts(ours, theirs, held)))
        && texts(ours.text.trim(), theirs.text.trim(), held)
        && ours.children.len() == theirs.children.len()
        && ours.children.iter().zip(&theirs.children).all(|(ours, theirs)| elements(ours, theirs, held))
}

/// Piece by piece around the marks. Flags are the same in any case, numbers in national form and with their country.
fn texts(ours: &str, theirs: &str, held: &mut Held<'_>) -> bool {
    let is_flag = |text: &str| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
    let is_number = |text: &str| text.len() >= NUMBER_MIN && text.bytes().all(|b| b.is_ascii_digit());
    if (is_flag(ours) && ours.eq_ignore_ascii_case(theirs))
        || (is_number(ours) && is_number(theirs) && ours.ends_with(theirs.trim_start_matches('0')))
    {
        return true;
    }
    let mut pieces = ours.split(MARK);
    let Some(mut rest) = theirs.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    while let (Some(name), Some(literal)) = (pieces.next(), pieces.next()) {
        // The last piece ends the text, any other the first time that it is seen.
        let is_last = pieces.clone().next().is_none();
        let found = if is_last { rest.strip_suffix(literal).map(|value| (value, "")) } else { rest.split_once(literal) };
        let Some((value, after)) = found else { return false };
        if name == held.name {
            held.found.get_or_insert_with(|| value.to_owned());
        }
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_compared_by_what_they_say() {
        for (ours, theirs, expected) in [
            ("OK", "OK", true),
            ("OK", "OK ", false),
            ("{\"a\":1,\"b\":\"x\"}", "{ \"b\": \"x\", \"a\": 1 }", true),
            ("{\"a\":1}", "{\"a\":\"1\"}", false),
            ("{\"a\":1,\"b\":2}", "{\"a\":1}", false),
            ("<a k='1' l='2'><b/></a>", "<?xml version='1.0'?>\n<a l=\"2\" k=\"1\">\n <b></b>\n</a>", true),
            ("<a><b/></a>", "<a><c/></a>", false),
            ("<a>1</a>", "<a>2</a>", false),
        ] {
            assert_eq!(same(ours, theirs), expected, "{ours} {theirs}");
        }
    }

    #[test]
    fn a_mark_holds_what_theirs_has_there() {
        let (page, id) = (mark("page"), mark("id"));
        for (ours, theirs, expected) in [
            (format!("CON {page}"), "CON 1 Ya\n2 Tidak", Some("1 Ya\n2 Tidak")),
            (format!("CON {page}"), "END Selesai", None),
            (format!("{{\"m\":\"{page}\",\"n\":{{\"i\":\"{id}\"}}}}"), "{\"m\":\"a \\\"b\\\"\",\"n\":{\"i\":7}}", Some("a \"b\"")),
            (format!("<r><t>{page}</t><i k='{id}'/></r>"), "<r>\n<t>1 &lt; 2</t><i k='9'/></r>", Some("1 < 2")),
            (format!("1|{page}|{id}|null"), "1|halo|9|null", Some("halo")),
            (format!("1|{page}|{id}|null"), "1|halo|9|end", None),
        ] {
            assert_eq!(held(&ours, theirs, "page").as_deref(), expected, "{theirs}");
        }
    }
}
