//! How long a slow user takes for what they came for, page by page, against the time a network gives a dialogue.
//!
//! Key presses by the multi-tap model: a digit is one press, a letter or a digit among letters as many as its place on the key.

use std::collections::HashMap;

use super::compiled::{Act, Language};
use super::page::{Lines, constants};
use super::text::septets;
use super::ways::{By, Way};
use super::{Kind, Menu, PAGE_SEPTETS_MAX, Problem};

/// A reader of 60 words a minute, with seven septets to a word and its space: below 45 to 60 people lose the beginning before the end (H. Abadzi, World Bank, 2006).
const READ_MS_PER_SEPTET: u64 = 140;
/// Novices write about eight words a minute with multi-tap (C. James and K. Reischel, CHI 2001), which is some 0.75 s for each press.
const PRESS_MS: u64 = 750;
/// To look from the card to the phone and back, for each digit copied.
const COPY_MS: u64 = 500;
/// Until the phone takes the next press of the same key for a new letter.
const SAME_KEY_MS: u64 = 1_000;
/// From sending an answer to the next page: the networks both ways, and our turn.
const ROUND_TRIP_MS: u64 = 3_000;
/// Reading one page may take so long: more is not held in mind.
const READ_SECS_MAX: u64 = 20;
/// What is typed where words are asked for.
const WORDS: &str = "sungai lilin jaya";
const CODE: &str = "k4821735";
const NIK_DIGITS: usize = 16;
const KK_DIGITS: usize = 4;

/// How long a network waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Whose it is.
    pub name: String,
    /// For one answer, from page to page.
    pub idle_secs: u64,
    /// For the whole dialogue.
    pub total_secs: u64,
}

impl Patience {
    /// Of a network that tells nothing: most cut a dialogue after 120 to 180 s, and a page without an answer after a minute.
    pub fn usual() -> Self {
        Self { name: "a usual network".to_owned(), idle_secs: 60, total_secs: 180 }
    }
}

/// What people come for, on a newcomer's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    pub task: String,
    pub language: String,
    pub pages: Vec<PageTime>,
    /// Where the task is declared: file, line, column and length.
    pub(super) place: (String, usize, usize, usize),
}

/// One page and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageTime {
    pub screen: String,
    pub septets: usize,
    pub presses: usize,
    pub reading_ms: u64,
    pub typing_ms: u64,
    /// Until the next page stands there; 0 after the last one.
    pub waiting_ms: u64,
}

impl PageTime {
    /// What the network sees between its page and the answer.
    pub fn idle_ms(&self) -> u64 {
        self.reading_ms + self.typing_ms
    }
}

impl Journey {
    /// Until the last page stands there: a phone keeps it when the dialogue ends.
    pub fn total_ms(&self) -> u64 {
        let before = self.pages.len().saturating_sub(1);
        self.pages.iter().take(before).map(|page| page.idle_ms() + page.waiting_ms).sum()
    }

    pub fn presses(&self) -> usize {
        self.pages.iter().map(|page| page.presses).sum()
    }

    /// Pages on which a slow user is cut off, or reads for too long.
    pub(super) fn problems(&self, patience: &Patience) -> Vec<Problem> {
        let (task, language, whose) = (&self.task, &self.language, &patience.name);
        let mut messages = Vec::new();
        let mut gone = 0;
        for page in &self.pages {
            let (screen, idle) = (&page.screen, page.idle_ms());
            let seconds = |ms: u64| ms.div_ceil(1_000);
            if page.reading_ms > READ_SECS_MAX * 1_000 {
                messages.push(format!(
                    "`{task}` in {language}: `{screen}` takes a slow reader {} s, more than {READ_SECS_MAX}",
                    seconds(page.reading_ms)
                ));
            }
            if page.waiting_ms > 0 && idle > patience.idle_secs * 1_000 {
                messages.push(format!(
                    "`{task}` in {language}: a slow user needs {} s at `{screen}`, and {whose} waits {}",
                    seconds(idle),
                    patience.idle_secs
                ));
            }
            if page.waiting_ms > 0 && gone <= patience.total_secs * 1_000 && gone + idle > patience.total_secs * 1_000 {
                messages
                    .push(format!("`{task}` in {language}: {whose} cuts a slow user off at `{screen}`, after {} s", patience.total_secs));
            }
            gone += idle + page.waiting_ms;
        }
        let (file, line, col, len) = self.place.clone();
        let help = "ask for less, or shorten the pages before it; `kentongan check --journeys` shows the times";
        let problem = |message| Problem { code: "T015", file: file.clone(), line, col, len, message, help: Some(help.to_owned()) };
        messages.into_iter().map(problem).collect()
    }
}

/// Times of the pages along a way.
pub(super) fn pages(way: &Way, menu: &Menu, language: &Language, kinds: &HashMap<String, Kind>) -> Vec<PageTime> {
    let mut pages = Vec::new();
    for hop in way.0.iter().filter(|hop| hop.by.is_answer()) {
        let (presses, typing_ms) = typing(&hop.by);
        let septets = page_septets(hop.from, menu, language, kinds);
        let reading_ms = reading(septets);
        pages.push(PageTime {
            screen: menu.screens[hop.from].name.clone(),
            septets,
            presses,
            reading_ms,
            typing_ms,
            waiting_ms: ROUND_TRIP_MS,
        });
    }
    let last = way.0.last().map_or(menu.main, |hop| hop.to);
    if !matches!(menu.screens[last].act, Act::Call { .. }) {
        let septets = page_septets(last, menu, language, kinds);
        let page = PageTime {
            screen: menu.screens[last].name.clone(),
            septets,
            presses: 0,
            reading_ms: reading(septets),
            typing_ms: 0,
            waiting_ms: 0,
        };
        pages.push(page);
    }
    pages
}

fn reading(septets: usize) -> u64 {
    u64::try_from(septets).unwrap_or(u64::MAX).saturating_mul(READ_MS_PER_SEPTET)
}

/// Presses with the one that sends, and how long they take.
fn typing(by: &By) -> (usize, u64) {
    let (presses, extra_ms) = match by {
        By::Code => {
            let (presses, pause) = multi_tap(CODE);
            (presses, pause + copying(CODE.len()))
        }
        By::Digit(digit) => (digit.len(), 0),
        By::Item => (1, 0),
        By::Kk => (KK_DIGITS, copying(KK_DIGITS)),
        By::Nik => (NIK_DIGITS, copying(NIK_DIGITS)),
        By::Outcome(_) => return (0, 0),
        By::Text => multi_tap(WORDS),
    };
    let presses = presses + 1;
    (presses, u64::try_from(presses).unwrap_or(u64::MAX) * PRESS_MS + extra_ms)
}

fn copying(digits: usize) -> u64 {
    u64::try_from(digits).unwrap_or(u64::MAX) * COPY_MS
}

/// Presses on a pad of twelve keys, and how long one has to wait between letters of the same key.
fn multi_tap(text: &str) -> (usize, u64) {
    const KEYS: [&str; 9] = [" 0", "abc2", "def3", "ghi4", "jkl5", "mno6", "pqrs7", "tuv8", "wxyz9"];
    let (mut presses, mut pauses, mut before) = (0, 0, None);
    for letter in text.chars() {
        let key = KEYS.iter().position(|key| key.contains(letter));
        presses += key.and_then(|key| KEYS[key].find(letter)).map_or(1, |place| place + 1);
        pauses += u64::from(key.is_some() && key == before);
        before = key;
    }
    (presses, pauses * SAME_KEY_MS)
}

/// With the longest values; a list and a text in parts fill the page.
fn page_septets(at: usize, menu: &Menu, language: &Language, kinds: &HashMap<String, Kind>) -> usize {
    let kind = |name: &str| kinds.get(name).copied();
    let (words, act) = (&language.screens[at], &menu.screens[at].act);
    let mut lines = Lines::default();
    lines.push(&words.text.longest(language, kind));
    if let Act::Choose { options, list } = act {
        if list.is_some() {
            return PAGE_SEPTETS_MAX;
        }
        for (option, label) in options.iter().zip(&words.options) {
            lines.push(&format!("{} {}", option.digit, label.longest(language, kind)));
        }
    }
    if !matches!(act, Act::End) {
        constants(&mut lines, language, words.room, at == menu.main, false);
    }
    septets(&lines.0).min(PAGE_SEPTETS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_cost_their_place_on_the_key() {
        // b, a (pause), c (pause), a (pause): 2 + 1 + 3 + 1.
        assert_eq!(multi_tap("baca"), (7, 3 * SAME_KEY_MS));
        assert_eq!(multi_tap("desa"), (1 + 2 + 4 + 1, SAME_KEY_MS));
        assert_eq!(typing(&By::Digit("20".to_owned())).0, 3);
    }

    #[test]
    fn whoever_is_slower_than_the_network_is_named_with_the_page() {
        let page = |screen: &str, septets: usize, by: By| {
            let (presses, typing_ms) = typing(&by);
            PageTime { screen: screen.to_owned(), septets, presses, reading_ms: reading(septets), typing_ms, waiting_ms: ROUND_TRIP_MS }
        };
        let pages = vec![page("satu", 100, By::Digit("1".to_owned())), page("dua", 100, By::Nik), page("tiga", 10, By::Kk)];
        let journey = Journey { task: "coba".to_owned(), language: "id".to_owned(), pages, place: ("f".to_owned(), 1, 1, 1) };
        let said = |idle_secs, total_secs| {
            let patience = Patience { name: "uji".to_owned(), idle_secs, total_secs };
            journey.problems(&patience).into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(said(60, 180), [""; 0]);
        assert_eq!(said(30, 180), ["`coba` in id: a slow user needs 35 s at `dua`, and uji waits 30"]);
        assert_eq!(said(60, 40), ["`coba` in id: uji cuts a slow user off at `dua`, after 40 s"]);
        assert_eq!(journey.total_ms(), 100 * 140 + 2 * 750 + 3_000 + 100 * 140 + 17 * 750 + 16 * 500 + 3_000);
    }
}
