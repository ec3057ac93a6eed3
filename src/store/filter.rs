//! Which keys the tree may hold, in two bytes a key: most numbers that dial have no record yet, and the tree need not be asked for what it
//! does not have.
//!
//! A Bloom filter in layers, each twice as large as the one before. It forgets nothing: a deleted key costs a look into the tree until the
//! next start fills it anew.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Key;

/// Keys in the first layer, at half a mebibyte.
const FIRST_LAYER_KEYS: usize = 1 << 18;
/// Together nearly four million keys in eight mebibytes. With more, every key may be there.
const LAYERS: usize = 4;
/// One key's bits all stand in one such block, which is one cache line.
const BLOCK_WORDS: usize = 8;
const KEYS_A_BLOCK: usize = 32;
/// Bits set for a key: about one absent key in three hundred looks present.
const PROBES: u32 = 4;
/// 2^64 divided by the golden ratio.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

#[derive(Debug, Default)]
pub(super) struct Filter {
    layers: [OnceLock<Vec<AtomicU64>>; LAYERS],
    keys: AtomicUsize,
}

impl Filter {
    /// False: it surely is not there.
    pub(super) fn may_hold(&self, key: &Key) -> bool {
        if self.keys.load(Ordering::Relaxed) >= keys_before(LAYERS) {
            return true;
        }
        let hash = mixed(key);
        self.layers.iter().map_while(OnceLock::get).any(|layer| {
            let words = block(layer, hash);
            bits(hash).all(|(word, bit)| words[word].load(Ordering::Relaxed) & bit != 0)
        })
    }

    /// To be called before the tree is given the key, so that nobody misses it there.
    pub(super) fn add(&self, key: &Key) {
        if self.may_hold(key) {
            return;
        }
        let at = self.keys.fetch_add(1, Ordering::Relaxed);
        let Some(layer) = (0..LAYERS).find(|layer| at < keys_before(layer + 1)) else { return };
        let layer = self.layers[layer].get_or_init(|| {
            let blocks = (FIRST_LAYER_KEYS << layer) / KEYS_A_BLOCK;
            (0..blocks * BLOCK_WORDS).map(|_| AtomicU64::new(0)).collect()
        });
        let hash = mixed(key);
        let words = block(layer, hash);
        for (word, bit) in bits(hash) {
            words[word].fetch_or(bit, Ordering::Relaxed);
        }
    }
}

/// Keys that the layers before this one take.
const fn keys_before(layer: usize) -> usize {
    (FIRST_LAYER_KEYS << layer) - FIRST_LAYER_KEYS
}

/// All bytes of a key folded into one number. Nobody can choose keys here: those of persons are keyed hashes.
fn mixed(key: &Key) -> u64 {
    key.as_bytes().chunks(8).fold(ODD, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let wide = u128::from(hash ^ u64::from_le_bytes(word)) * u128::from(ODD);
        u64::try_from(wide >> 64).unwrap_or(0) ^ u64::try_from(wide & u128::from(u64::MAX)).unwrap_or(0)
    })
}

fn block(layer: &[AtomicU64], hash: u64) -> &[AtomicU64] {
    let blocks = layer.len() / BLOCK_WORDS;
    // The upper half chooses the block, the lower half the bits in it.
    let at = usize::try_from(hash >> 32).unwrap_or(0) & (blocks - 1);
    &layer[at * BLOCK_WORDS..(at + 1) * BLOCK_WORDS]
}

/// Words of a block, each with one bit: three bits choose the word, six the bit in it.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    let spread = (hash & 0xffff_ffff).wrapping_mul(ODD);
    (0..PROBES).map(move |probe| {
        let chosen = spread >> (64 - 9 * (probe + 1));
        (usize::try_from(chosen & 7).unwrap_or(0), 1 << (chosen >> 3 & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Space;

    fn key(n: u64) -> Key {
        Key::new(Space::Session).with(&n.wrapping_mul(ODD).to_be_bytes()).with(&n.to_be_bytes())
    }

    #[test]
    fn what_was_added_is_found_and_little_else() {
        let filter = Filter::default();
        assert!(!filter.may_hold(&key(0)), "nothing is in it");
        // Into the second layer.
        let added = 2 * FIRST_LAYER_KEYS as u64;
        (0..added).for_each(|n| filter.add(&key(n)));
        assert!((0..added).all(|n| filter.may_hold(&key(n))));
        let wrong = (added..added + 100_000).filter(|n| filter.may_hold(&key(*n))).count();
        assert!(wrong < 1_500, "{wrong} of 100000 absent keys look present");
    }

    #[test]
    fn a_full_one_holds_everything_for_possible() {
        let filter = Filter::default();
        filter.keys.store(keys_before(LAYERS), Ordering::Relaxed);
        filter.add(&key(1));
        assert!(filter.may_hold(&key(2)));
    }
}
