//! Messages from phones: what is heard once, what is never kept, what disturbs nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kentongan::channel::{Input, Phase, Repeat, Sender, SmsIn, UssdTurn};
use kentongan::citizen::Msisdn;
use kentongan::menu::Value;
use kentongan::service::caller::Caller;
use kentongan::store::queue::{Class, Due, DueKind, Outgoing, Sent};
use kentongan::store::{Draft, Key, Space, Stored};
use kentongan::turn::{HeardSms, How, Question, SmsAnswered, SmsVia};

use crate::house::House;

const OWN_WAY: SmsVia<'static> = SmsVia { channel: "uji", answers_in_reply: false, sms: None };
pub(crate) const IN_REPLY: SmsVia<'static> = SmsVia { answers_in_reply: true, ..OWN_WAY };

fn number(at: u64) -> Msisdn {
    Msisdn::parse(&format!("+{}", 6_281_200_000_000 + at)).unwrap()
}

fn message(from: Sender, to: &str, text: &str, id: Option<&str>) -> SmsIn {
    SmsIn { from, to: Some(to.to_owned()), text: text.to_owned(), id: id.map(str::to_owned), operator: None, part: None }
}

impl House {
    pub(crate) async fn text(&self, text: &str, id: Option<&str>, via: SmsVia<'_>) -> SmsAnswered {
        self.turns.sms(&message(Sender::Citizen(number(1)), "2000", text, id), via).await.unwrap()
    }

    fn wait(&self, span: Duration) {
        self.clock.set(self.clock.now().plus(span));
    }

    async fn waiting(&self) -> Vec<Outgoing> {
        let rows = Draft::new(self.turns.store()).scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 1_000).await.unwrap();
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// In which spaces there are records, besides those that an import leaves.
    fn spaces(&self) -> BTreeSet<u8> {
        let mut spaces = BTreeSet::new();
        let imported = [Space::Registry as u8, Space::Generation as u8, Space::Due as u8];
        let mut take = |key: &Key, _: &_| {
            spaces.extend(key.as_bytes().first().filter(|space| !imported.contains(space)));
        };
        self.turns.store().export(&mut take).unwrap();
        spaces
    }
}

#[tokio::test]
async fn a_machine_is_never_answered() {
    let house = House::new(12).await;
    let answered = house.turns.sms(&message(Sender::Machine, "2000", "BANTUAN", Some("a")), IN_REPLY).await.unwrap();
    assert_eq!((answered.body, answered.how), (None, How::Silent));
    assert_eq!(house.spaces(), BTreeSet::new());
}

#[tokio::test]
async fn what_has_no_id_is_a_repeat_for_a_minute() {
    let house = House::new(12).await;
    assert_eq!(house.text("KTP", None, OWN_WAY).await.how, How::Stepped);
    house.wait(Duration::from_secs(59));
    assert_eq!(house.text("KTP", None, OWN_WAY).await.how, How::Repeated);
    // Another short code, another number, other words: another message.
    let elsewhere = message(Sender::Citizen(number(1)), "2001", "KTP", None);
    assert_eq!(house.turns.sms(&elsewhere, OWN_WAY).await.unwrap().how, How::Stepped);
    let other = message(Sender::Citizen(number(2)), "2000", "KTP", None);
    assert_eq!(house.turns.sms(&other, OWN_WAY).await.unwrap().how, How::Stepped);
    house.wait(Duration::from_secs(1));
    assert_eq!(house.text("KTP", None, OWN_WAY).await.how, How::Stepped);
    assert_eq!(house.waiting().await.len(), 4);
}

#[tokio::test]
async fn a_machine_that_answers_every_message_hears_no_more_for_an_hour() {
    let house = House::new(12).await;
    for at in 0..60 {
        assert_eq!(house.text("KTP", Some(&format!("a{at}")), IN_REPLY).await.how, How::Stepped);
    }
    let last = house.text("KTP", Some("b"), IN_REPLY).await;
    assert!(last.body.is_some_and(|body| body.contains("Terlalu banyak SMS")));
    let spent = house.text("KTP", Some("c"), IN_REPLY).await;
    assert_eq!((spent.body, spent.how), (None, How::Silent));
    house.wait(Duration::from_secs(3600));
    assert!(house.text("KTP", Some("d"), IN_REPLY).await.body.is_some_and(|body| body.contains("CEK KTP")));
}

#[tokio::test]
async fn a_repeat_gets_the_same_reply_for_three_days() {
    let house = House::new(12).await;
    let first = house.text("BANTUAN", Some("a"), IN_REPLY).await;
    assert!(first.body.as_deref().is_some_and(|body| body.starts_with("DUKCAPIL")), "{first:?}");
    house.text("1", Some("b"), IN_REPLY).await;
    house.wait(Duration::from_secs(72 * 3600 - 1));
    // By its id, whatever it says.
    let again = house.text("BANTUAN", Some("a"), IN_REPLY).await;
    assert_eq!((again.body, again.how), (first.body, How::Repeated));
    assert_eq!(house.text("BANTUAN", Some("a"), SmsVia { channel: "lain", ..IN_REPLY }).await.how, How::Stepped);
    house.wait(Duration::from_secs(1));
    assert_eq!(house.text("BANTUAN", Some("a"), IN_REPLY).await.how, How::Stepped);
    assert!(house.waiting().await.is_empty(), "never both");
}

#[tokio::test]
async fn of_a_registration_gone_astray_nothing_is_kept() {
    let (nik, kk) = ("1606094101909999", "1606010101019998");
    for text in [format!("REG {nik}#{kk}#"), format!("DAFTAR#{nik}#{kk}#"), format!("{nik}#{kk}#")] {
        let house = House::new(12).await;
        house.text(&text, Some("a"), OWN_WAY).await;
        let mut kinds = BTreeSet::new();
        let mut take = |key: &Key, record: &kentongan::store::Record| {
            let shown = match key.as_bytes()[0] {
                space if space == Outgoing::SPACE as u8 => format!("{:?}", record.decode::<Outgoing>().unwrap()),
                space if space == Sent::SPACE as u8 => format!("{:?}", record.decode::<Sent>().unwrap()),
                space if space == HeardSms::SPACE as u8 => format!("{:?}", record.decode::<HeardSms>().unwrap()),
                // That the number was here today, and nothing of what it wrote.
                space if space == Caller::SPACE as u8 => format!("{:?}", record.decode::<Caller>().unwrap()),
                space if space == Space::Session as u8 => format!("{:?}", record.decode::<kentongan::turn::Record>().unwrap()),
                _ => return,
            };
            kinds.insert(key.as_bytes()[0]);
            // Which menu the page is of stands there as hashes, which may hold any digits by chance.
            let (before, after) =
                (shown.split(", edition: ").next().unwrap_or_default(), shown.split(", underway: ").nth(1).unwrap_or_default());
            for part in [nik, kk, "9999", "9998", "1606"] {
                assert!(!before.contains(part) && !after.contains(part), "{part} in {shown}");
            }
        };
        house.turns.store().export(&mut take).unwrap();
        assert_eq!(kinds, house.spaces(), "{text}: records of another kind");
    }
}

#[tokio::test]
async fn a_prompt_and_a_dialogue_do_not_disturb_each_other() {
    let house = House::new(12).await;
    let person = house.citizen(3);
    let press = async |text: &str| {
        let phase = if text.is_empty() { Phase::Begin } else { Phase::Continue };
        let turn = UssdTurn {
            number: Some(number(1)),
            dialogue: "d".to_owned(),
            phase,
            input: Input::Last(text.to_owned()),
            service_code: None,
            sequence: None,
            operator: None,
        };
        house.wait(Duration::from_secs(2));
        house.turns.ussd(&turn, Repeat::Quick.into()).await.text
    };
    press("").await;
    press("2").await;
    press(&person.nik).await;
    let hari = house.clock.now().day();
    let values = || {
        vec![
            ("kode", Value::Code("K4821735".to_owned())),
            ("hari", Value::Day(hari)),
            ("jam", Value::Window { from: 8, to: 10 }),
            ("tempat", Value::Text("Kec. Lais".to_owned())),
        ]
    };
    let remind = house.turns.work(number(1), |turns, draft, asking| {
        let question = Question { command: "pengingat", values: values(), class: Class::Reminder, reference: "K4821735", until: None };
        Box::pin(turns.prompt(draft, asking, question))
    });
    remind.await.unwrap();
    let reminder = house.waiting().await.pop().unwrap();
    assert_eq!((reminder.class, reminder.reference.as_str(), reminder.to), (Class::Reminder, "K4821735", number(1)));
    assert!(reminder.text.contains("K4821735"), "{}", reminder.text);
    // The dialogue goes on where it was, and the reminder's question still stands.
    assert!(press(&person.kk4).await.starts_with("URUSAN"));
    let answered = house.text("1", Some("a"), IN_REPLY).await.body.unwrap();
    assert!(answered.starts_with("Janji itu sudah tidak ada"), "{answered}");
    assert!(press("1").await.starts_with("DI MANA"));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_for_one_number_is_done_one_after_another() {
    let house = Arc::new(House::new(12).await);
    let key = Key::new(Space::Due).with(b"uji");
    let workers: Vec<_> = (0..50)
        .map(|_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                let counted = house.turns.work(number(1), |_, draft, asking| {
                    Box::pin(async move {
                        let mut due = match draft.get::<Due>(&key).await? {
                            Some(due) => due,
                            None => Due::new(asking.now, DueKind::NewExport { generation: 0, as_of: asking.now.day(), after: None })?,
                        };
                        due.at = due.at.plus(Duration::from_secs(1));
                        draft.put(key, &due)?;
                        Ok(due.at)
                    })
                });
                counted.await.unwrap()
            })
        })
        .collect();
    let begun = house.clock.now();
    let mut counted = BTreeSet::new();
    for worker in workers {
        counted.insert(worker.await.unwrap().since(begun).as_secs());
    }
    assert_eq!(counted, (1..=50).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_messages_than_can_be_worked_on_wait_and_none_is_refused() {
    let house = Arc::new(House::new(12).await);
    let callers: Vec<_> = (0..1_000)
        .map(|at| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                let sms = message(Sender::Citizen(number(at)), "2000", "BANTUAN", Some("a"));
                house.turns.sms(&sms, OWN_WAY).await.map(|answered| answered.how)
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), How::Stepped);
    }
    let told: BTreeSet<_> = house.waiting().await.into_iter().map(|row| row.to.reveal()).collect();
    assert_eq!(told.len(), 1_000, "each is answered once");
}
