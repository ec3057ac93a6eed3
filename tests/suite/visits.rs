//! How appointments end: who may say it, when, and what it leads to.

use kentongan::citizen::Msisdn;
use kentongan::clock::Timestamp;
use kentongan::service::appointment::{self, Came, Marked};
use kentongan::store::Draft;

use crate::house::House;

impl House {
    /// Books at Sekayu in the first window that is offered, and returns the code.
    async fn book(&self, at: u32, need: u8) -> String {
        let person = self.citizen(at);
        let path = format!("2*{}*{}*{need}*2*1", person.nik, person.kk4);
        self.call(u64::from(at), "visit", &path).await;
        let page = self.call(u64::from(at), "visit", &format!("{path}*1")).await.text;
        page.lines().nth(1).and_then(|line| line.strip_prefix("No. ")).unwrap_or_else(|| panic!("{page}")).to_owned()
    }

    async fn mark(&self, code: &str, came: Came, by: Option<Msisdn>) -> Marked {
        let mut draft = Draft::new(self.turns.store());
        let marked = appointment::mark(self.turns.office(), &mut draft, code, came, by, self.clock.now()).await.unwrap();
        self.turns.store().commit(draft.into_batch()).await.unwrap();
        marked
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[tokio::test]
async fn a_visit_is_marked_on_its_day_or_later_and_mended_on_the_day_it_was() {
    let house = House::new(12).await;
    let officer = Msisdn::parse("+6281200099001").unwrap();
    let (code, other) = (house.book(1, 2).await, house.book(2, 2).await);
    let incomplete = || Came::Incomplete { missing: Some(format!(" surat polisi{}", " lagi".repeat(40))) };
    let settled = |day: &str| Marked::Settled(at(day).day());
    let done = |code: &str| Marked::Done { code: code.to_owned(), is_followed: false };
    for (now, typed, came, expected) in [
        ("2026-11-29T23:59", code.as_str(), Came::NoShow, Marked::TooEarly(at("2026-11-30T00:00").day())),
        ("2026-11-30T07:00", "K0000000", Came::NoShow, Marked::Unknown),
        ("2026-11-30T07:00", "hari ini", Came::NoShow, Marked::Unknown),
        ("2026-11-30T00:00", &code, Came::NoShow, done(&code)),
        // A slip, in small letters.
        ("2026-11-30T16:00", &code.to_lowercase(), incomplete(), done(&code)),
        ("2026-12-01T00:00", &code, Came::NoShow, settled("2026-11-30T00:00")),
        // Said late, and mended on the day it was said.
        ("2026-12-02T08:00", &other, incomplete(), done(&other)),
        ("2026-12-02T09:00", &other, Came::NoShow, done(&other)),
        ("2026-12-03T09:00", &other, Came::NoShow, settled("2026-12-02T00:00")),
    ] {
        house.clock.set(at(now));
        assert_eq!(house.mark(typed, came.clone(), Some(officer)).await, expected, "{now} {typed} {came:?}");
    }
    let mut lines = Vec::new();
    let places = &house.turns.office().places;
    kentongan::export::write(house.turns.store(), places, house.clock.now(), &mut lines).unwrap();
    let export = String::from_utf8(lines).unwrap();
    assert!(export.contains(r#""visit":{"at":"2026-11-30T16:00:00+07:00","by4":"9001","came":"incomplete","followed":false}"#), "{export}");
    assert!(!export.contains("surat polisi lagi") && export.contains(r#""came":"no-show""#));
}

#[tokio::test]
async fn who_comes_is_followed_once_and_a_cancelled_appointment_has_no_visit() {
    let house = House::new(12).await;
    let (code, cancelled) = (house.book(3, 2).await, house.book(4, 2).await);
    house.call(4, "cancel", "2*1*1").await;
    let page = house.call(4, "cancel", "2*1*1*1").await.text;
    assert!(page.contains("DIBATALKAN"), "{page}");
    house.clock.set(at("2026-11-30T16:00"));
    assert_eq!(house.mark(&cancelled, Came::Kept, None).await, Marked::Cancelled);
    let followed = |is_followed: bool| Marked::Done { code: code.clone(), is_followed };
    assert_eq!(house.mark(&code, Came::Kept, None).await, followed(true));
    assert_eq!(house.mark(&code, Came::Kept, None).await, followed(true), "said twice");
    let data = |page: &str| page.contains("1 kabar");
    assert!(data(&house.call(3, "data", "3*4").await.text));
    // Two dials in the same instant would be one.
    house.clock.set(at("2026-11-30T16:01"));
    assert_eq!(house.mark(&code, Came::NoShow, None).await, followed(false));
    assert!(!data(&house.call(3, "again", "3*4").await.text), "it was a slip");
}
