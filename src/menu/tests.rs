//! The shipped menu, stepped through with whatever outcomes and inputs there can be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::text::septets;
use super::*;
use crate::service::CATALOGUE;

static MENU: LazyLock<Menu> = LazyLock::new(shipped);

fn shipped() -> Menu {
    let source = MenuSource::shipped();
    check(&source, &CATALOGUE).unwrap_or_else(|problems| panic!("{}", render(&problems, &source)))
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-30T09:00").unwrap()
}

/// A value of this kind, as long as it gets.
fn value(kind: Kind, seed: u64) -> Value {
    match kind {
        Kind::Code => Value::Code("K4821735".into()),
        Kind::Day => Value::Day(now().day().plus(i32::try_from(seed % 60).unwrap())),
        Kind::Id => Value::Id(seed),
        Kind::Kk => Value::Kk(KkDigits::parse("1234").unwrap()),
        Kind::Moment => Value::Moment(now()),
        Kind::Nik => Value::Nik(Nik::parse("1606090101909999", now().day()).unwrap()),
        Kind::Number(digits) => Value::Number(10_u32.pow(u32::from(digits)) - 1),
        Kind::Text(septets) => Value::Text("M".repeat(septets.into())),
        Kind::Window => Value::Window { from: 13, to: 15 },
        Kind::Word => Value::Word(["kk", "rekam", "surat_polisi"][usize::try_from(seed % 3).unwrap()].into()),
        Kind::Words(_) => Value::Words(vec!["kk".into(), "surat_polisi".into()]),
    }
}

fn answer(call: &Call, seed: u64) -> Outcome {
    let spec = CATALOGUE.actions.iter().find(|spec| spec.name == call.action).unwrap();
    let outcome = &spec.outcomes[usize::try_from(seed).unwrap() % spec.outcomes.len()];
    let fields = |fields: &[Field]| fields.iter().map(|(name, kind)| (*name, value(*kind, seed))).collect::<Vec<_>>();
    let mut values = fields(outcome.gives);
    if seed.is_multiple_of(2) {
        values.extend(fields(outcome.may_give));
    }
    let items = outcome.items.map(|item| (0..1 + seed % 15).map(|_| fields(item)).collect()).unwrap_or_default();
    Outcome { name: outcome.name, values, items }
}

/// Steps until there is a page, reloading the session from its bytes each time, as the store does.
fn run(mut session: Session, event: Event<'_>, seed: u64) -> (Session, Page) {
    let mut step_made = step(&MENU, session, event, now());
    for _ in 0..16 {
        session = postcard::from_bytes(&postcard::to_allocvec(&step_made.0).unwrap()).unwrap();
        assert_eq!(session, step_made.0);
        match step_made.1 {
            Step::Show(page) => return (session, page),
            Step::Call(call) => step_made = step(&MENU, session, Event::Outcome(answer(&call, seed)), now()),
        }
    }
    panic!("calls without an end");
}

fn fits(page: &Page) {
    assert!(septets(&page.text) <= PAGE_SEPTETS_MAX, "{} septets:\n{}", septets(&page.text), page.text);
    assert!(crate::gsm::septets(&page.text).is_ok(), "{}", page.text);
    assert!(!page.text.contains(['{', '}']), "{}", page.text);
    assert!(!page.text.contains("1606090101909999"), "{}", page.text);
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..8_u32).prop_map(|digit| digit.to_string()),
        3 => prop::sample::select(vec!["0", "00", "98", "99", "20", "1606090101909999", "1234", "", "*", "160609010190999"]).prop_map(str::to_owned),
        1 => ".{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_pressed_every_page_fits_and_the_way_back_leads_home(keys in prop::collection::vec((key(), any::<u32>()), 0..40), resume in any::<bool>()) {
        let (mut session, page) = run(Session::new(&MENU), Event::Dial { resume }, 0);
        fits(&page);
        for (key, seed) in &keys {
            let again = run(session.clone(), Event::Input(key), u64::from(*seed));
            let (next, page) = run(session, Event::Input(key), u64::from(*seed));
            prop_assert_eq!(&again, &(next.clone(), page.clone()), "the same input, the same page");
            fits(&page);
            session = next;
            if page.release {
                prop_assert!(!session.has_personal() && !session.resumable(&MENU));
                session = Session::new(&MENU);
            }
        }
        session.forget_personal();
        let (mut session, page) = run(session, Event::Dial { resume: true }, 0);
        fits(&page);
        for _ in 0..200 {
            let (next, page) = run(session, Event::Input("0"), 2);
            session = next;
            if page.text.starts_with("DUKCAPIL MUBA") {
                return Ok(());
            }
        }
        prop_assert!(false, "no way home");
    }
}

/// Keys and, after each, the first words of the page. `+N` answers calls made by the key with outcome N of the action.
fn walk(script: &[(&str, u64, &str)]) {
    let (mut session, _) = run(Session::new(&MENU), Event::Dial { resume: false }, 0);
    for (at, (key, seed, expected)) in script.iter().enumerate() {
        let (next, page) = run(session, Event::Input(key), *seed);
        session = next;
        assert!(page.text.starts_with(expected), "key {at} ({key}): expected {expected:?}, got:\n{}", page.text);
    }
}

#[test]
fn wrong_niks_are_told_apart_and_the_page_comes_again() {
    walk(&[
        ("1", 0, "CEK KTP"),
        ("160609010190999", 0, "NIK harus 16 angka. Anda mengetik 15.\nCEK KTP"),
        ("16060901O1909999", 0, "NIK hanya berisi angka."),
        ("9906090101909999", 0, "2 angka pertama"),
        ("1600090101909999", 0, "Angka ke-3 dan 4"),
        ("1606000101909999", 0, "Angka ke-5 dan 6"),
        ("1606093104909999", 0, "Tanggal lahir"),
        ("1606090101900000", 0, "4 angka terakhir"),
        ("1606 0901 0190 9999#", 0, "Ketik 4 angka"),
        ("12", 0, "Harus 4 angka."),
        ("0", 0, "CEK KTP"),
        ("0", 0, "DUKCAPIL MUBA"),
    ]);
}

#[test]
fn constants_work_everywhere() {
    walk(&[
        ("3", 0, "INFO"),
        ("2", 0, "BELUM REKAM"),
        ("98", 0, ""),
        ("0", 0, "BELUM REKAM"),
        ("0", 0, "INFO"),
        ("99", 0, "BICARA PETUGAS"),
        ("0", 0, "INFO"),
        ("7", 0, "Salah pilih.\nINFO"),
        ("1.", 0, "SYARAT APA?"),
        ("00", 0, "DUKCAPIL MUBA"),
        ("8", 0, "Salah pilih.\nDUKCAPIL"),
    ]);
}

#[test]
fn a_session_cut_off_goes_on_where_it_was_or_asks_again_for_what_is_gone() {
    let (session, _) = run(Session::new(&MENU), Event::Dial { resume: false }, 0);
    let (session, _) = run(session, Event::Input("1"), 0);
    let (session, _) = run(session, Event::Input("1606090101909999"), 0);
    assert!(session.resumable(&MENU));
    let (offered, page) = run(session.clone(), Event::Dial { resume: true }, 0);
    assert_eq!(page.text, "Tadi terputus di tengah jalan.\n1 Lanjutkan\n2 Mulai baru");
    let (_, page) = run(offered.clone(), Event::Input("1"), 0);
    assert!(page.text.starts_with("Ketik 4 angka"), "{}", page.text);
    let (_, page) = run(offered.clone(), Event::Input("2"), 0);
    assert!(page.text.starts_with("DUKCAPIL"), "{}", page.text);
    let (offered, page) = run(offered, Event::Input("5"), 0);
    assert!(page.refused && page.text.starts_with("Tadi terputus"), "{}", page.text);
    let mut late = offered;
    late.forget_personal();
    let (_, page) = run(late, Event::Input("1"), 0);
    assert!(page.text.starts_with("CEK KTP"), "the NIK is gone: {}", page.text);
}

#[test]
fn an_answer_about_somebody_forgotten_asks_again_who_it_is() {
    let (mut session, _) = run(Session::new(&MENU), Event::Dial { resume: false }, 0);
    for key in ["1", "1606090101909999"] {
        (session, _) = run(session, Event::Input(key), 0);
    }
    session.forget_personal();
    for (key, expected) in [("1234", "CEK KTP"), ("", "CEK KTP"), ("0", "CEK KTP"), ("00", "DUKCAPIL"), ("99", "BICARA PETUGAS")] {
        let (_, page) = run(session.clone(), Event::Input(key), 0);
        assert!(page.text.starts_with(expected), "{key}: {}", page.text);
    }
}

#[test]
fn a_screen_that_is_gone_is_the_main_menu() {
    let (mut session, _) = run(Session::new(&MENU), Event::Dial { resume: false }, 0);
    session.screen = 12345;
    let (_, page) = run(session, Event::Input(""), 0);
    assert!(page.text.starts_with("DUKCAPIL"));
}

#[test]
fn kk_digits_go_when_another_person_is_named() {
    let nik = |serial: &str| Value::Nik(Nik::parse(&format!("160609010190{serial}"), now().day()).unwrap());
    let mut session = Session::new(&MENU);
    session.set(1, nik("9999"));
    session.set(2, Value::Kk(KkDigits::parse("1234").unwrap()));
    session.set(1, nik("9998"));
    assert!(session.value(2).is_none());
}
