//! Asks a district's own look-up service over HTTP, one person at a time. What it is asked and what its answer means is configuration:
//!
//! ```text
//! GET /ktp/1606090101909999?kk=1234 HTTP/1.1          200 {"data": {"kode": "SFE", "tgl": "2026-11-24", "lokasi": "Sekayu"}}
//! Authorization: Bearer …                             404 nobody by that number
//! ```
//!
//! A NIK stands in the address, so it stands in that service's access log too: both machines belong in the same room. Redirects are not
//! followed, nothing is asked twice, and a service that keeps failing is left alone for a while ([`super::breaker`]).

mod reply;
mod settings;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Semaphore;

use self::reply::Reading;
use self::settings::UrlTemplate;
pub use self::settings::{Header, HttpSettings};
use super::breaker::{Breaker, Permit, Settings};
use super::{Answer, Entry};
use crate::citizen::{KkDigits, Nik};
use crate::clock::{self, Instant};
use crate::tls::{self, Connector};

/// Longest reply body. One person's data take a few hundred bytes; what is longer is not an answer.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Look-ups under way at once. An office's database serves fewer; more citizens wait their turn within their time.
pub const IN_FLIGHT_MAX: usize = 32;
/// Connections kept open without work.
const IDLE_MAX: usize = 8;
/// How long they are kept: shorter than the minute after which most servers and firewalls drop them.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// A look-up service. Shared by all turns: it keeps the connections and knows whether the service is down.
pub struct Http {
    client: Client<Connector, Empty<Bytes>>,
    url: UrlTemplate,
    header: Option<(HeaderName, HeaderValue)>,
    reading: Reading,
    timeout: Duration,
    slots: Semaphore,
    breaker: Mutex<Breaker>,
    began: Instant,
}

/// Neither the secret nor what was asked.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("url", &self.url).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Http {
    /// Reads the header's secret from its file. Connects to nothing yet.
    ///
    /// # Errors
    /// All that is wrong with the settings, each in one line.
    pub fn new(settings: HttpSettings) -> Result<Self, String> {
        let parts = settings.check().map_err(|problems| problems.join("\n"))?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_MAX)
            .build(tls::connector(parts.timeout));
        Ok(Self {
            client,
            url: parts.url,
            header: parts.header,
            reading: parts.reading,
            timeout: parts.timeout,
            slots: Semaphore::new(IN_FLIGHT_MAX),
            breaker: Mutex::new(Breaker::new(Settings::default())),
            began: clock::monotonic(),
        })
    }

    /// Asks for one person, for at most `within` and never longer than the settings allow. Without `kk` (somebody who proved themselves
    /// before) the address carries empty digits.
    ///
    /// The entry's KK digits are the registry's if it tells them, else those that were sent with the question: a service that is asked
    /// with the digits answers only if they are right.
    pub async fn look(&self, nik: Nik, kk: Option<KkDigits>, within: Duration) -> Answer {
        clock::within(within.min(self.timeout), self.ask(nik, kk)).await.unwrap_or(Answer::Late)
    }

    /// Asks for one person when no citizen is waiting: for as long as `within`, whatever the settings say and however often the service has
    /// failed. What comes of it tells nothing about an answer within a turn's time, so it is not counted. Few may do so at once.
    pub async fn look_patiently(&self, nik: Nik, kk: Option<KkDigits>, within: Duration) -> Answer {
        match clock::within(within, self.call(nik, kk)).await {
            None => Answer::Late,
            Some(answer) => answer.unwrap_or(Answer::Down),
        }
    }

    /// Whether the service failed so often that it is only probed. For the health page.
    pub fn is_down(&self) -> bool {
        self.breaker().is_open()
    }

    async fn ask(&self, nik: Nik, kk: Option<KkDigits>) -> Answer {
        // Dropped when the time is over, here while waiting for a slot: no failure of the service, which was not asked.
        let Ok(_slot) = self.slots.acquire().await else { return Answer::Down };
        let Some(mut attempt) = self.attempt() else { return Answer::Down };
        let answer = self.call(nik, kk).await;
        attempt.answered = answer.is_ok();
        answer.unwrap_or(Answer::Down)
    }

    async fn call(&self, nik: Nik, kk: Option<KkDigits>) -> Result<Answer, Failed> {
        let request = self.request(self.url.fill(nik, kk).ok_or(Failed)?);
        let response = self.client.request(request).await.map_err(|_| Failed)?;
        match response.status() {
            StatusCode::OK => {
                let body = Limited::new(response.into_body(), BODY_BYTES_MAX).collect().await.map_err(|_| Failed)?;
                self.reading.read(&body.to_bytes(), nik, kk).map_err(|_| Failed)
            }
            StatusCode::NOT_FOUND => Ok(Answer::Unknown),
            // It will not answer this question, but it is there: one odd question asked ten times must not shut everybody out.
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Ok(Answer::Down),
            _ => Err(Failed),
        }
    }

    fn request(&self, uri: Uri) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("kentongan"));
        if let Some((name, value)) = &self.header {
            headers.insert(name, value.clone());
        }
        request
    }

    fn attempt(&self) -> Option<Attempt<'_>> {
        match self.breaker().allow(self.since_start()) {
            Permit::Refuse => None,
            permit => Some(Attempt { http: self, permit, answered: false }),
        }
    }

    fn since_start(&self) -> Duration {
        clock::monotonic().saturating_duration_since(self.began)
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        // Nothing in the breaker can panic half way.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No answer, or none that makes sense.
#[derive(Debug)]
struct Failed;

/// A question under way. Tells the breaker what came of it when it is dropped, so that one given up half way counts as failed too and a
/// lost probe cannot keep the breaker open.
struct Attempt<'a> {
    http: &'a Http,
    permit: Permit,
    answered: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let now = self.http.since_start();
        let mut breaker = self.http.breaker();
        if self.answered {
            breaker.success(self.permit);
        } else {
            breaker.failure(self.permit, now);
        }
    }
}

#[cfg(test)]
mod tests;
