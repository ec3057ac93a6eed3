//! Questions that the registry did not answer in time. It is asked again until it does; the citizen gets exactly one answer, an honest word
//! when it takes longer than an office would, and a last one when we stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Due, RERUNS_MAX, until};
use crate::clock::{Day, Timestamp};
use crate::menu::Value;
use crate::service::caller;
use crate::service::ktp::{self, Entry, Known, Waits};
use crate::service::place::Places;
use crate::store::queue::{self, Class, DueKind, Question};
use crate::store::{Draft, Fault, Key, Space};
use crate::turn::Turns;

/// Questions asked at once: a registry that is slow is not to be buried.
const AT_ONCE: usize = 8;
/// Rows taken in one round. Most of them are only put off when the registry is silent.
const ROWS_A_ROUND: usize = 200;
/// Tries after the question, in minutes; after the last of them every hour.
const TRIES_MINUTES: [u64; 4] = [1, 5, 15, 60];
const HOUR: Duration = Duration::from_secs(3600);
/// No row is put off for longer. One that lies further ahead was left by a clock that ran ahead, and is due.
const AHEAD_MAX: Duration = Duration::from_secs(2 * 3600);
/// Open office hours after which a citizen is told that there still is no answer.
const PROMISED: Duration = Duration::from_secs(4 * 3600);
/// We stop asking: what a citizen wanted to know a week ago they have found out otherwise, and their NIK is not ours to keep.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(7 * 86_400);
/// So soon an answer belongs to what the citizen has just done, at any hour.
const FRESH: Duration = Duration::from_secs(15 * 60);

/// Asks for what is due, and returns how many rows were due.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let rows = rows(due).await?;
    let (front, rest) = rows.split_at(rows.len().min(AT_ONCE));
    let mut asking = JoinSet::new();
    for row in front {
        asking.spawn(ask(Arc::clone(&due.turns), row.clone(), Waits::For(due.settings.patience)));
    }
    let mut silent = 0;
    while let Some(asked) = asking.join_next().await {
        // A task that panicked has changed nothing: its row is due still.
        let Ok((row, known)) = asked else { continue };
        match known? {
            Known::Answered { entry, as_of } => answered(due, &row, entry, as_of).await?,
            Known::Unanswered => {
                silent += 1;
                put_off(due, &row).await?;
            }
        }
    }
    // It says nothing to anybody: the others need not find that out one by one.
    if silent == AT_ONCE {
        for row in rest {
            put_off(due, row).await?;
        }
    }
    Ok(rows.len())
}

/// A row and what it asks.
#[derive(Clone)]
struct Row {
    key: Key,
    question: Question,
}

async fn rows(due: &Due) -> Result<Vec<Row>, Fault> {
    let draft = Draft::new(due.turns.store());
    let now = due.now();
    let mut rows = draft.scan::<queue::Due>(Key::new(Space::Due)..until(now), ROWS_A_ROUND).await?;
    rows.extend(draft.scan::<queue::Due>(queue::Due::from(now.plus(AHEAD_MAX))..Key::after(Space::Due), ROWS_A_ROUND).await?);
    let questions = rows.into_iter().filter_map(|(key, due)| match due.kind {
        DueKind::LateAnswer(question) => Some(Row { key, question }),
        DueKind::NewExport { .. } => None,
    });
    Ok(questions.collect())
}

async fn ask(turns: Arc<Turns>, row: Row, waits: Waits) -> (Row, Result<Known, Fault>) {
    let draft = Draft::new(turns.store());
    let known = ktp::ask(turns.office(), &draft, row.question.nik, row.question.kk, waits).await;
    (row, known)
}

/// One message with the words of the page that the citizen would have seen.
async fn answered(due: &Due, row: &Row, entry: Option<Entry>, as_of: Option<Day>) -> Result<(), Fault> {
    let question = &row.question;
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        if draft.get::<queue::Due>(&row.key).await?.is_none() {
            return Ok(());
        }
        let asking = due.turns.asking(question.number);
        let outcome = ktp::answer(due.turns.office(), &asking, &mut draft, question, entry.clone(), as_of).await?;
        let reader = caller::reader(&draft, question.number, asking.now.day()).await?;
        let page = due.turns.menu().told(reader, ktp::STATUS.name, &outcome, &[("nik", Value::Nik(question.nik))]);
        let values = [("nomor", Value::Code(question.code.clone())), ("isi", Value::Text(page.ok_or(Fault::Call(ktp::STATUS.name))?))];
        let class = if asking.now.since(question.asked) < FRESH { Class::Reply } else { Class::Owed };
        due.leave(&mut draft, question.number, class, &question.code, "jawaban", &values).await?;
        draft.delete(row.key);
        if due.commit(draft).await? {
            return Ok(());
        }
    }
    Err(Fault::Contended)
}

async fn put_off(due: &Due, row: &Row) -> Result<(), Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        let Some(mut stored) = draft.get::<queue::Due>(&row.key).await? else { return Ok(()) };
        let DueKind::LateAnswer(question) = &mut stored.kind else { return Ok(()) };
        let now = due.now();
        question.asked = question.asked.min(now);
        draft.delete(row.key);
        let number = [("nomor", Value::Code(question.code.clone()))];
        match next(&due.turns.office().places, question, now) {
            Next::Again { at, told } => {
                if told {
                    due.leave(&mut draft, question.number, Class::Owed, &question.code, "belum_dijawab", &number).await?;
                    question.told_late = true;
                }
                stored.at = at;
                draft.put(stored.key(), &stored)?;
            }
            Next::GiveUp => {
                ktp::close(&due.turns.asking(question.number), &mut draft, question).await?;
                due.leave(&mut draft, question.number, Class::Owed, &question.code, "tak_dijawab", &number).await?;
            }
        }
        if due.commit(draft).await? {
            return Ok(());
        }
    }
    Err(Fault::Contended)
}

/// What becomes of a question that was not answered.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// `told`: the citizen is told now that it takes longer.
    Again {
        at: Timestamp,
        told: bool,
    },
    GiveUp,
}

fn next(places: &Places, question: &Question, now: Timestamp) -> Next {
    if now.since(question.asked) >= GIVEN_UP_AFTER {
        return Next::GiveUp;
    }
    let promised = places.after_open(question.asked, PROMISED);
    let told = !question.told_late && promised <= now;
    let at = next_try(question.asked, now);
    // Asked once more just before anybody is told.
    Next::Again { at: if question.told_late || told { at } else { at.min(promised) }, told }
}

/// The first of the tries that lies ahead: however many were slept through, there is one.
fn next_try(asked: Timestamp, now: Timestamp) -> Timestamp {
    let early = TRIES_MINUTES.iter().map(|minutes| asked.plus(Duration::from_secs(minutes * 60))).find(|at| *at > now);
    early.unwrap_or_else(|| {
        let hours = now.since(asked).as_secs() / HOUR.as_secs() + 1;
        asked.plus(Duration::from_secs(hours * HOUR.as_secs()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizen::{Msisdn, Nik};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn tries_come_after_1_5_15_and_60_minutes_and_then_every_hour() {
        let asked = at("2026-11-30T09:00");
        for (now, expected) in [
            ("2026-11-30T09:00", "2026-11-30T09:01"),
            ("2026-11-30T09:01", "2026-11-30T09:05"),
            ("2026-11-30T09:05", "2026-11-30T09:15"),
            ("2026-11-30T09:15", "2026-11-30T10:00"),
            ("2026-11-30T10:00", "2026-11-30T11:00"),
            ("2026-11-30T11:00", "2026-11-30T12:00"),
            // Slept through a night.
            ("2026-12-01T06:30", "2026-12-01T07:00"),
            // The clock was set back.
            ("2026-11-29T09:00", "2026-11-30T09:01"),
        ] {
            assert_eq!(next_try(asked, at(now)), at(expected), "{now}");
        }
    }

    #[test]
    fn the_citizen_is_told_once_after_four_office_hours_and_for_the_last_time_after_a_week() {
        let areas = "code,level,name,postcode,latitude,longitude,aliases\n";
        let places = Places::parse(include_str!("../../gateway-config/muba/places.toml"), "tanggal\n2026-12-25,x\n", areas).unwrap();
        let number = Msisdn::parse("+6281200000001").unwrap();
        let nik = Nik::from_number(1_606_094_101_909_999).unwrap();
        // A Friday, eleven o'clock: the office has just closed.
        let mut question = Question { number, nik, kk: None, code: String::new(), asked: at("2026-12-04T11:00"), told_late: false };
        let again = |at_text: &str, told| Next::Again { at: at(at_text), told };
        for (now, told_late, expected) in [
            ("2026-12-04T11:01", false, again("2026-12-04T11:05", false)),
            ("2026-12-06T20:00", false, again("2026-12-06T21:00", false)),
            ("2026-12-07T11:00", false, again("2026-12-07T12:00", false)),
            ("2026-12-07T12:00", false, again("2026-12-07T13:00", true)),
            ("2026-12-09T12:30", false, again("2026-12-09T13:00", true)),
            ("2026-12-09T12:30", true, again("2026-12-09T13:00", false)),
            ("2026-12-11T10:59", true, again("2026-12-11T11:00", false)),
            ("2026-12-11T11:00", true, Next::GiveUp),
            ("2026-12-20T11:00", false, Next::GiveUp),
        ] {
            question.told_late = told_late;
            assert_eq!(next(&places, &question, at(now)), expected, "{now}");
        }
        question.asked = at("2026-11-30T07:30");
        question.told_late = false;
        assert_eq!(next(&places, &question, at("2026-11-30T11:31")), again("2026-11-30T12:00", false), "when the four hours are over");
    }
}
