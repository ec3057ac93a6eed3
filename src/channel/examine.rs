//! The checks of a callback one by one, for whoever wonders why a telco is refused.

use super::nonces::Once;
use super::signature::{Flaw, Signed};
use super::{HttpChannel, Inbound, Phase, Refused, Request, callback};
use crate::clock::Timestamp;

/// A check, and how it came out: what was found, or what is wrong. Shows nothing of the citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub what: &'static str,
    pub came: Result<String, String>,
}

impl HttpChannel {
    /// All checks, also those behind one that failed. `by_peer`: the peer is the one that sent it.
    pub fn examine(&self, request: &Request<'_>, now: Timestamp, by_peer: bool) -> Vec<Checked> {
        let address = if !by_peer {
            Ok("not judged".to_owned())
        } else if self.gate.knows(request.peer) {
            Ok(if self.gate.addresses.is_empty() { "any may call".to_owned() } else { request.peer.to_string() })
        } else {
            Err(format!("{} is none of this channel's addresses", request.peer))
        };
        let path = self.gate.behind_the_secret(request);
        let secret = match (&self.gate.secret, path) {
            (None, _) => Ok("there is none".to_owned()),
            (Some(_), Some(_)) => Ok("it is right".to_owned()),
            (Some(_), None) => Err("the first segment behind the channel's name is not the secret one".to_owned()),
        };
        let signature = match &self.signing_key {
            None if self.profile.signatures.is_empty() => Ok("this telco signs nothing".to_owned()),
            None => Ok("not judged: the channel has no signing_key_file".to_owned()),
            Some(_) => self.signed(request, now).map(|once| held(&once)).map_err(|flaw| flaw.to_string()),
        };
        let read = callback::read(&self.profile, request, path.unwrap_or(request.path), &self.country, &self.account, now);
        let reading = match read {
            Ok(received) => Ok(reading(&received.inbound).to_owned()),
            Err(Refused::Stale) => Ok("to be acknowledged and forgotten".to_owned()),
            // Of one request it cannot be known whether its nonce came before.
            Err(Refused::Forged | Refused::Reused) => Err("the credentials in it are not the channel's".to_owned()),
            Err(Refused::Malformed(reason)) => Err(reason.to_string()),
        };
        let named = [("address", address), ("secret path", secret), ("signature", signature), ("reading", reading)];
        named.into_iter().map(|(what, came)| Checked { what, came }).collect()
    }

    /// Whether the telco signed it, where the channel has a key to know. With the nonces, if it signs any.
    pub(super) fn signed(&self, request: &Request<'_>, now: Timestamp) -> Result<Vec<Once>, Flaw> {
        let Some(key) = &self.signing_key else { return Ok(Vec::new()) };
        let question = if request.query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{question}{}", self.origin, request.path, request.query);
        let (query, headers, body) = (request.query, request.headers, request.body);
        let signed = Signed { url: &url, query, headers, body, now: now.millis().div_euclid(1000) };
        let mut shown = self.profile.signatures.iter().filter(|signature| signature.is_there(&signed));
        let nonce = shown.next().ok_or(Flaw::Absent)?.verify(key.reveal(), &signed)?;
        // Whoever has seen the request could show another of its signatures alone, with a body of their own.
        let beside = shown.filter_map(|signature| signature.verify(key.reveal(), &signed).ok().flatten());
        Ok(nonce.into_iter().chain(beside).map(|nonce| Once::new(&nonce, request)).collect())
    }
}

fn held(once: &[Once]) -> String {
    if once.is_empty() {
        return "it holds".to_owned();
    }
    format!("it holds, for this request alone: under its nonce another one is refused, since {}", Refused::Reused)
}

fn reading(inbound: &Inbound) -> &'static str {
    match inbound {
        Inbound::Delivery(_) => "a delivery report",
        Inbound::Hangup(_) => "the end of a dialogue",
        Inbound::Inquiry(_) => "whether a dialogue is alive",
        Inbound::Sms(_) => "a message",
        Inbound::Ussd(turn) => match turn.phase {
            Phase::Begin => "a dialogue begins",
            Phase::Continue => "a dialogue goes on",
            Phase::Unsaid => "a turn of a dialogue, its first or a later one",
        },
    }
}
