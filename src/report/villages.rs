//! A3: in how many villages of each kecamatan the mobile unit was. It is about places, so no cell is too small to be shown.

use std::collections::BTreeSet;

use super::cells::ALL;
use super::{Line, Scope};
use crate::clock::{Day, Timestamp};
use crate::service::mobile_unit::{Stop, Village};
use crate::service::place::Places;

/// Days before the end of what is asked for, in which a stop counts: a year.
const DAYS: i32 = 365;

/// A row of all kecamatan together, and one of each.
pub(super) fn lines<'s>(stops: impl Iterator<Item = &'s Stop>, places: &Places, scope: &Scope, now: Timestamp) -> Vec<Line> {
    // A stop has been held once its day is over.
    let last = scope.to.min(now.day().plus(-1));
    let visited: BTreeSet<Village> = stops.filter(|stop| is_held(stop, last)).map(|stop| stop.village).collect();
    let villages: Vec<Village> = Village::all().collect();
    let districts: BTreeSet<u16> = villages.iter().map(|village| village.district()).collect();
    let mut lines = Vec::new();
    if scope.district.is_none() {
        lines.push(line(ALL.to_owned(), &villages, &visited));
    }
    for district in districts.into_iter().filter(|district| scope.district.is_none_or(|wanted| wanted == *district)) {
        let inside: Vec<Village> = villages.iter().copied().filter(|village| village.district() == district).collect();
        let name = places.place(district).map_or_else(|| format!("16.06.{district:02}"), |place| place.name.clone());
        lines.push(line(name, &inside, &visited));
    }
    lines
}

fn is_held(stop: &Stop, last: Day) -> bool {
    stop.is_held() && last.plus(-DAYS) < stop.day && stop.day <= last
}

#[expect(clippy::cast_precision_loss, reason = "a regency has hundreds of villages")]
fn line(district: String, villages: &[Village], visited: &BTreeSet<Village>) -> Line {
    let reached = villages.iter().filter(|village| visited.contains(village)).count();
    let share = (!villages.is_empty()).then(|| (reached as f64 * 1000.0 / villages.len() as f64).round() / 10.0);
    Line {
        indicator: "A3".to_owned(),
        name: "Desa terjangkau keliling".to_owned(),
        unit: "persen".to_owned(),
        formula: "desa dengan pelayanan keliling dalam 12 bulan / semua desa dan kelurahan".to_owned(),
        district,
        value: share,
        of: Some(villages.len() as u64),
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::mobile_unit::{Reason, StopState, Way};
    use crate::service::place::Window;

    #[test]
    fn villages_count_once_for_a_stop_that_was_held_within_a_year() {
        let stop = |village: &str, day: &str, state| Stop {
            code: String::new(),
            village: Village::by_code(village).unwrap(),
            spot: "Balai Desa".to_owned(),
            day: Day::parse(day).unwrap(),
            hours: Window { from: 8, to: 12 },
            minutes: 10,
            kits: 1,
            way: Way::Road,
            state,
            is_settling: false,
            was_begun: false,
            claims: Vec::new(),
            by: None,
        };
        let broken_off = Stop { was_begun: true, ..stop("16.06.11.2001", "2026-11-05", StopState::Cancelled(Reason::Kit)) };
        let stops = [
            broken_off,
            stop("16.06.09.2007", "2026-11-02", StopState::Published),
            stop("16.06.09.2007", "2026-10-02", StopState::Published),
            stop("16.06.11.2027", "2025-12-01", StopState::Published),
            // A day too old, cancelled, only planned, and of today: none of these was held within the year.
            stop("16.06.09.2015", "2025-11-30", StopState::Published),
            stop("16.06.09.2015", "2026-11-03", StopState::Cancelled(Reason::Weather)),
            stop("16.06.09.2015", "2026-11-04", StopState::Planned),
            stop("16.06.09.2015", "2026-12-01", StopState::Published),
        ];
        let places = Places::parse(include_str!("../../gateway-config/muba/places.toml"), "tanggal\n2026-12-25,x\n", "code\n").unwrap();
        let now = Timestamp::parse("2026-12-01T09:00").unwrap();
        let scope = Scope { from: Day::parse("2026-11-01").unwrap(), to: Day::parse("2026-12-31").unwrap(), district: None };
        let all = lines(stops.iter(), &places, &scope, now);
        let of = |name: &str| all.iter().find(|line| line.district == name).map(|line| (line.value.unwrap(), line.of.unwrap()));
        assert_eq!((all.len(), of(ALL)), (16, Some((1.2, 242))));
        let bayung = lines(stops.iter(), &places, &Scope { district: Some(9), ..scope }, now);
        assert_eq!(bayung.len(), 1);
        assert_eq!(of("Kec. Bayung Lencir"), bayung[0].value.zip(bayung[0].of));
        assert!(bayung[0].value.unwrap() > 0.0 && of("Kec. Lais").unwrap().0 == 0.0);
    }
}
