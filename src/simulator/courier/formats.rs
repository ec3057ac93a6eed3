//! The table of formats of messages but those of the three [`super::Aggregator`]s.
//!
//! What is filled in:
//!
//! | name | is |
//! |---|---|
//! | `$number`, `$digits`, `$zeros` | the phone's: `+6281200000001`, `6281200000001`, `006281200000001` |
//! | `$to` | the short code |
//! | `$text`, `$keyword` | what was written, and its first word |
//! | `$gsm` | what was written, in the codes of the GSM alphabet |
//! | `$id` | the message's; of a report, that of ours |
//! | `$word` | what became of it |
//! | `$iso`, `$daytime`, `$compact`, `$unix`, `$millis` | when: `2026-11-30T09:00:00+07:00`, `2026-11-30 09:00:00`, `20261130090000`, seconds, milliseconds since 1970 |
//! | `$username`, `$password`, `$key` | what the telco shows |

mod form;
mod json;
mod query;
mod xml;

use super::format::Format;

/// Families of rows.
const TABLES: [&[Format]; 4] = [form::FORMATS, json::FORMATS, query::FORMATS, xml::FORMATS];

pub(super) fn all() -> impl Iterator<Item = &'static Format> {
    TABLES.into_iter().flatten()
}
