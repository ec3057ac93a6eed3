//! What the demo shows to those who play with it: who can be looked up, and which messages a phone would have got.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;

use crate::citizen::Msisdn;
use crate::gsm;
use crate::store::queue::Outgoing;
use crate::store::{Draft, Fault, Key, Space, Store};

/// Messages read for one answer. A demo that left more is a load test, and nobody reads those.
const MESSAGES_MAX: usize = 100_000;
/// Septets of one SMS, and of each part of a longer one (3GPP TS 23.040, 9.2.3.24.1: six octets of header).
const ONE_PART: usize = 160;
const EACH_PART: usize = 153;

/// Mounted in the demo only.
pub struct Desk {
    citizens: Box<dyn Fn() -> Bytes + Send + Sync>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// `citizens` makes the body of `/sim/api/citizens`: `[{"nik","kk4","status","note"}]`.
    pub fn new(citizens: impl Fn() -> Bytes + Send + Sync + 'static) -> Self {
        Self { citizens: Box::new(citizens) }
    }

    pub(super) fn citizens(&self) -> Bytes {
        (self.citizens)()
    }

    /// `/sim/api/messages?msisdn=%2B62812…`: `[{"at","from","to","text","parts"}]`, oldest first.
    pub(super) async fn messages(&self, store: &Store, query: &str) -> Result<String, StatusCode> {
        let number = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("msisdn="))
            .and_then(|value| Msisdn::parse(&value.replace("%2B", "+").replace("%2b", "+")).ok())
            .ok_or(StatusCode::BAD_REQUEST)?;
        let outgoing = messages_to(store, number).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let shown: Vec<_> = outgoing
            .iter()
            .map(|message| {
                let parts =
                    gsm::septets(&message.text).map_or(0, |septets| if septets <= ONE_PART { 1 } else { septets.div_ceil(EACH_PART) });
                serde_json::json!({
                    "at": message.at.to_string(),
                    "from": "DUKCAPIL",
                    "to": message.to.reveal(),
                    "text": message.text,
                    "parts": parts,
                })
            })
            .collect();
        Ok(serde_json::Value::from(shown).to_string())
    }
}

/// Messages that wait for this number or were shown to it, oldest first.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn messages_to(store: &Store, number: Msisdn) -> Result<Vec<Outgoing>, Fault> {
    let all = Key::new(Space::Outgoing)..Key::after(Space::Outgoing);
    let rows = Draft::new(store).scan::<Outgoing>(all, MESSAGES_MAX).await?;
    Ok(rows.into_iter().map(|(_, message)| message).filter(|message| message.to == number).collect())
}
