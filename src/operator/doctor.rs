//! `kentongan doctor`: whether this machine and this config can serve, each finding with its remedy.
//!
//! | check | looks at |
//! |---|---|
//! | config | what `check` finds |
//! | disk | free space where the records are |
//! | clock | whether it stands behind what it has shown, or before this version was made |
//! | data | who may open the records, and whether all are of one user |
//! | secrets | who may read keys and secret paths |
//! | keys | whether they open what was written last |
//! | holidays | how long the holiday file reaches |
//! | gateway | what a running one says of itself |
//! | ports | whether the listeners' addresses can be had, or are answered by that gateway |
//! | reach | whether everything that is called takes a connection |
//!
//! It looks and changes nothing. What it saw is judged in `judge`, which does not look.

mod judge;
mod look;

use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::Serialize;
use tokio::runtime::Handle;

use crate::author::Format;
use crate::clock::Clock;
use crate::config;
use crate::exit::Exit;

#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    #[arg(long, default_value = "gateway-config/kentongan.toml")]
    config: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What one look came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    check: &'static str,
    how: How,
    what: String,
    /// What to do about it; empty where nothing need be done.
    remedy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum How {
    Fine,
    /// It serves, but not for ever.
    Warning,
    /// It does not serve, or not safely.
    Error,
}

impl Finding {
    fn fine(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, how: How::Fine, what: what.into(), remedy: String::new() }
    }

    fn warning(check: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, how: How::Warning, what: what.into(), remedy: remedy.into() }
    }

    fn error(check: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, how: How::Error, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            How::Fine => "ok",
            How::Warning => "warning",
            How::Error => "ERROR",
        };
        write!(f, "{how:<8} {:<9} {}", self.check, self.what)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "\n{:<19}{}", "", self.remedy) }
    }
}

/// # Errors
/// If the config cannot be opened, or nothing printed.
pub(super) fn run(args: &DoctorArgs, runtime: &Handle) -> anyhow::Result<Exit> {
    let reviewed = config::review(&args.config)?;
    let mut findings = judge::config(&args.config, &reviewed.problems);
    let exit = match &reviewed.config {
        None => Exit::Config,
        Some(config) => {
            findings.extend(look::around(config, &Clock::system(), runtime));
            if findings.iter().any(|finding| finding.how == How::Error) { Exit::Findings } else { Exit::Ok }
        }
    };
    let mut out = io::stdout();
    for finding in &findings {
        match args.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(finding)?)?,
            Format::Text => writeln!(out, "{finding}")?,
        }
    }
    Ok(exit)
}
