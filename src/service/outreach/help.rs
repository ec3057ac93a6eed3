//! A coordinator acts for a neighbour who asked them to: books for them, and is shown nothing of them.

use super::{Coordinator, HELPED, PHONE};
use crate::citizen::Msisdn;
use crate::clock::Day;
use crate::menu::{Call, Outcome, Value};
use crate::service::appointment;
use crate::service::caller::{self, Caller};
use crate::service::ktp::{self, Budget};
use crate::service::{Asking, CallArgs, Office};
use crate::store::queue::Class;
use crate::store::{Draft, Fault};

/// Whose appointment is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum Neighbour {
    /// Reached at this number.
    At(Msisdn),
    /// Has none: what is for them goes to the coordinator.
    Without,
}

impl Neighbour {
    /// Where nothing reaches their number, or it wants nothing, or had enough today, it is as if they had none.
    async fn of(office: &Office, draft: &Draft<'_>, coordinator: &Coordinator, number: u64, today: Day) -> Result<Self, Fault> {
        let number = Msisdn::parse(&format!("+{number}")).ok();
        let Some(number) = number.filter(|number| *number != coordinator.number && office.routes.reach(*number)) else {
            return Ok(Self::Without);
        };
        let may_write = coordinator.may_write_to(phone(draft, number), today) && caller::wants(draft, number, Class::Notice).await?;
        Ok(if may_write { Self::At(number) } else { Self::Without })
    }

    pub(in crate::service) const fn number_or(self, own: Msisdn) -> Msisdn {
        match self {
            Self::At(number) => number,
            Self::Without => own,
        }
    }
}

/// Whether this call is for a neighbour, and for which. `None`: for whoever asks.
pub(in crate::service) async fn helps(
    office: &Office,
    asking: &Asking,
    draft: &Draft<'_>,
    call: &Call,
) -> Result<Option<Neighbour>, Fault> {
    if call.word(HELPED.0).ok() != Some("ya") {
        return Ok(None);
    }
    let coordinator: Option<Coordinator> = draft.peek(&Coordinator::key(asking.number_hash)).await?;
    let Some(coordinator) = coordinator.filter(|known| known.reach(asking.now).is_some()) else { return Ok(None) };
    Neighbour::of(office, draft, &coordinator, call.id(PHONE.0)?, asking.now.day()).await.map(Some)
}

/// Counts an appointment made for a neighbour.
pub(in crate::service) async fn note_helped(asking: &Asking, draft: &mut Draft<'_>, neighbour: Neighbour) -> Result<(), Fault> {
    let key = Coordinator::key(asking.number_hash);
    let Some(mut coordinator) = draft.get::<Coordinator>(&key).await? else { return Ok(()) };
    let phone = match neighbour {
        Neighbour::At(number) => Some(phone(draft, number)),
        Neighbour::Without => None,
    };
    coordinator.note_booked(phone, asking.now.day());
    draft.put(key, &coordinator)
}

/// A phone as it is counted here: the first eight bytes of the keyed hash.
fn phone(draft: &Draft<'_>, number: Msisdn) -> u64 {
    ktp::short(draft.number_hash(number))
}

/// Whether this call goes on with the neighbour whom a coordinator was let help last, and whether that may still be: it counts as every
/// look-up does. `None`: it is about somebody else, most likely about whoever asks.
pub(in crate::service) async fn helps_on(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Option<bool>, Fault> {
    if call.word(HELPED.0).ok() != Some("ya") {
        return Ok(None);
    }
    let person = ktp::short(asking.person(draft, call.nik()?));
    let caller: Option<Caller> = draft.peek(&Caller::key(asking.number_hash)).await?;
    let is_last = caller.and_then(|caller| caller.checked).is_some_and(|checked| checked.person == person);
    let key = Coordinator::key(asking.number_hash);
    let coordinator = draft.get::<Coordinator>(&key).await?.filter(|known| known.reach(asking.now).is_some());
    let Some(mut coordinator) = coordinator.filter(|known| is_last && known.has_helped(person)) else { return Ok(None) };
    let may_help = coordinator.may_book(asking.now.day()) && coordinator.may_help(person, asking.now.day());
    draft.put(key, &coordinator)?;
    Ok(Some(may_help))
}

/// What the session holds of them.
pub(in crate::service) fn said_of_neighbour(call: &Call) -> impl Iterator<Item = (&'static str, Value)> {
    [HELPED.0, PHONE.0].into_iter().filter_map(|name| Some((name, call.value(name)?.clone())))
}

/// The number that an appointment is made for. `None`: of a neighbour who has none.
pub(in crate::service) async fn booked_for(
    office: &Office,
    asking: &Asking,
    draft: &Draft<'_>,
    call: &Call,
) -> Result<Option<Msisdn>, Fault> {
    Ok(match helps(office, asking, draft, call).await? {
        None => Some(asking.number),
        Some(Neighbour::At(number)) => Some(number),
        Some(Neighbour::Without) => None,
    })
}

/// Is it a coordinator who asks?
pub(in crate::service) async fn is_coordinator(asking: &Asking, draft: &Draft<'_>) -> Result<bool, Fault> {
    let coordinator: Option<Coordinator> = draft.peek(&Coordinator::key(asking.number_hash)).await?;
    Ok(coordinator.is_some_and(|coordinator| coordinator.reach(asking.now).is_some()))
}

pub(in crate::service) async fn check(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let person = ktp::short(asking.person(draft, call.nik()?));
    let key = Coordinator::key(asking.number_hash);
    let coordinator = draft.get::<Coordinator>(&key).await?.filter(|coordinator| coordinator.reach(asking.now).is_some());
    let Some(mut coordinator) = coordinator else { return Ok(Outcome::plain("batas")) };
    if !coordinator.may_book(asking.now.day()) || !coordinator.may_help(person, asking.now.day()) {
        return Ok(Outcome::plain("batas"));
    }
    draft.put(key, &coordinator)?;
    let outcome = appointment::check_on(office, asking, draft, call, Budget::Neighbours).await?;
    match appointment::offered_again(office, asking, draft, call).await? {
        Some(values) if outcome.name == "boleh" => Ok(Outcome { name: "bersama", values, items: Vec::new() }),
        _ => Ok(outcome),
    }
}
