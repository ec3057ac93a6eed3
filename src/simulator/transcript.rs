//! Phone conversations as text: test, manual and demo at once.
//!
//! ```text
//! # Siti asks for her card.                 a comment; the first one says the story
//! at 2026-11-30 09:00 WIB                   the clock; once before anything happens, later as often as wanted
//! given seats 1                             a set-up knob: KEY VALUE, handed to whoever starts the gateway
//! siti is +6281200000001                    names a phone; others get +6281200000001, …02 in the order of their first use
//! lama is siti                              one more dialogue of siti's number, as when the telco has not ended an older one
//! siti dials *123#
//!   | DUKCAPIL MUBA - GRATIS                page lines: the page must be exactly these
//!   | ...                                   any lines, or none
//! siti 1                                    keys; "…" around keys that would read as something else, "" presses send on nothing
//!   | ~ NIK                                 some line of the page contains this
//!   | !~ 1606                               no line of the page does
//! siti repeats                              the telco sends the same bytes again: the reply must be the same, byte for byte
//! siti hangs up                             the telco tells that the dialogue is over
//! wait 11 min                               s, min, h or days
//! siti dials *123*2*{kode}#
//!   | Kode {kode}                           {name} takes [A-Z0-9]+ where it is met first and must be the same ever after
//!   end                                     the dialogue is closed; page lines without `end` mean that it is open
//! sms to siti                               the next SMS to this phone
//!   | ...
//! now registry answers                      a knob turned in the middle of the story: KEY VALUE
//! expect bookings 1                         a count that the gateway's host knows
//! ```
//!
//! Strict: a line that is nothing of this is an error. A block of only `~` and `!~` lines says nothing about the rest of the page.
//! Time stands still between `at` and `wait`: two dials of one phone in the same instant are a telco's repeat.

mod command;
mod pattern;
mod run;
mod update;

pub use command::{Summary, TestArgs, test_command};
pub use run::{Change, Count, Doing, Host, Messages, Mode, Ran, Settle, run};

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::clock::Timestamp;
use pattern::PageLine;

/// What a transcript wants of the gateway before the first key is pressed.
#[derive(Clone, Debug)]
pub struct Givens {
    pub at: Timestamp,
    /// `given KEY VALUE` in their order.
    pub pairs: Vec<(String, String)>,
}

impl Givens {
    /// The last value given for `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// A parsed transcript.
#[derive(Debug)]
struct Transcript {
    givens: Givens,
    phones: Vec<Phone>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Phone {
    name: String,
    number: Option<String>,
    /// The index of the phone whose number this one has.
    same_as: Option<usize>,
    dialled: bool,
}

#[derive(Debug)]
struct Step {
    /// From 1.
    line: usize,
    /// As it stands in the file.
    said: String,
    act: Act,
    block: Option<Block>,
}

/// The first number of a kind is an index into [`Transcript::phones`].
#[derive(Debug, PartialEq, Eq)]
enum Act {
    At(Timestamp),
    Dial(usize, String),
    Expect(String, u64),
    HangUp(usize),
    Now(String, String),
    Press(usize, String),
    Repeat(usize),
    Sms(usize),
    Wait(Duration),
}

/// The page lines under a step, and where they stand: lines from 0, `end` included.
#[derive(Debug)]
struct Block {
    at: Range<usize>,
    lines: Vec<PageLine>,
    end: bool,
}

/// Why a transcript did not pass.
#[derive(Debug)]
pub struct Failure {
    pub file: String,
    pub marks: Vec<Mark>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    /// From 1.
    pub line: usize,
    pub message: String,
    /// Lines with `-` (expected), `+` (got) or a blank in front; may be empty.
    pub diff: Vec<String>,
}

impl Mark {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), diff: Vec::new() }
    }
}

/// `file:line: message`, the diff indented below.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mark) in self.marks.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{}: {}", self.file, mark.line, mark.message)?;
            for line in &mark.diff {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// All that is wrong with the file at once.
fn parse(source: &str) -> Result<Transcript, Vec<Mark>> {
    let mut reader = Reader::default();
    for (index, line) in source.lines().enumerate() {
        if let Err(message) = reader.line(index, line) {
            reader.block_open = false;
            reader.marks.push(Mark::new(index + 1, message));
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    at: Option<Timestamp>,
    pairs: Vec<(String, String)>,
    phones: Vec<Phone>,
    steps: Vec<Step>,
    /// Page lines may follow.
    block_open: bool,
    marks: Vec<Mark>,
}

impl Reader {
    fn line(&mut self, index: usize, line: &str) -> Result<(), String> {
        let trimmed = line.trim();
        if let Some(page) = line.trim_start().strip_prefix('|') {
            return self.page_line(index, page.strip_prefix(' ').unwrap_or(page));
        }
        if trimmed == "end" {
            return self.end_line(index);
        }
        self.block_open = false;
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(());
        }
        let (word, rest) = trimmed.split_once(char::is_whitespace).map_or((trimmed, ""), |(word, rest)| (word, rest.trim()));
        let act = match word {
            "at" => return self.at_line(index, trimmed, rest),
            "given" => return self.given_line(rest),
            "now" => {
                let (key, value) = rest.split_once(char::is_whitespace).ok_or("say `now KEY VALUE`")?;
                Act::Now(key.to_owned(), value.trim().to_owned())
            }
            "wait" => Act::Wait(parse_span(rest)?),
            "sms" => {
                let name = rest.strip_prefix("to ").ok_or("say `sms to NAME`")?;
                Act::Sms(self.phone(name.trim())?)
            }
            "expect" => {
                let (name, value) = rest.split_once(char::is_whitespace).ok_or("say `expect NAME NUMBER`")?;
                Act::Expect(name.to_owned(), value.trim().parse().map_err(|_| "say `expect NAME NUMBER`")?)
            }
            _ => match self.phone_line(word, rest)? {
                Some(act) => act,
                None => return Ok(()),
            },
        };
        self.push(index, trimmed, act)
    }

    fn at_line(&mut self, index: usize, said: &str, rest: &str) -> Result<(), String> {
        let at = Timestamp::parse(rest).ok_or("say `at 2026-11-30 09:00 WIB`")?;
        if self.at.is_some() {
            return self.push(index, said, Act::At(at));
        }
        self.at = Some(at);
        Ok(())
    }

    fn given_line(&mut self, rest: &str) -> Result<(), String> {
        if !self.steps.is_empty() {
            return Err("`given` stands before anything happens".to_owned());
        }
        let (key, value) = rest.split_once(char::is_whitespace).ok_or("say `given KEY VALUE`")?;
        self.pairs.push((key.to_owned(), value.trim().to_owned()));
        Ok(())
    }

    /// `None` for `NAME is NUMBER`, which does nothing yet.
    fn phone_line(&mut self, name: &str, rest: &str) -> Result<Option<Act>, String> {
        if let Some(number) = rest.strip_prefix("is ") {
            let number = number.trim();
            if number.starts_with(|first: char| first.is_ascii_lowercase()) {
                return self.same_line(name, number).map(|()| None);
            }
            if !number.starts_with("+62812000") || number.len() != 14 || !number.bytes().skip(1).all(|byte| byte.is_ascii_digit()) {
                return Err("numbers in transcripts are fake: +62812000 and five digits".to_owned());
            }
            if self.phones.iter().any(|phone| phone.name == name || phone.number.as_deref() == Some(number)) {
                return Err("this name or number is taken".to_owned());
            }
            self.phone(name)?;
            if let Some(phone) = self.phones.last_mut() {
                phone.number = Some(number.to_owned());
            }
            return Ok(None);
        }
        if let Some(code) = rest.strip_prefix("dials ") {
            let phone = self.phone(name)?;
            if let Some(phone) = self.phones.get_mut(phone) {
                phone.dialled = true;
            }
            return Ok(Some(Act::Dial(phone, code.trim().to_owned())));
        }
        // Only a phone that dialled can do more: so a line with a slip in its first word is not taken for keys.
        let phone = self.phones.iter().position(|phone| phone.name == name && phone.dialled);
        let phone = phone.ok_or_else(|| format!("`{name}` is no word of a transcript and no phone that has dialled"))?;
        Ok(Some(match rest {
            "" => return Err("which keys? \"\" presses send on nothing".to_owned()),
            "repeats" => Act::Repeat(phone),
            "hangs up" => Act::HangUp(phone),
            quoted if quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"') => {
                Act::Press(phone, quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned())
            }
            keys => Act::Press(phone, keys.to_owned()),
        }))
    }

    fn same_line(&mut self, name: &str, other: &str) -> Result<(), String> {
        if self.phones.iter().any(|phone| phone.name == name) {
            return Err("this name is taken".to_owned());
        }
        let other = self.phones.iter().position(|phone| phone.name == other && phone.same_as.is_none());
        let other = other.ok_or("say `lama is siti` with a phone that was named before")?;
        let at = self.phone(name)?;
        if let Some(phone) = self.phones.get_mut(at) {
            phone.same_as = Some(other);
        }
        Ok(())
    }

    fn phone(&mut self, name: &str) -> Result<usize, String> {
        if let Some(at) = self.phones.iter().position(|phone| phone.name == name) {
            return Ok(at);
        }
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(format!("`{name}` is no word of a transcript, and no name of a phone (small letters and digits)"));
        }
        self.phones.push(Phone { name: name.to_owned(), number: None, same_as: None, dialled: false });
        Ok(self.phones.len() - 1)
    }

    fn push(&mut self, index: usize, said: &str, act: Act) -> Result<(), String> {
        if self.at.is_none() && self.steps.is_empty() {
            self.marks.push(Mark::new(index + 1, "say first what time it is: `at 2026-11-30 09:00 WIB`"));
        }
        self.block_open = matches!(act, Act::Dial(..) | Act::Press(..) | Act::Repeat(_) | Act::Sms(_));
        self.steps.push(Step { line: index + 1, said: said.to_owned(), act, block: None });
        Ok(())
    }

    fn page_line(&mut self, index: usize, text: &str) -> Result<(), String> {
        let line = PageLine::parse(text)?;
        match self.steps.last_mut().filter(|_| self.block_open) {
            Some(step) => {
                let block = step.block.get_or_insert(Block { at: index..index, lines: Vec::new(), end: false });
                block.at.end = index + 1;
                block.lines.push(line);
                Ok(())
            }
            None => Err("a page line stands right under what brought the page".to_owned()),
        }
    }

    fn end_line(&mut self, index: usize) -> Result<(), String> {
        match self.steps.last_mut().filter(|step| self.block_open && !matches!(step.act, Act::Sms(_))) {
            Some(step) => {
                let block = step.block.get_or_insert(Block { at: index..index, lines: Vec::new(), end: false });
                block.at.end = index + 1;
                block.end = true;
                self.block_open = false;
                Ok(())
            }
            None => Err("`end` stands right under a page".to_owned()),
        }
    }

    fn finish(mut self) -> Result<Transcript, Vec<Mark>> {
        if self.steps.is_empty() && self.marks.is_empty() {
            self.marks.push(Mark::new(1, "nothing happens in this transcript"));
        }
        let taken: Vec<String> = self.phones.iter().filter_map(|phone| phone.number.clone()).collect();
        let mut free = (1..100_000).map(|number| format!("+62812000{number:05}")).filter(|number| !taken.contains(number));
        for phone in self.phones.iter_mut().filter(|phone| phone.number.is_none() && phone.same_as.is_none()) {
            phone.number = free.next();
        }
        for at in 0..self.phones.len() {
            if let Some(other) = self.phones.get(at).and_then(|phone| phone.same_as) {
                let number = self.phones.get(other).and_then(|phone| phone.number.clone());
                if let Some(phone) = self.phones.get_mut(at) {
                    phone.number = number;
                }
            }
        }
        match self.at {
            Some(at) if self.marks.is_empty() => {
                Ok(Transcript { givens: Givens { at, pairs: self.pairs }, phones: self.phones, steps: self.steps })
            }
            _ => Err(self.marks),
        }
    }
}

/// `90 s`, `11 min`, `2 h`, `1 day`.
fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = "say `wait 11 min`: a number and s, min, h or days";
    let (count, unit) = text.split_once(char::is_whitespace).ok_or(wrong)?;
    let seconds: u64 = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "day" | "days" => 86_400,
        _ => return Err(wrong.to_owned()),
    };
    let count: u32 = count.parse().map_err(|_| wrong)?;
    Ok(Duration::from_secs(u64::from(count) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_line_is_found_where_it_stands() {
        for (source, want) in [
            ("", vec![(1, "nothing happens")]),
            ("siti dials *123#", vec![(1, "what time")]),
            ("at noon\nsiti dials *123#", vec![(1, "2026-11-30"), (2, "what time")]),
            ("at 2026-11-30 09:00 WIB\nsiti 1", vec![(2, "`siti`")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsitti 1", vec![(3, "`sitti`")]),
            ("at 2026-11-30 09:00\nSiti dials *123#", vec![(2, "small letters")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsiti", vec![(3, "which keys")]),
            ("at 2026-11-30 09:00\n  | Menu\nsiti dials *123#", vec![(2, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\n# x\n  | Menu", vec![(4, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsiti hangs up\n  | Menu", vec![(4, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\n  | a\n  end\n  | b", vec![(5, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsms to siti\n  end", vec![(4, "`end`")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsms for siti", vec![(3, "sms to")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\ngiven seats 1", vec![(3, "before anything")]),
            ("at 2026-11-30 09:00\ngiven seats\nsiti dials *123#", vec![(2, "KEY VALUE")]),
            ("at 2026-11-30 09:00\nsiti is +628123456789\nsiti dials *123#", vec![(2, "fake")]),
            ("at 2026-11-30 09:00\nsiti is +6281200000001\nbudi is +6281200000001\nsiti dials *1#", vec![(3, "taken")]),
            ("at 2026-11-30 09:00\nlama is siti\nsiti dials *1#", vec![(2, "named before")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsiti is siti", vec![(3, "name is taken")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nwait long", vec![(3, "wait 11 min")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nwait 5 weeks\nexpect x", vec![(3, "wait 11 min"), (4, "expect NAME")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nexpect bookings many", vec![(3, "expect NAME")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\n  | ~", vec![(3, "contains what")]),
        ] {
            let marks = parse(source).expect_err(source);
            assert_eq!(marks.len(), want.len(), "{source}: {marks:?}");
            for (mark, (line, words)) in marks.iter().zip(want) {
                assert_eq!(mark.line, line, "{source}");
                assert!(mark.message.contains(words), "{source}: {}", mark.message);
            }
        }
    }

    #[test]
    fn every_kind_of_line_is_read() {
        let source = "# A story.\nat 2026-11-30 09:00 WIB\ngiven seats 1\ngiven registry  late \nbudi is +6281200000001\nlama is budi\n\
            siti dials *123#\n  | Menu\n  |\n  |  indented\nsiti Sungai Lilin\nsiti \"repeats\"\nsiti \"\"\nsiti repeats\n  end\n\
            siti hangs up\nwait 11 min\nat 2026-12-01 08:00 WIB\nbudi dials *123*1#\nsms to siti\n  | ...\nexpect bookings 1\n";
        let transcript = parse(source).unwrap();
        assert_eq!(transcript.givens.value("registry"), Some("late"));
        assert_eq!(transcript.givens.value("seats"), Some("1"));
        let numbers: Vec<_> = transcript.phones.iter().map(|phone| (phone.name.as_str(), phone.number.as_deref().unwrap())).collect();
        assert_eq!(numbers, [("budi", "+6281200000001"), ("lama", "+6281200000001"), ("siti", "+6281200000002")]);
        let acts: Vec<&Act> = transcript.steps.iter().map(|step| &step.act).collect();
        let at = Timestamp::parse("2026-12-01 08:00").unwrap();
        assert_eq!(
            acts,
            [
                &Act::Dial(2, "*123#".into()),
                &Act::Press(2, "Sungai Lilin".into()),
                &Act::Press(2, "repeats".into()),
                &Act::Press(2, String::new()),
                &Act::Repeat(2),
                &Act::HangUp(2),
                &Act::Wait(Duration::from_secs(660)),
                &Act::At(at),
                &Act::Dial(0, "*123*1#".into()),
                &Act::Sms(2),
                &Act::Expect("bookings".into(), 1),
            ]
        );
        let first = transcript.steps[0].block.as_ref().unwrap();
        assert_eq!((first.at.clone(), first.lines.len(), first.end), (7..10, 3, false));
        let repeat = transcript.steps[4].block.as_ref().unwrap();
        assert!(repeat.end && repeat.lines.is_empty());
    }

    #[test]
    fn the_shipped_transcripts_are_well_formed() {
        let mut files = 0;
        for entry in std::fs::read_dir("tests/transcripts").unwrap() {
            let path = entry.unwrap().path();
            let source = std::fs::read_to_string(&path).unwrap();
            assert!(source.starts_with("# "), "{}: the first line says the story", path.display());
            parse(&source).map_err(|marks| format!("{}: {marks:?}", path.display())).unwrap();
            files += 1;
        }
        assert!(files > 0);
    }
}
