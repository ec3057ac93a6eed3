//! Complaints over two months of restarts, sleeps and a clock that is set back a little: what time demands is told once, and nothing is forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use kentongan::channel::{Sender, SmsIn};
use kentongan::citizen::Msisdn;
use kentongan::clock::Timestamp;
use kentongan::store::queue::Outgoing;
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Settings, Space, Store};
use kentongan::turn::SmsVia;
use serde_json::Value;

use crate::house::House;
use crate::recount;

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
const VIA: SmsVia<'static> = SmsVia { channel: "uji", answers_in_reply: false, sms: None };
const MINUTE: Duration = Duration::from_secs(60);
const PEOPLE: u64 = 12;
const UNTIL: &str = "2027-01-31T00:00";
/// Of fourteen working days from a Monday on, when three quarters and nine tenths are gone, and all.
const MARKS: [&str; 3] = ["2026-12-15T08:00", "2026-12-17T08:00", "2026-12-18T11:00"];

async fn left(house: &House) -> Vec<Outgoing> {
    let rows = Draft::new(house.turns.store()).scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 100_000).await.unwrap();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// How often each citizen was told something that has these words in it.
fn told(messages: &[Outgoing], words: &str) -> BTreeMap<u64, usize> {
    let mut times = BTreeMap::new();
    for message in messages.iter().filter(|message| message.text.contains(words)) {
        *times.entry(message.to.number() % 100_000).or_default() += 1;
    }
    times
}

/// How often each who holds a ticket was reminded of it from one mark to the next.
fn reminded(messages: &[Outgoing], from: Timestamp, to: Timestamp) -> BTreeMap<(u64, String), usize> {
    let mut times = BTreeMap::new();
    for message in messages.iter().filter(|message| (from..to).contains(&message.at)) {
        if let Some((code, _)) = message.text.strip_prefix("INGAT ").and_then(|rest| rest.split_once(": belum dijawab")) {
            *times.entry((message.to.number() % 100_000, code.to_owned())).or_default() += 1;
        }
    }
    times
}

fn once(people: impl Iterator<Item = u64>) -> BTreeMap<u64, usize> {
    people.map(|who| (who, 1)).collect()
}

/// Every ticket as it is exported.
fn tickets(house: &House) -> Vec<Value> {
    let lines = recount::exported(house.turns.store(), &house.turns.office().places, house.clock.now());
    recount::of_space(&lines, "ticket").into_iter().cloned().collect()
}

#[tokio::test]
async fn what_time_demands_of_a_complaint_is_told_once_and_never_forgotten() {
    let mut awake = 0;
    for seed in 1..=3_u64 {
        let folder = tempfile::tempdir().unwrap();
        let open = async |now: Timestamp| {
            let house = House::on(Store::open(folder.path(), &Keys::parse(KEYS).unwrap(), Settings::default()).unwrap().0, 12).await;
            house.clock.set(now);
            house
        };
        let mut house = open(Timestamp::parse("2026-11-30T09:00").unwrap()).await;
        for who in 1..=PEOPLE {
            house.clock.set(house.clock.now().plus(MINUTE));
            for path in ["4", "4*tolong dilihat", "4*tolong dilihat*1"] {
                house.call(who, &format!("d{who}"), path).await;
            }
        }
        house.due().settle().await.unwrap();
        // Every second one has an answer, and never says whether it is done.
        for ticket in tickets(&house).iter().filter(|ticket| ticket["number4"].as_str().unwrap().ends_with(['0', '2', '4', '6', '8'])) {
            let officer = Msisdn::parse("+6281200099003").unwrap();
            let text = format!("{} Sudah kami lihat", ticket["code"].as_str().unwrap());
            let sms = SmsIn { from: Sender::Citizen(officer), to: None, id: Some(text.clone()), text, operator: None, part: None };
            house.turns.sms(&sms, VIA).await.unwrap();
        }
        let (mut dice, mut looks) = (seed, Vec::new());
        let mut roll = |below: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % below
        };
        while house.clock.now() < Timestamp::parse(UNTIL).unwrap() {
            let now = match roll(8) {
                0 => house.clock.now().minus(2 * MINUTE),
                1 => house.clock.now().plus(u32::try_from(60 * roll(100)).unwrap() * MINUTE),
                _ => house.clock.now().plus(u32::try_from(30 + roll(700)).unwrap() * MINUTE),
            };
            house.clock.set(now);
            looks.push(now);
            house.due().settle().await.unwrap();
            if roll(6) == 0 {
                house.turns.store().close();
                drop(house);
                house = open(now).await;
            }
        }
        let mut messages = left(&house).await;
        let (unanswered, answered) = ((1..=PEOPLE).filter(|who| who % 2 == 1), (1..=PEOPLE).filter(|who| who % 2 == 0));
        assert_eq!(told(&messages, "TERLAMBAT"), once(unanswered.clone()), "seed {seed}");
        assert_eq!(told(&messages, "Sudah beres?"), once(answered.clone()), "seed {seed}");
        assert_eq!(told(&messages, "ditutup karena"), once(answered), "seed {seed}");
        // Whoever holds one of those that nobody answers: who got it from its citizen.
        let exported = tickets(&house);
        let open = exported.iter().filter(|ticket| ticket["answered"].is_null()).map(|ticket| ticket["code"].as_str().unwrap());
        let first = |code: &str| messages.iter().find(|message| message.text.starts_with(&format!("KELUHAN {code}: "))).unwrap();
        let held: BTreeMap<_, _> = open.map(|code| ((first(code).to.number() % 100_000, code.to_owned()), 1)).collect();
        assert_eq!(held.len(), usize::try_from(PEOPLE / 2).unwrap());
        let marks = MARKS.map(|mark| Timestamp::parse(mark).unwrap());
        for (from, to) in [(marks[0], marks[1]), (marks[1], marks[2])] {
            // What was slept through is made up for once, at the next mark.
            let is_awake = looks.iter().any(|now| (from..to).contains(now));
            let expected = if is_awake { held.clone() } else { BTreeMap::new() };
            assert_eq!(reminded(&messages, from, to), expected, "seed {seed}: {from}");
            awake += usize::from(is_awake);
        }
        // A double would be seen.
        let double = messages.iter().find(|message| message.text.starts_with("INGAT")).unwrap().clone();
        let before = reminded(&messages, marks[0], marks[2]);
        messages.push(double);
        assert_ne!(reminded(&messages, marks[0], marks[2]), before);
        let double = messages.iter().find(|message| message.text.contains("TERLAMBAT")).unwrap().clone();
        messages.push(double);
        assert_ne!(told(&messages, "TERLAMBAT"), once(unanswered));
    }
    assert!(awake > 3, "{awake}");
}
