//! What the checker says of single mistakes: the code, the place, the words. The mistakes are data: `tests/fixtures/menus-broken`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kentongan::menu::{self, MenuSource, Problem, rules};
use kentongan::service;

const MISTAKES: &str = include_str!("../fixtures/menus-broken/mistakes.txt");
const RENDERED: &str = include_str!("../fixtures/menus-broken/rendered.txt");

#[test]
fn every_mistake_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for mistake in mistakes() {
        let problems = menu::review(&mistake.source, &service::CATALOGUE).problems;
        let told = problems.iter().filter(|problem| !is_told_of_first(problem, &problems));
        let mut got: Vec<String> = told.map(|problem| shown(problem, &mistake.source)).collect();
        for line in &mut got {
            let all_of_it = format!("{} …", &line[..4]);
            if mistake.want.contains(&all_of_it) {
                *line = all_of_it;
            }
        }
        got.dedup_by(|line, before| line == before && line.ends_with('…'));
        if got != mistake.want {
            wrong.push(format!("# {}\n! {}", mistake.story, got.join("\n! ")));
        }
        let rendered = menu::render(&problems, &mistake.source);
        for problem in &problems {
            let place = format!("{}:{}:{}", problem.file, problem.line, problem.col);
            assert!(rendered.contains(&place), "{}: {place} is not in\n{rendered}", mistake.story);
        }
    }
    assert!(wrong.is_empty(), "the checker says:\n{}", wrong.join("\n\n"));
}

#[test]
fn a_problem_is_shown_with_its_line_and_a_caret() {
    let mut rendered = String::new();
    for mistake in mistakes().into_iter().filter(|mistake| RENDERED.contains(&format!("# {}\n", mistake.story))) {
        let problems = menu::review(&mistake.source, &service::CATALOGUE).problems;
        rendered.push_str(&format!("# {}\n{}\n\n", mistake.story, without_line_numbers(&menu::render(&problems, &mistake.source))));
    }
    assert_eq!(rendered, RENDERED, "{rendered}");
}

#[test]
fn the_shipped_menu_has_no_problem_not_even_a_small_one() {
    let review = menu::review(&MenuSource::shipped(), &service::CATALOGUE);
    assert!(review.problems.is_empty(), "{}", menu::render(&review.problems, &MenuSource::shipped()));
}

#[test]
fn every_code_is_explained_and_every_explanation_is_of_a_code() {
    let explained: BTreeSet<&str> = rules().map(|rule| rule.code).collect();
    assert_eq!(explained.len(), rules().count(), "a code stands twice");
    let used: BTreeSet<String> = rust_text("src/menu/check").iter().flat_map(|text| codes(text)).collect();
    assert_eq!(explained, used.iter().map(String::as_str).collect());
    for rule in rules() {
        let parts = [rule.what, rule.why, rule.mend, rule.wrong, rule.right];
        assert!(parts.iter().all(|part| part.len() >= 5) && rule.wrong != rule.right, "{}: something is not said", rule.code);
    }
}

#[test]
fn every_code_has_a_mistake() {
    let made: BTreeSet<String> =
        mistakes().iter().flat_map(|mistake| &mistake.want).flat_map(|line| codes(&format!("\"{}\"", &line[..4]))).collect();
    let missing: Vec<&str> = rules().map(|rule| rule.code).filter(|code| !made.contains(*code)).collect();
    assert!(missing.is_empty(), "no mistake gives {missing:?}");
}

/// The same is wrong with the first language.
fn is_told_of_first(problem: &Problem, problems: &[Problem]) -> bool {
    const FIRST: &str = "menus/texts/id.yaml";
    let is_same = |other: &Problem| other.file == FIRST && (other.code, &other.message) == (problem.code, &problem.message);
    problem.file.starts_with("menus/texts/") && problem.file != FIRST && problems.iter().any(is_same)
}

/// `CODE FILE LINE MESSAGE`, the line with a `^` where the problem begins: a place that stays right when lines are added elsewhere.
fn shown(problem: &Problem, source: &MenuSource) -> String {
    let text = source.file(&problem.file).unwrap();
    let line = text.lines().nth(problem.line - 1).unwrap_or_default();
    let (before, after) = line.split_at(line.char_indices().nth(problem.col - 1).map_or(line.len(), |(at, _)| at));
    format!("{} {} | {}^{after} | {}", problem.code, problem.file, before.trim_start(), problem.message)
}

/// Rendered problems with their line numbers as `..`.
fn without_line_numbers(rendered: &str) -> String {
    let line = |line: &str| {
        if let Some((numbers, shown)) = line.split_once('|') {
            return if numbers.trim().is_empty() { format!("|{shown}") } else { format!("..|{shown}") };
        }
        match line.trim_start().strip_prefix("--> ").map(|place| place.split(':').collect::<Vec<_>>()) {
            Some(place) => format!("--> {}:..:{}", place[0], place[2]),
            None => line.trim_start().to_owned(),
        }
    };
    rendered.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `"M001"` and the like.
fn codes(text: &str) -> Vec<String> {
    let quoted = text.split('"').skip(1).step_by(2);
    quoted.filter(|word| word.len() == 4 && word.starts_with(['M', 'T']) && word[1..].parse::<u16>().is_ok()).map(str::to_owned).collect()
}

/// Of the checker, with what it asks.
fn rust_text(folder: &str) -> Vec<String> {
    let parts = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let others = ["src/menu/check.rs", "src/menu/journey.rs"].map(PathBuf::from);
    parts.chain(others).map(|path| fs::read_to_string(path).unwrap()).collect()
}

struct Mistake {
    story: String,
    source: MenuSource,
    want: Vec<String>,
}

fn mistakes() -> Vec<Mistake> {
    let blocks: Vec<&str> = MISTAKES.split("\n\n").skip(1).collect();
    assert!(blocks.len() >= 60, "{} mistakes", blocks.len());
    blocks.into_iter().map(mistake).collect()
}

fn mistake(block: &str) -> Mistake {
    let of = |sign: &str| -> Vec<&str> { block.lines().filter_map(|line| line.strip_prefix(sign)).collect() };
    let [story] = of("# ").try_into().unwrap();
    let [file] = of("in ").try_into().unwrap();
    let [was] = of("- ").try_into().unwrap();
    let mut source = MenuSource::shipped();
    let (_, text) = source.files.iter_mut().chain(&mut source.published).find(|(name, _)| name == file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = place(&lines, was).unwrap_or_else(|| panic!("{story}: `{was}` does not stand there"));
    let old = lines.remove(at);
    let indent = &old[..old.len() - old.trim_start().len()];
    for (offset, line) in of("+ ").into_iter().enumerate() {
        lines.insert(at + offset, format!("{indent}{line}"));
    }
    *text = lines.join("\n") + "\n";
    Mistake { story: story.to_owned(), source, want: of("! ").into_iter().map(str::to_owned).collect() }
}

/// `FIRST / SECOND` is the next SECOND after the first FIRST.
fn place(lines: &[String], was: &str) -> Option<usize> {
    let find = |from: usize, wanted: &str| lines.iter().skip(from).position(|line| line.trim_start() == wanted).map(|at| from + at);
    match was.split_once(" / ") {
        Some((first, second)) => find(find(0, first)? + 1, second),
        None => find(0, was),
    }
}
