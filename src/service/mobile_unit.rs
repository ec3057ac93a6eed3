//! The mobile unit: a car or a boat that brings the registry to a village which is a day's journey away from it.
//!
//! - `stop`: a visit to a village. It is a place with seats, so everything that appointments can do they do there too.
//! - `plan`, `order`, `route`: how officers make stops, publish them, and say that one cannot be kept.
//! - `timetable`: what a citizen sees of that.
//! - `waiting`: who waits for a stop in their village.
//! - `invite`: how they are invited once there is one.
//! - `day`: the list for the crew.
//! - `settle`: what becomes of those who lose a seat.
//! - `village`: which villages there are.

mod day;
mod invite;
mod order;
mod plan;
mod route;
mod settle;
mod stop;
mod timetable;
mod village;
mod waiting;

pub use day::{DayList, HomeVisit, Person, Summary, day_list, summaries};
pub use invite::{Invitation, invite, to_be_asked, whom_to_invite};
pub use order::obey;
pub use route::{BadLine, plan_route};
pub use settle::{close, resettle, uninvite};
pub use stop::{Claim, Reason, STOPS_FROM, Stop, StopState, Way};
pub use timetable::{JOIN, LEAVE, TIMETABLE, VILLAGE_NAMED};
pub(super) use timetable::{join, leave, timetable, village_named};
pub use village::{Named, Village};
pub use waiting::{Home, Waiter};
