//! What is answered: for programs as JSON, for people as text.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Announced, Listed, Noted, Standing, Visited};
use crate::exit::Exit;
use crate::gateway::Outcome;
use crate::report::Report;
use crate::service::mobile_unit::{DayList, Summary};
use crate::service::privacy::Kept;
use crate::store::{Backup, Verified};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Status(Status),
    Channel(Channel),
    Verified(Verified),
    /// As `store export` prints it.
    Record(Value),
    Report(Report),
    Backup(Backup),
    BadRow(BadRow),
    Imported(Imported),
    Forgotten(Forgotten),
    Reloaded(Reloaded),
    Visited(Visited),
    Cluster(Box<Listed>),
    Noted(Noted),
    Announced(Announced),
    Announcement(Standing),
    Stop(Summary),
    StopDay(Box<DayList>),
    /// Nothing follows.
    End(End),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    pub exit: Exit,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub version: String,
    pub pid: u32,
    pub since: String,
    pub now: String,
    /// Whether `/readyz` says that it can serve.
    pub is_ready: bool,
    /// What could keep it from serving: `ok`, or what is wrong.
    pub health: BTreeMap<String, String>,
    pub menu: InForce,
    /// `None`: not known yet.
    pub disk_days_left: Option<f64>,
    pub turns_in_work: usize,
    /// Since the start.
    pub commits: u64,
    pub sync_micros: u64,
    /// Messages to be sent, and how long the oldest of those that could leave has waited.
    pub messages_waiting: usize,
    pub oldest_secs: u64,
}

/// The menu that new dialogues begin on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InForce {
    pub menu: String,
    pub since: String,
    /// `None`: it is the one built in.
    pub folder: Option<String>,
    /// The last one, if it was not taken.
    pub refused: Option<Refused>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refused {
    pub at: String,
    pub errors: usize,
    /// The code of the first.
    pub first: String,
}

/// What came of reading the menu's files anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reloaded {
    pub outcome: Outcome,
    /// In force now, and since when.
    pub menu: String,
    pub since: String,
    /// As `check --format json` prints them.
    pub problems: Vec<Value>,
    /// As `check` prints them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report: String,
}

/// Counted since the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    pub name: String,
    /// How long a page may take at present, as its telco was found to wait; `None`: no dialogues come by it.
    pub within_secs: Option<f64>,
    pub answered: u64,
    pub failed: u64,
    pub refused: u64,
    /// `None`: it only receives.
    pub sending: Option<Sending>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sending {
    pub is_broken: bool,
    /// Among the channels that share; less as it does badly.
    pub weight: f64,
    pub in_flight: usize,
    pub sent: u64,
    pub failed: u64,
    pub expired: u64,
    pub unsure: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BadRow {
    pub line: u64,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Imported {
    pub rows: u64,
    pub good: u64,
    pub bad: u64,
    pub by_group: BTreeMap<String, u64>,
    /// Now in force; `None` if nothing was imported.
    pub generation: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forgotten {
    pub kept: Kept,
}

impl Reply {
    /// One line for programs.
    pub fn to_json(&self) -> serde_json::Result<String> {
        match self {
            Self::Status(status) => serde_json::to_string(status),
            Self::Channel(channel) => serde_json::to_string(channel),
            Self::Verified(verified) => serde_json::to_string(verified),
            Self::Record(record) => serde_json::to_string(record),
            Self::Report(report) => serde_json::to_string(report),
            Self::Backup(backup) => serde_json::to_string(backup),
            Self::BadRow(bad) => serde_json::to_string(bad),
            Self::Imported(imported) => serde_json::to_string(imported),
            Self::Forgotten(forgotten) => serde_json::to_string(forgotten),
            Self::Reloaded(reloaded) => serde_json::to_string(&Reloaded { report: String::new(), ..reloaded.clone() }),
            Self::Visited(visited) => serde_json::to_string(visited),
            Self::Cluster(cluster) => serde_json::to_string(cluster),
            Self::Noted(noted) => serde_json::to_string(noted),
            Self::Announced(announced) => serde_json::to_string(announced),
            Self::Announcement(standing) => serde_json::to_string(standing),
            Self::Stop(stop) => serde_json::to_string(stop),
            Self::StopDay(list) => serde_json::to_string(list),
            Self::End(end) => serde_json::to_string(end),
        }
    }
}

/// No record.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(_) => f.write_str("Record"),
            Self::StopDay(_) => f.write_str("StopDay"),
            other => fmt::Display::fmt(other, f),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Channel(channel) => channel.fmt(f),
            Self::Verified(verified) => verified.fmt(f),
            Self::Record(record) => record.fmt(f),
            Self::Report(report) => report.fmt(f),
            Self::Backup(backup) => backup.fmt(f),
            Self::BadRow(bad) => write!(f, "{}: {}", bad.line, bad.reason),
            Self::Imported(imported) => imported.fmt(f),
            Self::Forgotten(forgotten) => forgotten.fmt(f),
            Self::Reloaded(reloaded) => reloaded.fmt(f),
            Self::Visited(visited) => visited.fmt(f),
            Self::Cluster(cluster) => cluster.fmt(f),
            Self::Noted(noted) => noted.fmt(f),
            Self::Announced(announced) => announced.fmt(f),
            Self::Announcement(standing) => standing.fmt(f),
            Self::Stop(stop) => stop.fmt(f),
            Self::StopDay(list) => list.fmt(f),
            Self::End(end) => f.write_str(end.error.as_deref().unwrap_or("ok")),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = if self.is_ready { "ready" } else { "NOT READY" };
        writeln!(f, "kentongan {}, process {}, {ready}, since {}, now {}", self.version, self.pid, self.since, self.now)?;
        let width = self.health.keys().map(String::len).max().unwrap_or(0);
        for (what, how) in &self.health {
            writeln!(f, "  {what:<width$} {how}")?;
        }
        match self.disk_days_left {
            Some(days) => writeln!(f, "  {:<width$} full in {days:.0} days or more, as it filled so far", "")?,
            None => writeln!(f, "  {:<width$} how fast the disk fills is known after three days", "")?,
        }
        writeln!(f, "  {:<width$} {}", "menu", self.menu)?;
        writeln!(
            f,
            "  {:<width$} {} in work; {} commits, the last sync {} µs",
            "turns", self.turns_in_work, self.commits, self.sync_micros
        )?;
        write!(f, "  {:<width$} {} waiting, the oldest for {} s", "messages", self.messages_waiting, self.oldest_secs)
    }
}

impl fmt::Display for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.as_deref().unwrap_or("what is built in");
        write!(f, "{} since {}, from {folder}", self.menu, self.since)?;
        let Some(Refused { at, errors, first }) = &self.refused else { return Ok(()) };
        write!(f, "; REFUSED at {at}: {errors} errors, the first {first}")
    }
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { menu, since, .. } = self;
        match self.outcome {
            Outcome::BuiltIn => {
                write!(f, "nothing was read: the config names no `menus`, so the menu that is built in ({menu}) is served until it does")?;
            }
            Outcome::InForce => {
                writeln!(f, "{}", self.report.trim_end())?;
                write!(f, "menu {menu} is in force; dialogues under way end on the one they began with")?;
            }
            Outcome::Refused => {
                writeln!(f, "{}", self.report.trim_end())?;
                write!(f, "refused: menu {menu} of {since} stays in force")?;
            }
            Outcome::Unchanged => write!(f, "nothing has changed: menu {menu} of {since} stays in force")?,
        }
        f.write_str("\nonly a restart reads the config, its channels, places, holidays, requirements, certificates and secrets anew")
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<20} in: {} answered, {} failed, {} refused", self.name, self.answered, self.failed, self.refused)?;
        if let Some(within) = self.within_secs {
            write!(f, ", within {within:.1} s")?;
        }
        let Some(sending) = &self.sending else { return Ok(()) };
        let (sent, failed, expired, unsure) = (sending.sent, sending.failed, sending.expired, sending.unsure);
        write!(
            f,
            "; out: {sent} sent, {failed} failed, {expired} expired, {unsure} unsure, {} in flight, weight {:.2}",
            sending.in_flight, sending.weight
        )?;
        if sending.is_broken { f.write_str("; OUT OF ORDER") } else { Ok(()) }
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows: {} good, {} bad", self.rows, self.good, self.bad)?;
        for (group, count) in &self.by_group {
            write!(f, "\n  {group}: {count}")?;
        }
        self.generation.map_or(Ok(()), |generation| write!(f, "\nin force as generation {generation}"))
    }
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kept { bookings, questions, tickets } = self.kept;
        writeln!(f, "forgotten: the persons it had us remember, whose news it waited for, and its place")?;
        writeln!(
            f,
            "kept until they end by themselves: {bookings} appointments ahead, {questions} questions, {tickets} complaints or requests"
        )?;
        write!(f, "a backup made before still holds it, sealed, until you delete that backup")
    }
}
