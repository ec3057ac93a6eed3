//! Stops of the mobile unit, for whoever plans a route and whoever goes on it.

use std::fmt;
use std::io::{self, Read};

use super::answer::Take;
use super::{BadRow, Here, Reply};
use crate::citizen::code;
use crate::exit::Exit;
use crate::service::mobile_unit::{self, DayList, Person, Summary};
use crate::store::{CommitError, Draft, Fault};

/// A route is a page or two; a file larger than this is none.
const ROUTE_BYTES_MAX: u64 = 1024 * 1024;
/// Times a batch is tried again because turns changed what it had read.
const RERUNS_MAX: usize = 5;

pub(super) fn import(here: &Here<'_>, upload: &mut dyn Read, dry_run: bool, take: Take<'_>) -> anyhow::Result<Exit> {
    let mut route = String::new();
    upload.take(ROUTE_BYTES_MAX).read_to_string(&mut route)?;
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(here.store);
        let today = here.clock.now().day();
        let (stops, bad) = here.runtime.block_on(mobile_unit::plan_route(here.places, &mut draft, &route, today))?;
        if !bad.is_empty() {
            bad.into_iter().try_for_each(|bad| take(Reply::BadRow(BadRow { line: bad.line, reason: bad.reason })))?;
            return Ok(Exit::Findings);
        }
        let summaries = here.runtime.block_on(mobile_unit::summaries(&draft))?;
        if !dry_run {
            match here.runtime.block_on(here.store.commit(draft.into_batch())) {
                Ok(()) => {}
                Err(CommitError::Conflict) => continue,
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
            }
        }
        // The code of what was only tried means nothing.
        let shown = |summary: Summary| if dry_run { Summary { code: "-".to_owned(), ..summary } } else { summary };
        let is_new = |summary: &Summary| stops.iter().any(|stop| stop.code == summary.code);
        summaries.into_iter().filter(is_new).try_for_each(|summary| take(Reply::Stop(shown(summary))))?;
        return Ok(Exit::Ok);
    }
    Err(Fault::Contended.into())
}

pub(super) fn list(here: &Here<'_>, take: Take<'_>) -> anyhow::Result<Exit> {
    let summaries = here.runtime.block_on(mobile_unit::summaries(&Draft::new(here.store)))?;
    summaries.into_iter().try_for_each(|summary| take(Reply::Stop(summary)))?;
    Ok(Exit::Ok)
}

pub(super) fn day(here: &Here<'_>, typed: &str, take: Take<'_>) -> anyhow::Result<Exit> {
    let office = here.running()?.server.turns().office();
    let code = code::read(typed).unwrap_or_default();
    let list = here.runtime.block_on(mobile_unit::day_list(office, &mut Draft::new(here.store), &code))?;
    let Some(list) = list else { return Err(io::Error::other("no stop has this code").into()) };
    take(Reply::StopDay(Box::new(list)))?;
    Ok(Exit::Ok)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, village, district, place, day, hours, by, seats, booked, state } = self;
        write!(f, "{code:<8}  {day} {hours}  {village} ({district}), {place}, by {by}: {booked} of {seats} seats, {state}")
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bring = self.bring.join(", ").replace('_', " ");
        write!(f, "[ ] {}  {}  {:<7} NIK {}  {bring}", self.hours, self.code, self.need, self.nik)?;
        if self.is_unchecked { f.write_str("  (not checked with the registry)") } else { Ok(()) }
    }
}

/// To be printed.
impl fmt::Display for DayList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.stop)?;
        for person in &self.people {
            writeln!(f, "{person}")?;
        }
        write!(f, "\nAt home, to be called before: {}", self.homes.len())?;
        for home in &self.homes {
            write!(f, "\n[ ] {}  {:<11}  since {}", home.number, home.why, home.since)?;
        }
        Ok(())
    }
}
