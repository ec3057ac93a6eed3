//! A bad aggregator between the gateway and its phones: it breaks off, fails, answers late or twice, brings messages twice and reports
//! early, out of order, twice and by other forms of its ids. What the phones received is held against what the store believes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kentongan::channel::{ChannelSettings, HttpChannel, Profile, RouteSettings, Routes};
use kentongan::citizen::Msisdn;
use kentongan::clock::{self, Clock, Timestamp};
use kentongan::outbox::decide::Patience;
use kentongan::outbox::{Carrier, Fakes, Limits, Settings, Way};
use kentongan::simulator::aggregator::Aggregator;
use kentongan::simulator::aggregator::submit::Login;
use kentongan::simulator::carrier::{self, Faults, How, Received};
use kentongan::store::queue::{Class, Fate, Outgoing, Sent};
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Store, Stored};
use kentongan::turn::Count;
use kentongan::{demo, gateway};
use tokio::net::TcpListener;

/// So many get a message, and so many others write one, which the aggregator brings twice if it likes, and get one answer.
const PHONES: u64 = 120;
/// Longer than the gateway waits for an answer.
const LATE: Duration = Duration::from_secs(11);
/// A thousand times quicker than in earnest, but for the reports: those must have their time to settle what is unsure.
const QUICK: Patience = Patience {
    tries_max: 48,
    try_for: Duration::from_secs(60),
    first_pause: Duration::from_millis(5),
    pause_max: Duration::from_millis(50),
    unsure_pause: Duration::from_millis(1_500),
    report_within: Duration::from_secs(120),
    answer_within: Duration::from_secs(10),
};

#[tokio::test(flavor = "multi_thread")]
async fn kannel_names_our_id_in_its_reports_so_nothing_is_doubled_at_all() {
    let (received, sent) = run("kannel", "kannel-sms", Aggregator::Kannel, 1).await;
    let copies = compare(&received, &sent, kannel_says);
    assert!(copies.values().all(|copies| *copies == 1), "{copies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn africas_talking_names_its_own_in_hexadecimal_or_decimal() {
    let (received, sent) = run("africastalking-sms", "africastalking-sms", Aggregator::AfricasTalking, 2).await;
    compare(&received, &sent, |copy, fate| match fate {
        Fate::Delivered => copy.arrived,
        Fate::Failed(word) => !copy.arrived && word.as_deref() == Some("failed"),
        // Its reports name an id that we were never told.
        Fate::Unreported => copy.how == How::Untold,
        _ => false,
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn telkomsel_reports_what_was_delivered_and_nothing_else() {
    let (received, sent) = run("telkomsel", "telkomsel-cp", Aggregator::Telkomsel, 3).await;
    compare(&received, &sent, |copy, fate| match fate {
        Fate::Delivered => copy.arrived,
        Fate::Accepted | Fate::Unreported => !copy.arrived,
        _ => false,
    });
}

/// What the store may believe of a message of which there is one copy.
pub(crate) fn kannel_says(copy: &Received, fate: &Fate) -> bool {
    match fate {
        Fate::Answered => copy.how == How::InReply,
        Fate::Delivered => copy.arrived,
        Fate::Failed(word) => !copy.arrived && word.as_deref() == Some("2"),
        _ => false,
    }
}

/// Holds the copies of one message against what the store keeps of it. A copy beyond the first is allowed only after one that the gateway was
/// not told of, and no more than one; none at all only where the line broke both times, and then the store does not believe that it arrived.
pub(crate) fn judge(copies: &[&Received], row: &Sent, fits: impl Fn(&Received, &Fate) -> bool) {
    match copies {
        [] => assert_eq!(row.fate, Fate::Unreported),
        [copy] => assert!(fits(copy, &row.fate), "{copy:?}: {:?}", row.fate),
        [first, _second] => assert_eq!(first.how, How::Untold, "{}", row.text),
        _ => panic!("{} copies: {:?}", copies.len(), row.fate),
    }
    assert!(copies.iter().all(|copy| copy.text == row.text && copy.to == row.to.reveal()));
}

/// Holds the phones against the store. `fits`: what the store may believe of a message of which there is one copy. Gives the copies by phone.
fn compare(received: &[Received], sent: &[Sent], fits: impl Fn(&Received, &Fate) -> bool) -> BTreeMap<String, usize> {
    let mut copies: BTreeMap<String, Vec<&Received>> = BTreeMap::new();
    for copy in received {
        copies.entry(copy.to.clone()).or_default().push(copy);
    }
    assert_eq!(sent.len(), usize::try_from(2 * PHONES).unwrap(), "messages that the store believes sent");
    for row in sent {
        judge(copies.get(&row.to.reveal()).map(Vec::as_slice).unwrap_or_default(), row, &fits);
    }
    copies.into_iter().map(|(to, copies)| (to, copies.len())).collect()
}

/// What was taken for the phones, and what the store keeps as sent.
async fn run(name: &str, profile: &str, aggregator: Aggregator, seed: u64) -> (Vec<Received>, Vec<Sent>) {
    let clock = Clock::running_from(Timestamp::parse("2026-11-30T09:00").unwrap());
    let Ends { telco, channel, callbacks } = ends(name, profile, aggregator, Faults::bad(LATE), seed, &clock).await;
    let store = Arc::new(Store::memory(&Keys::generate().unwrap()));
    let mut parts = demo::parts(demo::places(None, 0).unwrap()).unwrap();
    let limits = Limits { per_second: 2_000, in_flight: 16 };
    parts.carriers = vec![Carrier { name: name.to_owned(), way: Way::Http(Box::new(channel.clone())), limits }];
    parts.office.routes = Routes::new(vec![name.to_owned()], &RouteSettings::default()).unwrap();
    parts.sending = Settings { patience: QUICK, fakes: Fakes::Send, ..Settings::default() };
    parts.channels = vec![channel];
    let gateway = gateway::assemble(parts, Arc::clone(&store), clock.clone(), None).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(gateway::run(gateway, vec![callbacks.into()], async move {
        let _stop = stopped.await;
    }));

    for at in 0..PHONES {
        let to = Msisdn::try_from(6_281_200_030_000 + at).unwrap();
        let row = Outgoing::new(to, Class::Reply, format!("A{at:07}"), format!("Janji A{at:07}"), clock.now()).unwrap();
        let mut draft = Draft::new(&store);
        draft.put(row.key(), &row).unwrap();
        store.commit(draft.into_batch()).await.unwrap();
        telco.text(&format!("+62812000{:05}", 40_000 + at), "BANTUAN").await.unwrap();
    }
    while !rows::<Outgoing>(&store).is_empty() {
        clock::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(telco.settle().await, 0, "callbacks that the gateway would not take");
    let outcome = (telco.received(), rows::<Sent>(&store));
    stop.send(()).unwrap();
    running.await.unwrap();
    counted(&store);
    outcome
}

/// What stands on both sides of a gateway: a telco, and the channel by which the gateway speaks with it.
pub(crate) struct Ends {
    pub(crate) telco: carrier::Carrier,
    pub(crate) channel: HttpChannel,
    /// Where the gateway is to listen.
    pub(crate) callbacks: TcpListener,
}

pub(crate) async fn ends(name: &str, profile: &str, aggregator: Aggregator, faults: Faults, seed: u64, clock: &Clock) -> Ends {
    let callbacks = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", callbacks.local_addr().unwrap());
    let telco = carrier::Carrier::start(
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        carrier::Settings {
            aggregator,
            gateway: url.clone(),
            channel: name.to_owned(),
            short_code: "2000".to_owned(),
            login: Login { username: "gw".to_owned(), password: "sandi".to_owned() },
            faults,
            seed,
            clock: clock.clone(),
        },
    )
    .unwrap();
    let settings = ChannelSettings {
        send_url: Some(telco.url().to_owned()),
        from: Some("2000".to_owned()),
        username: Some("gw".to_owned()),
        password: Some("sandi".into()),
        key: Some("sandi".into()),
        service: Some("KTP".to_owned()),
        report_url: Some(url),
        ..ChannelSettings::open(profile)
    };
    let channel = HttpChannel::new(name, &Profile::shipped(profile).unwrap().unwrap(), settings).unwrap();
    Ends { telco, channel, callbacks }
}

/// Every message was counted once, and every answer that the telco said it took; kept when the gateway stopped.
fn counted(store: &Store) {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (name, times) in rows::<Count>(store).into_iter().flat_map(|count| count.by) {
        *sums.entry(name.split('.').next().unwrap().to_owned()).or_default() += times;
    }
    let answered = sums.get("answered").copied().unwrap_or_default();
    assert_eq!(sums.get("sms"), Some(&PHONES), "{sums:?}");
    assert!((PHONES * 8 / 10..=PHONES).contains(&answered), "{answered}");
}

pub(crate) fn rows<T: Stored>(store: &Store) -> Vec<T> {
    let mut rows = Vec::new();
    store
        .export(&mut |key, record| {
            if key.as_bytes().first() == Some(&(T::SPACE as u8)) {
                rows.push(record.decode::<T>().unwrap());
            }
        })
        .unwrap();
    rows
}
