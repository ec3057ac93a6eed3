//! The documents of an errand one by one, before the way to the office is made for nothing.
//!
//! Nothing is kept of it: how far a citizen has come is a number in the session.

use super::{BRING, NEED, Requirements};
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::service::appointment::Need;
use crate::service::{Asking, CallArgs, Message, Office, Said};
use crate::store::Fault;
use crate::store::queue::Class;

/// The document asked for.
const DOCUMENT: Field = ("surat", Kind::Word);
/// How one gets it: under the same key as the document.
const HOW: Field = ("cara", Kind::Word);
/// How many were answered, and which of them are missing.
const PROGRESS: Field = ("periksa", Kind::Id);

const ASKS: OutcomeSpec = OutcomeSpec { name: "tanya", gives: &[DOCUMENT, HOW, PROGRESS], may_give: &[], items: None, writes: &[] };
/// `bawa`: those that are missing.
const LACKS: OutcomeSpec = OutcomeSpec { name: "kurang", gives: &[BRING, PROGRESS], may_give: &[], items: None, writes: &[] };

/// The first document of an errand.
pub const BEGIN: ActionSpec = ActionSpec { name: "syarat.mulai", args: &[NEED], optional: &[], outcomes: &[ASKS] };

/// It is there: the next one, or what came of it.
pub const HAVE: ActionSpec = ActionSpec {
    name: "syarat.ada",
    args: &[NEED, PROGRESS],
    optional: &[],
    outcomes: &[ASKS, OutcomeSpec { name: "lengkap", gives: &[BRING], may_give: &[], items: None, writes: &[] }, LACKS],
};

/// It is not.
pub const LACK: ActionSpec = ActionSpec { name: "syarat.belum", args: &[NEED, PROGRESS], optional: &[], outcomes: &[ASKS, LACKS] };

/// Sends how to get each that is missing.
pub const SEND: ActionSpec = ActionSpec {
    name: "syarat.kirim",
    args: &[NEED, PROGRESS],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "dikirim", gives: &[], may_give: &[], items: None, writes: &["daftar"] },
        OutcomeSpec { name: "tanpa_sms", gives: &[], may_give: &[], items: None, writes: &[] },
    ],
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    answered: u8,
    /// A bit for each, the first the lowest.
    missing: u8,
}

impl Progress {
    fn of(call: &Call) -> Result<Self, Fault> {
        let [.., missing, answered] = call.id(PROGRESS.0)?.to_be_bytes();
        Ok(Self { answered, missing })
    }

    fn value(self) -> (&'static str, Value) {
        (PROGRESS.0, Value::Id(u64::from(u16::from_be_bytes([self.missing, self.answered]))))
    }

    fn after(self, is_there: bool) -> Self {
        let bit = u8::from(!is_there).checked_shl(self.answered.into()).unwrap_or(0);
        Self { answered: self.answered.saturating_add(1), missing: self.missing | bit }
    }

    fn missing(self, documents: &[String]) -> Vec<String> {
        documents.iter().enumerate().filter(|(at, _)| self.missing >> at & 1 == 1).map(|(_, document)| document.clone()).collect()
    }
}

pub(in crate::service) fn begin(requirements: &Requirements, call: &Call) -> Result<Outcome, Fault> {
    Ok(next(requirements, need(call)?, Progress::default()))
}

pub(in crate::service) fn have(requirements: &Requirements, call: &Call) -> Result<Outcome, Fault> {
    Ok(next(requirements, need(call)?, Progress::of(call)?.after(true)))
}

pub(in crate::service) fn lack(requirements: &Requirements, call: &Call) -> Result<Outcome, Fault> {
    Ok(next(requirements, need(call)?, Progress::of(call)?.after(false)))
}

fn next(requirements: &Requirements, need: Need, progress: Progress) -> Outcome {
    let documents = requirements.documents(need);
    let (name, values) = match documents.get(usize::from(progress.answered)) {
        Some(document) => {
            let word = || Value::Word(document.clone());
            ("tanya", vec![(DOCUMENT.0, word()), (HOW.0, word()), progress.value()])
        }
        None if progress.missing == 0 => ("lengkap", vec![(BRING.0, Value::Words(documents.to_vec()))]),
        None => ("kurang", vec![(BRING.0, Value::Words(progress.missing(documents))), progress.value()]),
    };
    Outcome { name, values, items: Vec::new() }
}

/// A message for each: all of them together would be longer than one.
pub(in crate::service) fn send(office: &Office, asking: &Asking, call: &Call) -> Result<Said, Fault> {
    if !office.routes.reach(asking.number) {
        return Ok(Outcome::plain("tanpa_sms").into());
    }
    let need = need(call)?;
    let missing = Progress::of(call)?.missing(office.requirements.documents(need));
    let message = |document: String| Message {
        to: None,
        class: Class::Reply,
        template: "surat_kurang",
        reference: format!("{}-{document}", need.word()),
        values: vec![
            (NEED.0, Value::Word(need.word().to_owned())),
            (DOCUMENT.0, Value::Word(document.clone())),
            (HOW.0, Value::Word(document)),
        ],
    };
    Ok(Said { outcome: Outcome::plain("dikirim"), messages: missing.into_iter().map(message).collect() })
}

fn need(call: &Call) -> Result<Need, Fault> {
    Need::from_word(call.word(NEED.0)?).ok_or(Fault::Call(NEED.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(progress: Option<&Outcome>) -> Call {
        let known = progress.and_then(|outcome| outcome.values.iter().find(|(name, _)| *name == PROGRESS.0)).cloned();
        let need = (NEED.0, Value::Word("ubah".to_owned()));
        Call { action: "", args: std::iter::once(need).chain(known).collect() }
    }

    #[test]
    fn each_document_is_asked_for_once_and_what_is_missing_is_told() {
        let requirements = Requirements::shipped();
        let words = |outcome: &Outcome| match outcome.values.first() {
            Some((_, Value::Words(words))) => words.join(" "),
            Some((_, Value::Word(word))) => word.clone(),
            other => format!("{other:?}"),
        };
        for (answers, expected) in [
            (&[true, true, true][..], "lengkap kk ktp_lama bukti"),
            (&[false, true, false], "kurang kk bukti"),
            (&[true, true, false], "kurang bukti"),
            (&[true, false], "tanya bukti"),
            // The list was shortened meanwhile.
            (&[true, true, true, true], "lengkap kk ktp_lama bukti"),
        ] {
            let mut outcome = begin(&requirements, &call(None)).unwrap();
            let mut last = outcome.clone();
            for is_there in answers {
                let call = call(Some(if outcome.name == "tanya" { &outcome } else { &last }));
                last = outcome;
                outcome = if *is_there { have(&requirements, &call) } else { lack(&requirements, &call) }.unwrap();
            }
            assert_eq!(format!("{} {}", outcome.name, words(&outcome)), expected, "{answers:?}");
        }
    }
}
