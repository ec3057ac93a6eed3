//! Runs the shipped profiles against `tests/wire/PROFILE/*.json` and, if `KENTONGAN_WIRE` names collections (joined by `:`) with a
//! folder for each provider, against the cases of those providers that a shipped profile is for.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Profile;
use super::cases::{Judged, Provider, Verdict};

/// Cases of others that a profile is not to pass, by id, with the reason.
const EXCEPTIONS: &str = include_str!("../../tests/wire/exceptions.txt");

#[test]
fn own_cases() {
    for profile in Profile::shipped_names() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(profile);
        let provider = Provider::of(Profile::shipped(profile).unwrap().unwrap());
        let judged = provider.judge(&cases(&folder));
        let wrong: Vec<_> = judged.iter().filter(|one| one.verdict != Verdict::Passed).map(ToString::to_string).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(judged.len() >= 6, "{profile}: only {} cases", judged.len());
    }
}

#[test]
fn foreign_cases() {
    let Ok(collections) = std::env::var("KENTONGAN_WIRE") else { return };
    let mut failed = Vec::new();
    for collection in collections.split(':').filter(|collection| !collection.is_empty()) {
        let mut folders: Vec<_> =
            fs::read_dir(collection).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        for folder in folders {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('_') {
                continue;
            }
            let judged: Vec<_> = Provider::shipped(&name).judge(&cases(&folder)).into_iter().map(excepted).collect();
            let count = |wanted: fn(&Verdict) -> bool| judged.iter().filter(|one| wanted(&one.verdict)).count();
            let (passed, wrong) = (count(|verdict| *verdict == Verdict::Passed), count(|verdict| matches!(verdict, Verdict::Failed(_))));
            eprintln!("{name}: {passed} passed, {wrong} failed, {} not claimed", judged.len() - passed - wrong);
            judged.iter().filter(|one| one.verdict != Verdict::Passed).for_each(|one| eprintln!("  {one}"));
            failed.extend(judged.into_iter().filter(|one| matches!(one.verdict, Verdict::Failed(_))));
        }
    }
    let failed: Vec<_> = failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn exceptions_have_reasons() {
    for line in EXCEPTIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (id, why) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        assert!(id.contains('#') && why.len() > 10, "{line}");
    }
}

fn excepted(judged: Judged) -> Judged {
    let why = EXCEPTIONS.lines().filter_map(|line| line.split_once(": ")).find(|(id, _)| *id == judged.id).map(|(_, why)| why);
    match why {
        Some(why) if judged.verdict != Verdict::Passed => Judged { verdict: Verdict::NotClaimed(why.to_owned()), ..judged },
        _ => judged,
    }
}

fn cases(folder: &Path) -> Vec<Value> {
    let Ok(listing) = fs::read_dir(folder) else { panic!("{} is missing", folder.display()) };
    let mut files: Vec<_> =
        listing.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files.iter().flat_map(|file| serde_json::from_str::<Vec<Value>>(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}
