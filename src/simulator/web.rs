//! The phone in the browser: a page, and the little it asks of us.
//!
//! | below `/sim` | gives |
//! |---|---|
//! | nothing, `phone.css`, `phone.js` | the page; nothing of it comes from elsewhere |
//! | `GET api/setup` | telcos, the time, what can be disturbed, the phones so far |
//! | `POST api/act` | one thing a phone or its telco does; the page that came, and the bytes both ways |
//! | `POST pages/CHANNEL`, `GET pages/CHANNEL?of=MARK` | takes pages that come in requests of their own, and gives them to a phone's telco |
//! | `POST api/clock` | moves the clock forward |
//! | `POST api/registry` | keeps the registry from answering, or lets it |
//! | `GET api/transcript` | all that was done here, as a transcript for `kentongan test` |
//!
//! The last three only where the gateway is ours to play with.
//!
//! Another page in the same browser must not press keys here: what comes from a foreign page, or under a name that somebody could
//! point at this machine, is refused.

mod phones;
mod tale;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::pages::Mailbox;
use super::{Error, Line, SmsLine};
use crate::clock::Clock;
use phones::{Act, Outcome, Phones};
use tale::Tale;

const PAGE: &str = include_str!("web/phone.html");
const STYLE: &str = include_str!("web/phone.css");
const SCRIPT: &str = include_str!("web/phone.js");
/// Nothing inline, nothing from elsewhere, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
/// What the clock moves at once: further than anything we keep.
const FORWARD_MAX: Duration = Duration::from_secs(400 * 86_400);

/// What the phones are connected with.
#[derive(Debug)]
pub struct Setup {
    /// One for each telco; the first is the usual one.
    pub lines: Vec<Line>,
    /// What brings their messages.
    pub texting: Option<SmsLine>,
    /// Without it the gateway serves others too, and is left alone.
    pub play: Option<Play>,
}

/// What is ours to play with.
pub struct Play {
    /// The gateway's clock.
    pub clock: Clock,
    /// While true, the registry does not answer.
    pub hold: watch::Sender<bool>,
    /// The `given` lines by which another gateway would know what this one knows of whoever was named among these words.
    pub givens: Givens,
}

pub type Givens = Box<dyn Fn(&[&str]) -> Vec<String> + Send + Sync>;

impl fmt::Debug for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Play")
    }
}

/// Answers everything below `/sim` that the gateway does not.
pub struct Web {
    phones: Phones,
    pages: Mailbox,
    play: Option<Play>,
    clock: Clock,
}

/// What was typed and shown may be about somebody.
impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Web")
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    service_code: &'a str,
    telcos: Vec<&'a str>,
    texting: bool,
    play: bool,
    late: bool,
    now: String,
    phones: Vec<Outcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forward {
    secs: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    late: bool,
}

#[derive(Serialize)]
struct Now {
    now: String,
}

impl Web {
    /// # Errors
    /// [`Error::Input`] if there is no line at all.
    pub fn new(setup: Setup) -> Result<Self, Error> {
        let Setup { lines, texting, play } = setup;
        let clock = lines.first().ok_or_else(|| Error::Input("no telco for the phone in the browser".to_owned()))?.clock.clone();
        let phones = Phones::new(lines, texting, play.as_ref().map(|_| Tale::new(clock.now())));
        Ok(Self { phones, pages: Mailbox::default(), play, clock })
    }

    pub async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        if !is_own(request.headers()) {
            return refused(StatusCode::FORBIDDEN, "only for the page of this address itself");
        }
        let path = request.uri().path().trim_start_matches("/sim").trim_matches('/');
        match (request.method(), path) {
            (&Method::GET, "") => reply("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes())),
            (&Method::GET, "phone.css") => reply("text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes())),
            (&Method::GET, "phone.js") => reply("text/javascript; charset=utf-8", Bytes::from_static(SCRIPT.as_bytes())),
            (&Method::GET, "api/setup") => self.setup().await,
            (&Method::POST, "api/act") => self.act(&request).await,
            (&Method::POST, "api/clock") => self.playing(|play| forward(play, &request)),
            (&Method::POST, "api/registry") => self.playing(|play| self.hold(play, &request)),
            (&Method::GET, "api/transcript") => match &self.play {
                Some(play) => match self.phones.transcript(&play.givens).await {
                    Ok(text) => reply("text/plain; charset=utf-8", Bytes::from(text)),
                    Err(error) => refused(StatusCode::CONFLICT, &error.to_string()),
                },
                None => refused(StatusCode::NOT_FOUND, ""),
            },
            (method, path) => match path.strip_prefix("pages/") {
                Some(channel) => self.page(method, channel, &request),
                None => refused(StatusCode::NOT_FOUND, ""),
            },
        }
    }

    /// Takes a page, or gives one.
    fn page(&self, method: &Method, channel: &str, request: &Request<Bytes>) -> Response<Bytes> {
        const PLAIN: &str = "text/plain; charset=utf-8";
        if method != Method::GET {
            self.pages.put(channel, request.body().clone());
            return reply(PLAIN, Bytes::new());
        }
        let mark = request.uri().query().and_then(|query| query.strip_prefix("of=")).unwrap_or_default();
        match self.pages.take(channel, mark) {
            Some(page) => reply(PLAIN, page),
            None => {
                let mut none = reply(PLAIN, Bytes::new());
                *none.status_mut() = StatusCode::NO_CONTENT;
                none
            }
        }
    }

    async fn setup(&self) -> Response<Bytes> {
        json(&Shown {
            service_code: self.phones.service_code(),
            telcos: self.phones.telcos(),
            texting: self.phones.texting(),
            play: self.play.is_some(),
            late: self.play.as_ref().is_some_and(|play| *play.hold.borrow()),
            now: self.clock.now().to_string(),
            phones: self.phones.shown().await,
        })
    }

    async fn act(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(act) = read::<Act>(request) else { return refused(StatusCode::BAD_REQUEST, "not understood") };
        match self.phones.act(act).await {
            Ok(outcome) => json(&outcome),
            Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }

    fn playing(&self, plays: impl FnOnce(&Play) -> Response<Bytes>) -> Response<Bytes> {
        self.play.as_ref().map_or_else(|| refused(StatusCode::NOT_FOUND, ""), plays)
    }

    fn hold(&self, play: &Play, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(Hold { late }) = read(request) else { return refused(StatusCode::BAD_REQUEST, "not understood") };
        if play.hold.send_replace(late) != late {
            self.phones.tell_registry(late, self.clock.now());
        }
        json(&Now { now: self.clock.now().to_string() })
    }
}

fn forward(play: &Play, request: &Request<Bytes>) -> Response<Bytes> {
    match read::<Forward>(request).map(|forward| Duration::from_secs(forward.secs)) {
        Some(span) if span <= FORWARD_MAX => {
            let now = play.clock.now().plus(span);
            play.clock.set(now);
            json(&Now { now: now.to_string() })
        }
        _ => refused(StatusCode::BAD_REQUEST, "not understood"),
    }
}

/// Where a listener is reached from this machine.
pub fn url_of(listener: SocketAddr) -> String {
    let host = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, listener.port()))
}

/// Did our own page ask, or no browser at all? A name may point anywhere tomorrow; an address and `localhost` may not.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    let known = name == "localhost" || name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    known && matches!(site, None | Some(b"same-origin" | b"none"))
}

/// JSON that says it is JSON: a foreign page's form cannot.
fn read<T: DeserializeOwned>(request: &Request<Bytes>) -> Option<T> {
    let kind = request.headers().get(header::CONTENT_TYPE)?;
    (kind == "application/json").then(|| serde_json::from_slice(request.body()).ok()).flatten()
}

fn json(value: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(body) => reply("application/json", Bytes::from(body)),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, ""),
    }
}

fn refused(status: StatusCode, why: &str) -> Response<Bytes> {
    let mut response = reply("text/plain; charset=utf-8", Bytes::from(why.to_owned()));
    *response.status_mut() = status;
    response
}

fn reply(kind: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
