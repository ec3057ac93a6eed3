//! Complaints that are alike, from the first of them to what was done: each step once, whatever the machine suffers in between.

use std::time::Duration;

use kentongan::admin::{self, Noted};
use kentongan::channel::order::evaluate::Evaluation;
use kentongan::clock::{Day, Timestamp};
use kentongan::report::{self, Line, Scope};
use kentongan::store::queue::Outgoing;
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Settings, Space, Store};

use crate::house::House;

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
const MINUTE: Duration = Duration::from_secs(60);

async fn complain(house: &House, who: u64, text: &str) {
    house.clock.set(house.clock.now().plus(MINUTE));
    for path in ["4".to_owned(), format!("4*{text}"), format!("4*{text}*1")] {
        house.call(who, &format!("{text}-{who}"), &path).await;
    }
}

/// Texts that were left, of which each has this in it.
async fn texts(house: &House, with: &str) -> Vec<(u64, String)> {
    let rows =
        Draft::new(house.turns.store()).scan::<Outgoing>(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 1_000).await.unwrap();
    rows.into_iter().map(|(_, row)| (row.to.number() % 100_000, row.text)).filter(|(_, text)| text.contains(with)).collect()
}

fn t1(house: &House) -> Line {
    let scope = Scope { from: Day::parse("2026-10-01").unwrap(), to: Day::parse("2026-12-31").unwrap(), district: None };
    let told = report::report(house.turns.store(), &house.turns.office().places, scope, house.clock.now()).unwrap();
    told.lines.into_iter().find(|line| line.indicator == "T1").unwrap()
}

#[tokio::test]
async fn a_cluster_is_found_once_evaluated_once_and_told_once_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let open = async |now: Timestamp| {
        let house = House::on(Store::open(folder.path(), &Keys::parse(KEYS).unwrap(), Settings::default()).unwrap().0, 12).await;
        house.clock.set(now);
        house
    };
    let mut house = open(Timestamp::parse("2026-11-30T09:00").unwrap()).await;
    for who in 1..=4 {
        complain(&house, who, "antre lama di loket").await;
    }
    // More than one round tells.
    for (at, who) in (1..=70).enumerate() {
        if at == 1 {
            house.due().settle().await.unwrap();
            assert_eq!((texts(&house, "EVALUASI").await.len(), t1(&house).of), (0, Some(1)), "found, and told in a minute");
        }
        complain(&house, 10 + who, "antrean panjang").await;
    }
    for days in [0, 0, 1, 6, 7] {
        house.clock.set(house.clock.now().plus(days * 24 * 60 * MINUTE));
        house.due().settle().await.unwrap();
        house.turns.store().close();
        let now = house.clock.now();
        drop(house);
        house = open(now).await;
    }
    let told: Vec<_> = texts(&house, "EVALUASI").await;
    assert_eq!(told.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [99_003; 3], "{told:?}");
    assert_eq!((t1(&house).value, t1(&house).of), (Some(0.0), Some(1)));

    let store = house.turns.store();
    let listed = admin::clusters(store, &house.turns.office().places, house.clock.now()).unwrap();
    let [only] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((only.complaints, only.topic.as_str(), only.quarter.as_str(), only.reminded), (74, "antre", "2026-10-01", 3));
    assert!(!only.is_overdue && only.evaluation.is_none() && only.to_string().contains("open since 2026-11-30"), "{only}");
    let later = admin::clusters(store, &house.turns.office().places, house.clock.now().plus(16 * 24 * 60 * MINUTE)).unwrap();
    assert!(later[0].is_overdue && later[0].to_string().contains("OVERDUE"), "{}", later[0]);
    let day = |text| Day::parse(text).unwrap();
    for (code, on, expected) in [
        ("K0000000", "2026-12-15", Noted::Unknown),
        (only.code.as_str(), "2026-09-30", Noted::WrongDay),
        (&only.code, "2026-12-15", Noted::Recorded),
        (&only.code.to_lowercase(), "2026-12-15", Noted::Already),
    ] {
        let said = Evaluation { cause: "satu loket", action: "tambah loket", day: day(on) };
        assert_eq!(admin::evaluate(store, code, said, house.clock.now()).await.unwrap(), expected, "{code} {on}");
    }
    for days in [0, 0, 8] {
        house.clock.set(house.clock.now().plus(days * 24 * 60 * MINUTE));
        house.due().settle().await.unwrap();
        house.turns.store().close();
        let now = house.clock.now();
        drop(house);
        house = open(now).await;
    }
    let mut told: Vec<_> = texts(&house, "kami perbaiki: tambah loket").await.into_iter().map(|(to, _)| to).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=4).chain(11..=80).collect::<Vec<u64>>());
    assert_eq!(texts(&house, "EVALUASI").await.len(), 3, "nobody is reminded of what was recorded");
    assert_eq!((t1(&house).value, t1(&house).of), (Some(100.0), Some(1)));
}
