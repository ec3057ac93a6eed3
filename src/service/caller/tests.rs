//! What is kept about a number, and for how long.

use super::*;

fn day(number: i32) -> Day {
    Day::parse("2026-11-01").unwrap().plus(number)
}

#[test]
fn five_persons_a_day_and_twenty_a_month() {
    let mut caller = Caller::default();
    for person in 0..5 {
        assert!(caller.may_ask(person, day(0)));
    }
    assert!(caller.may_ask(3, day(0)), "the same person again costs nothing");
    assert!(!caller.may_ask(5, day(0)), "a sixth person");
    for group in 1..4 {
        for person in group * 5..group * 5 + 5 {
            assert!(caller.may_ask(person, day(i32::try_from(group).unwrap())));
        }
    }
    assert!(!caller.may_ask(20, day(10)), "a twenty-first person this month");
    assert!(caller.may_ask(0, day(10)), "one of the twenty, on another day");
    assert!(caller.may_ask(20, day(30)), "a new month");
}

#[test]
fn what_was_stopped_is_not_wanted() {
    let all = [Class::Reply, Class::Owed, Class::Notice, Class::Reminder, Class::Bulk];
    let since = Timestamp::parse("2026-11-24T09:00").unwrap();
    for (wanted, classes) in [(Wanted::All, 5), (Wanted::NoAnnouncements, 4), (Wanted::RepliesOnly { since }, 2)] {
        let caller = Caller { wanted, ..Caller::default() };
        assert!(all.iter().enumerate().all(|(at, class)| caller.wants(*class) == (at < classes)), "{wanted:?}");
    }
}

#[test]
fn news_asked_for_after_everything_was_stopped_is_owed() {
    let at = |hour| Timestamp::wib(day(23), hour, 0);
    let mut caller = Caller { wanted: Wanted::RepliesOnly { since: at(9) }, ..Caller::default() };
    assert!(caller.watch(1, at(8)) && caller.watch(2, at(10)));
    assert_eq!([1, 2, 3].map(|person| caller.class_of_news(person)), [Class::Notice, Class::Owed, Class::Notice]);
    assert!(caller.unwatch(2) && !caller.unwatch(2));
    assert_eq!(caller.watched(at(11)).collect::<Vec<_>>(), [1]);
}

#[test]
fn forgetting_leaves_limits_and_wishes() {
    let now = Timestamp::parse("2026-11-24T09:00").unwrap();
    let mut caller = Caller { wanted: Wanted::NoAnnouncements, place: Some(3), ..Caller::default() };
    assert!(caller.link(Nik::from_number(1_606_090_101_909_999).unwrap(), now) && caller.watch(7, now) && caller.may_ask(7, now.day()));
    caller.note_wrong(7, now.day());
    caller.add_booking("K4821735");
    caller.forget();
    assert_eq!((caller.linked(now).count(), caller.watched(now).count(), caller.place), (0, 0, None));
    assert_eq!((caller.wanted, caller.asked.len(), caller.wrong.len(), caller.bookings.len()), (Wanted::NoAnnouncements, 1, 1, 1));
}

/// As a gateway before this one wrote it: every field is set.
#[test]
fn a_record_from_before_there_was_a_choice_of_language_is_read() {
    const HEX: &str = include_str!("../../../tests/fixtures/records/caller-4.hex");
    let old: Vec<u8> = (0..HEX.trim().len() / 2).map(|at| u8::from_str_radix(&HEX[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let caller = Caller::upcast(4, &old).unwrap();
    let now = Timestamp::parse("2026-11-24T09:00").unwrap();
    assert!(caller.is_linked(Nik::from_number(1_606_090_101_909_999).unwrap(), now) && caller.checked.is_some() && caller.hold.is_some());
    assert_eq!(
        (caller.bookings.as_slice(), caller.tickets.as_slice()),
        (["K4821735".to_owned()].as_slice(), ["T4821735".to_owned()].as_slice())
    );
    assert_eq!((caller.late_code(9, None, now.day()), caller.wanted), (Some("L4821735"), Wanted::RepliesOnly { since: now }));
    assert_eq!((caller.language.as_deref(), caller.reader(now.day())), (None, Reader::default()));
    assert!(Caller::upcast(3, &old).is_none() && Caller::upcast(4, &old[1..]).is_none());
    let later = Caller::upcast(5, &[old.as_slice(), &[0; 2]].concat()).unwrap();
    assert_eq!((later.bookings.len(), later.with), (1, None));
}

#[test]
fn a_number_that_nobody_used_for_sixty_days_is_a_newcomer_again() {
    let mut caller = Caller { language: Some("jav".to_owned()), ..Caller::default() };
    caller.note_used(day(0));
    let reader = |is_regular| Reader::new(Some("jav"), is_regular);
    // Nor is it one on a clock that was set back.
    assert_eq!([-1, 0, 59, 60].map(|after| caller.reader(day(after))), [false, true, true, false].map(reader));
    let mut left = caller.left(Timestamp::wib(day(60), 9, 0), &[]).unwrap();
    assert_eq!((left.language.as_deref(), left.used), (Some("jav"), None));
    left.forget();
    assert!(left.left(Timestamp::wib(day(60), 9, 0), &[]).is_none());
}

#[test]
fn three_wrong_digits_lock_one_person_for_one_day() {
    let mut caller = Caller::default();
    for _ in 0..3 {
        assert!(!caller.is_locked(7, day(0)));
        caller.note_wrong(7, day(0));
    }
    assert!(caller.is_locked(7, day(0)));
    assert!(!caller.is_locked(8, day(0)));
    assert!(!caller.is_locked(7, day(1)));
}

#[test]
fn four_links_that_end_unused() {
    let mut caller = Caller::default();
    let now = Timestamp::parse("2026-11-24T09:00").unwrap();
    let nik = |serial: u64| Nik::from_number(1_606_090_101_900_000 + serial).unwrap();
    for serial in 9990..9994 {
        assert!(caller.link(nik(serial), now));
    }
    assert!(!caller.link(nik(9995), now), "a fifth");
    assert!(caller.is_linked(nik(9990), now.plus(Duration::from_secs(59 * 86_400))));
    assert!(!caller.is_linked(nik(9990), now.plus(LINK_AGE_MAX)));
}

/// As a gateway before this one wrote it: every field is set.
#[test]
fn a_record_from_before_villages_were_kept_is_read() {
    const HEX: &str = include_str!("../../../tests/fixtures/records/caller-6.hex");
    let old: Vec<u8> = (0..HEX.trim().len() / 2).map(|at| u8::from_str_radix(&HEX[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let caller = Caller::upcast(6, &old).unwrap();
    assert_eq!((caller.language.as_deref(), caller.used, caller.with.as_deref()), (Some("jav"), Some(day(3)), Some("T4821735")));
    assert_eq!((caller.home, caller.seen, caller.bookings.len()), (None, None, 1));
    assert!(Caller::upcast(6, &old[1..]).is_none() && Caller::upcast(7, &old).is_none());
}

#[test]
fn a_kecamatan_is_that_of_the_village_chosen_else_of_the_office_booked() {
    let village = Home { district: 9, village: Some(2015) };
    for (home, place, expected) in [
        (None, None, None),
        (None, Some(100), None),
        (None, Some(3), Some(3)),
        (Some(village), Some(3), Some(9)),
        (Some(village), Some(100), Some(9)),
    ] {
        assert_eq!(Caller { home, place, ..Caller::default() }.district(), expected, "{home:?} {place:?}");
    }
}

#[test]
fn who_only_dialled_is_forgotten_after_ninety_days() {
    let caller = Caller { seen: Some(day(0)), home: Some(Home { district: 9, village: None }), ..Caller::default() };
    assert!(caller.clone().left(Timestamp::wib(day(89), 9, 0), &[]).is_some());
    assert!(caller.left(Timestamp::wib(day(90), 9, 0), &[]).is_none());
}
