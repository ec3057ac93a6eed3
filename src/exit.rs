//! What a command ends with, for scripts.

use serde::{Deserialize, Serialize};

use crate::config::ConfigError;
use crate::intake::ImportError;
use crate::store::{BackupError, Fault, OpenError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    Ok = 0,
    /// What was looked at is not as it should be, or was not done.
    Findings = 1,
    /// The command itself was wrong.
    Usage = 2,
    Config = 3,
    Store = 4,
    /// Nobody answers, or an address is taken.
    Network = 5,
}

/// For `--help`.
pub const HELP: &str = "Exit codes: 0 ok, 1 findings, 2 usage, 3 config, 4 store, 5 network";

impl Exit {
    /// Whose fault an error is.
    pub fn of(error: &anyhow::Error) -> Self {
        let is_store = error.is::<OpenError>()
            || error.is::<BackupError>()
            || error.is::<Fault>()
            || matches!(error.downcast_ref(), Some(ImportError::Fault(_) | ImportError::Raced));
        if error.is::<ConfigError>() {
            Self::Config
        } else if is_store {
            Self::Store
        } else if error.is::<NoGateway>() || error.is::<Taken>() {
            Self::Network
        } else {
            Self::Findings
        }
    }
}

/// A question that only a running gateway can answer.
#[derive(Debug, thiserror::Error)]
#[error("no gateway runs on these records; start one with `kentongan serve`")]
pub struct NoGateway;

/// A listener's address cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
pub struct Taken {
    pub address: std::net::SocketAddr,
    pub error: std::io::Error,
}
