//! Stops of the mobile unit, and who waits for one.

use serde_json::{Value, json};

use crate::service::mobile_unit::{Home, Stop, StopState, Village, Waiter, Way};
use crate::store::Key;

pub(super) fn stop(key: &Key, stop: &Stop) -> Value {
    let (state, reason) = match stop.state {
        StopState::Planned => ("planned", None),
        StopState::Published => ("published", None),
        StopState::Cancelled(reason) => ("cancelled", Some(reason.word())),
    };
    json!({
        "space": "stop",
        "place_id": Stop::place(key),
        "code": stop.code,
        "village": stop.village.code(),
        "place": stop.label(),
        "day": stop.day.to_string(),
        "from": stop.hours.from,
        "to": stop.hours.to,
        "seats": stop.seats_in_all(),
        "kits": stop.kits,
        "way": match stop.way {
            Way::Road => "road",
            Way::Boat => "boat",
        },
        "state": state,
        "reason": reason,
        "settling": stop.is_settling,
        "claims": stop.claims.len(),
        "by4": stop.by.map(|officer| format!("{:04}", officer.number() % 10_000)),
    })
}

pub(super) fn waiter(key: &Key, waiter: &Waiter) -> Value {
    json!({
        "space": "queue",
        "village": Waiter::village(key).map(Village::code),
        "number4": format!("{:04}", waiter.number.number() % 10_000),
        "since": waiter.since.to_string(),
        "home": waiter.home.map(Home::word),
        "seats": waiter.seats,
        "first": waiter.is_first,
    })
}
