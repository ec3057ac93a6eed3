//! XML as a telco reads it, strictly: what it does not know is no XML.

/// What stands for `<br/>`, which is another thing than a line end in the text.
pub(in crate::simulator) const BREAK: char = '\u{2028}';

/// One element, by the way to it.
#[derive(Debug)]
pub(in crate::simulator) struct Node {
    /// Names from the root, without their namespaces: `page/div`.
    pub(in crate::simulator) path: String,
    attributes: Vec<(String, String)>,
    /// Its own; `<br/>` in it is a [`BREAK`].
    pub(in crate::simulator) text: String,
}

impl Node {
    pub(in crate::simulator) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }
}

/// All elements, in the order in which they begin. `None`: this is no XML.
pub(in crate::simulator) fn read(text: &str) -> Option<Vec<Node>> {
    let mut nodes: Vec<Node> = Vec::new();
    // The way down to where we are, as indices.
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some(after) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (own, after) = rest.split_at(end);
            match open.last().and_then(|at| nodes.get_mut(*at)) {
                Some(node) => node.text.push_str(&unescaped(own)?),
                // Between the declaration and the root.
                None if own.trim().is_empty() => {}
                None => return None,
            }
            rest = after;
            continue;
        };
        if let Some(after) = after.strip_prefix("![CDATA[") {
            let (own, after) = after.split_once("]]>")?;
            nodes.get_mut(*open.last()?)?.text.push_str(own);
            rest = after;
            continue;
        }
        let (tag, after) = after.split_once('>')?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let closed = nodes.get(open.pop()?)?;
            if closed.path.rsplit('/').next()? != bare(name.trim_end()) {
                return None;
            }
            continue;
        }
        if tag.starts_with(['?', '!']) {
            continue;
        }
        let (inner, empty) = tag.strip_suffix('/').map_or((tag, false), |inner| (inner, true));
        let (name, attributes) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let begun = nodes.len();
        let path = match open.last().and_then(|at| nodes.get_mut(*at)) {
            Some(above) if name == "br" && empty => {
                above.text.push(BREAK);
                continue;
            }
            Some(above) => format!("{}/{}", above.path, bare(name)),
            None if begun == 0 => bare(name).to_owned(),
            // A second root.
            None => return None,
        };
        if !empty {
            open.push(begun);
        }
        nodes.push(Node { path, attributes: read_attributes(attributes)?, text: String::new() });
    }
    (open.is_empty() && !nodes.is_empty()).then_some(nodes)
}

/// The value of a member of the answer to an XML-RPC call.
pub(in crate::simulator) fn member(nodes: &[Node], name: &str) -> Option<String> {
    const MEMBER: &str = "methodResponse/params/param/value/struct/member";
    let at = nodes.iter().position(|node| node.path.strip_prefix(MEMBER) == Some("/name") && node.text == name)?;
    let values = nodes.get(at + 1..)?.iter().take_while(|node| node.path.starts_with(MEMBER) && node.path != MEMBER);
    // A string may stand in an element of its own, or bare.
    values.last().map(|node| node.text.clone())
}

fn bare(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn read_attributes(text: &str) -> Option<Vec<(String, String)>> {
    let mut attributes = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let mark = after.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
        let (value, after) = after.get(1..)?.split_once(mark)?;
        // A line break that is written as it is, is a blank there (XML 1.0, 3.3.3).
        attributes.push((bare(name.trim()).to_owned(), unescaped(&value.replace(['\n', '\r', '\t'], " "))?));
        rest = after.trim_start();
    }
    Some(attributes)
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';')?;
        out.push_str(before);
        out.push(match entity {
            "amp" => '&',
            "apos" => '\'',
            "gt" => '>',
            "lt" => '<',
            "quot" => '"',
            _ => {
                let digits = entity.strip_prefix('#')?;
                let number = digits.strip_prefix('x').map_or_else(|| digits.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
                char::from_u32(number?)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_no_xml_is_none() {
        for (text, want) in [
            ("<?xml version=\"1.0\"?>\n<a x='1'><b/>t</a>", Some("t")),
            ("<a><![CDATA[<&]]></a>", Some("<&")),
            ("<n:a>t</n:a>", Some("t")),
            ("<a>t</b>", None),
            ("<a>&nbsp;</a>", None),
            ("<a>A & B</a>", None),
            ("<a/><b/>", None),
            ("t", None),
            ("", None),
            ("<a x=1/>", None),
        ] {
            let got = read(text).map(|nodes| nodes.into_iter().next().map(|node| node.text).unwrap_or_default());
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }
}
