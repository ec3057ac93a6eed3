//! What coordinators and officers write to reach villages, and what is sent for it.

use super::Turns;
use super::record::{Pace, Record};
use super::walk::Next;
use super::wanted::Wanted;
use super::work::Question;
use crate::channel::sms_command::{Command, Intent, Reply};
use crate::clock::Timestamp;
use crate::menu::Asks;
use crate::service::{Asking, outreach, ticket};
use crate::store::queue::Class;
use crate::store::{Draft, Fault};

/// What becomes of a message.
pub(super) enum Reached {
    Done,
    /// An answer to a question whose page is gone.
    Order(Wanted),
    /// It is about something else.
    Nothing,
}

impl Turns {
    /// Does what a message asks of the outreach, and leaves what is to be sent for it.
    pub(super) async fn reach_out(
        &self,
        draft: &mut Draft<'_>,
        asking: &Asking,
        talk: &mut Record,
        said: &Command,
        wanted: &Wanted,
        text: &str,
    ) -> Result<Reached, Fault> {
        let mut done = outreach::heard(&self.office, draft, asking, text).await?;
        // No page waits for an answer, and no officer.
        let is_answer = done.is_none() && said.intent == Intent::Jawab && matches!(wanted.next, Next::Command(_));
        if is_answer && !ticket::talks(asking, draft).await? {
            if said.reply == Some(Reply::Digit(1)) {
                done = outreach::acknowledge(draft, asking).await?;
            }
            if said.reply == Some(Reply::Yes)
                && let Some(asked) = outreach::open_question(draft, asking).await?
            {
                return Ok(Reached::Order(Wanted::command(asked.command, asked.values, None)));
            }
        }
        let Some(mut done) = done else { return Ok(Reached::Nothing) };
        // It is done; but nobody gets more answers than from the menu.
        if talk.answers.one_more(asking.now) != Pace::Answered {
            done.messages.retain(|message| message.to != Some(asking.number));
        }
        self.pass_on(draft, done, asking.now).await?;
        draft.durable();
        Ok(Reached::Done)
    }

    /// Does a page wait for an answer by SMS? What is asked then would be answered by what was meant for it.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn is_in_conversation(&self, draft: &mut Draft<'_>, asking: &Asking) -> Result<bool, Fault> {
        Ok(self.talk(draft, asking).await?.asks(&self.menu()) != Asks::Nothing)
    }

    /// Leaves what is to be sent for something done to reach villages, in the same batch.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn pass_on(&self, draft: &mut Draft<'_>, done: outreach::Done, now: Timestamp) -> Result<(), Fault> {
        for message in done.messages {
            self.leave_to(draft, message, now).await?;
        }
        Ok(())
    }

    /// Asks whoever it is about, by a page of theirs, inside [`Turns::work`] for their number.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn put_question(&self, draft: &mut Draft<'_>, asking: &Asking, asked: outreach::Asked) -> Result<(), Fault> {
        let question =
            Question { command: asked.command, values: asked.values, class: Class::Notice, reference: asked.command, until: None };
        self.prompt(draft, asking, question).await
    }
}
