//! What is measured, one row each: a sample of every record that counts, and how samples become a figure.
//!
//! Names and formulas are those under which the office knows them.

use super::{Scope, outreach};
use crate::clock::Timestamp;
use crate::service::appointment::{Booking, BookingState, Came};
use crate::service::caller::{Caller, Home, SEEN_DAYS};
use crate::service::outreach::Source;
use crate::service::place::Places;
use crate::service::ticket::{Cluster, Ticket, TicketKind};

/// A record that something is measured of.
#[derive(Clone, Copy)]
pub(super) enum Fact<'r> {
    Ticket(&'r Ticket),
    /// With the kecamatan that it counts for.
    Booking(&'r Booking, Option<u16>),
    /// Under its number's keyed hash, cut short.
    Caller(u64, &'r Caller),
    /// With the numbers that complained.
    Cluster(&'r Cluster, &'r [u64]),
    Source(&'r Source),
}

impl Fact<'_> {
    pub(super) fn district(&self) -> Option<u16> {
        match self {
            Self::Ticket(ticket) => ticket.district,
            Self::Booking(_, district) => *district,
            Self::Caller(_, caller) => caller.district(),
            Self::Cluster(cluster, _) => cluster.district,
            Self::Source(source) => source.district,
        }
    }

    /// Whose it is, to count people by.
    pub(super) fn numbers(&self) -> Vec<u64> {
        match self {
            Self::Ticket(ticket) => vec![ticket.number.number()],
            Self::Booking(booking, _) => vec![booking.number.number()],
            Self::Caller(number, _) => vec![*number],
            Self::Cluster(_, numbers) => numbers.to_vec(),
            Self::Source(source) => vec![source.person],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Of samples that are 0 or 1, in per cent.
    Share,
    /// In hundredths.
    Quantile(u8),
    /// How many for a thousand of those who must have a card.
    Reach,
    /// How many different ones, of all villages, in per cent.
    Villages,
}

type Sample = fn(&Fact<'_>, &Places, &Scope, Timestamp) -> Option<f64>;

pub(super) struct Indicator {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) formula: &'static str,
    pub(super) measure: Measure,
    pub(super) sample: Sample,
}

pub(super) const INDICATORS: [Indicator; 13] = [
    Indicator {
        id: "A1",
        name: "Jangkauan warga",
        unit: "nomor per 1000 wajib KTP",
        formula: "nomor berbeda yang memakai layanan dalam 90 hari terakhir / penduduk wajib KTP x 1000",
        measure: Measure::Reach,
        sample: reached,
    },
    Indicator {
        id: "A2",
        name: "Jangkauan desa",
        unit: "persen",
        formula: "desa dan kelurahan dengan pemakai dalam 90 hari terakhir / semua",
        measure: Measure::Villages,
        sample: village,
    },
    outreach::FROM_THE_VILLAGE,
    Indicator {
        id: "C2p50",
        name: "Alih ke petugas, median",
        unit: "menit jam kerja",
        formula: "median dari minta petugas sampai jawaban manusia pertama",
        measure: Measure::Quantile(50),
        sample: minutes_to_a_human,
    },
    Indicator {
        id: "C2p90",
        name: "Alih ke petugas, 9 dari 10",
        unit: "menit jam kerja",
        formula: "persentil 90 dari minta petugas sampai jawaban manusia pertama",
        measure: Measure::Quantile(90),
        sample: minutes_to_a_human,
    },
    Indicator {
        id: "C3",
        name: "Percakapan terbengkalai",
        unit: "persen",
        formula: "tanpa jawaban manusia sampai akhir hari kerja berikut / yang waktunya sudah lewat",
        measure: Measure::Share,
        sample: left_lying,
    },
    Indicator {
        id: "C4",
        name: "Tunggu jadwal",
        unit: "hari",
        formula: "median hari dari membuat janji sampai hari janji",
        measure: Measure::Quantile(50),
        sample: days_to_the_day,
    },
    Indicator {
        id: "C7",
        name: "Kepatuhan batas keluhan",
        unit: "persen",
        formula: "dijawab sampai batas / jatuh tempo",
        measure: Measure::Share,
        sample: answered_in_time,
    },
    Indicator {
        id: "C8",
        name: "Umur keluhan terbuka",
        unit: "hari",
        formula: "persentil 90 umur keluhan yang belum selesai pada akhir masa laporan",
        measure: Measure::Quantile(90),
        sample: age_of_open,
    },
    Indicator {
        id: "C9",
        name: "Keluhan dibuka lagi",
        unit: "persen",
        formula: "dibuka lagi / dijawab",
        measure: Measure::Share,
        sample: reopened,
    },
    Indicator {
        id: "M5",
        name: "Datang sia-sia",
        unit: "persen",
        formula: "kurang syarat / datang, menurut petugas",
        measure: Measure::Share,
        sample: in_vain,
    },
    Indicator {
        id: "M7",
        name: "Mangkir",
        unit: "persen",
        formula: "tidak datang tanpa batal / janji yang ditandai petugas",
        measure: Measure::Share,
        sample: stayed_away,
    },
    Indicator {
        id: "T1",
        name: "Keluhan jadi perbaikan",
        unit: "persen",
        formula: "kelompok dengan tindakan tercatat / kelompok 5 keluhan serupa atau lebih dalam triwulan",
        measure: Measure::Share,
        sample: evaluated,
    },
];

/// Was here in the ninety days up to the end of what is asked; of later use than that end nobody knows what was before.
fn was_here(fact: &Fact<'_>, scope: &Scope, now: Timestamp) -> Option<Home> {
    let Fact::Caller(_, caller) = fact else { return None };
    let last = scope.to.min(now.day());
    caller.seen.filter(|seen| (last.plus(1 - SEEN_DAYS)..=last).contains(seen))?;
    Some(caller.home.unwrap_or(Home { district: 0, village: None }))
}

fn reached(fact: &Fact<'_>, _: &Places, scope: &Scope, now: Timestamp) -> Option<f64> {
    was_here(fact, scope, now).map(|_| 1.0)
}

/// The number of the village.
fn village(fact: &Fact<'_>, _: &Places, scope: &Scope, now: Timestamp) -> Option<f64> {
    let home = was_here(fact, scope, now)?;
    Some(f64::from(home.district) * 10_000.0 + f64::from(home.village?))
}

fn evaluated(fact: &Fact<'_>, _: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    let Fact::Cluster(cluster, _) = fact else { return None };
    cluster.found.filter(|found| scope.holds(*found)).map(|_| yes(cluster.evaluation.is_some()))
}

fn hand_over<'r>(fact: &Fact<'r>) -> Option<&'r Ticket> {
    match fact {
        Fact::Ticket(ticket) if ticket.kind == TicketKind::HandOver => Some(ticket),
        _ => None,
    }
}

fn complaint<'r>(fact: &Fact<'r>) -> Option<&'r Ticket> {
    match fact {
        Fact::Ticket(ticket) if ticket.kind == TicketKind::Complaint => Some(ticket),
        _ => None,
    }
}

fn yes(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn minutes_to_a_human(fact: &Fact<'_>, places: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    let ticket = hand_over(fact).filter(|ticket| scope.holds(ticket.made))?;
    Some(places.open_between(ticket.made, ticket.answered?).as_secs_f64() / 60.0)
}

fn left_lying(fact: &Fact<'_>, places: &Places, scope: &Scope, now: Timestamp) -> Option<f64> {
    let ticket = hand_over(fact).filter(|ticket| scope.holds(ticket.made))?;
    let (_, until) = places.working_day(ticket.made.day(), 1);
    (until <= now).then(|| yes(ticket.answered.is_none_or(|answered| until < answered)))
}

fn days_to_the_day(fact: &Fact<'_>, _: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    let Fact::Booking(booking, _) = fact else { return None };
    let is_one = !matches!(booking.state, BookingState::Held { .. }) && scope.holds(booking.made);
    is_one.then(|| f64::from(booking.slot.day.number() - booking.made.day().number()))
}

/// How an appointment of these days ended.
fn ended<'r>(fact: &Fact<'r>, scope: &Scope) -> Option<&'r Came> {
    let Fact::Booking(booking, _) = fact else { return None };
    let visit = booking.visit.as_ref().filter(|_| (scope.from..=scope.to).contains(&booking.slot.day));
    visit.map(|visit| &visit.came)
}

fn in_vain(fact: &Fact<'_>, _: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    match ended(fact, scope)? {
        Came::NoShow => None,
        came => Some(yes(matches!(came, Came::Incomplete { .. }))),
    }
}

fn stayed_away(fact: &Fact<'_>, _: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    ended(fact, scope).map(|came| yes(*came == Came::NoShow))
}

fn answered_in_time(fact: &Fact<'_>, _: &Places, scope: &Scope, now: Timestamp) -> Option<f64> {
    let ticket = complaint(fact).filter(|ticket| scope.holds(ticket.due) && ticket.due <= now)?;
    Some(yes(ticket.settled.is_some_and(|settled| settled <= ticket.due)))
}

fn age_of_open(fact: &Fact<'_>, _: &Places, scope: &Scope, now: Timestamp) -> Option<f64> {
    let end = scope.end(now);
    let is_open = |ticket: &&Ticket| ticket.made <= end && ticket.closed.is_none_or(|closed| end < closed.at);
    let ticket = complaint(fact).filter(is_open)?;
    Some(end.since(ticket.made).as_secs_f64() / 86_400.0)
}

fn reopened(fact: &Fact<'_>, _: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    let ticket = complaint(fact).filter(|ticket| ticket.settled.is_some_and(|settled| scope.holds(settled)))?;
    Some(yes(ticket.reopened > 0))
}
