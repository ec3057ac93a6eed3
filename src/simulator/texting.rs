//! Messages from phones to the gateway, as a courier brings them.

use std::sync::Arc;

use super::aggregator::FromPhone;
use super::client::{Address, Connection};
use super::courier::Courier;
use super::handset::exchange;
use super::telco::Place;
use super::{Error, Secrets, fresh_digits};
use crate::clock::Timestamp;

/// The number that messages are sent to.
const SHORT_CODE: &str = "2000";

/// What brings a phone's messages to the gateway.
#[derive(Clone, Debug)]
pub struct SmsLine {
    pub courier: Courier,
    /// The channel's name, with its secret path segment if it has one.
    pub channel: String,
    /// What the courier shows of itself.
    pub secrets: Arc<Secrets>,
}

pub(super) struct Texting {
    courier: Courier,
    secrets: Arc<Secrets>,
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
    from: String,
    text: String,
    id: String,
    at: Timestamp,
}

impl Texting {
    pub(super) fn new(url: &str, line: &SmsLine) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let SmsLine { courier, channel, secrets } = line;
        let (place, secrets) = (Place::of_channel(&address, channel), Arc::clone(secrets));
        Ok(Self { courier: *courier, secrets, place, connection: Connection::new(address) })
    }

    /// A new message, with an id of its own.
    pub(super) async fn text(&mut self, from: &str, text: &str, at: Timestamp) -> Result<Brought, Error> {
        let id = fresh_digits()?;
        let mut request = Vec::new();
        let message = FromPhone { from, to: SHORT_CODE, text, id: &id, at };
        self.courier.write_message(&self.place, &message, &self.secrets, &mut request)?;
        self.bring(request, &message).await
    }

    /// The same bytes once more.
    pub(super) async fn again(&mut self, before: &Brought) -> Result<Brought, Error> {
        let Brought { request, from, text, id, at, .. } = before;
        self.bring(request.clone(), &FromPhone { from, to: SHORT_CODE, text, id, at: *at }).await
    }

    async fn bring(&mut self, request: Vec<u8>, message: &FromPhone<'_>) -> Result<Brought, Error> {
        let reply = exchange(&mut self.connection, &request).await?;
        let answer = self.courier.read_answer(message, &reply)?;
        let reply = [reply.head, reply.body].concat();
        let [from, text, id] = [message.from, message.text, message.id].map(str::to_owned);
        Ok(Brought { request, reply, answer, from, text, id, at: message.at })
    }
}
