//! What `profile check` says of single mistakes. The mistakes are data: `tests/fixtures/profiles-broken`.

use std::collections::BTreeSet;

use kentongan::channel::Profile;
use kentongan::channel::profile::Problem;

const SOUND: [(&str, &str); 3] = [
    ("dialogues", include_str!("../fixtures/profiles-broken/dialogues.toml")),
    ("messages", include_str!("../fixtures/profiles-broken/messages.toml")),
    ("xml", include_str!("../fixtures/profiles-broken/xml.toml")),
];
const MISTAKES: &str = include_str!("../fixtures/profiles-broken/mistakes.txt");
/// What was promised; there are more.
const AT_LEAST: usize = 30;

#[test]
fn every_mistake_is_found_where_it_stands_and_nothing_else_is() {
    for (name, text) in SOUND {
        assert_eq!(problems(text), [""; 0], "{name}");
    }
    let (mut messages, mut wrong) = (BTreeSet::new(), Vec::new());
    let blocks: Vec<&str> = MISTAKES.split("\n\n").skip(1).collect();
    for block in &blocks {
        let of = |sign| block.lines().filter_map(move |line| line.strip_prefix(sign));
        let name = of("@ ").next().unwrap();
        let (_, sound) = SOUND.iter().find(|(own, _)| *own == name).unwrap();
        let lines = |sign| of(sign).map(|line| format!("{line}\n")).collect::<String>();
        let was = format!("\n{}", lines("- "));
        let sound = format!("\n{sound}");
        assert!(was.len() > 1 && sound.contains(&was), "{name} has no such lines:\n{block}");
        let broken = sound.replacen(&was, &format!("\n{}", lines("+ ")), 1);
        let want = of("! ").next().unwrap();
        let found = problems(&broken[1..]);
        if found != [want] {
            wrong.push(format!("{block}\ngot:\n{}\n", found.join("\n")));
        }
        let (_, message) = want.split_once(" | ").unwrap();
        assert!(messages.insert(message), "wanted twice: {message}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(blocks.len() >= AT_LEAST, "{}", blocks.len());
}

fn problems(text: &str) -> Vec<String> {
    let problems = Profile::parse("uji.toml", text).err().unwrap_or_default();
    problems.iter().map(|problem| shown(problem, text)).collect()
}

/// `NUMBER LINE | MESSAGE`, the line with a `^` where the problem begins.
fn shown(problem: &Problem, text: &str) -> String {
    let line = text.lines().nth(problem.line - 1).unwrap_or_default();
    let (before, after) = line.split_at(line.char_indices().nth(problem.col - 1).map_or(line.len(), |(at, _)| at));
    format!("{} {before}^{after} | {}", problem.line, problem.message)
}
