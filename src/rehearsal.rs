//! A gateway for one transcript: the demo's parts on an empty store in memory, a clock that stands still, and what the transcript was given.
//!
//! | `given` | means |
//! |---|---|
//! | `citizen NIK KK4 STATUS` | a row of the registry's export; more than one may be given |
//! | `seats N` | seats in each window |
//! | `registry late`, `registry down` | an HTTP registry that does not answer, or that nobody runs |
//! | `channel NAME` | `africastalking` (without this line), `infobip`, or another of the demo's that gets its pages in its replies: `hubtel` |
//! | `sms none` | no channel carries a proof, so no officer can be told either |
//! | `sms NAME` | who brings messages: `kannel`, which takes an answer with its reply, or `telkomsel`; without this line Africa's Talking |
//! | `coordinator NUMBER AREA` | a coordinator of `16.06.09.2015`, or of another area; more than one may be given |
//! | `asks on` | whoever booked first is asked by whom they heard of us |
//! | `offers on` | who is cut off in the middle is told by SMS how to go on |
//! | `officers none`, `officers plain` | nobody answers: the menu does without officers; nobody stands above those who answer |
//!
//! `now citizen NIK KK4 STATUS` changes what the registry knows: the office exports and the gateway imports once more, or the HTTP registry
//! answers so from now on. `now registry late` and `now registry answers` silence and wake either.
//!
//! `expect NAME N` counts `bookings`, `cancelled`, `confirmed`, `held`, `unchecked`, `tickets`, `stops`, `waiters`, `coordinators`, `followers`,
//! `messages`, `late` (questions kept for the registry) and `links`. `expect A3-9 43` is a figure of the report, here of kecamatan 9 over the last
//! 90 days, in tenths; of a figure that nothing can be divided by, how many people it counts.

mod counts;
mod registry;

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum as _;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::channel::Routes;
use crate::citizen::Msisdn;
use crate::clock::Clock;
use crate::due::Due;
use crate::gateway::Gateway;
use crate::intake::{self, BadRows};
use crate::menu::{Menu, MenuSource};
use crate::registry::Http;
use crate::server::desk;
use crate::service::Registry;
use crate::service::officer::Role;
use crate::service::ticket;
use crate::simulator::Telco;
use crate::simulator::aggregator::Aggregator;
use crate::simulator::transcript::{Givens, Host, Message};
use crate::store::Store;
use crate::store::seal::Keys;
use crate::turn::Turns;
use crate::{admin, config, demo, gateway};
use counts::{count, figure};
use registry::Rows;

/// Starts a gateway for a transcript, with the menu that is built in.
///
/// # Errors
/// If it cannot be started, or a `given` line is not understood.
pub async fn start(givens: &Givens) -> Result<Host, String> {
    let menu = |absent: &[&str]| match absent {
        [] => config::menu().map(|menu| Menu::clone(&menu)),
        absent => config::check_menu_without(&MenuSource::shipped(), absent),
    };
    start_with(givens, &|absent| menu(absent).map_err(text)).await
}

/// The same with another menu, which is asked for by the features that are absent.
///
/// # Errors
/// As [`start`].
pub async fn start_with(givens: &Givens, menu: &(dyn Fn(&[&str]) -> Result<Menu, String> + Sync)) -> Result<Host, String> {
    let clock = Clock::held_at(givens.at);
    let given = Given::read(givens)?;
    let places = demo::places(given.seats, 0).map_err(text)?;
    let mut parts = demo::parts(places).map_err(text)?;
    for carrier in &mut parts.carriers {
        carrier.limits.per_second = MESSAGES_A_SECOND;
    }
    if !given.sms {
        parts.office.routes = Routes::default();
        parts.carriers.clear();
    }
    if !given.officers || !given.sms {
        parts.office.officers.clear();
    }
    if given.is_plain {
        parts.office.officers.keep_only(Role::Officer);
    }
    parts.menu = Arc::new(menu(if parts.office.officers.is_empty() { &[ticket::FEATURE] } else { &[] })?);
    parts.due.patience = PATIENCE;
    parts.office.offers_to_go_on = given.offers;
    parts.office.outreach.ask_who_told = given.asks;
    let store = Arc::new(Store::memory(&Keys::generate().map_err(text)?));
    import(&store, &given.rows, &clock).await?;
    for (number, area) in &given.coordinators {
        demo::enrol_one(&store, number, area, &clock).await.map_err(text)?;
    }
    let hold = watch::Sender::new(false);
    let registry_guard: Box<dyn Any + Send> = match given.registry {
        RegistryGiven::File => {
            parts.office.registry = Registry::Held(hold.subscribe());
            Box::new(())
        }
        RegistryGiven::Late => {
            let (settings, guard) = registry::serve(given.rows.clone()).await.map_err(text)?;
            parts.office.registry = Registry::Http(Box::new(Http::new(settings)?));
            Box::new(guard)
        }
        RegistryGiven::Down => {
            parts.office.registry = Registry::Http(Box::new(Http::new(registry::nobody().await.map_err(text)?)?));
            Box::new(())
        }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    if !demo::CHANNELS.iter().any(|(name, _)| *name == given.channel.0) {
        parts.channels.push(demo::other_channel(&given.channel.0, address).map_err(text)?);
    }
    let gateway = gateway::assemble(parts, Arc::clone(&store), clock.clone(), None).await.map_err(text)?;
    let world = World {
        store,
        clock,
        rows: given.rows,
        registry: given.registry,
        hold,
        due: gateway.due.clone(),
        turns: Arc::clone(gateway.server.turns()),
    };
    Ok(host(gateway, listener, address, world, given.channel, given.aggregator, registry_guard))
}

/// How long a silent registry is waited for here: it will not answer, so why wait.
const PATIENCE: Duration = Duration::from_millis(300);
/// In real time, which nobody has here: the pace of a telco is another test's.
const MESSAGES_A_SECOND: u32 = 10_000;

/// What a transcript was given, read.
struct Given {
    rows: Rows,
    seats: Option<u16>,
    registry: RegistryGiven,
    channel: (String, Telco),
    sms: bool,
    aggregator: (&'static str, Aggregator),
    offers: bool,
    officers: bool,
    /// Nobody stands above the officers.
    is_plain: bool,
    coordinators: Vec<(String, String)>,
    asks: bool,
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
            rows: Rows::default(),
            seats: None,
            registry: RegistryGiven::File,
            channel: ("africastalking".to_owned(), Telco::AfricasTalking),
            sms: true,
            aggregator: ("africastalking-sms", Aggregator::AfricasTalking),
            offers: false,
            officers: true,
            is_plain: false,
            coordinators: Vec::new(),
            asks: false,
        };
        for (key, value) in &givens.pairs {
            let wrong = || format!("given {key} {value}: not understood");
            match (key.as_str(), value.as_str()) {
                ("citizen", row) => given.rows.set(row),
                ("seats", seats) => given.seats = Some(seats.parse().map_err(|_| wrong())?),
                ("registry", "late") => given.registry = RegistryGiven::Late,
                ("registry", "down") => given.registry = RegistryGiven::Down,
                ("channel", "africastalking") => {}
                // Pages that come in requests of their own are heard by the demo alone.
                ("channel", name) => match Telco::parse(name).filter(|telco| telco.is_heard(None)) {
                    Some(telco) => given.channel = (name.to_owned(), telco),
                    None => return Err(wrong()),
                },
                ("sms", "none") => given.sms = false,
                ("sms", "kannel") => given.aggregator = ("kannel", Aggregator::Kannel),
                ("sms", "telkomsel") => given.aggregator = ("telkomsel", Aggregator::Telkomsel),
                ("coordinator", row) => {
                    let (number, area) = row.split_once(' ').ok_or_else(wrong)?;
                    given.coordinators.push((number.to_owned(), area.to_owned()));
                }
                ("asks", "on") => given.asks = true,
                ("offers", "on") => given.offers = true,
                ("officers", "none") => given.officers = false,
                ("officers", "plain") => given.is_plain = true,
                _ => return Err(wrong()),
            }
        }
        Ok(given)
    }
}

/// What a story can change while it is told.
#[derive(Clone)]
struct World {
    store: Arc<Store>,
    clock: Clock,
    rows: Rows,
    registry: RegistryGiven,
    hold: watch::Sender<bool>,
    due: Due,
    turns: Arc<Turns>,
}

impl World {
    async fn change(&self, key: &str, value: &str) -> Result<(), String> {
        match (key, value, self.registry) {
            ("citizen", row, RegistryGiven::File) => {
                self.rows.set(row);
                import(&self.store, &self.rows, &self.clock).await
            }
            ("citizen", row, RegistryGiven::Late) => {
                self.rows.set(row);
                Ok(())
            }
            ("registry", "late" | "answers", RegistryGiven::File) => {
                self.hold.send_replace(value == "late");
                Ok(())
            }
            ("registry", "answers", RegistryGiven::Late) => {
                self.rows.answer(true);
                Ok(())
            }
            ("registry", "late", RegistryGiven::Late) => {
                self.rows.answer(false);
                Ok(())
            }
            ("visit", said, _) => self.visit(said).await,
            _ => Err(format!("now {key} {value}: not understood")),
        }
    }

    /// `CODE kept|no-show|incomplete [MISSING]`, as somebody at the office says it; with `refused` behind it, it must not be taken.
    async fn visit(&self, said: &str) -> Result<(), String> {
        let mut words = said.splitn(3, ' ');
        let (code, came, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
        let is_refused = rest == Some("refused");
        let missing = rest.filter(|_| !is_refused).map(str::to_owned);
        let came = admin::Word::from_str(came, false)?.came(missing);
        let visited = admin::visit(&self.store, self.turns.office(), code, came, self.clock.now()).await.map_err(text)?;
        if matches!(visited, admin::Visited::Marked { .. }) == is_refused { Err(visited.to_string()) } else { Ok(()) }
    }
}

async fn import(store: &Store, rows: &Rows, clock: &Clock) -> Result<(), String> {
    let export = rows.export();
    if export.lines().count() < 2 {
        return Ok(());
    }
    let report = intake::import(store, &mut export.as_bytes(), clock.now().day(), BadRows::Refuse).await.map_err(text)?;
    match report.bad.first() {
        Some(bad) => Err(format!("citizen number {}: {}", bad.line - 1, bad.reason)),
        None => Ok(()),
    }
}

fn host(
    gateway: Gateway,
    listener: TcpListener,
    address: SocketAddr,
    world: World,
    (channel, telco): (String, Telco),
    (sms_channel, aggregator): (&'static str, Aggregator),
    registry_guard: Box<dyn Any + Send>,
) -> Host {
    let (guard, dropped) = oneshot::channel::<()>();
    let outbox = Arc::clone(gateway.server.outbox());
    tokio::spawn(gateway::run(gateway, vec![listener.into()], async move {
        // Sent by nobody: the sender's end is the signal.
        let _ended = dropped.await;
    }));
    let (counted, read, due) = (world.clone(), Arc::clone(&world.store), world.due.clone());
    Host {
        url: format!("http://{address}"),
        telco,
        channel,
        aggregator,
        sms_channel: sms_channel.to_owned(),
        service_code: "*123#".to_owned(),
        clock: world.clock.clone(),
        count: Box::new(move |name| {
            let World { store, turns, clock, .. } = &counted;
            count(store, name).or_else(|| figure(store, &turns.office().places, name, clock.now()))
        }),
        messages: Box::new(move |number| messages(&read, number)),
        settle: Box::new(move || {
            let (due, outbox) = (due.clone(), Arc::clone(&outbox));
            Box::pin(async move {
                due.settle().await.map_err(text)?;
                outbox.settle().await;
                Ok(())
            })
        }),
        change: Box::new(move |key, value| {
            let (world, key, value) = (world.clone(), key.to_owned(), value.to_owned());
            Box::pin(async move { world.change(&key, &value).await })
        }),
        guard: Box::new((guard, registry_guard)),
    }
}

fn messages(store: &Store, number: &str) -> Vec<Message> {
    let Ok(number) = Msisdn::parse(number) else { return Vec::new() };
    // The runner calls this from a task of the same runtime.
    let read = tokio::task::block_in_place(|| Handle::current().block_on(desk::messages_to(store, number)));
    read.map(|messages| messages.into_iter().map(|message| Message { id: message.id.0, text: message.text }).collect()).unwrap_or_default()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
