//! How an appointment ended, as somebody at the office says it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::service::Office;
use crate::service::appointment::{self, Came, Marked};
use crate::store::{CommitError, Draft, Fault, Store};

/// Times a batch is tried again because turns changed what it had read.
const RERUNS_MAX: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Came, and got what they came for
    Kept,
    /// Did not come
    NoShow,
    /// Came, and lacked a document
    Incomplete,
}

impl Word {
    pub fn came(self, missing: Option<String>) -> Came {
        match self {
            Self::Kept => Came::Kept,
            Self::NoShow => Came::NoShow,
            Self::Incomplete => Came::Incomplete { missing },
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "visit")]
pub enum Visited {
    Marked { code: String, followed: bool },
    Unknown,
    Cancelled,
    TooEarly { day: String },
    Settled { day: String },
}

impl From<Marked> for Visited {
    fn from(marked: Marked) -> Self {
        match marked {
            Marked::Done { code, is_followed } => Self::Marked { code, followed: is_followed },
            Marked::Unknown => Self::Unknown,
            Marked::Cancelled => Self::Cancelled,
            Marked::TooEarly(day) => Self::TooEarly { day: day.to_string() },
            Marked::Settled(day) => Self::Settled { day: day.to_string() },
        }
    }
}

impl fmt::Display for Visited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marked { code, followed: true } => write!(f, "{code}: noted; its number is told when the card needs its owner"),
            Self::Marked { code, followed: false } => write!(f, "{code}: noted"),
            Self::Unknown => f.write_str("no appointment has this code"),
            Self::Cancelled => f.write_str("this appointment was cancelled"),
            Self::TooEarly { day } => write!(f, "this appointment is on {day}: nobody can have come yet"),
            Self::Settled { day } => write!(f, "this was said on {day}, and can be changed on that day only"),
        }
    }
}

/// Notes it, by nobody in particular.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn visit(store: &Store, office: &Office, code: &str, came: Came, now: Timestamp) -> Result<Visited, Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(store);
        let marked = appointment::mark(office, &mut draft, code, came.clone(), None, now).await?;
        match store.commit(draft.into_batch()).await {
            Ok(()) => return Ok(marked.into()),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Contended)
}
