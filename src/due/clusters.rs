//! Complaints that are alike: whoever must say what is done about them is told and reminded, and whoever complained hears what was done.
//!
//! What was told stands in the cluster's own record, in one batch with the messages: a round that is broken off tells nobody twice.

use super::{Due, RERUNS_MAX};
use crate::clock::Timestamp;
use crate::service::ticket::{self, Cluster, ClusterKey};
use crate::store::{Draft, Fault, Key};

pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    if !due.turns.clock_is_sound() {
        return Ok(0);
    }
    let now = due.now();
    let rows = Cluster::pending(&Draft::new(due.turns.store()), now).await?;
    let mut failed = None;
    for (row, key) in &rows {
        // One that fails keeps nobody else waiting.
        failed = attend(due, row, *key, now).await.err().or(failed);
    }
    failed.map_or(Ok(rows.len()), Err)
}

async fn attend(due: &Due, row: &Key, key: ClusterKey, now: Timestamp) -> Result<(), Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        let done = ticket::attend_cluster(due.turns.office(), &mut draft, row, key, now).await?;
        due.turns.tell(&mut draft, done, now).await?;
        if due.commit(draft).await? {
            return Ok(());
        }
    }
    Err(Fault::Contended)
}
