//! One test binary for what is tested from outside the library.
#![allow(clippy::disallowed_methods, reason = "tests wait for real sockets")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod announced;
mod bad_aggregator;
mod broken_configs;
mod broken_menus;
mod broken_profiles;
mod clusters;
mod corpora;
mod deadlines;
mod devices;
mod drill;
mod edge;
mod edits;
mod house;
mod late;
mod links;
mod messages;
mod monitoring;
mod month;
mod operator;
mod people;
mod phone;
mod privacy;
mod races;
mod recount;
mod reload;
mod repeats;
mod retention;
mod served;
mod spoken;
mod stops;
mod telcos;
mod thousand;
mod tidy;
mod visits;
