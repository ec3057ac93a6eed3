//! `kentongan diff OLD NEW`: two menus shown as screens, by what citizens would see change.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::menu::{Menu, View};

/// Prints what differs. True if nothing does.
///
/// # Errors
/// If nothing can be written.
pub(super) fn show(old: &Menu, new: &Menu, out: &mut impl Write) -> io::Result<bool> {
    let (before, after) = (old.views(), new.views());
    let find = |views: &'_ [View], name: &str| views.iter().position(|view| view.name == name);
    let mut same = true;
    for view in before.iter().filter(|view| find(&after, &view.name).is_none()) {
        same = false;
        writeln!(out, "removed {}", view.name)?;
        write_pages(view, "-", out)?;
    }
    for view in &after {
        match find(&before, &view.name).map(|at| &before[at]) {
            None => {
                same = false;
                writeln!(out, "added {}", view.name)?;
                write_pages(view, "+", out)?;
                write_edges(&edges(view, &after), &BTreeSet::new(), out)?;
            }
            Some(was) => {
                let (old_edges, new_edges) = (edges(was, &before), edges(view, &after));
                if was.pages != view.pages || old_edges != new_edges || was.shape != view.shape {
                    same = false;
                    writeln!(out, "changed {}", view.name)?;
                    if was.shape != view.shape {
                        writeln!(out, "  was {:?}, is {:?}", was.shape, view.shape)?;
                    }
                    write_changed_pages(was, view, out)?;
                    write_edges(&new_edges, &old_edges, out)?;
                }
            }
        }
    }
    if same {
        writeln!(out, "no screen differs")?;
    }
    Ok(same)
}

fn edges(view: &View, views: &[View]) -> BTreeSet<(String, String)> {
    view.edges.iter().map(|(by, to)| (by.clone(), views[*to].name.clone())).collect()
}

fn write_edges(new: &BTreeSet<(String, String)>, old: &BTreeSet<(String, String)>, out: &mut impl Write) -> io::Result<()> {
    for (by, to) in new.difference(old) {
        let was = old
            .iter()
            .filter(|(other, target)| other == by && !new.contains(&(by.clone(), target.clone())))
            .map(|(_, target)| target.as_str());
        let moved = old.iter().find(|(other, target)| target == to && other != by && !new.contains(&(other.clone(), target.clone())));
        match (was.collect::<Vec<_>>().as_slice(), moved) {
            ([], None) => writeln!(out, "  {by} → {to} (new)")?,
            ([], Some((other, _))) => writeln!(out, "  {by} → {to} (was at {other})")?,
            (was, _) => writeln!(out, "  {by} → {to} (led to {})", was.join(", "))?,
        }
    }
    for (by, to) in old.difference(new).filter(|(by, _)| !new.iter().any(|(other, _)| other == by)) {
        writeln!(out, "  {by} → {to} (gone)")?;
    }
    Ok(())
}

fn write_pages(view: &View, sign: &str, out: &mut impl Write) -> io::Result<()> {
    for (language, lines) in &view.pages {
        for line in lines {
            writeln!(out, "  {language} {sign} {line}")?;
        }
    }
    Ok(())
}

fn write_changed_pages(was: &View, is: &View, out: &mut impl Write) -> io::Result<()> {
    let languages: BTreeSet<&String> = was.pages.iter().chain(&is.pages).map(|(language, _)| language).collect();
    let of = |view: &View, language: &str| {
        view.pages.iter().find(|(known, _)| known == language).map(|(_, lines)| lines.clone()).unwrap_or_default()
    };
    for language in languages {
        let (old, new) = (of(was, language), of(is, language));
        if old == new {
            continue;
        }
        for (sign, line) in lines_of_both(&old, &new) {
            writeln!(out, "  {language} {sign} {line}")?;
        }
    }
    Ok(())
}

/// The lines of a file that differ, with their numbers.
///
/// # Errors
/// If nothing can be written.
pub(super) fn lines(name: &str, old: &str, new: &str, out: &mut impl Write) -> io::Result<()> {
    let split = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (split(old), split(new));
    let mut number = 0;
    for (sign, line) in lines_of_both(&old, &new) {
        number += usize::from(sign != '+');
        if sign != ' ' {
            writeln!(out, "{name}:{number}: {sign}{line}")?;
        }
    }
    Ok(())
}

/// Before and after, what stayed once: by the longest row of lines that both have. Menu files have some hundred lines, so the square table is
/// small.
fn lines_of_both<'a>(old: &'a [String], new: &'a [String]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            common[i][j] = if left == right { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', old[i].as_str()));
            i += 1;
        } else {
            lines.push(('+', new[j].as_str()));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stayed_stands_once() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (lines("a b c"), lines("a x c d"));
        let both: String = lines_of_both(&old, &new).into_iter().map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(both, " a-b+x c+d");
    }
}
