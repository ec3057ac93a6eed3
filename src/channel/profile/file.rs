//! The shape of a profile file. What it says is proved in `check`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::channel::computed::Function;
use crate::channel::signature::{Digest, Encoding};
use crate::channel::template::Escape;
use crate::channel::{Repeat, Retry};

mod callback;

pub(super) use callback::{CallbackFile, FieldFile, FieldsFile, PartFile, ToldFile, WordsFile};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
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
    pub(super) begun_already: Option<Spanned<TemplateFile>>,
    pub(super) unknown_dialogue: Option<Spanned<TemplateFile>>,
    #[serde(default)]
    pub(super) refusal: Vec<Spanned<RefusalFile>>,
    pub(super) send: Option<Spanned<SendFile>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InputForm {
    Last,
    Whole,
}

/// How callbacks are signed. Of several one must hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureFile {
    pub(super) scheme: SchemeWord,
    pub(super) at: Spanned<FieldFile>,
    pub(super) of: Option<Spanned<String>>,
    pub(super) digest: Option<Digest>,
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
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SchemeWord {
    Hmac,
    Jwt,
    MessagebirdLegacy,
    StandardWebhooks,
    Twilio,
    Vonage,
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
    pub(super) replace: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) when: WhenFile,
}

/// A page in a request of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageFile {
    pub(super) method: Spanned<String>,
    #[serde(default)]
    pub(super) path: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) escape: Escape,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) replace: BTreeMap<String, String>,
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

/// A message in the reply to one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerFile {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) escape: Escape,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) when: AnswerWhenFile,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerWhenFile {
    #[serde(default)]
    pub(super) wide: VariantFile,
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
    /// A field is there that this format does not have.
    Surplus,
    /// A field is there, but not with what it should hold.
    Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendFile {
    pub(super) method: Spanned<String>,
    #[serde(default)]
    pub(super) path: String,
    /// Settings without which a channel can send all the same.
    #[serde(default)]
    pub(super) optional: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) transliterate: bool,
    /// Values made of others: `computed.login.base64 = "{username}:{password}"`.
    #[serde(default)]
    pub(super) computed: BTreeMap<String, BTreeMap<Function, String>>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) escape: Escape,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) when: SendWhenFile,
    #[serde(default)]
    pub(super) answer: Vec<Spanned<SendAnswerFile>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendWhenFile {
    pub(super) reports: Option<FieldsetFile>,
    pub(super) wide: Option<FieldsetFile>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldsetFile {
    /// In place of the body.
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendAnswerFile {
    pub(super) status: Option<u16>,
    pub(super) at: Option<Spanned<FieldFile>>,
    #[serde(default)]
    pub(super) words: Vec<String>,
    pub(super) means: MeansWord,
    pub(super) id: Option<Spanned<FieldFile>>,
    pub(super) code: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) ours: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MeansWord {
    Accepted,
    Elsewhere,
    Later,
    Never,
    Throttled,
    Unsure,
}

impl MeansWord {
    /// `None`: accepted.
    pub(super) const fn retry(self) -> Option<Retry> {
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
