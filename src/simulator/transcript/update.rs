//! Rewrites page lines with what came, and keeps of the old ones what is still true.

use std::ops::Range;

use super::Block;
use super::pattern::{Captures, PageLine};

/// Captured values shorter than this are too common to be recognised in a new line.
const CAPTURE_CHARS_MIN: usize = 4;

/// Lines of the file, from 0, and what is to stand there.
#[derive(Debug)]
pub(super) struct Edit {
    at: Range<usize>,
    /// After `| `.
    page: Vec<String>,
    end: bool,
}

/// What the block should have said of `page`. Captures met in lines that stay are taken.
pub(super) fn edit(block: &Block, page: &[&str], end: bool, captures: &mut Captures) -> Edit {
    let mut lines: Vec<String> = Vec::new();
    for line in block.lines.iter().filter(|line| !line.is_of_whole_page()) {
        if let Some(found) = line.holds_anywhere(page, captures) {
            *captures = found;
            lines.push(line.text());
        }
    }
    let whole: Vec<&PageLine> = block.lines.iter().filter(|line| line.is_of_whole_page()).collect();
    if !whole.is_empty() || lines.is_empty() {
        lines.extend(whole_page(&whole, page, captures));
    }
    Edit { at: block.at.clone(), page: lines, end }
}

/// With `...` in the old lines: as many lines before the first and after the last as there were, and between them the old lines that are
/// still there; without, the whole page.
fn whole_page(old: &[&PageLine], page: &[&str], captures: &mut Captures) -> Vec<String> {
    let skips: Vec<usize> = old.iter().enumerate().filter(|(_, line)| ***line == PageLine::Skip).map(|(at, _)| at).collect();
    let (Some(&first), Some(&last)) = (skips.first(), skips.last()) else {
        return page.iter().map(|text| retell(old, text, captures)).collect();
    };
    let tail = old.len() - last - 1;
    if first + tail > page.len() {
        return page.iter().map(|text| retell(old, text, captures)).collect();
    }
    let (head_lines, rest) = page.split_at(first);
    let (mut between, tail_lines) = rest.split_at(rest.len() - tail);
    let mut lines: Vec<String> = head_lines.iter().map(|text| retell(old, text, captures)).collect();
    lines.push("...".to_owned());
    for line in old.get(first..last).unwrap_or_default() {
        let PageLine::Exact(exact) = line else { continue };
        let found = between.iter().enumerate().find_map(|(at, text)| Some((at, exact.is(text, captures)?)));
        if let Some((at, found)) = found {
            *captures = found;
            between = between.get(at + 1..).unwrap_or_default();
            lines.extend([exact.text.clone(), "...".to_owned()]);
        }
    }
    lines.extend(tail_lines.iter().map(|text| retell(old, text, captures)));
    lines
}

/// The old line that still says this, else the text with known captures put back.
fn retell(old: &[&PageLine], text: &str, captures: &mut Captures) -> String {
    for line in old {
        if let PageLine::Exact(exact) = line
            && let Some(found) = exact.is(text, captures)
        {
            *captures = found;
            return exact.text.clone();
        }
    }
    captures
        .iter()
        .filter(|(_, value)| value.len() >= CAPTURE_CHARS_MIN)
        .fold(text.to_owned(), |text, (name, value)| text.replace(value.as_str(), &format!("{{{name}}}")))
}

/// The file with the edits made; all else stays as it is.
pub(super) fn apply(source: &str, edits: &[Edit]) -> String {
    let old: Vec<&str> = source.lines().collect();
    let mut new: Vec<String> = Vec::with_capacity(old.len());
    let mut next = 0;
    for edit in edits {
        new.extend(old.get(next..edit.at.start).unwrap_or_default().iter().map(ToString::to_string));
        let indent: String =
            old.get(edit.at.start).map(|line| line.chars().take_while(|c| c.is_whitespace()).collect()).unwrap_or_default();
        new.extend(edit.page.iter().map(|text| if text.is_empty() { format!("{indent}|") } else { format!("{indent}| {text}") }));
        if edit.end {
            new.push(format!("{indent}end"));
        }
        next = edit.at.end;
    }
    new.extend(old.get(next..).unwrap_or_default().iter().map(ToString::to_string));
    new.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_still_true_stays() {
        for (old, page, end, want) in [
            ("  | a\n  | b", "a/c", false, "  | a\n  | c"),
            ("  | a\n  end", "a", false, "  | a"),
            ("    | a", "a", true, "    | a\n    end"),
            ("  | a\n  | ...", "b/c/d", false, "  | b\n  | ..."),
            ("  | a\n  | ...\n  | m\n  | ...\n  | z", "b/x/m/y/z", false, "  | b\n  | ...\n  | m\n  | ...\n  | z"),
            ("  | a\n  | ...\n  | m\n  | ...\n  | z", "b/x/y/z", false, "  | b\n  | ...\n  | z"),
            ("  | a\n  | ...\n  | z", "b", false, "  | b"),
            ("  | ~ 16\n  | ~ 17", "NIK 16", false, "  | ~ 16"),
            ("  | ~ 17", "NIK 16", false, "  | NIK 16"),
            ("  | x\n  | ~ 16", "NIK 16", false, "  | ~ 16\n  | NIK 16"),
            ("  | Kode {kode}\n  | x", "Kode K4821735/y K4821735", false, "  | Kode {kode}\n  | y {kode}"),
            ("  |", "a//b", false, "  | a\n  |\n  | b"),
        ] {
            let head = "# Story.\nat 2026-11-30 09:00 WIB\nsiti dials *123#\n";
            let source = format!("{head}{old}\n\n# After.\nsiti hangs up\n");
            let transcript = super::super::read::parse(&source).unwrap();
            let page: Vec<&str> = page.split('/').collect();
            let edit = edit(transcript.steps[0].block.as_ref().unwrap(), &page, end, &mut Captures::new());
            assert_eq!(apply(&source, &[edit]), format!("{head}{want}\n\n# After.\nsiti hangs up\n"), "{old}");
        }
    }
}
