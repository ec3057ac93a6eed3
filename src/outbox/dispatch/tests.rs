use super::*;
use crate::channel::RouteSettings;

const NOON: &str = "2026-11-24T12:00";
const REPORT_WITHIN: Duration = Duration::from_secs(120);

struct Desk {
    dispatch: Dispatch,
    now: Timestamp,
    picked: Vec<Picked>,
}

/// Channels `a`, `b`, … of which the first is the default and the rest take over; so many requests in flight each, a thousand a second.
fn desk(channels: usize, in_flight: usize) -> Desk {
    let names: Vec<_> = ["a", "b", "c"][..channels].iter().map(|&name| name.to_owned()).collect();
    let settings = RouteSettings { default: Some("a".to_owned()), failover: names.clone(), ..RouteSettings::default() };
    let routes = Routes::new(names, &settings).unwrap();
    let limits = vec![Limits { per_second: 1_000, in_flight }; channels];
    Desk { dispatch: Dispatch::new(routes, &limits, REPORT_WITHIN), now: Timestamp::parse(NOON).unwrap(), picked: Vec::new() }
}

fn row(id: u64, to: u64, class: Class, channel: Option<&str>, now: Timestamp) -> Outgoing {
    let to = Msisdn::try_from(6_281_200_000_000 + to).unwrap();
    let mut row = Outgoing::new(to, class, String::new(), String::new(), now).unwrap();
    row.id = MessageId(id);
    row.channel = channel.map(str::to_owned);
    row
}

impl Desk {
    fn put(&mut self, id: u64, to: u64, class: Class, channel: Option<&str>) {
        self.dispatch.put_new(&row(id, to, class, channel, self.now));
    }

    /// Picks all that can be at `millis`: message and channel each.
    fn pick(&mut self, millis: u64) -> Vec<(u64, usize)> {
        let mono = Duration::from_millis(millis);
        let picked: Vec<_> = std::iter::from_fn(|| self.dispatch.pick(&Hours::default(), self.now, mono)).collect();
        self.picked.extend(&picked);
        picked.iter().map(|picked| (picked.id.0, picked.lane)).collect()
    }

    fn end(&mut self, id: u64, went: Went, millis: u64) {
        let at = self.picked.iter().position(|picked| picked.id.0 == id).unwrap();
        self.dispatch.end(&self.picked.remove(at), went, None, Duration::from_millis(millis));
    }
}

#[test]
fn answers_go_before_notices_before_reminders_before_bulk() {
    let mut desk = desk(1, 10);
    for (id, class) in [(1, Class::Bulk), (2, Class::Reminder), (3, Class::Notice), (4, Class::Reply)] {
        desk.put(id, id, class, None);
    }
    assert_eq!(desk.pick(500), [(4, 0), (3, 0), (2, 0), (1, 0)]);
}

#[test]
fn at_night_only_answers_leave() {
    let mut desk = desk(1, 10);
    desk.now = Timestamp::parse("2026-11-24T21:00").unwrap();
    for (id, class) in [(1, Class::Bulk), (2, Class::Reminder), (3, Class::Notice), (4, Class::Reply)] {
        desk.put(id, id, class, None);
    }
    assert_eq!(desk.pick(500), [(4, 0)]);
    let minute = Duration::from_secs(60);
    assert_eq!(desk.dispatch.idle_for(&Hours::default(), desk.now, Duration::from_millis(500), minute), minute);
    desk.now = Timestamp::parse("2026-11-25T07:59:30").unwrap();
    assert_eq!(desk.dispatch.idle_for(&Hours::default(), desk.now, Duration::from_millis(500), minute), Duration::from_secs(30));
    desk.now = Timestamp::parse("2026-11-25T08:00").unwrap();
    assert_eq!(desk.pick(500), [(3, 0), (2, 0), (1, 0)]);
}

#[test]
fn a_number_gets_one_message_at_a_time_and_in_order() {
    let mut desk = desk(1, 10);
    for (id, to) in [(1, 1), (2, 1), (3, 2)] {
        desk.put(id, to, Class::Reply, None);
    }
    assert_eq!(desk.pick(500), [(1, 0), (3, 0)]);
    assert_eq!(desk.pick(900), []);
    desk.end(1, Went::Fine, 900);
    assert_eq!(desk.pick(900), [(2, 0)]);
}

#[test]
fn the_window_and_the_rate_are_kept() {
    let mut desk = desk(1, 3);
    (1..=5).for_each(|id| desk.put(id, id, Class::Reply, None));
    assert_eq!(desk.pick(500).len(), 3);
    assert_eq!(desk.dispatch.in_flight(), 3);
    desk.end(1, Went::Fine, 600);
    assert_eq!(desk.pick(600), [(4, 0)]);

    let routes = Routes::new(vec!["a".to_owned()], &RouteSettings::default()).unwrap();
    let mut slow = Desk {
        dispatch: Dispatch::new(routes, &[Limits { per_second: 2, in_flight: 100 }], REPORT_WITHIN),
        now: desk.now,
        picked: Vec::new(),
    };
    (1..=100).for_each(|id| slow.put(id, id, Class::Reply, None));
    let sent: usize = (0..10_000).step_by(10).map(|millis| slow.pick(millis).len()).sum();
    assert_eq!(sent, 20);
}

#[test]
fn channels_share_fairly_and_none_waits_for_another() {
    let mut desk = desk(2, 4);
    (1..=20).for_each(|id| desk.put(id, id, Class::Reply, None));
    (21..=24).for_each(|id| desk.put(id, id, Class::Bulk, Some("b")));
    let lanes: Vec<_> = desk.pick(500).into_iter().map(|(_, lane)| lane).collect();
    assert_eq!(lanes, [0, 1, 0, 1, 0, 1, 0, 1]);
}

#[test]
fn a_throttled_channel_pauses_and_its_messages_keep_their_order() {
    let mut desk = desk(1, 1);
    (1..=2).for_each(|id| desk.put(id, id, Class::Reply, None));
    assert_eq!(desk.pick(0), [(1, 0)]);
    let again = row(1, 1, Class::Reply, None, desk.now);
    let picked = desk.picked.remove(0);
    desk.dispatch.end(&picked, Went::Throttled, Some(&again), Duration::from_millis(10));
    assert_eq!(desk.pick(1_009), []);
    assert_eq!(desk.pick(1_010), [(1, 0)]);
    let picked = desk.picked.remove(0);
    desk.dispatch.end(&picked, Went::Throttled, Some(&again), Duration::from_millis(1_020));
    // The second time in a row the pause is twice as long.
    assert_eq!(desk.pick(3_019), []);
    assert_eq!(desk.pick(3_020), [(1, 0)]);
    desk.end(1, Went::Fine, 3_030);
    assert_eq!(desk.pick(3_040), [(2, 0)]);
}

#[test]
fn others_take_over_from_a_channel_that_is_out_of_order() {
    let mut desk = desk(3, 1);
    (1..=4).for_each(|id| desk.put(id, id, Class::Reply, None));
    assert_eq!(desk.pick(0), [(1, 0)]);
    desk.end(1, Went::Broken, 10);
    assert_eq!(desk.pick(10), [(2, 1)]);
    desk.end(2, Went::Broken, 20);
    assert_eq!(desk.pick(20), [(3, 2)]);
    desk.end(3, Went::Fine, 30);
    // After five seconds one message tries the first channel; while it does, the others go on.
    (5..=8).for_each(|id| desk.put(id, id, Class::Reply, None));
    assert_eq!(desk.pick(5_009), [(4, 2)]);
    assert_eq!(desk.pick(5_010), [(5, 0)]);
    desk.end(4, Went::Fine, 5_020);
    assert_eq!(desk.pick(5_020), [(6, 2)]);
    desk.end(5, Went::Fine, 5_030);
    desk.end(6, Went::Fine, 5_030);
    // It works again, and has its messages to itself.
    assert_eq!(desk.pick(5_100), [(7, 0)]);
}

/// As [`desk`], but `a` and `b` share by these weights, and `c` takes over.
fn sharing_desk(a: u32, b: u32, in_flight: usize) -> Desk {
    let names: Vec<_> = ["a", "b", "c"].map(str::to_owned).into();
    let weights = [("a".to_owned(), a), ("b".to_owned(), b)].into();
    let settings = RouteSettings { default: Some("a".to_owned()), failover: vec!["c".to_owned()], weights, ..RouteSettings::default() };
    let limits = vec![Limits { per_second: 1_000, in_flight }; 3];
    let dispatch = Dispatch::new(Routes::new(names, &settings).unwrap(), &limits, REPORT_WITHIN);
    Desk { dispatch, now: Timestamp::parse(NOON).unwrap(), picked: Vec::new() }
}

#[test]
fn channels_share_by_weight_and_what_asks_for_one_goes_by_it() {
    let mut desk = sharing_desk(3, 1, 100);
    let mut picked = Vec::new();
    for id in 1..=46 {
        let asks = match id {
            41..=44 => Some("b"),
            45..=46 => Some("c"),
            _ => None,
        };
        desk.put(id, id, Class::Reply, asks);
        picked.extend(desk.pick(id * 10));
    }
    let count = |lane| picked.iter().filter(|(_, picked)| *picked == lane).count();
    assert_eq!((count(0), count(1), count(2)), (30, 14, 2));
    assert!((41..=44).all(|id| picked.contains(&(id, 1))));
}

#[test]
fn while_one_is_occupied_others_that_are_well_go_on_and_one_that_is_not_waits() {
    let second = Duration::from_secs(1);
    for (failures, expected) in [(0, &[(3, 0), (4, 1)][..]), (4, &[(3, 0)])] {
        let mut desk = sharing_desk(99, 1, 1);
        (1..=2).for_each(|id| desk.put(id, id, Class::Reply, None));
        assert_eq!(desk.pick(0), [(1, 0), (2, 1)]);
        (1..=2).for_each(|id| desk.end(id, Went::Taken, 0));
        // `b` has had its part of a hundred messages, and fails now and then or does not.
        for at in 1..=20 {
            desk.put(100 + at, 100 + at, Class::Reply, Some("b"));
            assert_eq!(desk.pick(at * 1_000), [(100 + at, 1)]);
            desk.end(100 + at, if at % 5 < failures { Went::Failed } else { Went::Taken }, at * 1_000);
        }
        (3..=5).for_each(|id| desk.put(id, id, Class::Reply, None));
        assert_eq!(desk.pick(22_000), expected);
        // Whoever waits is woken by an end, not by time.
        assert_eq!(desk.dispatch.idle_for(&Hours::default(), desk.now, 22 * second, second), second);
    }
}

#[test]
fn one_that_shares_and_is_out_of_order_finds_out_and_others_take_over() {
    let mut desk = sharing_desk(1, 1, 1);
    (1..=9).for_each(|id| desk.put(id, id, Class::Reply, None));
    assert_eq!(desk.pick(0), [(1, 0), (2, 1)]);
    desk.end(2, Went::Broken, 10);
    desk.end(1, Went::Taken, 10);
    assert_eq!(desk.pick(10), [(3, 0)]);
    desk.end(3, Went::Broken, 20);
    // Both are: the third takes over, and each of them tries one after five seconds.
    assert_eq!(desk.pick(20), [(4, 2)]);
    desk.end(4, Went::Taken, 30);
    assert_eq!(desk.pick(5_020).len(), 3);
}

#[test]
fn failures_in_a_row_put_a_channel_out_of_order_and_an_answer_ends_that() {
    let mut desk = desk(1, 1);
    for (at, went, broken) in [
        (1, Went::Failed, false),
        (2, Went::Fine, false),
        (3, Went::Failed, false),
        (4, Went::Failed, false),
        (5, Went::Unused, false),
        (6, Went::Failed, false),
        (7, Went::Failed, false),
        (8, Went::Failed, true),
        (9, Went::Failed, true),
        (10, Went::Throttled, false),
    ] {
        desk.put(at, at, Class::Reply, None);
        assert_eq!(desk.pick(at * 6_000), [(at, 0)]);
        desk.end(at, went, at * 6_000);
        assert_eq!(desk.dispatch.lanes()[0].is_broken(), broken, "{at}");
    }
}

#[test]
fn a_message_in_doubt_leaves_by_its_own_channel_only() {
    let mut desk = desk(2, 1);
    let mut doubtful = row(1, 1, Class::Reply, None, desk.now);
    doubtful.state = Sending::Unsure { channel: "b".to_owned() };
    desk.dispatch.put_new(&doubtful);
    desk.put(2, 2, Class::Reply, Some("b"));
    assert_eq!(desk.pick(0), [(1, 1)]);
    let picked = desk.picked.remove(0);
    desk.dispatch.end(&picked, Went::Broken, Some(&doubtful), Duration::ZERO);
    assert_eq!(desk.pick(10), [(2, 0)]);
    assert_eq!(desk.pick(5_000), [(1, 1)]);
}

#[test]
fn what_no_channel_reaches_waits_and_is_counted() {
    let dispatch = Dispatch::new(Routes::default(), &[], REPORT_WITHIN);
    let mut desk = Desk { dispatch, now: Timestamp::parse(NOON).unwrap(), picked: Vec::new() };
    desk.put(1, 1, Class::Reply, Some("a"));
    assert_eq!(desk.pick(0), []);
    assert_eq!((desk.dispatch.waiting(), desk.dispatch.stranded()), (1, 1));
    assert_eq!(desk.dispatch.oldest(&Hours::default(), desk.now.plus(Duration::from_secs(9))), Some(desk.now));
    assert_eq!(desk.dispatch.place(MessageId(1)), Some((Class::Reply, desk.now)));
    desk.dispatch.settled(MessageId(1));
    assert_eq!((desk.dispatch.waiting(), desk.dispatch.place(MessageId(1))), (0, None));
}
