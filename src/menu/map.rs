//! A menu as others may look at it: screens with their words and where they lead.

use super::compiled::{Act, Ask};
use super::{Menu, ways};

/// One screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub name: String,
    pub shape: Shape,
    /// What is shown, line by line as it is written in the files, for each language; nothing for a call.
    pub pages: Vec<(String, Vec<String>)>,
    /// By what, and to which screen.
    pub edges: Vec<(String, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Ask,
    Call,
    Choose,
    End,
    Page,
}

impl Menu {
    /// Every screen, in the order of the file. Edges name screens by their place in it.
    pub fn views(&self) -> Vec<View> {
        (0..self.screens.len()).map(|at| self.view(at)).collect()
    }

    /// The screen that a new dialogue begins with, and the one that leads to a human, by their places.
    pub fn anchors(&self) -> [usize; 2] {
        [self.main, self.human]
    }

    fn view(&self, at: usize) -> View {
        let screen = &self.screens[at];
        let shape = match &screen.act {
            Act::Ask { .. } => Shape::Ask,
            Act::Call { .. } => Shape::Call,
            Act::Choose { .. } => Shape::Choose,
            Act::End => Shape::End,
            Act::Page => Shape::Page,
        };
        let is_call = shape == Shape::Call;
        let pages =
            self.languages.iter().filter(|_| !is_call).map(|language| (language.name.clone(), self.lines(at, language.screens.get(at))));
        let edges = ways::hops(&self.screens, at).into_iter().map(|(hop, _)| (label(&hop.by), hop.to));
        View { name: screen.name.clone(), shape, pages: pages.collect(), edges: edges.collect() }
    }

    fn lines(&self, at: usize, words: Option<&super::compiled::Words>) -> Vec<String> {
        let Some(words) = words else { return Vec::new() };
        let mut lines: Vec<String> = words.text.source().lines().map(str::to_owned).collect();
        lines.extend(
            words.regular.iter().flat_map(|text| text.source().lines().map(|line| format!("(regular) {line}")).collect::<Vec<_>>()),
        );
        lines.extend(words.item.iter().map(|item| format!("n {}", item.source())));
        if let Act::Choose { options, .. } = &self.screens[at].act {
            lines.extend(options.iter().zip(&words.options).map(|(option, label)| format!("{} {}", option.digit, label.source())));
        }
        if let Act::Ask { question, .. } = &self.screens[at].act {
            lines.push(match question.what {
                Ask::Code => "> code".to_owned(),
                Ask::Kk => "> KK digits".to_owned(),
                Ask::Nik => "> NIK".to_owned(),
                Ask::Phone => "> mobile number, or 1 for none".to_owned(),
                Ask::Text(max) => format!("> words, at most {max} septets"),
            });
        }
        lines
    }
}

fn label(by: &ways::By) -> String {
    match by {
        ways::By::Code => "code".to_owned(),
        ways::By::Digit(digit) => digit.clone(),
        ways::By::Item => "item".to_owned(),
        ways::By::Kk => "KK".to_owned(),
        ways::By::Nik => "NIK".to_owned(),
        ways::By::Outcome(outcome) => (*outcome).to_owned(),
        ways::By::Text => "words".to_owned(),
    }
}
