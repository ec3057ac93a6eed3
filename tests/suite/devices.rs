//! The device of an office breaks: everybody who is to be recorded there hears of it once, over restarts too.

use std::time::Duration;

use kentongan::clock::Timestamp;
use kentongan::service::place::Device;
use kentongan::store::queue::Outgoing;
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Settings, Space, Store};

use crate::house::House;

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
/// Kec. Lais.
const LAIS: u16 = 2;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Messages that say that it is broken, and that it works.
async fn told(store: &Store) -> (usize, usize) {
    let rows = Draft::new(store).scan::<Outgoing>(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), usize::MAX).await.unwrap();
    let with = |words: &str| rows.iter().filter(|(_, row)| row.text.contains(words)).count();
    (with("Kec. Lais RUSAK"), with("Kec. Lais sudah BAIK"))
}

async fn say(house: &House, works: bool) {
    let mut draft = Draft::new(house.turns.store());
    draft.put(Device::key(LAIS), &Device::said(works, house.clock.now(), None)).unwrap();
    draft.durable();
    house.turns.store().commit(draft.into_batch()).await.unwrap();
}

#[tokio::test]
async fn a_broken_device_is_told_to_everybody_once_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path(), &Keys::parse(KEYS).unwrap(), Settings::default()).unwrap().0;
    let again = async |house: House, now: &str| {
        house.turns.store().close();
        drop(house);
        let house = House::on(open(), 12).await;
        house.clock.set(at(now));
        house
    };
    let house = House::on(open(), 12).await;
    house.clock.set(at("2026-11-30T08:30"));
    // The three windows of Thursday: what is full is not in the list any more.
    for who in 0..36 {
        let person = house.citizen(who);
        let path = format!("2*{}*{}*1*3*2*9", person.nik, person.kk4);
        // Keys dialled ahead do not confirm: that takes an answer to the page.
        let mut page = String::new();
        for path in [path.clone(), format!("{path}*1")] {
            house.clock.set(house.clock.now().plus(Duration::from_secs(3)));
            page = house.call(who.into(), "a", &path).await.text;
        }
        assert!(page.contains("TERSIMPAN") && page.contains("Kam 03 Des"), "{who}: {page}");
    }
    say(&house, false).await;
    // The machine stops before anybody was told. Then two do it at once.
    let house = again(house, "2026-11-30T10:01").await;
    {
        let (one, other) = (house.due(), house.due());
        let (one, other) = tokio::join!(one.settle(), other.settle());
        assert!(one.is_ok() && other.is_ok());
    }
    assert_eq!(told(house.turns.store()).await, (36, 0));
    let house = again(house, "2026-12-01T10:01").await;
    house.due().settle().await.unwrap();
    assert_eq!(told(house.turns.store()).await, (36, 0), "after another restart, and on another day");
    say(&house, true).await;
    let house = again(house, "2026-12-01T10:02").await;
    house.due().settle().await.unwrap();
    let house = again(house, "2026-12-02T10:03").await;
    house.due().settle().await.unwrap();
    assert_eq!(told(house.turns.store()).await, (36, 36));
}
