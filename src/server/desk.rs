//! What stands below `/sim`: who can be looked up, which messages a phone would have got, and the phone itself, which is another's work.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;

use super::{json, plain};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::gsm::sms;
use crate::store::queue::{MessageId, Outgoing, Sent};
use crate::store::{Draft, Fault, Key, Space, Store};

/// Messages read for one answer. A demo that left more is a load test, and nobody reads those.
const MESSAGES_MAX: usize = 100_000;

/// Answers what is asked below `/sim` and is not ours.
pub type Phone = Box<dyn Fn(Request<Bytes>) -> Answering + Send + Sync>;
pub type Answering = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Mounted in the demo only.
pub struct Desk {
    citizens: Box<dyn Fn() -> Bytes + Send + Sync>,
    phone: Phone,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// `citizens` makes the body of `/sim/api/citizens`: `[{"nik","kk4","status","note"}]`.
    pub fn new(citizens: impl Fn() -> Bytes + Send + Sync + 'static, phone: Phone) -> Self {
        Self { citizens: Box::new(citizens), phone }
    }

    /// Whatever was asked below `/sim`.
    pub(super) async fn answer(&self, store: &Store, request: Request<Bytes>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/sim/api/citizens") => json((self.citizens)()),
            (&Method::GET, "/sim/api/messages") => match self.messages(store, request.uri().query().unwrap_or_default()).await {
                Ok(body) => json(Bytes::from(body)),
                Err(status) => plain(status, ""),
            },
            _ => (self.phone)(request).await.map(Full::new),
        }
    }

    /// `/sim/api/messages?msisdn=%2B62812…`: `[{"at","from","to","text","channel","parts"}]`, oldest first.
    async fn messages(&self, store: &Store, query: &str) -> Result<String, StatusCode> {
        let number = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("msisdn="))
            .and_then(|value| Msisdn::parse(&value.replace("%2B", "+").replace("%2b", "+")).ok())
            .ok_or(StatusCode::BAD_REQUEST)?;
        let shown = messages_to(store, number).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let shown: Vec<_> = shown
            .iter()
            .map(|message| {
                let parts = sms::segment(&message.text).map_or(sms::PARTS_MAX, |segments| segments.parts().len());
                serde_json::json!({
                    "at": message.at.to_string(),
                    "from": "DUKCAPIL",
                    "to": number.reveal(),
                    "text": message.text,
                    "channel": message.channel,
                    "parts": parts,
                })
            })
            .collect();
        Ok(serde_json::Value::from(shown).to_string())
    }
}

/// A message as the phone of the demo shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: MessageId,
    pub at: Timestamp,
    /// The channel it left by; empty while it waits.
    pub channel: String,
    pub text: String,
}

/// Messages that wait for this number or were sent to it, in the order in which they were left.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn messages_to(store: &Store, number: Msisdn) -> Result<Vec<Shown>, Fault> {
    let draft = Draft::new(store);
    let waiting = draft.scan::<Outgoing>(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), MESSAGES_MAX).await?;
    let sent = draft.scan::<Sent>(Key::new(Space::Sent)..Key::after(Space::Sent), MESSAGES_MAX).await?;
    let waiting =
        waiting.into_iter().map(|(_, row)| (row.to, row.id.0, Shown { id: row.id, at: row.at, channel: String::new(), text: row.text }));
    let sent = sent.into_iter().filter_map(|(key, row)| {
        let id = Sent::id(&key)?;
        Some((row.to, id.0, Shown { id, at: row.at, channel: row.channel, text: row.text }))
    });
    // A row that was sent between the two reads stands in both.
    let mut all: BTreeMap<(Timestamp, u64), Shown> = BTreeMap::new();
    for (to, id, shown) in waiting.chain(sent) {
        if to == number {
            all.insert((shown.at, id), shown);
        }
    }
    Ok(all.into_values().collect())
}
