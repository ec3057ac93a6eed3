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
use crate::export;
use crate::gsm::sms;
use crate::store::queue::{MessageId, Outgoing, Sent};
use crate::store::{Draft, Fault, Key, Record, Space, Store};
use crate::turn::{self, Turns};

/// Messages read for one answer. A demo that left more is a load test, and nobody reads those.
const MESSAGES_MAX: usize = 100_000;

/// Answers what is asked below `/sim` and is not ours.
pub type Phone = Box<dyn Fn(Request<Bytes>) -> Answering + Send + Sync>;
pub type Answering = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Records read in each space for one answer.
const RECORDS_MAX: usize = 20_000;
/// Whose new records the page tells of: all that a turn may write.
const TOLD: [Space; 12] = [
    Space::Session,
    Space::Caller,
    Space::Booking,
    Space::Slot,
    Space::Code,
    Space::Outgoing,
    Space::Sent,
    Space::Due,
    Space::Ticket,
    Space::Guard,
    Space::Linked,
    Space::Watcher,
];

/// Makes the body of `/sim/api/citizens`: `[{"nik","kk4","status","note"}]`.
pub type Citizens = Box<dyn Fn() -> Bytes + Send + Sync>;

pub struct Desk {
    phone: Phone,
    /// None in earnest: then nothing but the phone and the messages to fake numbers is shown.
    citizens: Option<Citizens>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    pub fn new(phone: Phone, citizens: Option<Citizens>) -> Self {
        Self { phone, citizens }
    }

    /// Whatever was asked below `/sim`.
    pub(super) async fn answer(&self, turns: &Turns, request: Request<Bytes>) -> Response<Full<Bytes>> {
        let query = request.uri().query().unwrap_or_default();
        match (request.method(), request.uri().path(), &self.citizens) {
            (&Method::GET, "/sim/api/citizens", Some(citizens)) => json(citizens()),
            (&Method::GET, "/sim/api/messages", _) => match self.messages(turns.store(), query).await {
                Ok(body) => json(Bytes::from(body)),
                Err(status) => plain(status, ""),
            },
            (&Method::GET, "/sim/api/records", Some(_)) => match records_since(turns, query).await {
                Ok(body) => json(Bytes::from(body)),
                Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, ""),
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
        if self.citizens.is_none() && !number.is_fake() {
            return Err(StatusCode::FORBIDDEN);
        }
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

/// `/sim/api/records?since=7`: `{"last", "records":[{"space","stamp","is"}]}`: what was written after that stamp, and the newest stamp.
/// Without `since` only the latter.
async fn records_since(turns: &Turns, query: &str) -> Result<String, Fault> {
    let since = query.strip_prefix("since=").and_then(|stamp| stamp.parse().ok()).unwrap_or(u64::MAX);
    let mut last = 0;
    let mut fresh = Vec::new();
    for space in TOLD {
        for (key, record) in turns.store().scan(Key::new(space)..Key::after(space), RECORDS_MAX).await? {
            let stamp = record.stamp.number();
            last = last.max(stamp);
            if stamp > since {
                fresh.push((stamp, space, told(turns, &key, &record)?));
            }
        }
    }
    fresh.sort_by_key(|(stamp, space, _)| (*stamp, *space));
    let fresh: Vec<_> = fresh
        .into_iter()
        .map(|(stamp, space, is)| serde_json::json!({"space": format!("{space:?}").to_lowercase(), "stamp": stamp, "is": is}))
        .collect();
    Ok(serde_json::json!({"last": last, "records": fresh}).to_string())
}

fn told(turns: &Turns, key: &Key, record: &Record) -> Result<serde_json::Value, Fault> {
    if key.as_bytes().first() == Some(&(Space::Session as u8)) {
        let (session, menu): (turn::Record, _) = (record.decode()?, turns.menu());
        let (screen, open) = session.place(&menu);
        return Ok(serde_json::json!({"screen": screen, "open": open}));
    }
    Ok(export::shown(key, record, &turns.office().places, turns.clock().now())?.unwrap_or_default())
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
