//! Which numbers a person is linked to, so that each of them is told of the next one: whoever finds a stranger's number beside their own
//! can ask.

use serde::{Deserialize, Serialize};

use super::short;
use crate::citizen::{Msisdn, Nik};
use crate::clock::Timestamp;
use crate::menu::{Call, Outcome, Value};
use crate::service::caller::Caller;
use crate::service::{Asking, CallArgs, Message, Office, Said};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Field, Key, Space, Stored};

/// Numbers remembered for one person, newest first: a family's phones. Who has more is told on the newest ones.
const NUMBERS_MAX: usize = 8;

/// The numbers that asked us to remember a person, newest first. Whether a link still holds stands with the number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Linked {
    numbers: Vec<Msisdn>,
}

impl Stored for Linked {
    const SPACE: Space = Space::Linked;
    const FORMAT: u16 = 1;
}

impl Linked {
    fn key(person: [u8; 16]) -> Key {
        Key::new(Space::Linked).with(&person)
    }

    /// The numbers whose link is no more.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn unlinked(&self, draft: &Draft<'_>, key: &Key, now: Timestamp) -> Result<Vec<Msisdn>, Fault> {
        let mut gone = Vec::new();
        for number in &self.numbers {
            let caller = caller_of(draft, *number).await?;
            let persons = caller.linked(now).map(|nik| draft.store().hash(Field::Nik, &nik.number().to_be_bytes()));
            if !persons.map(Self::key).any(|other| other == *key) {
                gone.push(*number);
            }
        }
        Ok(gone)
    }

    /// What is left of it without these numbers; None: nothing.
    pub fn left(mut self, gone: &[Msisdn]) -> Option<Self> {
        self.numbers.retain(|number| !gone.contains(number));
        (!self.numbers.is_empty()).then_some(self)
    }
}

async fn caller_of(draft: &Draft<'_>, number: Msisdn) -> Result<Caller, Fault> {
    let hash = draft.number_hash(number);
    Ok(draft.peek(&Caller::key(hash)).await?.unwrap_or_default())
}

pub(in crate::service) async fn remember(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    let nik = call.nik()?;
    let key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
    let person = asking.person(draft, nik);
    let checked = caller.checked.is_some_and(|checked| checked.person == short(person) && checked.day == asking.now.day() && checked.sure);
    if !checked {
        return Ok(Outcome::plain("tak_cocok").into());
    }
    let is_new = !caller.is_linked(nik, asking.now);
    if !caller.link(nik, asking.now) {
        return Ok(Outcome::plain("penuh").into());
    }
    draft.put(key, &caller)?;
    let messages = if is_new { tell_others(office, asking, draft, nik, person).await? } else { Vec::new() };
    draft.durable();
    Ok(Said { outcome: Outcome::plain("diingat"), messages })
}

/// Adds this number to the person's, and says so to those that are still linked.
async fn tell_others(office: &Office, asking: &Asking, draft: &mut Draft<'_>, nik: Nik, person: [u8; 16]) -> Result<Vec<Message>, Fault> {
    let key = Linked::key(person);
    let before: Linked = draft.get(&key).await?.unwrap_or_default();
    let mut linked = Linked { numbers: vec![asking.number] };
    let mut messages = Vec::new();
    for number in before.numbers.into_iter().filter(|number| *number != asking.number) {
        if !caller_of(draft, number).await?.is_linked(nik, asking.now) {
            continue;
        }
        linked.numbers.push(number);
        if office.routes.reach(number) {
            messages.push(Message {
                to: Some(number),
                class: Class::Notice,
                template: "tautan_baru",
                reference: format!("..{:04}", nik.last4()),
                values: vec![("nik", Value::Nik(nik))],
            });
        }
    }
    linked.numbers.truncate(NUMBERS_MAX);
    draft.put(key, &linked)?;
    Ok(messages)
}
