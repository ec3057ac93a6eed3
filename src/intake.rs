//! Imports of the registry's export: a new generation in batches, one durable flip, the old one cleared away.
//!
//! Rows go under a generation number that nobody reads yet. Only when every row is stored is the pointer moved, durably, in one
//! batch with a due row that looks for news in it. A kill before that leaves the old generation whole; what was written of the new one is cleared at the next import.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::clock::{Day, Timestamp};
use crate::registry::file::{self, BadRow, Counts, FileError, Row};
use crate::service::ktp::{Entry, Generation};
use crate::store::queue::{Due, DueKind};
use crate::store::{CommitError, Draft, Fault, Field, Store};

/// Rows in one batch: large enough to be quick, small enough that turns in between are not held up.
const ROWS_A_BATCH: usize = 500;
/// Keys cleared in one batch.
const CLEARED_A_BATCH: usize = 1_000;
/// Bad rows told one by one; the rest is a number.
const BAD_ROWS_SHOWN_MAX: usize = 100;

/// What to do with a file that has bad rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadRows {
    /// Import nothing.
    Refuse,
    /// Leave them out.
    Skip,
}

/// What an import, or a dry run, came to.
#[derive(Debug, Default)]
pub struct Report {
    pub counts: Counts,
    /// The first bad rows, by line.
    pub bad: Vec<BadRow>,
    /// The generation now in force; `None` if nothing was imported.
    pub generation: Option<u64>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("another import changed the registry meanwhile; run this one again")]
    Raced,
}

/// Reads the whole file and counts, storing nothing.
///
/// # Errors
/// If it is no export at all: no rows, or a column missing.
pub fn dry_run(input: &mut dyn Read, today: Day) -> Result<Report, ImportError> {
    let mut report = Report::default();
    let mut rows = file::read(input, today)?;
    for row in rows.by_ref() {
        report.take(row);
    }
    report.counts = rows.finish()?;
    Ok(report)
}

/// Stores the rows of `input` as a new generation and puts it in force. Refuses a file with bad rows unless told to skip them; call
/// [`dry_run`] first to know.
///
/// # Errors
/// If the file is no export, the store fails, or another import ran meanwhile. The generation in force is then still the old one.
pub async fn import(store: &Store, input: &mut dyn Read, today: Day, bad_rows: BadRows) -> Result<Report, ImportError> {
    let mut before = Draft::new(store);
    let old: Option<Generation> = before.get(&Generation::key()).await?;
    let number = old.map_or(1, |old| old.number + 1);
    clear(store, number).await?;

    let mut report = Report::default();
    let mut rows = file::read(input, today)?;
    let mut stored = 0;
    let mut draft = Draft::new(store);
    let mut in_batch = 0;
    for row in rows.by_ref() {
        if let Some(row) = report.take(row) {
            let person = store.hash(Field::Nik, &row.nik.number().to_be_bytes());
            draft.put(Entry::key(number, person), &Entry { kk: row.kk, status: row.status, day: row.day, place: row.place })?;
            stored += 1;
            in_batch += 1;
            if in_batch == ROWS_A_BATCH {
                commit(store, std::mem::replace(&mut draft, Draft::new(store))).await?;
                in_batch = 0;
            }
        }
    }
    // A file that broke off is not a shorter file.
    report.counts = rows.finish()?;
    if report.counts.bad > 0 && bad_rows == BadRows::Refuse {
        clear(store, number).await?;
        return Ok(report);
    }
    commit(store, draft).await?;
    before.put(Generation::key(), &Generation { number, as_of: today, rows: stored })?;
    let news = Due::new(Timestamp::wib(today, 0, 0), DueKind::NewExport { generation: number, as_of: today, after: None })?;
    before.put(news.key(), &news)?;
    before.durable();
    commit(store, before).await?;
    report.generation = Some(number);
    if let Some(old) = old {
        clear(store, old.number).await?;
    }
    Ok(report)
}

impl Report {
    fn take(&mut self, row: Result<Row, BadRow>) -> Option<Row> {
        match row {
            Ok(row) => Some(row),
            Err(bad) => {
                if self.bad.len() < BAD_ROWS_SHOWN_MAX {
                    self.bad.push(bad);
                }
                None
            }
        }
    }
}

/// Deletes whatever stands under a generation that is not in force.
async fn clear(store: &Store, generation: u64) -> Result<(), ImportError> {
    let (from, to) = (Entry::first(generation), Entry::first(generation + 1));
    loop {
        let rows = store.scan(from..to, CLEARED_A_BATCH).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut draft = Draft::new(store);
        for (key, _) in rows {
            draft.delete(key);
        }
        commit(store, draft).await?;
    }
}

async fn commit(store: &Store, draft: Draft<'_>) -> Result<(), ImportError> {
    match store.commit(draft.into_batch()).await {
        Ok(()) => Ok(()),
        Err(CommitError::Conflict) => Err(ImportError::Raced),
        Err(CommitError::Fault(fault)) => Err(fault.into()),
    }
}
