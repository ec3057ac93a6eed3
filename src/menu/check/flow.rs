//! What is set where: which screens can be reached, and which values are there whatever way one came.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Found;
use super::screens::Compiled;
use crate::menu::compiled::{Act, Choice, Screen, id};
use crate::menu::source::ScreensFile;
use crate::menu::ways::{self, By};
use crate::menu::{Kind, OutcomeSpec};

/// What is known on arrival at a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::menu) struct Arrival {
    /// Values set on every way here.
    pub(in crate::menu) set: BTreeSet<u32>,
    /// Fields of the items on every way here; `None` until a way is found, or if some way brings no list.
    pub(super) items: Option<BTreeSet<u32>>,
    /// Records written on every way here, by outcomes that lead straight here.
    writes: Option<BTreeSet<&'static str>>,
}

impl Arrival {
    /// Of whoever knows everything.
    pub(super) fn with_all(values: BTreeSet<u32>) -> Self {
        Self { items: Some(values.clone()), set: values, writes: None }
    }
}

/// One way from a screen to another.
struct Edge {
    to: usize,
    sets: BTreeSet<u32>,
    outcome: Option<&'static OutcomeSpec>,
}

pub(super) fn check(
    file: &ScreensFile,
    compiled: &Compiled,
    kinds: &HashMap<String, Kind>,
    absent: &[&str],
    found: &mut Found<'_>,
) -> BTreeMap<usize, Arrival> {
    let arrivals = arrivals(compiled, kinds);
    // What leads to a screen may be the very thing that could not be read; and without a feature some screens are not reached on purpose.
    let is_whole = found.problems.is_empty() && absent.is_empty();
    let name_of = |wanted: u32| kinds.keys().find(|name| id(name) == wanted).map_or("?", String::as_str);
    for (at, (screen, (name, source))) in compiled.screens.iter().zip(&file.screens.0).enumerate() {
        let Some(arrival) = arrivals.get(&at) else {
            if is_whole {
                found.name("M005", name, format!("no way leads to `{}`", name.value));
            }
            continue;
        };
        match &screen.act {
            Act::Call { action, .. } => {
                let missing = action.args.iter().filter(|(arg, _)| !arrival.set.contains(&id(arg)));
                for (arg, _) in missing {
                    found.name("M008", name, format!("`{}` wants `{arg}`, which is not set on every way here", action.name));
                }
                if let Some(circle) = circle(compiled, at) {
                    found.name("M010", name, format!("calls go in a circle without a page between them: {circle}"));
                }
            }
            Act::Choose { list: Some(_), .. } if arrival.items.is_none() => {
                found.name("M006", name, format!("`{}` shows a list, but not every way here brings one", name.value));
            }
            Act::Choose { options, .. } => {
                for option in options.iter().filter(|option| option.when.iter().any(|wanted| name_of(*wanted) == "?")) {
                    found.name("M003", name, format!("choice {} waits for a value that is not declared", option.digit));
                }
            }
            _ => {}
        }
        if let Some(promised) = &source.promises {
            let kept = arrival.writes.as_ref().is_some_and(|writes| writes.contains(promised.value.as_str()));
            if !kept {
                found.name("T013", promised, format!("not every way to `{}` writes `{}`", name.value, promised.value));
                if let Some(way) = empty_way(compiled, at, &promised.value) {
                    found.help(format!("nothing is written on this one: {way}"));
                }
            }
        }
    }
    arrivals
}

/// A way to a screen by a last hop that does not write the record.
fn empty_way(compiled: &Compiled, to: usize, record: &str) -> Option<String> {
    let writes = |from: usize, by: &By| match (&compiled.screens[from].act, by) {
        (Act::Call { action, .. }, By::Outcome(name)) => {
            action.outcomes.iter().any(|outcome| outcome.name == *name && outcome.writes.contains(&record))
        }
        _ => false,
    };
    let hops = (0..compiled.screens.len()).flat_map(|from| ways::hops(&compiled.screens, from));
    let (last, _) = hops.into_iter().find(|(hop, _)| hop.to == to && !writes(hop.from, &hop.by))?;
    let mut way = ways::way(&compiled.screens, compiled.main, last.from)?;
    let outcome = match &last.by {
        By::Outcome(outcome) => format!(", when `{}` comes to `{outcome}`", compiled.screens[last.from].name),
        _ => String::new(),
    };
    way.0.push(last);
    Some(format!("{way}{outcome}"))
}

/// Follows edges until nothing changes. What is known at a screen only shrinks, so this ends.
fn arrivals(compiled: &Compiled, kinds: &HashMap<String, Kind>) -> BTreeMap<usize, Arrival> {
    let of = |wanted: Kind| kinds.iter().filter(|(_, kind)| **kind == wanted).map(|(name, _)| id(name)).collect::<BTreeSet<u32>>();
    let (persons, kks) = (&of(Kind::Nik) | &of(Kind::Code), of(Kind::Kk));
    let mut known: BTreeMap<usize, Arrival> = BTreeMap::new();
    let mut open = vec![compiled.main, compiled.human];
    known.insert(compiled.main, Arrival::default());
    known.insert(compiled.human, Arrival::default());
    for entrance in compiled.commands.iter().flat_map(|(_, entrances)| entrances) {
        let set: BTreeSet<u32> = entrance.when.iter().copied().collect();
        let joined = match known.get(&entrance.goto) {
            None => Arrival { set, ..Arrival::default() },
            Some(old) => Arrival { set: &old.set & &set, ..Arrival::default() },
        };
        known.insert(entrance.goto, joined);
        open.push(entrance.goto);
    }
    while let Some(at) = open.pop() {
        let here = known.get(&at).cloned().unwrap_or_default();
        for edge in edges(&compiled.screens[at], &here) {
            // Naming another person, or a code, drops the KK digits of the one before.
            let kept = if edge.sets.is_disjoint(&persons) { here.set.clone() } else { &here.set - &kks };
            let mut there = Arrival { set: &kept | &edge.sets, items: None, writes: Some(BTreeSet::new()) };
            if let Some(outcome) = edge.outcome {
                there.items = outcome.items.map(|fields| fields.iter().map(|(name, _)| id(name)).collect());
                there.writes = Some(outcome.writes.iter().copied().collect());
            }
            let joined = match known.get(&edge.to) {
                None => there,
                Some(old) => Arrival {
                    set: &old.set & &there.set,
                    items: both(old.items.as_ref(), there.items.as_ref()),
                    writes: both(old.writes.as_ref(), there.writes.as_ref()),
                },
            };
            if known.get(&edge.to) != Some(&joined) {
                known.insert(edge.to, joined);
                open.push(edge.to);
            }
        }
    }
    known
}

fn both<T: Ord + Clone>(left: Option<&BTreeSet<T>>, right: Option<&BTreeSet<T>>) -> Option<BTreeSet<T>> {
    Some(left? & right?)
}

fn edges(screen: &Screen, here: &Arrival) -> Vec<Edge> {
    let plain = |to: usize, sets: BTreeSet<u32>| Edge { to, sets, outcome: None };
    match &screen.act {
        Act::Choose { options, list } => {
            let options: Vec<&Choice> = options.iter().filter(|option| !option.hidden).collect();
            let fixed = options
                .iter()
                .map(|option| plain(option.goto, option.when.iter().copied().chain(option.set.as_ref().map(|(name, _)| *name)).collect()));
            let otherwise = options.iter().filter_map(|option| Some(plain(option.otherwise?, BTreeSet::new())));
            // Choosing an item sets its fields.
            fixed.chain(otherwise).chain(list.iter().map(|to| plain(*to, here.items.clone().unwrap_or_default()))).collect()
        }
        Act::Ask { question, or } => {
            [Some(*question), *or].into_iter().flatten().map(|question| plain(question.then, BTreeSet::from([question.into]))).collect()
        }
        Act::Call { action, on, .. } => on
            .iter()
            .filter_map(|(name, to)| {
                let outcome = action.outcomes.iter().find(|outcome| outcome.name == *name)?;
                Some(Edge { to: *to, sets: outcome.gives.iter().map(|(name, _)| id(name)).collect(), outcome: Some(outcome) })
            })
            .collect(),
        Act::Page | Act::End => Vec::new(),
    }
}

/// A chain of calls that comes back to `start`.
fn circle(compiled: &Compiled, start: usize) -> Option<String> {
    let mut open = vec![(start, compiled.screens[start].name.clone())];
    let mut seen = BTreeSet::new();
    while let Some((at, way)) = open.pop() {
        let Act::Call { on, .. } = &compiled.screens[at].act else { continue };
        for (_, to) in on {
            let way = format!("{way} > {}", compiled.screens[*to].name);
            if *to == start {
                return Some(way);
            }
            if seen.insert(*to) {
                open.push((*to, way));
            }
        }
    }
    None
}
