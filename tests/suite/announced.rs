//! An announcement to many: no faster than the officers can answer, in its hours only, to nobody twice whenever we are stopped, and to nobody
//! after it was.

use std::collections::BTreeMap;
use std::time::Duration;

use kentongan::admin;
use kentongan::channel::{Sender, SmsIn};
use kentongan::citizen::Msisdn;
use kentongan::clock::Timestamp;
use kentongan::demo;
use kentongan::service::outreach;
use kentongan::store::queue::Outgoing;
use kentongan::store::{Draft, Key, Space};
use kentongan::turn::SmsVia;

use crate::house::House;

const VIA: SmsVia<'static> = SmsVia { channel: "uji", answers_in_reply: false, sms: None };
const AUTHOR: u64 = 99_001;
const SECOND: u64 = 99_003;
const FIRST: u64 = 50_000;
const MINUTE: Duration = Duration::from_secs(60);

fn number(at: u64) -> Msisdn {
    Msisdn::parse(&format!("+{}", 6_281_200_000_000 + at)).unwrap()
}

impl House {
    async fn order(&self, from: u64, text: &str) {
        self.clock.set(self.clock.now().plus(Duration::from_millis(7)));
        let sms = SmsIn { from: Sender::Citizen(number(from)), text: text.to_owned(), to: None, id: None, part: None, operator: None };
        self.turns.sms(&sms, VIA).await.unwrap();
    }

    /// Announcements left so far, by whom they are to.
    async fn announced(&self) -> BTreeMap<u64, usize> {
        let rows: Vec<(Key, Outgoing)> =
            Draft::new(self.turns.store()).scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 100_000).await.unwrap();
        let mut counts = BTreeMap::new();
        for (_, row) in rows.into_iter().filter(|(_, row)| row.text.contains("kader: Loket tutup")) {
            // What waits longer than an announcement is news does not leave.
            assert!(row.until.is_some_and(|until| until > row.at), "without an end");
            *counts.entry(row.to.number() % 100_000).or_default() += 1;
        }
        counts
    }

    /// So many coordinators of one village, a draft for them, and its code.
    async fn drafted(&self, people: u64) -> String {
        for at in 0..people {
            demo::enrol_one(self.turns.store(), &number(FIRST + at).reveal(), "16.06.09.2015", &self.clock).await.unwrap();
        }
        let texts = [("id".to_owned(), "Loket tutup".to_owned())];
        match admin::announce(&self.turns, "16.06.09", &texts, number(AUTHOR)).await.unwrap() {
            admin::Announced::Drafted { code } => code,
            other => panic!("{other}"),
        }
    }

    async fn stage(&self, code: &str) -> String {
        let all = admin::announcements(self.turns.store()).await.unwrap();
        all.into_iter().find(|standing| standing.code == code).unwrap().stage
    }
}

#[tokio::test]
async fn it_leaves_at_the_officers_pace_and_to_nobody_twice_over_restarts() {
    let house = House::new(12).await;
    house.clock.set(Timestamp::parse("2026-11-30T18:00").unwrap());
    let people = 300;
    let code = house.drafted(people).await;
    house.due().settle().await.unwrap();
    assert_eq!(house.announced().await.len(), 0, "nobody has approved it");
    house.order(SECOND, &format!("{code} SETUJU")).await;
    let mut before = 0;
    let mut at_seven = 0;
    for minute in 1..=26 * 60 {
        house.clock.set(house.clock.now().plus(MINUTE));
        // A gateway that has just started: nothing is remembered but what is stored.
        house.due().settle().await.unwrap();
        let (hour, _) = house.clock.now().hour_minute();
        let sent = house.announced().await.len();
        // Two officers answer, 60 messages an hour each; after a pause a little is caught up on.
        let most = if before == 0 || (hour == 8 && before == at_seven) { 11 } else { 2 };
        assert!(sent - before <= most, "{} in minute {minute}, at {hour}", sent - before);
        assert!((8..19).contains(&hour) || sent == before, "at {hour} o'clock");
        if hour == 19 && at_seven == 0 {
            at_seven = sent;
        }
        before = sent;
    }
    // An hour on the first evening, and the rest the next morning.
    assert!((100..=120).contains(&at_seven), "{at_seven}");
    let announced = house.announced().await;
    assert_eq!(announced.len() as u64, people);
    assert!(announced.values().all(|count| *count == 1), "somebody got it twice");
    assert_eq!(house.stage(&code).await, "done");
}

#[tokio::test]
async fn it_stops_half_way_and_does_not_go_on_for_ever() {
    let house = House::new(12).await;
    house.clock.set(Timestamp::parse("2026-11-30T09:00").unwrap());
    let code = house.drafted(60).await;
    house.order(SECOND, &format!("{code} SETUJU")).await;
    house.clock.set(house.clock.now().plus(10 * MINUTE));
    house.due().settle().await.unwrap();
    let sent = house.announced().await.len();
    assert!((1..60).contains(&sent), "{sent}");
    house.order(AUTHOR, &format!("{code} HENTI")).await;
    house.clock.set(house.clock.now().plus(120 * MINUTE));
    house.due().settle().await.unwrap();
    assert_eq!((house.announced().await.len(), house.stage(&code).await.as_str()), (sent, "halted"));
    assert!(outreach::is_called_off(&Draft::new(house.turns.store()), &code).await.unwrap(), "what waits of it leaves");

    // Approved, and then the machine was off for a week.
    let other = house.drafted(60).await;
    house.order(SECOND, &format!("{other} SETUJU")).await;
    house.clock.set(house.clock.now().plus(7 * 24 * 60 * MINUTE));
    house.due().settle().await.unwrap();
    assert_eq!((house.announced().await.len(), house.stage(&other).await.as_str()), (sent, "expired"));
    // And a year later nothing is left of either.
    house.clock.set(house.clock.now().plus(366 * 24 * 60 * MINUTE));
    house.due().settle().await.unwrap();
    assert!(admin::announcements(house.turns.store()).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_may_not_announce_does_not() {
    let house = House::new(12).await;
    let text = |text: &str| vec![("id".to_owned(), text.to_owned())];
    for (to, texts, by, told) in [
        ("16.07", text("Loket tutup"), AUTHOR, "no such area"),
        ("16.06", text("Loket tutup"), 1, "no officer"),
        ("16.06", text(""), AUTHOR, "each text"),
        ("16.06", text(&"a".repeat(161)), AUTHOR, "each text"),
        ("16.06", text("Loket tutup \u{1F600}"), AUTHOR, "each text"),
    ] {
        let announced = admin::announce(&house.turns, to, &texts, number(by)).await.unwrap();
        assert!(announced.to_string().starts_with(told), "{announced}");
    }
    assert!(admin::announcements(house.turns.store()).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_approves_sees_every_text() {
    let house = House::new(12).await;
    let texts = [("id", "Loket tutup"), ("jav", "Loket ditutup")].map(|(language, text)| (language.to_owned(), text.to_owned()));
    admin::announce(&house.turns, "16.06", &texts, number(AUTHOR)).await.unwrap();
    let rows: Vec<(Key, Outgoing)> =
        Draft::new(house.turns.store()).scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 100).await.unwrap();
    for (_, text) in &texts {
        assert!(rows.iter().any(|(_, row)| row.to == number(SECOND) && row.text.contains(text)), "{text}");
    }
}
