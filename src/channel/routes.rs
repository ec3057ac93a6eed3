//! Which channels may carry a message to a number, the best first. Made from the configuration once; asked without reading anything.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::citizen::Msisdn;

/// Enough for a part in a hundred.
const WEIGHT_MAX: u32 = 100;

/// `[outbox]` in the configuration file, as far as it says by which channel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteSettings {
    /// The channel for every number that no other line is for. Not needed where only one channel sends.
    pub default: Option<String>,
    /// Channels that take over, in this order, while the right one is out of order.
    pub failover: Vec<String>,
    /// Channels that share what would go by the default, which is one of them, each by its weight.
    pub weights: BTreeMap<String, u32>,
    /// By operator, as its numbers' prefix tells: `Telkomsel = "telkomsel"`. The name is the operator's or its group's.
    pub operators: BTreeMap<String, String>,
}

/// Ways to a number. A way is the place of a channel in the list that this was made with.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    names: Vec<String>,
    default: Option<usize>,
    failover: Vec<usize>,
    /// By way; none: each message has its one first way.
    weights: BTreeMap<usize, u32>,
    operators: BTreeMap<String, usize>,
}

impl Routes {
    /// `names`: the channels that can send.
    ///
    /// # Errors
    /// Every name in the settings that is none of these, and a default that is missing.
    pub fn new(names: Vec<String>, settings: &RouteSettings) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut way = |name: &String| {
            let found = names.iter().position(|known| known == name);
            if found.is_none() {
                problems.push(format!("no channel \"{name}\" that can send messages"));
            }
            found
        };
        let named = settings.default.as_ref().map(&mut way);
        let failover = settings.failover.iter().filter_map(&mut way).collect();
        let weights: BTreeMap<_, _> = settings.weights.iter().filter_map(|(name, weight)| Some((way(name)?, *weight))).collect();
        let operators: BTreeMap<_, _> =
            settings.operators.iter().filter_map(|(operator, name)| Some((operator.clone(), way(name)?))).collect();
        let known = Msisdn::operators();
        problems.extend(
            operators.keys().filter(|name| !known.clone().any(|known| known.is_called(name))).map(|name| format!("no operator \"{name}\"")),
        );
        let default = match (named, names.len()) {
            (Some(named), _) => named,
            (None, 1) => Some(0),
            (None, 0) => None,
            (None, _) => {
                problems.push("more than one channel can send messages: name the default".to_owned());
                None
            }
        };
        let heavy = settings.weights.iter().filter(|(_, weight)| !(1..=WEIGHT_MAX).contains(*weight));
        problems.extend(heavy.map(|(name, _)| format!("the weight of \"{name}\" must lie between 1 and {WEIGHT_MAX}")));
        if !weights.is_empty() && !default.is_some_and(|default| weights.contains_key(&default)) {
            problems.push("the default has no weight: it is one of those that share".to_owned());
        }
        if problems.is_empty() { Ok(Self { names, default, failover, weights, operators }) } else { Err(problems) }
    }

    /// The way a message takes while nothing is out of order: the channel it asks for, else its operator's, else the default. `None`: no
    /// channel reaches this number.
    pub fn first(&self, wanted: Option<&str>, to: Msisdn) -> Option<usize> {
        let wanted = wanted.and_then(|wanted| self.names.iter().position(|name| name == wanted));
        wanted.or_else(|| self.operator(to)).or(self.default)
    }

    /// Whether the channels that have weights share this message: it asks for no channel, and its operator has none of its own.
    pub fn is_shared(&self, wanted: Option<&str>, to: Msisdn) -> bool {
        let asks = wanted.is_some_and(|wanted| self.names.iter().any(|name| name == wanted));
        !self.weights.is_empty() && !asks && self.operator(to).is_none()
    }

    /// `None`: it shares nothing.
    pub fn weight(&self, way: usize) -> Option<u32> {
        self.weights.get(&way).copied()
    }

    /// All ways of a message that is shared: those that share it, then those that take over.
    pub fn sharing(&self) -> impl Iterator<Item = usize> {
        self.weights.keys().copied().chain(self.failover.iter().copied())
    }

    /// All ways of a message whose first one is `first`, in the order in which they are to be tried. The same one may come twice.
    pub fn all(&self, first: usize) -> impl Iterator<Item = usize> {
        std::iter::once(first).chain(self.default).chain(self.sharing())
    }

    /// Whether a message to this number would find a way.
    pub fn reach(&self, to: Msisdn) -> bool {
        self.first(None, to).is_some()
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn operator(&self, to: Msisdn) -> Option<usize> {
        let operator = to.operator_record()?;
        self.operators.get(operator.name).or_else(|| self.operators.get(operator.group)).copied()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn routes(names: &[&str], settings: &str) -> Result<Routes, Vec<String>> {
        Routes::new(names.iter().map(|&name| name.to_owned()).collect(), &toml::from_str(settings).unwrap())
    }

    #[test]
    fn the_way_asked_for_goes_first_then_the_operators_then_the_default() {
        let three = ["a", "b", "c"];
        let settings = "default = \"c\"\nfailover = [\"b\", \"a\"]\n[operators]\nTelkomsel = \"a\"\n";
        // A Telkomsel number, one of another operator, and one of another country.
        let (telkomsel, other, abroad) = ("6281200000001", "6281500000001", "254711000111");
        for (names, settings, wanted, to, ways) in [
            (&three[..], settings, None, telkomsel, &["a", "c", "b", "a"][..]),
            (&three, settings, Some("b"), telkomsel, &["b", "c", "b", "a"]),
            (&three, settings, Some("gone"), telkomsel, &["a", "c", "b", "a"]),
            (&three, settings, None, other, &["c", "c", "b", "a"]),
            (&three, settings, None, abroad, &["c", "c", "b", "a"]),
            (&["a"], "", None, other, &["a", "a"]),
            (&[], "", Some("a"), other, &[]),
        ] {
            let routes = routes(names, settings).unwrap();
            let to = Msisdn::from_telco(to, "62").unwrap();
            let found: Vec<_> =
                routes.first(wanted, to).into_iter().flat_map(|first| routes.all(first)).map(|way| routes.names()[way].as_str()).collect();
            assert_eq!(found, ways, "{wanted:?} {to}");
            assert_eq!(routes.reach(to), !ways.is_empty());
        }
    }

    #[test]
    fn only_what_would_go_by_the_default_is_shared() {
        let settings = "default = \"c\"\nfailover = [\"d\"]\n[weights]\nc = 3\nb = 1\n[operators]\nTelkomsel = \"a\"\n";
        let weighed = routes(&["a", "b", "c", "d"], settings).unwrap();
        let (telkomsel, other) = ("6281200000001", "6281500000001");
        for (wanted, to, shared) in [
            (None, other, true),
            (Some("gone"), other, true),
            (Some("c"), other, false),
            (Some("a"), other, false),
            (None, telkomsel, false),
        ] {
            let to = Msisdn::from_telco(to, "62").unwrap();
            assert_eq!(weighed.is_shared(wanted, to), shared, "{wanted:?} {to}");
            assert!(!routes(&["a"], "").unwrap().is_shared(wanted, to));
        }
        assert_eq!((0..4).map(|way| weighed.weight(way)).collect::<Vec<_>>(), [None, Some(1), Some(3), None]);
        assert_eq!(weighed.all(0).collect::<Vec<_>>(), [0, 2, 1, 2, 3]);
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        for (names, settings, problems) in [
            (&["a"][..], "default = \"b\"\nfailover = [\"c\"]\n[operators]\nTelkomsel = \"d\"", 3),
            (&["a", "b"], "", 1),
            (&["a"], "[operators]\nTelkomsle = \"a\"", 1),
            (&["a", "b"], "default = \"a\"\n[weights]\na = 1\nb = 100", 0),
            (&["a", "b"], "default = \"a\"\n[weights]\na = 0\nb = 101", 2),
            (&["a", "b"], "default = \"a\"\n[weights]\nb = 1", 1),
            (&["a"], "[weights]\na = 1\nc = 1", 1),
        ] {
            assert_eq!(routes(names, settings).map_or_else(|found| found.len(), |_| 0), problems, "{settings}");
        }
    }
}
