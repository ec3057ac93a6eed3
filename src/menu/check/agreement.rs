//! Do all languages say the same things?

use std::collections::BTreeSet;

use super::Found;
use crate::menu::compiled::{Act, id};
use crate::menu::source::TextsFile;
use crate::menu::{Menu, Problem};

/// What the first file says, the others must say too; and every word that a choice sets must have words.
pub(super) fn check(files: &[(&str, &TextsFile)], menu: &Menu, problems: &mut Vec<Problem>) {
    let Some((first_name, first)) = files.first() else { return };
    for (name, file) in files {
        let mut found = Found { file: name, problems };
        let at = &file.language;
        let mut missing = |what: String| found.name("T016", at, what);
        let same = |what: &str| format!("{what} is missing, which {first_name} has");
        for (message, _) in first.messages.0.iter().filter(|(message, _)| file.messages.get(&message.value).is_none()) {
            missing(same(&format!("the message `{}`", message.value)));
        }
        for (value, group) in &first.words.0 {
            let own = file.words.get(&value.value);
            for (word, _) in group.0.iter().filter(|(word, _)| own.is_none_or(|own| own.get(&word.value).is_none())) {
                missing(same(&format!("the word `{}` of `{}`", word.value, value.value)));
            }
        }
        for (value, word) in set_by_choices(menu) {
            if let Some((name, group)) = file.words.0.iter().find(|(name, _)| id(&name.value) == value)
                && group.get(&word).is_none()
            {
                missing(format!("the word `{word}` of `{}`, which a choice sets, is missing", name.value));
            }
        }
    }
}

fn set_by_choices(menu: &Menu) -> BTreeSet<(u32, String)> {
    let options = menu.screens.iter().filter_map(|screen| match &screen.act {
        Act::Choose { options, .. } => Some(options),
        _ => None,
    });
    options.flatten().filter_map(|option| option.set.clone()).collect()
}
