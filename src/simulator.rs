//! The phone and the telco of tests and demo.
//!
//! Speaks to a running gateway over TCP with the very bytes a telco would send, and judges the answers as a telco would: a status
//! that is not 200, a body without its marker, or ten seconds of silence end the dialogue. It never sees the gateway's own channel
//! code: it is a second, independent reading of each wire format.
//!
//! - [`Handset`]: one phone; dials, presses keys, repeats, hangs up.
//! - [`Telco`]: the wire formats of dialogues, pure: a table of rows, and a small machine that speaks them.
//! - [`dial`]: the command `kentongan dial`.
//! - [`Courier`]: the same for messages that phones send, and for news of ours; signed, where the telco signs.
//! - [`Aggregator`]: three of them who also take our messages.
//! - [`text`]: the command `kentongan sms`.
//! - [`carrier`]: a telco that takes messages, delivers them to phones and reports back; a bad one if wanted.
//! - [`transcript`]: phone conversations as text, and the command `kentongan test`.
//! - [`load`]: many phones at once, and the command `kentongan load`.
//! - [`web`]: the phone in the browser.

pub mod aggregator;
#[cfg(test)]
mod canned;
pub mod carrier;
pub mod client;
pub mod courier;
pub mod dial;
pub mod handset;
pub mod load;
pub mod pages;
mod secrets;
pub mod telco;
pub mod text;
mod texting;
pub mod transcript;
pub mod web;
pub mod wire;

pub use aggregator::Aggregator;
pub use courier::Courier;
pub use handset::{Handset, Line, Screen};
pub use secrets::{SecretArgs, Secrets};
pub use telco::Telco;
pub use texting::SmsLine;

use std::io;

use crate::clock::Timestamp;

/// Why the telco would have hung up on us, or could not reach us at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not an address of the form http://HOST:PORT: {0}")]
    Address(String),
    #[error("the answer has not what this telco wants there: {0:?}")]
    Amiss(wire::At),
    #[error("the connection to the gateway broke")]
    Broken(#[source] io::Error),
    #[error("the dialogue is closed; dial first")]
    Closed,
    #[error("cannot reach the gateway at {address}")]
    Connect {
        address: String,
        #[source]
        source: io::Error,
    },
    #[error("not HTTP/1.1 as we know it: {0}")]
    Http(&'static str),
    #[error("no answer within {0} s; the telco has hung up")]
    Late(u64),
    #[error("a subscriber's number is + and 8 to 15 digits")]
    Number,
    #[error("not a string that a phone can dial: {0}")]
    Dialled(&'static str),
    #[error("no randomness from this machine: {0}")]
    Random(String),
    #[error("the answer is not as the telco wants it: {0}")]
    Reply(&'static str),
    #[error("the gateway answered with HTTP status {0}")]
    Status(u16),
    #[error("the gateway refused the callback with exit code {0}")]
    ExitCode(i64),
    #[error("cannot read {0}")]
    File(String, #[source] io::Error),
    #[error("{0}")]
    Input(String),
    #[error("cannot write")]
    Write(#[from] io::Error),
}

impl Error {
    /// A short stable word, to count errors by.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) | Self::Number | Self::Dialled(_) | Self::File(..) | Self::Input(_) => "usage",
            Self::Broken(_) => "broken",
            Self::Closed => "closed",
            Self::Connect { .. } => "connect",
            Self::Http(_) => "http",
            Self::Late(_) => "late",
            Self::Random(_) | Self::Write(_) => "machine",
            Self::Amiss(_) | Self::Reply(_) => "reply",
            Self::Status(_) => "status",
            Self::ExitCode(_) => "exit_code",
        }
    }
}

/// A moment as a telco writes it, by the name of how.
fn moment(at: Timestamp, how: &str) -> Option<String> {
    let iso = at.to_string();
    let seconds = at.millis() / 1000;
    Some(match how {
        "compact" => iso.chars().filter(char::is_ascii_digit).take(14).collect(),
        "daytime" => iso.get(..19)?.replace('T', " "),
        "iso" => iso,
        "millis" => at.millis().to_string(),
        "unix" => seconds.to_string(),
        _ => return None,
    })
}

/// Thirty-two hexadecimal digits that were never used before, in this process or another: the gateway may remember an earlier run.
fn fresh_digits() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
