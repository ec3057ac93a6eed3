//! A bad aggregator that speaks as Kannel does: takes messages for phones and says so, breaks the line before or after it took one, is
//! busy, is late; and brings delivery reports early, twice, out of order. It keeps its own book of what each phone got.
//!
//! ```text
//! GET /cgi-bin/sendsms?username=…&password=…&to=6281200000001&text=…&dlr-mask=31&dlr-url=http%3A…%3Fid%3D00c0…%26type%3D%25d HTTP/1.1
//! HTTP/1.1 202 Accepted                     0: Accepted for delivery
//! GET /in/kannel/receipt?id=00c0…&type=1    (8: the network has it, 1: delivered, 2: not delivered)
//! ```

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::random::Random;
use crate::wire;

/// What happens to requests, in percent: the line breaks before one is taken, or after; busy; taken, and told so late that nobody waits.
const DROPPED: u64 = 5;
const TAKEN_AND_DROPPED: u64 = 8;
const BUSY: u64 = 5;
const LATE: u64 = 1;
/// Longer than any gateway waits for an answer.
const LATE_BY: Duration = Duration::from_secs(12);
/// What happens to the reports on a message that was taken, in percent.
const UNREPORTED: u64 = 20;
const UNDELIVERED: u64 = 10;
const EARLY: u64 = 25;
const TWICE: u64 = 20;
const OUT_OF_ORDER: u64 = 20;
/// How long a report that is not early takes, in milliseconds.
const REPORT_MS: (u64, u64) = (1, 800);
/// How long an early report has before the answer is given.
const HEAD_START: Duration = Duration::from_millis(5);
const RETRY: Duration = Duration::from_millis(50);
/// Longest head of a request.
const HEAD_MAX: usize = 16 << 10;

/// A message that was taken for a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The gateway's id of it.
    pub id: String,
    pub to: String,
    pub text: String,
    pub at: Instant,
    /// When the gateway had the whole answer; none: it never got one.
    pub told: Option<Instant>,
}

/// What the gateway acknowledged to have heard of a message: the words that are final, in order.
pub type Reports = HashMap<String, Vec<Word>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Delivered,
    Failed,
}

/// Listens until the process ends.
#[derive(Debug)]
pub struct Aggregator {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    gateway: u16,
    random: Mutex<Random>,
    handed: Mutex<Vec<Handed>>,
    reports: Mutex<Reports>,
    /// Reports that are still to be brought.
    owed: AtomicU64,
    /// Requests that broke, were busy or late.
    spoilt: AtomicU64,
    sound: AtomicBool,
}

impl Aggregator {
    /// `gateway`: the port to which reports are brought.
    pub fn start(gateway: u16, random: Random) -> Result<Aggregator, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| format!("the aggregator: {e}"))?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let shared = Arc::new(Shared {
            gateway,
            random: Mutex::new(random),
            handed: Mutex::default(),
            reports: Mutex::default(),
            owed: AtomicU64::new(0),
            spoilt: AtomicU64::new(0),
            sound: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                // A connection that breaks is the gateway's affair, or our own doing.
                thread::spawn(move || serve(&shared, stream).unwrap_or(()));
            }
        });
        Ok(Aggregator { port, shared })
    }

    /// No more faults from now on.
    pub fn mend(&self) {
        self.shared.sound.store(true, Ordering::Relaxed);
    }

    /// What was taken for phones, in order.
    pub fn handed(&self) -> Vec<Handed> {
        lock(&self.shared.handed).clone()
    }

    /// The first message for a phone from place `from` of [`Aggregator::handed`] on, and the place after it.
    pub fn next_to(&self, number: &str, from: usize) -> Option<(usize, String)> {
        let all = lock(&self.shared.handed);
        let found = all.iter().enumerate().skip(from).find(|(_, one)| number.ends_with(&one.to))?;
        Some((found.0 + 1, found.1.text.clone()))
    }

    /// For whom, and what, was taken from place `from` of [`Aggregator::handed`] on; `from` then stands behind it.
    pub fn since(&self, from: &mut usize) -> Vec<(String, String)> {
        let all = lock(&self.shared.handed);
        let found = all.iter().skip(*from).map(|one| (one.to.clone(), one.text.clone())).collect();
        *from = all.len();
        found
    }

    pub fn count(&self) -> usize {
        lock(&self.shared.handed).len()
    }

    pub fn reports(&self) -> Reports {
        lock(&self.shared.reports).clone()
    }

    pub fn owes(&self) -> bool {
        self.shared.owed.load(Ordering::Relaxed) > 0
    }

    pub fn spoilt(&self) -> u64 {
        self.shared.spoilt.load(Ordering::Relaxed)
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Taken,
    TakenAndDropped,
    TakenAndLate,
    Busy,
    Dropped,
}

impl Shared {
    fn fate(&self) -> Fate {
        if self.sound.load(Ordering::Relaxed) {
            return Fate::Taken;
        }
        let mut dice = lock(&self.random).below(100);
        for (percent, fate) in
            [(DROPPED, Fate::Dropped), (TAKEN_AND_DROPPED, Fate::TakenAndDropped), (BUSY, Fate::Busy), (LATE, Fate::TakenAndLate)]
        {
            if dice < percent {
                self.spoilt.fetch_add(1, Ordering::Relaxed);
                return fate;
            }
            dice -= percent;
        }
        Fate::Taken
    }
}

fn serve(shared: &Arc<Shared>, mut stream: TcpStream) -> io::Result<()> {
    let mut input = Vec::new();
    while let Some(target) = request(&mut stream, &mut input)? {
        let fate = shared.fate();
        match fate {
            Fate::Dropped => return Ok(()),
            Fate::Busy => {
                answer(&mut stream, "503 Service Unavailable", "Temporal failure, try again later.")?;
                continue;
            }
            Fate::Taken | Fate::TakenAndDropped | Fate::TakenAndLate => {}
        }
        let Some((handed, dlr)) = read_message(&target) else {
            answer(&mut stream, "400 Bad Request", "Invalid")?;
            continue;
        };
        let id = handed.id.clone();
        let place = {
            let mut all = lock(&shared.handed);
            all.push(handed);
            all.len() - 1
        };
        report(shared, id, dlr);
        match fate {
            Fate::TakenAndDropped => return Ok(()),
            Fate::TakenAndLate => thread::sleep(LATE_BY),
            Fate::Busy | Fate::Dropped | Fate::Taken => {}
        }
        answer(&mut stream, "202 Accepted", "0: Accepted for delivery")?;
        if fate == Fate::Taken
            && is_there(&stream)?
            && let Some(handed) = lock(&shared.handed).get_mut(place)
        {
            handed.told = Some(Instant::now());
        }
    }
    Ok(())
}

/// Whether somebody hears the answer. A gateway that was killed before its request was read here has closed its end.
fn is_there(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let is_there = match stream.peek(&mut [0]) {
        Ok(bytes) => bytes > 0,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false)?;
    Ok(is_there)
}

/// The target of the next request; none when the connection ends.
fn request(stream: &mut TcpStream, input: &mut Vec<u8>) -> io::Result<Option<String>> {
    loop {
        if let Some(end) = input.windows(4).position(|w| w == b"\r\n\r\n") {
            let head: Vec<u8> = input.drain(..end + 4).collect();
            let line = String::from_utf8_lossy(&head);
            return Ok(line.split(' ').nth(1).map(str::to_owned));
        }
        let mut piece = [0_u8; 4096];
        let n = stream.read(&mut piece)?;
        if n == 0 || input.len() > HEAD_MAX {
            return Ok(None);
        }
        input.extend_from_slice(piece.get(..n).unwrap_or_default());
    }
}

fn answer(stream: &mut TcpStream, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes())
}

/// The message, and the path for its reports with `%d` where the word belongs.
fn read_message(target: &str) -> Option<(Handed, String)> {
    let query = target.strip_prefix("/cgi-bin/sendsms?")?;
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(unescape);
    let dlr = field("dlr-url")?;
    let path = dlr.find("/in/").and_then(|at| dlr.get(at..))?.to_owned();
    let id = path.split(['?', '&']).find_map(|pair| pair.strip_prefix("id="))?.to_owned();
    let handed = Handed { id, to: field("to")?, text: field("text")?, at: Instant::now(), told: None };
    (field("username")? == "oracle" && field("password")? == "sandi").then_some((handed, path))
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
        bytes.push(match byte {
            b'%' => digit() * 16 + digit(),
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Brings the reports on a message: some before the answer to it, the others later.
fn report(shared: &Arc<Shared>, id: String, dlr: String) {
    let gateway = shared.gateway;
    let mut random = lock(&shared.random);
    if random.percent(UNREPORTED) {
        return;
    }
    let last = if random.percent(UNDELIVERED) { 2 } else { 1 };
    let mut words = vec![8, last];
    if random.percent(TWICE) {
        words.push(last);
    }
    if random.percent(OUT_OF_ORDER) {
        words.reverse();
    }
    let early = random.percent(EARLY);
    let pause = Duration::from_millis(random.between(REPORT_MS.0, REPORT_MS.1));
    drop(random);
    shared.owed.fetch_add(1, Ordering::Relaxed);
    let bringing = Arc::clone(shared);
    thread::spawn(move || {
        if !early {
            thread::sleep(pause);
        }
        for word in words {
            let path = dlr.replace("%d", &word.to_string());
            // Until it is acknowledged, over as many kills as it takes.
            while !matches!(wire::get(gateway, &path), Ok((200..=299, _))) {
                thread::sleep(RETRY);
            }
            let word = match word {
                1 => Word::Delivered,
                2 => Word::Failed,
                _ => continue,
            };
            lock(&bringing.reports).entry(id.clone()).or_default().push(word);
        }
        bringing.owed.fetch_sub(1, Ordering::Relaxed);
    });
    if early {
        thread::sleep(HEAD_START);
    }
}

/// What was done with a lock cannot harm a list.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_with_the_way_back_for_its_reports() {
        let dlr = "dlr-url=http%3A%2F%2F127.0.0.1%3A9%2Fin%2Fkannel%2Freceipt%3Fid%3D00c0%26type%3D%25d";
        let target =
            format!("/cgi-bin/sendsms?username=oracle&password=sandi&to=6281200000001&text=Kode+K4821735%0ABawa%20KK&dlr-mask=31&{dlr}");
        let (handed, path) = read_message(&target).unwrap();
        assert_eq!((handed.id.as_str(), handed.to.as_str(), handed.text.as_str()), ("00c0", "6281200000001", "Kode K4821735\nBawa KK"));
        assert_eq!(path, "/in/kannel/receipt?id=00c0&type=%d");
        assert!(read_message(&target.replace("sandi", "salah")).is_none());
        assert!(read_message("/").is_none());
    }

    #[test]
    fn who_is_gone_hears_no_answer() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (here, _) = listener.accept().unwrap();
        assert!(is_there(&here).unwrap());
        drop(there);
        thread::sleep(Duration::from_millis(50));
        assert!(!is_there(&here).unwrap());
    }

    #[test]
    fn every_fate_comes_and_a_mended_aggregator_takes_all() {
        let aggregator = Aggregator::start(9, Random::new(1)).unwrap();
        let fates: Vec<_> = (0..2_000).map(|_| aggregator.shared.fate()).collect();
        for fate in [Fate::Taken, Fate::TakenAndDropped, Fate::TakenAndLate, Fate::Busy, Fate::Dropped] {
            assert!(fates.contains(&fate), "{fate:?}");
        }
        aggregator.mend();
        assert!((0..200).all(|_| aggregator.shared.fate() == Fate::Taken));
    }
}
