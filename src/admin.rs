//! The operator's door to a running gateway: `DATA/admin.sock`, for the gateway's own user and root.
//!
//! While a gateway runs it holds the store, so whoever wants something of the records asks it here. One connection, one question: a line
//! of JSON in, for an import the file's bytes after it up to the end of the stream, and lines of JSON out, the last of which is `end`.
//!
//! ```text
//! {"do":"backup","folder":"/var/backups/kentongan/2026-11-28"}
//!                     {"backup":{"format":1,"made":"2026-11-28T02:00:00+07:00","last_commit":4711}}
//!                     {"end":{"exit":"ok","error":null}}
//! ```
//! Where no gateway runs, a command opens the records itself and gets the same [`Reply`]s ([`answer()`]).

mod announce;
mod answer;
mod ask;
mod cluster;
mod door;
mod reply;
mod stops;
mod visit;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::citizen::Msisdn;
use crate::clock::Day;
use crate::intake::BadRows;
use crate::report::Scope;

pub use announce::{Announced, Standing, announce, announcements};
pub use answer::{Here, Running, answer, report_import};
pub use ask::ask;
pub use cluster::{Listed, Noted, clusters, evaluate};
pub use door::Door;
pub use reply::{BadRow, Channel, End, Forgotten, Imported, Reloaded, Reply, Status};
pub use visit::{Visited, Word, visit};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do", deny_unknown_fields)]
pub enum Request {
    /// How it runs.
    Status,
    /// What came and went by each channel.
    Channels,
    /// Reads the menu's files anew.
    Reload,
    /// Reads every record.
    Verify,
    /// Every record, without what identifies a citizen.
    Export,
    /// How well citizens were served.
    Report(Scope),
    /// Into a folder that the gateway's user may write.
    Backup { folder: PathBuf },
    /// The office's export of statuses, which follows.
    Import { bad_rows: BadRows },
    /// What a number had us remember.
    Forget { number: Msisdn },
    /// A route of the mobile unit, which follows.
    StopsImport { dry_run: bool },
    /// Its stops.
    Stops,
    /// Who comes to one.
    StopDay { code: String },
    /// How an appointment ended.
    Visit { code: String, came: Word, missing: Option<String> },
    /// Complaints that are alike.
    Clusters { is_open: bool },
    /// What is done about them.
    Evaluate { code: String, cause: String, action: String, day: Day },
    /// To many, in the languages in which it is written; sent only after another has approved it.
    Announce { to: String, texts: Vec<(String, String)>, by: Msisdn },
    /// How announcements stand.
    Announcements,
}

fn socket(data: &Path) -> PathBuf {
    data.join("admin.sock")
}
