//! Messages from phones to the gateway, as an aggregator brings them.

use crate::clock::Timestamp;
use crate::simulator::Error;
use crate::simulator::aggregator::{Aggregator, FromPhone};
use crate::simulator::client::{Address, Connection};
use crate::simulator::handset::exchange;
use crate::simulator::telco::Place;

/// The number that messages are sent to.
const SHORT_CODE: &str = "2000";

pub(super) struct Texting {
    aggregator: Aggregator,
    place: Place,
    connection: Connection,
    written: usize,
}

/// A message as it was brought, and what stood in the answer.
#[derive(Clone)]
pub(super) struct Brought {
    request: Vec<u8>,
    pub(super) answer: Option<String>,
}

impl Texting {
    pub(super) fn new(url: &str, aggregator: Aggregator, channel: &str) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        Ok(Self { aggregator, place: Place::of_channel(&address, channel), connection: Connection::new(address), written: 0 })
    }

    /// A new message, with an id of its own.
    pub(super) async fn text(&mut self, from: &str, text: &str, at: Timestamp) -> Result<Brought, Error> {
        self.written += 1;
        let id = format!("sms-{}", self.written);
        let mut request = Vec::new();
        self.aggregator.write_message(&self.place, &FromPhone { from, to: SHORT_CODE, text, id: &id, at }, &mut request);
        self.bring(request).await
    }

    /// The same bytes once more.
    pub(super) async fn again(&mut self, before: &Brought) -> Result<Brought, Error> {
        self.bring(before.request.clone()).await
    }

    async fn bring(&mut self, request: Vec<u8>) -> Result<Brought, Error> {
        let answer = self.aggregator.read_answer(&exchange(&mut self.connection, &request).await?)?;
        Ok(Brought { request, answer })
    }
}
