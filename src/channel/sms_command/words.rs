//! The words that commands are known by: `menus/sms.yaml`, read and checked.

mod source;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_saphyr::Spanned;

use self::source::{Entries, Hint, WordsFile, line};
use super::{Intent, Reply};
use crate::citizen::spelling;

/// From so many letters on, one wrong letter in a word is forgiven: shorter words are too near to each other (`cek`, `cel`, `dek`).
const NEAR_LETTERS_MIN: usize = 5;
/// Words in the file: each word of a message is compared with all of them.
const VOCABULARY_MAX: usize = 1_500;

/// Words by what they mean.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    vocabulary: Vec<String>,
    ids: HashMap<String, Id>,
    /// Words of [`NEAR_LETTERS_MIN`] letters and more, and with their endings those of two more.
    long: Vec<(String, Id)>,
    not_typos: HashSet<String>,
    pub(super) fillers: HashSet<Id>,
    pub(super) people: HashSet<Id>,
    pub(super) closers: Vec<Phrase>,
    pub(super) asking: HashSet<Id>,
    pub(super) checking: HashSet<Id>,
    pub(super) all: HashSet<Id>,
    pub(super) answers: Vec<(Reply, Vec<Phrase>)>,
    pub(super) digits: Vec<(u8, Vec<Phrase>)>,
    pub(super) keywords: Vec<(Intent, Phrase)>,
    pub(super) leads: Vec<(Intent, Phrase)>,
    pub(super) sim_only: HashSet<Id>,
    pub(super) sim_or_ours: HashSet<Id>,
    pub(super) topics: Vec<(String, Vec<Phrase>)>,
    pub(super) needs: Vec<(String, Vec<Phrase>)>,
    pub(super) languages: Vec<(String, Vec<Phrase>)>,
    pub(super) bribe: Vec<Phrase>,
    pub(super) spam: Vec<Phrase>,
    pub(super) hints: Vec<(Intent, Vec<Phrase>)>,
}

/// One thing wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// From 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// A word of the vocabulary.
pub(super) type Id = u16;

/// One word after the other, or all of them anywhere; each may be one of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase(Vec<Vec<Id>>);

impl Phrase {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Does a row of heard words begin with it?
    pub(super) fn starts<'w>(&self, heard: impl Iterator<Item = &'w [Id]>) -> bool {
        let mut heard = heard;
        self.0.iter().all(|one_of| heard.next().is_some_and(|ids| ids.iter().any(|id| one_of.contains(id))))
    }

    fn contains(&self, id: Id) -> bool {
        self.0.iter().any(|one_of| one_of.contains(&id))
    }

    /// Is each of its words somewhere among those heard?
    pub(super) fn is_within<'w>(&self, heard: &(impl Iterator<Item = &'w [Id]> + Clone)) -> bool {
        self.0.iter().all(|one_of| heard.clone().any(|ids| ids.iter().any(|id| one_of.contains(id))))
    }
}

impl Words {
    /// YAML as in `menus/sms.yaml`. On failure every problem, by line.
    pub fn parse(text: &str) -> Result<Self, Vec<Wrong>> {
        let source: WordsFile = serde_saphyr::from_str(text)
            .map_err(|error| vec![Wrong { line: error.location().map_or(1, line), message: first_line(&error.to_string()).to_owned() }])?;
        let mut reader = Reader { vocabulary: Vec::new(), ids: HashMap::new(), problems: Vec::new() };
        let words = reader.words(&source);
        reader.problems.sort_by_key(|wrong| wrong.line);
        if reader.problems.is_empty() { Ok(words) } else { Err(reader.problems) }
    }

    /// The shipped ones.
    pub fn shipped() -> Result<&'static Arc<Self>, &'static [Wrong]> {
        static SHIPPED: OnceLock<Result<Arc<Words>, Vec<Wrong>>> = OnceLock::new();
        let read = || Self::parse(include_str!("../../../menus/sms.yaml")).map(Arc::new);
        SHIPPED.get_or_init(read).as_ref().map_err(Vec::as_slice)
    }

    /// The words that `typed` (lower case) may be: itself; with letters held down (`yaaa`) or an ending (`syaratnya`) taken off; else
    /// those that differ in one letter. None for words that only look like a slip, among them those of names (`is_of_name`).
    pub(super) fn hear(&self, typed: &str, is_of_name: bool) -> Vec<Id> {
        if let Some(&id) = self.ids.get(typed) {
            return vec![id];
        }
        if is_of_name || self.not_typos.contains(typed) {
            return Vec::new();
        }
        let known = |word: &str| self.ids.get(word).copied();
        let ending = |ending: &&str| typed.strip_suffix(*ending).filter(|root| root.len() >= ROOT_LETTERS_MIN).and_then(known);
        if let Some(id) = known(&released(typed)).or_else(|| ENDINGS.iter().find_map(ending)) {
            return vec![id];
        }
        let mut near: Vec<Id> = self.long.iter().filter(|(word, _)| spelling::within(word, typed, 1)).map(|(_, id)| *id).collect();
        near.dedup();
        near
    }

    /// May the word be for the intent: is it in a phrase of it, or in none of any intent?
    pub(super) fn may_mean(&self, id: Id, intent: Intent) -> bool {
        let hinted = self.hints.iter().flat_map(|(intent, phrases)| phrases.iter().map(move |phrase| (*intent, phrase)));
        let begun = self.keywords.iter().chain(&self.leads).map(|(intent, phrase)| (*intent, phrase));
        let mut of = begun.chain(hinted).filter(|(_, phrase)| phrase.contains(id)).map(|(intent, _)| intent).peekable();
        of.peek().is_none() || of.any(|other| other == intent)
    }

    pub(super) fn is_known(&self, typed: &str) -> bool {
        self.ids.contains_key(typed)
    }

    /// Is it a word of the language by itself, so that a name must not be guessed from it?
    pub(super) fn is_common(&self, typed: &str) -> bool {
        self.ids.contains_key(typed) || self.not_typos.contains(typed)
    }

    /// Cuts `ktphilang` into `ktp` and `hilang`: a word that may begin a command, and a rest that `is_rest` knows.
    pub(super) fn unglue(&self, typed: &str, is_rest: impl Fn(&str) -> bool) -> Option<usize> {
        let first = |phrase: &Phrase, typed: &str| {
            let words = phrase.0.first().into_iter().flatten().filter_map(|&id| self.vocabulary.get(usize::from(id)));
            let words = words.filter(|word| word.len() >= ROOT_LETTERS_MIN);
            words.filter(|word| typed.strip_prefix(word.as_str()).is_some_and(&is_rest)).map(String::len).max()
        };
        self.keywords.iter().chain(&self.leads).filter_map(|(_, phrase)| first(phrase, typed)).max()
    }
}

/// Without letters held down: three times the same or more, or twice at the end.
fn released(typed: &str) -> String {
    let mut out = String::with_capacity(typed.len());
    let mut rest = typed;
    while let Some(char) = rest.chars().next() {
        let after = rest.trim_start_matches(char);
        let times = (rest.len() - after.len()) / char.len_utf8();
        let kept = if times > 2 || after.is_empty() { 1 } else { times };
        out.extend(std::iter::repeat_n(char, kept));
        rest = after;
    }
    out
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// `syaratnya`, `jadwalnyo`, `sudahkah`, `ktpku`: Indonesian and Palembang endings that change nothing here.
const ENDINGS: [&str; 8] = ["nya", "nyo", "nye", "kah", "lah", "ku", "mu", "e"];
const ROOT_LETTERS_MIN: usize = 3;

struct Reader {
    vocabulary: Vec<String>,
    ids: HashMap<String, Id>,
    problems: Vec<Wrong>,
}

impl Reader {
    fn words(&mut self, source: &WordsFile) -> Words {
        let answers = self.named(&source.answers, |name| match name {
            "ya" => Some(Reply::Yes),
            "tidak" => Some(Reply::No),
            "belum" => Some(Reply::NotYet),
            _ => None,
        });
        let digits = self.named(&source.digits, |name| name.parse().ok());
        let keywords = self.named(&source.keywords, Intent::named);
        self.refuse_twice(&source.keywords, &source.leads);
        let leads = self.named(&source.leads, Intent::named);
        let hints = self.hints(&source.hints);
        let [topics, needs, languages] =
            [&source.topics, &source.needs, &source.languages].map(|entries| self.named(entries, |name| Some(name.to_owned())));
        let [closers, bribe] = [&source.closers, &source.bribe].map(|phrases| self.phrases(phrases));
        let [fillers, people, asking, checking, all, sim_only, sim_or_ours] =
            [&source.fillers, &source.people, &source.asking, &source.checking, &source.all, &source.sim_only, &source.sim_or_ours]
                .map(|words| self.single_words(words));
        let not_typos = source.not_typos.iter().filter_map(|word| self.word(word)).collect();
        for word in &source.not_typos {
            if self.ids.contains_key(&word.value) {
                self.problem(word, format!("\"{}\" is a word of ours", word.value));
            }
        }
        if self.vocabulary.len() > VOCABULARY_MAX {
            self.problems.push(Wrong { line: 1, message: format!("more than {VOCABULARY_MAX} words") });
        }
        // What is only spam must be spelt right: nobody shall be ignored for a slip.
        let citizens_words = self.vocabulary.len();
        let spam = self.phrases(&source.spam);
        let long = (0..).zip(self.vocabulary.iter().take(citizens_words)).flat_map(|(id, word)| {
            let bare = std::iter::once(word.clone()).filter(|word| word.len() >= NEAR_LETTERS_MIN);
            let ended = ENDINGS.into_iter().map(move |ending| format!("{word}{ending}")).filter(|word| word.len() > NEAR_LETTERS_MIN + 1);
            bare.chain(ended).map(move |word| (word, id))
        });
        let long = long.collect();
        Words {
            long,
            vocabulary: std::mem::take(&mut self.vocabulary),
            ids: std::mem::take(&mut self.ids),
            not_typos,
            fillers,
            people,
            closers,
            asking,
            checking,
            all,
            answers,
            digits,
            keywords: flat(keywords),
            leads: flat(leads),
            sim_only,
            sim_or_ours,
            topics,
            needs,
            languages,
            bribe,
            spam,
            hints,
        }
    }

    fn named<T>(&mut self, entries: &Entries, read: impl Fn(&str) -> Option<T>) -> Vec<(T, Vec<Phrase>)> {
        let mut named = Vec::new();
        for (name, phrases) in &entries.0 {
            let phrases = self.phrases(phrases);
            match read(&name.value) {
                Some(known) => named.push((known, phrases)),
                None => self.problem(name, format!("\"{}\" is none that is known here", name.value)),
            }
        }
        named
    }

    fn hints(&mut self, hints: &[Hint]) -> Vec<(Intent, Vec<Phrase>)> {
        let mut read = Vec::new();
        for hint in hints {
            let phrases = self.phrases(&hint.has);
            match Intent::named(&hint.then.value) {
                Some(intent) => read.push((intent, phrases)),
                None => self.problem(&hint.then, format!("\"{}\" is none that is known here", hint.then.value)),
            }
        }
        read
    }

    fn phrases(&mut self, texts: &[Spanned<String>]) -> Vec<Phrase> {
        let mut phrases = Vec::new();
        for text in texts {
            let mut phrase = Vec::new();
            for one_of in text.value.split(' ') {
                phrase.push(one_of.split('|').filter_map(|word| self.id(text, word)).collect());
            }
            phrases.push(Phrase(phrase));
        }
        phrases
    }

    fn single_words(&mut self, texts: &[Spanned<String>]) -> HashSet<Id> {
        texts.iter().filter_map(|text| self.id(text, &text.value)).collect()
    }

    fn id(&mut self, at: &Spanned<String>, word: &str) -> Option<Id> {
        let word = self.letters(at, word)?;
        if let Some(&id) = self.ids.get(&word) {
            return Some(id);
        }
        let id = Id::try_from(self.vocabulary.len()).ok()?;
        self.vocabulary.push(word.clone());
        self.ids.insert(word, id);
        Some(id)
    }

    fn word(&mut self, at: &Spanned<String>) -> Option<String> {
        self.letters(at, &at.value)
    }

    fn letters(&mut self, at: &Spanned<String>, word: &str) -> Option<String> {
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            self.problem(at, format!("\"{}\" is not in small letters with single spaces", at.value));
            return None;
        }
        Some(word.to_owned())
    }

    /// The same words for two intents: the second would never be found.
    fn refuse_twice(&mut self, keywords: &Entries, leads: &Entries) {
        let mut seen = HashSet::new();
        for phrase in keywords.0.iter().chain(&leads.0).flat_map(|(_, phrases)| phrases) {
            if !seen.insert(phrase.value.as_str()) {
                self.problem(phrase, format!("\"{}\" stands twice", phrase.value));
            }
        }
    }

    fn problem(&mut self, at: &Spanned<String>, problem: String) {
        self.problems.push(Wrong { line: line(at.referenced), message: problem });
    }
}

/// Longest first, so that `stop semua` is found before `stop`.
fn flat(named: Vec<(Intent, Vec<Phrase>)>) -> Vec<(Intent, Phrase)> {
    let mut flat: Vec<(Intent, Phrase)> =
        named.into_iter().flat_map(|(intent, phrases)| phrases.into_iter().map(move |phrase| (intent, phrase))).collect();
    flat.sort_by_key(|(_, phrase)| std::cmp::Reverse(phrase.len()));
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_words_are_in_order() {
        let words = Words::shipped().unwrap();
        assert!(words.vocabulary.len() > 300, "{}", words.vocabulary.len());
        let intents: HashSet<Intent> = words.keywords.iter().chain(&words.leads).map(|(intent, _)| *intent).collect();
        let without_keyword =
            [Intent::AmbiguDaftarReg, Intent::Jawab, Intent::Kosong, Intent::LaporCek, Intent::SalahKirimReg, Intent::TakPaham];
        for intent in Intent::ALL {
            assert!(intents.contains(&intent) || without_keyword.contains(&intent), "{intent:?} has no keyword");
        }
    }

    #[test]
    fn slips_are_heard_and_other_words_are_not() {
        let words = Words::shipped().unwrap();
        let heard = |typed: &str| {
            words.hear(typed, false).iter().map(|&id| words.vocabulary[usize::from(id)].clone()).collect::<Vec<_>>().join(" ")
        };
        for (typed, expected) in [
            ("daftar", "daftar"),
            ("daftra", "daftar"),
            ("yaaa", "ya"),
            ("syaratnya", "syarat"),
            ("kelilng", "keliling"),
            ("batas", ""),
            ("nanti", ""),
            ("memang", ""),
            ("ktq", ""),
            ("", ""),
        ] {
            assert_eq!(heard(typed), expected, "{typed}");
        }
    }

    #[test]
    fn every_mistake_in_the_file_is_told_by_line() {
        let shipped = include_str!("../../../menus/sms.yaml");
        let line_of = |part: &str| shipped.lines().position(|line| line.contains(part)).unwrap() + 1;
        for (find, replace, expected) in [
            ("  BATAL:", "  BATALKAN:", "none that is known"),
            ("fillers:", "filers:", ""),
            ("sim_only: [reg", "sim_only: [Reg", "small letters"),
            ("not_typos: [", "not_typos: [daftar, ", "a word of ours"),
            ("  PETUGAS: [petugas", "  PETUGAS: [petugas, keliling", "stands twice"),
        ] {
            assert!(shipped.contains(find), "{find}");
            let problems = Words::parse(&shipped.replacen(find, replace, 1)).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].message.contains(expected), "{problems:?}");
            let near = line_of(find);
            assert!(problems[0].line.abs_diff(near) <= 1 || expected == "stands twice", "{problems:?} {near}");
        }
    }
}
