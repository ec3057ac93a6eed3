//! Places and how values are taken out of them.

use std::ops::Range;

use regex_lite::Regex;

use super::super::file::{FieldFile, Spanned};
use super::Check;
use crate::channel::body::BodyFormat;
use crate::channel::extract::{Field, Place};
use crate::channel::path::PathPattern;

/// The callback in whose request a field stands.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    pub(super) body: BodyFormat,
    pub(super) path: &'a PathPattern,
}

impl Check<'_> {
    pub(super) fn maybe(&mut self, file: Option<&Spanned<FieldFile>>, within: Within<'_>) -> Option<Field> {
        file.and_then(|file| self.field(file, within))
    }

    /// `None` only after a problem was noted.
    pub(super) fn field(&mut self, file: &Spanned<FieldFile>, within: Within<'_>) -> Option<Field> {
        let field = self.shaped(file)?;
        self.within(file.span(), &field, within);
        Some(field)
    }

    /// One place, as it is.
    pub(super) fn place(&mut self, span: Range<usize>, text: &str) -> Option<Field> {
        match Place::parse(text) {
            Ok((place, name)) => Some(Field { places: vec![place], pattern: None, decode: None, absent: None, name }),
            Err(message) => {
                self.problem(span, message);
                None
            }
        }
    }

    /// A field wherever it stands.
    pub(super) fn shaped(&mut self, file: &Spanned<FieldFile>) -> Option<Field> {
        let FieldFile { at, regex, decode, absent } = file.get_ref();
        let mut places = Vec::new();
        let mut names = Vec::new();
        for text in at {
            match Place::parse(text) {
                Ok((place, name)) => {
                    places.push(place);
                    names.push(name);
                }
                Err(message) => {
                    self.problem(file.span(), message);
                    return None;
                }
            }
        }
        let Some(name) = names.into_iter().next() else {
            self.problem(file.span(), "a field stands somewhere: at is empty");
            return None;
        };
        let pattern = match regex {
            Some(regex) => Some(self.pattern(file.span(), regex)?),
            None => None,
        };
        Some(Field { places, pattern, decode: *decode, absent: absent.as_deref().map(Into::into), name })
    }

    fn pattern(&mut self, span: Range<usize>, regex: &str) -> Option<Regex> {
        match Regex::new(regex) {
            Ok(pattern) if pattern.captures_len() == 2 => Some(pattern),
            Ok(_) => {
                self.problem(span, "a regex has exactly one (group): what it holds is the value");
                None
            }
            Err(error) => {
                self.problem(span, format!("regex: {error}"));
                None
            }
        }
    }

    pub(super) fn within(&mut self, span: Range<usize>, field: &Field, within: Within<'_>) {
        for place in &field.places {
            let fault = match place {
                Place::Form(_) if within.body != BodyFormat::Form => "a form: place needs body = \"form\"",
                Place::Json(_) if within.body != BodyFormat::Json => "a json: place needs body = \"json\"",
                Place::Member(_) | Place::Method if within.body != BodyFormat::XmlRpc => "this place needs body = \"xml-rpc\"",
                Place::Xml(_) if within.body != BodyFormat::Xml => "an xml: place needs body = \"xml\"",
                Place::Path(name) if !within.path.names(name) => "the callback's path has no segment of this name",
                _ => continue,
            };
            self.problem(span.clone(), fault);
        }
    }
}
