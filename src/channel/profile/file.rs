//! The shape of a profile file. What it says is proved in `check`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::channel::Repeat;
use crate::channel::body::BodyFormat;
use crate::channel::callback::Meaning;
use crate::channel::template::Escape;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: Spanned<String>,
    pub(super) repeat: Spanned<Repeat>,
    pub(super) input: Spanned<InputForm>,
    pub(super) page_septets: Spanned<usize>,
    #[serde(default)]
    pub(super) callback: Vec<Spanned<CallbackFile>>,
    pub(super) reply: Spanned<ReplyFile>,
    pub(super) acknowledgement: Option<Spanned<TemplateFile>>,
    pub(super) inquiry: Option<Spanned<TemplateFile>>,
    pub(super) begun_already: Option<Spanned<TemplateFile>>,
    pub(super) unknown_dialogue: Option<Spanned<TemplateFile>>,
    #[serde(default)]
    pub(super) refusal: Vec<Spanned<RefusalFile>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InputForm {
    Last,
    Whole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallbackFile {
    pub(super) method: Vec<Spanned<String>>,
    pub(super) path: Spanned<String>,
    pub(super) body: BodyFormat,
    pub(super) meaning: Option<Meaning>,
    pub(super) told_by: Option<ToldFile>,
    pub(super) fields: FieldsFile,
    #[serde(default)]
    pub(super) absent: AbsentFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToldFile {
    pub(super) at: Spanned<String>,
    #[serde(default)]
    pub(super) equals: BTreeMap<String, Meaning>,
    #[serde(default)]
    pub(super) starts: BTreeMap<String, Meaning>,
    pub(super) otherwise: Option<Meaning>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldsFile {
    pub(super) number: Option<Spanned<String>>,
    pub(super) dialogue: Spanned<String>,
    pub(super) input: Option<Spanned<String>>,
    pub(super) service_code: Option<Spanned<String>>,
    pub(super) sequence: Option<Spanned<String>>,
    pub(super) operator: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AbsentFile {
    pub(super) input: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyFile {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) when: WhenFile,
}

/// What differs between a page that asks and the last one.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhenFile {
    #[serde(rename = "continue", default)]
    pub(super) goes_on: VariantFile,
    #[serde(default)]
    pub(super) end: VariantFile,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantFile {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateFile {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) escape: Escape,
    #[serde(default)]
    pub(super) body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusalFile {
    /// Empty: any but `forged`.
    #[serde(default)]
    pub(super) when: Vec<RefusalKind>,
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) escape: Escape,
    #[serde(default)]
    pub(super) body: String,
}

/// What a refusal is about, as a profile may shape it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::channel) enum RefusalKind {
    /// Not readable as what it should be.
    Body,
    Forged,
    /// A field is not there.
    Missing,
    Route,
    /// A field is there, but not with what it should hold.
    Value,
}
