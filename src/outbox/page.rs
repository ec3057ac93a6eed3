//! Pages of a dialogue that go to the telco in a request of their own. Nothing is kept of them: a citizen who waits for a page does not wait
//! for it tomorrow, and dials again.

use super::Outbox;
use super::link::Lost;
use crate::channel::SendRequest;

/// Tries, as long as surely nothing left. A page that may have arrived is not sent twice: it would answer the next question.
const TRIES_MAX: usize = 2;

impl Outbox {
    pub async fn send_page(&self, channel: &str, request: SendRequest) {
        for _ in 0..TRIES_MAX {
            match self.link.send(request.clone()).await {
                Ok(answer) if (200..300).contains(&answer.status) => return,
                Ok(answer) => return tracing::warn!(channel, status = answer.status, "a page was not taken"),
                Err(Lost::After) => return tracing::warn!(channel, "a page got no answer"),
                Err(Lost::Before) => {}
            }
        }
        tracing::warn!(channel, "a page found no connection");
    }
}
