//! Figures by kecamatan and day, of nobody in particular: counted in memory, and kept once a minute in one batch by whoever keeps to times.
//!
//! A power cut loses at most a minute of these figures, and nothing else. Turns do not wait for them: one short lock of one of several maps, and
//! only where there is something to count.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Turns;
use super::tally::{Mark, Passed};
use crate::clock::{Day, Timestamp};
use crate::service::{Asking, caller};
use crate::store::{Draft, Fault, Key, Space, Stored};

/// Between two batches.
const KEPT_EVERY: Duration = Duration::from_secs(60);
/// Maps, so that turns on several cores seldom want the same one.
const SHARDS: usize = 16;
/// More answers than this are told as this many.
pub const ANSWERS_MAX: u8 = 20;
/// Seconds from a message to the answer that was handed over; longer than the last is told as that.
pub const ANSWER_SECS: [u32; 14] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 120, 300, 900, 3600];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A task, by its number.
    Begun(u32),
    Done(u32),
    /// A task that was done, with so many answers.
    Answers(u32, u8),
    /// A NIK was typed.
    Nik,
    /// It cannot be one.
    NikFlawed,
    /// A message came.
    Sms,
    /// It was not understood.
    SmsPuzzling,
    /// It was answered within so many seconds.
    Answered(u32),
}

impl Name {
    /// As records and exports name it.
    fn word(self, task: impl Fn(u32) -> String) -> String {
        match self {
            Self::Begun(number) => format!("begun.{}", task(number)),
            Self::Done(number) => format!("done.{}", task(number)),
            Self::Answers(number, answers) => format!("answers.{}.{answers:02}", task(number)),
            Self::Nik => "nik".to_owned(),
            Self::NikFlawed => "nik.flawed".to_owned(),
            Self::Sms => "sms".to_owned(),
            Self::SmsPuzzling => "sms.puzzling".to_owned(),
            Self::Answered(secs) => format!("answered.{secs:04}"),
        }
    }
}

/// Of one day and kecamatan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub by: BTreeMap<String, u64>,
}

impl Stored for Count {
    const SPACE: Space = Space::Count;
    const FORMAT: u16 = 1;
}

impl Count {
    /// Kecamatan 0 is of those whose is not known.
    fn key(day: Day, district: u16) -> Key {
        Key::new(Space::Count).with(&day.number().to_be_bytes()).with(&district.to_be_bytes())
    }

    /// Day and kecamatan of a key.
    pub fn of(key: &Key) -> Option<(Day, Option<u16>)> {
        let (day, district) = key.as_bytes().get(1..)?.split_at_checked(4)?;
        let district = u16::from_be_bytes(district.try_into().ok()?);
        Some((Day::from_number(i32::from_be_bytes(day.try_into().ok()?)), Some(district).filter(|district| *district != 0)))
    }
}

type Cell = (Day, u16, Name);

/// What was counted and is not kept yet.
#[derive(Debug, Default)]
pub struct Counts {
    shards: [Mutex<HashMap<Cell, u64>>; SHARDS],
    kept: AtomicI64,
}

impl Counts {
    /// `spread`: anything that tells callers apart.
    pub fn add(&self, spread: u8, day: Day, district: Option<u16>, names: &[Name]) {
        let mut shard = self.shards[usize::from(spread) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            *shard.entry((day, district.unwrap_or_default(), *name)).or_default() += 1;
        }
    }

    fn passed(&self, spread: u8, day: Day, district: Option<u16>, passed: &Passed) {
        let of = |mark: &Mark| match *mark {
            Mark::Begun(task) => vec![Name::Begun(task)],
            Mark::Done(task, answers) => vec![Name::Done(task), Name::Answers(task, answers.clamp(1, ANSWERS_MAX))],
            Mark::Nik { is_flawed: false } => vec![Name::Nik],
            Mark::Nik { is_flawed: true } => vec![Name::Nik, Name::NikFlawed],
            Mark::Came(_) | Mark::Left(_) => Vec::new(),
        };
        let names: Vec<Name> = passed.marks().flat_map(of).collect();
        if !names.is_empty() {
            self.add(spread, day, district, &names);
        }
    }

    /// A message was answered after so long.
    pub fn answered(&self, spread: u8, day: Day, district: Option<u16>, took: Duration) {
        let last = ANSWER_SECS[ANSWER_SECS.len() - 1];
        let secs = ANSWER_SECS.into_iter().find(|bound| took <= Duration::from_secs((*bound).into())).unwrap_or(last);
        self.add(spread, day, district, &[Name::Answered(secs)]);
    }

    /// Is it time to keep what was counted?
    pub fn is_time(&self, now: Timestamp) -> bool {
        let kept = Timestamp::from_millis(self.kept.load(Ordering::Relaxed));
        now < kept || now.since(kept) >= KEPT_EVERY
    }

    /// Takes out what is to be kept.
    pub fn take(&self, now: Timestamp) -> Taken {
        self.kept.store(now.millis(), Ordering::Relaxed);
        let drained = self.shards.iter().flat_map(|shard| std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner)));
        Taken(drained.collect())
    }

    /// It could not be kept: it is tried again with what comes.
    pub fn put_back(&self, taken: Taken) {
        let mut shard = self.shards[0].lock().unwrap_or_else(PoisonError::into_inner);
        for (cell, count) in taken.0 {
            *shard.entry(cell).or_default() += count;
        }
    }
}

impl Turns {
    /// The kecamatan of whoever asks, where there is something to count.
    pub(super) async fn district(&self, draft: &Draft<'_>, asking: &Asking, passed: &Passed) -> Result<Option<u16>, Fault> {
        if passed.is_counted() { caller::district(draft, asking.number_hash).await } else { Ok(None) }
    }

    pub(super) fn count(&self, asking: &Asking, passed: &Passed, district: Option<u16>) {
        self.tally.count(passed);
        self.counts.passed(asking.number_hash[0], asking.now.day(), district, passed);
    }
}

/// On its way to the records.
#[derive(Debug)]
pub struct Taken(Vec<(Cell, u64)>);

impl Taken {
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds it to what is kept.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn keep(&self, draft: &mut Draft<'_>, task: impl Fn(u32) -> String) -> Result<(), Fault> {
        let mut kept: BTreeMap<(Day, u16), Count> = BTreeMap::new();
        for ((day, district, name), count) in &self.0 {
            let into = match kept.entry((*day, *district)) {
                std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(draft.get(&Count::key(*day, *district)).await?.unwrap_or_default())
                }
            };
            *into.by.entry(name.word(&task)).or_default() += count;
        }
        for ((day, district), count) in &kept {
            draft.put(Count::key(*day, *district), count)?;
        }
        draft.durable();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::seal::Keys;

    #[tokio::test]
    async fn what_was_counted_is_kept_once_and_nothing_is_lost_by_a_batch_that_fails() {
        let (store, counts) = (Store::memory(&Keys::generate().unwrap()), Counts::default());
        let day = Day::parse("2026-11-30").unwrap();
        let now = Timestamp::wib(day, 9, 0);
        let keep = async || {
            let taken = counts.take(now);
            let mut draft = Draft::new(&store);
            taken.keep(&mut draft, |task| format!("t{task}")).await.unwrap();
            store.commit(draft.into_batch()).await.unwrap();
            let count: Count = Draft::new(&store).peek(&Count::key(day, 9)).await.unwrap().unwrap();
            count.by.into_iter().map(|(name, times)| format!("{name}={times}")).collect::<Vec<_>>().join(" ")
        };
        assert!(counts.is_time(now));
        for spread in 0..40 {
            counts.add(spread, day, Some(9), &[Name::Begun(1), Name::Nik]);
        }
        counts.answered(7, day, Some(9), Duration::from_millis(4_001));
        counts.answered(7, day, Some(9), Duration::from_secs(90_000));
        counts.add(1, day, None, &[Name::Sms]);
        counts.put_back(counts.take(now));
        assert_eq!(keep().await, "answered.0005=1 answered.3600=1 begun.t1=40 nik=40");
        assert!(!counts.is_time(now.plus(Duration::from_secs(59))) && counts.is_time(now.plus(KEPT_EVERY)) && counts.take(now).is_empty());
        counts.add(3, day, Some(9), &[Name::Answers(1, 3), Name::NikFlawed]);
        assert_eq!(keep().await, "answered.0005=1 answered.3600=1 answers.t1.03=1 begun.t1=40 nik=40 nik.flawed=1");
        assert_eq!(Count::of(&Count::key(day, 9)), Some((day, Some(9))));
        assert_eq!(Count::of(&Count::key(day, 0)), Some((day, None)));
    }
}
