//! Messages from phones to the gateway, as an aggregator brings them.

use super::aggregator::{Aggregator, FromPhone};
use super::client::{Address, Connection};
use super::handset::exchange;
use super::telco::Place;
use super::{Error, fresh_digits};
use crate::clock::Timestamp;

/// The number that messages are sent to.
const SHORT_CODE: &str = "2000";

pub(super) struct Texting {
    aggregator: Aggregator,
    place: Place,
    connection: Connection,
}

/// A message as it was brought, and what came back.
#[derive(Clone)]
pub(super) struct Brought {
    pub(super) request: Vec<u8>,
    pub(super) reply: Vec<u8>,
    /// The SMS that stood in it.
    pub(super) answer: Option<String>,
}

impl Texting {
    pub(super) fn new(url: &str, aggregator: Aggregator, channel: &str) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        Ok(Self { aggregator, place: Place::of_channel(&address, channel), connection: Connection::new(address) })
    }

    /// A new message, with an id of its own.
    pub(super) async fn text(&mut self, from: &str, text: &str, at: Timestamp) -> Result<Brought, Error> {
        let id = fresh_digits()?;
        let mut request = Vec::new();
        self.aggregator.write_message(&self.place, &FromPhone { from, to: SHORT_CODE, text, id: &id, at }, &mut request);
        self.bring(request).await
    }

    /// The same bytes once more.
    pub(super) async fn again(&mut self, before: &Brought) -> Result<Brought, Error> {
        self.bring(before.request.clone()).await
    }

    async fn bring(&mut self, request: Vec<u8>) -> Result<Brought, Error> {
        let reply = exchange(&mut self.connection, &request).await?;
        let answer = self.aggregator.read_answer(&reply)?;
        let reply = [reply.head, reply.body].concat();
        Ok(Brought { request, reply, answer })
    }
}
