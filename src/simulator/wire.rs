//! The small machine that speaks the formats of the tables: fills a request in, and finds what stands in a reply.
//!
//! ```text
//! GET  MSISDN=$digits&INPUT=$dialled&opCode=BEG          $name is filled in, escaped as the content wants it
//! {"sessionID":"$id","newSession":false}
//! ```
//! What a table cannot say is a named way of its own, in code: [`At`] and the signatures of couriers.

pub(super) mod xml;

use std::borrow::Cow;

use super::Error;
use super::client::Reply;
use super::telco::push_escaped;

/// A request, with `$names` where something is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    pub method: &'static str,
    /// Behind the channel's own path.
    pub path: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub content: Content,
    pub body: &'static str,
}

/// What the body is, and how a value is written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Form,
    Json,
    /// The body is the query.
    Query,
    /// As it stands, of this type.
    Raw(&'static str),
    /// Of this type: telcos differ.
    Xml(&'static str),
}

impl Ask {
    pub const fn get(query: &'static str) -> Self {
        Self { method: "GET", path: "", headers: &[], content: Content::Query, body: query }
    }

    pub const fn form(body: &'static str) -> Self {
        Self { method: "POST", path: "", headers: &[], content: Content::Form, body }
    }

    pub const fn json(body: &'static str) -> Self {
        Self { method: "POST", path: "", headers: &[], content: Content::Json, body }
    }

    pub const fn xml(body: &'static str) -> Self {
        Self { method: "POST", path: "", headers: &[], content: Content::Xml("text/xml"), body }
    }

    pub const fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    /// By POST although nothing but the query says anything.
    pub const fn posted(self) -> Self {
        Self { method: "POST", ..self }
    }

    pub const fn of_type(self, content: Content) -> Self {
        Self { content, ..self }
    }

    /// With everything filled in.
    pub(super) fn filled(&self, value: &Values<'_>) -> Composed {
        let escape = match self.content {
            Content::Form | Content::Query => Escape::Percent,
            Content::Json => Escape::Json,
            Content::Raw(_) => Escape::None,
            Content::Xml(_) => Escape::Xml,
        };
        let body = fill(self.body, escape, value);
        let (query, body) = if self.content == Content::Query { (body, String::new()) } else { (String::new(), body) };
        let kind = match self.content {
            Content::Form => Some("application/x-www-form-urlencoded"),
            Content::Json => Some("application/json"),
            Content::Query => None,
            Content::Raw(kind) | Content::Xml(kind) => Some(kind),
        };
        let mut headers: Vec<(&'static str, String)> = Vec::new();
        headers.extend(kind.map(|kind| ("Content-Type", kind.to_owned())));
        headers.extend(self.headers.iter().map(|(name, text)| (*name, fill(text, Escape::None, value))));
        Composed { method: self.method, path: fill(self.path, Escape::Percent, value), query, headers, body }
    }

    /// The names that stand in it.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let headers = self.headers.iter().flat_map(|(_, text)| pieces(text));
        let all = pieces(self.body).into_iter().chain(pieces(self.path)).chain(headers);
        all.filter_map(|piece| if let Piece::Name(name) = piece { Some(name) } else { None }).collect()
    }
}

/// A request that can still be signed.
#[derive(Clone, Debug)]
pub(super) struct Composed {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// Gives the value of a name; `None`: there is no such name.
pub(super) type Values<'v> = dyn Fn(&str) -> Option<Cow<'v, str>> + 'v;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    Json,
    None,
    Percent,
    Xml,
}

enum Piece<'t> {
    Literal(&'t str),
    Name(&'t str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        let end = after.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        pieces.push(Piece::Literal(before));
        pieces.push(Piece::Name(name));
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

/// A name without a value stays as it stands; the tests see to it that no table has one.
pub(super) fn fill(template: &str, escape: Escape, value: &Values<'_>) -> String {
    let mut out = String::with_capacity(template.len() + 128);
    for piece in pieces(template) {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Name(name) => match value(name) {
                Some(text) => escape.write(&text, &mut out),
                None => {
                    out.push('$');
                    out.push_str(name);
                }
            },
        }
    }
    out
}

impl Escape {
    fn write(self, text: &str, out: &mut String) {
        match self {
            Self::None => out.push_str(text),
            // serde_json cannot fail on a string; its quotation marks stand in the template.
            Self::Json => {
                let quoted = serde_json::to_string(text).unwrap_or_default();
                out.push_str(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default());
            }
            Self::Percent => percent(text, out),
            Self::Xml => text.chars().for_each(|char| match char {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\n' => out.push_str("&#10;"),
                _ => out.push(char),
            }),
        }
    }
}

/// As a form writes it.
pub(super) fn percent(text: &str, out: &mut String) {
    let mut bytes = Vec::with_capacity(text.len() * 3);
    push_escaped(&mut bytes, text);
    // It is ASCII now.
    out.push_str(&String::from_utf8_lossy(&bytes));
}

/// Where something stands in what came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// An attribute of the first element on this path.
    Attribute(&'static str, &'static str),
    Body,
    Header(&'static str),
    /// A JSON pointer.
    Json(&'static str),
    /// A member of the answer to an XML-RPC call.
    Member(&'static str),
    /// The field of this number, from 0, between bars.
    Piped(usize),
    /// How many fields there are between bars.
    Pipes,
    Status,
    /// The text of the first element on this path of names without their namespaces: `page/div`.
    Xml(&'static str),
}

impl At {
    /// A text for people: of JSON, only a string is one.
    pub(super) fn text(self, reply: &Reply<'_>) -> Option<String> {
        match self {
            Self::Json(pointer) => json(reply, pointer)?.as_str().map(str::to_owned),
            _ => self.word(reply),
        }
    }

    /// A word for machines: of JSON as it is written there, so that `"true"` and `true` are two.
    pub(super) fn word(self, reply: &Reply<'_>) -> Option<String> {
        let body = std::str::from_utf8(reply.body).ok()?;
        match self {
            Self::Attribute(path, name) => xml::read(body)?.into_iter().find(|node| node.path == path)?.attribute(name),
            Self::Body => Some(body.to_owned()),
            Self::Header(name) => header(reply.head, name).map(str::to_owned),
            Self::Json(pointer) => json(reply, pointer).map(|value| value.to_string()),
            Self::Member(name) => xml::member(&xml::read(body)?, name),
            Self::Piped(at) => body.split('|').nth(at).map(str::to_owned),
            Self::Pipes => Some(body.split('|').count().to_string()),
            Self::Status => Some(reply.status.to_string()),
            Self::Xml(path) => xml::read(body)?.into_iter().find(|node| node.path == path).map(|node| node.text),
        }
    }
}

fn json(reply: &Reply<'_>, pointer: &str) -> Option<serde_json::Value> {
    serde_json::from_slice::<serde_json::Value>(reply.body).ok()?.pointer(pointer).cloned()
}

pub(super) fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    std::str::from_utf8(head).ok()?.lines().find_map(|line| {
        let (own, value) = line.split_once(':')?;
        own.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// What must stand somewhere, and what: `(At::Json("/status"), "0")`.
pub type Holds = &'static [(At, &'static str)];

/// # Errors
/// [`Error::Amiss`] with the first place that does not hold what it should.
pub(super) fn holds(wanted: Holds, reply: &Reply<'_>, value: &Values<'_>) -> Result<(), Error> {
    let amiss = wanted.iter().find(|(at, text)| at.word(reply).as_deref() != Some(&fill(text, Escape::None, value)));
    amiss.map_or(Ok(()), |(at, _)| Err(Error::Amiss(*at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = r#"{"a":{"b":"x\ny"},"n":1,"s":"1","t":true}"#;

    #[test]
    fn values_are_escaped_as_the_content_wants() {
        let value = |name: &str| (name == "text").then_some(Cow::Borrowed("a\"<&\n é*"));
        for (ask, want) in [
            (Ask::get("t=$text&x=1"), ("GET", "t=a%22%3C%26%0A+%C3%A9*&x=1", "")),
            (Ask::get("t=$text").posted(), ("POST", "t=a%22%3C%26%0A+%C3%A9*", "")),
            (Ask::form("t=$text"), ("POST", "", "t=a%22%3C%26%0A+%C3%A9*")),
            (Ask::json(r#"{"t":"$text"}"#), ("POST", "", r#"{"t":"a\"<&\n é*"}"#)),
            (Ask::xml("<t>$text</t>"), ("POST", "", "<t>a&quot;&lt;&amp;&#10; é*</t>")),
            (Ask::xml("$text $other").of_type(Content::Raw("x/y")), ("POST", "", "a\"<&\n é* $other")),
        ] {
            let made = ask.filled(&value);
            assert_eq!((made.method, made.query.as_str(), made.body.as_str()), want);
        }
    }

    #[test]
    fn places_of_a_reply() {
        let head = b"HTTP/1.1 200 OK\r\nX-Flow: FC\r\n\r\n";
        let rpc = "<methodResponse><params><param><value><struct><member><name>m</name><value><string>A &amp; B</string></value></member>\
                   <member><name>n</name><value>c</value></member></struct></value></param></params></methodResponse>";
        for (at, body, text, word) in [
            (At::Json("/a/b"), REPLY, Some("x\ny"), Some(r#""x\ny""#)),
            (At::Json("/n"), REPLY, None, Some("1")),
            (At::Json("/s"), REPLY, Some("1"), Some(r#""1""#)),
            (At::Json("/t"), REPLY, None, Some("true")),
            (At::Json("/z"), REPLY, None, None),
            (At::Header("x-flow"), "", Some("FC"), Some("FC")),
            (At::Piped(1), "1|a|b", Some("a"), Some("a")),
            (At::Pipes, "1|a|b", Some("3"), Some("3")),
            (At::Status, "", Some("200"), Some("200")),
            (At::Xml("a/b"), "<a><c/><b>x &lt; y<br/>z</b></a>", Some("x < y\u{2028}z"), Some("x < y\u{2028}z")),
            (At::Attribute("a/b", "s"), "<n:a><b s=\"x&#10;y\nz\"/></n:a>", Some("x\ny z"), Some("x\ny z")),
            (At::Member("m"), rpc, Some("A & B"), Some("A & B")),
            (At::Member("n"), rpc, Some("c"), Some("c")),
            (At::Xml("a"), "<a>", None, None),
        ] {
            let reply = Reply { status: 200, head, body: body.as_bytes() };
            assert_eq!((at.text(&reply).as_deref(), at.word(&reply).as_deref()), (text, word), "{at:?} {body}");
        }
    }
}
