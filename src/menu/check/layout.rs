//! Pages as they come out: lines, labels, the way to a human, on every screen of every language.

use std::collections::HashMap;

use super::Found;
use crate::menu::compiled::{Act, Language, Screen};
use crate::menu::source::{ScreenText, TextsFile};
use crate::menu::text::Template;
use crate::menu::{Kind, Menu, Problem};

/// Lines that a small phone shows without scrolling, the way back included. What is printed beyond it is only a reminder.
const LINES_MAX: usize = 7;
/// Characters of a choice after its number that stay on one or two lines of a small phone.
const LABEL_CHARS_MAX: usize = 25;
/// What the main menu says of the price.
const FREE: &str = "GRATIS";

pub(super) fn check(files: &[(&str, &TextsFile)], menu: &Menu, kinds: &HashMap<String, Kind>, problems: &mut Vec<Problem>) {
    for ((name, file), language) in files.iter().zip(&menu.languages) {
        let mut found = Found { file: name, problems };
        for (at, screen) in menu.screens.iter().enumerate() {
            if let Some(text) = file.screens.get(&screen.name) {
                let longest = |template: &Template| template.longest(language, |name| kinds.get(name).copied());
                labels(at, text, language, longest, &mut found);
                lines(at, screen, text, language, &longest, menu, &mut found);
                human(at, screen, text, language, menu, &mut found);
            }
        }
        if let Some(main) = file.screens.get(&menu.screens[menu.main].name)
            && !main.text.value.contains(FREE)
        {
            found.name("T021", &main.text, format!("the first page does not say {FREE}"));
        }
    }
}

fn labels(at: usize, text: &ScreenText, language: &Language, longest: impl Fn(&Template) -> String, found: &mut Found<'_>) {
    let words = &language.screens[at];
    let options = text.options.iter().flat_map(|options| &options.0);
    for (_, label) in options {
        let chars = match Template::parse(&label.value) {
            Ok(template) => longest(&template).chars().count(),
            Err(_) => 0,
        };
        if chars > LABEL_CHARS_MAX {
            found.name("T026", label, format!("a choice of {chars} characters, more than {LABEL_CHARS_MAX}"));
        }
    }
    if let (Some(item), Some(template)) = (&text.item, &words.item) {
        let chars = longest(template).chars().count();
        if chars > LABEL_CHARS_MAX {
            found.name("T026", item, format!("an item of {chars} characters, more than {LABEL_CHARS_MAX}"));
        }
    }
}

fn lines(
    at: usize,
    screen: &Screen,
    text: &ScreenText,
    language: &Language,
    longest: &impl Fn(&Template) -> String,
    menu: &Menu,
    found: &mut Found<'_>,
) {
    let words = &language.screens[at];
    let back = usize::from(at != menu.main && !matches!(screen.act, Act::End));
    let lines = longest(&words.text).lines().count() + words.options.len() + back;
    if lines > LINES_MAX && !matches!(screen.act, Act::Page) {
        found.name("T006", &text.text, format!("{lines} lines with the way back, more than {LINES_MAX}"));
    }
}

/// A human is a digit away on every screen; where the page has no room to say so, a choice must.
fn human(at: usize, screen: &Screen, text: &ScreenText, language: &Language, menu: &Menu, found: &mut Found<'_>) {
    let leads = |option: &crate::menu::compiled::Choice| option.goto == menu.human;
    let shown = match &screen.act {
        // A list gives its room to the items, and a text to read pages itself.
        Act::Choose { list: Some(_), .. } | Act::Page | Act::End | Act::Call { .. } => true,
        Act::Choose { options, .. } => language.screens[at].room.human || options.iter().any(leads),
        Act::Ask { .. } => language.screens[at].room.human,
    };
    if !shown && at != menu.main && at != menu.human {
        found.name("T027", &text.text, "no room to say how a human is reached");
        found.help(format!("shorten the text until `{}` fits below it", language.constants.human));
    }
}
