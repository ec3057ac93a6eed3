//! Kentongan.
pub mod citizen;
pub mod clock;
pub mod gsm;
pub mod menu;
pub mod service;
