//! What telcos send twice is answered twice and done once.

use std::time::Duration;

use kentongan::channel::{Input, Phase, Repeat, UssdTurn};
use kentongan::citizen::Msisdn;
use kentongan::clock::Timestamp;
use kentongan::registry::{Http, HttpSettings};
use kentongan::service::Registry;
use kentongan::store::Store;
use kentongan::store::seal::Keys;
use kentongan::turn::How;

use crate::house::House;

fn turn(dialogue: &str, phase: Phase, input: Input, service_code: Option<&str>) -> UssdTurn {
    UssdTurn {
        number: Msisdn::parse("+6281200000001").unwrap(),
        dialogue: dialogue.to_owned(),
        phase,
        input,
        service_code: service_code.map(str::to_owned),
        sequence: None,
        operator: None,
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
    house.turns.ussd(&begin, Repeat::Quick).await;
    let answer = async |text: &str| {
        let answer = turn("slow", Phase::Continue, Input::Last(text.to_owned()), None);
        house.turns.ussd(&answer, Repeat::Quick).await
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
