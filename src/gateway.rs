//! Puts the parts together and keeps them running until told to stop.

mod reload;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{self, Clock};
use crate::config::Parts;
use crate::due::Due;
use crate::outbox::Outbox;
use crate::server::desk::{Answering, Phone};
use crate::server::{Desk, Listener, Server};
use crate::simulator;
use crate::simulator::web::{Setup, Web};
use crate::store::{Fault, Store};
use crate::turn::Turns;
pub use reload::{Outcome, Refused, Reloaded, Reloader, hangups};

/// How often the latest time seen is written down, and menus that nobody is on are let go. A clock set back by more than five minutes is noticed all the same.
const HOUSE_EVERY: Duration = Duration::from_secs(30);

/// What runs side by side on one store.
#[derive(Debug)]
pub struct Gateway {
    pub server: Arc<Server>,
    pub due: Due,
}

/// # Errors
/// A [`Fault`] if the store cannot be read.
pub async fn assemble(parts: Parts, store: Arc<Store>, clock: Clock, desk: Option<Desk>) -> Result<Gateway, Fault> {
    let routes = parts.office.routes.clone();
    let outbox = Outbox::new(Arc::clone(&store), clock.clone(), parts.carriers, routes, parts.sending).await?;
    let turns = Turns::new(store, parts.menu, parts.words, parts.office, clock, parts.service_code).await?;
    let turns = Arc::new(turns);
    let due = Due::new(Arc::clone(&turns), parts.due).with_counts(Arc::clone(outbox.counts()));
    Ok(Gateway { server: Arc::new(Server::new(turns, outbox, parts.channels, desk)), due })
}

/// The phone in the browser, for a [`Desk`].
///
/// # Errors
/// Without a telco whose bytes it speaks.
pub fn phone(setup: Setup) -> Result<Phone, simulator::Error> {
    let web = Arc::new(Web::new(setup)?);
    Ok(Box::new(move |request| -> Answering {
        let web = Arc::clone(&web);
        Box::pin(async move { web.answer(request).await })
    }))
}

/// Serves on every listener and sends what is left until `stop`, lets turns and requests end, then closes the store with everything on disk.
pub async fn run(gateway: Gateway, listeners: Vec<Listener>, stop: impl Future<Output = ()>) {
    let Gateway { server, due } = gateway;
    let (stopping, stopped) = watch::channel(false);
    let keeper = tokio::spawn(keep_house(Arc::clone(&server)));
    let last = due.clone();
    let due = tokio::spawn(due.run(until(stopped.clone())));
    let outbox = tokio::spawn(Arc::clone(server.outbox()).run(until(stopped.clone())));
    let doors: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            let server = Arc::clone(&server);
            tokio::spawn(server.run(listener, until(stopped.clone())))
        })
        .collect();
    stop.await;
    tracing::info!("stopping: turns under way may end");
    let _nobody_listens = stopping.send(true);
    for door in doors {
        if door.await.is_err() {
            tracing::error!("a listener ended badly");
        }
    }
    if due.await.is_err() {
        tracing::error!("what keeps to times ended badly");
    }
    if outbox.await.is_err() {
        tracing::error!("the outbox ended badly");
    }
    keeper.abort();
    if let Err(fault) = last.keep_counts().await {
        tracing::warn!(%fault, "the figures of the last minute were not kept");
    }
    if let Err(fault) = server.turns().keep_high_water().await {
        tracing::warn!(%fault, "the latest time seen was not written down");
    }
    server.turns().store().close();
    tracing::info!("stopped");
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _stopped = stopped.wait_for(|stop| *stop).await;
}

async fn keep_house(server: Arc<Server>) {
    loop {
        clock::sleep(HOUSE_EVERY).await;
        server.turns().menus().forget_old(server.turns().clock().now());
        if let Err(fault) = server.turns().keep_high_water().await {
            tracing::warn!(%fault, "the latest time seen was not written down");
        }
    }
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be watched; Ctrl-C can");
            let _pressed = interrupt.await;
        }
    }
}
