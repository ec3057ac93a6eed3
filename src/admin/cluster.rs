//! Complaints that are alike, and what is done about them, as somebody at the office says it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::channel::order::evaluate::Evaluation;
use crate::clock::Timestamp;
use crate::service::place::Places;
use crate::service::ticket::{self, Cluster, Evaluated};
use crate::store::{CommitError, Draft, Fault, Store, Stored};

/// Times a batch is tried again because turns changed what it had read.
const RERUNS_MAX: usize = 5;

/// A cluster as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listed {
    pub code: String,
    /// The first day of its quarter.
    pub quarter: String,
    pub district: String,
    pub topic: String,
    pub complaints: u32,
    pub found: String,
    /// How often somebody was told of it.
    pub reminded: u16,
    pub is_overdue: bool,
    pub evaluation: Option<Said>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Said {
    pub cause: String,
    pub action: String,
    pub day: String,
    pub at: String,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, quarter, district, topic, complaints, .. } = self;
        write!(f, "{code}  {quarter}  {district:<20} {topic:<8} {complaints:>4} complaints  ")?;
        match &self.evaluation {
            Some(said) => write!(f, "recorded {}: {}; {}; {}", &said.at.get(..10).unwrap_or_default(), said.cause, said.action, said.day),
            None if self.is_overdue => {
                write!(f, "OVERDUE since {}, told {} times", &self.found.get(..10).unwrap_or_default(), self.reminded)
            }
            None => write!(f, "open since {}, told {} times", &self.found.get(..10).unwrap_or_default(), self.reminded),
        }
    }
}

/// Every cluster, newest quarter first; of those the open ones first.
///
/// # Errors
/// A [`Fault`] of the store.
pub fn clusters(store: &Store, places: &Places, now: Timestamp) -> Result<Vec<Listed>, Fault> {
    let mut found: Vec<Cluster> = Vec::new();
    store.export(&mut |key, record| {
        if key.as_bytes().first() == Some(&(Cluster::SPACE as u8)) && Cluster::is_at(key) {
            found.extend(record.decode::<Cluster>().ok().filter(|cluster| cluster.found.is_some()));
        }
    })?;
    found.sort_by_key(|cluster| (std::cmp::Reverse(cluster.quarter), cluster.evaluation.is_some(), cluster.found));
    let listed = |cluster: Cluster| Listed {
        is_overdue: cluster.is_overdue(now),
        quarter: cluster.quarter.to_string(),
        district: ticket::district_name(places, cluster.district),
        topic: cluster.topic.word().to_owned(),
        complaints: cluster.count,
        found: cluster.found.map(|found| found.to_string()).unwrap_or_default(),
        reminded: cluster.reminded,
        evaluation: cluster.evaluation.map(|said| Said {
            cause: said.cause,
            action: said.action,
            day: said.day.to_string(),
            at: said.at.to_string(),
        }),
        code: cluster.code,
    };
    Ok(found.into_iter().map(listed).collect())
}

/// What came of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noted {
    Recorded,
    Unknown,
    Already,
    WrongDay,
}

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recorded => "recorded; whoever complained is told",
            Self::Unknown => "no cluster has this code",
            Self::Already => "it was recorded before",
            Self::WrongDay => "the day lies before the complaints, or more than a year ahead",
        })
    }
}

/// Records an evaluation, by nobody in particular.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn evaluate(store: &Store, code: &str, said: Evaluation<'_>, now: Timestamp) -> Result<Noted, Fault> {
    let code = crate::citizen::code::read(code).unwrap_or_default();
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(store);
        let evaluated = ticket::evaluate(&mut draft, &code, said, None, now).await?;
        match store.commit(draft.into_batch()).await {
            Ok(()) => {
                return Ok(match evaluated {
                    Evaluated::Recorded => Noted::Recorded,
                    Evaluated::Unknown => Noted::Unknown,
                    Evaluated::Already => Noted::Already,
                    Evaluated::Day => Noted::WrongDay,
                });
            }
            Err(CommitError::Conflict) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Contended)
}
