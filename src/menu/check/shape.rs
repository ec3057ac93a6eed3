//! The menu as a map: is what people come for near, is there a way on from everywhere?

use std::collections::BTreeSet;

use super::Found;
use super::screens::nearest;
use crate::menu::Menu;
use crate::menu::compiled::{Act, Screen};
use crate::menu::source::{ScreensFile, Spanned};
use crate::menu::ways::{self, Way};

pub(super) fn check<'a>(file: &'a ScreensFile, menu: &Menu, found: &mut Found<'_>) -> Vec<Task<'a>> {
    let ends = ends(&menu.screens);
    for (at, (name, _)) in file.screens.0.iter().enumerate() {
        if !ends.contains(&at) {
            found.name("M011", name, format!("from `{}` people only go round: no way leads to an end or a page to read", name.value));
        }
    }
    file.tasks.0.iter().filter_map(|(name, line)| task(name, line, menu, found)).collect()
}

/// A task's way, if there is one.
pub(super) struct Task<'a> {
    pub(super) name: &'a Spanned<String>,
    pub(super) way: Way,
}

/// `SCREEN… in ANSWERS`.
fn task<'a>(name: &'a Spanned<String>, line: &Spanned<String>, menu: &Menu, found: &mut Found<'_>) -> Option<Task<'a>> {
    let parts = line.value.split_once(" in ").and_then(|(names, max)| Some((names, max.trim().parse::<usize>().ok()?)));
    let Some((names, answers_max)) = parts else {
        found.name("M003", line, "a task is `SCREEN… in ANSWERS`, like `cek_nik cek_status in 3`");
        return None;
    };
    let mut screens = Vec::new();
    for wanted in names.split_whitespace() {
        let Some(at) = menu.screens.iter().position(|screen| screen.name == wanted) else {
            found.name("M003", line, format!("there is no screen `{wanted}`"));
            if let Some(near) = nearest(wanted, menu.screens.iter().map(|screen| screen.name.as_str())) {
                found.help(format!("did you mean `{near}`?"));
            }
            return None;
        };
        screens.push(at);
    }
    let Some(way) = shortest(menu, &screens) else {
        found.name("T005", line, format!("no way leads through the screens of `{}` in this order", name.value));
        return None;
    };
    if way.answers() > answers_max {
        found.name("T005", line, format!("`{}` takes {} answers, more than {answers_max}", name.value, way.answers()));
        found.help(format!("the shortest way: {way}"));
    }
    Some(Task { name, way })
}

fn shortest(menu: &Menu, screens: &[usize]) -> Option<Way> {
    let stops: Vec<usize> = std::iter::once(menu.main).chain(screens.iter().copied()).collect();
    ways::through(&menu.screens, &stops)
}

/// Screens from which some way leads to something to read: a page, an end, or choices that need not be taken because none is for everybody.
fn ends(screens: &[Screen]) -> BTreeSet<usize> {
    let is_end = |screen: &Screen| match &screen.act {
        Act::Page | Act::End => true,
        Act::Choose { options, list } => {
            list.is_none() && options.iter().all(|option| !option.when.is_empty() && option.otherwise.is_none())
        }
        Act::Ask { .. } | Act::Call { .. } => false,
    };
    let mut ends: BTreeSet<usize> = (0..screens.len()).filter(|at| is_end(&screens[*at])).collect();
    loop {
        let more: Vec<usize> = (0..screens.len())
            .filter(|at| !ends.contains(at) && ways::hops(screens, *at).iter().any(|(hop, _)| ends.contains(&hop.to)))
            .collect();
        if more.is_empty() {
            return ends;
        }
        ends.extend(more);
    }
}
