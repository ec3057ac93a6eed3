//! Which villages something is for.

use serde::{Deserialize, Serialize};

use super::AREA_SEPTETS_MAX;
use crate::citizen::area::{Area, Names};
use crate::gsm;

/// RTs are numbered up to so many.
const RT_MAX: u16 = 999;
const REGENCY: &str = "16.06";
const REGENCY_NAME: &str = "Musi Banyuasin";
/// How a message names the whole regency.
const WHOLE: [&str; 4] = ["semua", "muba", "musi banyuasin", "kabupaten"];

/// The regency, a kecamatan, a village, or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// 9 is 16.06.09. None: the whole regency.
    pub district: Option<u16>,
    /// 2015 is Muara Medak, of that kecamatan.
    pub village: Option<u16>,
    pub rt: Option<u16>,
}

impl Reach {
    /// `16.06`, `16.06.09` or `16.06.09.2015`, if there is one.
    pub fn of_code(code: &str) -> Option<Self> {
        if code == REGENCY {
            return Some(Self::default());
        }
        let area = Names::muba().by_code(code)?;
        Some(Self::of(area))
    }

    fn of(area: &Area) -> Self {
        let mut parts = area.code.split('.').skip(2).map(|part| part.parse().ok());
        Self { district: parts.next().flatten(), village: parts.next().flatten(), rt: None }
    }

    /// As somebody writes it. `None`: nothing has this name, or several villages do.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        if WHOLE.contains(&text.trim()) {
            return Some(Self::default());
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let mention = Names::muba().find(&words, |_| false);
        match (mention.villages.as_slice(), mention.district) {
            ([village], _) => Some(Self::of(village)),
            ([], Some(district)) => Some(Self::of(district)),
            _ => None,
        }
    }

    /// One step further down from here, as its coordinator writes it: a village of the kecamatan, or an RT of the village.
    pub fn below(self, text: &str) -> Option<Self> {
        if self.village.is_some() {
            let rt = text.to_lowercase().strip_prefix("rt")?.trim().parse().ok().filter(|rt| (1..=RT_MAX).contains(rt))?;
            return self.rt.is_none().then_some(Self { rt: Some(rt), ..self });
        }
        let found = Self::named(text).or_else(|| Self::named(&format!("{text} {}", self.area_name())));
        found.filter(|found| self.holds(*found) && found.village.is_some())
    }

    /// Does all of `other` lie in it?
    pub fn holds(self, other: Self) -> bool {
        let within = |own: Option<u16>, other| own.is_none() || own == other;
        within(self.district, other.district) && within(self.village, other.village) && within(self.rt, other.rt)
    }

    /// `16.06.09.2015`.
    pub fn code(self) -> String {
        match (self.district, self.village) {
            (None, _) => REGENCY.to_owned(),
            (Some(district), None) => format!("{REGENCY}.{district:02}"),
            (Some(district), Some(village)) => format!("{REGENCY}.{district:02}.{village}"),
        }
    }

    /// `Muara Medak`, `Kec. Bayung Lencir`, `RT 3 Muara Medak`.
    pub fn name(self) -> String {
        let name = match (self.rt, self.village, self.district) {
            (Some(rt), _, _) => format!("RT {rt} {}", self.area_name()),
            (None, None, Some(_)) => format!("Kec. {}", self.area_name()),
            _ => self.area_name(),
        };
        gsm::cut(&name, usize::from(AREA_SEPTETS_MAX))
    }

    fn area_name(self) -> String {
        Names::muba().by_code(&self.code()).map_or_else(|| REGENCY_NAME.to_owned(), |area| area.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for (text, code, name) in [
            ("Muara Medak", "16.06.09.2015", "Muara Medak"),
            ("muara medk", "16.06.09.2015", "Muara Medak"),
            ("Bayung Lencir", "16.06.09", "Kec. Bayung Lencir"),
            ("mekar jaya bayung lencir", "16.06.09.2058", "Mekar Jaya"),
            ("SEMUA", "16.06", "Musi Banyuasin"),
        ] {
            let reach = Reach::named(text).unwrap();
            assert_eq!((reach.code().as_str(), reach.name().as_str()), (code, name), "{text}");
            assert_eq!(Reach::of_code(code), Some(reach));
        }
        // Four villages have this name.
        assert_eq!(Reach::named("Mekar Jaya"), None);
        assert_eq!(
            (Reach::named("Jakarta"), Reach::named(""), Reach::of_code("16.07"), Reach::of_code("16.06.99")),
            (None, None, None, None)
        );
    }

    #[test]
    fn a_coordinator_reaches_what_lies_below() {
        let district = Reach::of_code("16.06.09").unwrap();
        let village = Reach::of_code("16.06.09.2015").unwrap();
        let rt = Reach { rt: Some(3), ..village };
        for (above, text, below) in [
            (district, "Muara Medak", Some(village)),
            (district, "Mekar Jaya", Reach::of_code("16.06.09.2058")),
            (district, "Sekayu", None),
            (district, "RT 03", None),
            (village, "RT 03", Some(rt)),
            (village, "rt3", Some(rt)),
            (village, "RT 0", None),
            (village, "Mangsang", None),
            (rt, "RT 4", None),
        ] {
            assert_eq!(above.below(text), below, "{above:?} {text}");
        }
        assert!(Reach::default().holds(rt) && district.holds(village) && village.holds(rt));
        assert!(!village.holds(district) && !rt.holds(village) && !district.holds(Reach::of_code("16.06.01").unwrap()));
    }
}
