//! A telco that speaks a little HTTP of its own, and does what telcos do: takes a message and says so, takes it and breaks the line, does
//! not take it and breaks the line, fails.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::channel::{ChannelSettings, HttpChannel, Profile};

pub(super) struct Telco {
    pub(super) name: &'static str,
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// 0: nothing goes wrong.
    dice: u64,
    /// Our ids of the messages that went on to a phone.
    received: Vec<String>,
    /// Times it broke the line after a request had come.
    broken: usize,
    breaks_next: bool,
    holds: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Does {
    Take,
    TakeAndBreak,
    Break,
    Answer(&'static str),
}

impl Telco {
    /// Does what it should not in four of ten cases, as `seed` has it; never with 0.
    pub(super) async fn start(name: &'static str, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { dice: seed, ..State::default() }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&shared);
                // A connection that breaks is what this is about.
                tokio::spawn(async move { serve(stream, &state).await.unwrap_or(()) });
            }
        });
        Self { name, port, state }
    }

    /// Nobody listens at its address.
    pub(super) async fn gone(name: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        Self { name, port, state }
    }

    pub(super) fn received(&self) -> Vec<String> {
        self.state.lock().unwrap().received.clone()
    }

    pub(super) fn broken(&self) -> usize {
        self.state.lock().unwrap().broken
    }

    /// Takes messages from now on and does not answer.
    pub(super) fn hold(&self) {
        self.state.lock().unwrap().holds = true;
    }

    pub(super) fn let_go(&self) {
        self.state.lock().unwrap().holds = false;
    }

    /// Takes the next message and breaks the line.
    pub(super) fn break_next(&self) {
        self.state.lock().unwrap().breaks_next = true;
    }

    pub(super) fn way(&self) -> Way {
        let profile = Profile::parse("uji.toml", PROFILE).unwrap();
        let mut settings = ChannelSettings::open("uji");
        settings.send_url = Some(format!("http://127.0.0.1:{}/send", self.port));
        Way::Http(Box::new(HttpChannel::new(self.name, &profile, settings).unwrap()))
    }
}

/// What this telco speaks: our id is the body of a request, its own all of an answer.
const PROFILE: &str = r#"
title = "Uji"

[acknowledgement]

[[callback]]
method = ["POST"]
path = "/"
body = "json"
meaning = "sms"
fields.from = "json:/from"
fields.text = "json:/text"

[send]
method = "POST"
query.to = "{to}"
query.text = "{text}"
headers.Content-Type = "text/plain"
body = "{id}"

[[send.answer]]
status = 202
means = "accepted"
id = "json:/id"

[[send.answer]]
status = 400
means = "never"
code = "no"

[[send.answer]]
status = 500
means = "later"
code = "error"
"#;

async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        let id = loop {
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n")
                && read.len() >= at + 4 + 16
            {
                let id = String::from_utf8_lossy(&read[at + 4..at + 20]).into_owned();
                read.drain(..at + 20);
                break id;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let does = state.lock().unwrap().next();
        if matches!(does, Does::Take | Does::TakeAndBreak) {
            state.lock().unwrap().received.push(id.clone());
        }
        while state.lock().unwrap().holds {
            clock::sleep(Duration::from_millis(1)).await;
        }
        match does {
            Does::Take => {
                let answer = format!("HTTP/1.1 202 Accepted\r\ncontent-length: 27\r\n\r\n{{\"id\":\"T-{id}\"}}");
                stream.write_all(answer.as_bytes()).await?;
            }
            Does::Answer(status) => {
                stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await?;
            }
            Does::TakeAndBreak | Does::Break => {
                state.lock().unwrap().broken += 1;
                return Ok(());
            }
        }
    }
}

impl State {
    fn next(&mut self) -> Does {
        if std::mem::take(&mut self.breaks_next) {
            return Does::TakeAndBreak;
        }
        if self.dice == 0 {
            return Does::Take;
        }
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        match self.dice % 20 {
            0..=11 => Does::Take,
            12 | 13 => Does::TakeAndBreak,
            14 | 15 => Does::Break,
            16..=18 => Does::Answer("500 Error"),
            _ => Does::Answer("400 No"),
        }
    }
}
