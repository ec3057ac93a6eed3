//! The phones of the page, each with its telco.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as Turnstile;

use super::Givens;
use super::tale::{Tale, Told};
use crate::citizen::Msisdn;
use crate::clock::{self, Timestamp};
use crate::simulator::texting::{Brought, Texting};
use crate::simulator::{Error, Handset, Line, Screen, SmsLine};

/// Each holds a connection. More phones than this nobody looks after on one page.
const PHONES_MAX: usize = 50;
/// What a phone can type or write at once: an SMS of ten parts.
const TYPED_CHARS_MAX: usize = 1_530;

/// One thing that a phone or its telco does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    /// One of the fake numbers: `+62812000…`.
    phone: String,
    #[serde(rename = "do")]
    doing: Doing,
    /// What is dialled, typed or written.
    #[serde(default)]
    what: String,
    /// For a dial: the channel's name; the first if missing.
    telco: Option<String>,
    /// The answer gets lost on its way to the phone.
    #[serde(default)]
    lose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Doing {
    Dial,
    Press,
    Repeat,
    HangUp,
    Text,
    TextAgain,
}

/// What came of it.
#[derive(Clone, Serialize)]
pub(super) struct Outcome {
    phone: String,
    #[serde(rename = "do")]
    doing: Doing,
    now: String,
    /// The page on the phone; none after a hang-up, a message, an error, or where the answer got lost.
    page: Option<String>,
    /// An answer can be typed.
    open: bool,
    lost: bool,
    septets: Option<usize>,
    /// What a citizen would suffer from.
    flaw: Option<String>,
    /// Why the telco gave up.
    error: Option<String>,
    /// Of a repeat: whether the reply was the same, byte for byte.
    same: Option<bool>,
    dialogue: Option<String>,
    request: String,
    reply: String,
    micros: u64,
}

pub(super) struct Phones {
    lines: Vec<Line>,
    texting: Option<SmsLine>,
    phones: Mutex<BTreeMap<Msisdn, Arc<Turnstile<Phone>>>>,
    /// None where others' numbers could be typed: nothing of that is kept.
    tale: Option<Mutex<Tale>>,
}

struct Phone {
    handset: Handset,
    /// The channel dialled through.
    telco: String,
    last: Option<Screen>,
    texting: Option<Texting>,
    last_text: Option<Brought>,
    shown: Option<Outcome>,
}

impl Phones {
    pub(super) fn new(lines: Vec<Line>, texting: Option<SmsLine>, tale: Option<Tale>) -> Self {
        Self { lines, texting, phones: Mutex::default(), tale: tale.map(Mutex::new) }
    }

    pub(super) fn service_code(&self) -> &str {
        self.lines.first().map_or("", |line| &line.service_code)
    }

    pub(super) fn telcos(&self) -> Vec<&str> {
        self.lines.iter().map(name).collect()
    }

    pub(super) fn texting(&self) -> bool {
        self.texting.is_some()
    }

    /// What each phone shows, by number.
    pub(super) async fn shown(&self) -> Vec<Outcome> {
        let phones: Vec<_> = self.phones.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let mut shown = Vec::new();
        for phone in phones {
            shown.extend(phone.lock().await.shown.clone());
        }
        shown
    }

    /// # Errors
    /// Only for what cannot be done at all; a telco that gives up is an [`Outcome`].
    pub(super) async fn act(&self, act: Act) -> Result<Outcome, Error> {
        let number = Msisdn::parse(&act.phone).ok().filter(|number| number.is_fake()).ok_or(Error::Number)?;
        if act.what.chars().count() > TYPED_CHARS_MAX {
            return Err(Error::Input(format!("longer than {TYPED_CHARS_MAX} characters")));
        }
        let phone = self.phone(number)?;
        let mut phone = phone.lock().await;
        if let (Doing::Dial, Some(telco)) = (act.doing, &act.telco)
            && *telco != phone.telco
        {
            let line = self.lines.iter().find(|line| name(line) == telco).ok_or_else(|| Error::Input("no such telco".to_owned()))?;
            phone.handset = Handset::new(line.clone(), &number.reveal())?;
            phone.telco.clone_from(telco);
        }
        let at = phone.handset.now();
        let began = clock::monotonic();
        let done = phone.does(&act).await?;
        let took = clock::monotonic().duration_since(began);
        let outcome = Outcome {
            phone: number.reveal(),
            doing: act.doing,
            now: phone.handset.now().to_string(),
            page: done.screen.as_ref().filter(|_| !act.lose).map(|screen| screen.text.clone()),
            open: phone.handset.is_open(),
            lost: act.lose,
            septets: done.screen.as_ref().and_then(|screen| screen.septets().ok()),
            flaw: done.screen.as_ref().and_then(Screen::flaw),
            error: done.error,
            same: done.same,
            dialogue: phone.handset.dialogue().map(str::to_owned),
            request: self.veiled(done.request),
            reply: done.reply,
            micros: u64::try_from(done.screen.map_or(took, |screen| screen.took).as_micros()).unwrap_or(u64::MAX),
        };
        self.tell(at, number, act.doing, act.what, &phone.telco, &outcome);
        if !matches!(act.doing, Doing::Text | Doing::TextAgain) {
            phone.shown = Some(outcome.clone());
        }
        Ok(outcome)
    }

    pub(super) fn tell_registry(&self, late: bool, now: Timestamp) {
        self.add(now, Told::Registry { late });
    }

    /// All that was done, as a transcript.
    ///
    /// # Errors
    /// If a transcript cannot tell it, or the phones' messages cannot be had.
    pub(super) async fn transcript(&self, givens: &Givens) -> Result<String, Error> {
        let phones: Vec<_> = self.phones.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(n, p)| (*n, Arc::clone(p))).collect();
        let mut received = BTreeMap::new();
        for (number, phone) in phones {
            received.insert(number, phone.lock().await.handset.messages().await?.unwrap_or_default());
        }
        let tale = self.tale().ok_or_else(|| Error::Input("nothing was kept".to_owned()))?;
        let typed: Vec<&str> = tale.typed().collect();
        tale.text(&givens(&typed), received)
    }

    fn tell(&self, at: Timestamp, phone: Msisdn, doing: Doing, what: String, channel: &str, outcome: &Outcome) {
        let page = outcome.page.clone().map(|page| (page, !outcome.open));
        let told = Told::Did { phone, doing, what, channel: channel.to_owned(), page, failed: outcome.error.is_some() };
        self.add(at, told);
    }

    fn add(&self, at: Timestamp, told: Told) {
        if let Some(mut tale) = self.tale() {
            tale.add(at, told);
        }
    }

    fn tale(&self) -> Option<MutexGuard<'_, Tale>> {
        self.tale.as_ref().map(|tale| tale.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Without the secret path segments and what the telco shows of itself: the page shows how a callback looks, not how to forge one.
    fn veiled(&self, request: String) -> String {
        let channels = self.lines.iter().map(|line| &line.channel).chain(self.texting.iter().map(|sms| &sms.channel));
        let paths = channels.filter_map(|channel| Some(channel.split_once('/')?.1.to_owned()));
        let secrets = self.lines.iter().map(|line| &line.secrets).chain(self.texting.iter().map(|sms| &sms.secrets));
        let shown = secrets.flat_map(|secrets| secrets.as_written());
        paths.chain(shown).filter(|secret| !secret.is_empty()).fold(request, |request, secret| request.replace(&secret, "…"))
    }

    fn phone(&self, number: Msisdn) -> Result<Arc<Turnstile<Phone>>, Error> {
        let mut phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(phone) = phones.get(&number) {
            return Ok(Arc::clone(phone));
        }
        if phones.len() >= PHONES_MAX {
            return Err(Error::Input(format!("more than {PHONES_MAX} phones")));
        }
        let line = self.lines.first().ok_or(Error::Closed)?;
        let texting = self.texting.as_ref().map(|sms| Texting::new(&line.url, sms)).transpose()?;
        let handset = Handset::new(line.clone(), &number.reveal())?;
        let phone = Phone { handset, telco: name(line).to_owned(), last: None, texting, last_text: None, shown: None };
        Ok(Arc::clone(phones.entry(number).or_insert_with(|| Arc::new(Turnstile::new(phone)))))
    }
}

/// The channel without its secret.
fn name(line: &Line) -> &str {
    line.channel.split('/').next().unwrap_or_default()
}

/// What an act came to, and the bytes of it.
#[derive(Default)]
struct Done {
    screen: Option<Screen>,
    error: Option<String>,
    same: Option<bool>,
    request: String,
    reply: String,
}

impl Phone {
    async fn does(&mut self, act: &Act) -> Result<Done, Error> {
        let mut done = match act.doing {
            Doing::Dial => Self::judged(self.handset.dial(&act.what).await)?,
            Doing::Press => Self::judged(self.handset.press(&act.what).await)?,
            Doing::Repeat => {
                let mut done = Self::judged(self.handset.repeat_last().await)?;
                done.same = self.last.as_ref().zip(done.screen.as_ref()).map(|(before, after)| before.same_reply(after));
                done
            }
            Doing::HangUp => Self::judged(self.handset.hang_up().await.map(|_| None))?,
            Doing::Text | Doing::TextAgain => return self.writes(act).await,
        };
        let (request, reply) = self.handset.last_bytes();
        done.request = String::from_utf8_lossy(request).into_owned();
        done.reply = String::from_utf8_lossy(reply).into_owned();
        if let Some(screen) = &done.screen {
            self.last = Some(screen.clone());
        }
        Ok(done)
    }

    async fn writes(&mut self, act: &Act) -> Result<Done, Error> {
        let nobody = || Error::Input("no channel brings messages here".to_owned());
        let texting = self.texting.as_mut().ok_or_else(nobody)?;
        let before = self.last_text.clone();
        let brought = match (act.doing, &before) {
            (Doing::TextAgain, Some(before)) => texting.again(before).await,
            (Doing::TextAgain, None) => return Err(Error::Input("nothing was written before".to_owned())),
            _ => texting.text(self.handset.number(), &act.what, self.handset.now()).await,
        };
        let brought = match brought {
            Ok(brought) => brought,
            Err(error) => return Ok(Done { error: Some(why(&error)), ..Done::default() }),
        };
        let same = before.filter(|_| act.doing == Doing::TextAgain).map(|before| before.answer == brought.answer);
        let request = String::from_utf8_lossy(&brought.request).into_owned();
        let reply = String::from_utf8_lossy(&brought.reply).into_owned();
        self.last_text = Some(brought);
        Ok(Done { same, request, reply, ..Done::default() })
    }

    /// A telco that gives up is something to show; a key without a dialogue is a mistake of the asker.
    fn judged(outcome: Result<impl Into<Option<Screen>>, Error>) -> Result<Done, Error> {
        match outcome {
            Ok(screen) => Ok(Done { screen: screen.into(), ..Done::default() }),
            Err(error) if matches!(error.kind(), "usage" | "closed" | "machine") => Err(error),
            Err(error) => Ok(Done { error: Some(why(&error)), ..Done::default() }),
        }
    }
}

fn why(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
