//! What people do to a text without meaning anything else by it. Each change keeps away from what would change the meaning.

use super::{Intent, Row, Words};
use crate::citizen::area::Names;

const GREETINGS: [&str; 11] = [
    "min, ",
    "Yth. Dukcapil\n",
    "Assalamualaikum wr wb. ",
    "Selamat pagi pak, ",
    "selamat siang bu ",
    "Pak ",
    "Permisi ",
    "Halo Dukcapil, ",
    "Kulonuwun, ",
    "mohon maaf mas ",
    "tolong ",
];

/// Each may follow free text, too: it begins a sentence or a line.
const CLOSINGS: [&str; 10] = [
    ". Terima kasih",
    ". Trims",
    ", makasih pak",
    "\nBudi",
    "\nSiti Aminah",
    "\nTerima kasih\nBudi Santoso",
    ". Matur nuwun",
    "\nWassalam",
    ". tks bu",
    ". Mokasih\nUjang - Jambi",
];

const FORM_BORDERS: [char; 3] = ['#', '*', '/'];
const BORDERS: [&str; 9] = [" ", "  ", "#", "*", "/", ".", "\n", " # ", ". "];

/// The row's text, changed in one way at least, the same for the same seed.
pub(super) fn changed(row: &Row, seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(7_919) ^ u64::try_from(row.line).unwrap());
    let mut text = row.text.clone();
    let first = seed % 5;
    if first == 0 || dice.one_in(3) {
        text = separated(row, &text, &mut dice);
    }
    if first == 1 || dice.one_in(3) {
        text = mistyped(row, &text, &mut dice);
    }
    if first == 2 || dice.one_in(3) {
        text = shouted(&text, &mut dice);
    }
    if !row.text.contains(char::is_alphanumeric) {
        return text;
    }
    // `min` by itself asks for a human; a line under a greeting may be a name.
    let greetings = match row.intent {
        Intent::Bantuan => &GREETINGS[1..],
        Intent::TakPaham => &GREETINGS[2..],
        _ => &GREETINGS,
    };
    if free_text(row, &row.text) != Some(0) && (first == 3 || dice.one_in(3)) {
        text.insert_str(0, dice.one_of(greetings));
    }
    if first == 4 || dice.one_in(3) {
        text.push_str(dice.one_of(&CLOSINGS));
    }
    text
}

/// Where the citizen's own words begin.
fn free_text(row: &Row, text: &str) -> Option<usize> {
    let own = ["isi=", "keluhan="].iter().find_map(|key| row.parts.split(';').find_map(|part| part.strip_prefix(key)))?;
    text.find(own)
}

/// Another office's: fields between marks.
fn is_form(row: &Row) -> bool {
    FORM_BORDERS.iter().any(|border| row.text.matches(*border).count() > 3)
}

/// Other separators between words and numbers, not within a number nor in free text; none between a word and a NIK.
fn separated(row: &Row, text: &str, dice: &mut Dice) -> String {
    if is_form(row) {
        return text.replace(FORM_BORDERS, dice.one_of(&["#", "*", "/", " # ", ", "]));
    }
    let is_sim = matches!(row.intent, Intent::SalahKirimReg | Intent::AmbiguDaftarReg);
    let end = free_text(row, text).unwrap_or(text.len());
    let border = dice.one_of(&BORDERS);
    let mut out = String::new();
    for (start, piece) in pieces(text) {
        let before = text[..start].chars().next_back();
        let after = text[start + piece.len()..].chars().next();
        let is_gap = !piece.chars().any(char::is_alphanumeric);
        let in_number = before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit());
        let is_long = text[start + piece.len()..].chars().take_while(char::is_ascii_digit).count() >= 12;
        let marks = piece.trim();
        match (is_gap, before, after) {
            (true, Some(_), Some(_)) if start < end && !in_number => match marks {
                "#" | "" if is_sim => out.push_str(dice.one_of(if marks == "#" { &["#", " # ", "# "] } else { &[" ", "  "] })),
                "" | "#" | "*" | "/" | "." if is_long && dice.one_in(4) => {}
                "" | "#" | "*" | "/" | "." => out.push_str(border),
                _ => out.push_str(piece),
            },
            _ => out.push_str(piece),
        }
    }
    out
}

/// One mistake in one word of five letters or more that is near no other word then; not in free text nor in what means nothing anyway.
fn mistyped(row: &Row, text: &str, dice: &mut Dice) -> String {
    if row.intent == Intent::TakPaham || is_form(row) {
        return text.to_owned();
    }
    let words = Words::shipped().unwrap();
    let end = free_text(row, text).unwrap_or(text.len());
    let is_spelt = |word: &str| words.is_common(word) || Names::muba().has_word(word) || Names::muba().is_name(word);
    let is_long = |piece: &str| piece.len() >= 5 && piece.bytes().all(|c| c.is_ascii_alphabetic()) && is_spelt(&piece.to_lowercase());
    let long: Vec<(usize, &str)> = pieces(text).into_iter().filter(|(at, piece)| *at < end && is_long(piece)).collect();
    if long.is_empty() {
        return text.to_owned();
    }
    let (at, word) = long[dice.below(long.len())];
    for _ in 0..20 {
        let slip = slip(word, dice);
        let typed = slip.to_lowercase();
        let is_like_another = words.hear(&typed, false).len() > 1 && words.hear(&typed, false) != words.hear(&word.to_lowercase(), false);
        if !is_like_another && !words.is_common(&typed) && !Names::muba().has_word(&typed) && typed != word.to_lowercase() {
            return format!("{}{slip}{}", &text[..at], &text[at + word.len()..]);
        }
    }
    text.to_owned()
}

/// A letter left out, doubled, wrong, or two swapped.
fn slip(word: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = dice.below(letters.len() - 1);
    match dice.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters[at] = char::from(b'a' + u8::try_from(dice.below(26)).unwrap()),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

/// All capitals, none, or any; letters within a number stay.
fn shouted(text: &str, dice: &mut Dice) -> String {
    let way = dice.below(4);
    let mut out = String::new();
    for (start, piece) in pieces(text) {
        let before = text[..start].chars().next_back();
        let after = text[start + piece.len()..].chars().next();
        let in_number = before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit());
        for (at, char) in piece.chars().enumerate() {
            let is_capital = match way {
                0 => true,
                1 => false,
                2 => at == 0,
                _ => dice.one_in(2),
            };
            match in_number {
                true => out.push(char),
                false if is_capital => out.extend(char.to_uppercase()),
                false => out.extend(char.to_lowercase()),
            }
        }
    }
    out
}

/// Runs of letters, of digits, and of what is between, each with its place.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let kind = |c: char| (c.is_alphabetic(), c.is_ascii_digit());
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, char) in text.char_indices() {
        let next = at + char.len_utf8();
        if text[next..].chars().next().is_none_or(|after| kind(after) != kind(char)) {
            pieces.push((start, &text[start..next]));
            start = next;
        }
    }
    pieces
}

/// SplitMix64: enough to choose from a few.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}
