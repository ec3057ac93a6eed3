//! Reads the menu's files anew while the gateway serves: on SIGHUP, and when the operator asks.
//!
//! A bad menu is refused and the old one stays. Everything else that the config names (channels, places, holidays, secrets) is read at the
//! start and only then.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::clock::Timestamp;
use crate::config::{ConfigError, MenuFiles, Taken};
use crate::menu::{MenuSource, Problem, Severity};
use crate::turn::{Swapped, Turns};

/// Reads and judges the files, one at a time.
#[derive(Debug)]
pub struct Reloader {
    files: MenuFiles,
    /// The last time, if the menu was refused then. Held while files are read: what was read last is in force.
    refused: Mutex<Option<Refused>>,
}

/// A menu that was not put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub at: Timestamp,
    pub errors: usize,
    /// The code of the first.
    pub first: &'static str,
}

/// What was found, and what came of it.
#[derive(Debug)]
pub struct Reloaded {
    pub outcome: Outcome,
    pub problems: Vec<Problem>,
    /// For whoever shows the places.
    pub source: MenuSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The config names no folder: there is nothing to read.
    BuiltIn,
    InForce,
    /// The old one stays.
    Refused,
    /// The files say what they said before.
    Unchanged,
}

impl Reloader {
    pub fn new(files: MenuFiles) -> Arc<Self> {
        Arc::new(Self { files, refused: Mutex::default() })
    }

    pub fn files(&self) -> &MenuFiles {
        &self.files
    }

    pub fn refused(&self) -> Option<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts in force what the files say, unless something is wrong with it. Blocks for as long as it takes to judge a menu.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn reload(&self, turns: &Turns) -> Result<Reloaded, ConfigError> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if self.files.folder().is_none() {
            let source = MenuSource { files: Vec::new(), published: None };
            return Ok(Reloaded { outcome: Outcome::BuiltIn, problems: Vec::new(), source });
        }
        let examined = self.files.examine()?;
        let (problems, source, now) = (examined.problems.clone(), examined.source.clone(), turns.clock().now());
        *refused = refusal(&problems, now);
        let outcome = if refused.is_some() {
            Outcome::Refused
        } else {
            let Taken { menu, words } = examined.take()?;
            match turns.put_in_force(menu, words) {
                Swapped::InForce => Outcome::InForce,
                Swapped::Unchanged => Outcome::Unchanged,
            }
        };
        Ok(Reloaded { outcome, problems, source })
    }

    /// Reloads on every SIGHUP, for as long as it is polled. Who sends one sees in the log what came of it.
    pub async fn on_hangup(self: Arc<Self>, hangups: Option<Signal>, turns: Arc<Turns>) {
        let Some(mut hangups) = hangups else { return };
        while hangups.recv().await.is_some() {
            let (reloader, of) = (Arc::clone(&self), Arc::clone(&turns));
            let reload = move || tell(&reloader.reload(&of), reloader.refused(), &of);
            if tokio::task::spawn_blocking(reload).await.is_err() {
                tracing::error!("the menu's files could not be judged");
            }
        }
    }
}

/// To be asked for at once: until then a SIGHUP ends the process.
pub fn hangups() -> Option<Signal> {
    signal(SignalKind::hangup()).inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be watched; `kentongan reload` works")).ok()
}

fn refusal(problems: &[Problem], at: Timestamp) -> Option<Refused> {
    let mut errors = problems.iter().filter(|problem| problem.severity() == Severity::Error).map(|problem| problem.code);
    let first = errors.next()?;
    Some(Refused { at, errors: errors.count() + 1, first })
}

fn tell(reloaded: &Result<Reloaded, ConfigError>, refused: Option<Refused>, turns: &Turns) {
    let menu = turns.menu().name();
    match reloaded.as_ref().map(|reloaded| reloaded.outcome) {
        Err(error) => tracing::warn!(menu, %error, "the menu's files cannot be read: the old menu stays"),
        Ok(Outcome::BuiltIn) => tracing::warn!(menu, "no menu is read anew: the config names no `menus`, so the one built in is served"),
        Ok(Outcome::InForce) => tracing::info!(menu, "the menu was read anew and is in force"),
        Ok(Outcome::Refused) => {
            let (errors, first) = refused.map_or((0, ""), |refused| (refused.errors, refused.first));
            tracing::warn!(menu, errors, first, "the menu was refused: the old one stays; `kentongan reload` shows why");
        }
        Ok(Outcome::Unchanged) => tracing::info!(menu, "the menu was read anew: nothing has changed"),
    }
}
