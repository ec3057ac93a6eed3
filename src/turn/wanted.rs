//! What a message wants of the conversation that it comes into: to answer the page shown, or something new. Pure.

use std::collections::VecDeque;

use super::walk::{Command, Next};
use crate::channel::sms_command::{self, Code, Flaw, Intent, Opening, Reply, Village};
use crate::citizen::area::Names;
use crate::citizen::{KkDigits, Nik, NikError, code};
use crate::clock::Day;
use crate::gsm;
use crate::menu::{Asks, Value};
use crate::service::appointment::Need;
use crate::service::ticket;

/// Of a message that we did not understand so many letters are told back.
const TOLD_BACK_MAX: usize = 20;
/// A code is no longer; what is, is none.
const CODE_MAX: usize = 8;
/// What a village may be called: the length that the menu asks for.
const VILLAGE_SEPTETS_MAX: usize = 40;

/// What comes next in the conversation.
pub(super) struct Wanted {
    pub(super) next: Next,
    /// What else was sent that the next page asks for.
    pub(super) ahead: VecDeque<String>,
    /// Answered now and then only, since a machine may answer back.
    pub(super) puzzle: Option<Puzzle>,
    /// The page leaves the conversation where it is.
    pub(super) is_aside: bool,
}

/// What a person would hardly send on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Puzzle {
    /// A greeting, thanks, an answer to no question, or nothing at all.
    NothingSaid,
    NotUnderstood,
}

impl Wanted {
    fn step(next: Next) -> Self {
        Self { next, ahead: VecDeque::new(), puzzle: None, is_aside: false }
    }

    pub(super) fn command(name: &str, values: Vec<(&'static str, Value)>, flaw: Option<NikError>) -> Self {
        Self::step(Next::Command(Command { name: name.to_owned(), values, flaw }))
    }

    fn puzzling(self, puzzle: Puzzle) -> Self {
        Self { puzzle: Some(puzzle), ..self }
    }

    fn aside(self) -> Self {
        Self { is_aside: true, ..self }
    }
}

/// `asks`: what the last page wants to hear. `puzzles`: messages before this one that we did not understand.
pub(super) fn wanted(asks: Asks, said: &sms_command::Command, text: &str, puzzles: u8, today: Day) -> Wanted {
    answer(asks, said, text).unwrap_or_else(|| order(asks, said, text, puzzles, today))
}

/// To the page shown.
fn answer(asks: Asks, said: &sms_command::Command, text: &str) -> Option<Wanted> {
    if matches!(said.intent, Intent::SalahKirimReg | Intent::AmbiguDaftarReg) {
        return None;
    }
    match (asks, said.intent) {
        (Asks::Nothing, _) => None,
        (_, Intent::Kosong) => Some(Wanted::step(Next::Input(String::new())).puzzling(Puzzle::NothingSaid)),
        // Marks and numbers: the page again, and that they were no choice.
        (Asks::Choice, Intent::TakPaham) if told_back(text).is_none() => {
            Some(Wanted::step(Next::Input(text.to_owned())).puzzling(Puzzle::NotUnderstood))
        }
        // What comes with an order is not lost by it: a sentence that only begins with a word of ours is the text.
        (Asks::Text, _) if said.opening == Opening::Bare => None,
        (Asks::Text, Intent::LaporBaru) if said.opening == Opening::Keyword && said.text.is_some() => None,
        (Asks::Text, _) => Some(Wanted::step(Next::Input(text.to_owned()))),
        (Asks::Choice, Intent::Jawab) => said.reply.map(|reply| Wanted::step(chosen(reply))),
        (Asks::Nik | Asks::Kk, _) if said.opening == Opening::Other && text.contains(is_digit) => digits(asks, said, text),
        // A greeting, or thanks: the page again.
        (_, Intent::Bantuan) if said.opening == Opening::Other => {
            Some(Wanted::step(Next::Input(String::new())).puzzling(Puzzle::NothingSaid))
        }
        _ => None,
    }
}

fn chosen(reply: Reply) -> Next {
    match reply {
        Reply::Digit(digit) => Next::Input(digit.to_string()),
        Reply::Yes => Next::Said(true),
        Reply::No | Reply::NotYet => Next::Said(false),
    }
}

fn is_digit(char: char) -> bool {
    char.is_ascii_digit()
}

/// A code, or what stands from the first digit to the last. A NIK with KK digits behind it answers two pages; where only the KK is asked for,
/// the NIK that came along once more must not count as wrong digits of it.
fn digits(asks: Asks, said: &sms_command::Command, text: &str) -> Option<Wanted> {
    match (&said.nik, &said.kk) {
        (_, Some(kk)) if asks == Asks::Kk => return Some(Wanted::step(Next::Input(kk.clone()))),
        (Some(nik), Some(kk)) => return Some(Wanted { ahead: VecDeque::from([kk.clone()]), ..Wanted::step(Next::Input(nik.clone())) }),
        _ => {}
    }
    // Of a code the letter counts too.
    let typed = code::read(text).or_else(|| text.get(text.find(is_digit)?..=text.rfind(is_digit)?).map(str::to_owned))?;
    Some(Wanted::step(Next::Input(typed)))
}

/// Something new.
fn order(asks: Asks, said: &sms_command::Command, text: &str, puzzles: u8, today: Day) -> Wanted {
    let name = said.intent.name().to_ascii_lowercase();
    match said.intent {
        Intent::TakPaham => {
            let name = if puzzles == 0 { name } else { format!("{name}_lagi") };
            match told_back(text) {
                Some(words) => {
                    let mut values = vec![("kata", Value::Text(words))];
                    // The second in a row is for a human, who reads all of it.
                    values.extend((puzzles == 1).then(|| ("pesan", Value::Text(gsm::cut(text, usize::from(ticket::TEXT_SEPTETS_MAX))))));
                    Wanted::command(&name, values, None).puzzling(Puzzle::NotUnderstood).aside()
                }
                None => Wanted::command(&name, Vec::new(), None).puzzling(Puzzle::NotUnderstood),
            }
        }
        // An answer, and no question.
        Intent::Jawab => Wanted::command(&name, Vec::new(), None).puzzling(Puzzle::NothingSaid).aside(),
        Intent::Kosong => Wanted::command(&name, Vec::new(), None).puzzling(Puzzle::NothingSaid),
        Intent::Bantuan if said.opening == Opening::Other && asks == Asks::Nothing => {
            Wanted::command(&name, Vec::new(), None).puzzling(Puzzle::NothingSaid)
        }
        _ => {
            let (mut values, flaw) = values(said, today);
            let complaint = said.text.clone().filter(|_| said.intent == Intent::LaporBaru);
            match complaint {
                Some(words) if gsm::septets(&words).is_ok_and(|septets| septets <= usize::from(ticket::TEXT_SEPTETS_MAX)) => {
                    values.push(("pesan", Value::Text(words)));
                    Wanted::command(&name, values, flaw)
                }
                // Answers the page that asks for it, which says what is wrong with it.
                Some(words) => Wanted { ahead: VecDeque::from([words]), ..Wanted::command(&name, values, flaw) },
                None => Wanted::command(&name, values, flaw),
            }
        }
    }
}

/// What a command brings, by the names that the menu has for it, and what is wrong with its NIK.
fn values(said: &sms_command::Command, today: Day) -> (Vec<(&'static str, Value)>, Option<NikError>) {
    let mut values = Vec::new();
    let mut flaw = said.flaw.map(|flaw| match flaw {
        Flaw::Letter(_) => NikError::Letter { suggestion: None },
        Flaw::Length(typed) => NikError::Length { typed },
    });
    match said.nik.as_deref().map(|nik| Nik::parse(nik, today)) {
        Some(Ok(nik)) => values.push(("nik", Value::Nik(nik))),
        Some(Err(error)) => flaw = Some(error),
        None => {}
    }
    values.extend(said.kk.as_deref().and_then(|kk| KkDigits::parse(kk).ok()).map(|kk| ("kk", Value::Kk(kk))));
    if let Some(Code::Typed(code)) = &said.code
        && code.len() <= CODE_MAX
    {
        values.push(("kode", Value::Code(code.clone())));
    }
    let village = match &said.village {
        // A kecamatan that told it from its twins is not asked for again.
        Some(Village::One { code, .. }) if said.intent == Intent::Keliling => Some(code),
        Some(Village::One { name, .. } | Village::Unknown(name)) => Some(name),
        // They share the name, and the menu asks which of them is meant.
        Some(Village::Several(codes)) => codes.first().and_then(|code| Names::muba().by_code(code)).map(|area| &area.name),
        // A kecamatan alone: the menu asks for a village of it.
        None => said.district.as_ref().filter(|_| said.intent == Intent::Keliling),
    };
    if let Some(name) = village
        && gsm::septets(name).is_ok_and(|septets| septets <= VILLAGE_SEPTETS_MAX)
    {
        values.push(("desa", Value::Text(name.clone())));
    }
    values.extend(said.topic.clone().map(|topic| ("topik", Value::Word(topic))));
    values.extend(said.language.clone().map(|language| ("bahasa", Value::Word(language))));
    let need = said.need.as_ref().and_then(|need| match need {
        sms_command::Need::Digit(digit) => Need::from_number(*digit).map(|need| need.word().to_owned()),
        sms_command::Need::Named(name) => Some(name.clone()),
    });
    values.extend(need.map(|need| ("urusan", Value::Word(need))));
    (values, flaw)
}

/// The beginning of what was sent, by which its sender knows it again: whole words, letters only, so that no number comes back.
fn told_back(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut told = String::new();
    for word in words {
        if told.len() + 1 + word.len() > TOLD_BACK_MAX {
            break;
        }
        if !told.is_empty() {
            told.push(' ');
        }
        told.push_str(word);
    }
    Some(told).filter(|told| !told.is_empty())
}
