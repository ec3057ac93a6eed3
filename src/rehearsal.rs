//! A gateway for one transcript: the demo's parts on an empty store in memory, a clock that stands still, and what the transcript was given.
//!
//! | `given` | means |
//! |---|---|
//! | `citizen NIK KK4 STATUS` | a row of the registry's export; more than one may be given |
//! | `seats N` | seats in each window |
//! | `registry late`, `registry down` | an HTTP registry that never answers, or that nobody runs |
//! | `channel NAME` | `africastalking` (without this line) or `infobip` |
//! | `sms none` | no channel carries a proof |
//!
//! `expect NAME N` counts `bookings`, `cancelled`, `held`, `unchecked`, `messages`, `late` (questions kept for the registry) and `links`.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::citizen::Msisdn;
use crate::clock::Clock;
use crate::config::Parts;
use crate::intake::{self, BadRows};
use crate::registry::{Http, HttpSettings};
use crate::server::{Server, desk};
use crate::service::Registry;
use crate::service::appointment::{Booking, BookingState};
use crate::service::caller::Caller;
use crate::simulator::Telco;
use crate::simulator::transcript::{Givens, Host};
use crate::store::queue::{Due, Outgoing};
use crate::store::seal::Keys;
use crate::store::{Record, Store, Stored};
use crate::{demo, gateway, menu};

/// Starts a gateway for a transcript, with the menu that is built in.
///
/// # Errors
/// If it cannot be started, or a `given` line is not understood.
pub async fn start(givens: &Givens) -> Result<Host, String> {
    start_with(givens, None).await
}

/// The same with another menu.
///
/// # Errors
/// As [`start`].
pub async fn start_with(givens: &Givens, menu: Option<menu::Menu>) -> Result<Host, String> {
    let clock = Clock::held_at(givens.at);
    let given = Given::read(givens)?;
    let places = demo::places(given.seats, 0).map_err(text)?;
    let mut parts = demo::parts(places).map_err(text)?;
    parts.menu = menu.unwrap_or(parts.menu);
    if !given.sms {
        parts.office.proof = None;
    }
    let store = Arc::new(Store::memory(&Keys::generate().map_err(text)?));
    import(&store, &given.citizens, &clock).await?;
    let registry_guard = match given.registry {
        RegistryGiven::File => None,
        RegistryGiven::Late | RegistryGiven::Down => Some(registry(&mut parts, given.registry).await?),
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    let server = gateway::assemble(parts, Arc::clone(&store), clock.clone(), None).await.map_err(text)?;
    Ok(host(server, listener, address, store, clock, given.channel, registry_guard))
}

/// What a transcript was given, read.
struct Given {
    citizens: String,
    seats: Option<u16>,
    registry: RegistryGiven,
    channel: (&'static str, Telco),
    sms: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum RegistryGiven {
    File,
    Late,
    Down,
}

impl Given {
    fn read(givens: &Givens) -> Result<Self, String> {
        let mut given = Self {
            citizens: String::from("nik,kk4,status,tanggal,tempat\n"),
            seats: None,
            registry: RegistryGiven::File,
            channel: ("africastalking", Telco::AfricasTalking),
            sms: true,
        };
        for (key, value) in &givens.pairs {
            let wrong = || format!("given {key} {value}: not understood");
            match (key.as_str(), value.as_str()) {
                ("citizen", row) => {
                    let mut words = row.splitn(5, ' ');
                    let mut word = || words.next().unwrap_or_default();
                    let (nik, kk4, status, day, place) = (word(), word(), word(), word(), word());
                    given.citizens.push_str(&format!("{nik},{kk4},{status},{day},{place}\n"));
                }
                ("seats", seats) => given.seats = Some(seats.parse().map_err(|_| wrong())?),
                ("registry", "late") => given.registry = RegistryGiven::Late,
                ("registry", "down") => given.registry = RegistryGiven::Down,
                ("channel", "africastalking") => {}
                ("channel", "infobip") => given.channel = ("infobip", Telco::Infobip),
                ("sms", "none") => given.sms = false,
                _ => return Err(wrong()),
            }
        }
        Ok(given)
    }
}

async fn import(store: &Store, rows: &str, clock: &Clock) -> Result<(), String> {
    if rows.lines().count() < 2 {
        return Ok(());
    }
    let report = intake::import(store, &mut rows.as_bytes(), clock.now().day(), BadRows::Refuse).await.map_err(text)?;
    match report.bad.first() {
        Some(bad) => Err(format!("given citizen number {}: {}", bad.line - 1, bad.reason)),
        None => Ok(()),
    }
}

/// A registry over HTTP that takes connections and never answers, or an address at which nobody listens. Dropped with the host.
async fn registry(parts: &mut Parts, kind: RegistryGiven) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(text)?;
    let port = match kind {
        RegistryGiven::Down => {
            let closed = TcpListener::bind(("127.0.0.1", 0)).await.map_err(text)?;
            closed.local_addr().map_err(text)?.port()
        }
        RegistryGiven::File | RegistryGiven::Late => listener.local_addr().map_err(text)?.port(),
    };
    let settings: HttpSettings =
        toml::from_str(&format!("url = \"http://127.0.0.1:{port}/ktp/{{nik}}?kk={{kk}}\"\ntimeout_ms = 300\nstatus = \"/status\"\n"))
            .map_err(text)?;
    parts.office.registry = Registry::Http(Box::new(Http::new(settings)?));
    Ok(listener)
}

fn host(
    server: Arc<Server>,
    listener: TcpListener,
    address: SocketAddr,
    store: Arc<Store>,
    clock: Clock,
    (channel, telco): (&'static str, Telco),
    registry_guard: Option<TcpListener>,
) -> Host {
    let (guard, dropped) = oneshot::channel::<()>();
    tokio::spawn(gateway::run(server, vec![listener], async move {
        // Sent by nobody: the sender's end is the signal.
        let _ended = dropped.await;
    }));
    let counted = Arc::clone(&store);
    Host {
        url: format!("http://{address}"),
        telco,
        channel: channel.to_owned(),
        service_code: "*123#".to_owned(),
        clock,
        count: Box::new(move |name| count(&counted, name)),
        messages: Box::new(move |number| messages(&store, number)),
        guard: Box::new((guard, registry_guard)),
    }
}

fn count(store: &Store, name: &str) -> Option<u64> {
    let of: fn(&Record) -> u64 = match name {
        "bookings" => |record| booking_is(record, |booking| booking.state == BookingState::Booked),
        "cancelled" => |record| booking_is(record, |booking| booking.state == BookingState::Cancelled),
        "held" => |record| booking_is(record, |booking| matches!(booking.state, BookingState::Held { .. })),
        "unchecked" => |record| booking_is(record, |booking| booking.unchecked),
        "messages" => |record| u64::from(record.decode::<Outgoing>().is_ok()),
        "late" => |record| u64::from(record.decode::<Due>().is_ok()),
        "links" => |record| record.decode::<Caller>().map_or(0, |caller| caller.link_count()),
        _ => return None,
    };
    let space = match name {
        "messages" => Outgoing::SPACE,
        "late" => Due::SPACE,
        "links" => Caller::SPACE,
        _ => Booking::SPACE,
    };
    let mut sum = 0;
    let counted = store.export(&mut |key, record| {
        if key.as_bytes().first() == Some(&(space as u8)) {
            sum += of(record);
        }
    });
    counted.is_ok().then_some(sum)
}

fn booking_is(record: &Record, is: impl Fn(&Booking) -> bool) -> u64 {
    record.decode::<Booking>().map_or(0, |booking| u64::from(is(&booking)))
}

fn messages(store: &Store, number: &str) -> Vec<String> {
    let Ok(number) = Msisdn::parse(number) else { return Vec::new() };
    // The runner calls this from a task of the same runtime.
    let read = tokio::task::block_in_place(|| Handle::current().block_on(desk::messages_to(store, number)));
    read.map(|messages| messages.into_iter().map(|message| message.text).collect()).unwrap_or_default()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
