//! One message from a phone: the same turn as a dialogue's, but the answer goes by the outbox, or back in the reply.
//!
//! The conversation by SMS has a record of its own, so that a reminder never disturbs a dialogue under way. Its last page waits a day for an
//! answer. Once the telco has its acknowledgement the message is ours: what we answer is then on disk.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use super::counts::Name;
use super::desk::AtDesk;
use super::heard_sms::HeardSms;
use super::pieces::{Piece, Pieces};
use super::record::{Effect, Pace, Record, SILENCE};
use super::tally::Passed;
use super::walk::{Course, Next, Walked};
use super::wanted::{Puzzle, Wanted, wanted};
use super::{How, InWork, RERUNS_MAX, TURN_MAX, Turns, lock_key};
use crate::channel::{Sender, SmsIn, sms_command};
use crate::citizen::area::Names;
use crate::clock::{self, Instant, Timestamp};
use crate::menu::{Medium, Session};
use crate::service::{Asking, caller};
use crate::store::queue::{Class, Fate, MessageId, Outgoing, Sent};
use crate::store::{CommitError, Draft, Fault};

/// Messages in work at once: few beside the dialogues, which go first. The others wait in their connections, of which the server has only so
/// many; what finds none the telco keeps and delivers again.
pub(super) const IN_WORK_MAX: usize = 250;
/// Waiting and work together. Nobody waits at a phone, but telcos give up after 30 s, and then deliver again.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// How a message came, and how its answer goes.
#[derive(Clone, Copy, Debug)]
pub struct SmsVia<'a> {
    pub channel: &'a str,
    /// The profile carries an answer in its reply.
    pub answers_in_reply: bool,
    /// Which channel sends to its citizens. None: by the number's route.
    pub sms: Option<&'a str>,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsAnswered {
    /// To go back in the reply. Without it the answer waits in the outbox, or there is none.
    pub body: Option<String>,
    pub how: How,
}

impl Turns {
    /// One message from a phone: read, step, commit once. The answer waits in the outbox, or goes back in the reply.
    ///
    /// # Errors
    /// A [`Fault`] of the store, or [`Fault::Late`]: the telco must deliver the message again. Perhaps it was recorded all the same, and is
    /// then known again.
    pub async fn sms(&self, sms: &SmsIn, via: SmsVia<'_>) -> Result<SmsAnswered, Fault> {
        let Sender::Citizen(number) = sms.from else { return Ok(SmsAnswered { body: None, how: How::Silent }) };
        let begun = clock::monotonic();
        let work = async {
            let _place = self.messages.acquire().await.map_err(|_| Fault::Closed)?;
            let _in_work = InWork::enter(&self.in_work);
            let asking = self.asking(number);
            let _number = self.numbers.lock(lock_key(&asking.number_hash)).await;
            for _ in 0..=RERUNS_MAX {
                if let Some(answered) = self.attempt_sms(sms, via, &asking, begun).await? {
                    return Ok(answered);
                }
            }
            Err(Fault::Contended)
        };
        clock::within(ANSWER_MAX, Box::pin(work)).await.unwrap_or(Err(Fault::Late))
    }

    /// `None` after a conflict.
    async fn attempt_sms(&self, sms: &SmsIn, via: SmsVia<'_>, asking: &Asking, begun: Instant) -> Result<Option<SmsAnswered>, Fault> {
        let mut draft = Draft::new(&self.store);
        let heard_key = HeardSms::key(&self.store, via.channel, asking.number, sms);
        let heard: Option<HeardSms> = draft.get(&heard_key).await?;
        if let Some(heard) = heard.filter(|heard| heard.counts(sms.id.is_some(), asking.now)) {
            // The turn that heard it may still be waiting for the disk.
            self.store.settle(draft.stamp_seen(&heard_key)).await?;
            let body = match heard.answered {
                Some(id) => draft.peek::<Sent>(&Sent::key(id)).await?.map(|sent| sent.text),
                None => None,
            };
            return Ok(Some(SmsAnswered { body, how: How::Repeated }));
        }
        let Some(text) = whole(&mut draft, asking, sms).await? else {
            draft.put(heard_key, &HeardSms { at: asking.now, answered: None })?;
            draft.durable();
            return committed(self.store.commit(draft.into_batch()).await, SmsAnswered { body: None, how: How::Silent });
        };
        let said = sms_command::read(&self.menus.words(), Names::muba(), &text);
        let mut talk = self.talk(&mut draft, asking).await?;
        talk.forget_typed(asking.now);
        let reader = match self.office.officers.find(asking.number) {
            // Officers are not whom the office is there for.
            Some(_) => caller::reader(&draft, asking.number, asking.now.day()).await?,
            None => caller::arrive(&mut draft, asking.number_hash, asking.now.day()).await?,
        };
        talk.session = std::mem::take(&mut talk.session).read_by(reader);
        let mut onward = self.menus.onward(&talk, asking.now);
        if !onward.is_its_page {
            talk.session = onward.menu.adopt(std::mem::take(&mut talk.session));
        }
        let mut wanted = wanted(talk.asks(&onward.menu), &said, &text, talk.puzzles, asking.now.day());
        if matches!(wanted.next, Next::Command(_)) {
            onward.menu = self.menu();
        } else if !onward.is_its_page {
            // It answers a page that is not there any more.
            wanted = Wanted { next: Next::Again, ahead: VecDeque::new(), ..wanted };
        }
        match self.at_desk(&mut draft, asking, &mut talk, &said, &wanted, &text).await? {
            AtDesk::Menu => {}
            AtDesk::Order(order) => wanted = order,
            AtDesk::Done => {
                let district = caller::district(&draft, asking.number_hash).await?;
                draft.put(Record::talk_key(asking.number_hash), &talk)?;
                draft.put(heard_key, &HeardSms { at: asking.now, answered: None })?;
                let done = self.store.commit(draft.into_batch()).await;
                if done.is_ok() && self.office.officers.find(asking.number).is_none() {
                    self.counts.add(asking.number_hash[0], asking.now.day(), district, &[Name::Sms]);
                }
                return committed(done, SmsAnswered { body: None, how: How::Stepped });
            }
        }
        let is_puzzling = wanted.puzzle == Some(Puzzle::NotUnderstood);
        let course = Course { menu: &onward.menu, asking, sms: via.sms, underway: talk.underway };
        // What is not understood twice in a row goes to a human, and that is said.
        let is_handed_over = wanted.puzzle == Some(Puzzle::NotUnderstood) && talk.puzzles == 1 && !self.office.officers.is_empty();
        let is_silent = is_silent(&mut talk, wanted.puzzle, asking.now) && !is_handed_over;
        let pace = if is_silent { Pace::Spent } else { talk.answers.one_more(asking.now) };

        let mut answered = SmsAnswered { body: None, how: How::Silent };
        let mut heard = HeardSms { at: asking.now, answered: None };
        let (mut slot_lock, mut passed) = (None, Passed::default());
        if pace != Pace::Spent {
            let page = if pace == Pace::Last {
                onward.menu.message(reader, "terlalu_banyak", &[])
            } else {
                let walked = self.converse(&mut draft, course, &mut talk, wanted).await?;
                (slot_lock, passed) = (walked.slot_lock, walked.passed);
                // Unless a message that was left says the same.
                (!walked.is_told).then_some(walked.page.text)
            };
            answered.how = How::Stepped;
            if let Some(page) = page {
                // What tells of an effect, and what comes late, must arrive: only the outbox sees to that, where it has a way.
                let has_way = via.sms.is_some() || self.office.routes.reach(asking.number);
                let in_reply = via.answers_in_reply && (!has_way || !draft.is_durable() && begun.elapsed() < TURN_MAX);
                if in_reply {
                    heard.answered = Some(answer_in_reply(&mut draft, asking, via, page.clone())?);
                    answered.body = Some(page);
                } else {
                    let mut message = Outgoing::new(asking.number, Class::Reply, String::new(), page, asking.now)?;
                    message.channel = via.sms.map(str::to_owned);
                    message.reference = message.id.to_string();
                    draft.put(message.key(), &message)?;
                }
                // The telco will not bring it again, and what the citizen answers to the page, after a crash too, must find the question.
                draft.durable();
            }
        }
        draft.put(Record::talk_key(asking.number_hash), &talk)?;
        draft.put(heard_key, &heard)?;
        let district = caller::district(&draft, asking.number_hash).await?;
        let done = self.store.commit(draft.into_batch()).await;
        drop(slot_lock);
        if done.is_ok() {
            self.count(asking, &passed, district);
            let (spread, today) = (asking.number_hash[0], asking.now.day());
            let heard = if is_puzzling { &[Name::Sms, Name::SmsPuzzling][..] } else { &[Name::Sms] };
            self.counts.add(spread, today, district, heard);
            if answered.body.is_some() {
                self.counts.answered(spread, today, district, begun.elapsed());
            }
        }
        committed(done, answered)
    }

    /// The number's conversation by SMS, or a new one after a day.
    pub(super) async fn talk(&self, draft: &mut Draft<'_>, asking: &Asking) -> Result<Record, Fault> {
        let before: Option<Record> = draft.get(&Record::talk_key(asking.number_hash)).await?;
        Ok(before.filter(|talk| talk.is_fresh(asking.now)).unwrap_or_else(|| Record::talk(&self.menu(), asking.now)))
    }

    /// Walks on.
    async fn converse<'a>(
        &'a self,
        draft: &mut Draft<'_>,
        course: Course<'_>,
        talk: &mut Record,
        wanted: Wanted,
    ) -> Result<Walked<'a>, Fault> {
        let Course { menu, asking, .. } = course;
        let session = if wanted.is_aside {
            Session::new(menu).by(Medium::Sms).read_by(talk.session.reader())
        } else {
            std::mem::take(&mut talk.session)
        };
        let mut walked = self.walk(draft, course, session, wanted.next, wanted.ahead).await?;
        let effect = if draft.is_durable() { Effect::Recorded } else { Effect::None };
        if !wanted.is_aside {
            talk.underway = walked.underway;
            talk.keep(menu, std::mem::take(&mut walked.session), &walked.page, effect, asking.now);
            talk.untouched = false;
        }
        Ok(walked)
    }
}

/// Whether what was said gets no answer: the like of it had one a short while ago.
fn is_silent(talk: &mut Record, puzzle: Option<Puzzle>, now: Timestamp) -> bool {
    let last = match puzzle {
        None => {
            (talk.puzzled, talk.greeted, talk.puzzles) = (None, None, 0);
            return false;
        }
        Some(Puzzle::NothingSaid) => &mut talk.greeted,
        Some(Puzzle::NotUnderstood) => {
            talk.puzzles = talk.puzzles.saturating_add(1);
            &mut talk.puzzled
        }
    };
    let is_silent = last.is_some_and(|last| now.since(last) < SILENCE);
    if !is_silent {
        *last = Some(now);
    }
    is_silent
}

/// The text of a message; `None` while parts of it are missing. The telco has done with a part then, so it is ours to keep.
async fn whole<'s>(draft: &mut Draft<'_>, asking: &Asking, sms: &'s SmsIn) -> Result<Option<Cow<'s, str>>, Fault> {
    let Some(part) = sms.part else { return Ok(Some(Cow::Borrowed(&sms.text))) };
    let key = Pieces::key(asking.number_hash);
    let mut pieces: Pieces = draft.get(&key).await?.unwrap_or_default();
    let piece = pieces.add(part, &sms.text, asking.now);
    if pieces.is_empty() {
        draft.delete(key);
    } else {
        draft.put(key, &pieces)?;
    }
    Ok(match piece {
        Piece::Complete(text) => Some(Cow::Owned(text)),
        Piece::Dropped | Piece::Waiting => None,
    })
}

/// `None` after a conflict.
fn committed(done: Result<(), CommitError>, answered: SmsAnswered) -> Result<Option<SmsAnswered>, Fault> {
    match done {
        Ok(()) => Ok(Some(answered)),
        Err(CommitError::Conflict) => Ok(None),
        Err(CommitError::Fault(fault)) => Err(fault),
    }
}

/// Among the messages sent, so that it is counted, and there for a repeat.
fn answer_in_reply(draft: &mut Draft<'_>, asking: &Asking, via: SmsVia<'_>, text: String) -> Result<MessageId, Fault> {
    let id = MessageId::fresh()?;
    let sent = Sent {
        to: asking.number,
        channel: via.channel.to_owned(),
        text,
        reference: id.to_string(),
        class: Class::Reply,
        at: asking.now,
        sent: asking.now,
        tries: 1,
        fate: Fate::Answered,
    };
    draft.put(Sent::key(id), &sent)?;
    Ok(id)
}
