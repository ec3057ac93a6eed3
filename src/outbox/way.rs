//! How a channel sends: over HTTP, or to the demo's phones, which have what they are sent at once.

use std::fmt;

use super::lane::{Limits, Went};
use super::link::{Link, Lost};
use crate::channel::{Accepted, HttpChannel, Retry, SendError, SmsOut};
use crate::clock::Timestamp;

/// A channel that can send.
#[derive(Debug)]
pub struct Carrier {
    pub name: String,
    pub way: Way,
    pub limits: Limits,
}

pub enum Way {
    Http(Box<HttpChannel>),
    /// Nothing leaves: the demo shows what is recorded as sent.
    Phone,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(_) => "Http",
            Self::Phone => "Phone",
        })
    }
}

impl Way {
    /// What came of a message, and what that says of the channel.
    pub(super) async fn send(&self, link: &Link, message: &SmsOut<'_>, now: Timestamp) -> (Result<Accepted, SendError>, Went) {
        let Self::Http(channel) = self else { return (Ok(Accepted { id: None }), Went::Taken) };
        let request = match channel.submit(message, now) {
            Ok(request) => request,
            // It cannot carry this text; nothing was asked of it.
            Err(error) => return (Err(error), Went::Unused),
        };
        match link.send(request).await {
            Ok(answer) => {
                let taken = channel.receipt(answer.status, &answer.headers, &answer.body);
                let went = match taken.as_ref().map_err(|error| error.retry) {
                    Ok(_) => Went::Taken,
                    Err(Retry::Never) => Went::Fine,
                    Err(Retry::Elsewhere | Retry::Later | Retry::Unsure) => Went::Failed,
                    Err(Retry::Throttled) => Went::Throttled,
                };
                (taken, went)
            }
            Err(lost @ Lost::Before) => (Err(lost.into()), Went::Broken),
            Err(lost @ Lost::After) => (Err(lost.into()), Went::Failed),
        }
    }
}
