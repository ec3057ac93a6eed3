//! Turns that nobody's callback begins: what is due, and what is asked of a citizen by SMS.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::MutexGuard;

use super::record::{Effect, Record};
use super::walk::{Command, Next};
use super::{Turns, lock_key};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::{Medium, Session, Value};
use crate::service::Asking;
use crate::store::queue::{Class, Outgoing};
use crate::store::{Draft, Fault};

/// How to go on is told so often at most.
const OFFERED_AGE_MAX: Duration = Duration::from_secs(24 * 3600);

impl Turns {
    /// Whoever this number is, as somebody who asks now. Turns of the number wait until the guard is dropped.
    pub async fn hold(&self, number: Msisdn) -> (MutexGuard<'_, ()>, Asking) {
        let asking = self.asking(number);
        let guard = self.numbers.lock(lock_key(&asking.number_hash)).await;
        (guard, asking)
    }

    /// Leads the held number's SMS conversation to the screen of a command of the menu, and returns the page for the
    /// caller to leave as a message in the same batch. The citizen's next SMS answers it, within a day; a USSD dialogue under way is not
    /// touched.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn prompt(
        &self,
        draft: &mut Draft<'_>,
        asking: &Asking,
        command: &str,
        values: Vec<(&'static str, Value)>,
    ) -> Result<String, Fault> {
        let next = Next::Command(Command { name: command.to_owned(), values, flaw: None });
        self.ask(draft, asking, Session::new(&self.menu), None, next).await
    }

    /// To whoever was cut off in the middle of something, where the office wants it: an SMS that says how to go on, by `channel`. Not told a
    /// second time within a day.
    pub(super) async fn offer_to_go_on(
        &self,
        draft: &mut Draft<'_>,
        asking: &Asking,
        record: &mut Record,
        channel: Option<&str>,
    ) -> Result<(), Fault> {
        let is_told = record.offered.is_some_and(|offered| asking.now.since(offered) < OFFERED_AGE_MAX);
        let is_wanted = self.office.offers_to_go_on && self.office.routes.reach(asking.number);
        if !is_wanted || is_told || !record.is_cut(&self.menu, asking.now) || !record.session.is_halfway(&self.menu) {
            return Ok(());
        }
        record.offered = Some(asking.now);
        let page = self.ask(draft, asking, record.session.clone(), record.typed, Next::Dial { resume: true }).await?;
        let mut message = Outgoing::new(asking.number, Class::Reply, String::new(), page, asking.now)?;
        message.channel = channel.map(str::to_owned);
        message.reference = message.id.to_string();
        draft.put(message.key(), &message)
    }

    /// The page that `next` leads to from `session` becomes the last one of the SMS conversation. `typed`: as in [`Record`].
    async fn ask(
        &self,
        draft: &mut Draft<'_>,
        asking: &Asking,
        session: Session,
        typed: Option<Timestamp>,
        next: Next,
    ) -> Result<String, Fault> {
        let mut talk = self.talk(draft, asking).await?;
        let walked = self.walk(draft, asking, None, session.by(Medium::Sms), next, VecDeque::new()).await?;
        let effect = if draft.is_durable() { Effect::Recorded } else { Effect::None };
        talk.typed = typed;
        talk.keep(walked.session, &walked.page, effect, asking.now);
        talk.untouched = true;
        draft.put(Record::talk_key(asking.number_hash), &talk)?;
        Ok(walked.page.text)
    }
}
