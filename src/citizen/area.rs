//! Which area codes stand in front of a NIK, in the whole country, retired ones included.
//!
//! The codes are those of the Ministry of Home Affairs (`16.06` is Musi Banyuasin), not those of Statistics Indonesia. A NIK
//! keeps the area where it was first issued, for life; so an unknown area is a reason to look twice, never to refuse.

mod names;

use std::sync::OnceLock;

pub use names::{Area, Level, Mention, Names};

/// Musi Banyuasin: province 16, regency 06.
pub const MUBA: u16 = 1606;

/// Whether a district code is in the data, and in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum District {
    Current,
    Retired,
    Unknown,
}

/// Is there a province with this two-digit code?
pub fn is_province(code: u8) -> bool {
    province(code).is_some()
}

/// `16` is `Sumatera Selatan`.
pub fn province(code: u8) -> Option<&'static str> {
    areas().provinces.get(usize::from(code)).copied().flatten()
}

/// `1606` is `Kabupaten Musi Banyuasin`. Retired regencies have a name too.
pub fn regency(code: u16) -> Option<&'static str> {
    find(code).map(|regency| regency.name)
}

/// What is known of the six digits in front of a NIK.
pub fn district(prefix6: u32) -> District {
    let (Ok(code), Ok(number)) = (u16::try_from(prefix6 / 100), u8::try_from(prefix6 % 100)) else {
        return District::Unknown;
    };
    match find(code) {
        Some(regency) if regency.current & (1 << number) != 0 => District::Current,
        Some(regency) if regency.retired & (1 << number) != 0 => District::Retired,
        _ => District::Unknown,
    }
}

/// How many district codes the data holds: `(in force, retired)`.
pub fn district_counts() -> (u32, u32) {
    areas()
        .regencies
        .iter()
        .fold((0, 0), |(current, retired), regency| (current + regency.current.count_ones(), retired + regency.retired.count_ones()))
}

struct Areas {
    /// Names by code.
    provinces: [Option<&'static str>; 100],
    /// Ascending by code.
    regencies: Vec<Regency>,
}

struct Regency {
    code: u16,
    name: &'static str,
    /// Bit n: district n is in force. The highest number given out so far is 68, and two digits end at 99.
    current: u128,
    retired: u128,
}

fn find(code: u16) -> Option<&'static Regency> {
    let regencies = &areas().regencies;
    let at = regencies.binary_search_by_key(&code, |regency| regency.code).ok()?;
    regencies.get(at)
}

fn areas() -> &'static Areas {
    static AREAS: OnceLock<Areas> = OnceLock::new();
    AREAS.get_or_init(|| read(include_str!("../../gateway-config/areas/indonesia.txt")))
}

/// Reads the file; its form stands at its head. A line it cannot read is left out: the tests count what must be there.
fn read(file: &'static str) -> Areas {
    let mut areas = Areas { provinces: [None; 100], regencies: Vec::new() };
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let Some((code, rest)) = line.split_once(' ') else { continue };
        let Ok(number) = code.parse::<u16>() else { continue };
        match rest.split_once(':') {
            Some((name, districts)) => {
                let (current, retired) = districts.split_once('/').unwrap_or((districts, ""));
                areas.regencies.push(Regency { code: number, name, current: bits(current), retired: bits(retired) });
            }
            None => {
                if let Some(place) = areas.provinces.get_mut(usize::from(number)) {
                    *place = Some(rest);
                }
            }
        }
    }
    areas.regencies.sort_unstable_by_key(|regency| regency.code);
    areas
}

/// `01-03 07` as bits 1, 2, 3 and 7.
fn bits(ranges: &str) -> u128 {
    let mut bits = 0;
    for range in ranges.split_whitespace() {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last @ ..=99)) = (first.parse::<u8>(), last.parse::<u8>()) {
            for number in first..=last {
                bits |= 1 << number;
            }
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::clock::Day;
    use crate::gsm;

    #[test]
    fn the_whole_country_is_there() {
        assert_eq!(district_counts(), (7285, 594));
        assert_eq!((0..100).filter(|&code| is_province(code)).count(), 38);
        assert_eq!(areas().regencies.len(), 540);
        assert!(areas().regencies.is_sorted_by(|a, b| a.code < b.code), "codes rise and none is twice");
        for regency in &areas().regencies {
            assert!(is_province(u8::try_from(regency.code / 100).unwrap()), "{}", regency.code);
            assert_ne!(regency.current | regency.retired, 0, "{}", regency.code);
            assert_eq!(regency.current & regency.retired, 0, "{}", regency.code);
        }
    }

    #[test]
    fn codes_are_found() {
        assert_eq!(province(16), Some("Sumatera Selatan"));
        assert_eq!(province(99), None);
        assert_eq!(regency(MUBA), Some("Kabupaten Musi Banyuasin"));
        assert_eq!(regency(1600), None);
        for (prefix6, expected) in [
            (160_601, District::Current),
            (160_615, District::Current),
            (160_616, District::Unknown),
            (160_600, District::Unknown),
            (160_699, District::Unknown),
            (110_101, District::Current),
            (910_122, District::Retired),
            (910_123, District::Unknown),
            (927_110, District::Retired),
            (967_110, District::Current),
            (0, District::Unknown),
            (999_999, District::Unknown),
            (u32::MAX, District::Unknown),
        ] {
            assert_eq!(district(prefix6), expected, "{prefix6}");
        }
    }

    fn rows(file: &'static str, header: &[&str]) -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        assert_eq!(reader.headers().unwrap(), header);
        reader.records().map(Result::unwrap).collect()
    }

    #[test]
    fn the_areas_of_muba_agree_with_the_country() {
        let rows = rows(
            include_str!("../../gateway-config/muba/areas.csv"),
            &["code", "level", "name", "postcode", "latitude", "longitude", "aliases"],
        );
        let mut levels = BTreeMap::new();
        let mut spellings = BTreeSet::new();
        let mut codes = BTreeSet::new();
        for row in &rows {
            let (code, level, name) = (&row[0], &row[1], &row[2]);
            *levels.entry(level.to_owned()).or_insert(0) += 1;
            assert!(codes.insert(code.to_owned()), "{code} is twice");
            assert_eq!(gsm::septets(name), Ok(name.len()), "{name}");
            match level {
                "kecamatan" => {
                    let prefix6: u32 = code.replace('.', "").parse().unwrap();
                    assert_eq!(district(prefix6), District::Current, "{code}");
                    for spelling in row[6].split('|').filter(|alias| !alias.is_empty()).chain([name]) {
                        assert!(spellings.insert(spelling.to_lowercase()), "{spelling} means two districts");
                    }
                }
                _ => {
                    assert!(codes.contains(&code[..8]), "{code} has no district above it");
                    assert_eq!(level == "kelurahan", code[9..].starts_with('1'), "{code}");
                    let (latitude, longitude) = (row[4].parse::<f64>(), row[5].parse::<f64>());
                    if let (Ok(latitude), Ok(longitude)) = (latitude, longitude) {
                        assert!((-4.0..-1.0).contains(&latitude) && (103.0..105.5).contains(&longitude), "{code}");
                    }
                    assert!(row[3].len() == 5 && row[3].starts_with("30"), "{code}");
                }
            }
        }
        let expected = [("desa", 229), ("kecamatan", 15), ("kelurahan", 13)].map(|(level, count)| (level.to_owned(), count));
        assert_eq!(levels, BTreeMap::from(expected));
    }

    #[test]
    fn every_status_belongs_to_one_group() {
        let rows = rows(include_str!("../../gateway-config/muba/statuses.csv"), &["code", "group", "aliases"]);
        let groups: BTreeSet<_> = rows.iter().map(|row| row[1].to_owned()).collect();
        let known = "belum_wajib belum_rekam sudah_rekam di_pusat gagal_rekam gagal_daerah ganda \
                     siap_cetak antre_cetak tercetak dikirim diambil nonaktif";
        assert_eq!(groups, known.split_whitespace().map(str::to_owned).collect());
        let mut words = BTreeSet::new();
        for row in &rows {
            for word in row[2].split('|').filter(|word| !word.is_empty()).chain([&row[0]]) {
                assert!(words.insert(word.to_uppercase().replace('_', " ")), "{word} means two statuses");
            }
        }
        assert_eq!(rows.len(), 19);
    }

    #[test]
    fn holidays_are_days_of_two_years_in_order() {
        let rows = rows(include_str!("../../gateway-config/muba/holidays.csv"), &["date", "kind", "name"]);
        let days: Vec<Day> = rows.iter().map(|row| Day::parse(&row[0]).expect(&row[0])).collect();
        assert!(days.is_sorted_by(|a, b| a < b));
        assert_eq!(days.len(), 51);
        for (row, day) in rows.iter().zip(days) {
            assert!(["libur", "cuti"].contains(&&row[1]), "{}", &row[0]);
            assert!((2026..=2027).contains(&day.date().year()));
        }
    }
}
