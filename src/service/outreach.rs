//! How villages hear of it: coordinators, neighbours who want announcements, and the announcements.
//!
//! Nobody is anything here without having said yes from their own phone, and whoever invites learns nothing of a number that they do not
//! know: whether it stopped messages, was asked before, or is a coordinator already.
//!
//! - `reach`: which villages something is for.
//! - `people`: what is kept of coordinators and followers.
//! - `tree`: who asks whom, and what they answer.
//! - `announcement`: drafted by one, approved by another.
//! - `order`: what officers and coordinators do from their phones.
//! - `help`: a coordinator acts for a neighbour.
//! - `send`: the announcement on its way.
//! - `question`: what somebody is to be asked waits for its moment.
//! - `source`: by whom a citizen heard of us.

mod announcement;
mod help;
mod order;
mod people;
mod question;
mod reach;
mod send;
mod source;
mod tree;

pub use announcement::{Announcement, Drafted, Stage, draft_announcement, is_called_off};
pub(super) use help::{Neighbour, booked_for, check as check_neighbour, helps, helps_on, is_coordinator, note_helped, said_of_neighbour};
pub use order::{acknowledge, heard, open_question};
pub use people::{Coordinator, Follower, UNSEEN_DAYS_MAX};
pub use question::{About, Moment, QuestionDue, ask};
pub use reach::Reach;
pub use send::{Step, is_awake, pause, step};
pub use source::{NOTE, Source, Told};
pub(super) use source::{note_booked, note_source};
pub(super) use tree::{accept_coordinating, accept_following, decline_coordinating, decline_following, forget, is_follower, wake};

use serde::Deserialize;

use crate::citizen::Msisdn;
use crate::menu::{ActionSpec, Field, Kind, OutcomeSpec, Value};
use crate::service::Message;
use crate::store::queue::Class;

/// The longest name of a village with an RT before it.
pub const AREA_SEPTETS_MAX: u8 = 28;
pub(super) const AREA: Field = ("wilayah", Kind::Text(AREA_SEPTETS_MAX));

/// `[outreach]` in the configuration file.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What one part of a message costs, in rupiah, as the contract with the telco says: by it the price of an announcement is told before
    /// anybody approves it.
    pub rupiah_per_part: u32,
    /// Asks each number once, after its first appointment, by whom they heard of us. Each costs a message.
    pub ask_who_told: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rupiah_per_part: 350, ask_who_told: false }
    }
}

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

/// The number that was asked says that it will be a coordinator.
pub const ACCEPT_COORDINATING: ActionSpec = ActionSpec {
    name: "kader.terima",
    args: &[],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "jadi", gives: &[AREA], may_give: &[], items: None, writes: &["kader"] },
        // Nobody asked, or it is too long ago.
        plain("tak_ada"),
    ],
};

/// It will not.
pub const DECLINE_COORDINATING: ActionSpec = ActionSpec { name: "kader.tolak", args: &[], optional: &[], outcomes: &[plain("ditolak")] };

/// The number that was asked wants the announcements of its village.
pub const ACCEPT_FOLLOWING: ActionSpec = ActionSpec {
    name: "ajakan.terima",
    args: &[],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "jadi", gives: &[AREA], may_give: &[], items: None, writes: &["ajakan"] }, plain("tak_ada")],
};

/// It wants none.
pub const DECLINE_FOLLOWING: ActionSpec = ActionSpec { name: "ajakan.tolak", args: &[], optional: &[], outcomes: &[plain("ditolak")] };

const NIK: Field = ("nik", Kind::Nik);
const KK: Field = ("kk", Kind::Kk);
/// The neighbour's own number; 0 for none.
pub(super) const PHONE: Field = ("hp", Kind::Id);
/// `ya`: it is a coordinator's neighbour whose appointment this is.
pub(super) const HELPED: Field = ("bantu", Kind::Word);
const SLOT: Field = ("slot", Kind::Id);

/// May this neighbour book? On the coordinator's own budget; a window chosen for the one before is offered again while it has seats.
pub const CHECK_NEIGHBOUR: ActionSpec = ActionSpec {
    name: "kader.periksa",
    args: &[NIK, KK, PHONE],
    optional: &[SLOT],
    outcomes: &[
        OutcomeSpec {
            name: "boleh",
            gives: &[],
            may_give: &[("tempat_id", Kind::Id), ("tempat", Kind::Text(20))],
            items: None,
            writes: &[],
        },
        OutcomeSpec {
            name: "bersama",
            gives: &[("hari", Kind::Day), ("jam", Kind::Window), ("tempat_id", Kind::Id), ("tempat", Kind::Text(20))],
            may_give: &[],
            items: None,
            writes: &[],
        },
        plain("belum_umur"),
        plain("tak_cocok"),
        plain("terkunci"),
        plain("batas"),
    ],
};

/// What is to be sent for something that was done.
#[derive(Debug, Default)]
pub struct Done {
    pub messages: Vec<Message>,
}

/// Somebody who is to be asked something by a screen of the menu.
#[derive(Debug)]
pub struct Asked {
    pub number: Msisdn,
    pub command: &'static str,
    pub values: Vec<(&'static str, Value)>,
}

impl Done {
    fn tell(&mut self, to: Msisdn, template: &'static str, reference: &str, values: Vec<(&'static str, Value)>) {
        self.messages.push(Message { to: Some(to), class: Class::Owed, template, reference: reference.to_owned(), values });
    }

    /// Answers whoever wrote.
    fn answer(to: Msisdn, template: &'static str, values: Vec<(&'static str, Value)>) -> Self {
        let message = Message { to: Some(to), class: Class::Reply, template, reference: template.to_owned(), values };
        Self { messages: vec![message] }
    }
}

fn number(name: &'static str, count: u64) -> (&'static str, Value) {
    (name, Value::Number(u32::try_from(count).unwrap_or(u32::MAX)))
}
