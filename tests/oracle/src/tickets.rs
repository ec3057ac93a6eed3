//! Compares the tickets of the store with what citizens and the desk were told: L1 to L4, L8 and L9 of complaints and calls for a human. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::export::{Export, Ticket};
use crate::findings::{Findings, kind};
use crate::ledger::{Asked, Effect, Told};

/// Counts beside the findings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub recorded: usize,
    /// Told, and not in the store.
    pub lost: usize,
    /// In the store, with a request of ours that got no page yet: allowed.
    pub in_doubt: usize,
    pub answered: usize,
    pub agreed: usize,
}

pub fn judge(export: &Export, effects: &[Effect], findings: &Findings) -> Judged {
    let mut judged = Judged::default();
    let mut claims: BTreeMap<&str, &Effect> = BTreeMap::new();
    for effect in effects {
        let Told::Recorded { code } = &effect.told else { continue };
        if let Some(before) = claims.insert(code, effect) {
            findings.add(kind::DIFFERING, format!("ticket {code} was given twice: to {:?} and to {:?}", before.phone, effect.phone));
        }
    }
    for (code, claim) in &claims {
        judged.recorded += 1;
        match export.tickets.get(*code).map(Vec::as_slice) {
            None | Some([]) => {
                judged.lost += 1;
                findings.add(kind::LOST, format!("ticket {code} was told to {:?} and is not in the store", claim.phone));
            }
            Some([ticket]) if ticket.from4 != claim.phone.to4() => {
                findings.add(kind::LOST, format!("ticket {code} is ..{}'s in the store, and was told to {:?}", ticket.from4, claim.phone));
            }
            Some([_]) => {}
            Some(all) => findings.add(kind::HALF, format!("{} tickets under {code}", all.len())),
        }
    }
    strangers(export, effects, &claims, findings, &mut judged);
    closed(export, effects, findings, &mut judged);
    answers(export, effects, findings, &mut judged);
    judged
}

/// L3 and L8: every ticket was asked for, and nobody who asked for it was told that there is none.
fn strangers(export: &Export, effects: &[Effect], claims: &BTreeMap<&str, &Effect>, findings: &Findings, judged: &mut Judged) {
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut denied: HashMap<String, String> = HashMap::new();
    for effect in effects.iter().filter(|effect| effect.asked == Asked::Report) {
        match &effect.told {
            Told::Nothing => *open.entry(effect.phone.to4()).or_default() += 1,
            Told::Otherwise(page) => {
                denied.insert(effect.phone.to4(), page.clone());
            }
            _ => {}
        }
    }
    for (code, ticket) in export.tickets.iter().filter(|(code, _)| !claims.contains_key(code.as_str())) {
        let Some(Ticket { from4, .. }) = ticket.first() else { continue };
        if let Some(left) = open.get_mut(from4).filter(|left| **left > 0) {
            *left -= 1;
            judged.in_doubt += 1;
        } else if let Some(page) = denied.get(from4) {
            findings.add(kind::UNTRUE, format!("there is a ticket {code}, yet who asked for it was told `{page}`"));
        } else {
            findings.add(kind::PHANTOM, format!("nobody asked for ticket {code}"));
        }
    }
}

/// Closed is what its citizen closed, and nothing else: no run is as long as the silence that closes one.
fn closed(export: &Export, effects: &[Effect], findings: &Findings, judged: &mut Judged) {
    let mut asked = BTreeSet::new();
    for effect in effects {
        let Asked::Agree { code } = &effect.asked else { continue };
        asked.insert(code.as_str());
        if effect.told == Told::Agreed {
            judged.agreed += 1;
            if !is(export, code, &["closed"]) {
                findings.add(kind::LOST, format!("{:?} was told that {code} is closed, and it is not", effect.phone));
            }
        }
    }
    for code in export.tickets.keys().filter(|code| is(export, code, &["closed"]) && !asked.contains(code.as_str())) {
        findings.add(kind::PHANTOM, format!("{code} is closed and its citizen never said so"));
    }
}

/// What the desk said and was acknowledged reaches the citizen's phone, that one only, and as one message.
fn answers(export: &Export, effects: &[Effect], findings: &Findings, judged: &mut Judged) {
    let closing: BTreeSet<&str> =
        effects.iter().filter_map(|effect| if let Asked::Agree { code } = &effect.asked { Some(code.as_str()) } else { None }).collect();
    // To whom each word was sent that may be a mark.
    let mut said: HashMap<&str, Vec<&str>> = HashMap::new();
    for sms in export.messages.values().flatten() {
        for word in sms.text.split(' ').filter(|word| word.starts_with('j')) {
            said.entry(word).or_default().push(&sms.to4);
        }
    }
    for effect in effects {
        let Asked::Answer { code, mark, is_done } = &effect.asked else { continue };
        let Some(ticket) = export.tickets.get(code).and_then(|all| all.first()) else { continue };
        let told = said.get(mark.as_str()).map(Vec::as_slice).unwrap_or_default();
        if told.iter().any(|to| *to != ticket.from4) {
            findings.add(kind::LEAK, format!("the answer {mark} to {code} went to another phone"));
        }
        if told.len() > 1 {
            findings.add(kind::DIFFERING, format!("the answer {mark} to {code} became {} messages", told.len()));
        }
        // Refused in words (closed meanwhile, too many): then nothing was sent. Of a ticket that its citizen closes both may be true.
        if !matches!(&effect.told, Told::Taken(word) if word.is_empty()) || closing.contains(code.as_str()) {
            continue;
        }
        judged.answered += 1;
        if told.is_empty() {
            findings.add(kind::LOST, format!("the answer {mark} to {code} was acknowledged, and left no message"));
        }
        if *is_done && !is(export, code, &["asked", "closed"]) {
            findings.add(kind::LOST, format!("{code} was acknowledged as done, and is still open"));
        }
    }
}

fn is(export: &Export, code: &str, states: &[&str]) -> bool {
    export.tickets.get(code).and_then(|all| all.first()).is_some_and(|ticket| states.contains(&ticket.state.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Sms;
    use crate::people::Phone;

    fn effect(phone: u32, asked: Asked, told: Told) -> Effect {
        let request = Vec::new();
        Effect {
            phone: Phone(phone),
            citizen: phone,
            nik4: "9999".to_owned(),
            asked,
            told,
            request,
            reply: None,
            told_at: None,
            retried: false,
        }
    }

    fn code() -> String {
        "A0000001".to_owned()
    }

    fn report(told: Told) -> Effect {
        effect(1, Asked::Report, told)
    }

    fn answer(is_done: bool, word: &str) -> Effect {
        effect(9, Asked::Answer { code: code(), mark: "j7".to_owned(), is_done }, Told::Taken(word.to_owned()))
    }

    fn agree(told: Told) -> Effect {
        effect(1, Asked::Agree { code: code() }, told)
    }

    fn store(state: &str, answers: &[&str]) -> Export {
        let ticket = Ticket { from4: "0001".to_owned(), state: state.to_owned() };
        let sms = |(at, to4): (usize, &&str)| {
            (
                format!("m{at}"),
                vec![Sms { to4: (*to4).to_owned(), text: "PETUGAS A0000001: periksa j7 ya".to_owned(), fate: None, ..Sms::default() }],
            )
        };
        Export {
            tickets: BTreeMap::from([(code(), vec![ticket])]),
            messages: answers.iter().enumerate().map(sms).collect(),
            ..Export::default()
        }
    }

    #[test]
    fn sound_tickets_pass_and_each_fault_is_found() {
        let recorded = || report(Told::Recorded { code: code() });
        let wrote = |word: &str| answer(true, word);
        for (found, export, effects) in [
            (None, store("open", &[]), vec![recorded()]),
            (None, store("open", &[]), vec![report(Told::Nothing)]),
            (None, Export::default(), vec![report(Told::Nothing), report(Told::Otherwise("BELUM".to_owned()))]),
            (None, store("asked", &["0001"]), vec![recorded(), wrote("")]),
            (None, store("closed", &["0001"]), vec![recorded(), wrote(""), agree(Told::Agreed)]),
            (None, store("closed", &[]), vec![recorded(), wrote("sudah ditutup"), agree(Told::Nothing)]),
            (Some(kind::LOST), Export::default(), vec![recorded()]),
            (Some(kind::LOST), store("open", &[]), vec![recorded(), wrote("")]),
            (Some(kind::LOST), store("open", &["0001"]), vec![recorded(), wrote("")]),
            (Some(kind::LOST), store("asked", &["0001"]), vec![recorded(), agree(Told::Agreed)]),
            (Some(kind::PHANTOM), store("open", &[]), vec![]),
            (Some(kind::PHANTOM), store("open", &[]), vec![effect(2, Asked::Report, Told::Nothing)]),
            (Some(kind::PHANTOM), store("closed", &[]), vec![recorded()]),
            (Some(kind::UNTRUE), store("open", &[]), vec![report(Told::Otherwise("BELUM dicatat".to_owned()))]),
            (Some(kind::LEAK), store("asked", &["0002"]), vec![recorded(), wrote("")]),
            (Some(kind::DIFFERING), store("asked", &["0001", "0001"]), vec![recorded(), wrote("")]),
            (Some(kind::DIFFERING), store("open", &[]), vec![recorded(), recorded()]),
        ] {
            let findings = Findings::default();
            judge(&export, &effects, &findings);
            let kinds: Vec<&str> = findings.counts().into_keys().collect();
            assert_eq!(kinds, Vec::from_iter(found), "{export:?} {effects:?}");
        }
    }
}
