//! The shortest ways through a menu, in answers given.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;

use super::compiled::{Act, Ask, Screen};

/// Hop by hop from one screen to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way(pub(super) Vec<Hop>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) from: usize,
    pub(super) by: By,
    pub(super) to: usize,
}

/// What leads from one screen to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    Code,
    Digit(String),
    Item,
    Kk,
    Nik,
    /// Not an answer: what the action called came to.
    Outcome(&'static str),
    Text,
}

impl By {
    pub(super) fn is_answer(&self) -> bool {
        !matches!(self, Self::Outcome(_))
    }
}

impl Way {
    pub(super) fn answers(&self) -> usize {
        self.0.iter().filter(|hop| hop.by.is_answer()).count()
    }
}

/// The answers, as one would tell somebody the way: `dial, 2, NIK, KK, 1`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dial")?;
        for hop in &self.0 {
            match &hop.by {
                By::Code => f.write_str(", code")?,
                By::Digit(digit) => write!(f, ", {digit}")?,
                By::Item => f.write_str(", an item of the list")?,
                By::Kk => f.write_str(", KK digits")?,
                By::Nik => f.write_str(", NIK")?,
                By::Outcome(_) => {}
                By::Text => f.write_str(", words")?,
            }
        }
        Ok(())
    }
}

/// An answer costs most; a choice that is not offered to everybody a little, so that the way is a newcomer's; a call almost nothing.
const ANSWER: u32 = 1_000;
const CONDITION: u32 = 100;
const CALL: u32 = 1;

/// The way from one screen to another with the fewest answers.
pub(super) fn way(screens: &[Screen], from: usize, to: usize) -> Option<Way> {
    let mut best: HashMap<usize, (u32, Option<Hop>)> = HashMap::from([(from, (0, None))]);
    let mut open = BinaryHeap::from([Reverse((0, from))]);
    while let Some(Reverse((cost, at))) = open.pop() {
        if at == to {
            break;
        }
        if best.get(&at).is_some_and(|(known, _)| *known < cost) {
            continue;
        }
        for (hop, price) in hops(screens, at) {
            let (next, sum) = (hop.to, cost + price);
            if best.get(&next).is_none_or(|(known, _)| sum < *known) {
                best.insert(next, (sum, Some(hop)));
                open.push(Reverse((sum, next)));
            }
        }
    }
    let mut hops = Vec::new();
    let mut at = to;
    while let Some(hop) = best.get(&at)?.1.clone() {
        at = hop.from;
        hops.push(hop);
    }
    hops.reverse();
    Some(Way(hops))
}

/// One way after another, through all of these screens.
pub(super) fn through(screens: &[Screen], stops: &[usize]) -> Option<Way> {
    let legs: Option<Vec<Way>> = stops.windows(2).map(|pair| way(screens, pair[0], pair[1])).collect();
    Some(Way(legs?.into_iter().flat_map(|leg| leg.0).collect()))
}

/// Every hop out of a screen, with its cost.
pub(super) fn hops(screens: &[Screen], from: usize) -> Vec<(Hop, u32)> {
    let hop = |by: By, to: usize| Hop { from, by, to };
    match &screens[from].act {
        Act::Choose { options, list } => {
            let mut hops: Vec<(Hop, u32)> = list.iter().map(|to| (hop(By::Item, *to), ANSWER)).collect();
            for option in options {
                let digit = || By::Digit(option.digit.clone());
                let price = if option.when.is_empty() { ANSWER } else { ANSWER + CONDITION };
                hops.push((hop(digit(), option.goto), price));
                hops.extend(option.otherwise.map(|to| (hop(digit(), to), ANSWER)));
            }
            hops
        }
        Act::Ask { question, or } => {
            let by = |what: Ask| match what {
                Ask::Code => By::Code,
                Ask::Kk => By::Kk,
                Ask::Nik => By::Nik,
                // A number is typed like words, and as long.
                Ask::Phone | Ask::Text(_) => By::Text,
            };
            let first = (hop(by(question.what), question.then), ANSWER);
            // What may be typed instead, few have at hand.
            let other = or.iter().map(|other| (hop(by(other.what), other.then), ANSWER + CONDITION));
            std::iter::once(first).chain(other).collect()
        }
        Act::Call { on, .. } => on.iter().map(|(outcome, to)| (hop(By::Outcome(outcome), *to), CALL)).collect(),
        Act::Page | Act::End => Vec::new(),
    }
}
