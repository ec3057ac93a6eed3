//! Keys of persons at hand: for their records being sealed or opened just now.

use std::collections::HashMap;

/// Persons in each of the two halves.
const PERSONS_MAX: usize = 8_192;

/// When the younger half is full the older one is dropped, but never before the tree has what is in it: until then a fresh key is nowhere
/// else where it could be read.
#[derive(Default)]
pub(super) struct Persons {
    young: HashMap<[u8; 16], [u8; 32]>,
    old: HashMap<[u8; 16], [u8; 32]>,
    /// All keys in the older half are of commits up to this one.
    old_until: u64,
}

/// Shows no key.
impl std::fmt::Debug for Persons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Persons({})", self.young.len() + self.old.len())
    }
}

impl Persons {
    pub(super) fn get(&self, person: &[u8; 16]) -> Option<[u8; 32]> {
        self.young.get(person).or_else(|| self.old.get(person)).copied()
    }

    pub(super) fn insert(&mut self, person: [u8; 16], own: [u8; 32]) {
        self.young.insert(person, own);
    }

    /// Makes room. `last`: no key here is of a later commit. `applied`: the tree has everything up to this one.
    pub(super) fn age(&mut self, last: u64, applied: u64) {
        if self.young.len() >= PERSONS_MAX && applied >= self.old_until {
            self.old = std::mem::take(&mut self.young);
            self.old_until = last;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: usize) -> [u8; 16] {
        u128::try_from(n).unwrap().to_be_bytes()
    }

    #[test]
    fn a_key_is_dropped_only_when_the_tree_has_it() {
        let mut persons = Persons::default();
        let fill = |persons: &mut Persons, from: usize| (from..from + PERSONS_MAX).for_each(|n| persons.insert(person(n), [1; 32]));
        fill(&mut persons, 0);
        persons.age(10, 0);
        fill(&mut persons, PERSONS_MAX);
        persons.age(20, 9);
        assert!(persons.get(&person(0)).is_some(), "commit 10 is not in the tree");
        persons.age(20, 10);
        assert!(persons.get(&person(0)).is_none());
        assert!(persons.get(&person(PERSONS_MAX)).is_some());
    }
}
