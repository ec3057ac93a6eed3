//! Do the digits on the posters still lead where they did?

use super::Found;
use super::screens::nearest;
use crate::menu::Menu;
use crate::menu::compiled::Act;
use crate::menu::source::{PublishedFile, Spanned};

pub(super) fn check(file: &PublishedFile, menu: &Menu, found: &mut Found<'_>) {
    for (digits, screen) in &file.digits.0 {
        let Some(want) = menu.screens.iter().position(|known| known.name == screen.value) else {
            found.name("T009", screen, format!("there is no screen `{}` any more, and {} is published", screen.value, code(digits)));
            if let Some(near) = nearest(&screen.value, menu.screens.iter().map(|known| known.name.as_str())) {
                found.help(format!("if it was renamed, write `{near}` here"));
            }
            continue;
        };
        // As it is dialled: what was moved may be the beginning of it.
        match follow(menu, &menu.with_moved(keys(&digits.value))) {
            Err(why) => {
                let place = file.moved.get(&digits.value).unwrap_or(digits);
                found.name("T009", place, format!("{} is published, but {why}", code(digits)));
            }
            Ok(at) if at != want => {
                let there = &menu.screens[at].name;
                found.name("T009", screen, format!("{} is published for `{}` and leads to `{there}`", code(digits), screen.value));
                found.help(format!("give `{there}` another digit, so that this one can stay: `{}: {}`", last(digits), screen.value));
            }
            Ok(_) => {}
        }
    }
    for (old, _) in file.moved.0.iter().filter(|(old, _)| file.digits.get(&old.value).is_none()) {
        found.name("T009", old, format!("{} is moved, but was never published", code(old)));
    }
}

/// The longest digits first: what is said of them goes before what is said of their beginning.
pub(super) fn moved(file: &PublishedFile) -> Vec<(Vec<String>, Vec<String>)> {
    let mut moved: Vec<_> = file.moved.0.iter().map(|(old, new)| (keys(&old.value), keys(&new.value))).collect();
    moved.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    moved
}

fn keys(digits: &str) -> Vec<String> {
    digits.split('*').map(str::to_owned).collect()
}

/// Where a row of digits leads from the main menu.
fn follow(menu: &Menu, digits: &[String]) -> Result<usize, String> {
    let mut at = menu.main;
    for digit in digits {
        let screen = &menu.screens[at];
        let Act::Choose { options, .. } = &screen.act else {
            return Err(format!("what comes after `{}` is no choice", screen.name));
        };
        let option = options.iter().find(|option| option.digit == *digit);
        at = option.ok_or_else(|| format!("`{}` has no choice {digit}", screen.name))?.goto;
    }
    Ok(at)
}

fn code(digits: &Spanned<String>) -> String {
    format!("*123*{}#", digits.value)
}

fn last(digits: &Spanned<String>) -> &str {
    digits.value.rsplit('*').next().unwrap_or_default()
}
