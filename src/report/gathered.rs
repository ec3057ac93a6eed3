//! The records that figures are made of, read once.

use std::collections::{BTreeMap, HashMap};

use super::indicators::Fact;
use crate::clock::Day;
use crate::service::appointment::Booking;
use crate::service::caller::{self, Caller};
use crate::service::mobile_unit::Stop;
use crate::service::outreach::Source;
use crate::service::ticket::{Cluster, Ticket};
use crate::store::{Fault, Field, Store, Stored};
use crate::turn::Count;

/// A number's keyed hash.
type Hash = [u8; 16];

#[derive(Default)]
pub(super) struct Gathered {
    tickets: HashMap<Vec<u8>, Ticket>,
    bookings: Vec<(Hash, Booking)>,
    callers: HashMap<Hash, Caller>,
    /// With the numbers that complained.
    clusters: Vec<(Cluster, Vec<u64>)>,
    sources: Vec<Source>,
    /// By the number of their place.
    pub(super) stops: BTreeMap<u16, Stop>,
    /// By day and kecamatan.
    pub(super) counts: Vec<(Day, Option<u16>, Count)>,
}

impl Gathered {
    /// What cannot be read is left out.
    pub(super) fn read(store: &Store) -> Result<Self, Fault> {
        let mut gathered = Self::default();
        store.export(&mut |key, record| {
            let Some((space, rest)) = key.as_bytes().split_first() else { return };
            match *space {
                space if space == Ticket::SPACE as u8 => {
                    gathered.tickets.extend(record.decode().ok().map(|ticket: Ticket| (rest.to_vec(), ticket)));
                }
                space if space == Booking::SPACE as u8 => {
                    let hash = |booking: &Booking| store.hash(Field::Number, &booking.number.number().to_be_bytes());
                    gathered.bookings.extend(record.decode().ok().map(|booking: Booking| (hash(&booking), booking)));
                }
                space if space == Caller::SPACE as u8 => {
                    let hash = rest.try_into().ok();
                    gathered.callers.extend(hash.zip(record.decode::<Caller>().ok()));
                }
                space if space == Source::SPACE as u8 => gathered.sources.extend(record.decode::<Source>()),
                space if space == Stop::SPACE as u8 => {
                    gathered.stops.extend(Stop::place(key).zip(record.decode::<Stop>().ok()));
                }
                space if space == Cluster::SPACE as u8 && Cluster::is_at(key) => {
                    gathered.clusters.extend(record.decode().ok().map(|cluster: Cluster| (cluster, Vec::new())));
                }
                space if space == Count::SPACE as u8 => {
                    let count = Count::of(key).zip(record.decode().ok());
                    gathered.counts.extend(count.map(|((day, district), count)| (day, district, count)));
                }
                _ => {}
            }
        })?;
        for (cluster, numbers) in &mut gathered.clusters {
            let known = cluster.tickets.iter().filter_map(|code| gathered.tickets.get(code.as_bytes()));
            *numbers = known.map(|ticket| ticket.number.number()).collect();
        }
        Ok(gathered)
    }

    /// Of the village that was chosen, else of the place.
    fn district(&self, number_hash: &Hash, booking: &Booking) -> Option<u16> {
        let home = self.callers.get(number_hash).and_then(|caller| caller.home).map(|home| home.district);
        let stop = || self.stops.get(&booking.slot.place).map(|stop| stop.village.district());
        home.or_else(stop).or_else(|| caller::of_place(booking.slot.place))
    }

    pub(super) fn facts(&self) -> Vec<Fact<'_>> {
        let mut facts: Vec<Fact<'_>> = self.tickets.values().map(Fact::Ticket).collect();
        facts.extend(self.bookings.iter().map(|(hash, booking)| Fact::Booking(booking, self.district(hash, booking))));
        facts.extend(self.callers.iter().map(|(hash, caller)| Fact::Caller(short(hash), caller)));
        facts.extend(self.clusters.iter().map(|(cluster, numbers)| Fact::Cluster(cluster, numbers)));
        facts.extend(self.sources.iter().map(Fact::Source));
        facts
    }
}

/// Enough to count by.
fn short([a, b, c, d, e, f, g, h, ..]: &Hash) -> u64 {
    u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])
}
