mod reports;
mod restart;
mod shifting;
mod telco;
mod virtual_time;

use std::sync::Arc;
use std::time::Duration;

use super::decide::Patience;
use super::*;
use crate::channel::RouteSettings;
use crate::citizen::Msisdn;
use crate::store::Keys;
use crate::store::queue::{Class, MessageId, Sent};
use telco::Telco;

/// Everything a thousand times quicker than in earnest.
const QUICK: Patience = Patience {
    tries_max: 48,
    try_for: Duration::from_secs(60),
    first_pause: Duration::from_millis(5),
    pause_max: Duration::from_millis(40),
    unsure_pause: Duration::from_millis(60),
    report_within: Duration::from_millis(120),
    answer_within: Duration::from_secs(10),
};

fn store() -> Arc<Store> {
    Arc::new(Store::memory(&Keys::generate().unwrap()))
}

fn settings() -> Settings {
    Settings { patience: QUICK, fakes: Fakes::Send, ..Settings::default() }
}

fn number(at: u64) -> Msisdn {
    Msisdn::try_from(6_281_200_000_000 + at).unwrap()
}

/// A sender over HTTP to each of these telcos, the first of which is the default and the others take over.
async fn outbox(store: &Arc<Store>, telcos: &[&Telco], settings: Settings) -> Arc<Outbox> {
    let carriers = telcos.iter().map(|telco| Carrier {
        name: telco.name.to_owned(),
        way: telco.way(),
        limits: Limits { per_second: 2_000, in_flight: 8 },
    });
    let names: Vec<_> = telcos.iter().map(|telco| telco.name.to_owned()).collect();
    let default = names.first().cloned();
    let routes = Routes::new(names.clone(), &RouteSettings { default, failover: names, ..RouteSettings::default() }).unwrap();
    Outbox::new(Arc::clone(store), Clock::system(), carriers.collect(), routes, settings).await.unwrap()
}

async fn leave(store: &Store, to: Msisdn, class: Class) -> MessageId {
    let now = Clock::system().now();
    let row = Outgoing::new(to, class, "A0000001".to_owned(), "Halo".to_owned(), now).unwrap();
    let mut draft = Draft::new(store);
    draft.put(row.key(), &row).unwrap();
    store.commit(draft.into_batch()).await.unwrap();
    row.id
}

async fn sent(store: &Store, id: MessageId) -> Option<Sent> {
    Draft::new(store).peek(&Sent::key(id)).await.unwrap()
}

async fn waiting(store: &Store) -> usize {
    store.scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 10_000).await.unwrap().len()
}

#[tokio::test]
async fn a_message_to_a_fake_number_leaves_by_no_telco_in_earnest() {
    let (store, telco) = (store(), Telco::start("a", 0).await);
    let outbox = outbox(&store, &[&telco], Settings { fakes: Fakes::Refuse, ..settings() }).await;
    let fake = leave(&store, number(1), Class::Reply).await;
    outbox.settle().await;
    assert_eq!(sent(&store, fake).await.unwrap().fate, Fate::Failed(Some("fake_number".to_owned())));
    let real = leave(&store, Msisdn::try_from(6_281_200_100_000).unwrap(), Class::Reply).await;
    outbox.settle().await;
    assert_eq!(sent(&store, real).await.unwrap().fate, Fate::Accepted);
    assert_eq!(telco.received().len(), 1);
}

#[tokio::test]
async fn a_phone_of_the_demo_has_its_message_at_once() {
    let store = store();
    let carriers = vec![Carrier { name: "telepon".to_owned(), way: Way::Phone, limits: Limits::default() }];
    let routes = Routes::new(vec!["telepon".to_owned()], &RouteSettings::default()).unwrap();
    let outbox = Outbox::new(Arc::clone(&store), Clock::system(), carriers, routes, Settings::default()).await.unwrap();
    let id = leave(&store, number(1), Class::Reply).await;
    outbox.settle().await;
    let sent = sent(&store, id).await.unwrap();
    assert_eq!((sent.fate, sent.channel.as_str(), sent.tries), (Fate::Accepted, "telepon", 1));
    assert_eq!(waiting(&store).await, 0);
}

#[tokio::test]
async fn another_channel_takes_over_from_one_that_nobody_answers_at() {
    let store = store();
    let (gone, there) = (Telco::gone("a").await, Telco::start("b", 0).await);
    let outbox = outbox(&store, &[&gone, &there], settings()).await;
    let mut ids = Vec::new();
    for at in 0..20 {
        ids.push(leave(&store, number(at), Class::Reply).await);
    }
    outbox.settle().await;
    for id in ids {
        assert_eq!(sent(&store, id).await.map(|sent| (sent.channel, sent.fate)), Some(("b".to_owned(), Fate::Accepted)));
    }
    let figures = outbox.figures();
    assert!(figures.channels[0].is_broken && !figures.channels[1].is_broken);
    assert_eq!((figures.channels[1].sent, figures.waiting, figures.stranded), (20, 0, 0));
}

#[tokio::test]
async fn what_nobody_can_send_waits_and_is_told_of() {
    let store = store();
    let outbox = outbox(&store, &[], settings()).await;
    leave(&store, number(1), Class::Reply).await;
    outbox.settle().await;
    assert_eq!((outbox.figures().stranded, waiting(&store).await), (1, 1));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_no_other() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Odd(u8);
    impl crate::store::Stored for Odd {
        const SPACE: Space = Space::Outgoing;
        const FORMAT: u16 = 99;
    }
    let (store, telco) = (store(), Telco::start("a", 0).await);
    let mut draft = Draft::new(&store);
    draft.put(Outgoing::key_of(Class::Reply, Timestamp::default(), MessageId(1)), &Odd(1)).unwrap();
    store.commit(draft.into_batch()).await.unwrap();
    let outbox = outbox(&store, &[&telco], settings()).await;
    let id = leave(&store, number(1), Class::Reply).await;
    outbox.settle().await;
    assert!(sent(&store, id).await.is_some());
    assert_eq!(waiting(&store).await, 1);
}
