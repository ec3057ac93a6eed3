//! The commands for those who write menus and words: `check`, `explain`.

pub mod check;
pub mod explain;
pub mod journeys;
