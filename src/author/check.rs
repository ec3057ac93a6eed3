//! `kentongan check`: everything wrong with a menu, for people or as JSON.

use std::io::{self, Write};

use serde_json::json;

use crate::menu::{MenuSource, Problem, Severity, render};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Text,
    /// One object in a line for each problem.
    Json,
}

/// Whether warnings count as findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Deny {
    Warnings,
}

/// Prints problems. True if none of them counts.
///
/// # Errors
/// If nothing can be written.
pub(crate) fn report(
    problems: &[Problem],
    source: &MenuSource,
    format: Format,
    deny: Option<Deny>,
    out: &mut impl Write,
) -> io::Result<bool> {
    let errors = problems.iter().filter(|problem| problem.severity() == Severity::Error).count();
    let warnings = problems.len() - errors;
    match format {
        Format::Json => {
            for problem in problems {
                writeln!(out, "{}", to_json(problem))?;
            }
        }
        Format::Text if problems.is_empty() => writeln!(out, "no problems")?,
        Format::Text => {
            writeln!(out, "{}\n", render(problems, source))?;
            writeln!(out, "{errors} errors, {warnings} warnings. `kentongan explain CODE` says why and how to mend.")?;
        }
    }
    Ok(errors == 0 && (warnings == 0 || deny.is_none()))
}

pub(crate) fn to_json(problem: &Problem) -> serde_json::Value {
    json!({
        "code": problem.code,
        "severity": problem.severity().name(),
        "file": problem.file,
        "line": problem.line,
        "col": problem.col,
        "len": problem.len,
        "message": problem.message,
        "help": problem.help,
    })
}
