//! By whom citizens heard of us.

use super::Scope;
use super::indicators::{Fact, Indicator, Measure};
use crate::clock::Timestamp;
use crate::service::outreach::Told;
use crate::service::place::Places;

pub(super) const FROM_THE_VILLAGE: Indicator = Indicator {
    id: "A9",
    name: "Tahu dari kades atau RT",
    unit: "persen",
    formula: "jawaban kades/RT / jawaban tahu dari siapa, sekali per nomor sesudah janji pertama",
    measure: Measure::Share,
    sample: from_the_village,
};

fn from_the_village(fact: &Fact<'_>, _: &Places, scope: &Scope, _: Timestamp) -> Option<f64> {
    let Fact::Source(source) = fact else { return None };
    let (told, at) = source.told?;
    scope.holds(at).then(|| f64::from(u8::from(told == Told::Head)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Day;
    use crate::demo;
    use crate::service::outreach::Source;

    #[test]
    fn the_share_is_of_those_who_answered_and_few_are_hidden() {
        let day = Day::parse("2026-11-30").unwrap();
        let at = Timestamp::wib(day, 9, 0);
        let source = |person: u64, district, told: Option<Told>, days: i32| {
            let mut source = Source::new(person, Some(district), at, at);
            source.told = told.map(|told| (told, Timestamp::wib(day.plus(days), 9, 0)));
            source
        };
        let mut sources: Vec<Source> = (0..3).map(|person| source(person, 9, Some(Told::Head), 0)).collect();
        sources.extend((3..6).map(|person| source(person, 9, Some(Told::Poster), 0)));
        sources.extend((6..8).map(|person| source(person, 1, Some(Told::Head), 0)));
        // Not answered; and answered on another day.
        sources.extend([source(8, 9, None, 0), source(9, 9, Some(Told::Other), 1)]);
        let scope = Scope { from: day, to: day, district: None };
        let places = demo::places(None, 0).unwrap();
        let report = super::super::of(&sources.iter().map(Fact::Source).collect::<Vec<_>>(), &places, scope, at);
        let cells: Vec<_> = report.lines.iter().filter(|line| line.indicator == "A9").map(|line| (line.value, line.of)).collect();
        assert_eq!(cells, [(Some(62.5), Some(8)), (None, None), (None, None)]);
    }
}
