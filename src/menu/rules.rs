//! The rules that menus and texts are held to: for each code what is wrong, why it matters, and how to mend it.
//!
//! Codes never change their meaning. `M` is for structure, `T` for texts; T001 to T022 follow the numbers of the text standard.

mod structure;
mod texts;

/// One rule. `kentongan explain CODE` prints it.
#[derive(Debug)]
pub struct Rule {
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub what: &'static str,
    /// Why it matters, with the source where there is one.
    pub why: &'static str,
    pub mend: &'static str,
    /// As it must not stand in a file.
    pub wrong: &'static str,
    pub right: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The menu is not taken into service.
    Error,
    /// Works, but worse than it could for somebody.
    Warning,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// The rules for menus and texts, by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    structure::RULES.iter().chain(texts::RULES)
}

/// What the finding of a code means for the menu. A code that has no rule would be an error; a test rules that out.
pub(super) fn severity(code: &str) -> Severity {
    rules().find(|rule| rule.code == code).map_or(Severity::Error, |rule| rule.severity)
}
