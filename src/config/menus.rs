//! The menu's files: read and judged at the start, by `check`, and anew while the gateway runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Config, ConfigError, REQUIREMENTS, one, read_menus, read_requirements};
use crate::channel::sms_command::{Words, Wrong};
use crate::gsm;
use crate::menu::{self, Menu, MenuSource, Patience, Problem, Severity};
use crate::service::requirements::{BRING, BRING_LIST_MAX, Requirements};
use crate::service::{self, ticket};

/// Where the menu comes from, and what it is judged by.
#[derive(Clone, Debug)]
pub struct MenuFiles {
    /// None: the menu that is built in.
    folder: Option<PathBuf>,
    /// Features that this district does without.
    absent: &'static [&'static str],
    patience: Vec<Patience>,
    /// Lists of documents that must have words.
    papers: Vec<Vec<String>>,
}

/// What the files say.
#[derive(Debug)]
pub struct Examined {
    /// With all of its features; None if something is an error.
    pub menu: Option<Menu>,
    pub problems: Vec<Problem>,
    /// For whoever shows the places.
    pub source: MenuSource,
    /// Without what is absent, if anything is.
    lacking: Option<Menu>,
    /// None: those that are built in.
    words: Option<Words>,
}

/// A menu to be served, with the words by which messages are understood.
#[derive(Debug)]
pub struct Taken {
    pub menu: Arc<Menu>,
    pub words: Arc<Words>,
}

impl Config {
    pub fn menu_files(&self) -> MenuFiles {
        MenuFiles {
            folder: self.menus.as_ref().map(|folder| self.folder.join(folder)),
            absent: if self.people.has_nobody() { &[ticket::FEATURE] } else { &[] },
            patience: self.patience(),
            // What is wrong with the list itself is told elsewhere.
            papers: self.requirements().map_or_else(|_| Vec::new(), |requirements| papers(&requirements)),
        }
    }
}

impl MenuFiles {
    pub fn built_in() -> Self {
        let shipped = read_requirements("", REQUIREMENTS).map_or_else(|_| Vec::new(), |requirements| papers(&requirements));
        Self { folder: None, absent: &[], patience: vec![Patience::usual()], papers: shipped }
    }

    pub fn of_folder(folder: &Path) -> Self {
        // Whose list of documents goes with it, only a config says.
        Self { folder: Some(folder.to_owned()), papers: Vec::new(), ..Self::built_in() }
    }

    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// How long the networks wait that people call by.
    pub fn patience(&self) -> &[Patience] {
        &self.patience
    }

    /// Reads the files and says everything that is wrong with them.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn examine(&self) -> Result<Examined, ConfigError> {
        let source = self.folder.as_deref().map_or_else(|| Ok(MenuSource::shipped()), read_menus)?;
        let words_file = self.folder.as_deref().map_or(Ok(None), read_words)?;
        Ok(self.judge(source, words_file))
    }

    fn judge(&self, mut source: MenuSource, words_file: Option<(String, String)>) -> Examined {
        let review = menu::review(&source, &service::CATALOGUE);
        let (mut menu, mut problems) = (review.menu, review.problems);
        let mut lacking = None;
        if let Some(menu) = &menu {
            let slow: Vec<Problem> = self.patience.iter().flat_map(|patience| menu.too_slow(patience)).collect();
            if !self.absent.is_empty() {
                lacking = menu::check_without(&source, &service::CATALOGUE, self.absent).map_err(|more| problems.extend(more)).ok();
            }
            for problem in slow {
                // The usual networks' patience was judged with the menu.
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        if let Some(menu) = &menu {
            problems.extend(self.papers.iter().flat_map(|documents| wordless(menu, documents, &source)));
        }
        let words = words_file.as_ref().and_then(|(name, text)| {
            Words::parse(text).map_err(|wrong| problems.extend(wrong.into_iter().map(|wrong| misheard(name, text, wrong)))).ok()
        });
        // Not sooner: to the checker every file behind the first is one of texts.
        source.files.extend(words_file);
        if problems.iter().any(|problem| problem.severity() == Severity::Error) {
            menu = None;
        }
        Examined { menu, problems, source, lacking, words }
    }
}

impl Examined {
    /// The menu that is served.
    ///
    /// # Errors
    /// Everything that is wrong, rendered with file, line, column and excerpt.
    pub fn take(self) -> Result<Taken, ConfigError> {
        let Some(menu) = self.menu else { return Err(one(menu::render(&self.problems, &self.source))) };
        let words = self.words.map_or_else(super::words, |words| Ok(Arc::new(words)))?;
        Ok(Taken { menu: Arc::new(self.lacking.unwrap_or(menu)), words })
    }
}

fn papers(requirements: &Requirements) -> Vec<Vec<String>> {
    requirements.papers().map(<[String]>::to_vec).collect()
}

/// What a list of documents lacks in the menu's languages.
fn wordless(menu: &Menu, documents: &[String], source: &MenuSource) -> Vec<Problem> {
    let asked = documents.iter().flat_map(|document| ["surat", "cara"].map(|value| (value, std::slice::from_ref(document))));
    let lists = std::iter::once((BRING.0, documents)).chain(asked);
    let said =
        lists.flat_map(|(value, words)| menu.listed(value, words).into_iter().map(move |(language, said)| (value, words, language, said)));
    said.filter_map(|(value, words, language, said)| {
        let message = match said {
            None => format!("the documents {} have no words under `{value}`", words.join(", ")),
            Some(said) if value == BRING.0 && gsm::septets(&said).is_ok_and(|septets| septets > BRING_LIST_MAX.into()) => {
                format!("`{said}` is longer than {BRING_LIST_MAX} septets")
            }
            Some(_) => return None,
        };
        let named = source.files.iter().map(|(name, _)| name).find(|name| name.ends_with(&format!("{language}.yaml")));
        let file = named.cloned().unwrap_or_default();
        Some(Problem { code: "C018", file, line: 1, col: 1, len: 1, message, help: None })
    })
    .collect()
}

fn misheard(file: &str, text: &str, wrong: Wrong) -> Problem {
    let len = text.lines().nth(wrong.line.saturating_sub(1)).map_or(1, |line| line.trim_end().chars().count().max(1));
    Problem { code: "C017", file: file.to_owned(), line: wrong.line, col: 1, len, message: wrong.message, help: None }
}

/// `sms.yaml` of a menu folder, if it has one; else the words are those built in.
fn read_words(folder: &Path) -> Result<Option<(String, String)>, ConfigError> {
    let path = folder.join("sms.yaml");
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| one(format!("{}: {error}", path.display())))?;
    Ok(Some((path.display().to_string(), text)))
}
