//! Turns that nobody's callback begins: what is due, and what is asked of a citizen by SMS.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use super::record::{Effect, Record};
use super::walk::{Command, Course, Next};
use super::{RERUNS_MAX, Turns, lock_key};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::{Medium, Session, Value};
use crate::service::{Asking, caller};
use crate::store::queue::{Class, Outgoing};
use crate::store::{CommitError, Draft, Fault};

/// How to go on is told so often at most.
const OFFERED_AGE_MAX: Duration = Duration::from_secs(24 * 3600);

/// A unit of work under way. Boxed, so that a task of its own can do it; it holds what it is handed and what it owns.
pub type Work<'w, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'w>>;

/// A screen that is sent to a citizen unasked.
#[derive(Clone)]
pub struct Question<'q> {
    /// The menu's command that leads to it, with the values that it wants.
    pub command: &'q str,
    pub values: Vec<(&'static str, Value)>,
    pub class: Class,
    /// What it is about: a booking's code.
    pub reference: &'q str,
    /// Of no use after this.
    pub until: Option<Timestamp>,
}

/// Shows nothing of what it is about.
impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("command", &self.command).field("class", &self.class).finish_non_exhaustive()
    }
}

impl Turns {
    /// One unit of work for a number outside a dialogue: lock, draft, `run`, commit; again from the start on a conflict, at most six times.
    /// What `run` wrote is there if this is `Ok`, and on disk if it asked for that.
    ///
    /// # Errors
    /// Of `run`, after which nothing is written; [`Fault::Contended`] after the last conflict; a [`Fault`] of the store, after which perhaps
    /// nothing was written.
    pub async fn work<T>(
        &self,
        number: Msisdn,
        mut run: impl for<'w> FnMut(&'w Self, &'w mut Draft<'_>, &'w Asking) -> Work<'w, T> + Send,
    ) -> Result<T, Fault> {
        let asking = self.asking(number);
        let _number = self.numbers.lock(lock_key(&asking.number_hash)).await;
        for _ in 0..=RERUNS_MAX {
            let mut draft = Draft::new(&self.store);
            let done = run(self, &mut draft, &asking).await?;
            match self.store.commit(draft.into_batch()).await {
                Ok(()) => return Ok(done),
                Err(CommitError::Conflict) => {}
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Contended)
    }

    /// Inside [`Turns::work`]: leads the number's SMS conversation to the screen of a command of the menu and leaves its page as a message, by
    /// the number's route. The citizen's next SMS answers it, within a day; a USSD dialogue under way is not touched.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn prompt(&self, draft: &mut Draft<'_>, asking: &Asking, question: Question<'_>) -> Result<(), Fault> {
        let next = Next::Command(Command { name: question.command.to_owned(), values: question.values, flaw: None });
        let menu = self.menu();
        let page = self.ask(draft, Course { menu: &menu, asking, sms: None, underway: None }, Session::new(&menu), None, next).await?;
        let mut message = Outgoing::new(asking.number, question.class, question.reference.to_owned(), page, asking.now)?;
        message.until = question.until;
        draft.put(message.key(), &message)
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
        let menu = self.menu();
        let is_told = record.offered.is_some_and(|offered| asking.now.since(offered) < OFFERED_AGE_MAX);
        let is_wanted = self.office.offers_to_go_on && self.office.routes.reach(asking.number);
        if !is_wanted || is_told || !record.is_cut(&menu, asking.now) || !record.session.is_halfway(&menu) {
            return Ok(());
        }
        record.offered = Some(asking.now);
        let course = Course { menu: &menu, asking, sms: None, underway: None };
        let page = self.ask(draft, course, record.session.clone(), record.typed, Next::Dial { resume: true }).await?;
        let mut message = Outgoing::new(asking.number, Class::Reply, String::new(), page, asking.now)?;
        message.channel = channel.map(str::to_owned);
        message.reference = message.id.to_string();
        draft.put(message.key(), &message)
    }

    /// The page that `next` leads to from `session` becomes the last one of the SMS conversation. `typed`: as in [`Record`].
    async fn ask(
        &self,
        draft: &mut Draft<'_>,
        course: Course<'_>,
        session: Session,
        typed: Option<Timestamp>,
        next: Next,
    ) -> Result<String, Fault> {
        let Course { menu, asking, .. } = course;
        let mut talk = self.talk(draft, asking).await?;
        let session = session.by(Medium::Sms).read_by(caller::reader(draft, asking.number, asking.now.day()).await?);
        let walked = self.walk(draft, course, session, next, VecDeque::new()).await?;
        let effect = if draft.is_durable() { Effect::Recorded } else { Effect::None };
        talk.typed = typed;
        talk.underway = None;
        talk.keep(menu, walked.session, &walked.page, effect, asking.now);
        talk.untouched = true;
        draft.put(Record::talk_key(asking.number_hash), &talk)?;
        Ok(walked.page.text)
    }
}
