//! A telco's callback, from its bytes to the reply.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;

use super::limits::{BODY_BYTES_MAX, LIST_BYTES_MAX};
use super::{Port, Server, plain, read_body, respond};
use crate::channel::{self, Answer, DeliveryReport, Inbound, Received, Refused, Reply, SendRequest, SmsIn, Why};
use crate::clock::{self, Instant};
use crate::turn::{How, SmsVia, Via};

impl Server {
    pub(super) async fn callback(&self, port: &Port, name_len: usize, request: Request<Incoming>, peer: IpAddr) -> Response<Full<Bytes>> {
        let started = clock::monotonic();
        let (head, body) = request.into_parts();
        let bytes_max = if port.channel.takes_lists() { LIST_BYTES_MAX } else { BODY_BYTES_MAX };
        let body = match read_body(body, bytes_max).await {
            Ok(body) => body,
            Err(status) => return plain(status, ""),
        };
        let request = channel::Request {
            method: &head.method,
            path: head.uri.path().get("/in/".len() + name_len..).unwrap_or_default(),
            query: head.uri.query().unwrap_or_default(),
            headers: &head.headers,
            body: &body,
            peer,
        };
        let parsed = port.channel.parse(&request, self.turns.clock().now()).and_then(|received| port.first_with_its_nonce(received));
        let received = match parsed {
            Ok(received) => {
                received.unread.iter().for_each(|refused| port.metrics.refused(refused));
                if let Some(first) = received.unread.first() {
                    note_refusal(&port.channel.name, first);
                }
                received
            }
            Err(refused) => {
                port.metrics.refused(&refused);
                note_refusal(&port.channel.name, &refused);
                return respond(port.channel.refusal(&refused, &request));
            }
        };
        match self.answer(port, &received, started).await {
            Ok(reply) => respond(reply),
            // The telco keeps it and delivers it again.
            Err(Untaken) => plain(StatusCode::SERVICE_UNAVAILABLE, ""),
        }
    }

    async fn answer(&self, port: &Port, received: &Received, started: Instant) -> Result<Reply, Untaken> {
        let channel = &port.channel;
        let number_once = channel.tells_the_number_once().then_some(channel.name.as_str());
        let within = port.deadline().within(self.mono());
        let via = Via { repeat: *channel.repeat(), sms: channel.sms(), number_once, within };
        for more in &received.more {
            match more {
                Inbound::Sms(sms) => {
                    self.message(port, sms, false, started).await?;
                }
                Inbound::Delivery(report) => self.report(port, report).await?,
                // Only messages and reports come by the dozen.
                Inbound::Hangup(_) | Inbound::Inquiry(_) | Inbound::Ussd(_) => {}
            }
        }
        match &received.inbound {
            Inbound::Ussd(turn) => {
                let at_work = AtWork::begin(self, port, &turn.dialogue);
                let answered = self.turns.ussd(turn, via).await;
                at_work.answered();
                port.metrics.answered(answered.how, started.elapsed());
                let answer = Answer { text: &answered.text, release: answered.release };
                if let Some(request) = channel.page(received, &answer) {
                    self.send_page(port, request);
                }
                Ok(channel.reply(received, &answer))
            }
            Inbound::Hangup(hangup) => {
                // A citizen who hangs up says nothing of how long the telco waits.
                if hangup.why == Why::Failed {
                    port.deadline().broken_off(&hangup.dialogue, self.mono());
                }
                if let Err(fault) = Box::pin(self.turns.hang_up(hangup, via)).await {
                    tracing::error!(%fault, "a hang-up could not be recorded");
                }
                port.metrics.hung_up();
                Ok(channel.acknowledge(received))
            }
            Inbound::Sms(sms) => {
                let body = self.message(port, sms, channel.answers_in_reply(), started).await?;
                Ok(channel.reply_text(received, body.as_deref()))
            }
            // Dialogues are found by number, which an inquiry does not tell.
            Inbound::Inquiry(_) => Ok(channel.acknowledge(received)),
            Inbound::Delivery(report) => {
                self.report(port, report).await?;
                Ok(channel.acknowledge(received))
            }
        }
    }

    /// Takes a message in, and gives what goes back in the reply to it.
    async fn message(&self, port: &Port, sms: &SmsIn, answers_in_reply: bool, started: Instant) -> Result<Option<String>, Untaken> {
        // The answer comes from the number that the citizen wrote to, if it can.
        let own = port.channel.can_send().then_some(port.channel.name.as_str());
        let via = SmsVia { channel: &port.channel.name, answers_in_reply, sms: port.channel.sms().or(own) };
        match self.turns.sms(sms, via).await {
            Ok(answered) => {
                port.metrics.answered(answered.how, started.elapsed());
                Ok(answered.body)
            }
            Err(fault) => {
                tracing::error!(%fault, "a message was not taken");
                port.metrics.answered(How::Failed, started.elapsed());
                Err(Untaken)
            }
        }
    }

    async fn report(&self, port: &Port, report: &DeliveryReport) -> Result<(), Untaken> {
        self.outbox.report(&port.channel.name, report).await.map(|_| ()).map_err(|fault| {
            tracing::error!(%fault, "a delivery report could not be recorded");
            Untaken
        })
    }

    /// A page that goes in a request of its own leaves while the callback is acknowledged: the telco may wait for one before it takes the other.
    fn send_page(&self, port: &Port, request: SendRequest) {
        let (outbox, channel) = (Arc::clone(&self.outbox), port.channel.name.clone());
        tokio::spawn(async move { outbox.send_page(&channel, request).await });
    }
}

impl Port {
    fn first_with_its_nonce(&self, received: Received) -> Result<Received, Refused> {
        if received.once.is_empty() {
            return Ok(received);
        }
        // A list stays whole whatever became of who last held it.
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if received.once.iter().all(|once| nonces.admit(once)) { Ok(received) } else { Err(Refused::Reused) }
    }
}

/// A turn, of which the channel's deadline learns how long the telco waits. Dropped before its page is ready: the telco closed the connection.
struct AtWork<'a> {
    server: &'a Server,
    port: &'a Port,
    dialogue: &'a str,
    is_answered: bool,
}

impl<'a> AtWork<'a> {
    fn begin(server: &'a Server, port: &'a Port, dialogue: &'a str) -> Self {
        port.deadline().begin(dialogue, server.mono());
        Self { server, port, dialogue, is_answered: false }
    }

    fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let now = self.server.mono();
        if self.is_answered {
            self.port.deadline().answered(self.dialogue, now);
        } else {
            self.port.deadline().cut(self.dialogue, now);
        }
    }
}

/// What could not be written down.
struct Untaken;

/// One line for a callback that was not taken, without anything it said.
fn note_refusal(channel: &str, refused: &Refused) {
    match refused {
        Refused::Forged => tracing::warn!(channel, "callback refused: not authenticated"),
        Refused::Malformed(reason) => tracing::warn!(channel, %reason, "callback refused: malformed"),
        Refused::Reused => tracing::warn!(channel, "callback refused: its nonce came before, with another request"),
        Refused::Stale => tracing::debug!(channel, "callback ignored: stale"),
    }
}
