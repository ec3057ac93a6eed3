//! A menu that was read and proved, ready to step through.

use std::collections::{BTreeSet, HashMap};

use super::edition::Likeness;
use super::journey::{Journey, Patience};
use super::milestones::Milestones;
use super::text::{Template, septets};
use super::{ActionSpec, Notice, Outcome, Problem, Reader, Session, Value};

/// Screens, edges and words.
#[derive(Clone, Debug)]
pub struct Menu {
    pub(super) fingerprint: u32,
    pub(super) main: usize,
    pub(super) human: usize,
    pub(super) left: u32,
    pub(super) screens: Vec<Screen>,
    pub(super) by_id: HashMap<u32, usize>,
    pub(super) commands: Vec<(String, Vec<Entrance>)>,
    /// Screens on which nobody means to stop.
    pub(super) halfway: BTreeSet<usize>,
    pub(super) journeys: Vec<Journey>,
    pub(super) languages: Vec<Language>,
    /// In the order of the screens.
    pub(super) likenesses: Vec<Likeness>,
    pub(super) milestones: Milestones,
    /// Digits on posters that lead elsewhere now, and those that lead there; the longest first.
    pub(super) moved: Vec<(Vec<String>, Vec<String>)>,
    /// Number and name.
    pub(super) tasks: Vec<(u32, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Screen {
    pub(super) name: String,
    pub(super) id: u32,
    pub(super) act: Act,
}

#[derive(Clone, Debug)]
pub(super) enum Act {
    Choose { options: Vec<Choice>, list: Option<usize> },
    Ask { question: Question, or: Option<Question> },
    Call { action: &'static ActionSpec, args: Vec<(&'static str, u32)>, on: Vec<(&'static str, usize)> },
    Page,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) digit: String,
    pub(super) goto: usize,
    /// Needs a feature that is absent: never offered.
    pub(super) hidden: bool,
    /// Leads there only if all of these are set.
    pub(super) when: Vec<u32>,
    /// Where it leads if not; without one it is not offered then.
    pub(super) otherwise: Option<usize>,
    pub(super) set: Option<(u32, String)>,
    /// Values that are known by now: a screen on the way whose choice would set one is not asked.
    pub(super) brings: Vec<u32>,
    /// Meant by yes, or by no.
    pub(super) says: Option<bool>,
}

/// One way in by a command: the screen, if all of these values came with it.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    pub(super) goto: usize,
    pub(super) when: Vec<u32>,
    /// Only with a NIK that was none: the screen asks for one, and its page says what was wrong.
    pub(super) flawed: bool,
}

/// What is taken, which value it becomes, and where that leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) what: Ask,
    pub(super) into: u32,
    pub(super) then: usize,
}

/// What an ask screen takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Of a booking or a complaint, with its check digit.
    Code,
    Kk,
    Nik,
    /// Of a mobile phone, or 1: there is none.
    Phone,
    /// At most so many septets.
    Text(u8),
}

/// The words of one language, in the order of the screens.
#[derive(Clone, Debug)]
pub(super) struct Language {
    pub(super) name: String,
    pub(super) days: Vec<String>,
    pub(super) months: Vec<String>,
    pub(super) constants: Constants,
    pub(super) resume: [String; 3],
    pub(super) resume_sms: String,
    pub(super) notices: [String; 3],
    pub(super) wrong: HashMap<String, Template>,
    pub(super) words: HashMap<u32, HashMap<String, String>>,
    pub(super) messages: HashMap<String, Template>,
    pub(super) screens: Vec<Words>,
}

#[derive(Clone, Debug)]
pub(super) struct Constants {
    pub(super) back: String,
    pub(super) main: String,
    pub(super) more: String,
    pub(super) human: String,
    /// Under the choices of an SMS, which has no other sign that an answer is wanted.
    pub(super) answer: String,
}

/// The words of one screen, and which constants there is room for. A call screen has none.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) text: Template,
    /// For who knows the way, in place of the text and of what the constants mean.
    pub(super) regular: Option<Template>,
    /// In the order of the screen's options.
    pub(super) options: Vec<Template>,
    pub(super) item: Option<Template>,
    pub(super) room: Room,
    /// With the longest error line above.
    pub(super) room_when_wrong: Room,
}

/// Which of the constants that need not be printed are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) main: bool,
    pub(super) human: bool,
}

/// Names stand in sessions as numbers, which stay the same from one version of a menu to the next (FNV-1a).
pub(super) fn id(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Menu {
    /// What was dialled at once, with digits of an old poster put right.
    pub fn with_moved(&self, mut dialled: Vec<String>) -> Vec<String> {
        if let Some((old, new)) = self.moved.iter().find(|(old, _)| dialled.starts_with(old)) {
            dialled.splice(..old.len(), new.iter().cloned());
        }
        dialled
    }

    /// Differs between menus that differ in anything.
    pub fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// By which operators tell versions apart.
    pub fn name(&self) -> String {
        format!("{:08x}", self.fingerprint)
    }

    /// What people come for, in every language.
    pub fn journeys(&self) -> &[Journey] {
        &self.journeys
    }

    /// Where a slow user is cut off by a network of this patience.
    pub fn too_slow(&self, patience: &Patience) -> Vec<Problem> {
        self.journeys.iter().flat_map(|journey| journey.problems(patience)).collect()
    }

    /// A page that belongs to no screen.
    pub fn notice(&self, notice: Notice, reader: Reader) -> &str {
        let [busy, fault, replaced] = &self.language(reader).notices;
        match notice {
            Notice::Busy => busy,
            Notice::Fault => fault,
            Notice::Replaced => replaced,
        }
    }

    pub(super) fn entrance(&self, command: &str, session: &Session, flawed: bool) -> Option<&Entrance> {
        let (_, entrances) = self.commands.iter().find(|(known, _)| known == command)?;
        let fits = |entrance: &&Entrance| entrance.when.iter().all(|name| session.value(*name).is_some()) && (flawed || !entrance.flawed);
        entrances.iter().find(fits)
    }

    /// The screen by which a command asks for a NIK.
    pub(super) fn asking(&self, command: &str) -> Option<usize> {
        let (_, entrances) = self.commands.iter().find(|(known, _)| known == command)?;
        entrances.iter().find(|entrance| entrance.flawed).map(|entrance| entrance.goto)
    }

    /// A message's text. `None` if there is no such message.
    pub fn message(&self, reader: Reader, name: &str, values: &[(&'static str, Value)]) -> Option<String> {
        let language = self.language(reader);
        let template = language.messages.get(name)?;
        let mut text = String::new();
        template.write(&mut text, language, |wanted| values.iter().find(|(name, _)| id(name) == wanted).map(|(_, value)| value));
        Some(text)
    }

    /// What the page says to which an outcome of an action leads, without its choices: for an answer that comes when the dialogue is over.
    /// `given` is what the citizen had entered. `None` if the menu never calls this action.
    pub fn told(&self, reader: Reader, action: &str, outcome: &Outcome, given: &[(&'static str, Value)]) -> Option<String> {
        let edge = self.screens.iter().find_map(|screen| match &screen.act {
            Act::Call { action: spec, on, .. } if spec.name == action => on.iter().find(|(name, _)| *name == outcome.name),
            _ => None,
        });
        let language = self.language(reader);
        let words = language.screens.get(edge?.1)?;
        let value = |wanted| given.iter().chain(&outcome.values).find(|(name, _)| id(name) == wanted).map(|(_, value)| value);
        let mut text = String::new();
        words.text.write(&mut text, language, value);
        Some(text)
    }

    /// How a list of words of a value reads in each language; `None` where one of them has no words.
    pub fn listed(&self, value: &str, words: &[String]) -> Vec<(&str, Option<String>)> {
        let value = id(value);
        let known = |language: &Language, word: &String| language.words.get(&value).is_some_and(|group| group.contains_key(word));
        let languages = self.languages.iter();
        languages
            .map(|language| {
                let is_whole = words.iter().all(|word| known(language, word));
                (language.name.as_str(), is_whole.then(|| language.listed(value, words)))
            })
            .collect()
    }

    /// Every edge out of every screen, as `(screen, by what, target)`: what transcripts have to walk.
    pub fn edges(&self) -> Vec<(&str, String, &str)> {
        let name = |at: usize| self.screens[at].name.as_str();
        let mut edges: Vec<(&str, String, &str)> = self
            .commands
            .iter()
            .flat_map(|(command, entrances)| entrances.iter().map(|entrance| ("command", command.clone(), name(entrance.goto))))
            .collect();
        for screen in &self.screens {
            let from = screen.name.as_str();
            match &screen.act {
                Act::Choose { options, list } => {
                    let options: Vec<_> = options.iter().filter(|option| !option.hidden).collect();
                    edges.extend(options.iter().map(|option| (from, option.digit.clone(), name(option.goto))));
                    let otherwise =
                        options.iter().filter_map(|option| Some((from, format!("{} else", option.digit), name(option.otherwise?))));
                    edges.extend(otherwise);
                    edges.extend(list.map(|goto| (from, "item".to_owned(), name(goto))));
                }
                Act::Ask { question, or } => {
                    edges.push((from, "input".to_owned(), name(question.then)));
                    edges.extend(or.map(|or| (from, "other input".to_owned(), name(or.then))));
                }
                Act::Call { on, .. } => edges.extend(on.iter().map(|(outcome, goto)| (from, (*outcome).to_owned(), name(*goto)))),
                Act::Page | Act::End => {}
            }
        }
        edges
    }

    pub(super) fn language(&self, reader: Reader) -> &Language {
        // `check` accepts no menu without a language.
        self.languages.iter().find(|language| id(&language.name) == reader.language).unwrap_or(&self.languages[0])
    }
}

impl Language {
    pub(super) fn day(&self, from_sunday: usize) -> &str {
        self.days.get(from_sunday).map_or("", String::as_str)
    }

    pub(super) fn month(&self, from_january: usize) -> &str {
        self.months.get(from_january).map_or("", String::as_str)
    }

    pub(super) fn word(&self, value: u32, word: &str) -> &str {
        self.words.get(&value).and_then(|words| words.get(word)).map_or("", String::as_str)
    }

    /// Some words of a value, as a page shows them.
    pub(super) fn listed(&self, value: u32, words: &[String]) -> String {
        words.iter().map(|word| self.word(value, word)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn longest_day(&self) -> &str {
        longest(self.days.iter())
    }

    pub(super) fn longest_month(&self) -> &str {
        longest(self.months.iter())
    }

    pub(super) fn longest_word(&self, value: u32) -> &str {
        self.words.get(&value).map_or("", |words| longest(words.values()))
    }
}

fn longest<'a>(texts: impl Iterator<Item = &'a String>) -> &'a str {
    texts.max_by_key(|text| septets(text)).map_or("", String::as_str)
}
