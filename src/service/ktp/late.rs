//! Questions that the registry did not answer in time: kept under a number, answered when it does, closed if it never does.

use std::time::Duration;

use super::{Entry, Looked, is_guarded, judge, short, told};
use crate::citizen::{KkDigits, Nik};
use crate::clock::Day;
use crate::menu::Outcome;
use crate::service::caller::Caller;
use crate::service::code::{self, CodeRow};
use crate::service::{Asking, Office};
use crate::store::queue::{Due, DueKind, Question};
use crate::store::{Draft, Fault};

/// When a question is tried again for the first time.
pub const LATE_FIRST_TRY: Duration = Duration::from_secs(60);

/// Keeps a question for the registry, durably, and returns its number. The same question on the same day is kept once; with other digits it is another one.
pub(super) async fn keep(asking: &Asking, draft: &mut Draft<'_>, nik: Nik, kk: Option<KkDigits>) -> Result<String, Fault> {
    let (today, person) = (asking.now.day(), short(asking.person(draft, nik)));
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    draft.durable();
    if let Some(code) = caller.late_code(person, kk, today) {
        return Ok(code.to_owned());
    }
    let code = code::fresh(draft).await?;
    let question = Question { number: asking.number, nik, kk, code: code.clone(), asked: asking.now, told_late: false };
    let due = Due::new(asking.now.plus(LATE_FIRST_TRY), DueKind::LateAnswer(question))?;
    draft.put(due.key(), &due)?;
    // Until then it is only known that nobody has it.
    draft.put(CodeRow::key(&code), &CodeRow::Late)?;
    caller.note_late(person, kk, today, &code);
    draft.put(caller_key, &caller)?;
    Ok(code)
}

/// The registry has answered a kept question: what the citizen is to be told. Wrong digits count as if they had been typed now, so that
/// nobody guesses by asking while the registry is slow.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn answer(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    question: &Question,
    entry: Option<Entry>,
    as_of: Option<Day>,
) -> Result<Outcome, Fault> {
    close(asking, draft, question).await?;
    let today = asking.now.day();
    let caller: Caller = draft.get(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    let hash = asking.person(draft, question.nik);
    let is_linked = caller.is_linked(question.nik, asking.now);
    let is_locked = caller.is_locked(short(hash), today) || !is_linked && is_guarded(draft, hash, today).await?;
    let looked = if is_locked {
        Looked::Locked
    } else {
        judge(asking, draft, caller, question.nik, question.kk, entry, as_of.unwrap_or(today)).await?
    };
    told(office, asking.number, &looked).ok_or(Fault::Call("ktp.status"))
}

/// Forgets a question's number: asked again, it is a new question.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn close(asking: &Asking, draft: &mut Draft<'_>, question: &Question) -> Result<(), Fault> {
    draft.delete(CodeRow::key(&question.code));
    let caller_key = Caller::key(asking.number_hash);
    if let Some(mut caller) = draft.get::<Caller>(&caller_key).await?
        && caller.forget_late(&question.code)
    {
        draft.put(caller_key, &caller)?;
    }
    Ok(())
}
