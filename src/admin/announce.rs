//! Announcements from the command line: drafted there, approved by phone like every other.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::citizen::Msisdn;
use crate::service::outreach::{self, Announcement, Drafted, Reach};
use crate::store::{CommitError, Draft, Fault, Store};
use crate::turn::Turns;

/// Times a batch is tried again because turns changed what it had read.
const RERUNS_MAX: usize = 5;

/// What came of a draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "announce")]
pub enum Announced {
    Drafted { code: String },
    UnknownArea,
    UnknownOfficer,
    NotTheirs,
    BadText,
    NoSecond,
}

impl fmt::Display for Announced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drafted { code } => write!(f, "{code}: drafted; whoever may approve it was asked by SMS, and its author told the price"),
            Self::UnknownArea => f.write_str("no such area: 16.06 is the regency, 16.06.09 a kecamatan, 16.06.09.2015 a village"),
            Self::UnknownOfficer => f.write_str("no officer has this number: [people] in the config names them"),
            Self::NotTheirs => f.write_str("this officer speaks to their own kecamatan only"),
            Self::BadText => f.write_str("each text has one letter at least, 160 at most, all of the plain alphabet"),
            Self::NoSecond => f.write_str("there is no supervisor or head besides its author who could approve it"),
        }
    }
}

/// How one stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    pub code: String,
    pub area: String,
    pub stage: String,
    pub made: String,
    /// People and parts of messages, as told before it was approved.
    pub audience: u32,
    pub parts: u32,
    pub sent: u32,
    /// Coordinators who say that they passed it on.
    pub acknowledged: u32,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, area, stage, made, audience, sent, acknowledged, .. } = self;
        write!(f, "{code} {made} {area:<13} {stage:<8} sent to {sent} of {audience}, passed on by {acknowledged}")
    }
}

/// Drafts one for an officer.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn announce(turns: &Turns, to: &str, texts: &[(String, String)], by: Msisdn) -> Result<Announced, Fault> {
    let office = turns.office();
    let Some(reach) = Reach::of_code(to) else { return Ok(Announced::UnknownArea) };
    let Some(author) = office.officers.find(by) else { return Ok(Announced::UnknownOfficer) };
    for _ in 0..=RERUNS_MAX {
        let (mut draft, now) = (Draft::new(turns.store()), turns.clock().now());
        let (drafted, done) = outreach::draft_announcement(office, &mut draft, author, reach, texts.to_vec(), now).await?;
        turns.pass_on(&mut draft, done, now).await?;
        match turns.store().commit(draft.into_batch()).await {
            Ok(()) => {
                return Ok(match drafted {
                    Drafted::Kept(code) => Announced::Drafted { code },
                    Drafted::BadText => Announced::BadText,
                    Drafted::NotTheirs => Announced::NotTheirs,
                    Drafted::NoSecond => Announced::NoSecond,
                });
            }
            Err(CommitError::Conflict) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Contended)
}

/// All that are kept, oldest first.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn announcements(store: &Store) -> Result<Vec<Standing>, Fault> {
    let standing = |(code, announcement): (String, Announcement)| Standing {
        code,
        area: announcement.reach.code(),
        stage: announcement.stage.word().to_owned(),
        made: announcement.made.to_string(),
        audience: announcement.audience,
        parts: announcement.parts,
        sent: announcement.sent,
        acknowledged: announcement.acknowledged,
    };
    Ok(Announcement::all(&Draft::new(store)).await?.into_iter().map(standing).collect())
}
