//! What this code base promises about itself: who may know whom, how long a file may be, what may not be in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Layers from below; a module imports only from rows below its own, or within itself.
const ROWS: [&[&str]; 10] = [
    &["clock", "gsm"],
    &["citizen", "tls"],
    &["menu", "channel"],
    &["store", "registry"],
    &["service"],
    &["turn"],
    &["outbox", "intake", "export", "report"],
    &["due"],
    &["server", "simulator"],
    &["main", "author", "operator", "admin", "exit", "config", "gateway", "demo", "rehearsal", "parse", "manual"],
];
/// The simulator is a second reading of the wire: it may know these and nothing else of ours.
const SIMULATOR_KNOWS: [&str; 3] = ["citizen", "gsm", "clock"];
const LINES_MAX: usize = 500;
#[test]
fn every_module_knows_only_what_lies_below_it() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let module = module_of(&file);
        if module == "lib" {
            continue;
        }
        let row = row_of(&module).unwrap_or_else(|| panic!("{module} stands in no row"));
        for (line, known) in imports(&file) {
            if known == module {
                continue;
            }
            let known_row = row_of(&known).unwrap_or_else(|| panic!("{}:{line}: {known} stands in no row", file.display()));
            let allowed =
                if module == "simulator" { SIMULATOR_KNOWS.contains(&known.as_str()) } else { known_row < row || row == ROWS.len() - 1 };
            if !allowed {
                wrong.push(format!("{}:{line}: {module} must not know {known}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_hold_no_leftovers() {
    let mut wrong = Vec::new();
    for file in rust_files("src").into_iter().chain(rust_files("tests")).chain(rust_files("benches")).chain(rust_files("fuzz")) {
        let name = file.display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{name}: {lines} lines, more than {LINES_MAX}"));
        }
        for word in ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "XX".to_owned() + "X", "todo".to_owned() + "!"] {
            if text.contains(&word) {
                wrong.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_profile_has_wire_cases() {
    for profile in fs::read_dir("gateway-config/profiles").unwrap() {
        let file = profile.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = Path::new("tests/wire").join(&name);
        let cases = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is missing", folder.display())).count();
        assert!(cases > 0, "{} is empty", folder.display());
    }
}

/// What a profile cannot say is code, chosen by name: a closed set that must stay small.
#[test]
fn quirks_are_few() {
    let source = fs::read_to_string("src/channel/signature/schemes.rs").unwrap();
    let (_, after) = source.split_once("enum Quirk {").unwrap();
    let (body, _) = after.split_once('}').unwrap();
    let quirks = body.lines().filter(|line| line.trim_end().ends_with(',')).count();
    assert!((1..=12).contains(&quirks), "{quirks}");
}

#[test]
fn every_crate_is_used() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string("Cargo.toml").unwrap()).unwrap();
    let text: String = rust_files("src").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let unused: Vec<_> = manifest["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .filter(|name| {
            let ident = name.replace('-', "_");
            !text.contains(&format!("{ident}::")) && !text.contains(&format!("use {ident}"))
        })
        .collect();
    assert!(unused.is_empty(), "in Cargo.toml but not in the code: {unused:?}");
}

#[test]
fn only_fake_people_stand_in_fixtures() {
    let mut wrong = Vec::new();
    for root in ["src", "tests", "menus", "gateway-config", "fuzz", "README.md"] {
        for file in all_files(Path::new(root)) {
            // Vectors of an alphabet, in which digits are only characters.
            if file.ends_with("gsm7.json") {
                continue;
            }
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for (at, line) in text.lines().enumerate() {
                for digits in line.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 16 && run.starts_with("16")) {
                    if !digits.ends_with("9999") && !digits.ends_with("9998") && !digits.ends_with("0000") {
                        wrong.push(format!("{}:{}: a NIK whose serial is not fake", file.display(), at + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_space_byte_is_listed_once() {
    let text = fs::read_to_string("src/store.rs").unwrap();
    let mut spaces = BTreeMap::new();
    for line in text.lines() {
        let entry = line.strip_prefix("    ").filter(|entry| entry.starts_with(|c: char| c.is_ascii_uppercase()));
        if let Some((name, byte)) = entry.and_then(|entry| entry.trim_end_matches(',').split_once(" = b'")) {
            let byte = byte.trim_end_matches('\'').to_owned();
            assert!(text.contains(&format!("| `{byte}` |")), "space {name} ({byte}) is missing from the table");
            assert!(byte.as_str() > "A", "{name}: what lies before A is the tree's own, and in no export");
            assert_eq!(spaces.insert(byte, name.to_owned()), None, "{name}'s byte is taken");
        }
    }
    assert!(spaces.len() >= 10);
}

fn row_of(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").unwrap();
    inside.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Line and module of every `crate::…` or `kentongan::…` outside of tests, which may import from anywhere.
fn imports(file: &Path) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let text = fs::read_to_string(file).unwrap();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        if line.trim_start().starts_with("//") || file.ends_with("tests.rs") || file.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        for prefix in ["crate::", "kentongan::"] {
            for (start, _) in line.match_indices(prefix) {
                let rest = &line[start + prefix.len()..];
                let names: Vec<String> = match rest.strip_prefix('{') {
                    Some(list) => {
                        list.split(['}', ',']).map(|name| name.trim().split("::").next().unwrap_or_default().to_owned()).collect()
                    }
                    None => vec![rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()],
                };
                found.extend(names.into_iter().filter(|name| row_of(name).is_some()).map(|name| (at + 1, name)));
            }
        }
    }
    found
}

fn rust_files(root: &str) -> Vec<PathBuf> {
    all_files(Path::new(root)).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

fn all_files(root: &Path) -> Vec<PathBuf> {
    if root.is_file() {
        return vec![root.to_owned()];
    }
    let Ok(listing) = fs::read_dir(root) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in listing {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == "target") {
            continue;
        }
        files.extend(all_files(&path));
    }
    files.sort();
    files
}
