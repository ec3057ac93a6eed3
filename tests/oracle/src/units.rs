//! Compares the mobile unit's stops, lists and seats with what its officer and the villages were told. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::export::{Booking, Export, Sms, Stop};
use crate::findings::{Findings, kind};
use crate::ledger::{Asked, Effect, Order, Plan, Told};
use crate::page::Window;
use crate::unit::{OFFICER, VILLAGES};
use crate::villager::{VILLAGERS, VILLAGERS_MAX, is_invitation};

/// Counts beside the findings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub planned: usize,
    pub published: usize,
    pub cancelled: usize,
    /// Lost a kit.
    pub reduced: usize,
    pub joined: usize,
    pub left: usize,
    pub invited: usize,
    /// Stand at a stop.
    pub booked: usize,
    /// Lost a seat and got another, or come first next time.
    pub moved: usize,
    pub promised: usize,
    /// Told, and not in the store.
    pub lost: usize,
}

impl Judged {
    pub fn summary(&self) -> Value {
        json!({
            "planned": self.planned, "published": self.published, "cancelled": self.cancelled, "reduced": self.reduced,
            "joined": self.joined, "left": self.left, "invited": self.invited, "booked": self.booked, "moved": self.moved,
            "promised": self.promised, "lost": self.lost,
        })
    }
}

/// `is_over`: nothing is under way any more.
pub fn judge(export: &Export, effects: &[Effect], is_over: bool, findings: &Findings) -> Judged {
    let of_village = |effect: &&Effect| (VILLAGERS..VILLAGERS + VILLAGERS_MAX).contains(&effect.phone.0);
    let mut judge = Judge {
        export,
        orders: effects.iter().filter(|effect| matches!(effect.asked, Asked::Plan(_) | Asked::Stop { .. })).collect(),
        villagers: effects.iter().filter(of_village).map(|effect| (effect.phone.to4(), effect)).collect(),
        findings,
        is_over,
        to_officer: export.messages.values().flatten().filter(|sms| sms.to4 == OFFICER.to4()).collect(),
        lost_seats: export.lost_seats(),
        judged: Judged::default(),
    };
    judge.plans();
    judge.orders();
    judge.lists();
    judge.seats();
    judge.lost_seats();
    judge.invitations();
    judge.judged
}

struct Judge<'a> {
    export: &'a Export,
    /// What the officer said.
    orders: Vec<&'a Effect>,
    /// What the villages asked, by the last digits of the phone.
    villagers: Vec<(String, &'a Effect)>,
    findings: &'a Findings,
    is_over: bool,
    to_officer: Vec<&'a Sms>,
    lost_seats: BTreeMap<&'a str, Vec<&'a Sms>>,
    judged: Judged,
}

impl<'a> Judge<'a> {
    fn lose(&mut self, text: String) {
        self.judged.lost += 1;
        self.findings.add(kind::LOST, text);
    }

    /// L1 to L3: a stop that was taken is there once, as it was written, and told once; and none that nobody wrote.
    fn plans(&mut self) {
        let mut planned = BTreeSet::new();
        for effect in self.orders.clone() {
            let Asked::Plan(plan) = &effect.asked else { continue };
            let label = label(plan);
            let stops: Vec<&Stop> = self.export.stops.iter().filter(|stop| stop.label == label).collect();
            let told = format!(": keliling {label}, ");
            let tellings = self.to_officer(|sms| sms.text.starts_with("RENCANA ") && sms.text.contains(&told));
            if stops.len() > 1 || tellings > 1 {
                self.findings.add(kind::DIFFERING, format!("{label} was planned {} times and told {tellings} times", stops.len()));
            }
            if is_taken(effect) {
                self.judged.planned += 1;
                if stops.is_empty() || tellings == 0 {
                    self.lose(format!("the plan of {label} was taken, {} are there, told {tellings} times", stops.len()));
                }
            }
            if stops.len() != tellings {
                self.findings.add(kind::HALF, format!("{} stops at {label}, told {tellings} times", stops.len()));
            }
            if stops
                .iter()
                .any(|stop| (stop.village.as_str(), &stop.day, stop.from, stop.to) != (plan.village, &plan.day, plan.from, plan.to))
            {
                self.findings.add(kind::UNTRUE, format!("{label} is not as it was written"));
            }
            planned.insert(label);
        }
        for stop in self.export.stops.iter().filter(|stop| !planned.contains(&stop.label)) {
            self.findings.add(kind::PHANTOM, format!("nobody planned {}", stop.label));
        }
    }

    /// Published, cancelled and with so many kits is what an officer said, and told once.
    fn orders(&mut self) {
        for stop in &self.export.stops {
            let kits = |order| if let Order::Kits(kits) = order { Some(kits) } else { None };
            let wanted = self.plan_of(stop).map(|plan| plan.kits);
            let said = Said {
                published: self.said(stop, |o| o == Order::Publish),
                cancelled: self.said(stop, |o| o == Order::Cancel),
                broken: self.said(stop, |o| kits(o).is_some()),
            };
            let state = stop.state.as_str();
            let code = &stop.code;
            self.judged.published += usize::from(said.published == Words::Taken);
            self.judged.cancelled += usize::from(said.cancelled == Words::Taken);
            self.judged.reduced += usize::from(said.broken == Words::Taken);
            if said.cancelled == Words::Taken && state != "cancelled" || said.published == Words::Taken && state == "planned" {
                self.lose(format!("what was said of {code} was taken, and it is {state}"));
            }
            if state == "cancelled" && said.cancelled == Words::None || state == "published" && said.published == Words::None {
                self.findings.add(kind::PHANTOM, format!("{code} is {state} and nobody said so"));
            }
            let is_reduced = wanted.is_some_and(|wanted| stop.kits != wanted);
            if said.broken == Words::Taken && !is_reduced {
                self.lose(format!("{code} was said to have fewer kits, and still has {}", stop.kits));
            }
            if is_reduced && said.broken == Words::None {
                self.findings.add(kind::PHANTOM, format!("{code} has {} kits and nobody said so", stop.kits));
            }
            if self.is_over && stop.settling {
                self.findings.add(kind::STUCK, format!("{code} still has people to move"));
            }
            for (words, told, what) in [
                (said.published, format!("{code} TERBIT: "), "published"),
                (said.cancelled, format!("{code} BATAL: "), "cancelled"),
                (said.broken, format!("{code}: "), "with fewer kits"),
            ] {
                match (words, self.to_officer(|sms| sms.text.starts_with(&told))) {
                    (_, 2..) => self.findings.add(kind::DIFFERING, format!("{code} was told twice to be {what}")),
                    (Words::Taken, 0) => self.lose(format!("{code} was taken to be {what}, and nobody was told")),
                    (Words::None, 1) => self.findings.add(kind::PHANTOM, format!("{code} was told to be {what}, and nobody said so")),
                    _ => {}
                }
            }
        }
    }

    /// Who was told to be in a list is there until they booked or left it; nobody else is.
    fn lists(&mut self) {
        let mut listed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for waiter in &self.export.waiters {
            *listed.entry((waiter.village.as_str(), waiter.to4.as_str())).or_default() += 1;
        }
        let (mut wished, mut gone) = (BTreeMap::new(), BTreeSet::new());
        for (to4, effect) in self.villagers.clone() {
            match &effect.asked {
                Asked::Join { village } => {
                    self.judged.joined += usize::from(effect.told == Told::Listed);
                    wished.insert((*village, to4), effect);
                }
                Asked::Leave { village } => {
                    self.judged.left += usize::from(effect.told == Told::Unlisted);
                    if effect.told == Told::Unlisted && listed.contains_key(&(*village, to4.as_str())) && !self.is_promised(village, &to4) {
                        self.lose(format!("{:?} was told that they are off the list of {village}", effect.phone));
                    }
                    // Whoever was told that it was not done still waits.
                    if !matches!(effect.told, Told::Otherwise(_)) {
                        gone.insert(to4);
                    }
                }
                Asked::Book { .. } if !matches!(effect.told, Told::Otherwise(_)) => {
                    gone.insert(to4);
                }
                _ => {}
            }
        }
        for ((village, to4), effect) in &wished {
            if effect.told == Told::Listed && !gone.contains(to4) && !listed.contains_key(&(*village, to4.as_str())) {
                self.lose(format!("{:?} was told that they are in the list of {village}", effect.phone));
            }
        }
        for ((village, to4), count) in &listed {
            if *count > 1 {
                self.findings.add(kind::DIFFERING, format!("..{to4} is in the list of {village} {count} times"));
            }
            if self.is_promised(village, to4) {
                continue;
            }
            match wished.get(&(*village, (*to4).to_owned())).map(|effect| &effect.told) {
                Some(Told::Otherwise(page)) => {
                    self.findings.add(kind::UNTRUE, format!("..{to4} is in the list of {village}, and was told `{page}`"));
                }
                Some(_) if self.sits(village, to4) => {
                    self.findings.add(kind::HALF, format!("..{to4} has a seat in {village}, and still waits for one"));
                }
                Some(_) => {}
                None => self.findings.add(kind::PHANTOM, format!("..{to4} is in the list of {village} and never asked")),
            }
        }
    }

    /// No booking stands at a stop that is cancelled. How many a window may have is judged with those of offices.
    fn seats(&mut self) {
        for (code, booking) in self.bookings().filter(|(_, booking)| booking.booked) {
            match self.stop_of(booking) {
                Some(stop) if stop.state == "published" || stop.settling => self.judged.booked += 1,
                Some(stop) => self.findings.add(kind::HALF, format!("{code} stands at {}, which is {}", stop.label, stop.state)),
                None => self.findings.add(kind::HALF, format!("{code} stands at a stop that is not there")),
            }
        }
    }

    /// Whoever lost a seat has another under the same code, or comes first: and heard so once, and nobody else did.
    fn lost_seats(&mut self) {
        for (to4, effect) in self.villagers.clone() {
            let Told::Saved { code, window: Some(window) } = &effect.told else { continue };
            let Some(booking) = self.export.bookings.get(code).and_then(|all| all.first()) else { continue };
            let Some(stop) = self.stop_of(booking) else { continue };
            let told = self.lost_seats.get(code.as_str()).cloned().unwrap_or_default();
            let texts: BTreeSet<&str> = told.iter().map(|sms| sms.text.as_str()).collect();
            if texts.len() < told.len() {
                self.findings.add(kind::DIFFERING, format!("{code} was told {} times of {} lost seats", told.len(), texts.len()));
            }
            if told.iter().any(|sms| sms.to4 != effect.phone.to4()) {
                self.findings.add(kind::LEAK, format!("what became of {code} was told to another phone than {:?}", effect.phone));
            }
            let is_here = |other: &&Stop| {
                other.village == stop.village && Window::of_record(&other.day, window.from.into(), window.to.into()) == Some(*window)
            };
            let Some(first) = self.export.stops.iter().find(is_here) else { continue };
            let is_disturbed = self.said(first, |order| order != Order::Publish) != Words::None;
            if !told.is_empty() && !is_disturbed {
                self.findings.add(kind::PHANTOM, format!("{code} was told of a lost seat at {}, where nobody lost one", first.label));
            }
            if told.is_empty() && first.state == "cancelled" && !first.settling {
                self.lose(format!("{code} had a seat at {}, which is cancelled, and nobody was told", first.label));
            }
            let now = booking.at.window();
            let moved: Vec<Option<Window>> =
                told.iter().filter(|sms| sms.text.contains(" pindah ke ")).map(|sms| Window::find(&sms.text)).collect();
            self.judged.moved += moved.len();
            if booking.booked && !told.is_empty() && now != Some(*window) && !moved.contains(&now) {
                self.findings.add(kind::UNTRUE, format!("{code} stands on {}, and nobody was told of that", booking.at.day));
            }
            let is_promised = told.iter().any(|sms| is_promise(sms));
            self.judged.promised += usize::from(is_promised);
            if !booking.booked && !told.is_empty() && !is_promised {
                self.findings.add(kind::UNTRUE, format!("{code} is cancelled, and was told to be moved only"));
            }
            if booking.booked && is_promised {
                self.findings.add(kind::UNTRUE, format!("{code} stands, and was told to be cancelled"));
            }
            let village = stop.village.as_str();
            let asked = || self.villagers.iter().filter(|(own, _)| *own == to4).map(|(_, other)| &other.asked);
            let books = asked().filter(|asked| matches!(asked, Asked::Book { .. })).count();
            let waits = self.export.waiters.iter().any(|waiter| waiter.to4 == to4 && waiter.village == village);
            let left = asked().any(|asked| matches!(asked, Asked::Leave { .. }));
            if is_promised && !waits && books < 2 && !left {
                self.lose(format!("{:?} lost {code}, was told to come first, and does not wait", effect.phone));
            }
        }
    }

    /// Once to a number for a stop, or once more after it was taken back; only to those in the village's list, and only to what was published.
    fn invitations(&mut self) {
        let stops: BTreeMap<&str, &Stop> = self.export.stops.iter().map(|stop| (stop.code.as_str(), stop)).collect();
        let mut invited: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
        for sms in self.export.messages.values().flatten() {
            let (is_asked, is_taken_back) = (is_invitation(&sms.text), sms.text.contains("Anda tetap di daftar tunggu"));
            if is_asked || is_taken_back {
                let count = invited.entry((&sms.reference, &sms.to4)).or_default();
                count.0 += usize::from(is_asked);
                count.1 += usize::from(is_taken_back);
            }
        }
        for ((code, to4), (asked, taken_back)) in invited {
            self.judged.invited += asked;
            if asked > 1 + taken_back {
                self.findings.add(kind::DIFFERING, format!("..{to4} was invited to {code} {asked} times, and not {taken_back} times"));
            }
            let Some(stop) = stops.get(code) else {
                self.findings.add(kind::PHANTOM, format!("..{to4} was invited to {code}, which is no stop"));
                continue;
            };
            if self.said(stop, |order| order == Order::Publish) == Words::None {
                self.findings.add(kind::PHANTOM, format!("..{to4} was invited to {code}, which nobody published"));
            }
            let joined = |(own, effect): &(String, &Effect)| {
                let is_here = matches!(&effect.asked, Asked::Join { village } if *village == stop.village);
                own == to4 && is_here && !matches!(effect.told, Told::Otherwise(_))
            };
            if !self.villagers.iter().any(joined) && !self.is_promised(&stop.village, to4) {
                self.findings.add(kind::LEAK, format!("..{to4} was invited to {code}, and is in no list of its village"));
            }
        }
    }

    /// Whether an officer said something of a stop.
    fn said(&self, stop: &Stop, is_it: impl Fn(Order) -> bool) -> Words {
        let about = |effect: &&Effect| matches!(&effect.asked, Asked::Stop { code, order } if *code == stop.code && is_it(*order));
        self.orders
            .iter()
            .copied()
            .filter(about)
            .map(|effect| if is_taken(effect) { Words::Taken } else { Words::Open })
            .max()
            .unwrap_or(Words::None)
    }

    fn plan_of(&self, stop: &Stop) -> Option<&'a Plan> {
        self.orders.iter().find_map(|effect| match &effect.asked {
            Asked::Plan(plan) if label(plan) == stop.label => Some(plan),
            _ => None,
        })
    }

    fn to_officer(&self, is_it: impl Fn(&Sms) -> bool) -> usize {
        self.to_officer.iter().filter(|sms| is_it(sms)).count()
    }

    fn bookings(&self) -> impl Iterator<Item = (&'a String, &'a Booking)> + use<'a> {
        let all = self.export.bookings.iter().filter_map(|(code, all)| Some((code, all.first()?)));
        all.filter(|(_, booking)| booking.at.place.starts_with('#'))
    }

    fn stop_of(&self, booking: &Booking) -> Option<&'a Stop> {
        self.export.stops.iter().find(|stop| stop.is_at(&booking.at))
    }

    /// Was somebody told that they come first there?
    fn is_promised(&self, village: &str, to4: &str) -> bool {
        let name = VILLAGES.iter().find(|(_, code)| *code == village).map_or("", |(name, _)| name);
        let told = format!("didahulukan di {name}");
        self.lost_seats.values().flatten().any(|sms| sms.to4 == to4 && sms.text.contains(&told))
    }

    /// Has a booking that stands at a stop of a village.
    fn sits(&self, village: &str, to4: &str) -> bool {
        self.villagers.iter().filter(|(own, _)| own == to4).any(|(_, effect)| {
            let Told::Saved { code, .. } = &effect.told else { return false };
            let booking = self.export.bookings.get(code).and_then(|all| all.first()).filter(|booking| booking.booked);
            booking.and_then(|booking| self.stop_of(booking)).is_some_and(|stop| stop.village == village)
        })
    }
}

/// How far an officer's word came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Words {
    None,
    /// Sent, and nobody said that it was taken.
    Open,
    Taken,
}

struct Said {
    published: Words,
    cancelled: Words,
    broken: Words,
}

fn is_taken(effect: &Effect) -> bool {
    matches!(&effect.told, Told::Taken(word) if word.is_empty())
}

fn is_promise(sms: &Sms) -> bool {
    sms.text.contains("Anda didahulukan di ")
}

/// As pages name the place.
fn label(plan: &Plan) -> String {
    let name = VILLAGES.iter().find(|(_, code)| *code == plan.village).map_or("", |(name, _)| name);
    format!("{} {name}", plan.mark)
}

#[cfg(test)]
mod tests;
