//! What hands a message over, and what the answers mean, as a file gives it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{FieldFile, Spanned};
use crate::channel::Retry;
use crate::channel::computed::Function;
use crate::channel::template::Escape;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SendFile {
    #[schemars(extend("enum" = ["GET", "POST", "PUT"]))]
    pub(in super::super) method: Spanned<String>,
    pub(in super::super) path: Option<Spanned<String>>,
    /// Settings without which a channel can send all the same.
    #[serde(default)]
    pub(in super::super) optional: Vec<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) transliterate: bool,
    /// Values made of others: `computed.login.base64 = "{username}:{password}"`.
    #[serde(default)]
    #[schemars(schema_with = "made")]
    pub(in super::super) computed: BTreeMap<String, Spanned<BTreeMap<Function, String>>>,
    #[serde(default)]
    pub(in super::super) query: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(in super::super) form: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(in super::super) headers: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(in super::super) escape: Escape,
    pub(in super::super) body: Option<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) when: SendWhenFile,
    #[serde(default)]
    pub(in super::super) answer: Vec<Spanned<SendAnswerFile>>,
}

/// Each name is made by one function.
fn made(generator: &mut SchemaGenerator) -> Schema {
    let function = generator.subschema_for::<Function>();
    let one =
        json_schema!({ "propertyNames": function, "additionalProperties": { "type": "string" }, "minProperties": 1, "maxProperties": 1 });
    json_schema!({ "type": "object", "additionalProperties": one })
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SendWhenFile {
    pub(in super::super) reports: Option<FieldsetFile>,
    pub(in super::super) wide: Option<FieldsetFile>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FieldsetFile {
    /// In place of the body.
    pub(in super::super) body: Option<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) query: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(in super::super) form: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(in super::super) headers: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SendAnswerFile {
    pub(in super::super) status: Option<u16>,
    pub(in super::super) at: Option<Spanned<FieldFile>>,
    #[serde(default)]
    pub(in super::super) words: Vec<String>,
    pub(in super::super) means: MeansWord,
    pub(in super::super) id: Option<Spanned<FieldFile>>,
    pub(in super::super) code: Option<Spanned<String>>,
    #[serde(default)]
    pub(in super::super) ours: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum MeansWord {
    Accepted,
    Elsewhere,
    Later,
    Never,
    Throttled,
    Unsure,
}

impl MeansWord {
    /// `None`: accepted.
    pub(in super::super) const fn retry(self) -> Option<Retry> {
        match self {
            Self::Accepted => None,
            Self::Elsewhere => Some(Retry::Elsewhere),
            Self::Later => Some(Retry::Later),
            Self::Never => Some(Retry::Never),
            Self::Throttled => Some(Retry::Throttled),
            Self::Unsure => Some(Retry::Unsure),
        }
    }
}
