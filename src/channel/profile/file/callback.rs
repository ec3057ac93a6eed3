//! What a callback is and where its facts stand, as a file gives it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::place::Spanned;
use crate::channel::DeliveryStatus;
use crate::channel::body::BodyFormat;
use crate::channel::extract::Decode;
use crate::channel::told::Meaning;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct CallbackFile {
    #[schemars(extend("items" = { "enum": ["GET", "POST", "PUT"] }))]
    pub(in super::super) method: Vec<Spanned<String>>,
    pub(in super::super) path: Spanned<String>,
    pub(in super::super) body: BodyFormat,
    #[serde(default)]
    pub(in super::super) when: BTreeMap<String, Spanned<WordsFile>>,
    #[serde(default)]
    pub(in super::super) with: Vec<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) without: Vec<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) needs: Vec<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) only: Vec<String>,
    pub(in super::super) each: Option<Spanned<String>>,
    pub(in super::super) meaning: Option<Meaning>,
    pub(in super::super) told_by: Option<ToldFile<Meaning>>,
    pub(in super::super) status: Option<ToldFile<DeliveryStatus>>,
    #[serde(default)]
    pub(in super::super) fields: FieldsFile,
    #[serde(default)]
    pub(in super::super) echo: BTreeMap<String, Spanned<FieldFile>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ToldFile<T> {
    pub(in super::super) at: Spanned<FieldFile>,
    #[serde(default)]
    pub(in super::super) any_case: bool,
    #[serde(default = "BTreeMap::<String, T>::new")]
    pub(in super::super) equals: BTreeMap<String, T>,
    #[serde(default = "BTreeMap::<String, T>::new")]
    pub(in super::super) starts: BTreeMap<String, T>,
    pub(in super::super) otherwise: Option<T>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FieldsFile {
    pub(in super::super) operator: Option<Spanned<FieldFile>>,

    pub(in super::super) number: Option<Spanned<FieldFile>>,
    pub(in super::super) dialogue: Option<Spanned<FieldFile>>,
    pub(in super::super) input: Option<Spanned<FieldFile>>,
    pub(in super::super) service_code: Option<Spanned<FieldFile>>,
    pub(in super::super) sequence: Option<Spanned<FieldFile>>,

    pub(in super::super) from: Option<Spanned<FieldFile>>,
    pub(in super::super) to: Option<Spanned<FieldFile>>,
    pub(in super::super) text: Option<Spanned<FieldFile>>,
    pub(in super::super) charset: Option<Spanned<FieldFile>>,
    pub(in super::super) id: Option<Spanned<FieldFile>>,
    pub(in super::super) part: Option<PartFile>,
    pub(in super::super) udh: Option<Spanned<FieldFile>>,

    pub(in super::super) ours: Option<Spanned<FieldFile>>,
    pub(in super::super) theirs: Option<Spanned<FieldFile>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PartFile {
    pub(in super::super) reference: Spanned<FieldFile>,
    pub(in super::super) total: Spanned<FieldFile>,
    pub(in super::super) number: Spanned<FieldFile>,
}

/// `"query:text"`, several of them, or a table with `at`.
pub(in super::super) struct FieldFile {
    pub(in super::super) at: Vec<String>,
    pub(in super::super) regex: Option<String>,
    pub(in super::super) decode: Option<Decode>,
    pub(in super::super) absent: Option<String>,
}

/// One word or several.
pub(in super::super) struct WordsFile(pub(in super::super) Vec<String>);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct FieldTable {
    at: WordsFile,
    regex: Option<String>,
    decode: Option<Decode>,
    absent: Option<String>,
}

impl FieldFile {
    fn plain(at: Vec<String>) -> Self {
        Self { at, regex: None, decode: None, absent: None }
    }
}

impl<'de> Deserialize<'de> for FieldFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = FieldFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a place, a list of places, or a table with `at`")
            }

            fn visit_str<E>(self, text: &str) -> Result<FieldFile, E> {
                Ok(FieldFile::plain(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<FieldFile, A::Error> {
                words(seq).map(FieldFile::plain)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldFile, A::Error> {
                let FieldTable { at, regex, decode, absent } = FieldTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(FieldFile { at: at.0, regex, decode, absent })
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for FieldFile {
    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (words, table) = (generator.subschema_for::<WordsFile>(), generator.subschema_for::<FieldTable>());
        json_schema!({ "anyOf": [words, table] })
    }
}

impl<'de> Deserialize<'de> for WordsFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = WordsFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<WordsFile, E> {
                Ok(WordsFile(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<WordsFile, A::Error> {
                words(seq).map(WordsFile)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for WordsFile {
    fn schema_name() -> Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

fn words<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<String>, A::Error> {
    let mut all = Vec::new();
    while let Some(one) = seq.next_element()? {
        all.push(one);
    }
    Ok(all)
}
