//! Compares the store's export with the ledger: L1 to L5 and L8. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::export::{Booking, Export, Slot, Sms};
use crate::findings::{Findings, kind};
use crate::ledger::{Asked, Effect, Told};
use crate::page::Window;

/// What the ledger makes of one acknowledged booking.
#[derive(Debug)]
struct Claim<'a> {
    effect: &'a Effect,
    window: Option<Window>,
    cancel: Cancel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cancel {
    Never,
    /// Asked for, no page came yet.
    InDoubt,
    Told,
}

/// Counts beside the findings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub acked: u64,
    /// In the store, with a request of ours that got no page yet: allowed.
    pub unacked_applied: u64,
    /// The citizen confirmed one window, and the page told honestly of another.
    pub moved: u64,
}

/// `outgoing`: every standing booking must have left an SMS.
pub fn judge(export: &Export, effects: &[Effect], outgoing: bool, findings: &Findings) -> Judged {
    let mut judged = Judged::default();
    agree(export, outgoing, findings);
    let claims = claims(effects, findings, &mut judged);
    // Whoever lost a seat at a stop was moved, or has none: `units` judges that.
    let lost_seats = export.lost_seats();
    for (code, claim) in &claims {
        held(export, effects, code, claim, lost_seats.contains_key(code), findings);
    }
    strangers(export, effects, &claims, &lost_seats, findings, &mut judged);
    twice(&claims, export, findings);
    judged
}

fn claims<'a>(effects: &'a [Effect], findings: &Findings, judged: &mut Judged) -> BTreeMap<&'a str, Claim<'a>> {
    let mut claims: BTreeMap<&str, Claim<'_>> = BTreeMap::new();
    for effect in effects {
        let Told::Saved { code, window } = &effect.told else { continue };
        judged.acked += 1;
        let Asked::Book { window: chosen, .. } = &effect.asked else {
            findings.add(kind::UNTRUE, format!("a cancelling was answered with a booking, {code}"));
            continue;
        };
        if matches!((window, chosen), (Some(told), Some(chosen)) if told != chosen) {
            judged.moved += 1;
        }
        let claim = Claim { effect, window: window.or(*chosen), cancel: Cancel::Never };
        if let Some(before) = claims.insert(code, claim) {
            findings.add(kind::DIFFERING, format!("code {code} was given twice: to {:?} and to {:?}", before.effect.phone, effect.phone));
        }
    }
    for effect in effects {
        let Asked::Cancel { code } = &effect.asked else { continue };
        let Some(claim) = claims.get_mut(code.as_str()) else { continue };
        match effect.told {
            Told::Cancelled => {
                judged.acked += 1;
                claim.cancel = Cancel::Told;
            }
            Told::Nothing if claim.cancel == Cancel::Never => claim.cancel = Cancel::InDoubt,
            _ => {}
        }
    }
    claims
}

/// L1: what was told is there, as it was told.
fn held(export: &Export, effects: &[Effect], code: &str, claim: &Claim<'_>, lost_seat: bool, findings: &Findings) {
    let Some(booking) = export.bookings.get(code).and_then(|all| all.first()) else {
        // A new hold or booking of the same person takes the place of a cancelled record: what does not stand cannot be lost.
        if (claim.cancel == Cancel::Never && !(lost_seat && rebooked(effects, claim.effect)))
            || (claim.cancel == Cancel::InDoubt && !rebooked(effects, claim.effect))
        {
            findings.add(kind::LOST, format!("booking {code} was told to {:?} and is not in the store", claim.effect.phone));
        }
        return;
    };
    match (claim.cancel, booking.booked) {
        (Cancel::Told, true) => findings.add(kind::LOST, format!("the cancelling of {code} was told and is not in the store")),
        (Cancel::Never, false) if !lost_seat => findings.add(kind::PHANTOM, format!("{code} is cancelled and nobody asked for it")),
        _ => {}
    }
    if booking.nik4 != claim.effect.nik4 {
        findings.add(kind::LOST, format!("{code} belongs to ..{} in the store, to ..{} by its page", booking.nik4, claim.effect.nik4));
    }
    if claim.window.is_some() && booking.at.window() != claim.window && !lost_seat {
        let told = claim.window.map(|w| w.to_string()).unwrap_or_default();
        findings.add(
            kind::UNTRUE,
            format!("{code} was told for {told}, the store has {} {}-{}", booking.at.day, booking.at.from, booking.at.to),
        );
    }
    let to4 = claim.effect.phone.to4();
    if export.outgoing.get(code).is_some_and(|all| all.iter().any(|to| *to != to4)) {
        findings.add(kind::LEAK, format!("an SMS about {code} goes to another phone than ..{to4}"));
    }
}

fn rebooked(effects: &[Effect], old: &Effect) -> bool {
    let asks = effects.iter().filter(|e| e.citizen == old.citizen && matches!(e.asked, Asked::Book { .. }));
    asks.filter(|e| matches!(e.told, Told::Saved { .. } | Told::Nothing)).count() > 1
}

/// L3 and L8: what is in the store was asked for, and whoever asked was not told otherwise.
fn strangers(
    export: &Export,
    effects: &[Effect],
    claims: &BTreeMap<&str, Claim<'_>>,
    lost_seats: &BTreeMap<&str, Vec<&Sms>>,
    findings: &Findings,
    judged: &mut Judged,
) {
    for (code, bookings) in &export.bookings {
        if claims.contains_key(code.as_str()) {
            continue;
        }
        let receivers = export.outgoing.get(code).map(Vec::as_slice).unwrap_or_default();
        let Some(booking) = bookings.first() else { continue };
        let candidates: Vec<&Effect> =
            effects.iter().filter(|e| could_be(e, booking, receivers, lost_seats.contains_key(code.as_str()))).collect();
        if candidates.iter().any(|e| e.told == Told::Nothing) {
            judged.unacked_applied += 1;
        } else if let Some(Told::Otherwise(page)) = candidates.first().map(|e| &e.told) {
            findings.add(kind::UNTRUE, format!("{code} is booked, yet who asked for it was told `{page}`"));
        } else {
            findings.add(kind::PHANTOM, format!("{code} ({} {}-{}) was never asked for", booking.at.day, booking.at.from, booking.at.to));
        }
    }
}

fn could_be(effect: &Effect, booking: &Booking, receivers: &[String], lost_seat: bool) -> bool {
    let Asked::Book { window, .. } = &effect.asked else { return false };
    let same_window = lost_seat || window.is_none() || booking.at.window() == *window;
    let same_phone = receivers.is_empty() || receivers.contains(&effect.phone.to4());
    !matches!(effect.told, Told::Saved { .. }) && effect.nik4 == booking.nik4 && same_window && same_phone
}

/// L2: one person has at most one standing booking for a need.
fn twice(claims: &BTreeMap<&str, Claim<'_>>, export: &Export, findings: &Findings) {
    let mut standing = BTreeSet::new();
    for (code, claim) in claims.iter().filter(|(_, claim)| claim.cancel == Cancel::Never) {
        let Some(booking) = export.bookings.get(*code).and_then(|all| all.first()) else { continue };
        if booking.booked && !standing.insert((claim.effect.citizen, booking.need.as_str())) {
            findings.add(kind::DIFFERING, format!("{code} is a second standing booking of one person for `{}`", booking.need));
        }
    }
}

/// L4 and L5: the records of one booking agree, whatever the ledger says.
fn agree(export: &Export, outgoing: bool, findings: &Findings) {
    let mut seated: BTreeMap<&str, Vec<&Slot>> = BTreeMap::new();
    let mut places = BTreeSet::new();
    for slot in &export.slots {
        let at = &slot.at;
        if !places.insert(at) {
            findings.add(kind::HALF, format!("two records for {} {}-{}", at.day, at.from, at.to));
        }
        if slot.booked.len() as u64 > slot.seats {
            let over = slot.booked.len();
            findings.add(kind::OVERBOOKED, format!("{over} booked of {} seats on {} {}-{}", slot.seats, at.day, at.from, at.to));
        }
        for code in &slot.booked {
            seated.entry(code).or_default().push(slot);
        }
    }
    for (code, bookings) in &export.bookings {
        let [booking] = bookings.as_slice() else {
            findings.add(kind::HALF, format!("{} bookings under {code}", bookings.len()));
            continue;
        };
        let seats = seated.get(code.as_str()).map(Vec::as_slice).unwrap_or_default();
        match (booking.booked, seats) {
            (true, [slot]) if slot.at == booking.at => {}
            (true, []) => findings.add(kind::HALF, format!("{code} is booked and has no seat")),
            (true, _) => findings.add(kind::HALF, format!("{code} sits elsewhere or more than once")),
            (false, []) => {}
            (false, _) => findings.add(kind::HALF, format!("{code} is cancelled and still has a seat")),
        }
        let taken = export.codes.get(code).copied().unwrap_or(0);
        if booking.booked && taken != 1 {
            findings.add(kind::HALF, format!("code {code} has {taken} code records"));
        }
        if booking.booked && outgoing && !export.outgoing.contains_key(code) {
            findings.add(kind::HALF, format!("{code} is booked and left no SMS"));
        }
    }
    for code in seated.keys().filter(|code| !export.bookings.contains_key(**code)) {
        findings.add(kind::HALF, format!("{code} has a seat and no booking"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Place;
    use crate::people::Phone;

    fn at() -> Place {
        Place { place: "Sekayu".to_owned(), day: "2026-12-01".to_owned(), from: 8, to: 10 }
    }

    fn window() -> Window {
        Window { month: 12, day: 1, from: 8, to: 10 }
    }

    fn effect(phone: u32, asked: Asked, told: Told) -> Effect {
        let reply = (told != Told::Nothing).then(Vec::new);
        Effect {
            phone: Phone(phone),
            citizen: phone,
            nik4: "9999".to_owned(),
            asked,
            told,
            request: vec![],
            reply,
            told_at: None,
            retried: false,
        }
    }

    fn book(phone: u32, told: Told) -> Effect {
        effect(phone, Asked::Book { need: 1, window: Some(window()) }, told)
    }

    fn saved(code: &str) -> Told {
        Told::Saved { code: code.to_owned(), window: Some(window()) }
    }

    fn cancel(phone: u32, told: Told) -> Effect {
        effect(phone, Asked::Cancel { code: "K0000001".to_owned() }, told)
    }

    /// A sound store with booking K0000001 by phone 1.
    fn store() -> Export {
        let booking = Booking { nik4: "9999".to_owned(), need: "rekam".to_owned(), at: at(), booked: true };
        Export {
            bookings: BTreeMap::from([("K0000001".to_owned(), vec![booking])]),
            slots: vec![Slot { at: at(), seats: 1, booked: vec!["K0000001".to_owned()], held: 0 }],
            codes: BTreeMap::from([("K0000001".to_owned(), 1)]),
            outgoing: BTreeMap::from([("K0000001".to_owned(), vec!["0001".to_owned()])]),
            records: 4,
            ..Export::default()
        }
    }

    fn cancelled() -> Export {
        let mut export = store();
        export.slots[0].booked.clear();
        export.bookings.get_mut("K0000001").unwrap()[0].booked = false;
        export
    }

    fn kinds(export: &Export, effects: &[Effect]) -> Vec<&'static str> {
        let findings = Findings::default();
        judge(export, effects, true, &findings);
        findings.counts().into_keys().collect()
    }

    #[test]
    fn sound_stores_pass() {
        let told = book(1, saved("K0000001"));
        assert!(kinds(&store(), std::slice::from_ref(&told)).is_empty());
        assert!(kinds(&store(), &[book(1, Told::Nothing)]).is_empty(), "applied and not yet told");
        assert!(kinds(&Export::default(), &[book(1, Told::Otherwise("PENUH".to_owned()))]).is_empty());
        assert!(kinds(&cancelled(), &[told.clone(), cancel(1, Told::Cancelled)]).is_empty());
        assert!(kinds(&cancelled(), &[told.clone(), cancel(1, Told::Nothing)]).is_empty());
        assert!(kinds(&Export::default(), &[told.clone(), cancel(1, Told::Cancelled)]).is_empty(), "its record was used again");
        assert!(kinds(&store(), &[told, cancel(1, Told::Nothing)]).is_empty());
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let told = || book(1, saved("K0000001"));
        let with = |change: fn(&mut Export)| {
            let mut export = store();
            change(&mut export);
            export
        };
        let cases: Vec<(&str, Export, Vec<Effect>)> = vec![
            (kind::LOST, Export::default(), vec![told()]),
            (kind::LOST, Export::default(), vec![told(), cancel(1, Told::Nothing)]),
            (kind::LOST, store(), vec![told(), cancel(1, Told::Cancelled)]),
            (kind::LOST, with(|e| e.bookings.get_mut("K0000001").unwrap()[0].nik4 = "9998".to_owned()), vec![told()]),
            (kind::PHANTOM, cancelled(), vec![told()]),
            (kind::PHANTOM, store(), vec![]),
            (kind::PHANTOM, store(), vec![book(2, Told::Nothing)]),
            (kind::UNTRUE, store(), vec![book(1, Told::Otherwise("PENUH".to_owned()))]),
            (
                kind::UNTRUE,
                store(),
                vec![book(1, Told::Saved { code: "K0000001".to_owned(), window: Some(Window { from: 10, to: 12, ..window() }) })],
            ),
            (kind::DIFFERING, store(), vec![told(), book(1, saved("K0000001"))]),
            (kind::LEAK, with(|e| e.outgoing.get_mut("K0000001").unwrap()[0] = "0002".to_owned()), vec![told()]),
            (kind::OVERBOOKED, with(|e| e.slots[0].seats = 0), vec![told()]),
            (kind::HALF, with(|e| e.slots[0].booked.clear()), vec![told()]),
            (kind::HALF, with(|e| e.slots[0].at.from = 9), vec![told()]),
            (kind::HALF, with(|e| e.codes.clear()), vec![told()]),
            (kind::HALF, with(|e| e.outgoing.clear()), vec![told()]),
            (kind::HALF, with(|e| e.slots.push(e.slots[0].clone())), vec![told()]),
            (kind::HALF, with(|e| e.slots[0].booked.push("K0000009".to_owned())), vec![told()]),
        ];
        for (wanted, export, effects) in cases {
            let got = kinds(&export, &effects);
            assert!(got.contains(&wanted), "{wanted}: {got:?} {effects:?}");
        }
    }

    #[test]
    fn a_second_standing_booking_of_one_person_is_found() {
        let mut export = store();
        let mut second = store();
        second.slots[0].at.from = 13;
        second.slots[0].booked = vec!["K0000002".to_owned()];
        let mut booking = store().bookings["K0000001"][0].clone();
        booking.at.from = 13;
        export.bookings.insert("K0000002".to_owned(), vec![booking]);
        export.slots.push(second.slots[0].clone());
        export.codes.insert("K0000002".to_owned(), 1);
        export.outgoing.insert("K0000002".to_owned(), vec!["0001".to_owned()]);
        let second = book(1, Told::Saved { code: "K0000002".to_owned(), window: Some(Window { from: 13, ..window() }) });
        assert_eq!(kinds(&export, &[book(1, saved("K0000001")), second]), [kind::DIFFERING]);
    }
}
