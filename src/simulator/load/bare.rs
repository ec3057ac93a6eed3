//! Both ends of the comparison: a server that only answers, and callers that only ask.

use std::convert::Infallible;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::Plan;
use super::report::Tally;
use crate::clock::{self, Instant};
use crate::simulator::Error;
use crate::simulator::client::Connection;
use crate::simulator::handset::{exchange, fresh_dialogue_id};
use crate::simulator::telco::Dialogue;

/// As long as a main menu.
const PAGE: &[u8] = b"CON DUKCAPIL MUBA - GRATIS\n1 Cek KTP\n2 Buat janji\n3 Info & belajar\n4 Lapor keluhan\n5 Bicara petugas\n9 Bahasa";

/// Answers every request with one page. Ends only by being dropped, or when the listener breaks.
pub async fn serve_bare(listener: TcpListener) -> Result<(), Error> {
    loop {
        let (stream, _) = listener.accept().await.map_err(Error::Broken)?;
        stream.set_nodelay(true).map_err(Error::Broken)?;
        tokio::spawn(async move {
            // A caller that goes away is no news here.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // A gateway reads what it is asked, so this does too.
    let read = request.into_body().collect().await;
    let mut reply = Response::new(Full::new(Bytes::from_static(PAGE)));
    if read.is_err() {
        *reply.status_mut() = hyper::StatusCode::BAD_REQUEST;
    }
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(reply)
}

/// The same begin over and over until `until`.
pub(super) async fn call(plan: &Plan, until: Instant) -> Result<Tally, Error> {
    let mut tally = Tally::new()?;
    let mut connection = Connection::new(plan.address.clone());
    let number = format!("+62812000{:05}", plan.next.fetch_add(1, Ordering::Relaxed));
    let mut request = Vec::new();
    Dialogue::dial(plan.telco, fresh_dialogue_id(plan.telco)?, &number, "*123#", &plan.code)?.write_turn(&plan.place, &mut request);
    loop {
        let begun = clock::monotonic();
        if begun >= until {
            return Ok(tally);
        }
        match exchange(&mut connection, &request).await {
            Ok(_) => tally.turn(clock::monotonic().duration_since(begun)),
            Err(error) => {
                *tally.errors.entry(error.kind().to_owned()).or_default() += 1;
                return Ok(tally);
            }
        }
    }
}
