//! Messages of officers, and of citizens who talk to one: they pass by the menu.

use std::time::Duration;

use super::Turns;
use super::outreach::Reached;
use super::record::{Pace, Record};
use super::walk::Next;
use super::wanted::{Puzzle, Wanted};
use super::work::Question;
use crate::channel::order::{self, Act};
use crate::channel::sms_command::{Command, Intent, Opening, Reply};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::officer::CANNED;
use crate::service::ticket::{self, Done, FromCitizen, Heard};
use crate::service::{Asking, Message, caller, mobile_unit};
use crate::store::queue::{Class, Outgoing};
use crate::store::{Draft, Fault};

impl Turns {
    /// Does what a message asks of the desk, and leaves what is to be sent for it.
    pub(super) async fn at_desk(
        &self,
        draft: &mut Draft<'_>,
        asking: &Asking,
        talk: &mut Record,
        said: &Command,
        wanted: &Wanted,
        text: &str,
    ) -> Result<AtDesk, Fault> {
        match self.reach_out(draft, asking, talk, said, wanted, text).await? {
            Reached::Done => return Ok(AtDesk::Done),
            Reached::Order(order) => return Ok(AtDesk::Order(order)),
            Reached::Nothing => {}
        }
        let from = from_citizen(said, wanted);
        let mut done = None;
        if let Some(officer) = self.office.officers.find(asking.number) {
            let order = order::read(text);
            // No citizen begins a message like this.
            let is_canned = text.trim_start().starts_with(CANNED);
            let is_order = order.code.is_some() || is_canned || !matches!(order.act, Act::Say(_)) || from != FromCitizen::Order;
            if is_order {
                done = match mobile_unit::obey(&self.office, draft, officer, &order, asking.now).await? {
                    None => ticket::obey(&self.office, draft, officer, &order, asking.now).await?,
                    done => done,
                };
            }
            // What was asked for by no word of ours, a machine may have written: it is answered now and then.
            let is_asked = order.code.is_some() || matches!(order.act, Act::Tasks | Act::Unit(_));
            if let Some(done) = done.as_mut().filter(|done| !is_asked && done.is_only_for(asking.number))
                && talk.is_puzzled_again(asking.now)
            {
                done.messages.clear();
            }
        }
        let done = match done {
            Some(done) => done,
            None => match ticket::heard(&self.menus.words(), asking, draft, from, text).await? {
                Heard::Menu => return Ok(AtDesk::Menu),
                Heard::Answer { code, is_done } => {
                    let command = if is_done { "beres_sudah" } else { "beres_belum" };
                    return Ok(AtDesk::Order(Wanted::command(command, vec![("nomor", Value::Code(code))], None)));
                }
                Heard::Kept(mut done) => {
                    // It is kept; but no officer gets more of one number than that number gets of us.
                    if talk.answers.one_more(asking.now) != Pace::Answered {
                        done.messages.clear();
                    }
                    done
                }
            },
        };
        self.tell(draft, done, asking.now).await?;
        draft.durable();
        Ok(AtDesk::Done)
    }

    /// Leaves what is to be sent for something done to a ticket, in the same batch.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn tell(&self, draft: &mut Draft<'_>, done: Done, now: Timestamp) -> Result<(), Fault> {
        // An answer arrives before the question whether it is one.
        let said_at = now.minus(Duration::from_millis(u64::from(done.asked.is_some())));
        for message in done.messages {
            self.leave_to(draft, message, said_at).await?;
        }
        if let Some((citizen, code)) = done.asked {
            let values = vec![("nomor", Value::Code(code.clone()))];
            let question = Question { command: "beres", values, class: Class::Owed, reference: &code, until: None };
            self.prompt(draft, &self.asking(citizen), question).await?;
        }
        Ok(())
    }
}

/// After these a digit or a word is meant for them.
const TAKE_THE_PAGE: [&str; 1] = ["petugas_bilang"];

/// What becomes of a message.
pub(super) enum AtDesk {
    Menu,
    Done,
    /// It means something of the menu that its words alone do not say.
    Order(Wanted),
}

impl Turns {
    /// Leaves a message to whom it names, in their language.
    pub(super) async fn leave_to(&self, draft: &mut Draft<'_>, message: Message, at: Timestamp) -> Result<(), Fault> {
        self.leave_until(draft, message, None, at).await
    }

    /// The same; of no use after `until`.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn leave_until(&self, draft: &mut Draft<'_>, message: Message, until: Option<Timestamp>, at: Timestamp) -> Result<(), Fault> {
        let Some(to) = message.to else { return Ok(()) };
        let reader = caller::reader(draft, to, at.day()).await?;
        let text = self.menu().message(reader, message.template, &message.values).ok_or(Fault::Call(message.template))?;
        let outgoing = Outgoing { until, ..Outgoing::new(to, message.class, message.reference, text, at)? };
        draft.put(outgoing.key(), &outgoing)?;
        if TAKE_THE_PAGE.contains(&message.template) {
            self.let_page_go(draft, to, at).await?;
        }
        Ok(())
    }

    /// A page of the menu that was left open does not take what is meant for the officer.
    async fn let_page_go(&self, draft: &mut Draft<'_>, citizen: Msisdn, now: Timestamp) -> Result<(), Fault> {
        let key = Record::talk_key(self.asking(citizen).number_hash);
        let Some(mut talk) = draft.get::<Record>(&key).await?.filter(|talk| talk.is_fresh(now)) else { return Ok(()) };
        talk.page.clear();
        draft.put(key, &talk)
    }
}

/// What a citizen's message is while they are in an officer's hands.
fn from_citizen(said: &Command, wanted: &Wanted) -> FromCitizen {
    if !matches!(wanted.next, Next::Command(_)) || said.opening == Opening::Bare {
        return FromCitizen::Order;
    }
    // A complaint is none of whoever it may be about.
    if said.is_bribe || said.intent == Intent::LaporBaru && said.opening == Opening::Keyword {
        return FromCitizen::Order;
    }
    match said.intent {
        Intent::Jawab => match said.reply {
            Some(Reply::Yes | Reply::Digit(1)) => FromCitizen::Said(true),
            Some(Reply::No | Reply::NotYet | Reply::Digit(2)) => FromCitizen::Said(false),
            _ => FromCitizen::Words,
        },
        Intent::Stop | Intent::StopSemua | Intent::Mulai | Intent::Hapus | Intent::Data => FromCitizen::Order,
        Intent::SalahKirimReg | Intent::AmbiguDaftarReg => FromCitizen::Order,
        // A whole order; an officer who asked for the NIK gets it without a word in front.
        _ if said.nik.is_some() && said.opening != Opening::Other => FromCitizen::Order,
        Intent::TakPaham => FromCitizen::Puzzle,
        _ if wanted.puzzle == Some(Puzzle::NothingSaid) => FromCitizen::Nothing,
        _ => FromCitizen::Words,
    }
}
