//! What happens to a ticket by the passing of time. Pure.
//!
//! | | hand-over | complaint |
//! |---|---|---|
//! | answered by | a quarter of an office hour, later for who waits behind others | 5 working days (question, suggestion), 14 (complaint), 60 (extortion) |
//! | the holder is silent | five office minutes, fifteen once they talk: the next rung | reminded when 3/4 and 9/10 of the days are gone |
//! | it is late | the citizen is told, once | the citizen is told, once; the next rung, and again every two working days |
//! | the top is silent | reminded every four office hours | reminded every two working days |
//! | nobody says anything any more | after a day the citizen is asked whether it is done | |
//! | the citizen, asked, says nothing | closed after a day | closed after ten working days |
//!
//! Source of the working days: the procedure of SP4N-LAPOR, which the office's own may shorten.

use std::time::Duration;

use super::record::{ComplaintClass, Ticket, TicketKind, TicketState};
use crate::clock::Timestamp;
use crate::service::officer::Role;
use crate::service::place::Places;

/// Of open offices, after which a holder counts as silent.
const SILENT_AFTER: Duration = Duration::from_secs(5 * 60);
/// The same once somebody has answered: who talks to a citizen may look something up.
const SILENT_IN_TALK: Duration = Duration::from_secs(15 * 60);
/// The same for whoever stands at the top of the ladder, who is only reminded.
const REMINDED_EVERY: Duration = Duration::from_secs(4 * 3600);
/// Of open offices, within which a human answers who is first in the queue.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15 * 60);
/// And so much later for each one ahead, shared by those who answer.
const ONE_AHEAD: Duration = Duration::from_secs(5 * 60);
/// A conversation in which nobody has said anything for so long is over, if the citizen agrees.
const IDLE_MAX: Duration = Duration::from_secs(24 * 3600);
/// How long a citizen may take to say that it is not done.
const ASKED_MAX: Duration = Duration::from_secs(24 * 3600);
/// The same for a complaint, in working days.
const ASKED_DAYS: u16 = 10;
/// Working days between two steps of a complaint that is late.
const LATE_DAYS: u16 = 2;
/// Of a complaint's time, in hundredths, when its holder is reminded.
const REMINDED_AT: [u16; 2] = [75, 90];
/// The mark at which it is late.
pub(super) const LATE: u8 = 3;

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing until then.
    Wait(Timestamp),
    /// Somebody must have it.
    Assign,
    /// Whoever has it is silent: the next one.
    Climb,
    /// The citizen must know that it is late.
    TellLate,
    /// So many marks of its time have passed.
    Mark(u8),
    /// The citizen is asked whether it is done.
    Ask,
    /// Nobody said that it is not.
    Close,
}

/// Who has it first, and to whom it goes on.
pub(super) const fn ladder(ticket: &Ticket) -> &'static [Role] {
    match (ticket.kind, ticket.class) {
        (TicketKind::HandOver, _) => &[Role::Officer, Role::Officer, Role::Supervisor, Role::Head],
        // Past everybody whom it may be about.
        (TicketKind::Complaint, ComplaintClass::Extortion) => &[Role::Inspector, Role::Head],
        (TicketKind::Complaint, _) => &[Role::Officer, Role::Supervisor, Role::Head],
    }
}

/// By when a human answers a complaint.
pub(super) fn deadline(places: &Places, class: ComplaintClass, made: Timestamp) -> Timestamp {
    places.working_day(made.day(), days(class)).1
}

const fn days(class: ComplaintClass) -> u16 {
    match class {
        ComplaintClass::Question | ComplaintClass::Suggestion => 5,
        ComplaintClass::Complaint => 14,
        ComplaintClass::Extortion => 60,
    }
}

/// By when a human answers who has `ahead` before them.
pub(super) fn promise(places: &Places, now: Timestamp, ahead: usize, answering: usize) -> Timestamp {
    let turns = u32::try_from(ahead / answering.max(1)).unwrap_or(u32::MAX);
    places.after_open(now, ANSWERED_WITHIN.saturating_add(ONE_AHEAD.saturating_mul(turns)))
}

pub(super) fn step(ticket: &Ticket, places: &Places, now: Timestamp) -> Step {
    match ticket.state {
        TicketState::Closed => Step::Wait(Timestamp::MAX),
        TicketState::Asked => {
            let asked = ticket.asked.unwrap_or(now);
            let until = match ticket.kind {
                TicketKind::HandOver => asked.plus(ASKED_MAX),
                TicketKind::Complaint => places.working_day(asked.day(), ASKED_DAYS).1,
            };
            due(until, Step::Close, now)
        }
        TicketState::Open if owes_first(ticket) && ticket.due <= now => Step::TellLate,
        TicketState::Open if ticket.holder.is_none() => match places.opens_next(now) {
            Some((day, hours)) => Step::Wait(Timestamp::wib(day, hours.from.cast_signed(), 0)),
            None => Step::Assign,
        },
        TicketState::Open => match ticket.kind {
            TicketKind::HandOver => hand_over(ticket, places, now),
            TicketKind::Complaint => complaint(ticket, places, now),
        },
    }
}

fn due(at: Timestamp, step: Step, now: Timestamp) -> Step {
    if at <= now { step } else { Step::Wait(at) }
}

/// Nobody has answered, and the citizen does not know yet that it is late.
fn owes_first(ticket: &Ticket) -> bool {
    ticket.answered.is_none() && !ticket.is_told_late
}

fn hand_over(ticket: &Ticket, places: &Places, now: Timestamp) -> Step {
    let Some(since) = ticket.awaits else { return due(ticket.touched().plus(IDLE_MAX), Step::Ask, now) };
    let told = ticket.holder.map_or(since, |holder| holder.since.max(since));
    let is_top = usize::from(ticket.rung) + 1 >= ladder(ticket).len();
    let patience = match (is_top, ticket.answered) {
        (true, _) => REMINDED_EVERY,
        (false, Some(_)) => SILENT_IN_TALK,
        (false, None) => SILENT_AFTER,
    };
    let silent = places.after_open(told, patience);
    due(if owes_first(ticket) { silent.min(ticket.due) } else { silent }, Step::Climb, now)
}

fn complaint(ticket: &Ticket, places: &Places, now: Timestamp) -> Step {
    if ticket.awaits.is_none() {
        return due(ticket.touched().plus(IDLE_MAX), Step::Ask, now);
    }
    let mut mark = ticket.marks;
    // What was slept through is made up for once.
    while mark < u8::MAX && mark_at(ticket, places, mark) <= now {
        mark += 1;
    }
    if mark == u8::MAX {
        // Two years late: nobody is reminded any more.
        return Step::Wait(Timestamp::MAX);
    }
    if mark > ticket.marks { Step::Mark(mark) } else { Step::Wait(mark_at(ticket, places, mark)) }
}

/// When the mark after `passed` of them comes.
fn mark_at(ticket: &Ticket, places: &Places, passed: u8) -> Timestamp {
    match REMINDED_AT.get(usize::from(passed)) {
        Some(hundredths) => places.working_day(ticket.made.day(), (days(ticket.class) * hundredths).div_ceil(100)).0,
        None if passed + 1 == LATE => ticket.due,
        None => places.working_day(ticket.due.day(), LATE_DAYS * u16::from((passed + 1).saturating_sub(LATE))).0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Holder;
    use super::*;
    use crate::citizen::Msisdn;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn places() -> Places {
        let holidays = include_str!("../../../gateway-config/muba/holidays.csv");
        Places::parse(include_str!("../../../gateway-config/muba/places.toml"), holidays, "code\n").unwrap()
    }

    fn ticket(kind: TicketKind, class: ComplaintClass, made: &str) -> Ticket {
        let number = Msisdn::parse("+6281200000001").unwrap();
        Ticket::new(kind, class, number, String::new(), at(made))
    }

    #[test]
    fn a_holder_has_five_office_minutes_and_the_citizen_an_answer_or_a_word_in_fifteen() {
        let places = places();
        let holder = Msisdn::parse("+6281200099001").unwrap();
        let mut open = ticket(TicketKind::HandOver, ComplaintClass::Question, "2026-11-30T09:00");
        open.due = promise(&places, open.made, 0, 2);
        assert_eq!(step(&open, &places, at("2026-11-30T09:00")), Step::Assign);
        assert_eq!(step(&open, &places, at("2026-11-30T09:15")), Step::TellLate, "nobody had a hand free");
        open.is_told_late = true;
        assert_eq!(step(&open, &places, at("2026-11-30T15:00")), Step::Wait(at("2026-12-01T08:00")));
        for (told, rung, told_late, now, expected) in [
            ("2026-11-30T09:00", 0, false, "2026-11-30T09:04", Step::Wait(at("2026-11-30T09:05"))),
            ("2026-11-30T09:00", 0, false, "2026-11-30T09:05", Step::Climb),
            ("2026-11-30T09:05", 1, false, "2026-11-30T09:10", Step::Climb),
            ("2026-11-30T09:14", 2, false, "2026-11-30T09:14", Step::Wait(at("2026-11-30T09:15"))),
            ("2026-11-30T09:14", 2, false, "2026-11-30T09:15", Step::TellLate),
            ("2026-11-30T09:10", 2, true, "2026-11-30T09:15", Step::Climb),
            ("2026-11-30T09:15", 3, true, "2026-11-30T13:14", Step::Wait(at("2026-11-30T13:15"))),
            ("2026-11-30T09:15", 3, true, "2026-11-30T13:15", Step::Climb),
            // Over a night, a Friday afternoon and a weekend.
            ("2026-12-04T10:57", 0, true, "2026-12-05T12:00", Step::Wait(at("2026-12-07T08:02"))),
        ] {
            open.holder = Some(Holder { number: holder, since: at(told) });
            (open.rung, open.is_told_late) = (rung, told_late);
            assert_eq!(step(&open, &places, at(now)), expected, "{now}");
        }
        (open.answered, open.awaits) = (Some(at("2026-11-30T09:20")), None);
        open.say(Some(holder), "sudah", at("2026-11-30T09:20"));
        assert_eq!(step(&open, &places, at("2026-12-01T09:19")), Step::Wait(at("2026-12-01T09:20")));
        assert_eq!(step(&open, &places, at("2026-12-01T09:20")), Step::Ask);
        (open.state, open.asked) = (TicketState::Asked, Some(at("2026-12-01T09:20")));
        assert_eq!(step(&open, &places, at("2026-12-02T09:20")), Step::Close);
        open.state = TicketState::Closed;
        assert_eq!(step(&open, &places, at("2036-12-02T09:20")), Step::Wait(Timestamp::MAX));
    }

    #[test]
    fn who_waits_behind_others_is_promised_a_later_hour() {
        let places = places();
        for (now, ahead, answering, expected) in [
            ("2026-11-30T09:00", 0, 2, "2026-11-30T09:15"),
            ("2026-11-30T09:00", 1, 2, "2026-11-30T09:15"),
            ("2026-11-30T09:00", 6, 2, "2026-11-30T09:30"),
            ("2026-11-30T09:00", 3, 0, "2026-11-30T09:30"),
            ("2026-11-30T14:50", 0, 2, "2026-12-01T08:05"),
            ("2026-12-04T22:00", 4, 2, "2026-12-07T08:25"),
        ] {
            assert_eq!(promise(&places, at(now), ahead, answering), at(expected), "{now} behind {ahead}");
        }
    }

    #[test]
    fn a_complaint_is_reminded_of_at_three_quarters_and_nine_tenths_and_climbs_when_it_is_late() {
        let places = places();
        let mut open = ticket(TicketKind::Complaint, ComplaintClass::Complaint, "2026-11-30T09:00");
        open.due = deadline(&places, open.class, open.made);
        assert_eq!(open.due, at("2026-12-18T11:00"));
        open.holder = Some(Holder { number: open.number, since: open.made });
        for (marks, now, expected) in [
            (0, "2026-11-30T09:00", Step::Wait(at("2026-12-15T08:00"))),
            (0, "2026-12-15T08:00", Step::Mark(1)),
            (1, "2026-12-15T08:00", Step::Wait(at("2026-12-17T08:00"))),
            (1, "2026-12-17T08:00", Step::Mark(2)),
            (2, "2026-12-18T10:59", Step::Wait(at("2026-12-18T11:00"))),
            (2, "2026-12-18T11:00", Step::TellLate),
            (3, "2026-12-18T11:00", Step::Wait(at("2026-12-22T08:00"))),
            (3, "2026-12-22T08:00", Step::Mark(4)),
            (254, "2036-12-30T09:00", Step::Wait(Timestamp::MAX)),
            // Off for a month.
            (0, "2026-12-30T09:00", Step::Mark(6)),
        ] {
            open.marks = marks;
            open.is_told_late = marks > 2 || now > "2026-12-30";
            assert_eq!(step(&open, &places, at(now)), expected, "{marks} at {now}");
        }
        // Answered without a word that it is done: the citizen is asked after a day.
        (open.marks, open.answered, open.awaits) = (0, Some(at("2026-12-01T09:00")), None);
        open.say(Some(open.number), "sudah", at("2026-12-01T09:00"));
        assert_eq!(step(&open, &places, at("2026-12-02T09:00")), Step::Ask);
        (open.state, open.asked) = (TicketState::Asked, Some(at("2026-12-04T10:00")));
        assert_eq!(step(&open, &places, at("2026-12-18T10:59")), Step::Wait(at("2026-12-18T11:00")));
        assert_eq!(step(&open, &places, at("2026-12-18T11:00")), Step::Close);
        for (class, expected) in [(ComplaintClass::Question, "2026-12-07T15:00"), (ComplaintClass::Extortion, "2027-03-02T15:00")] {
            let due = deadline(&places, class, open.made);
            assert!(class != ComplaintClass::Question || due == at(expected), "{class:?}: {due}");
        }
    }
}
