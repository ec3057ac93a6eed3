//! Kecamatan and villages by name, as people write them: other spellings, a letter wrong, twins in several kecamatan.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use crate::citizen::spelling;

/// Longest name in words: `Tanjung Agung Timur`, `Bayung Lencir Indah`, `desa` of which the citizen made two.
const NAME_WORDS_MAX: usize = 4;
/// Only so many words of a message are searched for names: a name stands early, and the work stays bounded.
const SEARCHED_WORDS_MAX: usize = 40;
/// From so many letters on, one wrong letter is forgiven: `Lais` and `Lalan` must stay apart.
const NEAR_LETTERS_MIN: usize = 5;
/// From so many letters on, two are.
const NEARER_LETTERS_MIN: usize = 9;
/// A mistake weighs as much as so many letters: `toman bru` is Toman Baru rather than Toman with a word behind it.
const MISTAKE_LETTERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    District,
    Village,
}

/// One kecamatan, kelurahan or desa.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// `16.06.09`, or `16.06.09.2015`.
    pub code: String,
    pub level: Level,
    pub name: String,
    /// Letters only, lower case, numbers as Roman ones; the official name first.
    spellings: Vec<String>,
}

impl Area {
    /// The kecamatan's part of the code.
    pub fn district(&self) -> &str {
        self.code.get(..DISTRICT_CODE).unwrap_or(&self.code)
    }
}

/// All areas of a regency.
#[derive(Clone, Debug)]
pub struct Names {
    areas: Vec<Area>,
    /// The words that names consist of, in small letters.
    words: HashSet<String>,
}

/// Which areas a text names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mention<'a> {
    pub district: Option<&'a Area>,
    /// Several if the name has twins and no kecamatan tells them apart.
    pub villages: Vec<&'a Area>,
}

impl Names {
    /// CSV `code,level,name,postcode,latitude,longitude,aliases` with aliases between `|`. On failure every bad line, by number.
    pub fn parse(csv: &str) -> Result<Self, Vec<String>> {
        let mut areas = Vec::new();
        let mut problems = Vec::new();
        for (at, record) in csv::Reader::from_reader(csv.as_bytes()).records().enumerate() {
            match record.map_err(|error| error.to_string()).and_then(|record| read_area(&record)) {
                Ok(area) => areas.push(area),
                Err(problem) => problems.push(format!("line {}: {problem}", at + 2)),
            }
        }
        if areas.is_empty() {
            problems.push("there is no area".to_owned());
        }
        let words = areas.iter().flat_map(|area| area.name.split_whitespace()).map(str::to_lowercase).collect();
        if problems.is_empty() { Ok(Self { areas, words }) } else { Err(problems) }
    }

    /// Those of Musi Banyuasin, as shipped.
    pub fn muba() -> &'static Self {
        static MUBA: OnceLock<Names> = OnceLock::new();
        MUBA.get_or_init(|| {
            Self::parse(include_str!("../../../gateway-config/muba/areas.csv")).unwrap_or(Self { areas: Vec::new(), words: HashSet::new() })
        })
    }

    pub fn of_level(&self, level: Level) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(move |area| area.level == level)
    }

    pub fn by_code(&self, code: &str) -> Option<&Area> {
        self.areas.iter().find(|area| area.code == code)
    }

    /// Is it, in small letters without spaces, the name of an area?
    pub fn is_name(&self, glued: &str) -> bool {
        self.areas.iter().flat_map(|area| &area.spellings).any(|spelling| spelling == glued)
    }

    /// Is it, in small letters, a word of the name of an area?
    pub fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// The areas named in `words` (lower case). `is_common` words by themselves are no misspelt names: `jalan` is not Lalan.
    pub fn find(&self, words: &[&str], is_common: impl Fn(&str) -> bool) -> Mention<'_> {
        let words = words.get(..SEARCHED_WORDS_MAX).unwrap_or(words);
        let spots = self.spots(words, &is_common);
        let Some(best) = spots.iter().max_by_key(|spot| spot.weight) else { return Mention::default() };
        let there = |level, outside: Option<&Spot<'_>>| {
            let inside = |spot: &&Spot<'_>| spot.area.level == level && outside.is_none_or(|other| spot.is_apart(other));
            let weight = spots.iter().filter(inside).map(|spot| spot.weight).max()?;
            let found: Vec<&Spot<'_>> = spots.iter().filter(inside).filter(|spot| spot.weight == weight).collect();
            Some(found)
        };
        let says_village = best.start.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|word| VILLAGE_WORDS.contains(word));
        let district = there(Level::District, None).and_then(|found| found.first().copied());
        match district {
            Some(district) if district.weight == best.weight && !says_village => {
                let beside = there(Level::Village, Some(district)).unwrap_or_default();
                let inside: Vec<&Area> = areas(&beside).into_iter().filter(|village| village.district() == district.area.code).collect();
                // Spelt right, a village is where they are, and the kecamatan a mistake: the market town is often named for it.
                if inside.is_empty() && beside.iter().any(|spot| spot.is_exact) {
                    return Mention { district: None, villages: areas(&beside) };
                }
                Mention { district: Some(district.area), villages: inside }
            }
            _ => {
                let found = there(Level::Village, None).unwrap_or_default();
                let villages = areas(&found);
                let district = there(Level::District, found.first().copied()).and_then(|found| found.first().map(|spot| spot.area));
                let inside: Vec<&Area> = villages
                    .iter()
                    .copied()
                    .filter(|village| district.is_some_and(|district| village.district() == district.code))
                    .collect();
                if inside.is_empty() { Mention { district: None, villages } } else { Mention { district, villages: inside } }
            }
        }
    }

    /// Every stretch of words that is, or is near, a name.
    fn spots(&self, words: &[&str], is_common: &impl Fn(&str) -> bool) -> Vec<Spot<'_>> {
        let mut spots = Vec::new();
        for start in 0..words.len() {
            let mut typed = String::new();
            for end in start + 1..=(start + NAME_WORDS_MAX).min(words.len()) {
                typed.push_str(&folded(words[end - 1]));
                let alone = end == start + 1;
                let first_is_particle = VILLAGE_WORDS.contains(&words[start]) || words[start].len() < 3;
                let may_err = !(alone && is_common(words[start]) || first_is_particle);
                spots.extend(self.areas.iter().filter_map(|area| spot(area, &typed, start..end, may_err)));
            }
        }
        spots
    }
}

fn areas<'a>(spots: &[&Spot<'a>]) -> Vec<&'a Area> {
    let mut areas: Vec<&Area> = spots.iter().map(|spot| spot.area).collect();
    areas.sort_unstable_by_key(|area| &area.code);
    areas.dedup_by_key(|area| &area.code);
    areas
}

/// A name at a place in the text.
struct Spot<'a> {
    area: &'a Area,
    start: usize,
    end: usize,
    /// Letters, less the mistakes; doubled, and one more for an official name than for another spelling of it.
    weight: usize,
    is_exact: bool,
}

impl Spot<'_> {
    fn is_apart(&self, other: &Spot<'_>) -> bool {
        self.end <= other.start || other.end <= self.start
    }
}

fn spot<'a>(area: &'a Area, typed: &str, place: Range<usize>, may_err: bool) -> Option<Spot<'a>> {
    let weigh = |spelling: &String, is_official: bool| {
        let allowed = match spelling.len() {
            NEARER_LETTERS_MIN.. if may_err => 2,
            NEAR_LETTERS_MIN.. if may_err => 1,
            _ => 0,
        };
        let mistakes = (0..=allowed).find(|&mistakes| spelling::within(spelling, typed, mistakes))?;
        Some(((typed.len().saturating_sub(MISTAKE_LETTERS * mistakes)) * 2 + usize::from(is_official), mistakes == 0))
    };
    let (weight, is_exact) = area.spellings.iter().enumerate().filter_map(|(at, spelling)| weigh(spelling, at == 0)).max()?;
    Some(Spot { area, start: place.start, end: place.end, weight, is_exact })
}

fn read_area(record: &csv::StringRecord) -> Result<Area, String> {
    let cell = |at: usize| record.get(at).unwrap_or_default().trim();
    let level = match (cell(1), cell(0).len()) {
        ("kecamatan", DISTRICT_CODE) => Level::District,
        ("desa" | "kelurahan", VILLAGE_CODE) => Level::Village,
        _ => return Err("no code like 16.06.09 for a kecamatan, or 16.06.09.2015 for a desa or kelurahan".to_owned()),
    };
    let spellings: Vec<String> =
        std::iter::once(cell(2)).chain(cell(6).split('|')).map(spelling_of).filter(|spelling| !spelling.is_empty()).collect();
    if spelling_of(cell(2)).is_empty() {
        return Err("no name".to_owned());
    }
    Ok(Area { code: cell(0).to_owned(), level, name: cell(2).to_owned(), spellings })
}

fn spelling_of(name: &str) -> String {
    name.split_whitespace().map(|word| folded(&word.to_lowercase())).collect()
}

/// Letters of a word; a small number as a Roman one, as both are written: `Ngulak 2`, `Ngulak II`.
fn folded(word: &str) -> String {
    match word {
        "1" => "i".to_owned(),
        "2" => "ii".to_owned(),
        "3" => "iii".to_owned(),
        _ => word.chars().filter(char::is_ascii_alphabetic).collect(),
    }
}

/// What is said before the name of a village, not of a kecamatan.
const VILLAGE_WORDS: [&str; 5] = ["desa", "kelurahan", "kel", "dusun", "kampung"];
/// Characters of `16.06.09`.
const DISTRICT_CODE: usize = 8;
/// Characters of `16.06.09.2015`.
const VILLAGE_CODE: usize = 13;

#[cfg(test)]
mod tests {
    use super::*;

    /// `kec 16.06.09; 2058`, villages by the end of their codes.
    fn found(text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mention = Names::muba().find(&words, |word| ["jalan", "besok", "bulan"].contains(&word));
        let villages: Vec<_> = mention.villages.iter().map(|village| village.code.get(6..).unwrap_or_default()).collect();
        let district = mention.district.map_or_else(String::new, |district| format!("kec {}; ", &district.code[6..]));
        format!("{district}{}", villages.join(" "))
    }

    #[test]
    fn names_as_people_write_them() {
        for (text, expected) in [
            ("mangsang", "09.2007"),
            ("ke desa mangsnag besok", "09.2007"),
            ("mekar jaya", "08.2005 09.2058 11.2027 15.2011"),
            ("mekarjaya bayung lencir", "kec 09; 09.2058"),
            ("bl mekar jaya", "kec 09; 09.2058"),
            ("mekar jaya kec lalan", "kec 11; 11.2027"),
            ("bayung lencir", "kec 09; "),
            ("bl", "kec 09; "),
            ("bayunglencir", "kec 09; "),
            ("kelurahan bayung lencir", "09.1016"),
            ("bayung lencir indah", "09.1065"),
            ("sungai lilin jaya", "07.1030"),
            ("sei lilin", "kec 07; "),
            ("jirak", "15.2001"),
            ("lais utara", "02.2015"),
            ("lais", "kec 02; "),
            ("desa lais", "02.2005"),
            ("teluk kijing 2", "02.2010"),
            ("teluk kijing iii", "02.2011"),
            ("ngulak 1", "05.1016"),
            ("toman bru", "06.2043"),
            ("toman", "06.2008"),
            ("suka jaya", "09.2017 10.2003"),
            ("sukajaya bayung lencir", "kec 09; 09.2017"),
            ("lubuk bintialo", "04.2008"),
            ("lubk bintilo", "04.2008"),
            ("muara medak", "09.2015"),
            ("mangsang sungai lilin", "09.2007"),
            ("di jalan besok", ""),
            ("jakarta", ""),
            ("", ""),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn every_area_is_found_by_its_own_name() {
        for area in &Names::muba().areas {
            let name = area.name.to_lowercase();
            let kind = if area.level == Level::District { "kecamatan" } else { "desa" };
            let words: Vec<&str> = std::iter::once(kind).chain(name.split_whitespace()).collect();
            let mention = Names::muba().find(&words, |_| false);
            let is_named = match area.level {
                Level::District => mention.district == Some(area) || mention.villages.iter().any(|village| village.name == area.name),
                Level::Village => mention.villages.contains(&area),
            };
            assert!(is_named, "{} {name}: {mention:?}", area.code);
        }
        assert_eq!(Names::muba().areas.len(), 257);
    }

    #[test]
    fn a_bad_file_is_refused_by_line() {
        let csv = "code,level,name,postcode,latitude,longitude,aliases\n16.06.09,kecamatan,Bayung,,,,\n16.06,desa,X,,,,\n16.06.09.2001,desa,,,,,\n";
        let problems = Names::parse(csv).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("line 3") && problems[1].starts_with("line 4"), "{problems:?}");
        assert!(Names::parse("code,level,name,postcode,latitude,longitude,aliases\n").is_err());
    }
}
