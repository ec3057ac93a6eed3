//! The phone in the browser, as its page asks for it: what was done there plays again as a transcript, and in earnest it shows nothing
//! of anybody.

use std::sync::Arc;
use std::time::Duration;

use kentongan::clock::{Clock, Timestamp};
use kentongan::config::Config;
use kentongan::demo::{self, People};
use kentongan::server::{Desk, Listener, Side};
use kentongan::service::Registry;
use kentongan::simulator::Telco;
use kentongan::simulator::client::{Address, Connection};
use kentongan::simulator::transcript::{self, Mode};
use kentongan::store::Store;
use kentongan::store::seal::Keys;
use kentongan::{gateway, rehearsal};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::broken_configs;

/// The demo with its page, on a store in memory. The sender keeps it running.
async fn played(seats: u16) -> (Connection, oneshot::Sender<()>) {
    let clock = Clock::running_from(Timestamp::parse("2026-11-30T09:00").unwrap());
    let places = demo::places(Some(seats), 0).unwrap();
    let people = People { count: 40, places: demo::place_names(&places), seats: Some(seats) };
    let store = Arc::new(Store::memory(&Keys::generate().unwrap()));
    demo::import(&store, &people.places, people.count, &clock).await.unwrap();
    let mut parts = demo::parts(places).unwrap();
    let (hold, held) = watch::channel(false);
    parts.office.registry = Registry::Held(held);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let desk = demo::desk(people, address, hold, clock.clone()).unwrap();
    let gateway = gateway::assemble(parts, store, clock, Some(desk)).await.unwrap();
    let (running, stopped) = oneshot::channel();
    tokio::spawn(gateway::run(gateway, vec![listener.into()], async move {
        let _stopped = stopped.await;
    }));
    (Connection::new(Address::parse(&format!("http://{address}")).unwrap()), running)
}

async fn ask(page: &mut Connection, path: &str, body: Option<Value>) -> String {
    let (status, text) = asked(page, path, body).await;
    assert_eq!(status, 200, "{path}: {text}");
    text
}

async fn asked(page: &mut Connection, path: &str, body: Option<Value>) -> (u16, String) {
    let body = body.map(|body| body.to_string());
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
    let reply = page.exchange(request.as_bytes()).await.unwrap();
    (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
}

async fn act(page: &mut Connection, phone: u32, doing: &str, what: &str) -> Value {
    let act = json!({"phone": format!("+62812000{phone:05}"), "do": doing, "what": what});
    serde_json::from_str(&ask(page, "/sim/api/act", Some(act)).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_played_plays_again() {
    let (mut page, _running) = played(1).await;
    let citizens: Vec<Value> = serde_json::from_str(&ask(&mut page, "/sim/api/citizens", None).await).unwrap();
    let who = |status: &str| {
        let found = citizens.iter().find(|citizen| citizen["status"] == status).unwrap();
        (found["nik"].as_str().unwrap().to_owned(), found["kk4"].as_str().unwrap().to_owned())
    };
    let setup: Value = serde_json::from_str(&ask(&mut page, "/sim/api/setup", None).await).unwrap();
    let offered: Vec<&str> = setup["telcos"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for telco in Telco::all() {
        assert!(offered.contains(&telco.name()), "{} is not offered", telco.name());
    }
    let before: Value = serde_json::from_str(&ask(&mut page, "/sim/api/records", None).await).unwrap();
    let (nik, kk4) = who("UNREGISTERED");
    act(&mut page, 1, "dial", &format!("*123*2*{nik}*{kk4}#")).await;
    for keys in ["1", "2", "1"] {
        act(&mut page, 1, "press", keys).await;
    }
    let booked = act(&mut page, 1, "press", "1").await;
    assert!(booked["page"].as_str().unwrap().starts_with("JANJI TERSIMPAN"), "{booked}");
    assert_eq!(act(&mut page, 1, "repeat", "").await["same"], true);

    let written: Value = serde_json::from_str(&ask(&mut page, &format!("/sim/api/records?since={}", before["last"]), None).await).unwrap();
    let spaces: Vec<&str> = written["records"].as_array().unwrap().iter().map(|record| record["space"].as_str().unwrap()).collect();
    for space in ["session", "booking", "slot", "code"] {
        assert!(spaces.contains(&space), "{space} in {written}");
    }
    assert!(!written.to_string().contains(&nik), "a record's NIK was shown");

    let (nik, kk4) = who("BIO_CAPTURED");
    ask(&mut page, "/sim/api/registry", Some(json!({"late": true}))).await;
    let late = act(&mut page, 2, "dial", &format!("*123*1*{nik}*{kk4}#")).await;
    assert!(late["page"].as_str().unwrap().contains("DICATAT"), "{late}");
    ask(&mut page, "/sim/api/registry", Some(json!({"late": false}))).await;
    ask(&mut page, "/sim/api/clock", Some(json!({"secs": 86_400}))).await;
    while ask(&mut page, "/sim/api/messages?msisdn=%2B6281200000002", None).await == "[]" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    act(&mut page, 2, "text", "INFO").await;
    act(&mut page, 2, "text_again", "").await;

    let saved = ask(&mut page, "/sim/api/transcript", None).await;
    for line in ["given seats 1", "now registry late", "  | No. {kode}", "budi texts again"] {
        assert!(saved.lines().any(|own| own == line), "{line} in {saved}");
    }
    let ran = transcript::run(&saved, "saved.txt", Mode::Check, rehearsal::start).await;
    let ran = ran.unwrap_or_else(|failure| panic!("{failure}\n{saved}"));
    assert_eq!(ran.turns, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_earnest_it_calls_by_the_channels_of_the_config_and_shows_nothing_else() {
    let folder = broken_configs::folder();
    let file = folder.path().join("kentongan.toml");
    std::fs::write(&file, broken_configs::WHOLE).unwrap();
    let config = Config::read(&file).unwrap();
    let clock = Clock::system();
    let telcos = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let phone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let [telcos_at, phone_at] = [&telcos, &phone].map(|listener| format!("http://{}", listener.local_addr().unwrap()));
    let mut setup = config.phone(&clock).unwrap().unwrap();
    setup.lines.iter_mut().for_each(|line| line.url.clone_from(&phone_at));
    let desk = Desk::new(gateway::phone(setup).unwrap(), None);
    let store = Arc::new(Store::memory(&Keys::generate().unwrap()));
    let gateway = gateway::assemble(config.parts().unwrap(), store, clock, Some(desk)).await.unwrap();
    let (_running, stopped) = oneshot::channel::<()>();
    let listeners = [(telcos, Side::Telcos), (phone, Side::Phone)].map(|(tcp, side)| Listener { tcp, tls: None, side }).into();
    tokio::spawn(gateway::run(gateway, listeners, async move {
        let _stopped = stopped.await;
    }));
    let mut page = Connection::new(Address::parse(&phone_at).unwrap());
    let mut outside = Connection::new(Address::parse(&telcos_at).unwrap());
    for (path, at_phone, at_telcos) in [
        ("/sim", 200, 404),
        ("/sim/api/setup", 200, 404),
        ("/sim/api/messages?msisdn=%2B6281200000001", 200, 404),
        ("/sim/api/messages?msisdn=%2B6281278901234", 403, 404),
        ("/sim/api/citizens", 404, 404),
        ("/sim/api/records?since=0", 404, 404),
        ("/sim/api/transcript", 404, 404),
        ("/livez", 404, 200),
        ("/metrics", 404, 200),
    ] {
        assert_eq!(asked(&mut page, path, None).await.0, at_phone, "{path} at the phone's door");
        assert_eq!(asked(&mut outside, path, None).await.0, at_telcos, "{path} at the telcos' door");
    }
    for (path, act) in [("/sim/api/clock", json!({"secs": 60})), ("/sim/api/registry", json!({"late": true}))] {
        assert_eq!(asked(&mut page, path, Some(act)).await.0, 404, "{path}");
    }
    let dialled = act(&mut page, 1, "dial", "*123#").await;
    assert!(dialled["page"].as_str().unwrap().starts_with("DUKCAPIL MUBA"), "{dialled}");
    assert!(dialled["request"].as_str().unwrap().starts_with("POST /in/at/… HTTP/1.1"), "{dialled}");
}
