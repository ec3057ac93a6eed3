//! `kentongan explain CODE`: what a code means, why, and how to mend it.

use std::io::{self, Write};

use serde_json::json;

use super::Format;
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
pub(super) fn explain(code: Option<&str>, format: Format, out: &mut impl Write) -> io::Result<bool> {
    let mut is_known = false;
    for rule in rules().filter(|rule| code.is_none_or(|code| rule.code.eq_ignore_ascii_case(code))) {
        is_known = true;
        match (format, code) {
            (Format::Json, _) => writeln!(out, "{}", as_json(rule))?,
            (Format::Text, None) => writeln!(out, "{}  {:7}  {}", rule.code, rule.severity.name(), rule.what)?,
            (Format::Text, Some(_)) => write_rule(rule, out)?,
        }
    }
    Ok(is_known)
}

fn as_json(rule: &Rule) -> serde_json::Value {
    let Rule { code, severity, what, why, mend, wrong, right } = rule;
    json!({ "code": code, "severity": severity.name(), "what": what, "why": why, "mend": mend, "wrong": wrong, "right": right })
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
