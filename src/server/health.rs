//! Whether it can serve, part by part. What is degraded serves worse, what is down does not work; and only without its store or a sound
//! clock it serves nobody.

use std::time::Duration;

use super::Server;
use crate::clock::Timestamp;
use crate::due;
use crate::outbox;
use crate::service::Registry;
use crate::service::ktp::Generation;
use crate::store::Draft;

/// Speaks up so long before the holiday file ends: time to get next year's decree.
const HOLIDAY_DAYS_WARN: i32 = 60;
/// What is due is done within seconds; so long after its time something is wrong.
const OVERDUE_WARN: Duration = Duration::from_secs(600);
/// So long no message waits that could leave, but for a channel that is slow or broken.
const OLDEST_WARN: Duration = Duration::from_secs(900);
/// Days until the disk is full: enough to get another one.
const DISK_DAYS_WARN: f64 = 14.0;
/// An export so old says nothing of a card that was printed since: offices export every day or week.
const EXPORT_DAYS_WARN: i32 = 8;

/// What `/readyz` shows.
#[derive(Clone, Debug)]
pub struct Health {
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub struct Part {
    /// `store`, `channel:kannel`.
    pub name: String,
    pub state: State,
    /// What is wrong; empty if nothing is.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ok,
    Degraded,
    Down,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

impl Health {
    pub fn is_ready(&self) -> bool {
        self.state() != State::Down
    }

    /// Of the whole: without any other part it serves somebody.
    pub fn state(&self) -> State {
        let is_down = self.parts.iter().any(|part| part.state == State::Down && matches!(part.name.as_str(), "store" | "clock"));
        match self.parts.iter().map(|part| part.state).max() {
            _ if is_down => State::Down,
            None | Some(State::Ok) => State::Ok,
            Some(State::Degraded | State::Down) => State::Degraded,
        }
    }

    pub fn json(&self) -> serde_json::Value {
        let part = |part: &Part| match part.state {
            State::Ok => serde_json::json!({ "state": "ok" }),
            state => serde_json::json!({ "state": state.name(), "why": part.why }),
        };
        let parts: serde_json::Map<_, _> = self.parts.iter().map(|known| (known.name.clone(), part(known))).collect();
        serde_json::json!({ "state": self.state().name(), "parts": parts })
    }
}

fn part(name: &str, state: State, why: impl FnOnce() -> String) -> Part {
    Part { name: name.to_owned(), state, why: if state == State::Ok { String::new() } else { why() } }
}

fn wrong_if(is_wrong: bool, state: State) -> State {
    if is_wrong { state } else { State::Ok }
}

impl Server {
    /// What could keep it from serving.
    pub async fn health(&self) -> Health {
        let (turns, outbox) = (&self.turns, self.outbox.figures());
        let now = turns.clock().now();
        let mut parts = vec![
            part("store", wrong_if(!turns.store().is_writable(), State::Down), || "not writable".to_owned()),
            part("clock", wrong_if(!turns.clock_is_sound(), State::Down), || "behind a time it has shown: bookings stopped".to_owned()),
            self.registry(now).await,
            self.due().await,
            sending(&outbox),
            holidays(turns.office().places.known_days(now.day())),
            disk(due::days_left(turns.store()).await.unwrap_or_default()),
        ];
        parts.extend(outbox.channels.iter().map(|channel| {
            let name = format!("channel:{}", channel.name);
            part(&name, wrong_if(channel.is_broken, State::Down), || "out of order: it takes no messages".to_owned())
        }));
        Health { parts }
    }

    async fn registry(&self, now: Timestamp) -> Part {
        let silent = || "does not answer: citizens are told later, by SMS".to_owned();
        match &self.turns.office().registry {
            Registry::Http(http) => part("registry", wrong_if(http.is_down(), State::Down), silent),
            Registry::Held(held) if *held.borrow() => part("registry", State::Down, silent),
            Registry::File | Registry::Held(_) => match Draft::new(self.turns.store()).peek::<Generation>(&Generation::key()).await {
                // A store that cannot be read is told of already.
                Err(_) => part("registry", State::Ok, String::new),
                Ok(None) => part("registry", State::Degraded, || "no export was imported".to_owned()),
                Ok(Some(export)) => {
                    let days = now.day().number() - export.as_of.number();
                    part("registry", wrong_if(days >= EXPORT_DAYS_WARN, State::Degraded), || format!("the export is {days} days old"))
                }
            },
        }
    }

    async fn due(&self) -> Part {
        let due = due::figures(&self.turns).await.unwrap_or_default();
        let state = wrong_if(due.overdue > OVERDUE_WARN, State::Degraded);
        part("due", state, || format!("{} things are late, the oldest by {} s", due.waiting, due.overdue.as_secs()))
    }
}

fn sending(outbox: &outbox::Figures) -> Part {
    if outbox.stranded > 0 {
        return part("outbox", State::Degraded, || format!("{} messages wait: no channel reaches their numbers", outbox.stranded));
    }
    let state = wrong_if(outbox.oldest > OLDEST_WARN, State::Degraded);
    part("outbox", state, || format!("a message has waited for {} s", outbox.oldest.as_secs()))
}

fn holidays(days: i32) -> Part {
    match days {
        ..=0 => part("holidays", State::Down, || "the file has ended: nobody can book".to_owned()),
        1..HOLIDAY_DAYS_WARN => part("holidays", State::Degraded, || format!("known for {days} more days: add next year's")),
        _ => part("holidays", State::Ok, String::new),
    }
}

/// Of a disk of which nothing is known yet nothing is said.
fn disk(days_left: Option<f64>) -> Part {
    let state = wrong_if(days_left.is_some_and(|days| days < DISK_DAYS_WARN), State::Degraded);
    part("disk", state, || format!("full in {:.0} days, if it goes on like this", days_left.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(parts: &[(&str, State)]) -> Health {
        Health { parts: parts.iter().map(|(name, state)| part(name, *state, || "why".to_owned())).collect() }
    }

    #[test]
    fn what_is_degraded_is_not_down() {
        use State::{Degraded, Down, Ok};
        for (parts, expected) in [
            (&[("store", Ok), ("clock", Ok), ("registry", Ok)][..], Ok),
            (&[("store", Ok), ("clock", Ok), ("registry", Down)], Degraded),
            (&[("store", Ok), ("channel:kannel", Down)], Degraded),
            (&[("store", Ok), ("holidays", Degraded)], Degraded),
            (&[("store", Down), ("registry", Ok)], Down),
            (&[("store", Ok), ("clock", Down)], Down),
        ] {
            let health = health(parts);
            assert_eq!((health.state(), health.is_ready()), (expected, expected != Down), "{parts:?}");
        }
    }

    #[test]
    fn the_file_of_holidays_and_the_disk_speak_up_in_time() {
        for (days, state) in [(0, State::Down), (1, State::Degraded), (59, State::Degraded), (60, State::Ok)] {
            assert_eq!(holidays(days).state, state, "{days}");
        }
        for (days, state) in [(None, State::Ok), (Some(13.9), State::Degraded), (Some(14.0), State::Ok)] {
            assert_eq!(disk(days).state, state, "{days:?}");
        }
    }
}
