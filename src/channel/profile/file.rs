//! The shape of a profile file. What it says is proved in `check`.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::channel::Repeat;
use crate::channel::signature::{Digest, Encoding};
use crate::channel::template::Escape;

mod callback;
mod place;
mod send;

pub(super) use callback::{CallbackFile, FieldFile, FieldsFile, PartFile, ToldFile, WordsFile};
pub(super) use place::Spanned;
pub(super) use send::{FieldsetFile, MeansWord, SendAnswerFile, SendFile};

/// A telco's wire format.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profile")]
pub(super) struct File {
    /// Who speaks it.
    pub(super) title: Spanned<String>,
    /// Other names for it: who else speaks the same.
    #[serde(default)]
    pub(super) also: Vec<String>,
    /// Too little of it was seen to be sure.
    #[serde(default)]
    pub(super) draft: bool,
    pub(super) why: Option<Spanned<String>>,
    /// The channel's settings that the telco must show, and where.
    #[serde(default)]
    pub(super) credentials: BTreeMap<String, Spanned<FieldFile>>,
    pub(super) repeat: Option<Spanned<Repeat>>,
    pub(super) input: Option<Spanned<InputForm>>,
    pub(super) page_septets: Option<Spanned<usize>>,
    /// How long the telco waits for a page, where that is less than 2.5 s: in milliseconds, 1500 to 2500.
    pub(super) waits_ms: Option<Spanned<u64>>,
    #[serde(default)]
    pub(super) callback: Vec<Spanned<CallbackFile>>,
    #[serde(default)]
    pub(super) signature: Vec<Spanned<SignatureFile>>,
    pub(super) reply: Option<Spanned<ReplyFile>>,
    pub(super) page: Option<Spanned<PageFile>>,
    pub(super) answer: Option<Spanned<AnswerFile>>,
    pub(super) acknowledgement: Option<Spanned<TemplateFile>>,
    pub(super) report_acknowledgement: Option<Spanned<TemplateFile>>,
    pub(super) inquiry: Option<Spanned<TemplateFile>>,
    #[serde(default)]
    pub(super) refusal: Vec<Spanned<RefusalFile>>,
    pub(super) send: Option<Spanned<SendFile>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InputForm {
    Last,
    Whole,
}

/// How callbacks are signed. Of several one must hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureFile {
    pub(super) scheme: SchemeWord,
    pub(super) at: Spanned<FieldFile>,
    pub(super) of: Option<Spanned<String>>,
    #[serde(default)]
    #[schemars(schema_with = "digests")]
    pub(super) digest: Option<Digest>,
    #[serde(default)]
    #[schemars(schema_with = "encodings")]
    pub(super) encoding: Option<Encoding>,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) timestamp: Option<Spanned<FieldFile>>,
    pub(super) nonce: Option<Spanned<FieldFile>>,
    pub(super) window_secs: Option<i64>,
    pub(super) issuer: Option<String>,
    #[serde(default)]
    pub(super) audience: bool,
    #[serde(default)]
    pub(super) hashes: bool,
    /// Of a token: its `jti` is a nonce.
    #[serde(default)]
    pub(super) jti: bool,
}

/// The words of [`Digest`].
fn digests(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["md5", "sha1", "sha256", "sha384", "sha512"] })
}

/// The words of [`Encoding`].
fn encodings(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["base64", "hex"] })
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SchemeWord {
    Hmac,
    Jwt,
    MessagebirdLegacy,
    PlivoV3,
    StandardWebhooks,
    Twilio,
    Vonage,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyFile {
    pub(super) status: Option<Spanned<u16>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) replace: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) when: WhenFile,
}

/// A page in a request of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PageFile {
    #[schemars(extend("enum" = ["GET", "POST", "PUT"]))]
    pub(super) method: Spanned<String>,
    pub(super) path: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) replace: BTreeMap<String, Spanned<String>>,
}

/// What differs between a page that asks and the last one.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhenFile {
    #[serde(rename = "continue", default)]
    pub(super) goes_on: VariantFile,
    #[serde(default)]
    pub(super) end: VariantFile,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantFile {
    pub(super) status: Option<Spanned<u16>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    pub(super) body: Option<Spanned<String>>,
}

/// A message in the reply to one.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerFile {
    pub(super) status: Option<Spanned<u16>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) when: AnswerWhenFile,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerWhenFile {
    #[serde(default)]
    pub(super) wide: VariantFile,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateFile {
    pub(super) status: Option<Spanned<u16>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<Spanned<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusalFile {
    /// Empty: any but `forged`.
    #[serde(default)]
    pub(super) when: Vec<RefusalKind>,
    pub(super) status: Option<Spanned<u16>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<Spanned<String>>,
}

/// What a refusal is about, as a profile may shape it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::channel) enum RefusalKind {
    /// Not readable as what it should be.
    Body,
    Forged,
    /// A field is not there.
    Missing,
    Route,
    /// A field is there that this format does not have.
    Surplus,
    /// A field is there, but not with what it should hold.
    Value,
}
