//! The socket to a telco: one request out, one answer back, within limits. Redirects are not followed and nothing is sent twice.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::channel::{Retry, SendError, SendRequest};
use crate::clock;
use crate::tls::{self, Connector};

/// Longest answer. What tells of one message takes a few hundred bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// An address that does not take a connection by then is out of order.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// Connections without work are closed before the telco closes them: a request that meets a closing one may have been taken or not.
const IDLE_TIME: Duration = Duration::from_secs(4);

/// Connections to all telcos.
#[derive(Debug)]
pub(super) struct Link {
    client: Client<Connector, Full<Bytes>>,
    /// From the first byte of a request to the last of its answer.
    answer_within: Duration,
}

/// What a telco answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Link {
    pub(super) fn new(answer_within: Duration) -> Self {
        let connector = tls::connector(CONNECT_MAX);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIME).build(connector);
        Self { client, answer_within }
    }

    /// # Errors
    /// If there is no whole answer.
    pub(super) async fn send(&self, request: SendRequest) -> Result<Answer, Lost> {
        clock::within(self.answer_within, self.exchange(request)).await.unwrap_or(Err(Lost::After))
    }

    async fn exchange(&self, request: SendRequest) -> Result<Answer, Lost> {
        let mut sent = Request::new(Full::new(request.body));
        *sent.method_mut() = request.method;
        *sent.uri_mut() = request.url.parse().map_err(|_| Lost::Before)?;
        sent.headers_mut().extend(request.headers);
        let response = self.client.request(sent).await.map_err(|error| if error.is_connect() { Lost::Before } else { Lost::After })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| Lost::After)?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// There is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The request may have been read.
    After,
    /// Surely nothing left.
    Before,
}

impl From<Lost> for SendError {
    fn from(lost: Lost) -> Self {
        let (code, retry) = match lost {
            Lost::After => ("no_answer", Retry::Unsure),
            Lost::Before => ("no_connection", Retry::Elsewhere),
        };
        Self { code: code.to_owned(), retry, ours: true }
    }
}
