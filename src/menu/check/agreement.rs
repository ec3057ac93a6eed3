//! Do all languages say the same things?

use std::collections::BTreeSet;

use super::Found;
use crate::menu::compiled::{Act, id};
use crate::menu::source::{Spanned, TextsFile};
use crate::menu::text::Template;
use crate::menu::{Menu, Problem};

/// What the first file says, the others must say too, with the same values, numbers, lines and promises; and every word that a choice sets must
/// have words.
pub(super) fn check(files: &[(&str, &TextsFile)], menu: &Menu, problems: &mut Vec<Problem>) {
    let Some(((first_name, first), others)) = files.split_first() else { return };
    for (name, file) in others {
        compare(first_name, first, file, &mut Found { file: name, problems });
    }
    for (name, file) in files {
        let mut found = Found { file: name, problems };
        for (value, word) in set_by_choices(menu) {
            if let Some((name, group)) = file.words.0.iter().find(|(name, _)| id(&name.value) == value)
                && group.get(&word).is_none()
            {
                found.name("T016", &file.language, format!("the word `{word}` of `{}`, which a choice sets, is missing", name.value));
            }
        }
    }
}

fn compare(first_name: &str, first: &TextsFile, file: &TextsFile, found: &mut Found<'_>) {
    if file.promises.len() != first.promises.len() {
        let at = file.promises.last().unwrap_or(&file.language);
        found.name("T028", at, format!("{} words that promise, and {first_name} has {}", file.promises.len(), first.promises.len()));
    }
    let (texts, models) = (file.texts(), first.texts());
    for (what, text) in &texts {
        let Some((_, model)) = models.iter().find(|(other, _)| other == what) else {
            found.name("M009", text, format!("{what} is not in {first_name}"));
            continue;
        };
        let (names, wanted) = (names(text), names(model));
        if names != wanted {
            found.name("T028", text, format!("values {}, and {first_name} has {}", list(&names), list(&wanted)));
        }
        let (own, wanted) = (numbers(text), numbers(model));
        if own != wanted {
            found.name("T028", text, format!("numbers {}, and {first_name} has {}", list(&own), list(&wanted)));
        }
        let (own, wanted) = (text.value.lines().count(), model.value.lines().count());
        if own != wanted {
            found.name("T028", text, format!("{own} lines, and {first_name} has {wanted}"));
        }
        let (own, wanted) = (promises(file, text), promises(first, model));
        if own != wanted {
            found.name("T028", text, format!("promises {}, and {first_name} {}", list(&own), list(&wanted)));
        }
    }
    for (what, _) in models.iter().filter(|(what, _)| !texts.iter().any(|(other, _)| other == what)) {
        found.name("T016", &file.language, format!("{what} is missing, which {first_name} has"));
    }
}

fn names(text: &Spanned<String>) -> BTreeSet<String> {
    Template::parse(&text.value).map(|template| template.names().map(str::to_owned).collect()).unwrap_or_default()
}

/// Also what is dialled: a code is digits between stars.
fn numbers(text: &Spanned<String>) -> BTreeSet<String> {
    let outside: String = text.value.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after)).collect();
    outside.split(|c: char| !c.is_ascii_digit() && !['*', '#'].contains(&c)).filter(|run| !run.is_empty()).map(str::to_owned).collect()
}

/// By their places in the list, from 1; and 0 for what is not done yet.
fn promises(file: &TextsFile, text: &Spanned<String>) -> BTreeSet<String> {
    let made = file.promised(&text.value).map(|(at, _)| at + 1);
    let not_yet = text.value.contains(&file.not_yet.value).then_some(0);
    made.chain(not_yet).map(|at| at.to_string()).collect()
}

fn list(set: &BTreeSet<String>) -> String {
    if set.is_empty() { "none".to_owned() } else { set.iter().cloned().collect::<Vec<_>>().join(" ") }
}

fn set_by_choices(menu: &Menu) -> BTreeSet<(u32, String)> {
    let options = menu.screens.iter().filter_map(|screen| match &screen.act {
        Act::Choose { options, .. } => Some(options),
        _ => None,
    });
    options.flatten().filter_map(|option| option.set.clone()).collect()
}
