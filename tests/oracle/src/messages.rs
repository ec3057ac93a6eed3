//! Compares the messages of the store with what the phones got: L6. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::aggregator::{Handed, Reports, Word};
use crate::export::{Export, Sms};
use crate::findings::{Findings, kind};

/// A gateway that is killed so soon after it was told that a message was taken may not have written it down: on a busy machine it may not even
/// have read the answer.
const WRITES_WITHIN: Duration = Duration::from_secs(2);

/// When the gateway was killed, and when it acknowledged something that it had written.
#[derive(Debug, Default)]
pub struct Times {
    pub kills: Vec<Instant>,
    /// In order.
    pub acks: Vec<Instant>,
    /// Each of them waits for its acknowledgement before it asks for more.
    pub callers: usize,
}

impl Times {
    /// Whether a gateway that handed a message over, and was told so, may have been killed before it could write that down: soon after,
    /// or while its disk stood still. What is written is written in order: more acknowledgements than there are callers, and one of them is
    /// of something that was asked for after the message was taken.
    fn unwritten(&self, handed: Instant, told: Instant) -> bool {
        let acks_before = self.acks.partition_point(|ack| *ack <= told + WRITES_WITHIN);
        let later_ack = self.acks.get(acks_before + self.callers);
        self.kills.iter().any(|kill| handed <= *kill && later_ack.is_none_or(|ack| kill <= ack))
    }
}

/// Counts beside the findings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub messages: usize,
    pub received: usize,
    pub doubled: usize,
    /// Times nobody could know whether a message was taken, its first time.
    pub ambiguous: usize,
    pub delivered: usize,
    pub unreported: usize,
}

/// All that was left must have come to an end.
pub fn judge(export: &Export, handed: &[Handed], reports: &Reports, times: &Times, findings: &Findings) -> Judged {
    let mut by_id: HashMap<&str, Vec<&Handed>> = HashMap::new();
    for one in handed {
        by_id.entry(&one.id).or_default().push(one);
    }
    for id in by_id.keys().filter(|id| !export.messages.contains_key(**id)) {
        findings.add(kind::PHANTOM, format!("a phone got message {id}, which nobody left"));
    }
    let mut judged = Judged { messages: export.messages.len(), received: handed.len(), ..Judged::default() };
    for (id, records) in &export.messages {
        let [sms] = records.as_slice() else {
            findings.add(kind::STUCK, format!("{} records of message {id}", records.len()));
            continue;
        };
        let got = by_id.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let said = reports.get(id).map(Vec::as_slice).unwrap_or_default();
        ends(id, sms, got, said, findings);
        same(id, sms, got, findings);
        once(id, got, times, findings, &mut judged);
        judged.delivered += usize::from(sms.fate.as_deref() == Some("delivered"));
        judged.unreported += usize::from(sms.fate.as_deref() == Some("unreported"));
    }
    judged
}

/// The fate is what the aggregator did and said.
fn ends(id: &str, sms: &Sms, got: &[&Handed], said: &[Word], findings: &Findings) {
    let Some(fate) = sms.fate.as_deref() else {
        findings.add(kind::STUCK, format!("message {id} has come to no end"));
        return;
    };
    let words: BTreeSet<&str> = said.iter().map(|word| if *word == Word::Delivered { "delivered" } else { "failed" }).collect();
    match fate {
        "accepted" | "unreported" if !words.is_empty() => {
            findings.add(kind::LOST, format!("message {id} is {fate}, and a report on it was acknowledged: {words:?}"));
        }
        "accepted" if got.is_empty() => findings.add(kind::LOST, format!("message {id} is accepted, and no phone got it")),
        "accepted" | "unreported" => {}
        // It went back in the reply to the citizen's own message.
        "answered" if got.is_empty() => {}
        "delivered" | "failed" if words.contains(fate) => {}
        "delivered" | "failed" => findings.add(kind::UNTRUE, format!("message {id} is {fate}, and no report says so: {words:?}")),
        _ => findings.add(kind::STUCK, format!("message {id} is {fate}: this aggregator takes every message in time")),
    }
}

fn same(id: &str, sms: &Sms, got: &[&Handed], findings: &Findings) {
    for handed in got {
        if !handed.to.ends_with(&sms.to4) {
            findings.add(kind::LEAK, format!("message {id} for ..{} went to another phone", sms.to4));
        }
        if handed.text != sms.text {
            findings.add(kind::DIFFERING, format!("message {id} reached the phone with another text"));
        }
    }
}

/// Once, or twice where the first time could not be known for certain.
fn once(id: &str, got: &[&Handed], times: &Times, findings: &Findings, judged: &mut Judged) {
    let unknown = |handed: &Handed| handed.told.is_none_or(|told| times.unwritten(handed.at, told));
    judged.ambiguous += usize::from(got.first().is_some_and(|first| unknown(first)));
    judged.doubled += got.len().saturating_sub(1);
    if got.len() > 2 {
        findings.add(kind::DOUBLED, format!("message {id} arrived {} times", got.len()));
    } else if let [first, second] = got
        && !unknown(first)
    {
        let again = second.at - first.at;
        let lived = first.told.and_then(|told| times.kills.iter().filter(|kill| **kill > told).map(|kill| *kill - told).min());
        let lived = lived.map_or("was never killed".to_owned(), |lived| format!("was killed {} ms later", lived.as_millis()));
        findings.add(
            kind::DOUBLED,
            format!("message {id} arrived again after {} ms; the gateway was told that it was taken, and {lived}", again.as_millis()),
        );
    }
}

/// How many messages came to each fate.
pub fn fates(export: &Export) -> BTreeMap<String, usize> {
    let mut fates = BTreeMap::new();
    for sms in export.messages.values().flatten() {
        *fates.entry(sms.fate.clone().unwrap_or_else(|| "none".to_owned())).or_default() += 1;
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(fate: Option<&str>) -> Export {
        let sms = Sms { to4: "0001".to_owned(), text: "Halo".to_owned(), fate: fate.map(str::to_owned), ..Sms::default() };
        Export { messages: BTreeMap::from([("a".to_owned(), vec![sms])]), ..Export::default() }
    }

    struct Story {
        handed: Vec<Handed>,
        times: Times,
        said: Vec<Word>,
    }

    /// Handed over at these seconds, and told a second later or not. Something is acknowledged ten times a second, from second 0 to `still`.
    fn story(handed: &[(u64, bool)], kills: &[u64], still: u64, said: &[Word]) -> Story {
        let began = Instant::now();
        let at = |secs| began + Duration::from_secs(secs);
        let one = |&(secs, told): &(u64, bool)| Handed {
            id: "a".to_owned(),
            to: "6281200000001".to_owned(),
            text: "Halo".to_owned(),
            at: at(secs),
            told: told.then(|| at(secs + 1)),
        };
        let acks = (0..10 * still).map(|tenth| began + Duration::from_millis(100 * tenth)).collect();
        let times = Times { kills: kills.iter().map(|secs| at(*secs)).collect(), acks, callers: 1 };
        Story { handed: handed.iter().map(one).collect(), times, said: said.to_vec() }
    }

    fn kinds(fate: Option<&str>, story: &Story) -> Vec<&'static str> {
        let findings = Findings::default();
        let reports = HashMap::from([("a".to_owned(), story.said.clone())]);
        judge(&export(fate), &story.handed, &reports, &story.times, &findings);
        findings.counts().into_keys().collect()
    }

    #[test]
    fn honest_endings_pass_and_others_are_found() {
        use Word::{Delivered, Failed};
        let told = &[(0, true)][..];
        for (fate, handed, kills, said, found) in [
            (Some("accepted"), told, &[][..], &[][..], None),
            (Some("delivered"), told, &[], &[Delivered], None),
            (Some("failed"), told, &[], &[Failed], None),
            (Some("unreported"), &[(0, false), (9, false)], &[], &[], None),
            (Some("unreported"), &[], &[5], &[], None),
            (Some("accepted"), &[(0, false), (9, true)], &[], &[], None),
            (Some("accepted"), &[(0, true), (9, true)], &[3], &[], None),
            (Some("delivered"), &[(0, false), (9, true)], &[], &[Failed, Delivered], None),
            (None, told, &[], &[], Some(kind::STUCK)),
            (Some("expired"), told, &[], &[], Some(kind::STUCK)),
            (Some("accepted"), &[], &[], &[], Some(kind::LOST)),
            (Some("accepted"), told, &[], &[Delivered], Some(kind::LOST)),
            (Some("unreported"), told, &[], &[Failed], Some(kind::LOST)),
            (Some("delivered"), told, &[], &[], Some(kind::UNTRUE)),
            (Some("failed"), told, &[], &[Delivered], Some(kind::UNTRUE)),
            (Some("accepted"), &[(0, true), (9, true)], &[], &[], Some(kind::DOUBLED)),
            (Some("accepted"), &[(0, true), (9, true)], &[4], &[], Some(kind::DOUBLED)),
            (Some("accepted"), &[(0, false), (5, false), (9, true)], &[], &[], Some(kind::DOUBLED)),
        ] {
            assert_eq!(kinds(fate, &story(handed, kills, 20, said)), Vec::from_iter(found), "{fate:?} {handed:?} {kills:?} {said:?}");
        }
    }

    #[test]
    fn what_a_disk_that_stands_still_could_not_keep_is_in_doubt() {
        let twice = &[(0, true), (9, true)];
        for (still, found) in [(20, vec![kind::DOUBLED]), (6, vec![kind::DOUBLED]), (3, vec![]), (0, vec![])] {
            assert_eq!(kinds(Some("accepted"), &story(twice, &[8], still, &[])), found, "acknowledges up to second {still}");
        }
    }

    #[test]
    fn another_phone_another_text_and_a_message_of_nobody_are_found() {
        let changed = |change: fn(&mut Handed)| {
            let mut story = story(&[(0, true)], &[], 0, &[]);
            change(&mut story.handed[0]);
            kinds(Some("unreported"), &story)
        };
        assert_eq!(changed(|handed| handed.to = "6281200000002".to_owned()), [kind::LEAK]);
        assert_eq!(changed(|handed| handed.text.push('!')), [kind::DIFFERING]);
        assert_eq!(changed(|handed| handed.id = "b".to_owned()), [kind::PHANTOM]);
    }
}
