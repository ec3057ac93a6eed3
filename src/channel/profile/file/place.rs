//! A value with the place where it stands, for what is said of it.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

/// `toml`'s own, of which there is a schema.
#[derive(Deserialize)]
#[serde(transparent)]
pub(in super::super) struct Spanned<T>(toml::Spanned<T>);

impl<T> Spanned<T> {
    pub(in super::super) fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    pub(in super::super) fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

/// To who writes the file, the value alone.
impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
