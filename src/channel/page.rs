//! Pages that go to the telco in a request of their own, where the reply to a callback only says that it came.

use http::{HeaderName, Method};

use super::account::Account;
use super::template::{Escape, Facts, Piece, Template, write};
use super::{Answer, Received, SendRequest};
use crate::channel::Inbound;

/// How: for a page that asks and for the last one.
#[derive(Clone, Debug)]
pub(super) struct PageSent {
    pub(super) method: Method,
    pub(super) goes_on: (Vec<Piece>, Template),
    pub(super) end: (Vec<Piece>, Template),
}

impl PageSent {
    pub(super) fn request(&self, account: &Account, received: &Received, answer: &Answer<'_>) -> SendRequest {
        let (path, template) = if answer.release { &self.end } else { &self.goes_on };
        let number = match &received.inbound {
            Inbound::Ussd(turn) => turn.number.map(|number| number.number().to_string()).unwrap_or_default(),
            _ => String::new(),
        };
        let message = Facts { text: answer.text, dialogue: received.inbound.dialogue(), to: &number, ..Facts::default() };
        let facts = account.facts(Facts { echo: Some(&received.echo), now: received.at, ..message });
        let mut url = account.send_url().to_owned();
        if !path.is_empty() {
            url.truncate(url.trim_end_matches('/').len());
        }
        write(&mut url, path, Escape::Percent, &facts);
        let reply = template.render(&facts);
        let headers = reply.headers.iter().map(|(name, value)| (HeaderName::clone(name), value.clone())).collect();
        SendRequest { method: self.method.clone(), url, headers, body: reply.body }
    }
}
