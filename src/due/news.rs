//! A new export is in force: whoever waits for news of somebody is told, once for each change that they can do something about.
//!
//! The sweep goes over those who wait, not over the export. What each of them was told last is in the batch with the message, so a sweep that
//! is broken off and begun again tells nobody twice.

use super::{Due, RERUNS_MAX, until};
use crate::menu::Value;
use crate::service::caller;
use crate::service::ktp::{self, Generation, Watcher};
use crate::store::queue::{self, DueKind};
use crate::store::{Draft, Fault, Key, Space};

/// Persons looked at in one round.
const A_ROUND: usize = 100;
/// Exports that wait to be looked through: a person imports them, so they are few.
const EXPORTS_MAX: usize = 1_000;

/// Looks at some of those who wait, and returns how many rows were due.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    let mut draft = Draft::new(turns.store());
    let rows = draft.scan::<queue::Due>(Key::new(Space::Due)..until(due.now()), EXPORTS_MAX).await?;
    let export = rows.into_iter().find_map(|(key, row)| match row.kind {
        DueKind::NewExport { generation, as_of, after } => Some((key, row.id, row.at, generation, as_of, after)),
        DueKind::LateAnswer(_) => None,
    });
    let Some((key, id, at, generation, as_of, after)) = export else { return Ok(0) };
    let in_force = draft.peek::<Generation>(&Generation::key()).await?.unwrap_or_default();
    if in_force.number != generation {
        // A later one has a row of its own.
        draft.delete(key);
        due.commit(draft).await?;
        return Ok(1);
    }
    let first = Key::new(Space::Watcher);
    let from = after.map_or(first, |after| first.with(&after).next());
    let watchers = draft.scan::<Watcher>(from..Key::after(Space::Watcher), A_ROUND).await?;
    for (watcher, _) in &watchers {
        tell(due, watcher, generation, as_of).await?;
    }
    let last = watchers.last().and_then(|(key, _)| key.as_bytes().get(1..)?.try_into().ok());
    match last.filter(|_| watchers.len() == A_ROUND) {
        Some(last) => draft.put(key, &queue::Due { id, at, kind: DueKind::NewExport { generation, as_of, after: Some(last) } })?,
        None => draft.delete(key),
    }
    due.commit(draft).await?;
    Ok(1)
}

async fn tell(due: &Due, watcher: &Key, generation: u64, as_of: crate::clock::Day) -> Result<(), Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        if let Some(news) = ktp::news(due.turns.office(), &mut draft, watcher, generation, as_of, due.now()).await? {
            let reference = format!("{}-{generation}", news.outcome.name);
            for (number, class) in news.told_to {
                let reader = caller::reader(&draft, number, due.now().day()).await?;
                let page = due.turns.menu().told(reader, ktp::STATUS.name, &news.outcome, &[("nik", Value::Nik(news.nik))]);
                let values = [("isi", Value::Text(page.ok_or(Fault::Call(ktp::STATUS.name))?))];
                due.leave(&mut draft, number, class, &reference, "kabar", &values).await?;
            }
        }
        if due.commit(draft).await? {
            return Ok(());
        }
    }
    Err(Fault::Contended)
}
