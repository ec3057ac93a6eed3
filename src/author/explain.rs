//! `kentongan explain CODE`: what a code means, why, and how to mend it.

use std::io::{self, Write};

use crate::config;
use crate::menu::{self, Rule};

/// Every rule, of configs, menus and texts.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    config::RULES.iter().chain(menu::rules())
}

/// Prints one rule, or all in a line each. False if there is no such code.
///
/// # Errors
/// If nothing can be written.
pub(super) fn explain(code: Option<&str>, out: &mut impl Write) -> io::Result<bool> {
    let Some(code) = code else {
        for rule in rules() {
            writeln!(out, "{}  {:7}  {}", rule.code, rule.severity.name(), rule.what)?;
        }
        return Ok(true);
    };
    match rules().find(|rule| rule.code.eq_ignore_ascii_case(code)) {
        Some(rule) => write_rule(rule, out).map(|()| true),
        None => Ok(false),
    }
}

fn write_rule(rule: &Rule, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}[{}]: {}\n", rule.severity.name(), rule.code, rule.what)?;
    writeln!(out, "Why: {}\n\nMend: {}", rule.why, rule.mend)?;
    for (title, example) in [("Wrong", rule.wrong), ("Right", rule.right)] {
        writeln!(out, "\n{title}:")?;
        for line in example.lines() {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}
