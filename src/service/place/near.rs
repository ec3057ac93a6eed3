//! How far it is from a village to a place where citizens are served.

use std::collections::BTreeMap;

use super::{Place, Places};
use crate::service::mobile_unit::Village;

/// A place on the map, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub latitude: f64,
    pub longitude: f64,
}

/// Where villages and kecamatan lie, by the ministry's codes.
pub(super) type Points = BTreeMap<String, Point>;

/// The earth's mean radius.
const EARTH_KM: f64 = 6_371.0;

impl Point {
    /// As the crow flies: roads and rivers are longer.
    pub fn km_to(self, other: Self) -> f64 {
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let across = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let haversine = half(other.latitude - self.latitude) + across * half(other.longitude - self.longitude);
        2.0 * EARTH_KM * haversine.sqrt().asin()
    }
}

/// From the areas' file; an area without coordinates has no point.
pub(super) fn points(areas: &str) -> Points {
    let point = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let (latitude, longitude) = (cells.get(4)?.trim().parse().ok()?, cells.get(5)?.trim().parse().ok()?);
        Some((cells.first()?.trim().to_owned(), Point { latitude, longitude }))
    };
    areas.lines().filter_map(point).collect()
}

impl Places {
    /// Of a village; of its kecamatan if nobody measured the village.
    pub fn point(&self, village: Village) -> Option<Point> {
        let district = || self.points.get(&format!("16.06.{:02}", village.district()));
        self.points.get(&village.code()).or_else(district).copied()
    }

    /// Offices with how far they are from a village, the nearest first. Where nobody knows how far, the office of its kecamatan alone.
    pub fn by_distance(&self, village: Village) -> Vec<(&Place, Option<f64>)> {
        match self.point(village) {
            Some(from) => self.by_distance_from(from),
            None => self.place(village.district()).map(|place| (place, None)).into_iter().collect(),
        }
    }

    /// Offices that lie somewhere, the nearest first.
    pub fn by_distance_from(&self, from: Point) -> Vec<(&Place, Option<f64>)> {
        let mut places: Vec<(&Place, f64)> = self.places.iter().filter_map(|place| Some((place, from.km_to(place.point?)))).collect();
        places.sort_by(|a, b| a.1.total_cmp(&b.1));
        places.into_iter().map(|(place, km)| (place, Some(km))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn muba() -> Places {
        Places::parse(
            include_str!("../../../gateway-config/muba/places.toml"),
            include_str!("../../../gateway-config/muba/holidays.csv"),
            include_str!("../../../gateway-config/muba/areas.csv"),
        )
        .unwrap()
    }

    #[test]
    fn distances_are_those_of_the_map() {
        let (sekayu, jakarta) = (Point { latitude: -2.88197, longitude: 103.86211 }, Point { latitude: -6.2, longitude: 106.8167 });
        assert!((sekayu.km_to(jakarta) - 493.0).abs() < 2.0, "{}", sekayu.km_to(jakarta));
        assert!(sekayu.km_to(sekayu) < 0.001);
    }

    #[test]
    fn the_nearest_office_comes_first() {
        let places = muba();
        for (village, expected) in
            [("16.06.09.2007", "Kec. Bayung Lencir"), ("16.06.11.2001", "Kec. Lalan"), ("16.06.01.2002", "Dukcapil Sekayu")]
        {
            let near = places.by_distance(Village::by_code(village).unwrap());
            assert_eq!(near.first().map(|(place, _)| place.name.as_str()), Some(expected), "{village}");
            assert_eq!(near.len(), 16);
            assert!(near.is_sorted_by_key(|(_, km)| km.unwrap_or_default()));
        }
    }

    #[test]
    fn a_village_that_nobody_measured_lies_where_its_kecamatan_does() {
        let (places, new) = (muba(), Village::by_code("16.06.02.2016").unwrap());
        assert_eq!(places.by_distance(new).first().map(|(place, _)| place.name.as_str()), Some("Kec. Lais"));
        let blank = Places::parse(include_str!("../../../gateway-config/muba/places.toml"), "tanggal\n2026-12-25,x\n", "code\n").unwrap();
        assert_eq!(blank.by_distance(new).iter().map(|(place, km)| (place.id, *km)).collect::<Vec<_>>(), [(2, None)]);
    }
}
