//! What page lines may say, whether a page is so, and how the two differ.

use std::collections::BTreeMap;

/// What `{name}` stands for once it was met.
pub(super) type Captures = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PageLine {
    /// This line.
    Exact(Line),
    /// `...`: any lines, or none.
    Skip,
    /// `~ text`: some line contains it.
    Contains(Line),
    /// `!~ text`: no line contains it.
    Lacks(Line),
}

/// One line, with its captures taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Capture(String),
}

impl PageLine {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "..." {
            return Ok(Self::Skip);
        }
        let (kind, rest): (fn(Line) -> Self, _) = match (text.strip_prefix('~'), text.strip_prefix("!~")) {
            (Some(rest), _) => (Self::Contains, rest),
            (_, Some(rest)) => (Self::Lacks, rest),
            _ => return Ok(Self::Exact(Line::parse(text))),
        };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        if rest.is_empty() {
            return Err("contains what?".to_owned());
        }
        Ok(kind(Line::parse(rest)))
    }

    /// As it stands after `| `.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Exact(line) => line.text.clone(),
            Self::Skip => "...".to_owned(),
            Self::Contains(line) => format!("~ {}", line.text),
            Self::Lacks(line) => format!("!~ {}", line.text),
        }
    }

    /// For `~` and `!~`: whether it holds, with what it captured. `None`: it does not.
    pub(super) fn holds_anywhere(&self, page: &[&str], captures: &Captures) -> Option<Captures> {
        match self {
            Self::Exact(_) | Self::Skip => Some(captures.clone()),
            Self::Contains(line) => page.iter().find_map(|text| line.find(text, captures)),
            Self::Lacks(line) => page.iter().all(|text| line.find(text, captures).is_none()).then(|| captures.clone()),
        }
    }

    pub(super) const fn is_of_whole_page(&self) -> bool {
        matches!(self, Self::Exact(_) | Self::Skip)
    }
}

impl Line {
    fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut words = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            words.push_str(before);
            let name = after.get(1..).and_then(|inner| inner.split_once('}')).map(|(name, _)| name).filter(|name| is_name(name));
            if let Some(name) = name {
                if !words.is_empty() {
                    parts.push(Part::Words(std::mem::take(&mut words)));
                }
                parts.push(Part::Capture(name.to_owned()));
                rest = after.get(name.len() + 2..).unwrap_or_default();
            } else {
                words.push('{');
                rest = after.get(1..).unwrap_or_default();
            }
        }
        words.push_str(rest);
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        Self { text: text.to_owned(), parts }
    }

    /// The whole of `text` is this line.
    pub(super) fn is(&self, text: &str, captures: &Captures) -> Option<Captures> {
        match_parts(&self.parts, text, captures, true)
    }

    /// `text` contains this line.
    fn find(&self, text: &str, captures: &Captures) -> Option<Captures> {
        text.char_indices().find_map(|(at, _)| match_parts(&self.parts, text.get(at..)?, captures, false))
    }
}

/// `text` with each `{name}` replaced by what it stands for; the name of the first that stands for nothing yet.
pub(super) fn fill(text: &str, captures: &Captures) -> Result<String, String> {
    Line::parse(text)
        .parts
        .into_iter()
        .map(|part| match part {
            Part::Words(words) => Ok(words),
            Part::Capture(name) => captures.get(&name).cloned().ok_or(name),
        })
        .collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn match_parts(parts: &[Part], text: &str, captures: &Captures, to_end: bool) -> Option<Captures> {
    match parts.split_first() {
        None => (text.is_empty() || !to_end).then(|| captures.clone()),
        Some((Part::Words(words), others)) => match_parts(others, text.strip_prefix(words.as_str())?, captures, to_end),
        Some((Part::Capture(name), others)) => {
            if let Some(value) = captures.get(name) {
                return match_parts(others, text.strip_prefix(value.as_str())?, captures, to_end);
            }
            let run = text.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
            (1..=run).rev().find_map(|length| {
                let (value, rest) = text.split_at_checked(length)?;
                let mut captures = captures.clone();
                captures.insert(name.clone(), value.to_owned());
                match_parts(others, rest, &captures, to_end)
            })
        }
    }
}

/// Whether the page is as these lines say; with what they captured.
pub(super) fn matches(lines: &[PageLine], page: &[&str], captures: &Captures) -> Option<Captures> {
    let whole: Vec<&PageLine> = lines.iter().filter(|line| line.is_of_whole_page()).collect();
    let mut captures = if whole.is_empty() { captures.clone() } else { match_whole(&whole, page, captures)? };
    for line in lines {
        captures = line.holds_anywhere(page, &captures)?;
    }
    Some(captures)
}

fn match_whole(lines: &[&PageLine], page: &[&str], captures: &Captures) -> Option<Captures> {
    match lines.split_first() {
        None => page.is_empty().then(|| captures.clone()),
        Some((PageLine::Skip, others)) => (0..=page.len()).find_map(|skipped| match_whole(others, page.get(skipped..)?, captures)),
        Some((PageLine::Exact(line), others)) => {
            let (first, rest) = page.split_first()?;
            match_whole(others, rest, &line.is(first, captures)?)
        }
        Some((PageLine::Contains(_) | PageLine::Lacks(_), others)) => match_whole(others, page, captures),
    }
}

/// How the page differs from what these lines say: `- ` expected, `+ ` got, `. ` skipped by `...`, two blanks where both agree.
pub(super) fn diff(lines: &[PageLine], page: &[&str], captures: &Captures) -> Vec<String> {
    let whole: Vec<&PageLine> = lines.iter().filter(|line| line.is_of_whole_page()).collect();
    let mut shown = if whole.is_empty() { page.iter().map(|text| format!("  {text}")).collect() } else { align(&whole, page, captures) };
    for line in lines {
        if line.holds_anywhere(page, captures).is_none() {
            shown.push(format!("- {}", line.text()));
        }
    }
    shown
}

/// The cheapest way from the lines to the page, by how many of both are left over (Wagner and Fischer).
fn align(lines: &[&PageLine], page: &[&str], captures: &Captures) -> Vec<String> {
    let same = |at: usize, to: usize| match (lines.get(at), page.get(to)) {
        (Some(PageLine::Exact(line)), Some(text)) => line.is(text, captures).is_some(),
        _ => false,
    };
    let skips = |at: usize| matches!(lines.get(at), Some(PageLine::Skip));
    // cost[at][to]: how many differences lie between lines[at..] and page[to..].
    let mut cost = vec![vec![0_usize; page.len() + 1]; lines.len() + 1];
    let cell = |cost: &[Vec<usize>], at: usize, to: usize| cost.get(at).and_then(|row| row.get(to)).copied().unwrap_or(usize::MAX / 2);
    for at in (0..=lines.len()).rev() {
        for to in (0..=page.len()).rev() {
            let best = if at == lines.len() {
                page.len() - to
            } else if skips(at) {
                cell(&cost, at + 1, to).min(if to < page.len() { cell(&cost, at, to + 1) } else { usize::MAX })
            } else if same(at, to) {
                cell(&cost, at + 1, to + 1)
            } else {
                1 + cell(&cost, at + 1, to).min(if to < page.len() { cell(&cost, at, to + 1) } else { usize::MAX / 2 })
            };
            if let Some(slot) = cost.get_mut(at).and_then(|row| row.get_mut(to)) {
                *slot = best;
            }
        }
    }
    let (mut at, mut to) = (0, 0);
    let mut shown = Vec::new();
    while at < lines.len() || to < page.len() {
        let expected = lines.get(at).map(|line| line.text()).unwrap_or_default();
        let got = page.get(to).copied().unwrap_or_default();
        if skips(at) {
            if to < page.len() && cell(&cost, at, to + 1) < cell(&cost, at + 1, to) {
                shown.push(format!(". {got}"));
                to += 1;
            } else {
                at += 1;
            }
        } else if same(at, to) {
            shown.push(format!("  {got}"));
            (at, to) = (at + 1, to + 1);
        } else if at < lines.len() && (to == page.len() || cell(&cost, at + 1, to) <= cell(&cost, at, to + 1)) {
            shown.push(format!("- {expected}"));
            at += 1;
        } else {
            shown.push(format!("+ {got}"));
            to += 1;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<PageLine> {
        text.split('/').map(|line| PageLine::parse(line).unwrap()).collect()
    }

    #[test]
    fn pages_match_or_not() {
        for (pattern, page, want) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a", "b", false),
            ("a", "a ", false),
            ("a/...", "a", true),
            ("a/...", "a/b/c", true),
            (".../c", "a/b/c", true),
            ("a/.../c", "a/c", true),
            ("a/.../b/.../c", "a/x/b/y/c", true),
            ("a/.../b/.../c", "a/x/y/c", false),
            ("~ 16", "Ketik NIK/16 angka", true),
            ("~ 16 angka", "Ketik NIK/16 angka", true),
            ("~ NIK 16", "Ketik NIK/16 angka", false),
            ("~ 16/~ NIK", "Ketik NIK/16 angka", true),
            ("a/~ b/...", "a/xbx", true),
            ("a/~ b", "a/xbx", false),
            ("!~ 16", "Ketik NIK", true),
            ("!~ NIK", "Ketik NIK", false),
            ("Kode {kode}", "Kode K4821735", true),
            ("Kode {kode}", "Kode k", false),
            ("Kode {kode}", "Kode ", false),
            ("{a}/{a}", "X1/X1", true),
            ("{a}/{a}", "X1/X2", false),
            ("{a}1", "X11", true),
            ("~ {a}", "kode: K1!", true),
            ("{Not a name}", "{Not a name}", true),
        ] {
            let page: Vec<&str> = page.split('/').collect();
            assert_eq!(matches(&lines(pattern), &page, &Captures::new()).is_some(), want, "{pattern} on {page:?}");
        }
    }

    #[test]
    fn captures_are_kept_and_filled_in() {
        let captures = matches(&lines("~ Kode {kode}./{no} x"), &["Kode K42.", "7 x"], &Captures::new());
        assert_eq!(captures, None, "the line {{no}} x must be the whole page");
        let captures = matches(&lines("~ Kode {kode}."), &["Kode K42.", "7 x"], &Captures::new()).unwrap();
        assert_eq!(captures.get("kode").map(String::as_str), Some("K42"));
        assert_eq!(fill("*123*{kode}#", &captures), Ok("*123*K42#".into()));
        assert_eq!(fill("{tiket}", &captures), Err("tiket".into()));
    }

    #[test]
    fn diffs_say_what_is_missing_and_what_came() {
        for (pattern, page, want) in [
            ("a/b/c", "a/x/c", "  a|- b|+ x|  c"),
            ("a/b", "a", "  a|- b"),
            ("a", "a/b", "  a|+ b"),
            ("a/.../c/d", "a/x/y/c/e", "  a|. x|. y|  c|- d|+ e"),
            ("~ b/~ a", "a", "  a|- ~ b"),
        ] {
            let page: Vec<&str> = page.split('/').collect();
            assert_eq!(diff(&lines(pattern), &page, &Captures::new()).join("|"), want, "{pattern}");
        }
    }
}
