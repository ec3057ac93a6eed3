//! Once a minute, and when the gateway stops: what was counted is added to what is kept, in one batch.

use super::Due;
use crate::store::Draft;
use crate::store::Fault;

pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    if due.counts().all(|counts| !counts.is_time(due.now())) {
        return Ok(0);
    }
    keep(due).await
}

/// A batch that somebody else got before is tried again with what comes.
pub(super) async fn keep(due: &Due) -> Result<usize, Fault> {
    let now = due.now();
    let mut kept = 0;
    for counts in due.counts() {
        let taken = counts.take(now);
        if taken.is_empty() {
            continue;
        }
        let mut draft = Draft::new(due.turns.store());
        let done = match taken.keep(&mut draft, |task| due.turns.tally().name(task)).await {
            Ok(()) => due.commit(draft).await,
            Err(fault) => Err(fault),
        };
        if !matches!(done, Ok(true)) {
            counts.put_back(taken);
        }
        kept += usize::from(done?);
    }
    Ok(kept)
}
