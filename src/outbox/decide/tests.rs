use super::*;
use crate::citizen::Msisdn;
use crate::store::queue::Class;

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

#[derive(Clone, Copy)]
enum Was {
    Waiting,
    Leased,
    Unsure,
    LeasedAgain,
}
use Was::{Leased, LeasedAgain, Unsure, Waiting};

fn row(was: Was, tries: u8) -> Outgoing {
    let to = Msisdn::try_from(6_281_200_000_001).unwrap();
    let mut row = Outgoing::new(to, Class::Reply, "A0000001".to_owned(), "Halo".to_owned(), NOW).unwrap();
    let channel = || "a".to_owned();
    row.state = match was {
        Waiting => Sending::Waiting,
        Leased => Sending::Leased { channel: channel(), again: false },
        Unsure => Sending::Unsure { channel: channel() },
        LeasedAgain => Sending::Leased { channel: channel(), again: true },
    };
    row.tries = tries;
    row.first = (tries > 0).then_some(NOW);
    row
}

fn after(row: &Outgoing, event: Event<'_>, seconds: u64) -> String {
    let now = NOW.plus(Duration::from_secs(seconds));
    let state = |row: &Outgoing| match &row.state {
        Sending::Waiting => "waiting",
        Sending::Leased { again: false, .. } => "leased",
        Sending::Unsure { .. } => "unsure",
        Sending::Leased { again: true, .. } => "leased again",
    };
    // 20 is the chance of no jitter.
    match decide(row, event, now, &Patience::default(), 20) {
        Next::Keep => "keep".to_owned(),
        Next::Send(row) => format!("send {} {}", state(&row), row.tries),
        Next::Wait(row) => {
            let by = row.channel.as_ref().map_or(String::new(), |channel| format!(" by {channel}"));
            format!("{} {} +{}{by}", state(&row), row.tries, row.next.since(now).as_secs())
        }
        Next::Settle(fate) => format!("{fate:?}"),
    }
}

fn error(retry: Retry) -> SendError {
    SendError { code: "uji".to_owned(), retry, ours: false }
}

#[test]
fn one_step_follows_from_what_happened() {
    use DeliveryStatus::{Cancelled, Delivered, Failed, Pending, Sent};
    let report = |status| Event::Reported { status, word: Some("kata") };
    let failed = "Failed(Some(\"kata\"))";
    for (was, tries, event, next) in [
        (Waiting, 0, Event::Due { channel: "a" }, "send leased 1"),
        (Waiting, 7, Event::Due { channel: "a" }, "send leased 8"),
        (Unsure, 1, Event::Due { channel: "a" }, "send leased again 2"),
        (Leased, 1, Event::Taken, "Accepted"),
        (LeasedAgain, 2, Event::Taken, "Accepted"),
        (Leased, 1, Event::Abandoned, "unsure 1 +60"),
        (LeasedAgain, 2, Event::Abandoned, "Unreported"),
        (Waiting, 1, Event::Abandoned, "keep"),
        (Waiting, 0, report(Delivered), "keep"),
        (Waiting, 1, report(Delivered), "Delivered"),
        (Leased, 1, report(Delivered), "Delivered"),
        (Leased, 1, report(Sent), "Accepted"),
        (Leased, 1, report(Pending), "Accepted"),
        (Unsure, 1, report(Delivered), "Delivered"),
        (Unsure, 1, report(Failed), failed),
        (LeasedAgain, 2, report(Cancelled), failed),
    ] {
        assert_eq!(after(&row(was, tries), event, 0), next, "{event:?}");
    }
}

#[test]
fn a_message_that_was_not_taken_has_its_time() {
    const HOURS: u64 = 3_600;
    for (was, tries, retry, elsewhere, seconds, next) in [
        (Leased, 1, Retry::Later, false, 0, "waiting 1 +5"),
        (Leased, 2, Retry::Later, false, 0, "waiting 2 +10"),
        (Leased, 7, Retry::Later, false, 0, "waiting 7 +320"),
        (Leased, 8, Retry::Later, false, 0, "waiting 8 +340"),
        (Leased, 47, Retry::Later, false, 0, "waiting 47 +340"),
        (Leased, 48, Retry::Later, false, 0, "Expired"),
        (Leased, 2, Retry::Later, false, 4 * HOURS - 1, "waiting 2 +10"),
        (Leased, 2, Retry::Later, false, 4 * HOURS, "Expired"),
        (LeasedAgain, 2, Retry::Later, false, 0, "unsure 2 +10"),
        (LeasedAgain, 2, Retry::Later, false, 4 * HOURS, "Unreported"),
        (Leased, 1, Retry::Elsewhere, true, 0, "waiting 1 +0 by b"),
        (Leased, 2, Retry::Elsewhere, true, 0, "waiting 2 +5 by b"),
        (Leased, 3, Retry::Elsewhere, false, 0, "waiting 3 +20"),
        (Leased, 1, Retry::Throttled, false, 0, "waiting 0 +0"),
        (Leased, 1, Retry::Throttled, false, 4 * HOURS, "Expired"),
        (LeasedAgain, 2, Retry::Throttled, false, 0, "unsure 1 +0"),
        (Leased, 1, Retry::Unsure, false, 0, "unsure 1 +60"),
        (Leased, 48, Retry::Unsure, false, 0, "unsure 48 +60"),
        (LeasedAgain, 2, Retry::Unsure, false, 0, "Unreported"),
        (Leased, 1, Retry::Never, false, 0, "Failed(Some(\"uji\"))"),
    ] {
        let error = error(retry);
        let elsewhere = elsewhere.then_some("b");
        assert_eq!(after(&row(was, tries), Event::NotTaken { error: &error, elsewhere }, seconds), next, "{retry:?} {tries} {seconds}");
    }
}

#[test]
fn what_is_of_no_use_any_more_is_not_sent() {
    let until = |was, tries, seconds| Outgoing { until: Some(NOW.plus(Duration::from_secs(seconds))), ..row(was, tries) };
    let due = Event::Due { channel: "a" };
    let error = error(Retry::Later);
    let failed = Event::NotTaken { error: &error, elsewhere: None };
    for (row, event, seconds, next) in [
        (until(Waiting, 0, 10), due, 10, "send leased 1"),
        (until(Waiting, 0, 10), due, 11, "Expired"),
        (until(Unsure, 1, 10), due, 11, "Unreported"),
        (until(Leased, 1, 10), failed, 9, "waiting 1 +5"),
        (until(Leased, 1, 10), failed, 10, "Expired"),
    ] {
        assert_eq!(after(&row, event, seconds), next);
    }
    // It waited for a day until somebody could send it: its four hours begin then.
    assert_eq!(after(&row(Waiting, 0), due, 86_400), "send leased 1");
}

#[test]
fn forty_eight_tries_take_about_four_hours() {
    for chance in [0, 20, 40] {
        let total: Duration = (1..TRIES_MAX).map(|tries| pause(tries, &Patience::default(), chance)).sum();
        let hours = total.as_secs_f64() / 3600.0;
        assert!((3.1..4.8).contains(&hours), "{hours}");
    }
}

#[test]
fn nothing_goes_back_from_a_final_fate() {
    use DeliveryStatus::{Delivered, Failed, Pending, Sent};
    let failed = || Fate::Failed(None);
    for (fate, status, after) in [
        (Fate::Accepted, Delivered, Some(Fate::Delivered)),
        (Fate::Accepted, Failed, Some(failed())),
        (Fate::Accepted, Sent, None),
        (Fate::Unreported, Delivered, Some(Fate::Delivered)),
        (Fate::Unreported, Pending, None),
        (Fate::Delivered, Failed, None),
        (Fate::Delivered, Sent, None),
        (failed(), Delivered, None),
        (Fate::Answered, Failed, None),
        (Fate::Expired, Delivered, None),
        (Fate::Unwanted, Delivered, None),
    ] {
        assert_eq!(after_report(&fate, status, None), after, "{fate:?} {status:?}");
    }
}
