//! What a callback costs to read and answer, for every shipped profile: `cargo bench --bench channel`.
//!
//! The request is the first turn or message among each profile's own wire cases. It is parsed and given an answer for a while, several
//! times over; the best time counts, since what else the machine does only adds to it. One JSON line for each kind of body, with the slowest
//! profile named, and one for 1,000 channels made from scratch.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench measures time and stops where something is wrong"
)]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, Method};
use kentongan::channel::{Answer, ChannelSettings, HttpChannel, Inbound, Profile, Request};
use kentongan::clock::Timestamp;
use serde_json::Value;

/// Callbacks of one profile in a round.
const CALLBACKS: u32 = 2_000;
const ROUNDS: u32 = 15;
const CHANNELS: usize = 1_000;
const PAGE: &str = "DUKCAPIL MUBA - GRATIS\n1 Cek KTP\n2 Buat janji\n3 Info\n4 Lapor\n5 Petugas\n9 Bahasa";

fn main() {
    let mut kinds: BTreeMap<&str, Vec<(Duration, String)>> = BTreeMap::new();
    let mut unread = Vec::new();
    for (name, cases) in cases() {
        let profile = Profile::shipped(&name).unwrap().unwrap();
        match cases.iter().find_map(|case| Some((kind(case), took(&profile, case)?))) {
            Some((kind, took)) => kinds.entry(kind).or_default().push((took, name)),
            None if cases.is_empty() => {}
            None => unread.push(name),
        }
    }
    for (kind, mut all) in kinds {
        all.sort();
        let micros = |took: Duration| (took.as_secs_f64() * 1e8).round() / 100.0;
        let (median, (slowest, name)) = (all[all.len() / 2].0, all.last().unwrap());
        println!(
            "{}",
            serde_json::json!({"body": kind, "profiles": all.len(), "median_us": micros(median), "slowest_us": micros(*slowest), "slowest": name})
        );
    }
    println!("{}", serde_json::json!({"need_settings_of_their_own": unread}));
    println!("{}", serde_json::json!({"channels": CHANNELS, "made_in_ms": channels().as_millis()}));
}

/// The wire cases of each shipped profile.
fn cases() -> impl Iterator<Item = (String, Vec<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.into_iter().filter_map(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Profile::shipped(&name)?.ok()?;
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let all = files.iter().flat_map(|file| serde_json::from_slice::<Vec<Value>>(&fs::read(file).unwrap()).unwrap());
        Some((
            name,
            all.filter(|case| case["direction"] == "inbound" && matches!(case["expect"]["kind"].as_str(), Some("ussd" | "sms"))).collect(),
        ))
    })
}

fn kind(case: &Value) -> &'static str {
    let body = case["body"].as_str().unwrap_or_default();
    match body.trim_start().bytes().next() {
        None => "query",
        Some(b'{' | b'[') => "json",
        Some(b'<') => "xml",
        Some(_) => "form",
    }
}

/// The best time for one callback; `None` if this case needs settings of its own.
fn took(profile: &Profile, case: &Value) -> Option<Duration> {
    let channel = HttpChannel::new("uji", profile, ChannelSettings::open("uji")).ok()?;
    let method: Method = case["method"].as_str()?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        headers.insert(name.parse::<HeaderName>().ok()?, value.as_str()?.parse().ok()?);
    }
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let (path, query, body) = (text("path"), text("query"), text("body").as_bytes());
    let request = Request { method: &method, path, query, headers: &headers, body, peer: "10.0.0.1".parse().ok()? };
    let now = Timestamp::default();
    let answer = Answer { text: PAGE, release: false };
    channel.parse(&request, now).ok()?;
    let round = |_| {
        let began = Instant::now();
        for _ in 0..CALLBACKS {
            let received = channel.parse(black_box(&request), now).unwrap();
            black_box(match received.inbound {
                Inbound::Ussd(_) => channel.reply(&received, black_box(&answer)),
                _ => channel.reply_text(&received, black_box(Some(PAGE))),
            });
        }
        began.elapsed() / CALLBACKS
    };
    (0..ROUNDS).map(round).min()
}

/// Each from its profile's text, as if no two shared one.
fn channels() -> Duration {
    let names: Vec<String> = cases().map(|(name, _)| name).collect();
    let began = Instant::now();
    for (at, name) in names.iter().cycle().take(CHANNELS).enumerate() {
        let profile = Profile::shipped(name).unwrap().unwrap();
        // What a telco needs beside goes into the configuration; refused or not, the work is done.
        let _made = black_box(HttpChannel::new(format!("uji-{at}"), &profile, ChannelSettings::open(name)));
    }
    began.elapsed()
}
