//! The HTTP edge from outside: what it refuses, how long it waits, how it stops.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kentongan::gateway;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::house::House;

struct Edge {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

async fn edge() -> Edge {
    let gateway = House::gateway(12).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(gateway::run(gateway, vec![listener.into()], async move {
        let _stopped = stopped.await;
    }));
    Edge { address, stop, running }
}

/// Sends raw bytes and reads until the other side closes, or until a whole reply with a length is there.
async fn talk(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_reply(&mut stream).await
}

async fn read_reply(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let n = stream.read(&mut chunk).await.unwrap_or(0);
        got.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&got).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            head.to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .is_some_and(|len: usize| body.len() >= len)
        });
        if n == 0 || whole {
            return text;
        }
    }
}

fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const DIAL: &str = "sessionId=s1&serviceCode=*123#&phoneNumber=+6281200000001&networkCode=51010&text=";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_callback_is_refused_without_echo() {
    let edge = edge().await;
    let long = "x".repeat(9 * 1024);
    let uri = format!("/in/africastalking?{}", "y".repeat(9 * 1024));
    for (label, bytes, status) in [
        ("a callback", post("/in/africastalking", DIAL), "200"),
        ("no such channel", post("/in/nobody", DIAL), "404"),
        ("no such route", post("/admin", ""), "404"),
        ("no number", post("/in/africastalking", "sessionId=s1&text=rahasia"), "400"),
        ("a broken number", post("/in/africastalking", "sessionId=s1&phoneNumber=rahasia&text="), "400"),
        ("too long a body", post("/in/africastalking", &long), "413"),
        ("too long an address", post(&uri, DIAL), "414"),
        ("a method of no use", post("/in/africastalking", DIAL).iter().copied().skip(4).collect::<Vec<_>>(), "400"),
        ("no demo routes in earnest", b"GET /sim/api/citizens HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "404"),
        ("alive", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "200"),
        ("ready", b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "200"),
    ] {
        let reply = talk(edge.address, &bytes).await;
        let got = reply.split(' ').nth(1).unwrap_or_default();
        assert_eq!(got, status, "{label}: {reply}");
        assert!(!reply.contains("rahasia"), "{label}: {reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_byte_by_byte_is_sent_away_while_others_are_served() {
    let edge = edge().await;
    let started = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        stream.write_all(b"POST /in/africastalking HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
    }
    let mut half = TcpStream::connect(edge.address).await.unwrap();
    half.write_all(b"POST /in/africastalking HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nsessionId=").await.unwrap();
    assert!(talk(edge.address, &post("/in/africastalking", DIAL)).await.contains("CON "));
    let reply = read_reply(&mut half).await;
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
    for mut stream in slow {
        read_reply(&mut stream).await;
    }
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_answers_what_is_under_way() {
    let edge = edge().await;
    let mut idle = TcpStream::connect(edge.address).await.unwrap();
    let mut busy = TcpStream::connect(edge.address).await.unwrap();
    let bytes = post("/in/africastalking", DIAL);
    busy.write_all(&bytes[..bytes.len() - 5]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    edge.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    busy.write_all(&bytes[bytes.len() - 5..]).await.unwrap();
    assert!(read_reply(&mut busy).await.contains("CON DUKCAPIL"), "a turn under way is answered");
    assert_eq!(read_reply(&mut idle).await, "", "an idle connection is closed");
    let started = Instant::now();
    edge.running.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(TcpStream::connect(edge.address).await.is_err(), "nobody listens any more");
}
