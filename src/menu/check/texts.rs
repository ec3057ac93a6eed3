//! Words: is there a text for every screen, does each page fit, can a phone show it, are its names set, are its promises kept?

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::flow::Arrival;
use super::screens::Compiled;
use super::{Found, overflow};
use crate::gsm;
use crate::menu::compiled::{Act, Constants, Language, Room, Words, id};
use crate::menu::page::{self, Lines, WRONGS, wrongs};
use crate::menu::source::{Entries, ScreenText, ScreensFile, Spanned, TextsFile};
use crate::menu::text::{Template, septets};
use crate::menu::{Kind, PAGE_SEPTETS_MAX, SMS_SEPTETS_MAX};

/// Two parts of one SMS (3GPP TS 23.040): what a note to an officer may take.
const NOTE_SEPTETS_MAX: usize = 306;
/// Pages a text may split itself into: who reads on for longer?
const PARTS_MAX: usize = 4;
/// Items of a list that must fit one page with their longest values.
const ITEMS_MIN: usize = 2;
/// A list's items never have a larger number.
const LONGEST_ITEM_NUMBER: &str = "15";

struct Checker<'a, 'f> {
    compiled: &'a Compiled,
    kinds: &'a HashMap<String, Kind>,
    offers_human: bool,
    found: &'a mut Found<'f>,
}

pub(super) fn compile(
    file: &TextsFile,
    screens: &ScreensFile,
    compiled: &Compiled,
    kinds: &HashMap<String, Kind>,
    arrivals: &BTreeMap<usize, Arrival>,
    found: &mut Found<'_>,
) -> Option<Language> {
    let before = found.problems.len();
    let mut checker = Checker { compiled, kinds, offers_human: compiled.offers_human, found };
    let mut language = checker.frame(file);
    for (name, _) in &file.screens.0 {
        match screens.screens.0.iter().zip(&compiled.screens).find(|((known, _), _)| known.value == name.value) {
            None => checker.found.name("M009", name, format!("there is no screen `{}`", name.value)),
            Some(((_, source), _)) if source.call.is_some() => {
                checker.found.name("M009", name, format!("`{}` is a call and shows no text", name.value));
            }
            Some(_) => {}
        }
    }
    for (at, (screen, (name, source))) in compiled.screens.iter().zip(&screens.screens.0).enumerate() {
        if source.call.is_some() {
            language.screens.push(nothing());
            continue;
        }
        let Some(text) = file.screens.get(&name.value) else {
            checker.found.add("T016", &file.language, file.language.value.len(), format!("`{}` has no text", name.value));
            language.screens.push(nothing());
            continue;
        };
        // Of a screen that cannot be reached only that is said.
        let arrival = arrivals.get(&at).cloned().unwrap_or_else(|| Arrival::with_all(checker.all_values()));
        let mut words = checker.words(text, &screen.act, &arrival);
        match (&source.promises, file.promised(&text.text.value).next()) {
            (None, Some((_, promise))) => {
                checker.found.name(
                    "T013",
                    &text.text,
                    format!("`{promise}` promises something, but the screen names no record in `promises`"),
                );
            }
            (Some(record), None) => {
                checker.found.name(
                    "T013",
                    &text.text,
                    format!("`{}` is written, but none of the words in `promises` says so", record.value),
                );
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        checker.fit(at, text, &mut words, &language);
        language.screens.push(words);
    }
    (checker.found.problems.len() == before).then_some(language)
}

fn nothing() -> Words {
    let text = Template::parse("").unwrap_or_else(|_| unreachable!("an empty text has no braces"));
    Words { text, regular: None, options: Vec::new(), item: None, room: Room::default(), room_when_wrong: Room::default() }
}

impl Checker<'_, '_> {
    /// Everything but the screens.
    fn frame(&mut self, file: &TextsFile) -> Language {
        for (list, len, what) in [(&file.days, 7, "days"), (&file.months, 12, "months")] {
            if list.len() != len {
                self.found.name("M009", list.last().unwrap_or(&file.language), format!("{} {what} instead of {len}", list.len()));
            }
        }
        let mut plain = |text: &Spanned<String>| {
            self.alphabet(text);
            text.value.trim_end().to_owned()
        };
        let days = file.days.iter().map(&mut plain).collect();
        let months = file.months.iter().map(&mut plain).collect();
        let constants = Constants {
            back: plain(&file.constants.back),
            main: plain(&file.constants.main),
            more: plain(&file.constants.more),
            human: plain(&file.constants.human),
            answer: plain(&file.constants.answer),
        };
        let resume = [plain(&file.resume.text), plain(&file.resume.go_on), plain(&file.resume.anew)];
        let resume_sms = plain(&file.resume.sms);
        let notices = [plain(&file.notices.busy), plain(&file.notices.fault), plain(&file.notices.replaced)];
        for (text, at) in [
            (&constants.back, &file.constants.back),
            (&constants.main, &file.constants.main),
            (&constants.more, &file.constants.more),
            (&constants.human, &file.constants.human),
        ] {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            let expected = if std::ptr::eq(at, &file.constants.back) {
                "0"
            } else if std::ptr::eq(at, &file.constants.main) {
                "00"
            } else if std::ptr::eq(at, &file.constants.more) {
                "98"
            } else {
                "99"
            };
            if digits != expected {
                self.found.name("T007", at, format!("this constant begins with {expected}"));
            }
        }
        for (at, digit) in [(&file.resume.go_on, "1 "), (&file.resume.anew, "2 ")] {
            if !at.value.starts_with(digit) {
                self.found.name("T007", at, format!("this answer begins with `{digit}`"));
            }
        }
        if septets(&resume.join("\n")) > PAGE_SEPTETS_MAX {
            self.found.name("T001", &file.resume.text, "the page that offers to go on does not fit");
        }
        // A page that fits a screen fits an SMS with this line too.
        if septets(&constants.answer) >= SMS_SEPTETS_MAX - PAGE_SEPTETS_MAX {
            let room = SMS_SEPTETS_MAX - PAGE_SEPTETS_MAX - 1;
            self.found.name("T003", &file.constants.answer, format!("{} septets, more than {room}", septets(&constants.answer)));
        }
        if septets(&resume_sms) > SMS_SEPTETS_MAX {
            self.found.name("T003", &file.resume.sms, "the message that offers to go on does not fit one SMS");
        }
        for (text, at) in notices.iter().zip([&file.notices.busy, &file.notices.fault, &file.notices.replaced]) {
            if septets(text) > PAGE_SEPTETS_MAX {
                self.found.name("T001", at, format!("{} septets, more than {PAGE_SEPTETS_MAX}", septets(text)));
            }
            if let Some((_, promise)) = file.promised(text).next() {
                self.found.name("T013", at, format!("`{promise}`: nothing is recorded when this is shown"));
            }
        }
        let mut words = HashMap::new();
        for (value, group) in &file.words.0 {
            if !matches!(self.kinds.get(&value.value), Some(Kind::Word | Kind::Words(_))) {
                self.found.name("M009", value, format!("`{}` is not declared as a word", value.value));
            }
            let group = group.0.iter().map(|(word, text)| {
                self.alphabet(text);
                (word.value.clone(), text.value.trim_end().to_owned())
            });
            words.insert(id(&value.value), group.collect());
        }
        let mut language = Language {
            name: file.language.value.clone(),
            days,
            months,
            constants,
            resume,
            resume_sms,
            notices,
            wrong: HashMap::new(),
            words,
            messages: HashMap::new(),
            screens: Vec::new(),
        };
        self.wrong_lines(file, &mut language);
        let messages = file.messages.0.iter().map(|message| (message, SMS_SEPTETS_MAX));
        for ((name, text), max) in messages.chain(file.notes.0.iter().map(|note| (note, NOTE_SEPTETS_MAX))) {
            let template = self.template(text, &self.kinds.keys().map(|name| id(name)).collect());
            let longest = septets(&template.longest(&language, |name| self.kinds.get(name).copied()));
            if longest > max {
                self.found.name("T003", text, format!("{longest} septets with its longest values, more than {max}"));
            }
            language.messages.insert(name.value.clone(), template);
        }
        language
    }

    fn wrong_lines(&mut self, file: &TextsFile, language: &mut Language) {
        for (name, text) in &file.wrong.0 {
            if !WRONGS.contains(&name.value.as_str()) {
                self.found.name("M009", name, format!("there is no error `{}`", name.value));
            }
            self.alphabet(text);
            match Template::parse(&text.value) {
                Ok(template) if template.names().all(|used| used == "n" && name.value == "panjang") => {
                    language.wrong.insert(name.value.clone(), template);
                }
                _ => self.found.name("M012", text, "only the line `panjang` has a name in it: `{n}`, the digits typed"),
            }
        }
        for name in WRONGS {
            if file.wrong.get(name).is_none() {
                self.found.add("T012", &file.language, file.language.value.len(), format!("the error line `{name}` is missing"));
            }
        }
    }

    fn words(&mut self, text: &ScreenText, act: &Act, arrival: &Arrival) -> Words {
        let empty = Entries::default();
        let labels = text.options.as_ref().unwrap_or(&empty);
        let mut options = Vec::new();
        if let Act::Choose { options: choices, list } = act {
            for choice in choices {
                let set: BTreeSet<u32> = arrival.set.iter().chain(&choice.when).copied().collect();
                match labels.get(&choice.digit) {
                    // What comes with a value that is waited for is there with it.
                    Some(label) => options.push(self.template(label, &if choice.when.is_empty() { set } else { self.all_values() })),
                    None => self.found.name("T016", &text.text, format!("choice {} has no words", choice.digit)),
                }
            }
            match (list, &text.item) {
                (Some(_), None) => self.found.name("T016", &text.text, "a list needs the words of an `item`"),
                (None, Some(item)) => self.found.name("M009", item, "there is no list whose `item` this could be"),
                _ => {}
            }
        }
        for (digit, _) in &labels.0 {
            let known = matches!(act, Act::Choose { options, .. } if options.iter().any(|choice| choice.digit == digit.value));
            if !known {
                self.found.name("M009", digit, format!("there is no choice {}", digit.value));
            }
        }
        let none = BTreeSet::new();
        let item = text.item.as_ref().map(|item| self.template(item, arrival.items.as_ref().unwrap_or(&none)));
        let regular = text.regular.as_ref().map(|regular| {
            if !matches!(act, Act::Ask { .. }) {
                self.found.name("M009", regular, "only a screen that asks has another text for regulars");
            }
            self.template(regular, &arrival.set)
        });
        let text = self.template(&text.text, &arrival.set);
        Words { text, regular, options, item, room: Room::default(), room_when_wrong: Room::default() }
    }

    fn all_values(&self) -> BTreeSet<u32> {
        self.kinds.keys().map(|name| id(name)).collect()
    }

    fn template(&mut self, text: &Spanned<String>, set: &BTreeSet<u32>) -> Template {
        self.alphabet(text);
        let Ok(template) = Template::parse(&text.value) else {
            self.found.name("M012", text, "a brace without its partner, or no name between them");
            return nothing().text;
        };
        for name in template.names() {
            match self.kinds.get(name) {
                None => self.found.name("M012", text, format!("`{{{name}}}` is not declared in values")),
                Some(Kind::Id | Kind::Kk) => self.found.name("T025", text, format!("`{{{name}}}` is never shown")),
                Some(_) if !set.contains(&id(name)) => {
                    self.found.name("M008", text, format!("`{{{name}}}` is not set on every way here"));
                }
                Some(_) => {}
            }
        }
        template
    }

    fn alphabet(&mut self, text: &Spanned<String>) {
        // Braces are names, not characters that reach a phone.
        let shown: String = text.value.chars().map(|c| if c == '{' || c == '}' { ' ' } else { c }).collect();
        if let Err(foreign) = gsm::septets(&shown) {
            self.found.name("T002", text, foreign.to_string());
            if let Some(better) = foreign.suggestion() {
                self.found.help(format!("write `{better}` instead"));
            }
        }
    }

    /// Lays the screen's pages out with the longest values there can be, and finds which constants have room.
    fn fit(&mut self, at: usize, text: &ScreenText, words: &mut Words, language: &Language) {
        let (act, is_main) = (&self.compiled.screens[at].act, at == self.compiled.main);
        let kind = |name: &str| self.kinds.get(name).copied();
        let body = words.text.longest(language, kind);
        if let Act::Page = act {
            let parts = septets(&body).div_ceil(PAGE_SEPTETS_MAX / 2);
            if parts > PARTS_MAX * 2 {
                self.found.name("T001", &text.text, format!("{} septets: more than {PARTS_MAX} pages", septets(&body)));
                self.found.help(overflow::told(at, text, self.compiled, self.kinds, language));
            }
            return;
        }
        if let (Some(at), Some(regular)) = (&text.regular, &words.regular) {
            let (short, whole) = (septets(&regular.longest(language, kind)), septets(&body));
            if short >= whole {
                self.found.name("T029", at, format!("{short} septets for regulars, and {whole} for everybody"));
            }
        }
        let is_list = words.item.is_some();
        let mut lines = Lines::default();
        if !is_list {
            lines.push(&body);
        }
        let is_hidden = |at: usize| matches!(act, Act::Choose { options, .. } if options.get(at).is_some_and(|option| option.hidden));
        for (_, label) in words.options.iter().enumerate().filter(|(at, _)| !is_hidden(*at)) {
            lines.push(&format!("00 {}", label.longest(language, kind))[1..]);
        }
        if let Some(item) = &words.item {
            for _ in 0..ITEMS_MIN {
                lines.push(&format!("{LONGEST_ITEM_NUMBER} {}", item.longest(language, kind)));
            }
        }
        let with = |error: &str, room: Room| {
            let mut all = Lines::default();
            all.push(error);
            // Above a list the error stands in place of the text.
            if is_list && error.is_empty() {
                all.push(&body);
            }
            all.push(&lines.0);
            if !matches!(act, Act::End) {
                page::constants(&mut all, language, room, is_main, is_list);
            }
            septets(&all.0)
        };
        let error = wrongs(act)
            .iter()
            .filter_map(|name| language.wrong.get(*name))
            .map(|line| line.longest(language, |_| Some(Kind::Number(3))))
            .max_by_key(|line| septets(line))
            .unwrap_or_default();
        let bare = with("", Room::default());
        if bare > PAGE_SEPTETS_MAX {
            self.found.name("T001", &text.text, format!("{bare} septets with the longest values, more than {PAGE_SEPTETS_MAX}"));
            self.found.help(overflow::told(at, text, self.compiled, self.kinds, language));
            return;
        }
        let wrong = with(&error, Room::default());
        if wrong > PAGE_SEPTETS_MAX {
            self.found.name(
                "T001",
                &text.text,
                format!("{wrong} septets with the longest values and the error line, more than {PAGE_SEPTETS_MAX}"),
            );
            self.found.help(overflow::told(at, text, self.compiled, self.kinds, language));
            return;
        }
        let human = self.offers_human;
        let best = |error: &str| {
            let candidates = [Room { main: !is_main, human }, Room { main: false, human }, Room { main: !is_main, human: false }];
            candidates.into_iter().find(|room| with(error, *room) <= PAGE_SEPTETS_MAX).unwrap_or_default()
        };
        // A list takes all the room there is for its items.
        if !matches!(act, Act::End) && !is_main && !is_list {
            words.room = best("");
            words.room_when_wrong = best(&error);
        }
    }
}
