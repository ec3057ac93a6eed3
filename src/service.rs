//! What the registry can do for a citizen: actions that a menu calls by name.
pub mod appointment;
pub mod ktp;

use crate::menu::ActionSpec;

/// Every action a menu may call.
pub const SPECS: &[&ActionSpec] = &[
    &ktp::LINKS, &ktp::STATUS, &ktp::REMEMBER,
    &appointment::MINE, &appointment::CHECK, &appointment::DISTRICTS, &appointment::VILLAGE, &appointment::CAPITAL, &appointment::SLOTS,
    &appointment::HOLD, &appointment::BOOK, &appointment::RELEASE, &appointment::CANCEL,
];
