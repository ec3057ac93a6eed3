//! What is not needed any more is gone, and stays gone.

use std::collections::BTreeMap;
use std::time::Duration;

use kentongan::citizen::Msisdn;
use kentongan::clock::Day;
use kentongan::service::mobile_unit::{STOPS_FROM, Stop, StopState, Village, Way};
use kentongan::service::place::Window;
use kentongan::store::queue::{Class, Fate, MessageId, Sent};
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Settings, Store};

use crate::house::House;

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
const DAY: Duration = Duration::from_secs(86_400);

/// How many records stand in each space.
fn spaces(store: &Store) -> BTreeMap<char, usize> {
    let mut spaces = BTreeMap::new();
    store.export(&mut |key, _| *spaces.entry(char::from(key.as_bytes()[0])).or_default() += 1).unwrap();
    spaces
}

fn planned(day: Day) -> Stop {
    Stop {
        code: "S4821735".to_owned(),
        village: Village::by_code("16.06.09.2007").unwrap(),
        spot: "Balai Desa".to_owned(),
        day,
        hours: Window { from: 8, to: 12 },
        minutes: 10,
        kits: 1,
        way: Way::Road,
        state: StopState::Planned,
        is_settling: false,
        was_begun: false,
        claims: Vec::new(),
        by: None,
    }
}

#[tokio::test]
async fn records_leave_when_their_time_is_over_and_do_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let keys = || Keys::parse(KEYS).unwrap();
    let house = House::on(Store::open(folder.path(), &keys(), Settings::default()).unwrap().0, 12).await;
    let (due, store) = (house.due(), house.turns.store());
    let begun = house.clock.now();
    // More of each than one round takes.
    let many = 230;
    for at in 0..many {
        let person = house.citizen(at);
        let number = u64::from(at);
        let call = async |dialogue: &str, path: String| {
            // Sooner it would be taken for the same dial sent twice.
            house.clock.set(house.clock.now().plus(Duration::from_secs(3)));
            house.call(number, dialogue, &path).await.text
        };
        let path = format!("2*{}*{}*1*3*{}*1", person.nik, person.kk4, 1 + at % 5);
        // Keys dialled ahead do not confirm: that takes an answer to the page.
        call("book", path.clone()).await;
        let page = call("book", format!("{path}*1")).await;
        assert!(page.contains("TERSIMPAN"), "{page}");
        call("wait", format!("1*{}*{}*4", person.nik, person.kk4)).await;
        call("remember", format!("1*{}*{}*2", person.nik, person.kk4)).await;
        call("wrong", format!("1*20*{}*{}", house.citizen(at + 1).nik, "0000")).await;
        // What is dialled is digits: words come in an answer.
        for path in ["4", "4*KTP belum jadi", "4*KTP belum jadi*1"] {
            call("complain", path.to_owned()).await;
        }
        for path in ["3*5", "3*5*Mangsang", "3*5*Mangsang*1"] {
            call("await", path.to_owned()).await;
        }
        // A hold that nobody confirms.
        let other = house.citizen(at + 500);
        call("hold", format!("2*20*{}*{}*2*3*{}*2", other.nik, other.kk4, 1 + at % 5)).await;
        let mut draft = Draft::new(store);
        let sent = Sent {
            to: Msisdn::parse("+6281200000001").unwrap(),
            channel: "sms".to_owned(),
            text: "Janji".to_owned(),
            reference: String::new(),
            class: Class::Reply,
            at: begun,
            sent: begun,
            tries: 1,
            fate: Fate::Delivered,
        };
        draft.put(Sent::key(MessageId(number)), &sent).unwrap();
        let place = STOPS_FROM + u16::try_from(at).unwrap();
        draft.put(Stop::key(place), &planned(begun.day().plus(10))).unwrap();
        store.commit(draft.into_batch()).await.unwrap();
    }
    due.settle().await.unwrap();
    let full = spaces(store);
    let many = usize::try_from(many).unwrap();
    let clusters = full[&'C'] / 2;
    assert!(clusters >= 1, "each with its row");
    // One code more, of the complaints that are alike.
    assert_eq!((full[&'t'], full[&'k'], full[&'s'], full[&'c']), (many, 2 * many + clusters, many, many));
    assert_eq!((full[&'i'], full[&'f'], full[&'q'], full[&'v']), (many, many, many, many));
    // Most holds have run out by now.
    assert!(full[&'b'] > many && full[&'b'] < 2 * many && full[&'l'] > 0 && full[&'n'] == many && full[&'a'] > 60, "{full:?}");

    // Each space, the last day on which its records are all there, and the first on which none is.
    let mut seen = full.clone();
    for (days, gone) in [(1, "s"), (7, "t"), (95, "blf"), (179, ""), (180, "an"), (366, "q"), (752, "ikcjC"), (811, "v"), (1_831, "N")] {
        house.clock.set(begun.plus(DAY * days - Duration::from_secs(1)));
        due.settle().await.unwrap();
        let before = spaces(store);
        for space in gone.chars().filter(|space| !"blkcnfijqvCN".contains(*space)) {
            assert_eq!(before.get(&space), seen.get(&space), "{space} before day {days}");
        }
        house.clock.set(begun.plus(DAY * days).plus(Duration::from_secs(3 * 3600)));
        due.settle().await.unwrap();
        seen = spaces(store);
        for space in gone.chars() {
            assert_eq!(seen.get(&space), None, "{space} after day {days}: {seen:?}");
        }
    }

    // On disk, as a killed process would leave it.
    let image = tempfile::tempdir().unwrap();
    std::fs::create_dir(image.path().join("journal")).unwrap();
    for entry in std::fs::read_dir(folder.path().join("journal")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, image.path().join("journal").join(path.file_name().unwrap())).unwrap();
    }
    let (kept, _) = Store::open(image.path(), &keys(), Settings::default()).unwrap();
    let kept = spaces(&kept);
    for space in "sbklcntafijqvC".chars() {
        assert_eq!(kept.get(&space), None, "{kept:?}");
    }
    assert_eq!(kept.get(&'r'), full.get(&'r'), "the registry is all there");
}
