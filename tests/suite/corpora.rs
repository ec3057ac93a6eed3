//! What the fuzzers start from, and what they have found, once more.

use std::fs;
use std::path::Path;

#[allow(unreachable_pub, reason = "a library elsewhere")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// Files of a target, at least.
const SEEDS_MIN: usize = 5;
/// Bytes of a target's files, at most: what a fuzzer finds beyond that says nothing new.
const BYTES_MAX: u64 = 32 * 1024;

#[test]
#[allow(clippy::print_stdout, reason = "the last file that is named is the one that a failure is about")]
fn every_file_of_every_corpus_is_read() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut folders: Vec<_> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    assert_eq!(folders, targets::TARGETS.map(|(name, _)| name));
    for (name, read) in targets::TARGETS {
        let files: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap()).collect();
        assert!(files.len() >= SEEDS_MIN, "{name}: {} files", files.len());
        assert!(files.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>() <= BYTES_MAX, "{name} is too large");
        for file in files {
            println!("{}", file.path().display());
            read(&fs::read(file.path()).unwrap());
        }
    }
}
