//! Plays a transcript against a running gateway.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::pattern::{self, Captures};
use super::update::Edit;
use super::{Act, Failure, Givens, Mark, Step, Transcript, read, update};
use crate::clock::{self, Clock};
use crate::simulator::aggregator::Aggregator;
use crate::simulator::courier::Courier;
use crate::simulator::texting::{Brought, SmsLine, Texting};
use crate::simulator::{Error, Handset, Line, Screen, Telco};

/// How long an SMS or a count may take to come true: all that is due has been done when a step is over.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The count of a name; `None` if nobody counts that.
pub type Count = Box<dyn Fn(&str) -> Option<u64> + Send + Sync>;
/// The messages left for a number, oldest first.
pub type Messages = Box<dyn Fn(&str) -> Vec<Message> + Send + Sync>;

/// A message to a phone.
#[derive(Clone, Debug)]
pub struct Message {
    /// Stays the same however often one looks.
    pub id: u64,
    pub text: String,
}

/// Something that the gateway's host does when told to.
pub type Doing = Pin<Box<dyn Future<Output = Result<(), String>>>>;

pub type Settle = Box<dyn Fn() -> Doing + Send + Sync>;
/// What `now KEY VALUE` does.
pub type Change = Box<dyn Fn(&str, &str) -> Doing + Send + Sync>;

/// A gateway that was started for one transcript.
pub struct Host {
    /// `http://127.0.0.1:8080`
    pub url: String,
    pub telco: Telco,
    /// With its secret path segment if it has one.
    pub channel: String,
    /// Who brings messages from phones, and by which channel.
    pub aggregator: Aggregator,
    pub sms_channel: String,
    pub service_code: String,
    /// The gateway's clock, held: the transcript sets it.
    pub clock: Clock,
    /// What `expect NAME` asks for.
    pub count: Count,
    /// What `sms to NAME` asks for.
    pub messages: Messages,
    /// Does what is due, after each step.
    pub settle: Settle,
    /// `now KEY VALUE`.
    pub change: Change,
    /// Dropped when the transcript is over: what keeps the gateway running.
    pub guard: Box<dyn Any + Send>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("url", &self.url).field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Check,
    /// Page lines are rewritten with what came.
    Update,
}

/// A transcript that passed.
#[derive(Debug)]
pub struct Ran {
    pub turns: usize,
    /// In update mode, the new text if anything changed.
    pub updated: Option<String>,
}

/// Parses `source`, lets `start` bring up a gateway, plays. `file` is only named in failures.
///
/// # Errors
/// All that is wrong with the file, or the first step that did not go as written, with a diff.
pub async fn run(source: &str, file: &str, mode: Mode, start: impl AsyncFnOnce(&Givens) -> Result<Host, String>) -> Result<Ran, Failure> {
    let failure = |marks| Failure { file: file.to_owned(), marks };
    let transcript = read::parse(source).map_err(failure)?;
    let host =
        start(&transcript.givens).await.map_err(|error| failure(vec![Mark::new(1, format!("the gateway did not start: {error}"))]))?;
    host.clock.set(transcript.givens.at);
    let mut player = Player::new(&transcript, host, mode).map_err(|mark| failure(vec![mark]))?;
    for step in &transcript.steps {
        player.step(step).await.map_err(|mark| failure(vec![mark]))?;
        (player.host.settle)().await.map_err(|error| failure(vec![Mark::new(step.line, error)]))?;
        player.receive();
    }
    let updated = (!player.edits.is_empty()).then(|| update::apply(source, &player.edits));
    Ok(Ran { turns: player.turns, updated })
}

struct Player {
    host: Host,
    mode: Mode,
    phones: Vec<Played>,
    captures: Captures,
    turns: usize,
    texting: Texting,
    edits: Vec<Edit>,
}

struct Played {
    handset: Handset,
    last: Option<Screen>,
    last_text: Option<Brought>,
    /// In the order in which they came, step by step.
    inbox: Vec<Message>,
    /// How many of them the transcript has read.
    read: usize,
}

impl Player {
    fn new(transcript: &Transcript, host: Host, mode: Mode) -> Result<Self, Mark> {
        let line = Line {
            url: host.url.clone(),
            telco: host.telco,
            channel: host.channel.clone(),
            service_code: host.service_code.clone(),
            clock: host.clock.clone(),
            secrets: Arc::default(),
        };
        let sms = SmsLine { courier: Courier::Known(host.aggregator), channel: host.sms_channel.clone(), secrets: Arc::default() };
        let texting = Texting::new(&host.url, &sms).map_err(|error| Mark::new(1, error.to_string()))?;
        let phones = transcript.phones.iter().map(|phone| {
            let handset = Handset::new(line.clone(), phone.number.as_deref().unwrap_or_default())?;
            Ok(Played { handset, last: None, last_text: None, inbox: Vec::new(), read: 0 })
        });
        let phones = phones.collect::<Result<_, Error>>().map_err(|error| Mark::new(1, error.to_string()))?;
        Ok(Self { host, mode, phones, captures: Captures::new(), turns: 0, texting, edits: Vec::new() })
    }

    async fn step(&mut self, step: &Step) -> Result<(), Mark> {
        let mark = |message: String| Mark::new(step.line, message);
        match &step.act {
            Act::At(at) => self.host.clock.set(*at),
            Act::Wait(span) => self.host.clock.set(self.host.clock.now().plus(*span)),
            Act::Now(key, value) => {
                let value = self.fill(value).map_err(mark)?;
                (self.host.change)(key, &value).await.map_err(mark)?;
            }
            Act::Expect(name, value) => self.expect(name, *value).await.map_err(mark)?,
            Act::Sms(phone) => {
                let text = self.next_message(*phone).await.map_err(mark)?;
                self.compare(step, &text, None)?;
            }
            Act::NoSms(phone) => {
                let played = self.phone(*phone).map_err(mark)?;
                if let Some(message) = played.inbox.get(played.read) {
                    let diff = message.text.lines().map(|line| format!("+ {line}")).collect();
                    return Err(Mark { line: step.line, message: format!("{}: one came", step.said), diff });
                }
            }
            Act::Text(phone, text) => {
                let text = self.fill(text).map_err(mark)?;
                self.turns += 1;
                let at = self.host.clock.now();
                let played = self.phones.get_mut(*phone).ok_or_else(|| mark("no such phone".to_owned()))?;
                let brought = self.texting.text(played.handset.number(), &text, at).await;
                played.last_text = Some(brought.map_err(|error| mark(kept(&error)))?);
            }
            Act::TextAgain(phone) => {
                let before = self.phone(*phone).map_err(mark)?.last_text.clone();
                let before = before.ok_or_else(|| mark("nothing was sent before".to_owned()))?;
                let after = self.texting.again(&before).await.map_err(|error| mark(kept(&error)))?;
                if after.answer != before.answer {
                    let diff = [("- ", before.answer), ("+ ", after.answer)];
                    let diff = diff
                        .into_iter()
                        .flat_map(|(sign, text)| text.unwrap_or_default().lines().map(|line| format!("{sign}{line}")).collect::<Vec<_>>());
                    return Err(Mark { line: step.line, message: "a repeat got another answer".to_owned(), diff: diff.collect() });
                }
            }
            Act::HangUp(phone) => {
                self.phone(*phone).map_err(mark)?.handset.hang_up().await.map_err(|error| mark(hung_up(&error)))?;
            }
            Act::Dial(phone, code) => {
                let code = self.fill(code).map_err(mark)?;
                let outcome = self.phone(*phone).map_err(mark)?.handset.dial(&code).await;
                self.turn(step, *phone, outcome)?;
            }
            Act::Press(phone, keys) => {
                let keys = self.fill(keys).map_err(mark)?;
                let outcome = self.phone(*phone).map_err(mark)?.handset.press(&keys).await;
                self.turn(step, *phone, outcome)?;
            }
            Act::Repeat(phone) => {
                let played = self.phone(*phone).map_err(mark)?;
                let before = played.last.clone();
                let outcome = played.handset.repeat_last().await;
                if let (Some(before), Ok(after)) = (&before, &outcome)
                    && !before.same_reply(after)
                {
                    return Err(Mark {
                        line: step.line,
                        message: "a repeat got another reply".to_owned(),
                        diff: [("- ", before), ("+ ", after)].iter().flat_map(|(sign, screen)| reply_lines(sign, screen)).collect(),
                    });
                }
                self.turn(step, *phone, outcome)?;
            }
        }
        Ok(())
    }

    fn turn(&mut self, step: &Step, phone: usize, outcome: Result<Screen, Error>) -> Result<(), Mark> {
        self.turns += 1;
        let screen = outcome.map_err(|error| Mark::new(step.line, hung_up(&error)))?;
        if let Some(flaw) = screen.flaw() {
            let diff = screen.text.lines().map(|line| format!("  {line}")).collect();
            return Err(Mark { line: step.line, message: format!("{}: {flaw}", step.said), diff });
        }
        self.compare(step, &screen.text, Some(screen.open))?;
        if let Some(played) = self.phones.get_mut(phone) {
            played.last = Some(screen);
        }
        Ok(())
    }

    /// `open`: whether the dialogue goes on; `None` for an SMS.
    fn compare(&mut self, step: &Step, text: &str, open: Option<bool>) -> Result<(), Mark> {
        let Some(block) = &step.block else { return Ok(()) };
        let page: Vec<&str> = text.split('\n').collect();
        let same_end = open.is_none_or(|open| open != block.end);
        match pattern::matches(&block.lines, &page, &self.captures) {
            Some(captures) if same_end => self.captures = captures,
            _ if self.mode == Mode::Update => self.edits.push(update::edit(block, &page, open == Some(false), &mut self.captures)),
            Some(_) => {
                let message = if block.end { "the dialogue is still open" } else { "the dialogue was closed" };
                let diff = page.iter().map(|line| format!("  {line}")).collect();
                return Err(Mark { line: step.line, message: format!("{}: {message}", step.said), diff });
            }
            None => {
                let diff = pattern::diff(&block.lines, &page, &self.captures);
                return Err(Mark { line: step.line, message: format!("{}: another page came", step.said), diff });
            }
        }
        Ok(())
    }

    async fn expect(&self, name: &str, value: u64) -> Result<(), String> {
        let begun = clock::monotonic();
        loop {
            let got = (self.host.count)(name).ok_or_else(|| format!("nobody counts `{name}`"))?;
            if got == value {
                return Ok(());
            }
            if clock::monotonic().duration_since(begun) > PATIENCE {
                return Err(format!("{name}: expected {value}, got {got}"));
            }
            clock::sleep(LOOK_EVERY).await;
        }
    }

    async fn next_message(&mut self, phone: usize) -> Result<String, String> {
        let begun = clock::monotonic();
        loop {
            self.receive();
            let played = self.phone(phone)?;
            if let Some(message) = played.inbox.get(played.read) {
                played.read += 1;
                return Ok(message.text.clone());
            }
            if clock::monotonic().duration_since(begun) > PATIENCE {
                return Err(format!("no SMS came after the first {}", played.read));
            }
            clock::sleep(LOOK_EVERY).await;
        }
    }

    /// Puts what has come since the last look into the phones' inboxes.
    fn receive(&mut self) {
        for played in &mut self.phones {
            for message in (self.host.messages)(played.handset.number()) {
                if played.inbox.iter().all(|known| known.id != message.id) {
                    played.inbox.push(message);
                }
            }
        }
    }

    fn phone(&mut self, at: usize) -> Result<&mut Played, String> {
        self.phones.get_mut(at).ok_or_else(|| "no such phone".to_owned())
    }

    fn fill(&self, text: &str) -> Result<String, String> {
        pattern::fill(text, &self.captures).map_err(|name| format!("{{{name}}} was not on any page so far"))
    }
}

fn kept(error: &Error) -> String {
    format!("the telco kept the message: {error}")
}

fn hung_up(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("the telco hung up: {error}: {source}"),
        None => format!("the telco hung up: {error}"),
    }
}

fn reply_lines(sign: &str, screen: &Screen) -> Vec<String> {
    String::from_utf8_lossy(&screen.raw_reply).lines().map(|line| format!("{sign}{line}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::clock::Timestamp;
    use crate::simulator::canned::serve;

    /// Menu, then a closed page with a code; each repeat of `3` says something else.
    async fn start(_: &Givens) -> Result<Host, String> {
        let turns = AtomicU64::new(0);
        let clock = Clock::held_at(Timestamp::default());
        let told = clock.clone();
        let written: Arc<Mutex<Vec<String>>> = Arc::default();
        let answers = Arc::clone(&written);
        let gateway = serve(move |asked| {
            let turn = turns.fetch_add(1, Ordering::Relaxed);
            if let Some((_, said)) = asked.path.split_once("&text=") {
                let said = said.split('&').next().unwrap_or_default().to_owned();
                let answer = if said == "WAKTU" { format!("{turn}") } else { String::new() };
                written.lock().unwrap().push(said);
                return (200, answer);
            }
            let body = match asked.field("text") {
                "" if asked.path.ends_with("/event") => "OK".to_owned(),
                "" => "CON Menu\n1 Satu\n2 Dua".to_owned(),
                "1" => "CON Kode K4821735\n0 Kembali".to_owned(),
                "1*K4821735" => "END Selesai".to_owned(),
                "2" => format!("CON {}", told.now()),
                _ => format!("CON {turn}"),
            };
            (200, body)
        })
        .await;
        Ok(Host {
            url: gateway.url.clone(),
            telco: Telco::AfricasTalking,
            channel: "africastalking".to_owned(),
            aggregator: Aggregator::Kannel,
            sms_channel: "kannel".to_owned(),
            service_code: "*123#".to_owned(),
            clock,
            count: Box::new(|name| (name == "bookings").then_some(1)),
            messages: Box::new(move |number| {
                let known = [format!("Halo ..{}", number.get(10..).unwrap_or_default()), "Dua".to_owned()];
                let answers = answers.lock().map(|answers| answers.clone()).unwrap_or_default();
                (0..).zip(known.into_iter().chain(answers)).map(|(id, text)| Message { id, text }).collect()
            }),
            settle: Box::new(|| Box::pin(async { Ok(()) })),
            change: Box::new(|key, value| {
                let known = (key, value) == ("weather", "bad");
                Box::pin(async move { if known { Ok(()) } else { Err("not understood".to_owned()) } })
            }),
            guard: Box::new(gateway),
        })
    }

    const HEAD: &str = "# Story.\nat 2026-11-30 09:00 WIB\nsiti dials *123#\n";

    #[tokio::test]
    async fn transcripts_pass_or_fail_where_they_should() {
        for (body, want) in [
            ("  | Menu\n  | 1 Satu\n  | 2 Dua", None),
            ("  | Menu\n  | 1 Satu", Some((3, "another page", "+ 2 Dua"))),
            ("  | Menu\n  | ...\n  end", Some((3, "still open", "  2 Dua"))),
            ("  | ~ Satu\nsiti 1\n  | Kode {kode}\n  | ...\nsiti {kode}\n  | Selesai\n  end", None),
            ("siti {kode}", Some((4, "{kode} was not", ""))),
            ("siti 1\n  | ~ {kode}\nsiti K4821735\n  | Selesai", Some((6, "was closed", "  Selesai"))),
            ("siti 1\nsiti K4821735\n  end\nsiti 1", Some((7, "dialogue is closed", ""))),
            ("siti 1\nsiti repeats\n  | ~ Kode", None),
            ("siti 3\nsiti repeats", Some((5, "another reply", "+ CON 2"))),
            ("siti 2\n  | 2026-11-30T09:00:00+07:00", None),
            ("wait 11 min\nsiti 2\n  | 2026-11-30T09:11:00+07:00", None),
            ("at 2026-12-01 08:00 WIB\nsiti 2\n  | ~ 2026-12-01T08:00:00", None),
            ("siti hangs up\nsiti 1", Some((5, "dialogue is closed", ""))),
            ("sms to siti\n  | Halo ..0001\nsms to siti\n  | Tiga", Some((6, "another page", "- Tiga"))),
            ("now weather bad", None),
            ("now weather good", Some((4, "not understood", ""))),
            ("no sms to siti", Some((4, "one came", "+ Halo ..0001"))),
            ("sms to siti\nsms to siti\nno sms to siti\nsiti texts \"KTP 1\"\nsms to siti\n  | KTP+1", None),
            ("sms to siti\nsms to siti\nsiti texts \"A\"\nsiti texts again\nsms to siti\n  | A\nsms to siti\n  | A", None),
            ("siti texts again", Some((4, "nothing was sent", ""))),
            ("siti texts \"WAKTU\"\nsiti texts again", Some((5, "another answer", "- 1"))),
            ("expect bookings 1", None),
            ("expect dreams 1", Some((4, "nobody counts", ""))),
            ("budi is +6281200000001", None),
        ] {
            let ran = run(&format!("{HEAD}{body}\n"), "a.txt", Mode::Check, start).await;
            match (ran, want) {
                (Ok(ran), None) => assert!(ran.turns > 0 && ran.updated.is_none(), "{body}"),
                (Err(failure), Some((line, message, diff))) => {
                    let mark = &failure.marks[0];
                    assert!(mark.line == line && mark.message.contains(message), "{body}: {failure}");
                    assert!(diff.is_empty() || mark.diff.iter().any(|text| text == diff), "{body}: {failure}");
                    assert!(failure.to_string().starts_with(&format!("a.txt:{line}: ")), "{failure}");
                }
                (ran, want) => panic!("{body}: {ran:?}, wanted {want:?}"),
            }
        }
    }

    #[tokio::test]
    async fn update_writes_what_came_and_then_passes() {
        let source = format!("{HEAD}  | Menu\n  | 1 Eins\n  end\n# On.\nsiti 1\n  | ~ Kode {{kode}}\nsiti {{kode}}\n  | Fertig\n");
        let ran = run(&source, "a.txt", Mode::Update, start).await.unwrap();
        let updated = ran.updated.unwrap();
        let want =
            format!("{HEAD}  | Menu\n  | 1 Satu\n  | 2 Dua\n# On.\nsiti 1\n  | ~ Kode {{kode}}\nsiti {{kode}}\n  | Selesai\n  end\n");
        assert_eq!(updated, want);
        assert!(run(&updated, "a.txt", Mode::Update, start).await.unwrap().updated.is_none());
        assert!(run(&updated, "a.txt", Mode::Check, start).await.is_ok());
    }

    #[tokio::test]
    async fn a_gateway_that_does_not_start_is_said() {
        let failure = run(&format!("{HEAD}\n"), "a.txt", Mode::Check, async |_: &Givens| Err("no port".to_owned())).await.unwrap_err();
        assert!(failure.to_string().contains("no port"), "{failure}");
    }
}
