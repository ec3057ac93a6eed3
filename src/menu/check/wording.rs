//! Words by themselves: sentences, abbreviations, labels, and what no text may ask for.

use std::collections::HashSet;

use super::Found;
use crate::menu::source::{ScreenText, Spanned, TextsFile};

/// Words in a sentence. Longer ones are read twice or not to the end.
const SENTENCE_WORDS_MAX: usize = 12;
/// Words of a label: a verb and a noun, and one more.
const LABEL_WORDS_MAX: usize = 3;
/// Capitals in a row that are taken for an abbreviation: longer ones are words that stand out.
const CAPITALS_MAX: usize = 3;
/// Choices have no more digits: a longer number before small letters is no choice.
const CHOICE_DIGITS_MAX: usize = 2;
/// Digits of a NIK and of a KK.
const NIK_DIGITS: usize = 16;
/// Ends of addresses that a phone turns into a link.
const DOMAINS: [&str; 7] = ["id", "com", "org", "net", "ly", "link", "app"];
/// What an office never asks for on the phone.
const NEVER_ASKED: [&str; 11] =
    ["pin", "otp", "password", "sandi", "transfer", "rekening", "bayar", "membayar", "mbayar", "pulsa", "kartu kredit"];
/// A word before it that turns the request into a warning against it.
const NOT: [&str; 11] = ["jangan", "tidak", "tak", "tanpa", "bukan", "dak", "idak", "ora", "ojo", "ampun", "mboten"];

pub(super) fn check(file: &TextsFile, found: &mut Found<'_>) {
    let short: HashSet<&str> = file.short.iter().map(|word| word.value.as_str()).collect();
    for (_, screen) in &file.screens.0 {
        page(screen, found);
    }
    for (_, text) in file.texts() {
        sentences(text, found);
        abbreviations(text, &short, found);
        marks(text, found);
        trust(text, found);
    }
}

fn page(screen: &ScreenText, found: &mut Found<'_>) {
    let by_hand = |line: &str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = line.len() - rest.len();
        let word = rest.trim_start_matches(['.', ')', '-', ' ', ':']);
        digits > 0 && word.starts_with(|c: char| c.is_ascii_uppercase() || c.is_alphabetic() && digits <= CHOICE_DIGITS_MAX)
    };
    for text in [Some(&screen.text), screen.regular.as_ref()].into_iter().flatten().filter(|text| text.value.lines().any(by_hand)) {
        found.name("T008", text, "a line that looks like a choice: nothing happens when its number is pressed");
        found.help("write a choice under `options`, and its target in the screens file; begin any other line with a word");
    }
    for (_, label) in screen.options.iter().flat_map(|options| &options.0) {
        if label.value.starts_with(|c: char| c.is_ascii_digit() || ['.', ')', '-'].contains(&c)) {
            found.name("T008", label, "the number comes by itself, as `1 Cek KTP`");
            found.help(format!("write `{}`", label.value.trim_start_matches(|c: char| !c.is_alphabetic())));
        }
        let words = label.value.split_whitespace().count();
        if words > LABEL_WORDS_MAX {
            found.name("T010", label, format!("{words} words in a choice, more than {LABEL_WORDS_MAX}"));
        }
    }
}

fn sentences(text: &Spanned<String>, found: &mut Found<'_>) {
    // A full stop between digits belongs to a number.
    let ends = |line: &str| line.replace(". ", "\n").replace(['?', '!', ':', ';'], "\n");
    let longest = text
        .value
        .lines()
        .flat_map(|line| ends(line).lines().map(|sentence| sentence.split_whitespace().count()).collect::<Vec<_>>())
        .max();
    if let Some(words) = longest.filter(|words| *words > SENTENCE_WORDS_MAX) {
        found.name("T017", text, format!("a sentence of {words} words, more than {SENTENCE_WORDS_MAX}"));
    }
}

fn abbreviations(text: &Spanned<String>, short: &HashSet<&str>, found: &mut Found<'_>) {
    let names = without_names(&text.value);
    let letters = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count();
    for word in names.split(|c: char| !c.is_alphanumeric()).filter(|word| letters(word) > 1 && !short.contains(word)) {
        let is_consonant = |c: char| !"aeiouéèê".contains(c.to_ascii_lowercase());
        let is_capital = word.chars().all(char::is_uppercase) && letters(word) <= CAPITALS_MAX;
        // `utk`, but not `yang`.
        let ends_abruptly = letters(word) <= CAPITALS_MAX && word.chars().rev().take(2).all(is_consonant);
        if is_capital || ends_abruptly || word.chars().all(is_consonant) {
            found.name("T023", text, format!("`{word}` looks like an abbreviation"));
            found.help(format!("write it out, or, if everybody in the district knows it, add `{word}` to `short`"));
        }
    }
}

/// `*` and `#` only where a code to dial is named.
fn marks(text: &Spanned<String>, found: &mut Found<'_>) {
    let is_code = |word: &str| {
        let inner = word.strip_prefix('*').and_then(|rest| rest.strip_suffix('#'));
        inner.is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit() || b == b'*'))
    };
    let words = text.value.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '*' && c != '#'));
    if let Some(word) = words.filter(|word| word.contains(['*', '#'])).find(|word| !is_code(word)) {
        found.name("T011", text, format!("`{word}`: the phone or the network may take * and # for itself"));
        found.help("let people answer with digits only");
    }
}

fn trust(text: &Spanned<String>, found: &mut Found<'_>) {
    let lower = text.value.to_lowercase();
    if let Some(link) = lower.split_whitespace().find(|word| is_link(word)) {
        found.name("T018", text, format!("`{link}` is a link"));
        found.help("say what to dial, to send or where to go");
    }
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    for asked in NEVER_ASKED {
        let wanted: Vec<&str> = asked.split(' ').collect();
        let at = words.windows(wanted.len()).position(|window| window == wanted);
        if at.is_some_and(|at| at == 0 || !NOT.contains(&words[at - 1])) {
            found.name("T024", text, format!("`{asked}`: it reads like a fraud, and teaches people to answer one"));
        }
    }
    let digits = |run: &str| run.chars().filter(char::is_ascii_digit).count();
    if text.value.split(|c: char| !c.is_ascii_digit() && !['.', '-'].contains(&c)).any(|run| digits(run) == NIK_DIGITS) {
        found.name("T025", text, "a number as long as a NIK or KK");
    }
}

fn is_link(word: &str) -> bool {
    if word.contains("://") || word.starts_with("www.") {
        return true;
    }
    let host = word.split('/').next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    host.rsplit_once('.').is_some_and(|(before, last)| DOMAINS.contains(&last) && before.ends_with(char::is_alphanumeric))
}

/// With what stands between braces taken out.
fn without_names(text: &str) -> String {
    text.split('{').enumerate().map(|(at, part)| if at == 0 { part } else { part.split_once('}').map_or("", |(_, after)| after) }).collect()
}
