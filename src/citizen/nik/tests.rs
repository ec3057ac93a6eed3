use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;

fn today() -> Day {
    Day::parse("2026-11-24").unwrap()
}

#[test]
fn agrees_with_the_table() {
    let mut seen = 0;
    for line in include_str!("../../../tests/fixtures/nik.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [text, result, sex, born, alternative, prefix6, warnings, note, reference] = cells[..] else {
            panic!("nine cells: {line}");
        };
        let today = if reference.is_empty() { today() } else { Day::parse(reference).unwrap() };
        match Nik::read(text, today) {
            Ok(facts) => {
                assert_eq!(result, "sah", "{note}");
                assert_eq!(facts.sex.letter(), sex, "{note}");
                assert_eq!(facts.born.to_string(), born, "{note}");
                assert_eq!(facts.born_alternative.map_or(String::new(), |day| day.to_string()), alternative, "{note}");
                assert_eq!(format!("{:06}", facts.prefix6), prefix6, "{note}");
                let names: Vec<_> = facts.warnings().map(NikWarning::name).collect();
                assert_eq!(names.join("|"), warnings, "{note}");
                assert_eq!(Nik::parse(text, today), Ok(facts.nik), "{note}");
                assert_eq!(Nik::from_number(facts.nik.number()), Some(facts.nik), "{note}");
            }
            Err(error) => {
                assert_eq!(error.name(), result, "{note}");
                assert_eq!(error.to_string(), result, "{note}");
                assert_eq!(Nik::parse(text, today), Err(error), "{note}");
            }
        }
        seen += 1;
    }
    assert!(seen >= 110, "{seen} rows");
}

#[test]
fn a_wrong_length_is_counted_without_separators() {
    for (text, typed) in [("", 0), ("160609010190999", 15), ("1606-0901-0190-99991", 17), ("1 6 0 6", 4)] {
        assert_eq!(Nik::parse(text, today()), Err(NikError::Length { typed }), "{text:?}");
    }
    let endless = "1".repeat(1_000_000);
    assert_eq!(Nik::parse(&endless, today()), Err(NikError::Length { typed: 1_000_000 }));
}

#[test]
fn a_correction_is_offered_only_if_it_makes_a_nik() {
    for (text, suggestion) in [
        ("16060901O1909999", Some("1606090101909999")),
        ("1606o9o1o19o9999", Some("1606090101909999")),
        ("l6O6-O9OI-OI9O-9999", Some("1606090101909999")),
        ("16060901O190999", None),
        ("16060901O19099991", None),
        ("1606090IO0909999", None),
        ("99O6090101909999", None),
        ("16060901O190999x", None),
        ("16060901S1909999", None),
    ] {
        let Err(NikError::Letter { suggestion: offered }) = Nik::parse(text, today()) else { panic!("{text}") };
        assert_eq!(offered.map(Nik::reveal).as_deref(), suggestion, "{text}");
    }
}

#[test]
fn today_is_a_day_in_western_indonesian_time() {
    let (before, after) = (Timestamp::parse("2026-11-24T16:59:59Z").unwrap(), Timestamp::parse("2026-11-24T17:00:00Z").unwrap());
    let young = |now: Timestamp| {
        let facts = Nik::read("1606092511099999", now.day()).unwrap();
        facts.warnings().any(|warning| warning == NikWarning::Under17)
    };
    assert!(young(before) && !young(after), "seventeen from midnight in Sekayu, not in London");
    let born = |now: Timestamp| Nik::read("1606092511269999", now.day()).unwrap().born.to_string();
    assert_eq!((born(before).as_str(), born(after).as_str()), ("1926-11-25", "2026-11-25"));
}

#[test]
fn nothing_prints_a_nik() {
    let facts = Nik::read("1606094101909999", today()).unwrap();
    let error = Nik::parse("16060941O1909999", today()).unwrap_err();
    assert_eq!(format!("{} {:?} {facts:?}", facts.nik, facts.nik), "..9999 ..9999 NikFacts(..9999)");
    assert_eq!(format!("{error} {error:?}"), "huruf Letter { suggestion: Some(..9999) }");
    assert_eq!(facts.nik.reveal(), "1606094101909999");
    assert_eq!(facts.nik.last4(), 9999);
}

#[test]
fn only_possible_numbers_come_back_from_a_record() {
    for (number, possible) in [
        (1_606_090_101_909_999, true),
        (1_606_096_902_009_998, true),
        (1_606_092_902_019_999, false),
        (1_606_090_101_900_000, false),
        (11_606_090_101_909_999, false),
        (9_906_090_101_909_999, false),
        (0, false),
        (u64::MAX, false),
    ] {
        assert_eq!(Nik::from_number(number).is_some(), possible, "{number}");
        let bytes = postcard::to_allocvec(&number).unwrap();
        assert_eq!(postcard::from_bytes::<Nik>(&bytes).is_ok(), possible, "{number}");
    }
}

proptest! {
    #[test]
    fn anything_may_be_typed(text in any::<String>(), near in "[0-9OoIl .-]{0,24}", day in any::<i32>()) {
        for text in [text, near] {
            let read = Nik::read(&text, Day::from_number(day));
            prop_assert_eq!(Nik::parse(&text, Day::from_number(day)), read.map(|facts| facts.nik));
        }
    }

    #[test]
    fn any_number_of_sixteen_digits_may_come(number in 0..10_u64.pow(16)) {
        let read = Nik::read(&format!("{number:016}"), today());
        prop_assert!(read.is_err() || Nik::from_number(number).is_some());
    }

    #[test]
    fn a_nik_comes_back(regency in 1..70_u64, district in 1..100_u64, day in 1..29_u64, woman in any::<bool>(), month in 1..13_u64, year in 27..100_u64) {
        let day = if woman { day + 40 } else { day };
        let text = format!("16{regency:02}{district:02}{day:02}{month:02}{year:02}9998");
        let facts = Nik::read(&text, today()).unwrap();
        prop_assert_eq!(facts.nik.reveal(), text);
        prop_assert_eq!(facts.sex == Sex::Female, woman);
        prop_assert!(facts.born_alternative.is_none());
    }
}
