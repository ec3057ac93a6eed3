//! What `check --config` says of single mistakes. The mistakes are data: `tests/fixtures/configs-broken`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kentongan::config::{self, MenuFiles, RULES};
use kentongan::menu::{MenuSource, Problem, Severity};
use kentongan::store::seal::Keys;

pub(crate) const WHOLE: &str = include_str!("../fixtures/configs-broken/whole.toml");
const MISTAKES: &str = include_str!("../fixtures/configs-broken/mistakes.txt");
/// A config without any channel is no single line's mistake, and what else a menu folder holds is no line of the config.
const NOT_BY_A_LINE: [&str; 3] = ["C006", "C017", "C018"];

#[test]
fn every_mistake_is_found_where_it_stands() {
    let folder = folder();
    assert_eq!(problems(folder.path(), WHOLE), [""; 0]);
    let mut seen = BTreeSet::new();
    for block in MISTAKES.split("\n\n").skip(1) {
        let of = |sign: &str| block.lines().find_map(|line| line.strip_prefix(sign));
        let (was, is) = (of("- ").unwrap(), of("+ ").unwrap_or_default());
        let text = WHOLE.replacen(&format!("{was}\n"), &if is.is_empty() { String::new() } else { format!("{is}\n") }, 1);
        let (want, got) = (of("! ").unwrap(), problems(folder.path(), &text));
        // A message may say more, and name the folder: what is wanted is how it begins after that.
        let (place, message) = want.split_once("| ").unwrap();
        let fits = got.len() == 1 && got[0].starts_with(place) && got[0].contains(message);
        assert!(fits, "{block}\n\ngot:\n{}", got.join("\n"));
        seen.insert(want[..4].to_owned());
    }
    let without = WHOLE[..WHOLE.find("[[channel]]").unwrap()].to_owned();
    let got = problems(folder.path(), &without);
    assert!(got.contains(&"C006 ^data = \"data\" | no [[channel]]: nobody could reach this gateway".to_owned()), "{got:?}");
    seen.extend(NOT_BY_A_LINE.map(str::to_owned));
    assert_eq!(seen, RULES.iter().map(|rule| rule.code.to_owned()).collect(), "every code has a mistake");
}

#[test]
fn documents_without_words_are_judged_with_the_menu() {
    let shipped = include_str!("../../gateway-config/muba/requirements.csv");
    for (documents, expected) in [
        ("kk|surat_polisi", &[][..]),
        ("kk|ijazah", &["the documents kk, ijazah have no words under `bawa`", "the documents ijazah have no words under `cara`"]),
        ("surat_polisi|ktp_rusak", &["`surat polisi, KTP rusak` is longer than 16 septets"]),
    ] {
        let folder = folder();
        fs::write(folder.path().join("requirements.csv"), shipped.replace("kk|surat_polisi", documents)).unwrap();
        fs::write(folder.path().join("kentongan.toml"), WHOLE).unwrap();
        let config = config::review(&folder.path().join("kentongan.toml")).unwrap().config.unwrap();
        let problems = config.menu_files().examine().unwrap().problems;
        let told = |message: &&str| problems.iter().filter(|problem| problem.code == "C018" && problem.message == **message).count();
        assert!(expected.iter().all(|message| told(message) == 3), "each in three languages: {problems:?}");
        assert_eq!(problems.is_empty(), expected.is_empty(), "{problems:?}");
    }
}

#[test]
fn what_messages_need_is_judged_with_the_menu() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("texts")).unwrap();
    for (name, text) in MenuSource::shipped().files {
        put(name.strip_prefix("menus/").unwrap(), &text);
    }
    let words = include_str!("../../menus/sms.yaml");
    let screens = fs::read_to_string(folder.path().join("dukcapil.yaml")).unwrap();
    for (file, was, is, expected) in [
        ("sms.yaml", words, words.to_owned(), None),
        ("sms.yaml", words, words.replace("  BATAL:", "  BATALKAN:"), Some(("C017", "none that is known"))),
        ("dukcapil.yaml", screens.as_str(), screens.replace("  bantuan: utama\n", ""), Some(("T019", "wants `bantuan`"))),
    ] {
        put(file, &is);
        let problems = MenuFiles::of_folder(folder.path()).examine().unwrap().problems;
        let errors: Vec<_> = problems.iter().filter(|problem| problem.severity() == Severity::Error).collect();
        match expected {
            None => assert_eq!(errors.len(), 0, "{errors:?}"),
            Some((code, message)) => {
                let found = errors.iter().any(|error| error.code == code && error.message.contains(message) && error.file.ends_with(file));
                assert!(found, "{code}: {errors:?}");
            }
        }
        put(file, was);
    }
}

/// With the files that the config names.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("at.path", "rahasia-yang-panjang");
    put("keys", &Keys::generate().unwrap().to_text());
    let tls = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    put("muba.crt", &tls.cert.pem());
    put("muba.key", &tls.signing_key.serialize_pem());
    put("holidays.csv", config::HOLIDAYS);
    put("requirements.csv", config::REQUIREMENTS);
    folder
}

fn problems(folder: &Path, text: &str) -> Vec<String> {
    let path = folder.join("kentongan.toml");
    fs::write(&path, text).unwrap();
    config::review(&path).unwrap().problems.iter().map(|problem| shown(problem, text)).collect()
}

/// `CODE LINE | MESSAGE`, the line with a `^` where the problem begins.
fn shown(problem: &Problem, text: &str) -> String {
    let line = text.lines().nth(problem.line - 1).unwrap_or_default();
    let (before, after) = line.split_at(line.char_indices().nth(problem.col - 1).map_or(line.len(), |(at, _)| at));
    format!("{} {before}^{after} | {}", problem.code, problem.message)
}
