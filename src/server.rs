//! The HTTP edge: our own accept loop on hyper, so that every limit is ours.
//!
//! | route | for |
//! |---|---|
//! | `/in/CHANNEL…` | a telco's callbacks, matched before anything else |
//! | `/livez` | is the process up |
//! | `/readyz` | can it serve: each part, and which menu is in force |
//! | `/metrics` | for Prometheus |
//! | `/sim…` | the phone in the browser, its messages, and the demo's fake citizens; only where a [`Desk`] is mounted |
//!
//! A listener has one side of these or both, see [`Side`].

mod callback;
pub mod desk;
mod health;
mod limits;
mod metrics;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use crate::channel::{HttpChannel, Nonces, Reply};
use crate::clock::{self, Instant};
use crate::due;
use crate::outbox::Outbox;
use crate::service::appointment;
use crate::store::Draft;
use crate::tls::Acceptor;
use crate::turn::{Deadline, Turns};
pub use desk::Desk;
pub use health::{Health, Part, State};
use limits::{BODY_BYTES_MAX, BODY_TIME_MAX, DRAIN_MAX, Doors, HANDSHAKE_MAX, HEAD_BYTES_MAX, HEAD_TIME_MAX, HEADERS_MAX, URI_BYTES_MAX};
pub use metrics::Taken;
use metrics::{ChannelMetrics, Format, Metrics, Moment};

/// Which routes a listener has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// All but those below `/sim`.
    Telcos,
    /// Those below `/sim`, and the callbacks that the phone's telco makes.
    Phone,
    /// The demo's.
    Both,
}

/// What the listeners serve.
#[derive(Debug)]
pub struct Server {
    turns: Arc<Turns>,
    outbox: Arc<Outbox>,
    ports: HashMap<String, Port>,
    metrics: Metrics,
    desk: Option<Desk>,
    began: Instant,
}

/// Where connections come in, in clear or under TLS.
#[derive(Debug)]
pub struct Listener {
    pub tcp: TcpListener,
    pub tls: Option<Acceptor>,
    pub side: Side,
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None, side: Side::Both }
    }
}

/// A channel with its counters, resolved once.
#[derive(Debug)]
struct Port {
    channel: HttpChannel,
    metrics: ChannelMetrics,
    nonces: Mutex<Nonces>,
    deadline: Mutex<Deadline>,
}

impl Port {
    fn deadline(&self) -> MutexGuard<'_, Deadline> {
        // What is learnt of a telco stays usable whatever became of who last held it.
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    pub fn new(turns: Arc<Turns>, outbox: Arc<Outbox>, channels: Vec<HttpChannel>, desk: Option<Desk>) -> Self {
        let mut metrics = Metrics::new(turns.store());
        let ports = channels
            .into_iter()
            .map(|channel| {
                let counters = metrics.channel(&channel.name);
                let deadline = Mutex::new(Deadline::new(channel.waits()));
                (channel.name.clone(), Port { channel, metrics: counters, nonces: Mutex::default(), deadline })
            })
            .collect();
        Self { turns, outbox, ports, metrics, desk, began: clock::monotonic() }
    }

    pub fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Accepts until `stop`, then lets the turns under way end, for at most ten seconds.
    pub async fn run(self: Arc<Self>, Listener { tcp, tls, side }: Listener, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let doors = Doors::new();
        let mut http = http1::Builder::new();
        // Without a timer hyper's header time-out is silently off.
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX).max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX);
        tokio::pin!(stop);
        loop {
            // A place first, then the connection: who finds no place waits in the backlog and costs nothing.
            let place = tokio::select! {
                place = doors.place() => place,
                () = &mut stop => break,
            };
            let (stream, peer) = tokio::select! {
                accepted = tcp.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file handles, most likely: waiting is better than spinning.
                        tracing::warn!(%error, "accept failed");
                        clock::sleep(limits::ACCEPT_PAUSE).await;
                        continue;
                    }
                },
                () = &mut stop => break,
            };
            let Some(seat) = doors.seat(place, peer.ip()) else { continue };
            // A reply is one small packet; waiting to fill it would only cost the citizen time.
            let _best_effort = stream.set_nodelay(true);
            let (server, http, tls, watcher) = (Arc::clone(&self), http.clone(), tls.clone(), graceful.watcher());
            tokio::spawn(async move {
                match tls {
                    None => server.serve(&http, watcher, stream, side, peer.ip()).await,
                    // Who does not shake hands in time, or may not come in, is gone; every such try costs a line at most at debug level.
                    Some(tls) => match clock::within(HANDSHAKE_MAX, tls.accept(stream)).await {
                        Some(Ok(stream)) => server.serve(&http, watcher, stream, side, peer.ip()).await,
                        Some(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
                        None => tracing::debug!("no TLS handshake in time"),
                    },
                }
                drop(seat);
            });
        }
        drop(tcp);
        if clock::within(DRAIN_MAX, graceful.shutdown()).await.is_none() {
            tracing::warn!("some connections did not end in time");
        }
    }

    /// One connection to its end.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self: Arc<Self>,
        http: &http1::Builder,
        watcher: Watcher,
        stream: S,
        side: Side,
        peer: IpAddr,
    ) {
        let service = service_fn(move |request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, Infallible>(server.handle(request, side, peer).await) }
        });
        // A connection that ends badly is the peer's affair; its turns were answered or will be repeated.
        let _ended = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
    }

    async fn handle(&self, request: Request<Incoming>, side: Side, peer: IpAddr) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > URI_BYTES_MAX) {
            return plain(StatusCode::URI_TOO_LONG, "");
        }
        let is_phone = path == "/sim" || path.starts_with("/sim/");
        let is_here = match side {
            Side::Telcos => !is_phone,
            Side::Phone => is_phone || path.starts_with("/in/"),
            Side::Both => true,
        };
        if !is_here {
            return plain(StatusCode::NOT_FOUND, "");
        }
        if let Some(rest) = path.strip_prefix("/in/") {
            let name = rest.split('/').next().unwrap_or_default();
            return match self.ports.get(name) {
                Some(port) => self.callback(port, name.len(), request, peer).await,
                None => plain(StatusCode::NOT_FOUND, ""),
            };
        }
        match (request.method(), path) {
            (&Method::GET, "/livez") => plain(StatusCode::OK, "ok\n"),
            (&Method::GET, "/readyz") => self.readiness().await,
            (&Method::GET, "/metrics") => self.metrics_page(request.headers().get(header::ACCEPT)).await,
            _ => match &self.desk {
                Some(desk) if is_phone => {
                    let (head, body) = request.into_parts();
                    match read_body(body, BODY_BYTES_MAX).await {
                        Ok(body) => desk.answer(&self.turns, Request::from_parts(head, body)).await,
                        Err(status) => plain(status, ""),
                    }
                }
                _ => plain(StatusCode::NOT_FOUND, ""),
            },
        }
    }

    async fn readiness(&self) -> Response<Full<Bytes>> {
        let health = self.health().await;
        let menu = self.turns.menus().in_force();
        let mut facts = health.json();
        facts["menu"] = serde_json::json!({ "version": menu.menu.name(), "since": menu.since.to_string() });
        let mut response = json(Bytes::from(facts.to_string()));
        *response.status_mut() = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        response
    }

    /// What came in by each channel since the start, in the order of their names.
    pub fn taken(&self) -> Vec<Taken> {
        let within = |port: &Port| port.channel.has_dialogues().then(|| port.deadline().within(self.mono()));
        let mut all: Vec<_> = self.ports.values().map(|port| port.metrics.taken(&port.channel.name, within(port))).collect();
        all.sort_by(|one, other| one.channel.cmp(&other.channel));
        all
    }

    /// Since the start.
    fn mono(&self) -> Duration {
        clock::monotonic().saturating_duration_since(self.began)
    }

    async fn metrics_page(&self, accept: Option<&HeaderValue>) -> Response<Full<Bytes>> {
        // A store that cannot be read is told of elsewhere.
        let due = due::figures(&self.turns).await.unwrap_or_default();
        let (office, now) = (self.turns.office(), self.turns.clock().now());
        let seats = appointment::seats(office, &Draft::new(self.turns.store()), now).await.unwrap_or_default();
        let disk_days_left = due::days_left(self.turns.store()).await.unwrap_or_default();
        let (outbox, health) = (self.outbox.figures(), self.health().await);
        let is_open = accept.and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("application/openmetrics-text"));
        let format = if is_open { Format::OpenMetrics } else { Format::Plain };
        let taken = self.taken();
        let moment = Moment { turns: &self.turns, taken: &taken, due: &due, outbox: &outbox, health: &health, seats, disk_days_left };
        let mut response = plain(StatusCode::OK, "");
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        *response.body_mut() = Full::new(Bytes::from(self.metrics.page(format, &moment)));
        response
    }
}

/// A body within its limits of size and time.
async fn read_body(body: Incoming, bytes_max: usize) -> Result<Bytes, StatusCode> {
    match clock::within(BODY_TIME_MAX, Limited::new(body, bytes_max).collect()).await {
        Some(Ok(body)) => Ok(body.to_bytes()),
        Some(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Some(Err(_)) => Err(StatusCode::BAD_REQUEST),
        None => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(reply.headers.iter().cloned());
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn json(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
