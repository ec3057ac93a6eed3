//! What is seen, judged. Nothing here looks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Finding;
use crate::clock::Timestamp;
use crate::menu::Problem;

/// Below so much the store records nothing new.
const DISK_ERROR_BYTES: u64 = 64 * 1024 * 1024;
/// A busy month's journal and checkpoints.
const DISK_WARN_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// As `/readyz`: time to get next year's decree.
const HOLIDAYS_WARN_DAYS: i32 = 60;
/// A clock that was set back by less is set back by time servers every day.
const BACK_MAX: Duration = Duration::from_secs(300);
/// No clock is right that stands before this version was made.
const MADE: &str = "2026-11-28T00:00";
/// Reading and writing by others than the owner.
const OTHERS: u32 = 0o077;

pub(super) fn config(path: &Path, problems: &[Problem]) -> Vec<Finding> {
    if problems.is_empty() {
        return vec![Finding::fine("config", path.display().to_string())];
    }
    let told = problems.iter().map(|problem| {
        let what = format!("{}:{}:{}: {}", problem.file, problem.line, problem.col, problem.message);
        Finding::error("config", what, format!("kentongan explain {}", problem.code))
    });
    told.collect()
}

/// `free`: bytes on the disk of this folder.
pub(super) fn disk(folder: &Path, free: Option<u64>) -> Finding {
    let what = |free: u64| format!("{} MiB free for {}", free / (1024 * 1024), folder.display());
    match free {
        None => {
            Finding::error("disk", format!("{}: its disk cannot be asked", folder.display()), "mount it, or name another folder as `data`")
        }
        Some(free) if free < DISK_ERROR_BYTES => {
            Finding::error("disk", what(free), "make room at once: bookings are refused until there is; move old backups away first")
        }
        Some(free) if free < DISK_WARN_BYTES => Finding::warning("disk", what(free), "make room, or move `data` to a larger disk"),
        Some(free) => Finding::fine("disk", what(free)),
    }
}

/// `newest`: when the newest file of the records was written.
pub(super) fn clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    const REMEDY: &str = "set the clock and let it be kept: apt-get install chrony";
    let made = Timestamp::parse(MADE).unwrap_or_default();
    match newest {
        _ if now < made => Finding::error("clock", format!("it says {now}, which is long past"), REMEDY),
        Some(newest) if now.plus(BACK_MAX) < newest => {
            Finding::error("clock", format!("it says {now}, but records were written at {newest}: bookings are refused"), REMEDY)
        }
        _ => Finding::fine("clock", now.to_string()),
    }
}

/// A file or folder as the file system tells of it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) path: PathBuf,
    pub(super) owner: u32,
    pub(super) mode: u32,
}

/// `inside`: what lies in it. `None`: the folder is not there yet.
pub(super) fn data(folder: &Path, seen: Option<&Seen>, inside: &[Seen]) -> Vec<Finding> {
    let Some(seen) = seen else {
        return vec![Finding::fine("data", format!("{}: not there yet; `serve` makes it", folder.display()))];
    };
    let mut found = Vec::new();
    if seen.mode & OTHERS != 0 {
        let what = format!("{}: others than its owner may open it", folder.display());
        found.push(Finding::warning("data", what, format!("chmod 700 {}", folder.display())));
    }
    if let Some(strange) = inside.iter().find(|inside| inside.owner != seen.owner) {
        let what = format!("{}: of another user than its folder; the gateway may not be able to open it", strange.path.display());
        found.push(Finding::error("data", what, format!("chown -R --reference={0} {0}", folder.display())));
    }
    if found.is_empty() {
        found.push(Finding::fine("data", format!("{}: of one user, closed to others", folder.display())));
    }
    found
}

/// A file with a secret that is not there is the config's problem already.
pub(super) fn secret(seen: &Seen) -> Option<Finding> {
    let what = format!("{}: others than its owner may read it", seen.path.display());
    (seen.mode & OTHERS != 0).then(|| Finding::error("secrets", what, format!("chmod 600 {}", seen.path.display())))
}

/// `opens`: whether they open what was written last; `None` if nothing was.
pub(super) fn keys(path: &Path, opens: Option<bool>) -> Finding {
    match opens {
        Some(true) => Finding::fine("keys", "they open the records"),
        None => Finding::fine("keys", "they can be read; there are no records yet"),
        Some(false) => {
            let what = format!("{}: not the keys of these records", path.display());
            Finding::error("keys", what, "bring back the key file that was copied when it was made: without it no record can be read")
        }
    }
}

pub(super) fn holidays(days: i32) -> Finding {
    let what = format!("known for {days} more days");
    let remedy = "add the coming year's decree to the file that `holidays` names, then restart";
    match days {
        ..=0 => Finding::error("holidays", "the file has ended: nobody can book", remedy),
        1..HOLIDAYS_WARN_DAYS => Finding::warning("holidays", what, remedy),
        _ => Finding::fine("holidays", what),
    }
}

/// `health`: what a running gateway says of itself.
pub(super) fn gateway(health: Option<&BTreeMap<String, String>>) -> Vec<Finding> {
    const REMEDY: &str = "see its log: journalctl -u kentongan";
    let Some(health) = health else {
        return vec![Finding::fine("gateway", "none runs on these records; `kentongan store verify` reads them")];
    };
    let wrong: Vec<_> = health.iter().filter(|(_, how)| *how != "ok").collect();
    if wrong.is_empty() {
        return vec![Finding::fine("gateway", "it runs and finds nothing wrong")];
    }
    let told = wrong.into_iter().map(|(fact, how)| {
        let what = format!("{fact}: {how}");
        // Without these two it serves nobody; what else it tells of may be over in a moment.
        if matches!(fact.as_str(), "store" | "clock") {
            Finding::error("gateway", what, REMEDY)
        } else {
            Finding::warning("gateway", what, REMEDY)
        }
    });
    told.collect()
}

/// Whether an address can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Free,
    /// Somebody listens there.
    Taken,
    /// Only root may listen there.
    Forbidden,
    /// No such address on this machine.
    Elsewhere,
}

pub(super) fn port(address: &str, port: Port, is_running: bool) -> Finding {
    match (port, is_running) {
        (Port::Free, false) => Finding::fine("ports", format!("{address}: free")),
        (Port::Taken, true) => Finding::fine("ports", format!("{address}: listened on")),
        (Port::Free, true) => Finding::error(
            "ports",
            format!("{address}: the gateway runs, but does not listen here"),
            "the config was changed: restart the gateway",
        ),
        (Port::Taken, false) => {
            let digits = address.rsplit(':').next().unwrap_or_default();
            Finding::error("ports", format!("{address}: somebody else listens here"), format!("ss -ltnp 'sport = :{digits}' says who"))
        }
        (Port::Forbidden, _) => {
            Finding::error("ports", format!("{address}: only root may listen here"), "use a port above 1023, with a proxy before it")
        }
        (Port::Elsewhere, _) => Finding::error(
            "ports",
            format!("{address}: this machine has no such address"),
            "`ip address` lists those it has; 0.0.0.0 stands for all",
        ),
    }
}

/// `why`: why there is no connection.
pub(super) fn reach(name: &str, host: &str, why: Option<&str>) -> Finding {
    match why {
        None => Finding::fine("reach", format!("{name}: {host} takes connections")),
        Some(why) => {
            let remedy = "check the address, this machine's route and VPN, and that they let its address in";
            Finding::error("reach", format!("{name}: {host}: {why}"), remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::How;
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn seen(path: &str, owner: u32, mode: u32) -> Seen {
        Seen { path: path.into(), owner, mode }
    }

    #[test]
    fn what_is_seen_is_judged() {
        use How::{Error, Fine, Warning};
        let folder = Path::new("/var/lib/kentongan");
        let now = at("2027-03-01T09:00");
        let own = seen("/var/lib/kentongan", 7, 0o40_700);
        let journal = |owner| [seen("/var/lib/kentongan/journal", owner, 0o40_700)];
        let health = |what: &str, how: &str| BTreeMap::from([(what.to_owned(), how.to_owned())]);
        let cases: Vec<(Vec<Finding>, How, &str)> = vec![
            (vec![disk(folder, Some(1 << 40))], Fine, ""),
            (vec![disk(folder, Some(1 << 30))], Warning, "make room"),
            (vec![disk(folder, Some(1 << 20))], Error, "refused"),
            (vec![disk(folder, None)], Error, "mount"),
            (vec![clock(now, None)], Fine, ""),
            (vec![clock(now, Some(at("2027-03-01T09:04")))], Fine, ""),
            (vec![clock(now, Some(at("2027-03-01T09:06")))], Error, "chrony"),
            (vec![clock(at("1970-01-01T07:00"), None)], Error, "chrony"),
            (data(folder, None, &[]), Fine, ""),
            (data(folder, Some(&own), &journal(7)), Fine, ""),
            (data(folder, Some(&seen("/var/lib/kentongan", 7, 0o40_755)), &journal(7)), Warning, "chmod 700 /var/lib/kentongan"),
            (data(folder, Some(&own), &journal(0)), Error, "chown -R"),
            (secret(&seen("/etc/kentongan/keys", 7, 0o100_640)).into_iter().collect(), Error, "chmod 600 /etc/kentongan/keys"),
            (vec![keys(folder, None)], Fine, ""),
            (vec![keys(folder, Some(true))], Fine, ""),
            (vec![keys(folder, Some(false))], Error, "bring back"),
            (vec![holidays(61)], Fine, ""),
            (vec![holidays(59)], Warning, "decree"),
            (vec![holidays(0)], Error, "decree"),
            (gateway(None), Fine, ""),
            (gateway(Some(&health("store", "ok"))), Fine, ""),
            (gateway(Some(&health("store", "not writable"))), Error, "journalctl"),
            (gateway(Some(&health("due", "1 things are late"))), Warning, "journalctl"),
            (vec![port("0.0.0.0:8080", Port::Free, false)], Fine, ""),
            (vec![port("0.0.0.0:8080", Port::Taken, true)], Fine, ""),
            (vec![port("0.0.0.0:8080", Port::Taken, false)], Error, "sport = :8080"),
            (vec![port("0.0.0.0:8080", Port::Free, true)], Error, "restart"),
            (vec![port("0.0.0.0:80", Port::Forbidden, false)], Error, "1023"),
            (vec![port("10.9.9.9:8080", Port::Elsewhere, false)], Error, "ip address"),
            (vec![reach("registry", "127.0.0.1:9000", None)], Fine, ""),
            (vec![reach("registry", "127.0.0.1:9000", Some("refused"))], Error, "VPN"),
        ];
        for (found, how, remedy) in cases {
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].how, how, "{}", found[0]);
            assert!(found[0].remedy.contains(remedy) && found[0].remedy.is_empty() == (how == Fine), "{}", found[0]);
        }
        assert_eq!(secret(&seen("/etc/kentongan/keys", 7, 0o100_600)), None);
    }
}
