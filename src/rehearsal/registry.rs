//! What the registry of a transcript knows, and a look-up service over HTTP that may be told to keep silent.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::registry::HttpSettings;

/// A person's row, by NIK. Clones share the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<String, Row>,
    /// The HTTP service answers.
    answers: bool,
}

#[derive(Clone, Debug)]
struct Row {
    kk4: String,
    status: String,
    day: String,
    place: String,
}

impl Rows {
    /// `NIK KK4 STATUS DAY PLACE`; day and place may be missing. What was known of the person is replaced.
    pub(super) fn set(&self, row: &str) {
        let mut words = row.splitn(5, ' ').map(str::to_owned);
        let mut word = || words.next().unwrap_or_default();
        let (nik, row) = (word(), Row { kk4: word(), status: word(), day: word(), place: word() });
        self.state().rows.insert(nik, row);
    }

    pub(super) fn answer(&self, answers: bool) {
        self.state().answers = answers;
    }

    /// The office's export.
    pub(super) fn export(&self) -> String {
        let mut csv = String::from("nik,kk4,status,tanggal,tempat\n");
        for (nik, row) in &self.state().rows {
            csv.push_str(&format!("{nik},{},{},{},{}\n", row.kk4, row.status, row.day, row.place));
        }
        csv
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None: keeps silent.
    fn reply(&self, path: &str) -> Option<(StatusCode, String)> {
        let state = self.state();
        if !state.answers {
            return None;
        }
        let Some(row) = state.rows.get(path.trim_start_matches("/ktp/")) else { return Some((StatusCode::NOT_FOUND, String::new())) };
        let body = serde_json::json!({"status": row.status, "kk": row.kk4, "tanggal": row.day, "tempat": row.place});
        Some((StatusCode::OK, body.to_string()))
    }
}

/// Serves the rows over HTTP until the guard is dropped.
pub(super) async fn serve(rows: Rows) -> std::io::Result<(HttpSettings, oneshot::Sender<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let settings = settings(listener.local_addr()?.port());
    let (guard, dropped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let serving = async {
            while let Ok((stream, _)) = listener.accept().await {
                let rows = rows.clone();
                let service = service_fn(move |request| respond(rows.clone(), request));
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        };
        tokio::select! {
            () = serving => {}
            _ = dropped => {}
        }
    });
    Ok((settings, guard))
}

/// An address at which nobody listens.
pub(super) async fn nobody() -> std::io::Result<HttpSettings> {
    let closed = TcpListener::bind(("127.0.0.1", 0)).await?;
    Ok(settings(closed.local_addr()?.port()))
}

fn settings(port: u16) -> HttpSettings {
    HttpSettings {
        url: format!("http://127.0.0.1:{port}/ktp/{{nik}}"),
        header: None,
        found: None,
        status: "/status".to_owned(),
        date: Some("/tanggal".to_owned()),
        place: Some("/tempat".to_owned()),
        kk4: Some("/kk".to_owned()),
        nik: None,
        status_map: BTreeMap::new(),
        // Long enough for an answer on this machine, short enough for a thousand rehearsals.
        timeout_ms: 300,
    }
}

async fn respond(rows: Rows, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let Some((status, body)) = rows.reply(request.uri().path()) else { return std::future::pending().await };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    Ok(response)
}
