//! What telcos send twice is answered twice and done once.

use std::time::Duration;

use kentongan::channel::{Input, Phase, Repeat, UssdTurn};
use kentongan::citizen::Msisdn;
use kentongan::clock::Timestamp;
use kentongan::registry::{Http, HttpSettings};
use kentongan::service::Registry;
use kentongan::service::code::CodeRow;
use kentongan::store::seal::Keys;
use kentongan::store::{Settings, Store};
use kentongan::turn::How;

use crate::house::House;

fn turn(dialogue: &str, phase: Phase, input: Input, service_code: Option<&str>) -> UssdTurn {
    UssdTurn {
        number: Some(Msisdn::parse("+6281200000001").unwrap()),
        dialogue: dialogue.to_owned(),
        phase,
        input,
        service_code: service_code.map(str::to_owned),
        sequence: None,
        operator: None,
    }
}

#[tokio::test]
async fn a_dial_sent_twice_that_ends_at_once_gets_one_page() {
    // Nobody listens there: what is asked is noted, and the dialogue ends.
    let settings: HttpSettings =
        toml::from_str("url = \"http://127.0.0.1:1/{nik}?kk={kk}\"\ntimeout_ms = 300\nstatus = \"/status\"\n").unwrap();
    let registry = Registry::Http(Box::new(Http::new(settings).unwrap()));
    let house = House::asking(registry, Store::memory(&Keys::generate().unwrap()), 12).await;
    let person = house.citizen(3);
    let dialled = format!("*123*1*{}*{}#", person.nik, person.kk4);
    let begin = |dialogue| turn(dialogue, Phase::Begin, Input::Last(dialled.clone()), None);
    let first = house.turns.ussd(&begin("one"), Repeat::Quick.into()).await;
    assert!(first.text.contains("DICATAT") && first.release, "{}", first.text);
    house.clock.set(house.clock.now().plus(Duration::from_secs(1)));
    let second = house.turns.ussd(&begin("two"), Repeat::Quick.into()).await;
    assert_eq!((second.how, second.text), (How::Repeated, first.text));
}

/// Where a telco has no ids, a dialogue is the citizen's number, and that dials again.
#[tokio::test]
async fn a_number_that_is_a_dialogue_begins_anew_when_it_dials() {
    let house = House::new(12).await;
    let person = house.citizen(3);
    for dialogue in ["6281200000001", "+6281200000001", "081200000001"] {
        let say = async |phase, text: &str| {
            let answered = house.turns.ussd(&turn(dialogue, phase, Input::Last(text.to_owned()), None), Repeat::Quick.into()).await;
            (answered.how, answered.text, answered.release)
        };
        let wait = |millis| house.clock.set(house.clock.now().plus(Duration::from_millis(millis)));
        let dialled = format!("*123*1*{}*{}#", person.nik, person.kk4);
        let (_, status, _) = say(Phase::Begin, &dialled).await;
        assert!(status.contains("NIK .."), "{dialogue}: {status}");
        wait(500);
        assert_eq!(say(Phase::Begin, &dialled).await.0, How::Repeated, "{dialogue}: at once it is a repeat");
        wait(3_000);
        let (how, menu, release) = say(Phase::Begin, "*123#").await;
        assert!(how != How::Repeated && !release && menu != status, "{dialogue}: {how:?} {menu}");
        wait(600_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_again_while_a_slow_turn_is_at_work_is_a_repeat() {
    // Takes connections and never answers.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("url = \"http://{}/{{nik}}?kk={{kk}}\"\ntimeout_ms = 1400\nstatus = \"/status\"\n", silent.local_addr().unwrap());
    let settings: HttpSettings = toml::from_str(&url).unwrap();
    let registry = Registry::Http(Box::new(Http::new(settings).unwrap()));
    let house = House::asking(registry, Store::memory(&Keys::generate().unwrap()), 12).await;
    let person = house.citizen(3);
    let begin = turn("slow", Phase::Begin, Input::Last("*123#".to_owned()), None);
    house.turns.ussd(&begin, Repeat::Quick.into()).await;
    let answer = async |text: &str| {
        let answer = turn("slow", Phase::Continue, Input::Last(text.to_owned()), None);
        house.turns.ussd(&answer, Repeat::Quick.into()).await
    };
    for text in ["2", &person.nik] {
        assert_eq!(answer(text).await.how, How::Stepped);
        house.clock.set(house.clock.now().plus(Duration::from_secs(5)));
    }
    let asked = house.clock.now();
    let passing = async {
        for millis in (100..1_400).step_by(100) {
            kentongan::clock::sleep(Duration::from_millis(100)).await;
            house.clock.set(Timestamp::from_millis(asked.millis() + millis));
        }
    };
    let again = async {
        kentongan::clock::sleep(Duration::from_millis(1_150)).await;
        answer(&person.kk4).await
    };
    let (first, second, ()) = tokio::join!(answer(&person.kk4), again, passing);
    assert_eq!(first.how, How::Stepped);
    assert_eq!((second.how, second.text), (How::Repeated, first.text));
}

/// Of two dials at once the telco may go on with either, and forgets the other one late.
#[tokio::test]
async fn a_twin_of_a_replaced_dialogue_changes_nothing() {
    let house = House::new(12).await;
    let turn_of = |dialogue: &str, text: &str| turn(dialogue, Phase::Unsaid, Input::Whole(text.to_owned()), Some("*123#"));
    let hear = async |dialogue: &str, text: &str| house.turns.ussd(&turn_of(dialogue, text), Repeat::Cumulative.into()).await;
    hear("one", "").await;
    assert_eq!(hear("two", "").await.how, How::Repeated);
    house.clock.set(house.clock.now().plus(Duration::from_secs(5)));
    let current = hear("three", "").await;
    assert_eq!(hear("two", "2").await.how, How::Replaced);
    assert_eq!(hear("three", "").await.text, current.text, "the dialogue the citizen sees goes on");
}

/// A thumb and a network: the older of two callbacks arrives last.
#[tokio::test]
async fn a_begin_that_comes_late_does_not_end_the_dialogue_after_it() {
    let house = House::new(12).await;
    let begin = |dialogue| turn(dialogue, Phase::Begin, Input::Last("*123#".to_owned()), None);
    house.turns.ussd(&begin("one"), Repeat::Quick.into()).await;
    house.clock.set(house.clock.now().plus(Duration::from_secs(5)));
    house.turns.ussd(&begin("two"), Repeat::Quick.into()).await;
    house.clock.set(house.clock.now().plus(Duration::from_secs(5)));
    assert_eq!(house.turns.ussd(&begin("one"), Repeat::Quick.into()).await.how, How::Replaced);
    let answer = turn("two", Phase::Continue, Input::Last("3".to_owned()), None);
    assert_eq!(house.turns.ussd(&answer, Repeat::Quick.into()).await.how, How::Stepped);
}

#[tokio::test]
async fn an_older_sequence_gets_the_newest_page() {
    let house = House::new(12).await;
    let hear = async |sequence: &str, phase, text: &str| {
        let turn = UssdTurn { sequence: Some(sequence.to_owned()), ..turn("s", phase, Input::Last(text.to_owned()), None) };
        house.turns.ussd(&turn, Repeat::Sequence.into()).await
    };
    hear("8", Phase::Begin, "*123#").await;
    hear("9", Phase::Continue, "3").await;
    let newest = hear("10", Phase::Continue, "1").await;
    for old in ["10", "9"] {
        let again = hear(old, Phase::Continue, "3").await;
        assert_eq!((again.how, &again.text), (How::Repeated, &newest.text), "{old}");
    }
    assert_eq!(hear("11", Phase::Continue, "0").await.how, How::Stepped);
}

#[tokio::test]
async fn a_turn_that_was_given_up_is_not_told_of_before_it_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let keys = || Keys::parse(KEYS).unwrap();
    let house = House::on(Store::open(folder.path(), &keys(), Settings::default()).unwrap().0, 12).await;
    let mut given_up_times = 0;
    for at in 0..20 {
        let person = house.citizen(at);
        let summary = format!("2*{}*{}*1*2*1", person.nik, person.kk4);
        let (number, confirm) = (u64::from(at), format!("{summary}*1"));
        assert!(house.call(number, "cut", &summary).await.text.contains("1 YA"));
        {
            // As far as it comes without waiting; then the telco hangs up on us.
            let mut given_up = std::pin::pin!(house.call(number, "cut", &confirm));
            let is_pending = std::future::poll_fn(|context| std::task::Poll::Ready(given_up.as_mut().poll(context).is_pending())).await;
            // On a busy machine the disk may be through before we are: then nothing was given up, and the rest must hold all the same.
            given_up_times += usize::from(is_pending);
        }
        let told = house.call(number, "cut", &confirm).await;
        // What the disk has at this moment, as a killed process would leave it.
        let image = tempfile::tempdir().unwrap();
        std::fs::create_dir(image.path().join("journal")).unwrap();
        for entry in std::fs::read_dir(folder.path().join("journal")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, image.path().join("journal").join(path.file_name().unwrap())).unwrap();
        }
        assert!(told.text.contains("TERSIMPAN"), "{}", told.text);
        let code = told.text.split_whitespace().find(|word| word.len() == 8 && word.ends_with(|c: char| c.is_ascii_digit())).unwrap();
        let (kept, _) = Store::open(image.path(), &keys(), Settings::default()).unwrap();
        assert!(kept.get(&CodeRow::key(code)).await.unwrap().is_some(), "round {at}: {code} was told and is not on disk");
    }
    assert!(given_up_times > 0, "a durable commit waits for the disk");
}

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
