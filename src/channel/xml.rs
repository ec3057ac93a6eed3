//! XML as telcos send it, read into a small tree and addressed by paths of names without their namespaces.
//!
//! ```text
//!  <page version="2.0"><session_id>a4</session_id><data>1 &lt; 2</data></page>
//!  /page/session_id      a4           the text of the first element on this path
//!  /page/@version        2.0          an attribute of it
//!  //data                1 < 2        the first element of this name, however deep
//! ```
//!
//! No DTD is read and no entity but the five of XML is known, so there is nothing to expand.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::Reason;
use super::body::BodyFormat;
use super::charset::text;
use super::escape::Escape;

/// Deepest nesting. The deepest format known has 8 levels (XML-RPC).
const DEPTH_MAX: usize = 32;
/// Most elements in one body: a batch of 100 delivery reports of eight each.
const ELEMENTS_MAX: usize = 1_000;
/// Most attributes of one element; the longest format known has 12 (Restcomm).
const ATTRIBUTES_MAX: usize = 32;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Without its namespace.
    pub(super) name: Box<str>,
    pub(super) attributes: Vec<(Box<str>, Box<str>)>,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

/// # Errors
/// [`Reason::Body`] with the offset where it stops being XML that we read.
pub(super) fn parse(body: &[u8]) -> Result<Element, Reason> {
    let text = text(Cow::Borrowed(body));
    let whole = text.trim_start_matches('\u{feff}').trim_start();
    let skipped = text.len() - whole.len();
    let mut reader = Reader::from_str(whole);
    let wrong = |reader: &Reader<&[u8]>| Reason::Body {
        format: BodyFormat::Xml,
        offset: skipped + usize::try_from(reader.buffer_position()).unwrap_or_default().min(whole.len()),
    };
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(|_| wrong(&reader))?;
        let closed = match event {
            Event::Start(start) | Event::Empty(start) if elements == ELEMENTS_MAX || open.len() == DEPTH_MAX => {
                drop(start);
                return Err(wrong(&reader));
            }
            Event::Start(start) => {
                elements += 1;
                open.push(element(&start).ok_or_else(|| wrong(&reader))?);
                None
            }
            Event::Empty(start) => {
                elements += 1;
                Some(element(&start).ok_or_else(|| wrong(&reader))?)
            }
            Event::End(_) => open.pop(),
            Event::Text(run) => {
                // What stands outside of the root says nothing.
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&run.xml10_content());
                }
                None
            }
            Event::CData(run) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&run.xml10_content());
                }
                None
            }
            Event::GeneralRef(entity) => {
                let letter = letter(&entity).ok_or_else(|| wrong(&reader))?;
                if let Some(element) = open.last_mut() {
                    element.text.push(letter);
                }
                None
            }
            // A name alone declares nothing; an inner subset might.
            Event::DocType(doctype) if doctype.contains('[') => return Err(wrong(&reader)),
            Event::DocType(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
            Event::Eof => return Err(wrong(&reader)),
        };
        if let Some(element) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                // What follows the root is not looked at: one aggregator sends a stray backtick there.
                None => return Ok(element),
            }
        }
    }
}

/// `None`: attributes that cannot be read, or too many.
fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        if attributes.len() == ATTRIBUTES_MAX {
            return None;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        attributes.push((attribute.key.local_name().into_inner().into(), value.into()));
    }
    Some(Element { name: start.local_name().into_inner().into(), attributes, ..Element::default() })
}

fn letter(entity: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Some(letter) = entity.resolve_char_ref().ok()? {
        return Some(letter);
    }
    Some(match &**entity {
        "amp" => '&',
        "apos" => '\'',
        "gt" => '>',
        "lt" => '<',
        "quot" => '"',
        _ => return None,
    })
}

/// `/page/session_id`, `/dialog/@type`, `//msIsdn`, `//message/text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct XmlPath {
    anywhere: bool,
    names: Vec<Box<str>>,
    attribute: Option<Box<str>>,
}

impl XmlPath {
    /// # Errors
    /// A sentence for the writer of the profile.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (anywhere, path) = match (text.strip_prefix("//"), text.strip_prefix('/')) {
            (Some(path), _) => (true, path),
            (None, Some(path)) => (false, path),
            (None, None) => return Err("an XML path begins with /".to_owned()),
        };
        let mut names: Vec<Box<str>> = path.split('/').map(Box::from).collect();
        let attribute = names.last().and_then(|last| last.strip_prefix('@')).map(Box::from);
        if attribute.is_some() {
            names.pop();
        }
        if names.iter().any(|name| name.is_empty() || name.contains(['@', ':'])) || (names.is_empty() && !anywhere) {
            return Err("an XML path is /NAME/NAME or /NAME/@ATTRIBUTE, without namespaces".to_owned());
        }
        Ok(Self { anywhere, names, attribute })
    }

    /// The telco's own name for what stands there.
    pub(super) fn name(&self) -> &str {
        self.attribute.as_ref().or(self.names.last()).map_or("", |name| name)
    }

    /// The text, of an element without the space around it.
    pub(super) fn text<'a>(&self, root: &'a Element) -> Option<&'a str> {
        let element = self.elements(root).into_iter().find(|element| self.attribute.as_ref().is_none_or(|name| element.has(name)))?;
        match &self.attribute {
            Some(name) => element.attribute(name),
            None => Some(element.text.trim()),
        }
    }

    /// The name of the outermost element, if the path begins there.
    pub(super) fn root(&self) -> Option<&str> {
        self.names.first().filter(|_| !self.anywhere).map(|name| &**name)
    }

    /// Puts a value where the path leads below `root`, and makes the way there.
    pub(super) fn plant(&self, root: &mut Element, value: &str) {
        let below = if self.anywhere { &self.names[..] } else { self.names.get(1..).unwrap_or_default() };
        let mut at = root;
        for name in below {
            let place = at.children.iter().position(|child| child.name == *name).unwrap_or(at.children.len());
            if place == at.children.len() {
                at.children.push(Element { name: name.clone(), ..Element::default() });
            }
            let Some(child) = at.children.get_mut(place) else { return };
            at = child;
        }
        match &self.attribute {
            Some(name) => at.attributes.push((name.clone(), value.into())),
            None => value.clone_into(&mut at.text),
        }
    }

    /// The element in those that the path leads through.
    pub(super) fn around(&self, entry: Element) -> Element {
        let outer = self.names.split_last().map_or(&[][..], |(_, outer)| outer);
        outer.iter().rev().fold(entry, |inner, name| Element { name: name.clone(), children: vec![inner], ..Element::default() })
    }

    /// All elements on this path.
    pub(super) fn elements<'a>(&self, root: &'a Element) -> Vec<&'a Element> {
        let Some((first, rest)) = self.names.split_first() else { return root.all() };
        let mut found: Vec<&Element> = if self.anywhere { root.all() } else { vec![root] };
        found.retain(|element| element.name == *first);
        for name in rest {
            found = found.into_iter().flat_map(|element| &element.children).filter(|child| child.name == *name).collect();
        }
        found
    }
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| **own == *name).map(|(_, value)| &**value)
    }

    /// As a document of one line.
    pub(super) fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\""));
            Escape::Xml.write(out, value);
            out.push('"');
        }
        out.push('>');
        Escape::Xml.write(out, &self.text);
        for child in &self.children {
            child.write(out);
        }
        out.push_str(&format!("</{}>", self.name));
    }

    fn has(&self, attribute: &str) -> bool {
        self.attribute(attribute).is_some()
    }

    /// This one and all in it, in the order in which they begin.
    fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for child in &self.children {
            all.extend(child.all());
        }
        all
    }
}

/// A call of XML-RPC whose one parameter is a struct of plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) members: Vec<(String, String)>,
}

impl Call {
    /// # Errors
    /// [`Reason::Body`] if it is XML, but no call.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Reason> {
        let root = parse(body)?;
        let child = |element: &'_ Element, name: &str| element.children.iter().find(|child| *child.name == *name).cloned();
        let no_call = Reason::Body { format: BodyFormat::XmlRpc, offset: 0 };
        let method = child(&root, "methodName").filter(|_| *root.name == *"methodCall").ok_or(no_call)?;
        let mut members = Vec::new();
        for member in root.all().into_iter().filter(|element| *element.name == *"member") {
            let (Some(name), Some(value)) = (child(member, "name"), child(member, "value")) else { continue };
            // A value without a type is a string.
            let text = value.children.first().map_or_else(|| value.text.clone(), |typed| typed.text.clone());
            members.push((name.text, text));
        }
        Ok(Self { method: method.text.trim().to_owned(), members })
    }

    pub(super) fn member(&self, name: &str) -> Option<&str> {
        self.members.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests;
