//! A real gateway in this process, and a bad aggregator between it and the phones.

use std::sync::Arc;
use std::time::Duration;

use kentongan::channel::{RouteSettings, Routes};
use kentongan::clock::{self, Timestamp};
use kentongan::due::Due;
use kentongan::gateway::{self, Gateway};
use kentongan::outbox::decide::Patience;
use kentongan::outbox::{Carrier, Fakes, Limits, Outbox, Settings, Way};
use kentongan::server::Server;
use kentongan::simulator::aggregator::Aggregator;
use kentongan::simulator::carrier::{self, Faults};
use kentongan::store::queue::Outgoing;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{BEGIN, END, MINUTE, OFFICERS, phone};
use crate::bad_aggregator::{Ends, ends, rows};
use crate::house::House;
use crate::people::village;

/// In real time: a minute lasts no longer for those few messages that the aggregator answers late, and longer only on a machine that is slow.
const ON_ITS_WAY_MAX: Duration = Duration::from_millis(25);
const LATE_AT_ONCE: usize = 8;
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// In real time too, and most of an hour of this day: shorter, and a machine that is busy would take a sound answer for a late one.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const FAULTS: Faults = Faults {
    drop_before: 30,
    drop_after: 40,
    error: 50,
    late_answer: 5,
    fails: 20,
    report_delay: Duration::from_millis(30),
    ..Faults::bad(Duration::from_millis(3_500))
};

/// A gateway, and the aggregator between it and the phones.
#[derive(Clone)]
pub(super) struct Town {
    pub(super) telco: Arc<carrier::Carrier>,
    pub(super) house: Arc<House>,
    outbox: Arc<Outbox>,
    pub(super) due: Due,
}

pub(super) struct Running {
    stop: oneshot::Sender<()>,
    gateway: JoinHandle<()>,
}

impl Running {
    pub(super) async fn end(self) {
        self.stop.send(()).unwrap();
        self.gateway.await.unwrap();
    }
}

impl Town {
    pub(super) async fn open(seed: u64) -> (Self, Running) {
        let house = House::staffed(OFFICERS.len()).await;
        house.clock.set(Timestamp::parse(BEGIN).unwrap());
        let Ends { telco, channel, callbacks } = ends("kannel", "kannel-sms", Aggregator::Kannel, FAULTS, seed, &house.clock).await;
        let carrier = Carrier {
            name: "kannel".to_owned(),
            way: Way::Http(Box::new(channel.clone())),
            limits: Limits { per_second: 2_000, in_flight: 32 },
        };
        let routes = Routes::new(vec!["kannel".to_owned()], &RouteSettings::default()).unwrap();
        // In earnest, but for what does not go by the gateway's clock.
        let patience = Patience { answer_within: ANSWER_WITHIN, ..Patience::default() };
        let sending = Settings { patience, fakes: Fakes::Send, ..Settings::default() };
        let outbox = Outbox::new(Arc::clone(house.turns.store()), house.clock.clone(), vec![carrier], routes, sending).await.unwrap();
        let due = house.due().with_counts(Arc::clone(outbox.counts()));
        let server = Arc::new(Server::new(Arc::clone(&house.turns), Arc::clone(&outbox), vec![channel], None));
        let (stop, stopped) = oneshot::channel::<()>();
        let gateway = tokio::spawn(gateway::run(Gateway { server, due: due.clone() }, vec![callbacks.into()], async move {
            let _stop = stopped.await;
        }));
        (Self { telco: Arc::new(telco), house: Arc::new(house), outbox, due }, Running { stop, gateway })
    }

    pub(super) async fn write(self, from: u64, text: String) {
        self.telco.text(&phone(from), &text).await.unwrap();
    }

    /// Every second one of both kinds looks for an appointment in their village first, by dialling, by which the kecamatan is known.
    pub(super) async fn ask(self, who: u64, came: u64) {
        if came.is_multiple_of(2) {
            let citizen = self.house.citizen(u32::try_from(came).unwrap());
            let way = format!("2*{}*{}*1*4", citizen.nik, citizen.kk4);
            self.house.call(who, &format!("s{who}"), &way).await;
            self.house.call(who, &format!("s{who}"), &format!("{way}*{}", village(came))).await;
        }
        let is_call = (came / 2).is_multiple_of(2);
        let says =
            if is_call { vec!["PETUGAS".to_owned(), format!("perlu bantuan {who}")] } else { vec![format!("LAPOR antre lama {who}")] };
        for text in says.into_iter().chain(["1".to_owned()]) {
            self.clone().write(who, text).await;
        }
    }

    pub(super) async fn pass(&self, span: Duration) {
        // While the channel is out of order, which goes by real time, the day stands still.
        while self.outbox.figures().channels[0].is_broken {
            clock::sleep(10 * LOOK_EVERY).await;
        }
        self.house.clock.set(self.house.clock.now().plus(span));
    }

    /// Lets what was left leave, as far as it leaves soon.
    pub(super) async fn hand_over(&self) {
        let began = clock::monotonic();
        loop {
            clock::sleep(LOOK_EVERY).await;
            let (in_flight, waited) = (self.outbox.figures().channels[0].in_flight, began.elapsed());
            if in_flight == 0 || waited > ANSWER_WITHIN || waited > ON_ITS_WAY_MAX && in_flight <= LATE_AT_ONCE {
                return;
            }
        }
    }

    /// Until nothing is on its way any more, and the day is over.
    pub(super) async fn end_the_day(&self) {
        loop {
            self.due.settle().await.unwrap();
            self.outbox.settle().await;
            let is_idle = rows::<Outgoing>(self.house.turns.store()).is_empty();
            if is_idle && self.house.clock.now() >= Timestamp::parse(END).unwrap() {
                break;
            }
            self.pass(if is_idle { 10 * MINUTE } else { MINUTE }).await;
        }
        assert_eq!(self.telco.settle().await, 0, "callbacks that the gateway would not take");
    }
}
