//! Messages of officers, and of citizens who talk to one: they pass by the menu.

use std::time::Duration;

use super::Turns;
use super::walk::Next;
use super::wanted::Wanted;
use super::work::Question;
use crate::channel::order::{self, Act};
use crate::channel::sms_command::{Command, Intent, Opening};
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::ticket::{self, Done, FromCitizen};
use crate::service::{Asking, caller};
use crate::store::queue::{Class, Outgoing};
use crate::store::{Draft, Fault};

impl Turns {
    /// Does what a message asks of the desk, and leaves what is to be sent for it. False: it is for the menu.
    pub(super) async fn at_desk(
        &self,
        draft: &mut Draft<'_>,
        asking: &Asking,
        said: &Command,
        wanted: &Wanted,
        text: &str,
    ) -> Result<bool, Fault> {
        let from = from_citizen(said, wanted);
        let mut done = None;
        if let Some(officer) = self.office.officers.find(asking.number) {
            let order = order::read(text);
            let is_order = order.code.is_some() || !matches!(order.act, Act::Say(_)) || from != FromCitizen::Order;
            if is_order {
                done = ticket::obey(&self.office, draft, officer, &order, asking.now).await?;
            }
        }
        if done.is_none() {
            done = ticket::heard(asking, draft, from, text).await?;
        }
        let Some(done) = done else { return Ok(false) };
        self.tell(draft, done, asking.now).await?;
        draft.durable();
        Ok(true)
    }

    /// Leaves what is to be sent for something done to a ticket, in the same batch.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn tell(&self, draft: &mut Draft<'_>, done: Done, now: Timestamp) -> Result<(), Fault> {
        let menu = self.menu();
        // An answer arrives before the question whether it is one.
        let said_at = now.minus(Duration::from_millis(u64::from(done.asked.is_some())));
        for message in done.messages {
            let Some(to) = message.to else { continue };
            let reader = caller::reader(draft, to, now.day()).await?;
            let text = menu.message(reader, message.template, &message.values).ok_or(Fault::Call(message.template))?;
            let outgoing = Outgoing::new(to, message.class, message.reference, text, said_at)?;
            draft.put(outgoing.key(), &outgoing)?;
        }
        if let Some((citizen, code)) = done.asked {
            let values = vec![("nomor", Value::Code(code.clone()))];
            let question = Question { command: "beres", values, class: Class::Owed, reference: &code, until: None };
            self.prompt(draft, &self.asking(citizen), question).await?;
        }
        Ok(())
    }
}

/// What a citizen's message is while they are in an officer's hands.
fn from_citizen(said: &Command, wanted: &Wanted) -> FromCitizen {
    if !matches!(wanted.next, Next::Command(_)) || said.opening == Opening::Bare {
        return FromCitizen::Order;
    }
    match said.intent {
        Intent::Stop | Intent::StopSemua | Intent::Mulai | Intent::Hapus | Intent::Data => FromCitizen::Order,
        Intent::SalahKirimReg | Intent::AmbiguDaftarReg => FromCitizen::Order,
        // A whole order; an officer who asked for the NIK gets it without a word in front.
        _ if said.nik.is_some() && said.opening != Opening::Other => FromCitizen::Order,
        Intent::TakPaham => FromCitizen::Puzzle,
        _ => FromCitizen::Words,
    }
}
