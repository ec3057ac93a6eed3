//! A gateway of tests: answers from a function, over real sockets.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: String,
}

impl Asked {
    /// A field of the form, still encoded.
    pub(super) fn field(&self, name: &str) -> &str {
        self.body.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
    }
}

/// Stops when dropped.
pub(super) struct Canned {
    pub(super) url: String,
    listening: AbortHandle,
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// `answer` gives status and body.
pub(super) async fn serve(answer: impl Fn(Asked) -> (u16, String) + Send + Sync + 'static) -> Canned {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    let accepting = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let answer = Arc::clone(&answer);
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let asked = Asked {
                            method: head.method.to_string(),
                            path: head.uri.to_string(),
                            body: String::from_utf8_lossy(&body).into_owned(),
                        };
                        let (status, body) = answer(asked);
                        let reply = hyper::Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap();
                        Ok::<_, Infallible>(reply)
                    }
                });
                // A client that goes away in the middle is a test's own business.
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Canned { url, listening: accepting.abort_handle() }
}
