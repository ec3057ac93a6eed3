//! Answers what the operator asks, in a running gateway or, where none runs, on records that the command has opened.

use std::io::{self, Read, Write};
use std::time::Duration;

use tokio::runtime::Handle;

use super::reply::{InForce, Refused, Sending};
use super::{
    Announced, BadRow, Channel, Forgotten, Imported, Noted, Reloaded, Reply, Request, Status, Visited, announce, announcements, clusters,
    evaluate, stops, visit,
};
use crate::author::{self, Format};
use crate::channel::order::evaluate::Evaluation;
use crate::citizen::Msisdn;
use crate::clock::{Clock, Timestamp};
use crate::due;
use crate::exit::{Exit, NoGateway};
use crate::export;
use crate::gateway::{self, Outcome, Reloader};
use crate::intake::{self, BadRows, Report};
use crate::report;
use crate::server::{Part, Server, State};
use crate::service::place::Places;
use crate::service::{Asking, privacy};
use crate::store::{CommitError, Draft, Fault, Field, Store};

/// Times a batch is tried again because turns changed what it had read.
const RERUNS_MAX: usize = 5;

/// What there is to answer from.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub store: &'a Store,
    pub places: &'a Places,
    pub clock: &'a Clock,
    pub runtime: &'a Handle,
    pub running: Option<Running<'a>>,
}

/// A gateway that serves.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    pub server: &'a Server,
    pub menus: &'a Reloader,
    pub since: Timestamp,
}

/// Gets each reply; the end is not among them.
pub(super) type Take<'a> = &'a mut dyn FnMut(Reply) -> io::Result<()>;

/// Blocks until it is done; `upload` is what follows an import. The gateway's turns go on meanwhile.
///
/// # Errors
/// If it cannot be done, or a reply cannot be handed over.
pub fn answer(request: &Request, here: &Here<'_>, upload: &mut dyn Read, take: Take<'_>) -> anyhow::Result<Exit> {
    match request {
        Request::Status => {
            let status = here.runtime.block_on(status(here.running()?));
            let exit = if status.is_ready { Exit::Ok } else { Exit::Findings };
            take(Reply::Status(status))?;
            Ok(exit)
        }
        Request::Channels => {
            channels(here.running()?.server).into_iter().try_for_each(|channel| take(Reply::Channel(channel)))?;
            Ok(Exit::Ok)
        }
        Request::Reload => {
            let reloaded = reload(here.running()?)?;
            let exit = match reloaded.outcome {
                Outcome::InForce | Outcome::Unchanged => Exit::Ok,
                Outcome::BuiltIn | Outcome::Refused => Exit::Findings,
            };
            take(Reply::Reloaded(reloaded))?;
            Ok(exit)
        }
        Request::Verify => {
            let verified = here.store.read_through();
            take(Reply::Verified(verified))?;
            Ok(if verified.is_sound() { Exit::Ok } else { Exit::Store })
        }
        Request::Export => {
            export::write(here.store, here.places, here.clock.now(), &mut Records { line: Vec::new(), take })?;
            Ok(Exit::Ok)
        }
        Request::Report(scope) => {
            take(Reply::Report(report::report(here.store, here.places, *scope, here.clock.now())?))?;
            Ok(Exit::Ok)
        }
        Request::Backup { folder } => {
            take(Reply::Backup(here.store.backup(folder, here.clock.now())?))?;
            Ok(Exit::Ok)
        }
        Request::Import { bad_rows } => {
            let report = here.runtime.block_on(intake::import(here.store, upload, here.clock.now().day(), *bad_rows))?;
            report_import(&report, *bad_rows, take)
        }
        Request::Forget { number } => {
            take(Reply::Forgotten(here.runtime.block_on(forget(here, *number))?))?;
            Ok(Exit::Ok)
        }
        Request::StopsImport { dry_run } => stops::import(here, upload, *dry_run, take),
        Request::Stops => stops::list(here, take),
        Request::StopDay { code } => stops::day(here, code, take),
        Request::Visit { code, came, missing } => {
            let office = here.running()?.server.turns().office();
            let visited = here.runtime.block_on(visit(here.store, office, code, came.came(missing.clone()), here.clock.now()))?;
            let exit = if matches!(visited, Visited::Marked { .. }) { Exit::Ok } else { Exit::Findings };
            take(Reply::Visited(visited))?;
            Ok(exit)
        }
        Request::Clusters { is_open } => {
            let all = clusters(here.store, here.places, here.clock.now())?.into_iter();
            let mut wanted = all.filter(|cluster| !is_open || cluster.evaluation.is_none());
            wanted.try_for_each(|cluster| take(Reply::Cluster(Box::new(cluster))))?;
            Ok(Exit::Ok)
        }
        Request::Evaluate { code, cause, action, day } => {
            let said = Evaluation { cause, action, day: *day };
            let noted = here.runtime.block_on(evaluate(here.store, code, said, here.clock.now()))?;
            take(Reply::Noted(noted))?;
            Ok(if noted == Noted::Recorded { Exit::Ok } else { Exit::Findings })
        }
        Request::Announce { to, texts, by } => {
            let announced = here.runtime.block_on(announce(here.running()?.server.turns(), to, texts, *by))?;
            let exit = if matches!(announced, Announced::Drafted { .. }) { Exit::Ok } else { Exit::Findings };
            take(Reply::Announced(announced))?;
            Ok(exit)
        }
        Request::Announcements => {
            let standing = here.runtime.block_on(announcements(here.store))?;
            standing.into_iter().try_for_each(|standing| take(Reply::Announcement(standing)))?;
            Ok(Exit::Ok)
        }
    }
}

impl Here<'_> {
    pub(super) fn running(&self) -> Result<Running<'_>, NoGateway> {
        self.running.ok_or(NoGateway)
    }
}

/// Tells of an import, or of a file that was only read.
///
/// # Errors
/// If a reply cannot be handed over.
pub fn report_import(report: &Report, bad_rows: BadRows, take: Take<'_>) -> anyhow::Result<Exit> {
    for bad in &report.bad {
        take(Reply::BadRow(BadRow { line: bad.line, reason: bad.reason.to_string() }))?;
    }
    let counts = &report.counts;
    take(Reply::Imported(Imported {
        rows: counts.rows,
        good: counts.good,
        bad: counts.bad,
        by_group: counts.by_group.iter().map(|(group, count)| ((*group).to_owned(), *count)).collect(),
        generation: report.generation,
    }))?;
    Ok(if counts.bad == 0 || bad_rows == BadRows::Skip { Exit::Ok } else { Exit::Findings })
}

fn told(part: &Part) -> String {
    match part.state {
        State::Ok => "ok".to_owned(),
        State::Degraded => part.why.clone(),
        State::Down => format!("DOWN: {}", part.why),
    }
}

fn menu(running: Running<'_>) -> InForce {
    let in_force = running.server.turns().menus().in_force();
    InForce {
        menu: in_force.menu.name(),
        since: in_force.since.to_string(),
        folder: running.menus.files().folder().map(|folder| folder.display().to_string()),
        refused: running.menus.refused().map(|refused| Refused {
            at: refused.at.to_string(),
            errors: refused.errors,
            first: refused.first.to_owned(),
        }),
    }
}

async fn status(running: Running<'_>) -> Status {
    let (server, turns) = (running.server, running.server.turns());
    let health = server.health().await;
    let parts = health.parts.iter();
    let (outbox, store) = (server.outbox().figures(), turns.store().figures());
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        since: running.since.to_string(),
        now: turns.clock().now().to_string(),
        is_ready: health.is_ready(),
        health: parts.map(|part| (part.name.clone(), told(part))).collect(),
        disk_days_left: due::days_left(turns.store()).await.unwrap_or_default(),
        menu: menu(running),
        turns_in_work: turns.in_work(),
        commits: store.commits,
        sync_micros: store.sync_micros,
        messages_waiting: outbox.waiting,
        oldest_secs: outbox.oldest.as_secs(),
    }
}

fn reload(running: Running<'_>) -> anyhow::Result<Reloaded> {
    let turns = running.server.turns();
    let gateway::Reloaded { outcome, problems, source } = running.menus.reload(turns)?;
    let mut report = Vec::new();
    author::report(&problems, &source, Format::Text, None, &mut report)?;
    let in_force = turns.menus().in_force();
    Ok(Reloaded {
        outcome,
        menu: in_force.menu.name(),
        since: in_force.since.to_string(),
        problems: problems.iter().map(author::to_json).collect(),
        report: String::from_utf8(report)?,
    })
}

fn channels(server: &Server) -> Vec<Channel> {
    let outbox = server.outbox().figures();
    let taken = server.taken().into_iter();
    taken
        .map(|taken| {
            let sending = outbox.channels.iter().find(|sending| sending.name == taken.channel).map(|sending| Sending {
                is_broken: sending.is_broken,
                weight: sending.weight,
                in_flight: sending.in_flight,
                sent: sending.sent,
                failed: sending.failed,
                expired: sending.expired,
                unsure: sending.unsure,
            });
            let within_secs = taken.within.map(|within| within.as_secs_f64());
            Channel { name: taken.channel, within_secs, answered: taken.answered, failed: taken.failed, refused: taken.refused, sending }
        })
        .collect()
}

async fn forget(here: &Here<'_>, number: Msisdn) -> Result<Forgotten, Fault> {
    let number_hash = here.store.hash(Field::Number, &number.number().to_be_bytes());
    let asking = Asking { number, number_hash, now: here.clock.now(), clock_is_sound: true, registry: Duration::ZERO };
    for _ in 0..RERUNS_MAX {
        let mut draft = Draft::new(here.store);
        let kept = privacy::forget_number(&asking, &mut draft).await?;
        match here.store.commit(draft.into_batch()).await {
            Ok(()) => return Ok(Forgotten { kept }),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Contended)
}

/// Hands on what is written to it line by line.
struct Records<'a> {
    line: Vec<u8>,
    take: Take<'a>,
}

impl Write for Records<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                (self.take)(Reply::Record(serde_json::from_slice(&self.line)?))?;
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
