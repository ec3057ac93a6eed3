//! A gateway in this process: the demo's parts on a store in memory, with a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use kentongan::channel::{Input, Phase, Repeat, UssdTurn};
use kentongan::citizen::Msisdn;
use kentongan::clock::{Clock, Timestamp};
use kentongan::demo::{self, FakeCitizen};
use kentongan::due::{Due, Settings};
use kentongan::gateway::Gateway;
use kentongan::outbox::Outbox;
use kentongan::server::Server;
use kentongan::service::Registry;
use kentongan::service::officer::Roster;
use kentongan::store::Store;
use kentongan::store::seal::Keys;
use kentongan::turn::{Answered, Turns};

pub(crate) struct House {
    pub(crate) turns: Arc<Turns>,
    pub(crate) clock: Clock,
    names: Vec<String>,
}

pub(crate) const CITIZENS: u32 = 1_200;

impl House {
    pub(crate) async fn new(seats: u16) -> Self {
        Self::on(Store::memory(&Keys::generate().unwrap()), seats).await
    }

    pub(crate) async fn on(store: Store, seats: u16) -> Self {
        Self::asking(Registry::File, store, seats).await
    }

    pub(crate) async fn asking(registry: Registry, store: Store, seats: u16) -> Self {
        Self::of(registry, store, seats, usize::MAX).await
    }

    /// With the first few of the demo's officers only.
    pub(crate) async fn staffed(officers: usize) -> Self {
        Self::of(Registry::File, Store::memory(&Keys::generate().unwrap()), 12, officers).await
    }

    async fn of(registry: Registry, store: Store, seats: u16, officers: usize) -> Self {
        let clock = Clock::held_at(Timestamp::parse("2026-11-30T07:00").unwrap());
        let places = demo::places(Some(seats), 0).unwrap();
        let names = demo::place_names(&places);
        let store = Arc::new(store);
        demo::import(&store, &names, CITIZENS, &clock).await.unwrap();
        let mut parts = demo::parts(places).unwrap();
        parts.office.registry = registry;
        if officers < usize::MAX {
            parts.office.officers = Roster::new(parts.office.officers.all().take(officers).cloned().collect());
        }
        let turns = Turns::new(store, parts.menu, parts.words, parts.office, clock.clone(), parts.service_code);
        let turns = turns.await.unwrap();
        Self { turns: Arc::new(turns), clock, names }
    }

    /// What keeps to times, for this house.
    pub(crate) fn due(&self) -> Due {
        Due::new(Arc::clone(&self.turns), Settings { patience: Duration::from_millis(200), ..Settings::default() })
    }

    /// The same behind its HTTP edge.
    pub(crate) async fn gateway(seats: u16) -> Gateway {
        Self::new(seats).await.served().await
    }

    pub(crate) async fn served(self) -> Gateway {
        let parts = demo::parts(demo::places(None, 0).unwrap()).unwrap();
        let (store, routes) = (Arc::clone(self.turns.store()), parts.office.routes);
        let outbox = Outbox::new(store, self.clock, parts.carriers, routes, parts.sending).await.unwrap();
        let due = Due::new(Arc::clone(&self.turns), parts.due);
        Gateway { server: Arc::new(Server::new(self.turns, outbox, parts.channels, None)), due }
    }

    pub(crate) fn citizen(&self, at: u32) -> FakeCitizen {
        demo::citizen(at, &self.names, self.clock.now().day())
    }

    /// One callback with the whole path so far.
    pub(crate) async fn call(&self, number: u64, dialogue: &str, whole: &str) -> Answered {
        let turn = UssdTurn {
            number: Some(Msisdn::parse(&format!("+{}", 6_281_200_000_000 + number)).unwrap()),
            dialogue: dialogue.to_owned(),
            phase: Phase::Unsaid,
            input: Input::Whole(whole.to_owned()),
            service_code: Some("*123#".to_owned()),
            sequence: None,
            operator: None,
        };
        self.turns.ussd(&turn, Repeat::Cumulative.into()).await
    }
}
