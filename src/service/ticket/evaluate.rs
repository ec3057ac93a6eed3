//! What is done for a cluster: whoever stands above the officers is told, and reminded until they say what caused it and what is done about
//! it; then whoever complained is told that.

use std::collections::HashSet;
use std::time::Duration;

use super::Done;
use super::cluster::{Cluster, ClusterKey, Evaluation};
use super::record::Ticket;
use super::topic::Topic;
use crate::channel::order::evaluate::{self, Wanted};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::officer::{Officer, Role, Roster, Wish};
use crate::service::place::Places;
use crate::service::{Message, Office, caller};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key};

/// A cluster without an evaluation is on somebody's desk once a week.
const REMINDED_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// As long as there is nobody to tell, it is looked at again.
const NOBODY_PAUSE: Duration = Duration::from_secs(86_400);
/// Complaints looked at in one round: so many messages make a batch that is no burden.
const TOLD_A_ROUND: usize = 50;
/// What is planned for longer ahead is a slip in the year.
const AHEAD_DAYS_MAX: i32 = 366;
/// In place of a kecamatan that is not known.
pub const UNKNOWN: &str = "tak diketahui";
/// Shown to whoever left it out.
const CODE_EXAMPLE: &str = "KODE";

/// Who says what is done about a cluster: the first of these that there is. What is about money is for no officer.
const fn evaluators(topic: Topic, is_overdue: bool) -> &'static [Role] {
    match (topic, is_overdue) {
        (Topic::Extortion, _) => &[Role::Inspector, Role::Head, Role::Supervisor],
        (_, false) => &[Role::Supervisor, Role::Head, Role::Officer],
        (_, true) => &[Role::Head, Role::Supervisor, Role::Officer],
    }
}

fn may(officers: &Roster, officer: &Officer, topic: Topic) -> bool {
    match officer.role {
        Role::Inspector => topic == Topic::Extortion,
        Role::Supervisor | Role::Head => topic != Topic::Extortion || !officers.has(Role::Inspector),
        Role::Officer => topic != Topic::Extortion && !officers.has_superior(),
    }
}

/// What came of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluated {
    Recorded,
    /// No cluster has this code.
    Unknown,
    /// It was said before.
    Already,
    /// Its day lies before the cluster's quarter, or too far ahead.
    Day,
}

/// Records what is done about a cluster, once; whoever complained is told by and by.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn evaluate(
    draft: &mut Draft<'_>,
    code: &str,
    said: evaluate::Evaluation<'_>,
    by: Option<Msisdn>,
    now: Timestamp,
) -> Result<Evaluated, Fault> {
    let Some(mut cluster) = Cluster::named(draft, code).await? else { return Ok(Evaluated::Unknown) };
    if cluster.evaluation.is_some() {
        return Ok(Evaluated::Already);
    }
    if !(cluster.quarter..=now.day().plus(AHEAD_DAYS_MAX)).contains(&said.day) {
        return Ok(Evaluated::Day);
    }
    let before = cluster.next.replace(now);
    cluster.evaluation = Some(Evaluation { cause: said.cause.to_owned(), action: said.action.to_owned(), day: said.day, at: now, by });
    cluster.keep(draft, before)?;
    Ok(Evaluated::Recorded)
}

/// An officer's `EVALUASI`.
pub(super) async fn ordered(
    office: &Office,
    draft: &mut Draft<'_>,
    officer: &Officer,
    code: Option<&str>,
    text: &str,
    now: Timestamp,
    done: &mut Done,
) -> Result<(), Fault> {
    let mut wanted =
        |code: &str, word: &str| done.tell(officer.number, "evaluasi_perlu", code, vec![("perlu", Value::Word(word.to_owned()))]);
    let Some(code) = code else {
        wanted(CODE_EXAMPLE, "kode");
        return Ok(());
    };
    let cluster = Cluster::named(draft, code).await?.filter(|cluster| may(&office.officers, officer, cluster.topic));
    if cluster.is_none() {
        done.tell(officer.number, "bukan_tugas", code, Vec::new());
        return Ok(());
    }
    let said = match evaluate::read(text) {
        Ok(said) => said,
        Err(missing) => {
            wanted(code, missing.word());
            return Ok(());
        }
    };
    match evaluate(draft, code, said, Some(officer.number), now).await? {
        Evaluated::Recorded => done.tell(officer.number, "evaluasi_dicatat", code, Vec::new()),
        Evaluated::Already => done.tell(officer.number, "sudah_tutup", code, Vec::new()),
        Evaluated::Day => wanted(code, Wanted::Day.word()),
        Evaluated::Unknown => done.tell(officer.number, "bukan_tugas", code, Vec::new()),
    }
    Ok(())
}

/// Whatever else an officer writes to a cluster: they are told what it is and what is wanted.
pub(super) async fn shown(office: &Office, draft: &mut Draft<'_>, officer: &Officer, code: &str, done: &mut Done) -> Result<(), Fault> {
    let cluster = Cluster::named(draft, code).await?.filter(|cluster| may(&office.officers, officer, cluster.topic));
    match cluster {
        None => done.tell(officer.number, "bukan_tugas", code, Vec::new()),
        Some(cluster) if cluster.evaluation.is_some() => done.tell(officer.number, "sudah_tutup", code, Vec::new()),
        Some(cluster) => brief(&office.places, &cluster, officer.number, "kelompok", done),
    }
    Ok(())
}

/// Takes a cluster as far as it has to be by now.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn attend_cluster(office: &Office, draft: &mut Draft<'_>, row: &Key, key: ClusterKey, now: Timestamp) -> Result<Done, Fault> {
    let mut done = Done::default();
    let cluster = Cluster::find(draft, key).await?;
    let Some(mut cluster) = cluster.filter(|cluster| cluster.next.is_some()) else {
        draft.delete(*row);
        return Ok(done);
    };
    let before = cluster.next;
    draft.delete(*row);
    cluster.next = match &cluster.evaluation {
        Some(_) => tell_some(draft, &mut cluster, &mut done).await?.then_some(now),
        None => Some(remind(office, &mut cluster, now, &mut done)),
    };
    cluster.keep(draft, before)?;
    Ok(done)
}

/// To whoever stands above the officers, while the offices are open. Gives when it is to be looked at next.
fn remind(office: &Office, cluster: &mut Cluster, now: Timestamp, done: &mut Done) -> Timestamp {
    if let Some((day, hours)) = office.places.opens_next(now) {
        return Timestamp::wib(day, hours.from.cast_signed(), 0);
    }
    let roles = evaluators(cluster.topic, cluster.is_overdue(now));
    let choose = |district| {
        roles.iter().find_map(|role| {
            let wish = Wish { role: *role, district, not: &[], below: usize::MAX };
            office.officers.choose(&office.places, now, wish, |_| 0)
        })
    };
    let Some(number) = choose(cluster.district).or_else(|| choose(None)) else { return now.plus(NOBODY_PAUSE) };
    let template = if cluster.reminded == 0 { "kelompok" } else { "kelompok_ingat" };
    brief(&office.places, cluster, number, template, done);
    cluster.reminded = cluster.reminded.saturating_add(1);
    now.plus(REMINDED_EVERY)
}

fn brief(places: &Places, cluster: &Cluster, to: Msisdn, template: &'static str, done: &mut Done) {
    let values = vec![
        ("jumlah", Value::Number(cluster.count)),
        ("perihal", Value::Text(cluster.topic.word().to_owned())),
        ("tempat", Value::Text(district_name(places, cluster.district))),
    ];
    done.tell(to, template, &cluster.code, values);
}

/// As people call it.
pub fn district_name(places: &Places, district: Option<u16>) -> String {
    match (district, district.and_then(|district| places.place(district))) {
        (None, _) => UNKNOWN.to_owned(),
        (Some(_), Some(place)) => place.name.clone(),
        (Some(district), None) => format!("16.06.{district:02}"),
    }
}

/// To whoever complained, once each: what is done about it. Whoever wanted their number kept secret is not written to. False: all were told.
async fn tell_some(draft: &mut Draft<'_>, cluster: &mut Cluster, done: &mut Done) -> Result<bool, Fault> {
    let Some(evaluation) = &cluster.evaluation else { return Ok(false) };
    let from = usize::try_from(cluster.told).unwrap_or(usize::MAX).min(cluster.tickets.len());
    let until = (from + TOLD_A_ROUND).min(cluster.tickets.len());
    let mut known = HashSet::new();
    for (at, code) in cluster.tickets.iter().enumerate().take(until) {
        let Some(ticket) = draft.peek::<Ticket>(&Ticket::key(code)).await? else { continue };
        let is_new = !ticket.is_anonymous && known.insert(ticket.number);
        if at < from || !is_new || !caller::wants(draft, ticket.number, Class::Notice).await? {
            continue;
        }
        let values = vec![("nomor", Value::Code(code.clone())), ("tindakan", Value::Text(evaluation.action.clone()))];
        let reference = code.clone();
        done.messages.push(Message { to: Some(ticket.number), class: Class::Notice, template: "diperbaiki", reference, values });
    }
    cluster.told = u32::try_from(until).unwrap_or(u32::MAX);
    Ok(until < cluster.tickets.len())
}
