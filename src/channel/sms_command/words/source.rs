//! `menus/sms.yaml` as it is written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_saphyr::{Location, Spanned};

type List = Vec<Spanned<String>>;

/// A phrase is words in small letters with single spaces between; `a|b` is a or b.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WordsFile {
    /// Say nothing by themselves.
    pub(super) fillers: List,
    /// Say who is meant, if nothing else is said.
    pub(super) people: List,
    /// Begin the end of a letter.
    pub(super) closers: List,
    pub(super) asking: List,
    #[serde(default)]
    pub(super) checking: List,
    pub(super) all: List,
    /// `ya`, `tidak`, `belum`.
    pub(super) answers: Entries,
    /// `"1"` → its words.
    pub(super) digits: Entries,
    /// Intent → how a message begins.
    pub(super) keywords: Entries,
    /// Intent → how a message begins, if nothing after it says more.
    pub(super) leads: Entries,
    pub(super) sim_only: List,
    pub(super) sim_or_ours: List,
    pub(super) topics: Entries,
    pub(super) needs: Entries,
    pub(super) languages: Entries,
    pub(super) bribe: List,
    pub(super) spam: List,
    /// The first that fits.
    pub(super) hints: Vec<Hint>,
    pub(super) not_typos: List,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hint {
    /// An intent.
    pub(super) then: Spanned<String>,
    /// Phrases of which all words are somewhere in the message.
    pub(super) has: List,
}

/// A mapping in the order in which it is written.
pub(super) struct Entries(pub(super) Vec<(Spanned<String>, List)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping from names to lists of words")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// From 1.
pub(super) fn line(location: Location) -> usize {
    usize::try_from(location.line()).unwrap_or(1).max(1)
}
