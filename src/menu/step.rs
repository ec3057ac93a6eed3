//! One step: a session and what happened to it in, a session and a call or a page out.

use crate::citizen::{KkDigits, Msisdn, Nik, code};
use crate::clock::Timestamp;
use crate::gsm;

use super::compiled::{Act, Ask, Choice, Entrance, Question, id};
use super::page::{self, Wrong};
use super::session::Shown;
use super::{Call, Command, Event, Kind, Menu, Outcome, Page, Session, Step, Value};

pub(super) const BACK: &str = "0";
pub(super) const MAIN: &str = "00";
pub(super) const MORE: &str = "98";
pub(super) const HUMAN: &str = "99";
/// On the main menu only, where it is a choice like the others.
pub(super) const LANGUAGE: &str = "9";
/// Answers to the page that offers to go on.
const GO_ON: &str = "1";
const ANEW: &str = "2";
/// A longer input is nothing that anybody typed on purpose (a USSD answer holds 182 septets).
const INPUT_CHARS_MAX: usize = 182;

/// Pure and total: whatever comes in, something sensible comes out, after bounded work.
pub fn step(menu: &Menu, mut session: Session, event: Event<'_>, now: Timestamp) -> (Session, Step) {
    // A screen that this version of the menu does not have.
    if !menu.by_id.contains_key(&session.screen) {
        session = session.anew(menu);
    }
    match event {
        Event::Dial { resume: true } if session.resumable(menu) => {
            session.resuming = true;
            let page = page::resume(menu, &session);
            (session, Step::Show(page))
        }
        Event::Again if session.resuming => {
            let page = page::resume(menu, &session);
            (session, Step::Show(page))
        }
        Event::Again => go_on(menu, session),
        Event::Dial { .. } => show(menu, session.anew(menu)),
        Event::Command(command) => enter_by(menu, session.anew(menu), command),
        Event::Outcome(outcome) => follow(menu, session, outcome),
        Event::Said(yes) => match meant(menu, &session, yes) {
            Some(input) => step(menu, session, Event::Input(&input), now),
            None => refuse(menu, session, &Wrong::plain("pilihan")),
        },
        Event::Input(input) => {
            let input = tidy(input);
            if session.resuming {
                answer_resume(menu, session, &input)
            } else if session.lost && ![MAIN, HUMAN].contains(&input.as_str()) {
                // What the answer was about is not known any more.
                go_on(menu, session)
            } else {
                take(menu, session, &input, now)
            }
        }
    }
}

/// Straight to a command's screen, with what the message brings.
fn enter_by(menu: &Menu, mut session: Session, command: Command<'_>) -> (Session, Step) {
    // KK digits last: naming whom they are for would drop them.
    let (kk, others): (Vec<_>, Vec<_>) = command.values.into_iter().partition(|(_, value)| matches!(value, Value::Kk(_)));
    for (name, value) in others.into_iter().chain(kk) {
        session.brought.push(id(name));
        session.set(id(name), value);
    }
    match menu.entrance(command.name, &session, command.flaw.is_some()) {
        Some(Entrance { goto, flawed, when }) if *goto != menu.main => {
            session.answered = true;
            // Whoever goes back, or comes back when the NIK is forgotten, is asked for it.
            if let (false, Some(asking)) = (when.is_empty(), menu.asking(command.name)) {
                session.history.push(Shown::of(menu.screens[asking].id, None));
            }
            let (session, step) = enter(menu, session, *goto);
            match command.flaw.filter(|_| *flawed) {
                Some(flaw) => refuse(menu, session, &Wrong::nik(&flaw)),
                None => (session, step),
            }
        }
        Some(_) | None => {
            let anew = session.anew(menu);
            show(menu, anew)
        }
    }
}

/// The input that yes or no stands for. Whoever says no where only yes can be chosen goes back.
fn meant(menu: &Menu, session: &Session, yes: bool) -> Option<String> {
    if session.resuming {
        return Some(if yes { GO_ON } else { ANEW }.to_owned());
    }
    let at = menu.by_id.get(&session.screen)?;
    let Act::Choose { options, .. } = &menu.screens[*at].act else { return None };
    let says = |yes: bool| options.iter().find(|option| option.says == Some(yes) && session.way(option).is_some());
    says(yes).map(|option| option.digit.clone()).or_else(|| says(true).filter(|_| !yes).map(|_| BACK.to_owned()))
}

/// Full-width digits folded, spaces around and a trailing `#` dropped, `1.` and `1)` taken as `1`.
fn tidy(input: &str) -> String {
    let folded: String = input
        .chars()
        .take(INPUT_CHARS_MAX)
        .map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            c => c,
        })
        .collect();
    let trimmed = folded.trim().trim_end_matches('#').trim_end();
    let bare = trimmed.strip_suffix(['.', ')']).unwrap_or(trimmed);
    if !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit()) { bare.to_owned() } else { trimmed.to_owned() }
}

fn answer_resume(menu: &Menu, mut session: Session, input: &str) -> (Session, Step) {
    match input {
        GO_ON => {
            session.resuming = false;
            go_on(menu, session)
        }
        ANEW | BACK | MAIN => show(menu, session.anew(menu)),
        _ => {
            let page = page::resume(menu, &session);
            (session, Step::Show(Page { refused: !input.is_empty(), ..page }))
        }
    }
}

/// The same screen again; or, if what was typed is gone by now, the first screen that asks for it.
fn go_on(menu: &Menu, mut session: Session) -> (Session, Step) {
    session.wrong = 0;
    if std::mem::take(&mut session.lost) {
        let here = Shown::of(session.screen, session.via);
        let Some(at) = session.history.iter().chain([&here]).position(|seen| asks_for_a_person(menu, seen)) else {
            let anew = session.anew(menu);
            return show(menu, anew);
        };
        let Shown { screen, via, .. } = session.history.get(at).cloned().unwrap_or(here);
        session.history.truncate(at);
        session.screen = screen;
        session.via = via;
        session.page = 0;
    }
    revisit(menu, session)
}

/// Does it ask for a NIK or KK digits, or offer a list of persons?
fn asks_for_a_person(menu: &Menu, seen: &Shown) -> bool {
    let act = |screen: u32| menu.by_id.get(&screen).map(|at| &menu.screens[*at].act);
    match act(seen.screen) {
        Some(Act::Ask { question: Question { what: Ask::Nik | Ask::Kk, .. }, .. }) => true,
        Some(Act::Choose { list: Some(_), .. }) => match seen.via.and_then(act) {
            Some(Act::Call { action, .. }) => {
                action.outcomes.iter().filter_map(|outcome| outcome.items).flatten().any(|(_, kind)| *kind == Kind::Nik)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Shows the session's screen again. A list is fetched anew: what it offered may be gone.
fn revisit(menu: &Menu, mut session: Session) -> (Session, Step) {
    let is_list = menu.by_id.get(&session.screen).is_some_and(|at| matches!(menu.screens[*at].act, Act::Choose { list: Some(_), .. }));
    if let (true, Some(via)) = (is_list, session.via)
        && let Some(at) = menu.by_id.get(&via)
    {
        session.page = 0;
        return enter(menu, session, *at);
    }
    show(menu, session)
}

fn take(menu: &Menu, mut session: Session, input: &str, now: Timestamp) -> (Session, Step) {
    let at = menu.by_id.get(&session.screen).copied().unwrap_or(menu.main);
    match input {
        // Sending nothing asks for the page again.
        "" => return show(menu, session),
        MAIN => return show(menu, session.anew(menu)),
        BACK => return back(menu, session),
        HUMAN if at != menu.human => {
            session.leave();
            return enter(menu, session, menu.human);
        }
        MORE => {
            if page::has_more(menu, &session) {
                session.page = session.page.saturating_add(1);
            } else {
                session.page = 0;
            }
            return show(menu, session);
        }
        _ => {}
    }
    match &menu.screens[at].act {
        Act::Choose { options, list } => choose(menu, session, options, *list, input),
        Act::Ask { question, or } => match answer(*question, *or, input, now) {
            Ok((Question { into, then, .. }, value)) => {
                session.leave();
                session.set(into, value);
                session.answered = true;
                session.wrong = 0;
                enter(menu, session, then)
            }
            Err(wrong) => refuse(menu, session, &wrong),
        },
        Act::Page => match session.question(menu) {
            Some(seen) => {
                session.history.pop();
                session.screen = seen.screen;
                session.via = seen.via;
                session.page = 0;
                take(menu, session, input, now)
            }
            None => refuse(menu, session, &Wrong::plain("pilihan")),
        },
        Act::Call { .. } | Act::End => refuse(menu, session, &Wrong::plain("pilihan")),
    }
}

fn choose(menu: &Menu, mut session: Session, options: &[Choice], list: Option<usize>, input: &str) -> (Session, Step) {
    let chosen = options.iter().find(|option| option.digit == input).and_then(|option| Some((option, session.way(option)?)));
    if let Some((option, goto)) = chosen {
        session.leave();
        if let Some((name, word)) = &option.set {
            session.set(*name, Value::Word(word.clone()));
        }
        session.bring(&option.brings);
        session.answered = true;
        session.wrong = 0;
        return enter(menu, session, goto);
    }
    let item = input.parse::<usize>().ok().and_then(|number| session.items.get(number.checked_sub(1)?).cloned());
    if let (Some(goto), Some(item)) = (list, item) {
        session.leave();
        for (name, value) in item {
            session.set(name, value);
        }
        session.answered = true;
        session.wrong = 0;
        return enter(menu, session, goto);
    }
    refuse(menu, session, &Wrong::plain("pilihan"))
}

/// What else may be typed goes first: a text takes everything.
fn answer(question: Question, or: Option<Question>, input: &str, now: Timestamp) -> Result<(Question, Value), Wrong> {
    match or.map(|or| (or, read(or.what, input, now))) {
        Some((or, Ok(value))) => Ok((or, value)),
        // A slip in a code is told as one, and not taken for a NIK with letters in it.
        Some((Question { what: Ask::Code, .. }, Err(wrong))) if code::resembles(input) => Err(wrong),
        _ => read(question.what, input, now).map(|value| (question, value)),
    }
}

/// Typed where a number is asked for by whoever has none.
const NO_PHONE: &str = "1";

fn read(what: Ask, input: &str, now: Timestamp) -> Result<Value, Wrong> {
    match what {
        Ask::Code => code::read(input).map(Value::Code).ok_or_else(|| Wrong::plain("kode")),
        Ask::Nik => Nik::parse(input, now.day()).map(Value::Nik).map_err(|error| Wrong::nik(&error)),
        Ask::Kk => KkDigits::parse(input).map(Value::Kk).map_err(|_| Wrong::plain("kk")),
        Ask::Phone if input.trim() == NO_PHONE => Ok(Value::Id(0)),
        Ask::Phone => Msisdn::parse(input).map(|number| Value::Id(number.number())).map_err(|_| Wrong::plain("telepon")),
        // A text without a letter is a choice that belongs to another page.
        Ask::Text(max) => match gsm::septets(input) {
            Ok(septets) if septets <= usize::from(max) && input.contains(char::is_alphabetic) => Ok(Value::Text(input.to_owned())),
            _ => Err(Wrong::plain("teks")),
        },
    }
}

/// The same page once more, with what was wrong on top.
fn refuse(menu: &Menu, mut session: Session, wrong: &Wrong) -> (Session, Step) {
    session.wrong = session.wrong.saturating_add(1);
    let page = page::make(menu, &session, Some(wrong));
    (session, Step::Show(page))
}

fn back(menu: &Menu, mut session: Session) -> (Session, Step) {
    session.wrong = 0;
    if session.page > 0 {
        session.page -= 1;
        return show(menu, session);
    }
    let Some(Shown { screen, via, was }) = session.history.pop() else { return show(menu, session.anew(menu)) };
    session.screen = screen;
    session.via = via;
    session.restore(was);
    session.page = 0;
    if !menu.by_id.contains_key(&screen) {
        session = session.anew(menu);
    }
    revisit(menu, session)
}

/// Goes to a screen: shows it, or makes its call.
fn enter(menu: &Menu, mut session: Session, at: usize) -> (Session, Step) {
    if at == menu.human
        && let Some(left) = session.history.last().and_then(|seen| menu.by_id.get(&seen.screen))
    {
        session.set(menu.left, Value::Word(menu.screens[*left].name.clone()));
    }
    let screen = &menu.screens[at];
    session.screen = screen.id;
    session.page = 0;
    match &screen.act {
        Act::Call { action, args, .. } => {
            let args = args.iter().filter_map(|(arg, name)| Some((*arg, session.value(*name)?.clone()))).collect();
            session.via = Some(screen.id);
            (session, Step::Call(Call { action: action.name, args }))
        }
        Act::Choose { options, .. } => {
            session.via = None;
            match brought(&mut session, options) {
                Some(goto) => {
                    session.leave();
                    enter(menu, session, goto)
                }
                None => show(menu, session),
            }
        }
        Act::Ask { .. } | Act::Page | Act::End => {
            session.via = None;
            show(menu, session)
        }
    }
}

/// Where the choice leads that a command has made already. Once: who goes back may choose again.
fn brought(session: &mut Session, options: &[Choice]) -> Option<usize> {
    let (name, goto) = options.iter().find_map(|option| {
        let (name, word) = option.set.as_ref()?;
        let is_made = session.brought.contains(name) && matches!(session.value(*name), Some(Value::Word(known)) if known == word);
        Some((*name, session.way(option)?)).filter(|_| is_made)
    })?;
    session.brought.retain(|known| *known != name);
    Some(goto)
}

/// Takes an outcome's values and goes along its edge.
fn follow(menu: &Menu, mut session: Session, outcome: Outcome) -> (Session, Step) {
    let at = menu.by_id.get(&session.screen).copied().unwrap_or(menu.main);
    let Act::Call { action, on, .. } = &menu.screens[at].act else { return show(menu, session) };
    let Some((_, goto)) = on.iter().find(|(name, _)| *name == outcome.name) else { return show(menu, session.anew(menu)) };
    // What an action may give and did not is not what it gave another time.
    for (name, _) in action.outcomes.iter().filter(|spec| spec.name == outcome.name).flat_map(|spec| spec.may_give) {
        session.unset(name);
    }
    for (name, value) in outcome.values {
        session.set(id(name), value);
    }
    if !outcome.items.is_empty() {
        session.items = outcome.items.into_iter().map(|item| item.into_iter().map(|(name, value)| (id(name), value)).collect()).collect();
    }
    let via = session.via;
    let (mut session, step) = enter(menu, session, *goto);
    if matches!(step, Step::Show(_)) {
        session.via = via;
    }
    (session, step)
}

fn show(menu: &Menu, mut session: Session) -> (Session, Step) {
    let page = page::make(menu, &session, None);
    if page.release {
        // It is over: nothing of it is needed any more.
        session = Session { screen: session.screen, medium: session.medium, reader: session.reader, ..Session::default() };
    }
    (session, Step::Show(page))
}
