//! The files as they are written: screens and edges in one, words in another.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_saphyr::Location;

/// `dukcapil.yaml`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScreensFile {
    /// The screen that `00` leads to, and with which a dialogue begins.
    pub(super) main: Spanned<String>,
    /// The screen that `99` leads to.
    pub(super) human: Spanned<String>,
    /// By the names in their files. The first is everybody's who has not chosen one.
    pub(super) languages: Vec<Spanned<String>>,
    /// The value that keeps the name of the screen at which a human was asked for.
    pub(super) left: Spanned<String>,
    /// Name → type: `nik`, `kk`, `code`, `day`, `id`, `moment`, `window`, `word`, `number DIGITS`, `text SEPTETS`, `words SEPTETS`.
    pub(super) values: Entries<Spanned<String>>,
    /// Command → `SCREEN [when VALUE…|when flaw [else SCREEN …]]`: where a message that names what it wants leads.
    #[serde(default)]
    pub(super) commands: Entries<Spanned<String>>,
    /// What a district may do without.
    #[serde(default)]
    pub(super) features: Vec<Spanned<String>>,
    /// What people come for → `SCREEN… in ANSWERS`: the screens on a newcomer's way, and how many answers it may take.
    #[serde(default)]
    pub(super) tasks: Entries<Spanned<String>>,
    /// Screens on which nobody means to stop: whoever is cut off there may be told how to go on.
    #[serde(default)]
    pub(super) halfway: Vec<Spanned<String>>,
    /// Name → what it is. Their words stand under the same names in every file of texts.
    pub(super) screens: Entries<ScreenSource>,
}

/// One screen. Exactly one of `choose` or `list`, `ask`, `call`, `show` says what kind it is; `choose` and `list` go together.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScreenSource {
    /// A feature without which there is no such screen, and the screen that stands in for it then.
    pub(super) needs: Option<Spanned<String>>,
    #[serde(rename = "else")]
    pub(super) otherwise: Option<Spanned<String>>,
    /// Digit → `SCREEN [needs FEATURE] [when VALUE… [else SCREEN]] [set VALUE=WORD] [brings VALUE…] [yes|no]`.
    pub(super) choose: Option<Entries<Spanned<String>>>,
    /// Where choosing one of the outcome's items leads.
    pub(super) list: Option<Spanned<String>>,
    /// `nik`, `kk`, `code`, `phone`, `text SEPTETS`.
    pub(super) ask: Option<Spanned<String>>,
    /// The value that keeps what was typed.
    pub(super) into: Option<Spanned<String>>,
    /// The screen that follows on it.
    pub(super) then: Option<Spanned<String>>,
    /// What else may be typed there.
    pub(super) or: Option<QuestionSource>,
    /// An action of the gateway. It takes its arguments from the values of the session.
    pub(super) call: Option<Spanned<String>>,
    /// Outcome → screen.
    pub(super) on: Option<Entries<Spanned<String>>>,
    /// `page` or `end`.
    pub(super) show: Option<Spanned<String>>,
    /// The record that makes the page's words true.
    pub(super) promises: Option<Spanned<String>>,
}

/// What an ask screen takes besides, and where that leads.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionSource {
    pub(super) ask: Spanned<String>,
    pub(super) into: Spanned<String>,
    pub(super) then: Spanned<String>,
}

/// `texts/LANGUAGE.yaml`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TextsFile {
    /// `id`, `plm`, `jav`.
    pub(super) language: Spanned<String>,
    /// Who has read these texts, or `belum`.
    #[serde(rename = "reviewed")]
    pub(super) _reviewed: Spanned<String>,
    /// Abbreviations and other short words that everybody knows.
    #[serde(default)]
    pub(super) short: Vec<Spanned<String>>,
    /// Words that promise something, in the same order in every language.
    pub(super) promises: Vec<Spanned<String>>,
    /// Before one of them it promises nothing: `BELUM DICATAT`.
    pub(super) not_yet: Spanned<String>,
    /// From Sunday.
    pub(super) days: Vec<Spanned<String>>,
    /// From January.
    pub(super) months: Vec<Spanned<String>>,
    pub(super) constants: ConstantsSource,
    pub(super) resume: ResumeSource,
    pub(super) notices: NoticesSource,
    /// Error name → first line of the page that comes again.
    pub(super) wrong: Entries<Spanned<String>>,
    /// Value name → word → words.
    pub(super) words: Entries<Entries<Spanned<String>>>,
    /// Message name → SMS text.
    pub(super) messages: Entries<Spanned<String>>,
    /// The same for officers, who read more than one SMS at a time.
    #[serde(default)]
    pub(super) notes: Entries<Spanned<String>>,
    pub(super) screens: Entries<ScreenText>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConstantsSource {
    pub(super) back: Spanned<String>,
    pub(super) main: Spanned<String>,
    pub(super) more: Spanned<String>,
    pub(super) human: Spanned<String>,
    /// Under the choices of an SMS.
    pub(super) answer: Spanned<String>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResumeSource {
    pub(super) text: Spanned<String>,
    pub(super) go_on: Spanned<String>,
    pub(super) anew: Spanned<String>,
    /// All of it as an SMS.
    pub(super) sms: Spanned<String>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticesSource {
    pub(super) busy: Spanned<String>,
    pub(super) fault: Spanned<String>,
    pub(super) replaced: Spanned<String>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScreenText {
    pub(super) text: Spanned<String>,
    /// Of a screen that asks: what is enough for who knows the way.
    pub(super) regular: Option<Spanned<String>>,
    /// Digit → label.
    pub(super) options: Option<Entries<Spanned<String>>>,
    /// Label of one item of a list.
    pub(super) item: Option<Spanned<String>>,
}

impl TextsFile {
    /// Every text that reaches a phone, with what it is.
    pub(super) fn texts(&self) -> Vec<(String, &Spanned<String>)> {
        let (constants, resume, notices) = (&self.constants, &self.resume, &self.notices);
        let constants = [("back", &constants.back), ("main", &constants.main), ("more", &constants.more), ("human", &constants.human)]
            .into_iter()
            .chain([("answer", &constants.answer), ("text", &resume.text), ("go_on", &resume.go_on), ("anew", &resume.anew)])
            .chain([("sms", &resume.sms), ("busy", &notices.busy), ("fault", &notices.fault), ("replaced", &notices.replaced)]);
        let mut texts: Vec<_> = constants.map(|(name, text)| (format!("the line `{name}`"), text)).collect();
        for (what, entries) in [("error line", &self.wrong), ("message", &self.messages), ("note", &self.notes)] {
            texts.extend(entries.0.iter().map(|(name, text)| (format!("the {what} `{}`", name.value), text)));
        }
        for (value, group) in &self.words.0 {
            texts.extend(group.0.iter().map(|(word, text)| (format!("the word `{}` of `{}`", word.value, value.value), text)));
        }
        for (name, screen) in &self.screens.0 {
            let name = &name.value;
            texts.push((format!("the text of `{name}`"), &screen.text));
            texts.extend(screen.regular.iter().map(|regular| (format!("the text of `{name}` for regulars"), regular)));
            let options = screen.options.iter().flat_map(|options| &options.0);
            texts.extend(options.map(|(digit, text)| (format!("choice {} of `{name}`", digit.value), text)));
            texts.extend(screen.item.iter().map(|item| (format!("the item of `{name}`"), item)));
        }
        texts
    }

    /// Which of its promises a text makes, by their places in the list. `BELUM DICATAT` makes none.
    pub(super) fn promised<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (usize, &'s str)> {
        let is_made = |word: &str| text.match_indices(word).any(|(at, _)| !text[..at].trim_end().ends_with(&self.not_yet.value));
        self.promises.iter().map(|word| word.value.as_str()).enumerate().filter(move |(_, word)| is_made(word))
    }
}

/// `published.yaml`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishedFile {
    /// Digits after the star code, `*` between them → the screen they lead to.
    pub(super) digits: Entries<Spanned<String>>,
    /// Published digits → those that lead there now. Who dials the old ones is led there.
    #[serde(default)]
    pub(super) moved: Entries<Spanned<String>>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) referenced: Location,
}

impl<T> Spanned<T> {
    pub(super) fn new(value: T, referenced: Location) -> Self {
        Self { value, referenced }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at = serde_saphyr::Spanned::deserialize(deserializer)?;
        Ok(Self { value: at.value, referenced: at.referenced })
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

/// A mapping in the order in which it is written, with the place of each key.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        // A digit is as good a key as a word.
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

/// Line and column, from 1.
pub(super) fn place(location: Location) -> (usize, usize) {
    let number = |n: u64| usize::try_from(n).unwrap_or(1).max(1);
    (number(location.line()), number(location.column()))
}
