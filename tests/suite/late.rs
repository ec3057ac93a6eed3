//! What is promised while the registry is silent is stored.

use kentongan::clock::Timestamp;
use kentongan::registry::{Http, HttpSettings};
use kentongan::service::Registry;
use kentongan::store::Store;
use kentongan::store::seal::Keys;
use kentongan::{demo, export};

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
