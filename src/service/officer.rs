//! Who answers citizens: the officers, each at a phone of their own, and whom a task goes to.

use std::collections::BTreeMap;

use super::place::{Places, Window};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Officer,
    /// Gets what officers leave lying.
    Supervisor,
    /// Of the office, or of a kecamatan: gets what supervisors leave lying.
    Head,
    /// Alone gets complaints about money that was asked for.
    Inspector,
}

#[derive(Clone, Debug)]
pub struct Officer {
    pub number: Msisdn,
    pub role: Role,
    /// Numbers of kecamatan (9 is 16.06.09). Empty: the whole regency.
    pub districts: Vec<u16>,
    /// On working days. None: whenever the offices are open.
    pub hours: Option<Window>,
}

impl Officer {
    fn is_on_duty(&self, places: &Places, now: Timestamp) -> bool {
        let hour = u8::try_from(now.hour_minute().0).unwrap_or_default();
        places.are_open(now) && self.hours.is_none_or(|hours| (hours.from..hours.to).contains(&hour))
    }

    /// Nobody speaks to people outside their own kecamatan.
    pub fn may_speak_to(&self, district: Option<u16>) -> bool {
        self.districts.is_empty() || district.is_some_and(|district| self.districts.contains(&district))
    }

    fn covers(&self, district: Option<u16>) -> bool {
        self.districts.is_empty() || district.is_none_or(|district| self.districts.contains(&district))
    }
}

/// All of them, in the order of the config, and what they have ready to say, by its name.
#[derive(Clone, Debug, Default)]
pub struct Roster(Vec<Officer>, BTreeMap<String, String>);

/// What stands before the name of a text that is ready to be said.
pub const CANNED: char = '/';

/// Whom a task wants.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'w> {
    pub role: Role,
    /// Where it comes from; unknown is everybody's.
    pub district: Option<u16>,
    /// Who has had it already.
    pub not: &'w [Msisdn],
    /// Who holds so many tasks has no hand free.
    pub below: usize,
}

impl Roster {
    pub const fn new(officers: Vec<Officer>) -> Self {
        Self(officers, BTreeMap::new())
    }

    /// With what they have ready to say.
    #[must_use]
    pub fn with_words(self, words: BTreeMap<String, String>) -> Self {
        Self(self.0, words)
    }

    /// `/syarat besok jam 8`: the text of that name, and what stands behind it. None: there is none of this name.
    pub fn canned(&self, typed: &str) -> Option<String> {
        let (name, rest) =
            typed.strip_prefix(CANNED)?.trim().split_once(char::is_whitespace).unwrap_or((typed.strip_prefix(CANNED)?.trim(), ""));
        let text = self.1.get(&name.to_lowercase())?;
        Some(format!("{text} {}", rest.trim()).trim_end().to_owned())
    }

    /// The names of all such texts.
    pub fn canned_names(&self) -> String {
        let names: Vec<String> = self.1.keys().map(|name| format!("{CANNED}{name}")).collect();
        names.join(", ")
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// As in an office that has named nobody else.
    pub fn keep_only(&mut self, role: Role) {
        self.0.retain(|officer| officer.role == role);
    }

    pub fn all(&self) -> impl Iterator<Item = &Officer> {
        self.0.iter()
    }

    pub fn numbers(&self) -> impl Iterator<Item = Msisdn> {
        self.0.iter().map(|officer| officer.number)
    }

    pub fn find(&self, number: Msisdn) -> Option<&Officer> {
        self.0.iter().find(|officer| officer.number == number)
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.iter().any(|officer| officer.role == role)
    }

    /// Is there anybody whom a complaint about officers can go to?
    pub fn has_superior(&self) -> bool {
        self.0.iter().any(|officer| officer.role != Role::Officer)
    }

    /// How many officers answer at `now`, or when the offices open.
    pub fn answering(&self, places: &Places, now: Timestamp) -> usize {
        let is_shut = !places.are_open(now);
        self.0.iter().filter(|officer| officer.role == Role::Officer && (is_shut || officer.is_on_duty(places, now))).count()
    }

    /// Who is on duty, of officers, and holds the fewest tasks; among equals whoever has the kecamatan as their own, then the first in the config.
    pub fn choose(&self, places: &Places, now: Timestamp, wish: Wish<'_>, held: impl Fn(Msisdn) -> usize) -> Option<Msisdn> {
        let able = self.0.iter().filter(|officer| {
            officer.role == wish.role
                && officer.covers(wish.district)
                && (officer.role != Role::Officer || officer.is_on_duty(places, now))
                && !wish.not.contains(&officer.number)
                && held(officer.number) < wish.below
        });
        able.min_by_key(|officer| (held(officer.number), officer.districts.is_empty())).map(|officer| officer.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_by_its_name_with_what_stands_behind_it() {
        let words = [("syarat", "Bawa KK."), ("tutup", "Sudah selesai.")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let roster = Roster::new(Vec::new()).with_words(words.into());
        for (typed, expected) in [
            ("/syarat", Some("Bawa KK.")),
            ("/ Syarat", Some("Bawa KK.")),
            ("/SYARAT  besok jam 8", Some("Bawa KK. besok jam 8")),
            ("/lain", None),
            ("/", None),
            ("syarat", None),
        ] {
            assert_eq!(roster.canned(typed).as_deref(), expected, "{typed}");
        }
        assert_eq!((roster.canned_names().as_str(), Roster::default().canned_names().as_str()), ("/syarat, /tutup", ""));
    }

    #[test]
    fn a_task_goes_to_who_is_on_duty_has_the_kecamatan_and_holds_least() {
        let places = Places::parse(include_str!("../../gateway-config/muba/places.toml"), "tanggal\n2026-12-25,x\n", "code\n").unwrap();
        let number = |at: u64| Msisdn::parse(&format!("+62812000990{at:02}")).unwrap();
        let officer = |at, districts: &[u16], hours: Option<(u8, u8)>| Officer {
            number: number(at),
            role: Role::Officer,
            districts: districts.to_vec(),
            hours: hours.map(|(from, to)| Window { from, to }),
        };
        let head = Officer { role: Role::Head, ..officer(9, &[], None) };
        let roster = Roster::new(vec![officer(1, &[], None), officer(2, &[9], None), officer(3, &[9, 1], Some((8, 12))), head]);
        let chosen = |now: &str, role, district, not: &[u64], held: &[u64]| {
            let not: Vec<_> = not.iter().map(|at| number(*at)).collect();
            let wish = Wish { role, district, not: &not, below: 2 };
            let count = |whose| held.iter().filter(|at| number(**at) == whose).count();
            roster.choose(&places, Timestamp::parse(now).unwrap(), wish, count)
        };
        let morning = "2026-11-30T09:00";
        for (now, role, district, not, held, expected) in [
            (morning, Role::Officer, Some(9), [].as_slice(), [].as_slice(), Some(2)),
            (morning, Role::Officer, Some(9), &[2], &[], Some(3)),
            (morning, Role::Officer, Some(9), &[], &[2, 3], Some(1)),
            (morning, Role::Officer, Some(1), &[], &[], Some(3)),
            (morning, Role::Officer, Some(4), &[], &[], Some(1)),
            (morning, Role::Officer, None, &[], &[2], Some(3)),
            (morning, Role::Officer, Some(9), &[1], &[2, 2, 3, 3], None),
            ("2026-11-30T12:00", Role::Officer, Some(1), &[], &[], Some(1)),
            ("2026-11-30T15:00", Role::Officer, Some(9), &[], &[], None),
            ("2026-12-05T09:00", Role::Officer, Some(9), &[], &[], None),
            (morning, Role::Head, Some(9), &[], &[], Some(9)),
            // Whoever stands above is told at any hour.
            ("2026-12-05T09:00", Role::Head, Some(9), &[], &[], Some(9)),
            (morning, Role::Inspector, Some(9), &[], &[], None),
        ] {
            assert_eq!(
                chosen(now, role, district, not, held),
                expected.map(number),
                "{now} {role:?} {district:?} not {not:?} held {held:?}"
            );
        }
    }
}
