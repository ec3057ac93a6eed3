//! The table of formats of dialogues but the two that the load generator is measured with, which are code ([`super::Telco`]).
//!
//! What is filled in:
//!
//! | name | is |
//! |---|---|
//! | `$id`, `$turn`, `$hop` | the dialogue's id; the same with the number of the turn; that number, from 1 |
//! | `$number`, `$digits` | the phone's: `+6281200000001`, `6281200000001` |
//! | `$code`, `$bare` | the service's: `*123#`, `123` |
//! | `$dialled`, `$inner` | what was dialled: `*123*1#`, `123*1` |
//! | `$whole`, `$grown` | all that was dialled beyond the code and typed since: `1*2`, `*123*1*2#` |
//! | `$last` | what was typed last |
//! | `$iso`, `$daytime`, `$compact`, `$unix` | when it began: `2026-11-30T09:00:00+07:00`, `2026-11-30 09:00:00`, `20261130090000`, seconds since 1970 |
//! | `$cookie` | what the gateway set |
//! | `$username`, `$password`, `$key` | what the telco shows |
//!
//! A telco that does not say what was dialled beyond the code begins at the first page.

mod json;
mod query;
mod sent;
mod xml;

use super::format::Format;

/// Families of rows.
const TABLES: [&[Format]; 4] = [json::FORMATS, query::FORMATS, sent::FORMATS, xml::FORMATS];

pub(super) fn all() -> impl Iterator<Item = &'static Format> {
    TABLES.into_iter().flatten()
}
