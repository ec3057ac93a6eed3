//! How a value is written into a body, so that it stays one value.

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Escape {
    /// Inside a JSON string; the quotes stand in the template.
    Json,
    /// Percent-encoded: in a path, a query string or a form.
    Percent,
    #[default]
    Plain,
    /// In an XML element or attribute.
    Xml,
}

impl Escape {
    pub(super) fn write(self, out: &mut String, text: &str) {
        match self {
            Self::Json => escape(out, text, json),
            Self::Percent => percent(out, text),
            Self::Plain => out.push_str(text),
            Self::Xml => escape(out, text, xml),
        }
    }
}

/// All but the unreserved letters of RFC 3986, so that it stands in a path as well as in a form.
fn percent(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
}

enum Escaped {
    As(&'static str),
    /// `\u0007` and the like.
    Code(u32),
    Drop,
}

fn json(letter: char) -> Option<Escaped> {
    Some(match letter {
        '"' => Escaped::As("\\\""),
        '\\' => Escaped::As("\\\\"),
        '\n' => Escaped::As("\\n"),
        '\r' => Escaped::As("\\r"),
        '\t' => Escaped::As("\\t"),
        control if control < ' ' => Escaped::Code(control.into()),
        _ => return None,
    })
}

fn xml(letter: char) -> Option<Escaped> {
    Some(match letter {
        '&' => Escaped::As("&amp;"),
        '<' => Escaped::As("&lt;"),
        '>' => Escaped::As("&gt;"),
        '"' => Escaped::As("&quot;"),
        '\'' => Escaped::As("&#39;"),
        // As it is, a line end in an attribute would be read as a space.
        '\n' => Escaped::As("&#10;"),
        '\r' => Escaped::As("&#13;"),
        '\t' => Escaped::As("&#9;"),
        // XML 1.0 has no way to write these.
        control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => Escaped::Drop,
        _ => return None,
    })
}

fn escape(out: &mut String, text: &str, rule: fn(char) -> Option<Escaped>) {
    let mut copied = 0;
    for (at, letter) in text.char_indices() {
        let Some(escaped) = rule(letter) else { continue };
        out.push_str(text.get(copied..at).unwrap_or_default());
        copied = at + letter.len_utf8();
        match escaped {
            Escaped::As(written) => out.push_str(written),
            Escaped::Code(code) => out.push_str(&format!("\\u{code:04x}")),
            Escaped::Drop => {}
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}
