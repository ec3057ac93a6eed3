//! What we keep about a phone number: the persons it asked us to remember, how often it asked, its place and its bookings.
//!
//! A number proves nothing by itself: it is bought, lent and sold again. A link is therefore made only after a right NIK and KK
//! digits, and ends after sixty days without use, the time after which an operator may sell the number to somebody else.

mod home;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ktp::WATCH_AGE_MAX;
use super::place::SlotId;
use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::{Day, Timestamp};
use crate::menu::Reader;
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space, Stored};
pub use home::{Home, SEEN_DAYS, arrive, district, note_home, of_place, village};

/// Different persons one number may look up in a day. Enough for a family or a village helper, too few to harvest.
pub const NIKS_A_DAY_MAX: usize = 5;
/// Different persons one number may look up in a calendar month.
pub const NIKS_A_MONTH_MAX: usize = 20;
/// Wrong KK digits one number may type for one NIK in a day.
pub const WRONG_KK_A_DAY_MAX: u8 = 3;
/// Persons one number may have remembered.
pub const LINKS_MAX: usize = 4;
/// Codes that are no booking, typed by one number in a day. A code is not a secret, but it is not to be guessed either.
pub const WRONG_CODES_A_DAY_MAX: u8 = 3;
/// An unused link ends after this time (operators keep a returned number for 60 days before they sell it again).
pub const LINK_AGE_MAX: Duration = Duration::from_secs(60 * 86_400);
/// Persons whose news one number may wait for: as many as it may look up in a day.
const WATCHED_MAX: usize = 5;
/// Days after which no question waits for the registry any more: it is asked for a week.
const LATE_DAYS: i32 = 8;
/// Codes kept for one number, newest first. Older ones can still be cancelled with code and KK digits.
pub const BOOKINGS_MAX: usize = 8;
/// Codes of complaints and requests kept for one number, newest first. More than it may send in a day.
const TICKETS_MAX: usize = 8;

/// The record of one number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Caller {
    links: Vec<Link>,
    asked: Vec<Asked>,
    wrong: Vec<Wrong>,
    wrong_codes: Option<(Day, u8)>,
    /// The person whose KK digits were right, or could not be checked, most recently.
    pub checked: Option<Checked>,
    /// The place booked last.
    pub place: Option<u16>,
    /// Codes of bookings this number made, newest first.
    pub bookings: Vec<String>,
    /// Codes of what this number asked of a human, newest first.
    pub tickets: Vec<String>,
    /// The one seat this number holds while it confirms.
    pub hold: Option<Hold>,
    late: Vec<Late>,
    watched: Vec<Watched>,
    pub wanted: Wanted,
    /// The language chosen, by the name that the menu has for it.
    pub language: Option<String>,
    /// When somebody last read a status or booked from it.
    used: Option<Day>,
    /// The ticket by which it waits for a human or talks to one.
    pub with: Option<String>,
    /// The village chosen last.
    pub home: Option<Home>,
    /// The last day on which anybody dialled or wrote from it.
    pub seen: Option<Day>,
}

/// Which messages a number wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    #[default]
    All,
    NoAnnouncements,
    /// What they ask for from then on, and nothing else.
    RepliesOnly {
        since: Timestamp,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    nik: Nik,
    used: Timestamp,
}

/// A person is kept here as the first eight bytes of the keyed hash: enough to count, useless to read.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    person: u64,
    day: Day,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wrong {
    person: u64,
    day: Day,
    times: u8,
}

/// A question that the registry has not answered yet, by the number it was given.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Late {
    person: u64,
    /// The digits that came with it: with others it is another question.
    kk: Option<KkDigits>,
    day: Day,
    code: String,
}

/// A person whose news this number waits for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Watched {
    person: u64,
    since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    pub person: u64,
    pub day: Day,
    /// False if the registry could not be asked.
    pub sure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub person: [u8; 16],
    pub need: u8,
    pub slot: SlotId,
}

impl Stored for Caller {
    const SPACE: Space = Space::Caller;
    const FORMAT: u16 = 7;

    /// What came later stands at the end and is empty: after 4 the language and who knows the way, after 5 the conversation with a human, after
    /// 6 the village and the day of the last use.
    fn upcast(format: u16, bytes: &[u8]) -> Option<Self> {
        let later: &[u8] = match format {
            4 => &[0; 5],
            5 => &[0; 3],
            6 => &[0; 2],
            _ => return None,
        };
        postcard::from_bytes(&[bytes, later].concat()).ok()
    }
}

impl Caller {
    pub fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Caller).with(&number_hash)
    }

    /// What is left of it by now; None: nothing that still counts. `gone`: codes that are no more.
    pub fn left(mut self, now: Timestamp, gone: &[String]) -> Option<Self> {
        let today = now.day();
        let month = today.date().first_of_month();
        self.links.retain(|link| now.since(link.used) < LINK_AGE_MAX);
        self.asked.retain(|asked| asked.day.date() >= month);
        self.wrong.retain(|wrong| wrong.day >= today);
        self.wrong_codes = self.wrong_codes.filter(|(day, _)| *day >= today);
        self.checked = self.checked.filter(|checked| checked.day >= today);
        self.bookings.retain(|code| !gone.contains(code));
        self.tickets.retain(|code| !gone.contains(code));
        self.with = self.with.filter(|code| !gone.contains(code));
        self.late.retain(|late| late.day.plus(LATE_DAYS) >= today);
        self.watched.retain(|watched| now.since(watched.since) < WATCH_AGE_MAX);
        self.hold = self.hold.filter(|hold| hold.slot.day >= today);
        let is_idle = self.links.is_empty() && self.asked.is_empty() && self.wrong.is_empty() && self.wrong_codes.is_none();
        let is_done = self.bookings.is_empty() && self.tickets.is_empty() && self.late.is_empty() && self.watched.is_empty();
        self.used = self.used.filter(|used| is_recent(*used, today));
        self.seen = self.seen.filter(|seen| today.number() - seen.number() < SEEN_DAYS);
        let is_empty = is_idle && is_done && self.hold.is_none();
        (!is_empty || self.wanted != Wanted::All || self.language.is_some() || self.used.is_some() || self.seen.is_some()).then_some(self)
    }

    /// Who reads what goes to this number.
    pub fn reader(&self, today: Day) -> Reader {
        Reader::new(self.language.as_deref(), self.used.is_some_and(|used| is_recent(used, today)))
    }

    /// Somebody found the way from this number to what they came for.
    pub fn note_used(&mut self, today: Day) {
        self.used = Some(today);
    }

    /// Persons linked and used within [`LINK_AGE_MAX`], in the order they were linked.
    pub fn linked(&self, now: Timestamp) -> impl Iterator<Item = Nik> {
        self.links.iter().filter(move |link| now.since(link.used) < LINK_AGE_MAX).map(|link| link.nik)
    }

    pub fn link_count(&self) -> u64 {
        self.links.len() as u64
    }

    pub fn is_linked(&self, nik: Nik, now: Timestamp) -> bool {
        self.linked(now).any(|linked| linked == nik)
    }

    /// False if this number already has [`LINKS_MAX`] persons.
    pub fn link(&mut self, nik: Nik, now: Timestamp) -> bool {
        self.links.retain(|link| link.nik != nik && now.since(link.used) < LINK_AGE_MAX);
        if self.links.len() >= LINKS_MAX {
            return false;
        }
        self.links.push(Link { nik, used: now });
        true
    }

    /// Notes that a link was used, at most once a day so that reading a status seldom writes. True if it changed.
    pub fn touch(&mut self, nik: Nik, now: Timestamp) -> bool {
        match self.links.iter_mut().find(|link| link.nik == nik) {
            Some(link) if link.used.day() != now.day() => {
                link.used = now;
                true
            }
            _ => false,
        }
    }

    /// Counts a person towards the budget of this number. False if the budget is used up, and then nothing is counted.
    pub fn may_ask(&mut self, person: u64, today: Day) -> bool {
        let month = today.date().first_of_month();
        self.asked.retain(|asked| asked.day.date() >= month);
        if let Some(asked) = self.asked.iter().find(|asked| asked.person == person)
            && asked.day == today
        {
            return true;
        }
        let today_count = self.asked.iter().filter(|asked| asked.day == today).count();
        let known = self.asked.iter().position(|asked| asked.person == person);
        if today_count >= NIKS_A_DAY_MAX || known.is_none() && self.asked.len() >= NIKS_A_MONTH_MAX {
            return false;
        }
        match known {
            Some(at) => self.asked[at].day = today,
            None => self.asked.push(Asked { person, day: today }),
        }
        true
    }

    pub fn is_locked(&self, person: u64, today: Day) -> bool {
        self.wrong.iter().any(|wrong| wrong.person == person && wrong.day == today && wrong.times >= WRONG_KK_A_DAY_MAX)
    }

    pub fn note_wrong(&mut self, person: u64, today: Day) {
        self.wrong.retain(|wrong| wrong.day == today);
        match self.wrong.iter_mut().find(|wrong| wrong.person == person) {
            Some(wrong) => wrong.times = wrong.times.saturating_add(1),
            None => self.wrong.push(Wrong { person, day: today, times: 1 }),
        }
    }

    /// The number under which today's question about this person is kept already: asked again, or once more than digits may be tried, it is
    /// the same question.
    pub fn late_code(&self, person: u64, kk: Option<KkDigits>, today: Day) -> Option<&str> {
        let kept: Vec<&Late> = self.late.iter().filter(|late| late.person == person && late.day == today).collect();
        let same = kept.iter().find(|late| late.kk == kk);
        same.or(kept.last().filter(|_| kept.len() >= usize::from(WRONG_KK_A_DAY_MAX))).map(|late| late.code.as_str())
    }

    pub fn note_late(&mut self, person: u64, kk: Option<KkDigits>, today: Day, code: &str) {
        self.late.retain(|late| late.day.plus(LATE_DAYS) >= today);
        self.late.push(Late { person, kk, day: today, code: code.to_owned() });
    }

    /// True if it was known.
    pub fn forget_late(&mut self, code: &str) -> bool {
        let before = self.late.len();
        self.late.retain(|late| late.code != code);
        self.late.len() != before
    }

    /// False if this number already waits for news of `WATCHED_MAX` persons.
    pub fn watch(&mut self, person: u64, now: Timestamp) -> bool {
        self.watched.retain(|watched| watched.person != person && now.since(watched.since) < WATCH_AGE_MAX);
        if self.watched.len() >= WATCHED_MAX {
            return false;
        }
        self.watched.push(Watched { person, since: now });
        true
    }

    /// Persons whose news this number waits for.
    pub fn watched(&self, now: Timestamp) -> impl Iterator<Item = u64> {
        self.watched.iter().filter(move |watched| now.since(watched.since) < WATCH_AGE_MAX).map(|watched| watched.person)
    }

    /// Questions that the registry has not answered yet, as far as we keep count of them here.
    pub fn questions(&self) -> usize {
        self.late.len()
    }

    fn wants(&self, class: Class) -> bool {
        match self.wanted {
            Wanted::All => true,
            Wanted::NoAnnouncements => class != Class::Bulk,
            Wanted::RepliesOnly { .. } => is_always_wanted(class),
        }
    }

    /// The class of a person's news: who asks for it after having stopped everything wants it all the same.
    pub fn class_of_news(&self, person: u64) -> Class {
        let asked_after = |since| self.watched.iter().any(|watched| watched.person == person && watched.since > since);
        match self.wanted {
            Wanted::RepliesOnly { since } if asked_after(since) => Class::Owed,
            _ => Class::Notice,
        }
    }

    /// Was everything stopped at this time or later, and not begun again?
    pub fn has_stopped_since(&self, time: Timestamp) -> bool {
        matches!(self.wanted, Wanted::RepliesOnly { since } if since >= time)
    }

    /// No news of a person any more. True if this number waited for some.
    pub fn unwatch(&mut self, person: u64) -> bool {
        let before = self.watched.len();
        self.watched.retain(|watched| watched.person != person);
        self.watched.len() != before
    }

    /// Forgets whom and what it remembered. What was stopped stays stopped, and what limits guessing counts on.
    pub fn forget(&mut self) {
        self.links.clear();
        self.watched.clear();
        self.checked = None;
        self.place = None;
        self.language = None;
        self.used = None;
        self.home = None;
        self.seen = None;
    }

    pub fn may_try_code(&self, today: Day) -> bool {
        self.wrong_codes.is_none_or(|(day, times)| day != today || times < WRONG_CODES_A_DAY_MAX)
    }

    pub fn note_wrong_code(&mut self, today: Day) {
        let times = self.wrong_codes.filter(|(day, _)| *day == today).map_or(0, |(_, times)| times);
        self.wrong_codes = Some((today, times.saturating_add(1)));
    }

    pub fn add_ticket(&mut self, code: &str) {
        self.tickets.insert(0, code.to_owned());
        self.tickets.truncate(TICKETS_MAX);
    }

    pub fn add_booking(&mut self, code: &str) {
        self.bookings.insert(0, code.to_owned());
        self.bookings.truncate(BOOKINGS_MAX);
    }
}

const fn is_always_wanted(class: Class) -> bool {
    matches!(class, Class::Reply | Class::Owed)
}

/// After so long it may be somebody else's number.
fn is_recent(used: Day, today: Day) -> bool {
    u64::try_from(today.number() - used.number()).is_ok_and(|days| Duration::from_secs(days * 86_400) < LINK_AGE_MAX)
}

/// Does a number want messages of a class?
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn wants(draft: &Draft<'_>, number: Msisdn, class: Class) -> Result<bool, Fault> {
    Ok(is_always_wanted(class) || of(draft, number).await?.wants(class))
}

/// Who reads what goes to a number. A record that cannot be read keeps nobody from reading in the first language.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn reader(draft: &Draft<'_>, number: Msisdn, today: Day) -> Result<Reader, Fault> {
    match of(draft, number).await {
        Err(Fault::Corrupt | Fault::Format(_) | Fault::Sealed) => Ok(Reader::default()),
        caller => Ok(caller?.reader(today)),
    }
}

/// What is kept about a number.
async fn of(draft: &Draft<'_>, number: Msisdn) -> Result<Caller, Fault> {
    let number_hash = draft.number_hash(number);
    Ok(draft.peek(&Caller::key(number_hash)).await?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
