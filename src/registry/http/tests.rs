//! Against a service on this machine that behaves as badly as it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::clock::Day;

/// What the service does with a question.
#[derive(Clone)]
enum Do {
    /// Sends these bytes and keeps the connection.
    Say(&'static str),
    /// Takes the question and never answers.
    Hang,
    /// Begins to answer and never ends.
    Stall,
    /// Answers with 100 MiB.
    Flood,
    Close,
    /// A good answer while the switch is on, else 500.
    Switch(Arc<AtomicBool>),
}

#[derive(Default)]
struct Seen {
    questions: AtomicUsize,
    connections: AtomicUsize,
    flooded: AtomicUsize,
    last: Mutex<String>,
}

impl Seen {
    fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

const FOUND: &str = "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"kode\":\"SFE\"}";
const ERROR: &str = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
const REDIRECT: &str = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
const FLOOD_BYTES: usize = 100 * 1024 * 1024;
const SECOND: Duration = Duration::from_secs(1);

async fn serve(what: Do) -> (Http, Arc<Seen>) {
    serve_with(what, "").await
}

async fn serve_with(what: Do, settings: &str) -> (Http, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let watched = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            seen.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(talk(stream, what.clone(), Arc::clone(&seen)));
        }
    });
    let toml = format!("url = \"http://{address}/ktp/{{nik}}?kk={{kk}}\"\nstatus = \"/kode\"\ntimeout_ms = 300\n{settings}");
    (Http::new(toml::from_str(&toml).unwrap()).unwrap(), watched)
}

async fn talk(mut stream: TcpStream, what: Do, seen: Arc<Seen>) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        seen.questions.fetch_add(1, Ordering::SeqCst);
        *seen.last.lock().unwrap() = String::from_utf8(std::mem::take(&mut head)).unwrap();
        let said = match &what {
            Do::Say(bytes) => bytes,
            Do::Hang => std::future::pending().await,
            Do::Stall => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{").await.unwrap();
                std::future::pending().await
            }
            Do::Flood => {
                stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {FLOOD_BYTES}\r\n\r\n").as_bytes()).await.unwrap();
                let chunk = vec![b' '; 64 * 1024];
                for _ in 0..FLOOD_BYTES / chunk.len() {
                    if stream.write_all(&chunk).await.is_err() {
                        return;
                    }
                    seen.flooded.fetch_add(chunk.len(), Ordering::SeqCst);
                }
                return;
            }
            Do::Close => return,
            Do::Switch(on) if on.load(Ordering::SeqCst) => FOUND,
            Do::Switch(_) => ERROR,
        };
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn look(http: &Http) -> Answer {
    let nik = Nik::parse("1606090101909999", Day::parse("2026-11-24").unwrap()).unwrap();
    http.look(nik, Some(KkDigits::parse("0042").unwrap()), SECOND).await
}

/// `found` and the status, or what else it was.
fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Found(entry) => entry.status.code(),
        Answer::Unknown => "unknown",
        Answer::Late => "late",
        Answer::Down => "down",
    }
}

#[tokio::test]
async fn every_reply_comes_to_an_answer() {
    for (what, expected) in [
        (Do::Say(FOUND), "SENT_FOR_ENROLLMENT"),
        (Do::Say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "unknown"),
        (Do::Say(ERROR), "down"),
        (Do::Say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "down"),
        (Do::Say("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n"), "down"),
        (Do::Say("HTTP/1.1 204 No Content\r\n\r\n"), "down"),
        (Do::Say(REDIRECT), "down"),
        (Do::Say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "down"),
        (Do::Say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"), "down"),
        (Do::Say("\u{1}\u{2}garbage\r\n\r\n"), "down"),
        (Do::Say("HTTP/1.1 200 OK\r\nContent-Length: 14\r\nContent-Length: 99\r\n\r\n{\"kode\":\"SFE\"}"), "down"),
        (Do::Close, "down"),
        (Do::Hang, "late"),
        (Do::Stall, "late"),
    ] {
        let (http, seen) = serve(what.clone()).await;
        let began = clock::monotonic();
        assert_eq!(name(&look(&http).await), expected, "{}", matches!(what, Do::Say(_)));
        assert!(began.elapsed() < SECOND, "{expected}");
        assert_eq!(seen.questions(), 1, "{expected}: asked more than once, or a redirect followed");
    }
}

#[tokio::test]
async fn nobody_there_is_down_at_once() {
    let (http, _) = serve(Do::Close).await;
    let dead = "url = \"http://127.0.0.1:1/{nik}/{kk}\"\nstatus = \"/kode\"";
    let nobody = Http::new(toml::from_str(dead).unwrap()).unwrap();
    assert_eq!(name(&look(&nobody).await), "down");
    assert!(!http.is_down() && !nobody.is_down());
}

#[tokio::test]
async fn the_question_is_as_configured_and_the_time_given_is_kept() {
    let (http, seen) = serve(Do::Say(FOUND)).await;
    look(&http).await;
    let question = seen.last.lock().unwrap().to_lowercase();
    assert!(question.starts_with("get /ktp/1606090101909999?kk=0042 http/1.1\r\n"), "{question}");
    assert!(question.contains("\r\naccept: application/json\r\n"));

    let (slow, _) = serve(Do::Hang).await;
    let nik = Nik::parse("1606090101909999", Day::parse("2026-11-24").unwrap()).unwrap();
    let began = clock::monotonic();
    assert_eq!(slow.look(nik, None, Duration::from_millis(50)).await, Answer::Late);
    assert!(began.elapsed() < Duration::from_millis(250), "the time given is shorter than that of the settings");
}

#[tokio::test]
async fn a_header_carries_its_secret() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "Bearer abc\n").unwrap();
    let settings = format!("header = {{ name = \"Authorization\", value_file = {:?} }}", secret.path());
    let (http, seen) = serve_with(Do::Say(FOUND), &settings).await;
    look(&http).await;
    assert!(seen.last.lock().unwrap().contains("authorization: Bearer abc\r\n"));
    assert!(!format!("{http:?}").contains("abc"));
}

#[tokio::test]
async fn connections_are_used_again() {
    let (http, seen) = serve(Do::Say(FOUND)).await;
    for _ in 0..10 {
        assert_eq!(name(&look(&http).await), "SENT_FOR_ENROLLMENT");
    }
    assert_eq!((seen.questions(), seen.connections.load(Ordering::SeqCst)), (10, 1));
}

#[tokio::test]
async fn a_flood_is_cut() {
    let (http, seen) = serve(Do::Flood).await;
    assert_eq!(name(&look(&http).await), "down");
    clock::sleep(Duration::from_millis(50)).await;
    let sent = seen.flooded.load(Ordering::SeqCst);
    // The rest is what the two sockets hold.
    assert!(sent < FLOOD_BYTES / 5, "{sent} bytes were taken");
}

#[tokio::test]
async fn a_dead_service_is_left_alone_and_found_again() {
    let alive = Arc::new(AtomicBool::new(false));
    let (http, seen) = serve(Do::Switch(Arc::clone(&alive))).await;
    let probe_every = Duration::from_millis(100);
    let http = Http { breaker: Mutex::new(Breaker::new(Settings { probe_every, ..Settings::default() })), ..http };
    for _ in 0..50 {
        assert_eq!(name(&look(&http).await), "down");
    }
    assert!(http.is_down());
    let asked = seen.questions();
    assert!((10..=12).contains(&asked), "{asked} questions");
    alive.store(true, Ordering::SeqCst);
    clock::sleep(probe_every * 2).await;
    assert_eq!(name(&look(&http).await), "SENT_FOR_ENROLLMENT");
    assert!(!http.is_down());
}

#[tokio::test]
async fn a_probe_given_up_half_way_does_not_shut_the_service_out() {
    let (http, _) = serve(Do::Hang).await;
    let settings = Settings { failures_to_open: 1, probe_every: Duration::from_millis(20) };
    let http = Http { breaker: Mutex::new(Breaker::new(settings)), ..http };
    let nik = Nik::parse("1606090101909999", Day::parse("2026-11-24").unwrap()).unwrap();
    for round in 0..3 {
        // The turn goes away before its time is over.
        assert!(clock::within(Duration::from_millis(30), http.look(nik, None, SECOND)).await.is_none(), "round {round} was refused");
        clock::sleep(Duration::from_millis(40)).await;
    }
}

#[tokio::test]
async fn odd_questions_do_not_shut_others_out() {
    let (http, _) = serve(Do::Say("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")).await;
    for _ in 0..20 {
        assert_eq!(name(&look(&http).await), "down");
    }
    assert!(!http.is_down());
}

#[tokio::test]
async fn waiting_for_a_slot_is_no_failure_of_the_service() {
    let (http, seen) = serve(Do::Say(FOUND)).await;
    let all = http.slots.acquire_many(u32::try_from(IN_FLIGHT_MAX).unwrap()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(look(&http).await, Answer::Late);
    }
    assert_eq!(seen.questions(), 0);
    drop(all);
    assert_eq!(name(&look(&http).await), "SENT_FOR_ENROLLMENT");
}

#[tokio::test]
async fn a_flapping_service_is_not_stormed_and_nothing_false_is_said() {
    let alive = Arc::new(AtomicBool::new(true));
    let (http, seen) = serve(Do::Switch(Arc::clone(&alive))).await;
    let mut calls = 0;
    for round in 0..10 {
        alive.store(round % 2 == 0, Ordering::SeqCst);
        for _ in 0..8 {
            let answer = look(&http).await;
            calls += 1;
            let expected = if round % 2 == 0 { "SENT_FOR_ENROLLMENT" } else { "down" };
            assert_eq!(name(&answer), expected, "round {round}");
        }
    }
    assert!(seen.questions() * 10 <= calls * 11, "{} questions for {calls} calls", seen.questions());
}
