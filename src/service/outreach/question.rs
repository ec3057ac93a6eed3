//! What somebody is to be asked waits for its hour, and until they are in the middle of nothing: a digit would answer something else.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Asked, source, tree};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::service::Asking;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// Whoever could not be asked in so long has forgotten what it is about; so long a yes is taken too.
pub(super) const GIVEN_UP_AFTER: Duration = Duration::from_secs(7 * 86_400);

/// What they are to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// By whom they heard of us.
    Source,
    /// Whether they will be a coordinator.
    Coordinating,
    /// Whether they want announcements.
    Following,
}

/// Somebody who is to be asked, by when.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct QuestionDue {
    pub number: Msisdn,
    pub about: About,
    since: Timestamp,
}

impl Stored for QuestionDue {
    const SPACE: Space = Space::QuestionDue;
    const FORMAT: u16 = 1;
}

impl QuestionDue {
    pub(super) fn key(at: Timestamp, number_hash: [u8; 16], about: About) -> Key {
        Self::from(at).with(&number_hash).with(&[about as u8])
    }

    /// Before everybody who is to be asked at this time or later.
    pub fn from(at: Timestamp) -> Key {
        Key::new(Space::QuestionDue).with(&at.millis().max(0).to_be_bytes())
    }

    pub(super) fn put(draft: &mut Draft<'_>, about: About, number: Msisdn, at: Timestamp, since: Timestamp) -> Result<(), Fault> {
        let number_hash = draft.number_hash(number);
        draft.put(Self::key(at, number_hash, about), &Self { number, about, since })
    }

    pub fn left(self, now: Timestamp) -> Option<Self> {
        (now.since(self.since) < GIVEN_UP_AFTER).then_some(self)
    }
}

/// What is to be done about somebody whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Now,
    /// They are in the middle of something, or it is not the hour.
    Later(Timestamp),
    /// They want no such messages.
    Never,
}

/// Marks as asked, or puts off. `None`: there is nothing to ask now.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn ask(asking: &Asking, draft: &mut Draft<'_>, row: &Key, moment: Moment) -> Result<Option<Asked>, Fault> {
    let Some(due) = draft.get::<QuestionDue>(row).await? else { return Ok(None) };
    draft.delete(*row);
    draft.durable();
    let asked = match due.about {
        About::Source => return source::ask(asking, draft, moment).await,
        About::Coordinating => tree::open_offer(draft, asking).await?,
        About::Following => tree::open_invitation(draft, asking).await?,
    };
    if let (Some(_), Moment::Later(later)) = (&asked, moment) {
        QuestionDue::put(draft, due.about, due.number, later, due.since)?;
    }
    Ok(asked.filter(|_| moment == Moment::Now))
}
