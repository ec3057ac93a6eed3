//! A telco that carries messages: takes what a gateway hands over, delivers it to phones, reports back; and hands phones' messages to
//! the gateway. It can be a bad one, by [`Faults`] that a seed decides. What the phones received is kept, to compare with what the
//! gateway believes.

mod faults;
mod http;

pub use faults::Faults;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::Error;
use super::aggregator::submit::{Asked, Login, Submit};
use super::aggregator::{Aggregator, Fate, FromPhone};
use super::client::{Address, Connection, Reply};
use super::handset::exchange;
use super::telco::Place;
use crate::clock::{self, Clock};
use faults::{Dice, Reports, Submission};

/// Times that a callback is brought again to a gateway that does not answer as it should, or not at all. Real ones try for hours.
const TRIES_MAX: usize = 200;
const TRY_PAUSE: Duration = Duration::from_millis(100);
/// The first id: from here on no id in decimal is another one's in hexadecimal.
const FIRST_ID: usize = 0xA000_0000;
/// How often [`Carrier::settle`] looks.
const SETTLE_PAUSE: Duration = Duration::from_millis(20);

#[derive(Clone, Debug)]
pub struct Settings {
    pub aggregator: Aggregator,
    /// `http://127.0.0.1:8080`
    pub gateway: String,
    /// The gateway's channel, with its secret path segment if it has one.
    pub channel: String,
    pub short_code: String,
    pub login: Login,
    pub faults: Faults,
    pub seed: u64,
    pub clock: Clock,
}

/// A message that was taken for a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub to: String,
    pub text: String,
    /// The gateway's id of it, where the format carries one.
    pub ours: Option<String>,
    pub how: How,
    /// Else the network lost it on its last leg, and a report says so.
    pub arrived: bool,
}

/// What the gateway can know of a message that a phone received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was told that the message was taken.
    Told,
    /// The connection broke before it was told.
    Untold,
    /// It stood in the answer to a message.
    InReply,
}

/// Listens until dropped.
#[derive(Debug)]
pub struct Carrier {
    url: String,
    shared: Arc<Shared>,
    listening: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    place: Place,
    gateway: Address,
    dice: Mutex<Dice>,
    received: Mutex<Vec<Received>>,
    ids: AtomicUsize,
    /// Callbacks that are still to be brought.
    owed: AtomicUsize,
    /// Callbacks that the gateway would not take in all the tries.
    given_up: AtomicUsize,
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Carrier {
    /// # Errors
    /// If the gateway's address is none, or the listener has none.
    pub fn start(listener: TcpListener, settings: Settings) -> Result<Self, Error> {
        let gateway = Address::parse(&settings.gateway)?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            place: Place::of_channel(&gateway, &settings.channel),
            gateway,
            dice: Mutex::new(Dice::new(settings.seed)),
            received: Mutex::default(),
            ids: AtomicUsize::new(FIRST_ID),
            owed: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
            settings,
        });
        let listening = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { url, shared, listening })
    }

    /// The `send_url` of a channel that sends by this carrier.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was taken for phones, in that order.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// Sends a message from a phone and gives the SMS that came back with the answer. Brought again until the gateway takes it, as
    /// telcos do, and sometimes once more than that.
    ///
    /// # Errors
    /// The gateway would not take it.
    pub async fn text(&self, from: &str, text: &str) -> Result<Option<String>, Error> {
        let shared = &self.shared;
        let id = shared.next_id();
        let message = FromPhone { from, to: &shared.settings.short_code, text, id: &id, at: shared.settings.clock.now() };
        let mut request = Vec::new();
        shared.settings.aggregator.write_message(&shared.place, &message, &mut request);
        let twice = lock(&shared.dice).chance(shared.settings.faults.callback_twice);
        let answer = shared.bring(&request, |reply| shared.settings.aggregator.read_answer(reply)).await?;
        if twice {
            // What is said the second time is not shown to anybody: the telco answered the phone already.
            shared.bring(&request, |reply| shared.settings.aggregator.read_answer(reply)).await?;
        }
        if let Some(text) = &answer {
            lock(&shared.received).push(Received { to: from.to_owned(), text: text.clone(), ours: None, how: How::InReply, arrived: true });
        }
        Ok(answer)
    }

    /// Waits until every report was brought. Gives the number of those that the gateway would not take.
    pub async fn settle(&self) -> usize {
        while self.shared.owed.load(Ordering::Relaxed) > 0 {
            clock::sleep(SETTLE_PAUSE).await;
        }
        self.shared.given_up.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // Without a new connection the gateway finds nobody, which is what it must be able to bear.
        let Ok((stream, _)) = listener.accept().await else { return };
        tokio::spawn(Arc::clone(&shared).serve(stream));
    }
}

impl Shared {
    /// One connection, to its end.
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Ok(Some(asked)) = http::read_request(&mut stream, &mut buffer).await {
            let Some(answer) = self.submitted(&asked).await else { return };
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    /// The bytes of the answer; `None`: the connection breaks.
    async fn submitted(self: &Arc<Self>, asked: &Asked) -> Option<Vec<u8>> {
        let Settings { aggregator, login, faults, .. } = &self.settings;
        let fault = lock(&self.dice).submission(faults);
        match fault {
            Submission::DropBefore => return None,
            Submission::Error => return Some(http::answer(500, "Internal Server Error")),
            Submission::AnswerTwice | Submission::DropAfter | Submission::Late | Submission::Sound => {}
        }
        let submit = match aggregator.read_submit(asked, login) {
            Ok(submit) => submit,
            Err((status, body)) => return Some(http::answer(status, &body)),
        };
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        let (status, body) = aggregator.taken(&submit, &format!("{number:016x}"));
        let untold = matches!(fault, Submission::DropAfter | Submission::Late);
        let plan = lock(&self.dice).reports(faults);
        lock(&self.received).push(Received {
            to: submit.to.clone(),
            text: submit.text.clone(),
            ours: submit.ours().map(str::to_owned),
            how: if untold { How::Untold } else { How::Told },
            arrived: !plan.fates.contains(&Fate::Failed),
        });
        self.report(submit, number, plan).await;
        let mut answer = http::answer(status, &body);
        match fault {
            Submission::DropAfter => return None,
            Submission::Late => clock::sleep(faults.late).await,
            Submission::AnswerTwice => answer.extend_from_within(..),
            Submission::DropBefore | Submission::Error | Submission::Sound => {}
        }
        Some(answer)
    }

    /// Sees to the reports on a message: some before the gateway is told that it was taken, the others after.
    async fn report(self: &Arc<Self>, submit: Submit, number: usize, plan: Reports) {
        let aggregator = self.settings.aggregator;
        let id = if plan.decimal { number.to_string() } else { format!("{number:016x}") };
        // An address that is none was the gateway's to give: it gets no report.
        let request = |fate: &Fate| aggregator.report(&self.place, &submit, &id, *fate).ok().flatten();
        let requests: Vec<_> = plan.fates.iter().filter_map(request).collect();
        self.owed.fetch_add(requests.len(), Ordering::Relaxed);
        let bringing = Arc::clone(self);
        let bring = async move {
            for request in requests {
                if bringing.bring(&request, |reply| aggregator.read_report_answer(reply)).await.is_err() {
                    bringing.given_up.fetch_add(1, Ordering::Relaxed);
                }
                bringing.owed.fetch_sub(1, Ordering::Relaxed);
            }
        };
        if plan.before_the_answer {
            bring.await;
        } else {
            tokio::spawn(async move {
                clock::sleep(plan.delay).await;
                bring.await;
            });
        }
    }

    /// Brings a callback until the gateway takes it.
    async fn bring<T>(&self, request: &[u8], read: impl Fn(&Reply<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            let mut connection = Connection::new(self.gateway.clone());
            let outcome = match exchange(&mut connection, request).await {
                Ok(reply) => read(&reply),
                Err(error) => Err(error),
            };
            tries += 1;
            match outcome {
                Err(_) if tries < TRIES_MAX => clock::sleep(TRY_PAUSE).await,
                outcome => return outcome,
            }
        }
    }

    fn next_id(&self) -> String {
        format!("sim-{:x}-{}", self.settings.seed, self.ids.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a phone's owner did with a lock cannot harm a list.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::simulator::canned::{Canned, serve};

    /// A carrier in front of a gateway that takes everything, and what that gateway was asked.
    async fn carrier(aggregator: Aggregator, faults: Faults, seed: u64) -> (Carrier, Canned, Arc<Mutex<Vec<String>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let gateway = serve(move |request| {
            lock(&seen).push(format!("{} {}", request.path, request.body));
            match aggregator {
                Aggregator::AfricasTalking => (200, "OK".to_owned()),
                Aggregator::Kannel if request.path.contains("/receipt") => (200, String::new()),
                Aggregator::Kannel => (200, "Balas 1".to_owned()),
                Aggregator::Telkomsel if request.path.contains("/receipt") => (200, "<status>0</status>".to_owned()),
                Aggregator::Telkomsel => (202, "OK".to_owned()),
            }
        })
        .await;
        let settings = Settings {
            aggregator,
            gateway: gateway.url.clone(),
            channel: "uji".to_owned(),
            short_code: "2000".to_owned(),
            login: Login { username: "gw".to_owned(), password: "sandi".to_owned() },
            faults,
            seed,
            clock: Clock::held_at(Timestamp::from_millis(0)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (Carrier::start(listener, settings).unwrap(), gateway, asked)
    }

    fn submit(carrier: &Carrier, gateway: &Canned, at: usize) -> Vec<u8> {
        let host = carrier.url().trim_start_matches("http://");
        let url = format!("{}/in/uji/receipt?id={at:016x}&type=%d", gateway.url).replace(':', "%3A").replace('/', "%2F");
        let url = url.replace('?', "%3F").replace('&', "%26").replace('=', "%3D").replace("%d", "%25d");
        let query = format!("username=gw&password=sandi&from=2000&to=6281200000001&text=pesan+{at}&dlr-mask=31&dlr-url={url}");
        format!("GET /cgi-bin/sendsms?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
    }

    #[tokio::test]
    async fn a_sound_carrier_delivers_once_and_reports_twice() {
        let (carrier, gateway, asked) = carrier(Aggregator::Kannel, Faults::NONE, 1).await;
        let mut connection = Connection::new(Address::parse(carrier.url()).unwrap());
        let reply = connection.exchange(&submit(&carrier, &gateway, 1)).await.unwrap();
        assert_eq!((reply.status, reply.body), (202, b"0: Accepted for delivery".as_slice()));
        assert_eq!(carrier.settle().await, 0);
        let text = "pesan 1".to_owned();
        let ours = Some("0000000000000001".to_owned());
        assert_eq!(carrier.received(), [Received { to: "+6281200000001".to_owned(), text, ours, how: How::Told, arrived: true }]);
        let reports: Vec<_> = lock(&asked).iter().map(|asked| asked.rsplit_once('&').unwrap().1.trim().to_owned()).collect();
        assert_eq!(reports, ["type=8", "type=1"]);
    }

    #[tokio::test]
    async fn a_bad_carrier_keeps_true_books() {
        let faults = Faults { drop_before: 150, drop_after: 150, error: 150, ..Faults::bad(Duration::from_millis(30)) };
        let (carrier, gateway, asked) = carrier(Aggregator::Kannel, faults, 7).await;
        let (mut told, mut refused, mut broken) = (0, 0, 0);
        for at in 0..120 {
            let mut connection = Connection::new(Address::parse(carrier.url()).unwrap());
            let request = submit(&carrier, &gateway, at);
            let outcome = connection.exchange(&request).await.map(|reply| reply.status);
            let taken = carrier.received().into_iter().filter(|received| received.text == format!("pesan {at}")).count();
            match outcome {
                Ok(202) => told += usize::from(taken == 1),
                Ok(500) => refused += usize::from(taken == 0),
                // Both answers came at once; the client cannot tell which is whose.
                Err(Error::Http(_)) => told += usize::from(taken == 1),
                outcome => {
                    assert!(matches!(outcome, Err(Error::Broken(_))), "{outcome:?}");
                    broken += 1;
                }
            }
            assert!(taken <= 1);
        }
        assert_eq!(told + refused + broken, 120);
        let untold = carrier.received().iter().filter(|received| received.how == How::Untold).count();
        assert!(told > 40 && refused > 5 && broken > 10 && untold > 5, "{told} {refused} {broken} {untold}");
        assert_eq!(carrier.settle().await, 0);
        let taken = carrier.received().len();
        let reports = lock(&asked).len();
        assert!(reports > 2 * taken && reports < 4 * taken, "{reports} reports on {taken}");
    }

    #[tokio::test]
    async fn a_message_from_a_phone_may_come_twice_and_its_answer_is_shown_once() {
        for (aggregator, answer) in
            [(Aggregator::AfricasTalking, None), (Aggregator::Kannel, Some("Balas 1")), (Aggregator::Telkomsel, None)]
        {
            let (carrier, _gateway, asked) = carrier(aggregator, Faults { callback_twice: 1000, ..Faults::NONE }, 1).await;
            let got = carrier.text("+6281200000001", "BANTUAN").await.unwrap();
            assert_eq!(got.as_deref(), answer);
            assert_eq!(carrier.received().len(), usize::from(answer.is_some()));
            let asked = lock(&asked).clone();
            assert_eq!(asked.len(), 2);
            assert_eq!(asked.first(), asked.last());
        }
    }
}
