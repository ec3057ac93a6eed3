//! Which message leaves next, and by which channel. Pure: it knows of every row the few facts that this takes; the rows are in the store.
//!
//! A row stands in the queue of its first way. Each channel takes from its own queue and from those of channels that are out of order and
//! have it next in their list: the best class first, then the longest due. Of one number's messages one is on its way at a time, so that
//! they arrive in order.
//!
//! Rows that channels share stand in one queue, from which these take by weight: the configured one, less as a channel does badly, see
//! [`super::standing`]. While the one whose share is next is occupied, others that are well go on; one that is not keeps to its share.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::lane::{Lane, Limits, Went};
use super::quiet::Hours;
use super::shares::Shares;
use crate::channel::Routes;
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::queue::{Class, MessageId, Outgoing, Sending};

/// Rows of one queue and class looked at for one whose number is free. A burst to one number must not hold up a pass.
const LOOK_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct Dispatch {
    routes: Routes,
    lanes: Vec<Lane>,
    /// By first way; then, for messages that only one channel may send, by that one; then those that are shared; then those without any way.
    queues: Vec<Queue>,
    shares: Shares,
    places: HashMap<MessageId, Place>,
    /// Numbers to which something is on its way.
    busy: HashSet<Msisdn>,
    /// The lane to ask first, so that each has its turn.
    turn: usize,
}

type Queue = BTreeMap<(Class, Timestamp, MessageId), Entry>;

#[derive(Clone, Copy, Debug)]
struct Entry {
    to: Msisdn,
    at: Timestamp,
}

/// Where a row is.
#[derive(Clone, Copy, Debug)]
enum Place {
    OnItsWay { class: Class, next: Timestamp },
    Queued { queue: usize, class: Class, next: Timestamp },
}

/// A row to be handed over, by a lane whose window it takes up until [`Dispatch::end`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Picked {
    pub(super) id: MessageId,
    pub(super) class: Class,
    pub(super) next: Timestamp,
    pub(super) lane: usize,
    queue: usize,
    entry: Entry,
}

impl Dispatch {
    /// A lane for each of the routes' names. `report_within`: how long a delivery report may take.
    pub(super) fn new(routes: Routes, limits: &[Limits], report_within: Duration) -> Self {
        let lanes: Vec<_> = limits.iter().map(|limits| Lane::new(*limits, report_within)).collect();
        let queues = vec![Queue::new(); 2 * lanes.len() + 2];
        let shares = Shares::new(lanes.len(), (0..lanes.len()).filter_map(|lane| routes.weight(lane)).map(f64::from).sum());
        Self { routes, lanes, queues, shares, places: HashMap::new(), busy: HashSet::new(), turn: 0 }
    }

    /// Puts a row where it belongs, unless it is there or on its way.
    pub(super) fn put_new(&mut self, row: &Outgoing) {
        if !self.places.contains_key(&row.id) {
            self.put(row);
        }
    }

    fn put(&mut self, row: &Outgoing) {
        let only = match &row.state {
            Sending::Unsure { channel } => self.routes.names().iter().position(|name| name == channel).map(|way| self.lanes.len() + way),
            Sending::Leased { .. } | Sending::Waiting => None,
        };
        let shared = self.routes.is_shared(row.channel.as_deref(), row.to).then_some(self.shared());
        let queue = only.or(shared).or_else(|| self.routes.first(row.channel.as_deref(), row.to)).unwrap_or(self.shared() + 1);
        self.queues[queue].insert((row.class, row.next, row.id), Entry { to: row.to, at: row.at });
        self.places.insert(row.id, Place::Queued { queue, class: row.class, next: row.next });
    }

    fn forget(&mut self, id: MessageId) {
        if let Some(Place::Queued { queue, class, next }) = self.places.remove(&id) {
            self.queues[queue].remove(&(class, next, id));
        }
    }

    /// A row that waits came to its end without us. One on its way comes to it when that is over.
    pub(super) fn settled(&mut self, id: MessageId) {
        if matches!(self.places.get(&id), Some(Place::Queued { .. })) {
            self.forget(id);
        }
    }

    /// Where a row stands in the store, by its class and time.
    pub(super) fn place(&self, id: MessageId) -> Option<(Class, Timestamp)> {
        match *self.places.get(&id)? {
            Place::OnItsWay { class, next } | Place::Queued { class, next, .. } => Some((class, next)),
        }
    }

    /// The next row to leave now.
    pub(super) fn pick(&mut self, hours: &Hours, now: Timestamp, mono: Duration) -> Option<Picked> {
        self.pass(mono);
        let sharer = self.sharer(mono);
        for step in 0..self.lanes.len() {
            let lane = (self.turn + step) % self.lanes.len();
            if self.lanes[lane].is_free(mono)
                && let Some(picked) = self.first_of(lane, sharer == Some(lane), hours, now)
            {
                if picked.queue == self.shared() {
                    self.shares.took(lane, self.weight(lane));
                }
                self.turn = (lane + 1) % self.lanes.len();
                self.forget(picked.id);
                self.places.insert(picked.id, Place::OnItsWay { class: picked.class, next: picked.next });
                self.busy.insert(picked.entry.to);
                self.lanes[lane].begin(picked.id, mono);
                return Some(picked);
            }
        }
        None
    }

    /// What was picked is no longer on its way. `again`: its row, if it is to be tried again.
    pub(super) fn end(&mut self, picked: &Picked, went: Went, again: Option<&Outgoing>, mono: Duration) {
        self.places.remove(&picked.id);
        self.busy.remove(&picked.entry.to);
        self.lanes[picked.lane].end(picked.id, went, mono);
        if let Some(row) = again {
            self.put(row);
        }
    }

    /// What a telco says in the end of a message that it took.
    pub(super) fn reported(&mut self, lane: usize, id: MessageId, arrived: bool, mono: Duration) {
        self.lanes[lane].reported(id, arrived, mono);
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, mono: Duration) {
        self.lanes.iter_mut().for_each(|lane| lane.pass(mono));
    }

    /// What a channel weighs among others, as of the last [`Dispatch::pass`]; one that shares nothing is measured as one that weighs 1.
    pub(super) fn weight(&self, lane: usize) -> f64 {
        f64::from(self.routes.weight(lane).unwrap_or(1)) * self.lanes[lane].standing().part()
    }

    /// Nothing was done with what was picked.
    pub(super) fn put_back(&mut self, picked: &Picked, mono: Duration) {
        self.end(picked, Went::Unused, None, mono);
        self.queues[picked.queue].insert((picked.class, picked.next, picked.id), picked.entry);
        self.places.insert(picked.id, Place::Queued { queue: picked.queue, class: picked.class, next: picked.next });
    }

    /// The lane that could take this row, which `lane` did not: the next in its list that works.
    pub(super) fn elsewhere(&self, row: &Outgoing, lane: usize) -> Option<usize> {
        if matches!(row.state, Sending::Leased { again: true, .. }) {
            return None;
        }
        let first = self.routes.first(row.channel.as_deref(), row.to)?;
        let ways: Vec<_> = self.routes.all(first).collect();
        let after = ways.iter().rposition(|way| *way == lane).map_or(0, |at| at + 1);
        ways[after..].iter().chain(&ways[..after]).copied().find(|way| *way != lane && !self.lanes[*way].is_broken())
    }

    /// How long nothing can leave unless something happens; at most `span`.
    pub(super) fn idle_for(&self, hours: &Hours, now: Timestamp, mono: Duration, span: Duration) -> Duration {
        let mut wait = span;
        for lane in 0..self.lanes.len() {
            let Some(free) = self.lanes[lane].free_at() else { continue };
            let shares = self.may_be_sharer(lane, mono);
            let due = self.queues_of(lane, shares).filter_map(|queue| self.next_due(queue, hours, now)).min();
            if let Some(due) = due {
                wait = wait.min(due.since(now).max(free.saturating_sub(mono)));
            }
        }
        wait
    }

    pub(super) fn in_flight(&self) -> usize {
        self.lanes.iter().map(Lane::in_flight).sum()
    }

    pub(super) fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    pub(super) fn waiting(&self) -> usize {
        self.queues.iter().map(Queue::len).sum()
    }

    /// Messages to numbers that no channel reaches.
    pub(super) fn stranded(&self) -> usize {
        self.queues.last().map_or(0, Queue::len)
    }

    /// When the oldest message was left of those that could leave now.
    pub(super) fn oldest(&self, hours: &Hours, now: Timestamp) -> Option<Timestamp> {
        let due = CLASSES
            .into_iter()
            .filter(|class| hours.next_allowed(*class, now) <= now)
            .flat_map(|class| self.queues.iter().flat_map(move |queue| queue.range(first_key(class)..=(class, now, MessageId(u64::MAX)))));
        due.map(|(_, entry)| entry.at).min()
    }

    fn first_of(&self, lane: usize, shares: bool, hours: &Hours, now: Timestamp) -> Option<Picked> {
        let firsts = self.queues_of(lane, shares).filter_map(|queue| {
            CLASSES.into_iter().filter(|class| hours.next_allowed(*class, now) <= now).find_map(|class| {
                let mut due = self.queues[queue].range(first_key(class)..=(class, now, MessageId(u64::MAX))).take(LOOK_MAX);
                let ((class, next, id), entry) = due.find(|(_, entry)| !self.busy.contains(&entry.to))?;
                Some(Picked { id: *id, class: *class, next: *next, lane, queue, entry: *entry })
            })
        });
        firsts.min_by_key(|picked| (picked.class, picked.next, picked.id))
    }

    /// The channel that takes the next of the messages that are shared. `None`: nobody can at present, or the one who should is occupied.
    fn sharer(&self, mono: Duration) -> Option<usize> {
        let there = self.sharers(mono);
        let next = self.shares.next(there.iter().copied())?;
        if self.lanes[next].is_free(mono) {
            return Some(next);
        }
        let well = there.into_iter().filter(|lane| self.lanes[*lane].standing().is_well() && self.lanes[*lane].is_free(mono));
        self.shares.next(well)
    }

    /// Whether a lane will be the sharer once it is free, unless something happens.
    fn may_be_sharer(&self, lane: usize, mono: Duration) -> bool {
        let there = self.sharers(mono);
        match self.shares.next(there.iter().copied()) {
            Some(next) => next == lane || there.contains(&lane) && self.lanes[lane].standing().is_well(),
            // All of them pause, or are out of order.
            None => self.routes.weight(lane).is_some(),
        }
    }

    fn sharers(&self, mono: Duration) -> Vec<usize> {
        let is_there = |lane: &usize| {
            let own = &self.lanes[*lane];
            self.routes.weight(*lane).is_some() && !own.is_broken() && !own.is_paused(mono)
        };
        (0..self.lanes.len()).filter(is_there).collect()
    }

    /// Whether a lane takes what is shared without having a share in it: as one that is out of order and finds out, or because all that
    /// share are.
    fn takes_shared(&self, lane: usize) -> bool {
        let is_broken = self.lanes[lane].is_broken();
        match self.routes.weight(lane) {
            Some(_) => is_broken,
            None => !is_broken && self.routes.sharing().find(|way| !self.lanes[*way].is_broken()) == Some(lane),
        }
    }

    const fn shared(&self) -> usize {
        2 * self.lanes.len()
    }

    /// The queues that a lane serves at present. One that is out of order has its own still: something must find out when it works again.
    /// `shares`: its share in what is shared is next.
    fn queues_of(&self, lane: usize, shares: bool) -> impl Iterator<Item = usize> {
        let lanes = self.lanes.len();
        let shared = (shares || self.takes_shared(lane)).then_some(self.shared());
        let takes_over =
            move |first: &usize| *first == lane || self.routes.all(*first).find(|way| !self.lanes[*way].is_broken()) == Some(lane);
        (0..lanes)
            .filter(takes_over)
            .filter(move |first| *first == lane || !self.lanes[lane].is_broken())
            .chain([lanes + lane])
            .chain(shared)
    }

    fn next_due(&self, queue: usize, hours: &Hours, now: Timestamp) -> Option<Timestamp> {
        let firsts = CLASSES.into_iter().filter_map(|class| {
            let mut all = self.queues[queue].range(first_key(class)..=(class, Timestamp::MAX, MessageId(u64::MAX))).take(LOOK_MAX);
            // A number that is busy has its turn when what is on its way ends, which wakes the sender.
            let ((class, next, _), _) = all.find(|(_, entry)| !self.busy.contains(&entry.to))?;
            Some(hours.next_allowed(*class, (*next).max(now)))
        });
        firsts.min()
    }
}

const fn first_key(class: Class) -> (Class, Timestamp, MessageId) {
    (class, Timestamp::MIN, MessageId(0))
}

const CLASSES: [Class; 5] = [Class::Reply, Class::Owed, Class::Notice, Class::Reminder, Class::Bulk];

#[cfg(test)]
mod tests;
