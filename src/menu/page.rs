//! Pages: the one place where what reaches a citizen is put together and measured.

use crate::citizen::NikError;

use super::compiled::{Act, Ask, Language, Question, Room, Words};
use super::text::septets;
use super::{Kind, Medium, Menu, PAGE_SEPTETS_MAX, Page, SMS_SEPTETS_MAX, Session, Value};

/// Choices on one page, besides the constants: more paralyse.
const CHOICES_MAX: usize = 5;

/// Why an input was not taken: the name of an error line, and how many digits were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) name: &'static str,
    typed: Option<Value>,
}

/// The names of all error lines, and whether `{n}` stands in them.
pub(super) const WRONGS: [&str; 12] =
    ["huruf", "kabkota", "kecamatan", "kk", "kode", "panjang", "pilihan", "provinsi", "tanggal", "teks", "telepon", "urut"];

impl Wrong {
    pub(super) fn plain(name: &'static str) -> Self {
        Self { name, typed: None }
    }

    pub(super) fn nik(error: &NikError) -> Self {
        let typed = match error {
            NikError::Length { typed } => Some(Value::Number(u32::try_from(*typed).unwrap_or(u32::MAX))),
            _ => None,
        };
        Self { name: error.name(), typed }
    }
}

/// Which error lines a screen can show.
pub(super) fn wrongs(act: &Act) -> Vec<&'static str> {
    match act {
        Act::Choose { .. } | Act::Page => vec!["pilihan"],
        Act::Ask { question, or } => or.iter().chain([question]).flat_map(|question| wrong_answers(question.what)).copied().collect(),
        Act::Call { .. } | Act::End => Vec::new(),
    }
}

fn wrong_answers(what: Ask) -> &'static [&'static str] {
    match what {
        Ask::Code => &["kode"],
        Ask::Kk => &["kk"],
        Ask::Nik => &["huruf", "kabkota", "kecamatan", "panjang", "provinsi", "tanggal", "urut"],
        Ask::Phone => &["telepon"],
        Ask::Text(_) => &["teks"],
    }
}

pub(super) fn make(menu: &Menu, session: &Session, wrong: Option<&Wrong>) -> Page {
    let at = menu.by_id.get(&session.screen).copied().unwrap_or(menu.main);
    let (language, act) = (menu.language(session.reader), &menu.screens[at].act);
    let words = &language.screens[at];
    let mut lines = Lines::default();
    if let Some(wrong) = wrong
        && let Some(template) = language.wrong.get(wrong.name)
    {
        let mut line = String::new();
        template.write(&mut line, language, |_| wrong.typed.as_ref());
        lines.push(&line);
    }
    // Who made a slip gets all of it: the short text was not enough.
    let short = words.regular.as_ref().filter(|_| session.reader.is_regular && wrong.is_none());
    let mut text = String::new();
    short.unwrap_or(&words.text).write(&mut text, language, |name| session.value(name));
    let (release, more) = match act {
        Act::End => {
            lines.push(&text);
            (true, false)
        }
        Act::Page => {
            let parts = split(&text, room_for_text(language, session.medium));
            let part = usize::from(session.page).min(parts.len() - 1);
            lines.push(parts[part]);
            (false, part + 1 < parts.len())
        }
        Act::Choose { options, list } => {
            // Above a list what was wrong stands in place of the text, so that the same items are on the page as before.
            if wrong.is_none() || list.is_none() {
                lines.push(&text);
            }
            let labels = options.iter().zip(&words.options).filter(|(option, _)| session.way(option).is_some());
            let fixed: Vec<String> = labels
                .map(|(option, label)| {
                    let mut line = format!("{} ", option.digit);
                    label.write(&mut line, language, |name| session.value(name));
                    line
                })
                .collect();
            let mut more = false;
            if list.is_some() {
                let shown = items(language, words, session);
                let (from, to) = page_of_items(&shown, septets(&text), &fixed, language, session);
                shown[from..to].iter().for_each(|line| lines.push(line));
                more = to < shown.len();
            }
            fixed.iter().for_each(|line| lines.push(line));
            (false, more)
        }
        Act::Ask { .. } | Act::Call { .. } => {
            lines.push(&text);
            (false, false)
        }
    };
    match session.medium {
        _ if release => {}
        Medium::Ussd => {
            let room = if wrong.is_some() { words.room_when_wrong } else { words.room };
            constants(&mut lines, language, room, at == menu.main, more);
        }
        Medium::Sms => answers(&mut lines, language, act, more),
    }
    let free_text = matches!(act, Act::Ask { question: Question { what: Ask::Text(_), .. }, .. });
    let confirms = matches!(act, Act::Choose { options, .. } if options.iter().any(|option| option.says == Some(true)));
    Page { text: lines.0, release, free_text, refused: wrong.is_some(), confirms }
}

/// The page that offers to go on where the last dialogue was cut off.
pub(super) fn resume(menu: &Menu, session: &Session) -> Page {
    let text = match session.medium {
        Medium::Ussd => menu.language(session.reader).resume.join("\n"),
        Medium::Sms => menu.language(session.reader).resume_sms.clone(),
    };
    Page { text, release: false, free_text: false, refused: false, confirms: false }
}

/// Is there another page after the one shown?
pub(super) fn has_more(menu: &Menu, session: &Session) -> bool {
    make(menu, session, None).text.lines().any(|line| line == menu.language(session.reader).constants.more)
}

/// What stands under the page of an SMS: the way on, and that an answer is wanted.
fn answers(lines: &mut Lines, language: &Language, act: &Act, more: bool) {
    if more {
        lines.push(&language.constants.more);
    }
    if matches!(act, Act::Choose { .. }) {
        lines.push(&language.constants.answer);
    }
}

/// Constants that must be printed: the way back, and on.
pub(super) fn constants(lines: &mut Lines, language: &Language, room: Room, is_main: bool, more: bool) {
    let constants = &language.constants;
    if more {
        lines.push(&constants.more);
    }
    if !is_main {
        lines.push(&constants.back);
    }
    if room.main {
        lines.push(&constants.main);
    }
    if room.human {
        lines.push(&constants.human);
    }
}

fn items(language: &Language, words: &Words, session: &Session) -> Vec<String> {
    let Some(template) = &words.item else { return Vec::new() };
    let label = |(at, item): (usize, &Vec<(u32, Value)>)| {
        let mut line = format!("{} ", at + 1);
        template.write(&mut line, language, |name| item.iter().find(|(known, _)| *known == name).map(|(_, value)| value));
        line
    };
    session.items.iter().enumerate().map(label).collect()
}

/// As many items as fit, at most five. Earlier pages are laid out too, so that a page begins where the one before ended.
fn page_of_items(items: &[String], text: usize, fixed: &[String], language: &Language, session: &Session) -> (usize, usize) {
    let page = usize::from(session.page);
    let constants = septets(&language.constants.more) + 1 + under(language, session.medium);
    let taken = text.max(longest_wrong(language, &["pilihan"])) + fixed.iter().map(|line| septets(line) + 1).sum::<usize>() + constants;
    let mut from = 0;
    for at in 0.. {
        let mut room = septets_max(session.medium).saturating_sub(taken);
        let mut to = from;
        while to < items.len() && to - from < CHOICES_MAX - fixed.len().min(CHOICES_MAX - 1) {
            let line = septets(&items[to]) + 1;
            if line > room && to > from {
                break;
            }
            room = room.saturating_sub(line);
            to += 1;
        }
        if at == page || to >= items.len() {
            return (from, to);
        }
        from = to;
    }
    (0, 0)
}

/// What a page that splits itself leaves for its text, with the constants and what may have been wrong.
fn room_for_text(language: &Language, medium: Medium) -> usize {
    let line_ends = 2;
    let back = match medium {
        Medium::Sms => 0,
        Medium::Ussd => septets(&language.constants.back) + 1,
    };
    let constants = septets(&language.constants.more) + back;
    septets_max(medium).saturating_sub(constants + longest_wrong(language, &["pilihan"]) + line_ends)
}

/// The line that stands under every page of a list.
fn under(language: &Language, medium: Medium) -> usize {
    1 + match medium {
        Medium::Sms => septets(&language.constants.answer),
        Medium::Ussd => septets(&language.constants.back),
    }
}

fn septets_max(medium: Medium) -> usize {
    match medium {
        Medium::Sms => SMS_SEPTETS_MAX,
        Medium::Ussd => PAGE_SEPTETS_MAX,
    }
}

/// Septets of the longest of some error lines, with the longest number in it.
pub(super) fn longest_wrong(language: &Language, names: &[&str]) -> usize {
    let lines = names.iter().filter_map(|name| language.wrong.get(*name));
    lines.map(|line| septets(&line.longest(language, |_| Some(Kind::Number(3))))).max().unwrap_or(0)
}

/// Cuts a text where a line or a word ends. Never empty.
fn split(text: &str, room: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while septets(rest) > room {
        let end = rest.char_indices().map(|(at, _)| at).take_while(|at| septets(&rest[..*at]) <= room).last().unwrap_or(0);
        let whole = &rest[..end];
        // A line end in the second half of the page is better than one more word.
        let cut = whole.rfind('\n').filter(|at| *at * 2 >= end).or_else(|| whole.rfind([' ', '\n'])).unwrap_or(end);
        let cut = if cut == 0 { end.max(1) } else { cut };
        parts.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    parts.push(rest);
    parts
}

/// Lines joined by line feeds.
#[derive(Debug, Default)]
pub(super) struct Lines(pub(super) String);

impl Lines {
    pub(super) fn push(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_words_and_loses_none() {
        let text = "satu dua tiga\nempat lima enam tujuh delapan sembilan sepuluh";
        for room in 12..60 {
            let parts = split(text, room);
            assert!(parts.iter().all(|part| septets(part) <= room), "{room}: {parts:?}");
            assert_eq!(parts.join(" ").split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
        }
        assert_eq!(split("", 10), [""]);
        assert_eq!(split("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    }
}
