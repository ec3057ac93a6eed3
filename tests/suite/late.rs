//! What is promised while the registry is silent is stored, and kept.

use std::time::Duration;

use kentongan::clock::{self, Timestamp};
use kentongan::due::{Due, Settings};
use kentongan::registry::{Http, HttpSettings};
use kentongan::service::Registry;
use kentongan::store::queue::Outgoing;
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Space, Store};
use kentongan::{demo, export};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_a_late_answer_is_nobody_elses() {
    // Takes connections and never answers.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("url = \"http://{}/{{nik}}?kk={{kk}}\"\ntimeout_ms = 200\nstatus = \"/status\"\n", silent.local_addr().unwrap());
    let settings: HttpSettings = toml::from_str(&url).unwrap();
    let registry = Registry::Http(Box::new(Http::new(settings).unwrap()));
    let house = House::asking(registry, Store::memory(&Keys::generate().unwrap()), 12).await;
    let person = house.citizen(1);
    let page = house.call(1, "late", &format!("1*{}*{}", person.nik, person.kk4)).await.text;
    assert!(page.contains("DICATAT"), "{page}");
    let mut lines = Vec::new();
    export::write(house.turns.store(), &demo::places(None, 0).unwrap(), Timestamp::default(), &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let spaces: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let code = spaces.iter().find(|line| line["kind"] == "late_answer").map(|line| line["code"].clone()).unwrap();
    assert!(page.contains(code.as_str().unwrap()));
    assert!(spaces.iter().any(|line| line["space"] == "code" && line["code"] == code && line["of"] == "late"), "{lines}");
}

/// Half a minute, shortened: longer than a turn waits, and shorter than we do when nobody is on the line.
const SLOW: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_always_slow_answers_by_exactly_one_message() {
    let slow = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!(
        "url = \"http://{}/{{nik}}?kk={{kk}}\"\ntimeout_ms = 1500\nstatus = \"/status\"\nplace = \"/tempat\"\n",
        slow.local_addr().unwrap()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = slow.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 1024];
                let _read = stream.read(&mut asked).await;
                clock::sleep(SLOW).await;
                let body = "{\"status\": \"CARD_PRINTED\", \"tempat\": \"Kec. Lais\"}";
                let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                let _sent = stream.write_all(reply.as_bytes()).await;
            });
        }
    });
    let settings: HttpSettings = toml::from_str(&url).unwrap();
    let registry = Registry::Http(Box::new(Http::new(settings).unwrap()));
    let house = House::asking(registry, Store::memory(&Keys::generate().unwrap()), 12).await;
    let due = Due::new(std::sync::Arc::clone(&house.turns), Settings::default());
    let person = house.citizen(1);
    let begun = clock::monotonic();
    let page = house.call(1, "slow", &format!("1*{}*{}", person.nik, person.kk4)).await.text;
    assert!(page.contains("DICATAT") && clock::monotonic().duration_since(begun) < Duration::from_millis(2500), "{page}");
    let messages = async || {
        let all = Key::new(Space::Outgoing)..Key::after(Space::Outgoing);
        Draft::new(house.turns.store()).scan::<Outgoing>(all, usize::MAX).await.unwrap()
    };
    for (wait, expected) in [(30, 0), (30, 1), (3600, 1), (86_400, 1)] {
        house.clock.set(house.clock.now().plus(Duration::from_secs(wait)));
        due.settle().await.unwrap();
        assert_eq!(messages().await.len(), expected, "after {wait} s more");
    }
    assert!(messages().await[0].1.text.contains("KTP JADI. Ambil di Kec. Lais"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telco_that_does_not_wait_gets_its_page_sooner_and_is_told_that_the_answer_follows() {
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("url = \"http://{}/{{nik}}?kk={{kk}}\"\ntimeout_ms = 1500\nstatus = \"/status\"\n", silent.local_addr().unwrap());
    let settings: HttpSettings = toml::from_str(&url).unwrap();
    let registry = Registry::Http(Box::new(Http::new(settings).unwrap()));
    let house = House::asking(registry, Store::memory(&Keys::generate().unwrap()), 12).await;
    let people: Vec<_> = (1..=3).map(|at| house.citizen(at)).collect();
    let gateway = house.served().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let running = tokio::spawn(kentongan::gateway::run(gateway, vec![listener.into()], std::future::pending()));
    // A page, or none if the telco closes the connection first; and how long it took.
    let ask = async |at: usize, waits: Duration| {
        let (person, begun) = (&people[at], clock::monotonic());
        let body = format!(
            "sessionId=s{at}&serviceCode=*123#&phoneNumber=+{}&networkCode=51010&text=1*{}*{}",
            6_281_200_000_001 + at,
            person.nik,
            person.kk4
        );
        let head =
            "POST /in/africastalking HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
        let mut page = String::new();
        let _cut = clock::within(waits, stream.read_to_string(&mut page)).await;
        (page, clock::monotonic().duration_since(begun))
    };
    let (page, patient) = ask(0, Duration::from_secs(5)).await;
    assert!(page.contains("DICATAT") && patient > Duration::from_millis(1_450), "{patient:?} {page}");
    let (page, _) = ask(1, Duration::from_millis(1_200)).await;
    assert_eq!(page, "", "nobody waits for this one");
    clock::sleep(Duration::from_millis(100)).await;
    let (page, took) = ask(2, Duration::from_secs(5)).await;
    assert!(page.contains("DICATAT") && took + Duration::from_millis(200) < patient, "{took:?} {patient:?} {page}");
    running.abort();
}
