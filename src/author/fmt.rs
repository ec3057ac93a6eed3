//! `kentongan fmt`: one way to write the menu files. Works line by line, so that every comment stays where it is.
//!
//! Two blanks for each level; one blank inside braces and after commas, colons and `#`; one empty line at most; no blanks at the ends of
//! lines; one line end at the end. Texts in `|` and `>` blocks keep their lines. Nothing that a reader of YAML sees is changed.

/// Blanks for each level.
const INDENT: usize = 2;

pub(super) fn format(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut out: Vec<String> = Vec::new();
    let mut levels = Levels::default();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if line.is_empty() {
            if out.last().is_some_and(|last| !last.is_empty()) {
                out.push(String::new());
            }
            at += 1;
            continue;
        }
        let body = line.trim_start();
        if body.starts_with('#') {
            // A comment belongs to what comes after it.
            let next = lines[at..].iter().find(|line| !line.is_empty() && !line.trim_start().starts_with('#'));
            let level = next.map_or(0, |next| levels.peek(indent(next)));
            out.push(format!("{}{}", blanks(level), comment(body)));
            at += 1;
            continue;
        }
        let level = levels.enter(indent(line));
        let (tidied, mut depth) = tidy(body);
        let is_block = opens_block(&tidied);
        out.push(format!("{}{tidied}", blanks(level)));
        at += 1;
        if is_block {
            at = copy_block(&lines, at, indent(line), level, &mut out);
        }
        // A list or map in brackets over several lines: one level deeper until it is closed.
        while depth > 0 && at < lines.len() {
            let body = lines[at].trim_start();
            let (inner, left) = if body.starts_with('#') { (comment(body), depth) } else { flow(body, depth) };
            depth = left;
            let level = if depth == 0 && inner.starts_with([']', '}']) { level } else { level + 1 };
            out.push(format!("{}{inner}", blanks(level)).trim_end().to_owned());
            at += 1;
        }
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n") + "\n"
}

/// Blanks of the levels that are open, as they were written.
#[derive(Default)]
struct Levels(Vec<usize>);

impl Levels {
    fn enter(&mut self, indent: usize) -> usize {
        self.0.retain(|open| *open <= indent);
        if self.0.last() != Some(&indent) {
            self.0.push(indent);
        }
        self.0.len() - 1
    }

    /// Which level a line would have.
    fn peek(&self, indent: usize) -> usize {
        self.0.iter().filter(|open| **open < indent).count()
    }
}

/// The lines of a `|` or `>` block, moved as a whole. Returns where it ends.
fn copy_block(lines: &[&str], from: usize, outer: usize, level: usize, out: &mut Vec<String>) -> usize {
    let end = (from..lines.len()).find(|at| !lines[*at].is_empty() && indent(lines[*at]) <= outer).unwrap_or(lines.len());
    let base = lines[from..end].iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    // Empty lines at its end separate it from what follows.
    let inner = (from..end).rev().find(|at| !lines[*at].is_empty()).map_or(from, |last| last + 1);
    for line in &lines[from..inner] {
        out.push(if line.is_empty() { String::new() } else { format!("{}{}", blanks(level + 1), &line[base..]) });
    }
    inner
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn blanks(level: usize) -> String {
    " ".repeat(level * INDENT)
}

fn comment(body: &str) -> String {
    let words = body.trim_start_matches('#');
    let signs = &body[..body.len() - words.len()];
    if words.is_empty() || words.starts_with(' ') { body.to_owned() } else { format!("{signs} {words}") }
}

/// `|` or `>` with its signs at the end of a key's line.
fn opens_block(body: &str) -> bool {
    body.rsplit_once(": ")
        .is_some_and(|(_, last)| last.starts_with(['|', '>']) && last.len() <= 3 && last[1..].chars().all(|c| "+-0123456789".contains(c)))
}

/// A line outside of brackets: `KEY: VALUE`, with `- ` before it perhaps. Says how many brackets it leaves open.
fn tidy(body: &str) -> (String, usize) {
    if let Some(item) = body.strip_prefix("- ") {
        let (item, depth) = tidy(item.trim_start());
        return (format!("- {item}"), depth);
    }
    let Some((key, value)) = split_key(body) else { return value_of(body) };
    let (value, depth) = value_of(value.trim_start());
    (format!("{}: {value}", key.trim_end()).trim_end().to_owned(), depth)
}

/// Key and value. The key may be in quotes.
fn split_key(body: &str) -> Option<(&str, &str)> {
    let quoted = body.chars().next().filter(|c| ['"', '\''].contains(c)).and_then(|quote| body[1..].find(quote)).map_or(0, |end| end + 2);
    let colon = quoted + body.get(quoted..)?.find(':')?;
    let value = &body[colon + 1..];
    (value.is_empty() || value.starts_with(' ')).then(|| (&body[..colon], value))
}

fn value_of(value: &str) -> (String, usize) {
    if value.starts_with(['{', '[']) {
        return flow(value, 0);
    }
    // Words without quotes go on to the end of the line, or to a comment; in quotes a # is no comment.
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c));
    let from = quote.and_then(|quote| value.rfind(quote)).unwrap_or(0);
    match value[from..].find(" #") {
        Some(at) => (format!("{} {}", value[..from + at].trim_end(), comment(value[from + at..].trim_start())), 0),
        None => (value.to_owned(), 0),
    }
}

/// Within brackets: one blank inside braces, none inside `[ ]`, one after commas and colons.
fn flow(text: &str, depth: usize) -> (String, usize) {
    let (mut out, mut depth, mut quote) = (String::new(), depth, None);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match quote {
            Some(open) => {
                out.push(c);
                if c == '\\' && open == '"' {
                    out.extend(rest.next());
                } else if c == open {
                    quote = None;
                }
                continue;
            }
            None if ['"', '\''].contains(&c) && (out.is_empty() || out.ends_with([' ', '{', '['])) => quote = Some(c),
            None => {}
        }
        match c {
            '#' if out.is_empty() || out.ends_with(' ') => {
                let tail: String = std::iter::once('#').chain(rest).collect();
                return (format!("{} {}", out.trim_end(), comment(&tail)).trim_start().to_owned(), depth);
            }
            '{' | '[' => {
                depth += 1;
                out.push(c);
                while rest.next_if(|next| *next == ' ').is_some() {}
                if c == '{' && rest.peek().is_some_and(|next| *next != '}') {
                    out.push(' ');
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                out.truncate(out.trim_end().len());
                if c == '}' && !out.is_empty() && !out.ends_with('{') {
                    out.push(' ');
                }
                out.push(c);
            }
            ',' | ':' if c == ',' || rest.peek().is_none_or(|next| *next == ' ') => {
                out.truncate(out.trim_end().len());
                out.push(c);
                while rest.next_if(|next| *next == ' ').is_some() {}
                if rest.peek().is_some() {
                    out.push(' ');
                }
            }
            ' ' if out.ends_with(' ') => {}
            _ => out.push(c),
        }
    }
    (out.trim_end().to_owned(), depth)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::menu::MenuSource;

    #[test]
    fn lines_are_written_one_way() {
        for (was, is) in [
            ("a:   1\nb:  {x: 1,y: [ 2,3 ]}\n", "a: 1\nb: { x: 1, y: [2, 3] }\n"),
            ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
            ("a:\n    b: 1   #so\n    # c\n    d:\n          e: 2\nf: 3", "a:\n  b: 1 # so\n  # c\n  d:\n    e: 2\nf: 3\n"),
            ("t: |\n      satu\n        dua {x}\n\n      tiga\n\nu: 1\n", "t: |\n  satu\n    dua {x}\n\n  tiga\n\nu: 1\n"),
            ("t: Ke {kode},{hari} jam: {jam}\n", "t: Ke {kode},{hari} jam: {jam}\n"),
            ("t: \"a #b: {c}\" # d\n", "t: \"a #b: {c}\" # d\n"),
            ("o: { 1: \"YA,  simpan\",2: Tidak }\n", "o: { 1: \"YA,  simpan\", 2: Tidak }\n"),
            ("l: [\na,b, # dua\n      c,\n]\nm: 1\n", "l: [\n  a, b, # dua\n  c,\n]\nm: 1\n"),
            ("days: [Min,  Sen]\n", "days: [Min, Sen]\n"),
        ] {
            assert_eq!(format(was), is);
            assert_eq!(format(is), is, "once more changes nothing");
        }
    }

    #[test]
    fn the_shipped_files_are_written_so_and_mean_the_same_however_they_are_indented() {
        for (name, text) in MenuSource::shipped().files {
            assert_eq!(format(&text), text, "{name}");
            let messy: String =
                text.lines().map(|line| format!("{}{}  \n", &" ".repeat(line.len() - line.trim_start().len()), line)).collect();
            assert_eq!(format(&messy), text, "{name}");
        }
    }
}
