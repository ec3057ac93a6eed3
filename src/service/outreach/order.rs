//! What officers and coordinators do from their own phones.

use super::announcement::{TEXT_SEPTETS_MAX, may_approve};
use super::people::INVITED_A_DAY_MAX;
use super::tree::{area, dismiss, enrol, invite, last_digits, leave, open_invitation, open_offer};
use super::{Announcement, Asked, Coordinator, Done, Drafted, Reach, Stage, draft_announcement, number};
use crate::channel::order::outreach::{self, Decision, Outreach};
use crate::citizen::Msisdn;
use crate::gsm;
use crate::menu::Value;
use crate::service::code::CodeRow;
use crate::service::officer::Officer;
use crate::service::{Asking, Office};
use crate::store::{Draft, Fault};

/// In place of an area: coordinator no more.
const DISMISSES: &str = "keluar";
/// Of an announcement that came by SMS.
const LANGUAGE: &str = "id";
/// Of a reason, or of a place that nobody knows, so much is told back.
const TOLD_BACK_MAX: usize = 60;

/// Does what a message asks of the outreach. `None`: it asks nothing of it, or its writer may not.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn heard(office: &Office, draft: &mut Draft<'_>, asking: &Asking, text: &str) -> Result<Option<Done>, Fault> {
    let Some(order) = outreach::read(text) else { return Ok(None) };
    match (office.officers.find(asking.number), order) {
        (Some(officer), Outreach::Announce { area, text }) => announce(office, draft, asking, officer, area, text).await.map(Some),
        (Some(officer), Outreach::Decide { code, decision }) => decide(office, draft, asking, officer, &code, decision).await,
        (Some(officer), Outreach::Enrol { number, area }) if area.eq_ignore_ascii_case(DISMISSES) => {
            let Ok(number) = Msisdn::parse(number) else {
                return Ok(Some(Done::answer(asking.number, "nomor_salah", Vec::new())));
            };
            let mut done = Done::answer(asking.number, "kader_diakhiri", vec![last_digits(number)]);
            if dismiss(draft, officer, number, asking.now).await? {
                done.tell(number, "kader_keluar", "", Vec::new());
            }
            Ok(Some(done))
        }
        (Some(officer), Outreach::Enrol { number, area }) => {
            let reach = Reach::named(area).filter(|reach| officer.may_speak_to(reach.district));
            ask_coordinator(office, draft, asking, number, area, reach).await.map(Some)
        }
        (Some(_), Outreach::Invite { .. } | Outreach::Leave) | (None, Outreach::Announce { .. } | Outreach::Decide { .. }) => Ok(None),
        (None, order) => from_coordinator(office, draft, asking, order).await,
    }
}

async fn from_coordinator(office: &Office, draft: &mut Draft<'_>, asking: &Asking, order: Outreach<'_>) -> Result<Option<Done>, Fault> {
    let key = Coordinator::key(asking.number_hash);
    let Some(mut coordinator) = draft.get::<Coordinator>(&key).await? else { return Ok(None) };
    let Some(own) = coordinator.reach(asking.now) else { return Ok(None) };
    let answer = |template, values| Some(Done::answer(asking.number, template, values));
    if order == Outreach::Leave {
        leave(asking, draft).await?;
        return Ok(answer("kader_keluar", Vec::new()));
    }
    if !coordinator.may_invite(asking.now.day()) {
        return Ok(answer("ajak_batas", vec![number("orang", INVITED_A_DAY_MAX.into())]));
    }
    draft.put(key, &coordinator)?;
    match order {
        Outreach::Enrol { number, area } => ask_coordinator(office, draft, asking, number, area, own.below(area)).await.map(Some),
        Outreach::Invite { number } => {
            let Ok(number) = Msisdn::parse(number) else { return Ok(answer("nomor_salah", Vec::new())) };
            invite(office, draft, asking.number, number, own, asking.now).await?;
            Ok(answer("ajak_ditanya", Vec::new()))
        }
        Outreach::Leave | Outreach::Announce { .. } | Outreach::Decide { .. } => Ok(None),
    }
}

/// `reach`: what `area` names, if the writer may name it.
async fn ask_coordinator(
    office: &Office,
    draft: &mut Draft<'_>,
    asking: &Asking,
    number: &str,
    area_typed: &str,
    reach: Option<Reach>,
) -> Result<Done, Fault> {
    let Ok(number) = Msisdn::parse(number) else { return Ok(Done::answer(asking.number, "nomor_salah", Vec::new())) };
    let Some(reach) = reach.filter(|reach| *reach != Reach::default()) else {
        return Ok(Done::answer(asking.number, "wilayah_salah", vec![told_back("tempat", area_typed)]));
    };
    let is_asked = enrol(office, draft, asking.number, number, reach, asking.now).await?;
    let is_officer = office.officers.find(asking.number).is_some();
    Ok(match (is_officer, is_asked) {
        (true, true) => Done::answer(asking.number, "kader_ditanya", vec![area(reach)]),
        (true, false) => Done::answer(asking.number, "kader_tak_bisa", Vec::new()),
        // Whether somebody may be asked is no coordinator's business.
        (false, _) => Done::answer(asking.number, "kader_mungkin", vec![area(reach)]),
    })
}

async fn announce(
    office: &Office,
    draft: &mut Draft<'_>,
    asking: &Asking,
    officer: &Officer,
    area: &str,
    text: &str,
) -> Result<Done, Fault> {
    let answer = |template, values| Done::answer(asking.number, template, values);
    if text.is_empty() {
        return Ok(answer("umum_format", Vec::new()));
    }
    let Some(reach) = Reach::named(area) else { return Ok(answer("wilayah_salah", vec![told_back("tempat", area)])) };
    let texts = vec![(LANGUAGE.to_owned(), text.to_owned())];
    let (drafted, done) = draft_announcement(office, draft, officer, reach, texts, asking.now).await?;
    Ok(match drafted {
        Drafted::Kept(_) => done,
        Drafted::BadText => answer("umum_format", Vec::new()),
        Drafted::NotTheirs => answer("wilayah_salah", vec![told_back("tempat", area)]),
        Drafted::NoSecond => answer("umum_tanpa_kedua", Vec::new()),
    })
}

/// `None`: the code is of something else.
async fn decide(
    office: &Office,
    draft: &mut Draft<'_>,
    asking: &Asking,
    officer: &Officer,
    code: &str,
    decision: Decision<'_>,
) -> Result<Option<Done>, Fault> {
    if draft.peek::<CodeRow>(&CodeRow::key(code)).await? != Some(CodeRow::Announcement) {
        return Ok(None);
    }
    let key = Announcement::key(code);
    let Some(mut announcement) = draft.get::<Announcement>(&key).await? else { return Ok(None) };
    let is_second = may_approve(officer, announcement.by, announcement.reach);
    let is_author = officer.number == announcement.by;
    let name = || vec![("nomor", Value::Code(code.to_owned()))];
    let (stage, template, more) = match (announcement.stage, decision) {
        (Stage::Drafted, Decision::Approve) if is_second && !announcement.is_expired(asking.now) => {
            // Nobody has approved what it costs by now.
            if announcement.count(draft, asking.now).await? {
                draft.put(key, &announcement)?;
                let mut done = Done::default();
                announcement.submit(office, code, officer.number, &mut done);
                return Ok(Some(done));
            }
            announcement.approved = Some(asking.now);
            (Stage::Sending, "umum_disetujui", Vec::new())
        }
        (Stage::Drafted, Decision::Refuse(reason)) if is_second => (Stage::Refused, "umum_ditolak", vec![told_back("keterangan", reason)]),
        (Stage::Drafted | Stage::Sending, Decision::Halt) if is_second || is_author => {
            (Stage::Halted, "umum_dihenti", vec![number("orang", announcement.sent.into())])
        }
        _ => return Ok(Some(Done::answer(officer.number, "umum_bukan", name()))),
    };
    announcement.stage = stage;
    announcement.decided = Some(officer.number);
    draft.put(key, &announcement)?;
    let mut done = Done::answer(officer.number, template, name().into_iter().chain(more.clone()).collect());
    if !is_author {
        done.tell(announcement.by, template, code, name().into_iter().chain(more).collect());
    }
    Ok(Some(done))
}

fn told_back(name: &'static str, typed: &str) -> (&'static str, Value) {
    let plain: String = typed.chars().filter(|c| gsm::septets(c.encode_utf8(&mut [0; 4])).is_ok()).collect();
    let shown = if plain.trim().is_empty() { "-".to_owned() } else { gsm::cut(plain.trim(), TOLD_BACK_MAX) };
    (name, Value::Text(shown))
}

/// A coordinator's bare `1`: the newest announcement was passed on. `None`: none waits for it.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn acknowledge(draft: &mut Draft<'_>, asking: &Asking) -> Result<Option<Done>, Fault> {
    let key = Coordinator::key(asking.number_hash);
    let Some(mut coordinator) = draft.get::<Coordinator>(&key).await?.filter(|known| known.reach(asking.now).is_some()) else {
        return Ok(None);
    };
    let Some(code) = coordinator.take_told(asking.now) else { return Ok(None) };
    draft.put(key, &coordinator)?;
    let key = Announcement::key(&code);
    if let Some(mut announcement) = draft.get::<Announcement>(&key).await? {
        announcement.acknowledged = announcement.acknowledged.saturating_add(1);
        draft.put(key, &announcement)?;
    }
    Ok(Some(Done::answer(asking.number, "umum_terima", vec![("nomor", Value::Code(code))])))
}

/// What this number was asked and has not answered, though the page is gone: it is asked once more.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn open_question(draft: &Draft<'_>, asking: &Asking) -> Result<Option<Asked>, Fault> {
    match open_offer(draft, asking).await? {
        None => open_invitation(draft, asking).await,
        offer => Ok(offer),
    }
}

const _: () = assert!(TOLD_BACK_MAX < TEXT_SEPTETS_MAX as usize);
