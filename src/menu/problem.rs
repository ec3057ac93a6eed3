//! What is wrong with a menu, and where.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::MenuSource;
use super::rules::{self, Severity};

/// One thing wrong. `code` is stable: it can be looked up and counted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub col: usize,
    /// How many characters to underline.
    pub len: usize,
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    pub fn severity(&self) -> Severity {
        rules::severity(self.code)
    }
}

/// `file:line:col`, the line itself with a caret under it, and help, for every problem.
pub fn render(problems: &[Problem], source: &MenuSource) -> String {
    let renderer = Renderer::plain().decor_style(DecorStyle::Ascii);
    let shown: Vec<String> = problems.iter().map(|problem| render_one(problem, source, &renderer)).collect();
    shown.join("\n\n")
}

fn render_one(problem: &Problem, source: &MenuSource, renderer: &Renderer) -> String {
    let text = source.file(&problem.file).unwrap_or_default();
    let level = match problem.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level
        .primary_title(problem.message.as_str())
        .id(problem.code)
        .element(Snippet::source(text).path(problem.file.as_str()).annotation(AnnotationKind::Primary.span(span(text, problem))));
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// Byte range of the problem's place, kept inside the text.
fn span(text: &str, problem: &Problem) -> std::ops::Range<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n').take(problem.line.saturating_sub(1)) {
        start += line.len();
    }
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let byte = |col: usize| line.char_indices().nth(col).map_or(line.len(), |(at, _)| at);
    let from = byte(problem.col.saturating_sub(1));
    let to = byte(problem.col.saturating_sub(1) + problem.len.max(1));
    start + from..start + to
}
