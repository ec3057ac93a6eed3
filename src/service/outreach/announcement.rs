//! An announcement: written by one officer, approved by another, and then on its way.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tree::area;
use super::{Coordinator, Done, Follower, Reach, number};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::gsm::{self, sms};
use crate::menu::Value;
use crate::service::Office;
use crate::service::code::{self, CodeRow};
use crate::service::officer::{Officer, Role};
use crate::store::{Draft, Fault, Key, Record, Space, Stored};

/// What an office may say at once: with what stands around it two parts of a message.
pub(super) const TEXT_SEPTETS_MAX: u8 = 160;
/// What stands around the text in the longest of the three languages, to tell the price by.
const AROUND: &str = "DUKCAPIL MUBA, kangge kader:  Balas 1 menawi sampun diumumake. Mandheg: STOP";
/// Whoever is to approve has so long: news that nobody looked at in two days is old.
const APPROVED_WITHIN: Duration = Duration::from_secs(2 * 86_400);
/// And the sending so long.
const SENT_WITHIN: Duration = Duration::from_secs(7 * 86_400);
/// Kept for the office's own look back, and then not any more.
const KEPT: Duration = Duration::from_secs(365 * 86_400);
/// Records read at a time.
const A_READ: usize = 1_000;
/// Announcements that are looked at: twenty-seven a day for a year.
const LISTED_MAX: usize = 10_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Announcement {
    pub reach: Reach,
    /// By language; whoever reads another one gets the first.
    pub texts: Vec<(String, String)>,
    pub by: Msisdn,
    pub made: Timestamp,
    pub stage: Stage,
    /// Who approved, refused or stopped it.
    pub decided: Option<Msisdn>,
    /// When it was approved.
    pub approved: Option<Timestamp>,
    /// As it was told before it was approved. No more get it, however many there are by then.
    pub audience: u32,
    pub parts: u32,
    /// How far the sending has come: the last key looked at.
    pub(super) after: Option<Vec<u8>>,
    /// The coordinators are done.
    pub(super) is_at_followers: bool,
    pub sent: u32,
    pub acknowledged: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Drafted,
    Sending,
    Refused,
    Halted,
    Done,
    /// Nobody approved it in time, or it could not be sent in time.
    Expired,
}

impl Stage {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Sending => "sending",
            Self::Refused => "refused",
            Self::Halted => "halted",
            Self::Done => "done",
            Self::Expired => "expired",
        }
    }
}

impl Stored for Announcement {
    const SPACE: Space = Space::Announcement;
    const FORMAT: u16 = 1;
}

impl Announcement {
    pub fn key(code: &str) -> Key {
        Key::new(Space::Announcement).with(code.as_bytes())
    }

    /// Every one that is kept and can be read, with its code, oldest first.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn all(draft: &Draft<'_>) -> Result<Vec<(String, Self)>, Fault> {
        let rows = draft.store().scan(Key::new(Space::Announcement)..Key::after(Space::Announcement), LISTED_MAX).await?;
        let code = |key: &Key| key.as_bytes().get(1..).map(|code| String::from_utf8_lossy(code).into_owned());
        let mut all: Vec<(String, Self)> = rows.into_iter().filter_map(|(key, row)| Some((code(&key)?, row.decode().ok()?))).collect();
        all.sort_by_key(|(_, announcement)| announcement.made);
        Ok(all)
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        match (self.stage, self.approved) {
            (Stage::Drafted, _) => now.since(self.made) >= APPROVED_WITHIN,
            (Stage::Sending, Some(approved)) => now.since(approved) >= SENT_WITHIN,
            _ => false,
        }
    }

    /// After this nobody gets it any more, also of what waits to leave.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.approved.map(|approved| approved.plus(SENT_WITHIN))
    }

    pub fn left(self, now: Timestamp) -> Option<Self> {
        (now.since(self.made) < KEPT).then_some(self)
    }

    /// Whom it reaches now, and in how many parts at most. True: more people than were told before.
    pub(super) async fn count(&mut self, draft: &Draft<'_>, now: Timestamp) -> Result<bool, Fault> {
        let people = audience(draft, self.reach, now).await?;
        let parts = self.texts.iter().filter_map(|(_, text)| sms::segment(&format!("{AROUND}{text}")).ok().map(|s| s.parts().len())).max();
        let counted = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut self.audience, counted(people));
        self.parts = counted(people * parts.unwrap_or(1) as u64);
        Ok(self.audience > before)
    }

    fn price(&self, office: &Office, code: &str) -> Vec<(&'static str, Value)> {
        let rupiah = u64::from(self.parts) * u64::from(office.outreach.rupiah_per_part);
        let facts = [number("orang", self.audience.into()), number("bagian", self.parts.into()), number("rupiah", rupiah)];
        [("nomor", Value::Code(code.to_owned())), area(self.reach)].into_iter().chain(facts).collect()
    }

    /// Puts it before somebody who may approve it: every text, since each of them goes out.
    pub(super) fn submit(&self, office: &Office, code: &str, second: Msisdn, done: &mut Done) {
        for (_, text) in &self.texts {
            let text = ("isi", Value::Text(text.clone()));
            done.tell(second, "umum_setuju", code, self.price(office, code).into_iter().chain([text]).collect());
        }
    }

    pub(super) fn text(&self, language: Option<&str>) -> String {
        let own = self.texts.iter().find(|(known, _)| Some(known.as_str()) == language);
        own.or(self.texts.first()).map_or_else(String::new, |(_, text)| text.clone())
    }
}

/// What came of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drafted {
    /// Under this code; who is to approve it was asked.
    Kept(String),
    /// No text, or one that is too long or not of the plain alphabet.
    BadText,
    /// An officer of some kecamatan cannot speak to others.
    NotTheirs,
    /// There is nobody who could approve it but whoever wrote it.
    NoSecond,
}

/// Keeps a draft, tells its author what it will cost, and asks whoever may approve it.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn draft_announcement(
    office: &Office,
    draft: &mut Draft<'_>,
    author: &Officer,
    reach: Reach,
    texts: Vec<(String, String)>,
    now: Timestamp,
) -> Result<(Drafted, Done), Fault> {
    let fits = |text: &str| !text.is_empty() && gsm::septets(text).is_ok_and(|septets| septets <= usize::from(TEXT_SEPTETS_MAX));
    if texts.is_empty() || !texts.iter().all(|(_, text)| fits(text)) {
        return Ok((Drafted::BadText, Done::default()));
    }
    if !author.may_speak_to(reach.district) {
        return Ok((Drafted::NotTheirs, Done::default()));
    }
    if approvers(office, author.number, reach).next().is_none() {
        return Ok((Drafted::NoSecond, Done::default()));
    }
    let code = code::fresh(draft).await?;
    let mut announcement = Announcement {
        reach,
        texts,
        by: author.number,
        made: now,
        stage: Stage::Drafted,
        decided: None,
        approved: None,
        audience: 0,
        parts: 0,
        after: None,
        is_at_followers: false,
        sent: 0,
        acknowledged: 0,
    };
    announcement.count(draft, now).await?;
    draft.put(Announcement::key(&code), &announcement)?;
    draft.put(CodeRow::key(&code), &CodeRow::Announcement)?;
    draft.durable();
    let mut done = Done::default();
    done.tell(author.number, "umum_dicatat", &code, announcement.price(office, &code));
    for second in approvers(office, author.number, reach) {
        announcement.submit(office, &code, second, &mut done);
    }
    Ok((Drafted::Kept(code), done))
}

/// Whom an announcement is put before.
fn approvers(office: &Office, author: Msisdn, reach: Reach) -> impl Iterator<Item = Msisdn> {
    office.officers.all().filter(move |officer| may_approve(officer, author, reach)).map(|officer| officer.number)
}

/// Was the announcement of this code stopped, or is it too late for it? What waits to leave of it does not.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn is_called_off(draft: &Draft<'_>, code: &str) -> Result<bool, Fault> {
    let announcement: Option<Announcement> = draft.peek(&Announcement::key(code)).await?;
    Ok(announcement.is_some_and(|announcement| matches!(announcement.stage, Stage::Halted | Stage::Expired)))
}

/// The second person stands above the officers, speaks to that place, and is not the first one.
pub(super) fn may_approve(officer: &Officer, author: Msisdn, reach: Reach) -> bool {
    matches!(officer.role, Role::Supervisor | Role::Head) && officer.number != author && officer.may_speak_to(reach.district)
}

/// Coordinators of the place hear of it, and those whose kecamatan it lies in.
pub(super) fn concerns(reach: Reach, own: Reach) -> bool {
    reach.holds(own) || own.holds(reach)
}

/// How many people get it, if all of them still want it: one phone is one, whatever it is here.
async fn audience(draft: &Draft<'_>, reach: Reach, now: Timestamp) -> Result<u64, Fault> {
    let mut phones = HashSet::new();
    each(draft, Space::Coordinator, |record| {
        let coordinator = record.decode::<Coordinator>().ok()?;
        coordinator.reach(now).filter(|own| concerns(reach, *own)).map(|_| phones.insert(coordinator.number))
    })
    .await?;
    each(draft, Space::Follower, |record| {
        let follower = record.decode::<Follower>().ok()?;
        (follower.follows(now) && reach.holds(follower.reach)).then(|| phones.insert(follower.number))
    })
    .await?;
    Ok(phones.len() as u64)
}

async fn each(draft: &Draft<'_>, space: Space, mut look: impl FnMut(&Record) -> Option<bool>) -> Result<(), Fault> {
    let mut from = Key::new(space);
    loop {
        let rows = draft.store().scan(from..Key::after(space), A_READ).await?;
        rows.iter().for_each(|(_, record)| {
            let _counted = look(record);
        });
        match rows.last() {
            Some((last, _)) if rows.len() == A_READ => from = last.next(),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_approves_stands_above_speaks_to_the_place_and_did_not_write_it() {
        let number = |at: u64| Msisdn::parse(&format!("+62812000990{at:02}")).unwrap();
        let author = number(1);
        let reach = Reach::of_code("16.06.09.2015").unwrap();
        for (at, role, districts, expected) in [
            (1, Role::Head, vec![], false),
            (2, Role::Officer, vec![9], false),
            (2, Role::Supervisor, vec![], true),
            (2, Role::Supervisor, vec![9], true),
            (2, Role::Supervisor, vec![1], false),
        ] {
            let officer = Officer { number: number(at), role, districts, hours: None };
            assert_eq!(may_approve(&officer, author, reach), expected, "{officer:?}");
        }
    }
}
