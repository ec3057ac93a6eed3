//! What makes a page too long: the way to it, and what each value in it takes.

use std::collections::{BTreeSet, HashMap};

use super::screens::Compiled;
use crate::menu::Kind;
use crate::menu::compiled::Language;
use crate::menu::source::ScreenText;
use crate::menu::text::{Template, septets};
use crate::menu::ways;

/// `the way there: dial, 1, NIK, KK digits; longest values: {nik} 6, {per} 6 septets`.
pub(super) fn told(at: usize, text: &ScreenText, compiled: &Compiled, kinds: &HashMap<String, Kind>, language: &Language) -> String {
    let way = ways::way(&compiled.screens, compiled.main, at).map_or("none from the main menu".to_owned(), |way| way.to_string());
    let labels = text.options.iter().flat_map(|options| &options.0).map(|(_, label)| label);
    let texts = std::iter::once(&text.text).chain(labels).chain(&text.item);
    let names: BTreeSet<String> = texts
        .filter_map(|text| Template::parse(&text.value).ok())
        .flat_map(|template| template.names().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let values: Vec<String> = names
        .iter()
        .filter_map(|name| {
            let alone = Template::parse(&format!("{{{name}}}")).ok()?;
            Some(format!("{{{name}}} {}", septets(&alone.longest(language, |name| kinds.get(name).copied()))))
        })
        .collect();
    if values.is_empty() {
        format!("the way there: {way}")
    } else {
        format!("the way there: {way}; septets of the longest values: {}", values.join(", "))
    }
}
