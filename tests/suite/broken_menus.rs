//! What the checker says of single mistakes: the code, the place, the words. The mistakes are data: `tests/fixtures/menus-broken`.

use kentongan::menu::{self, MenuSource};
use kentongan::service;

const MISTAKES: &str = include_str!("../fixtures/menus-broken/mistakes.txt");
const RENDERED: &str = include_str!("../fixtures/menus-broken/rendered.txt");

#[test]
fn every_mistake_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for mistake in mistakes() {
        let problems = menu::check(&mistake.source, service::SPECS).err().unwrap_or_default();
        let got: Vec<String> = problems
            .iter()
            .map(|problem| format!("{} {}:{}:{} {}", problem.code, problem.file, problem.line, problem.col, problem.message))
            .collect();
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
        let problems = menu::check(&mistake.source, service::SPECS).err().unwrap_or_default();
        rendered.push_str(&format!("# {}\n{}\n\n", mistake.story, menu::render(&problems, &mistake.source)));
    }
    assert_eq!(rendered, RENDERED, "{rendered}");
}

struct Mistake {
    story: String,
    source: MenuSource,
    want: Vec<String>,
}

fn mistakes() -> Vec<Mistake> {
    let blocks: Vec<&str> = MISTAKES.split("\n\n").skip(1).collect();
    assert!(blocks.len() >= 30, "{} mistakes", blocks.len());
    blocks.into_iter().map(mistake).collect()
}

fn mistake(block: &str) -> Mistake {
    let of = |sign: &str| -> Vec<&str> { block.lines().filter_map(|line| line.strip_prefix(sign)).collect() };
    let [story] = of("# ").try_into().unwrap();
    let [file] = of("in ").try_into().unwrap();
    let [was] = of("- ").try_into().unwrap();
    let mut source = MenuSource::shipped();
    let (_, text) = source.files.iter_mut().find(|(name, _)| name == file).unwrap();
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
