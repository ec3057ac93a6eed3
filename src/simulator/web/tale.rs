//! What the phones did, told as a transcript that plays it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::phones::Doing;
use crate::citizen::{Msisdn, code};
use crate::clock::Timestamp;
use crate::simulator::Error;
use crate::simulator::handset::Received;

/// More is a day's play, which nobody reads as a story.
const STEPS_MAX: usize = 2_000;
/// A shorter pause before a key is a thumb or a look at the page: nothing hangs on it, and the story reads better without.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// After a longer one the time of day says more.
const WAIT_MAX: Duration = Duration::from_secs(600);
/// A message that came so long after a step was not its answer.
const LATER: Duration = Duration::from_secs(1);
/// A code is a letter and seven digits.
const CODE_CHARS: usize = 8;
const NAMES: [&str; 8] = ["siti", "budi", "ani", "dewi", "joko", "rina", "agus", "wati"];

/// Everything since the gateway began, in order.
pub(super) struct Tale {
    began: Timestamp,
    steps: Vec<Step>,
}

pub(super) struct Step {
    /// When it began.
    pub(super) at: Timestamp,
    pub(super) told: Told,
}

pub(super) enum Told {
    Did {
        phone: Msisdn,
        doing: Doing,
        what: String,
        /// The channel dialled through.
        channel: String,
        /// The page that the phone showed, and whether it was the last.
        page: Option<(String, bool)>,
        /// The telco gave up.
        failed: bool,
    },
    Registry {
        late: bool,
    },
}

impl Tale {
    pub(super) fn new(began: Timestamp) -> Self {
        Self { began, steps: Vec::new() }
    }

    pub(super) fn add(&mut self, at: Timestamp, told: Told) {
        // One too many is kept as the sign that the story is longer.
        if self.steps.len() <= STEPS_MAX {
            self.steps.push(Step { at, told });
        }
    }

    /// Everything that was typed.
    pub(super) fn typed(&self) -> impl Iterator<Item = &str> {
        self.did().map(|(_, _, what, _)| what)
    }

    pub(super) fn phones(&self) -> Vec<Msisdn> {
        let mut phones: Vec<_> = Vec::new();
        for (phone, ..) in self.did() {
            if !phones.contains(&phone) {
                phones.push(phone);
            }
        }
        phones
    }

    fn did(&self) -> impl Iterator<Item = (Msisdn, Doing, &str, &str)> {
        self.steps.iter().filter_map(|step| match &step.told {
            Told::Did { phone, doing, what, channel, .. } => Some((*phone, *doing, what.as_str(), channel.as_str())),
            Told::Registry { .. } => None,
        })
    }

    /// The transcript, with what the gateway was given, and the messages that came to each phone.
    ///
    /// # Errors
    /// [`Error::Input`] if a transcript cannot tell this: nothing happened or too much, two telcos, a brace was typed.
    pub(super) fn text(&self, givens: &[String], received: BTreeMap<Msisdn, Vec<Received>>) -> Result<String, Error> {
        let cannot = |why: &str| Err(Error::Input(why.to_owned()));
        let Some(first) = self.steps.first() else { return cannot("Belum ada percakapan.") };
        if self.steps.len() > STEPS_MAX {
            return cannot("Percakapan terlalu panjang untuk satu transkrip.");
        }
        if self.typed().any(|what| what.contains(['{', '"'])) {
            return cannot("Transkrip tidak dapat memuat { atau tanda kutip.");
        }
        let mut channels: Vec<_> = self.did().filter(|(_, doing, ..)| *doing == Doing::Dial).map(|(.., channel)| channel).collect();
        channels.dedup();
        if channels.len() > 1 {
            return cannot("Percakapan lewat dua telko; transkrip hanya memuat satu.");
        }
        let start = if first.at.day() == self.began.day() { first.at } else { self.began };
        let phones = self.phones();
        let mut teller = Teller { out: String::new(), now: second(start), names: BTreeMap::new(), codes: Vec::new(), pressed: None };
        teller.line(&format!("# What the phone in the browser did on {}.", start.day()));
        teller.line(&format!("at {}", moment(teller.now)));
        let texting = self.did().any(|(_, doing, ..)| matches!(doing, Doing::Text | Doing::TextAgain));
        let channel = channels.first().map(|channel| format!("channel {channel}"));
        for given in channel.into_iter().chain(texting.then(|| "sms kannel".to_owned())).chain(givens.iter().cloned()) {
            teller.line(&format!("given {given}"));
        }
        for (at, phone) in phones.iter().enumerate() {
            let name = NAMES.get(at).map_or_else(|| format!("hp{}", at + 1), ToString::to_string);
            teller.line(&format!("{name} is {}", phone.reveal()));
            teller.names.insert(*phone, name);
        }
        let of_one = |(phone, all): (Msisdn, Vec<Received>)| all.into_iter().map(move |one| (one.at, phone, one));
        let mut received: Vec<_> = received.into_iter().flat_map(of_one).collect();
        received.sort_by_key(|(at, ..)| *at);
        let mut received = received.into_iter().peekable();
        for (step, next) in self.steps.iter().zip(self.steps.iter().skip(1).map(Some).chain([None])) {
            teller.step(step);
            while let Some((_, phone, message)) = received.next_if(|(at, ..)| next.is_none_or(|next| *at < second(next.at))) {
                if message.at.since(step.at) >= LATER {
                    teller.catch_up(message.at);
                }
                teller.message(phone, &message.text);
            }
        }
        Ok(teller.out)
    }
}

struct Teller {
    out: String,
    /// The transcript's time.
    now: Timestamp,
    names: BTreeMap<Msisdn, String>,
    /// In the order in which pages showed them.
    codes: Vec<String>,
    /// What was pressed last, by whom.
    pressed: Option<(Msisdn, String)>,
}

impl Teller {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn step(&mut self, step: &Step) {
        let Told::Did { phone, doing, what, page, failed, .. } = &step.told else {
            self.catch_up(step.at);
            return self.line(if matches!(step.told, Told::Registry { late: true }) {
                "now registry late"
            } else {
                "now registry answers"
            });
        };
        // The telco's and our own rules for repeats hang on seconds between two that are alike.
        let pressed = (*doing == Doing::Press).then(|| (*phone, what.clone()));
        let alike = pressed.is_some() && pressed == self.pressed;
        if alike || matches!(doing, Doing::Dial | Doing::Text | Doing::TextAgain) || step.at.since(self.now) >= PAUSE_MAX {
            self.catch_up(step.at);
        }
        self.pressed = pressed;
        let name = self.names.get(phone).cloned().unwrap_or_default();
        let what = self.keys(what);
        let said = match doing {
            Doing::Dial => format!("{name} dials {what}"),
            Doing::Press if !what.is_empty() && what.bytes().all(|byte| byte.is_ascii_digit()) => format!("{name} {what}"),
            Doing::Press => format!("{name} \"{what}\""),
            Doing::Repeat => format!("{name} repeats"),
            Doing::HangUp => format!("{name} hangs up"),
            Doing::Text => format!("{name} texts \"{what}\""),
            Doing::TextAgain => format!("{name} texts again"),
        };
        if *failed {
            return self.line(&format!("# The telco gave up: {said}"));
        }
        self.line(&said);
        if let Some((text, end)) = page {
            self.page(text);
            if *end {
                self.line("  end");
            }
        }
    }

    fn message(&mut self, phone: Msisdn, text: &str) {
        let name = self.names.get(&phone).cloned().unwrap_or_default();
        self.line(&format!("sms to {name}"));
        self.page(text);
    }

    fn page(&mut self, text: &str) {
        for line in text.split('\n') {
            let line = replace_words(line, |word| (code::read(word).as_deref() == Some(word)).then(|| self.name(word)));
            self.line(if line.is_empty() { "  |".to_owned() } else { format!("  | {line}") }.as_str());
        }
    }

    /// A code typed in any spelling stands for the page that showed it.
    fn keys(&self, typed: &str) -> String {
        replace_words(typed, |word| self.codes.iter().position(|known| code::read(word).as_ref() == Some(known)).map(placeholder))
    }

    fn name(&mut self, code: &str) -> String {
        let at = self.codes.iter().position(|known| known == code).unwrap_or_else(|| {
            self.codes.push(code.to_owned());
            self.codes.len() - 1
        });
        placeholder(at)
    }

    fn catch_up(&mut self, at: Timestamp) {
        let gap = at.since(self.now);
        if gap.is_zero() {
            return;
        }
        let secs = gap.as_millis().div_ceil(1000);
        self.now = self.now.plus(Duration::from_secs(u64::try_from(secs).unwrap_or(u64::MAX)));
        let line = if gap > WAIT_MAX { format!("at {}", moment(self.now)) } else { format!("wait {secs} s") };
        self.line(&line);
    }
}

/// `{kode}`, `{kode_b}`, `{kode_c}`… : a name has letters only.
fn placeholder(at: usize) -> String {
    let mut name = String::from("{kode");
    let mut rest = at;
    while rest > 0 {
        let letter = u8::try_from(rest % 26).unwrap_or_default();
        // Writing to a String cannot fail.
        let _infallible = write!(name, "_{}", char::from(b'a' + letter));
        rest /= 26;
    }
    name + "}"
}

/// Words of letters and digits, as long as a code, may be replaced.
fn replace_words(text: &str, mut by: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (own, after) = rest.split_at(word);
        match (own.len() == CODE_CHARS).then(|| by(own)).flatten() {
            Some(other) => out.push_str(&other),
            None => out.push_str(own),
        }
        let between = after.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (between, after) = after.split_at(between);
        out.push_str(between);
        rest = after;
    }
    out
}

fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis() - at.millis().rem_euclid(1000))
}

/// `2026-11-30 09:00:00 WIB`.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} WIB", text.get(..19).unwrap_or(&text).replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(Timestamp::parse("2026-11-30 09:00").unwrap().millis() + seconds * 1000)
    }

    fn phone(last: u64) -> Msisdn {
        Msisdn::try_from(6_281_200_000_000 + last).unwrap()
    }

    fn did(doing: Doing, what: &str, page: Option<(&str, bool)>) -> Told {
        let page = page.map(|(text, end)| (text.to_owned(), end));
        Told::Did { phone: phone(1), doing, what: what.to_owned(), channel: "africastalking".to_owned(), page, failed: false }
    }

    fn tale(steps: Vec<(i64, Told)>) -> Tale {
        let mut tale = Tale::new(at(-3600));
        steps.into_iter().for_each(|(seconds, told)| tale.add(at(seconds), told));
        tale
    }

    #[test]
    fn a_story_is_told() {
        let code = code::from_number(4_821_735);
        // One letter too many, and a check digit that is not right.
        let others = format!("X{code} {}", code::from_number(4_821_735 + 24).replace(|c: char| c.is_ascii_alphabetic(), "B"));
        assert!(code::read(&others[10..]).is_none());
        let page = format!("No. {code}\n\n{others}");
        let mut steps = vec![
            (0, did(Doing::Dial, "*123#", Some(("Menu", false)))),
            (5, did(Doing::Press, "1", Some((&page, false)))),
            (7, did(Doing::Press, "1", Some(("Lagi", false)))),
            (9, did(Doing::Press, "Sungai Lilin", None)),
            (10, did(Doing::Repeat, "", Some(("Lagi", false)))),
            (80, did(Doing::Press, &code.to_lowercase(), Some(("Selesai", true)))),
            (90, did(Doing::HangUp, "", None)),
            (95, Told::Registry { late: true }),
            (95, did(Doing::Text, "KTP", None)),
            (4000, did(Doing::TextAgain, "", None)),
        ];
        steps.push((4001, Told::Registry { late: false }));
        let received = BTreeMap::from([(
            phone(1),
            vec![Received { at: at(5), text: format!("Janji {code}") }, Received { at: at(200), text: "Siap".to_owned() }],
        )]);
        let text = tale(steps).text(&["seats 1".to_owned()], received).unwrap();
        let want = format!(
            "# What the phone in the browser did on 2026-11-30.\nat 2026-11-30 09:00:00 WIB\ngiven channel africastalking\ngiven sms kannel\n\
             given seats 1\nsiti is +6281200000001\nsiti dials *123#\n  | Menu\nsiti 1\n  | No. {{kode}}\n  |\n  | {others}\nsms to siti\n\
             \x20 | Janji {{kode}}\nwait 7 s\nsiti 1\n  | Lagi\nsiti \"Sungai Lilin\"\nsiti repeats\n  | Lagi\nwait 73 s\n\
             siti \"{{kode}}\"\n  | Selesai\n  end\nsiti hangs up\nwait 15 s\nnow registry late\nsiti texts \"KTP\"\nwait 105 s\n\
             sms to siti\n  | Siap\nat 2026-11-30 10:06:40 WIB\nsiti texts again\nwait 1 s\nnow registry answers\n"
        );
        assert_eq!(text, want);
    }

    #[test]
    fn what_no_transcript_can_tell_is_said() {
        let dial = || did(Doing::Dial, "*123#", None);
        let infobip = Told::Did {
            phone: phone(2),
            doing: Doing::Dial,
            what: "*123#".to_owned(),
            channel: "infobip".to_owned(),
            page: None,
            failed: false,
        };
        for (steps, why) in [
            (vec![], "Belum ada"),
            (vec![(0, dial()), (1, did(Doing::Press, "{kode}", None))], "memuat {"),
            (vec![(0, dial()), (1, infobip)], "dua telko"),
            ((0..3_000).map(|second| (second, dial())).collect(), "terlalu panjang"),
        ] {
            let error = tale(steps).text(&[], BTreeMap::new()).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let mut names: Vec<_> = (0..700).map(placeholder).collect();
        assert_eq!(names[..3], ["{kode}", "{kode_b}", "{kode_c}"]);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 700);
    }
}
