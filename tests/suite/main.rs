//! One test binary for what is tested from outside the library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod broken_menus;
mod edits;
mod house;
mod privacy;
mod races;
mod tidy;
