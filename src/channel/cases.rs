//! Judges a profile by wire cases: requests as a telco really sent them, with what must be read out of each and what goes back; requests
//! by which messages and pages are handed over, with the telco's answers.
//!
//! A case is JSON: `method`, `path`, `query`, `headers` and `body`; `expect` with what was said (keys that are null say nothing);
//! `reply` to a callback, `response` of the telco to a request of ours (`direction` is `outbound`). Cases of our own may add `answer`
//! (the page or message that goes back), `channel` (settings), `message` and `receipt`, and `peer`. What only a store knows is taken
//! from `state_before`: the dialogues that are known.
//!
//! Cases of others carry their own account, paths and ids. Where a setting of ours stands, any value of theirs is right.

use std::fmt;

use serde_json::Value;

use super::profile::Profile;
use super::{ChannelSettings, HttpChannel};
use crate::citizen::Msisdn;

mod compare;
mod inbound;
mod numbers;
mod outbound;
mod reply;

/// The profiles for one provider: one for dialogues, one for messages, or the same for both.
#[derive(Debug)]
pub struct Provider {
    ussd: Option<Profile>,
    sms: Option<Profile>,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed(String),
    /// Of what this gateway does not do by HTTP, or this profile does not say it does.
    NotClaimed(String),
}

/// A case's name and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub id: String,
    pub label: String,
    pub verdict: Verdict,
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, why) = match &self.verdict {
            Verdict::Passed => ("ok", ""),
            Verdict::Failed(why) => ("FAILED", why.as_str()),
            Verdict::NotClaimed(why) => ("not claimed", why.as_str()),
        };
        write!(f, "{word} {} ({}){}{why}", self.id, self.label, if why.is_empty() { "" } else { ": " })
    }
}

impl Provider {
    /// One profile for everything.
    pub fn of(profile: Profile) -> Self {
        Self { ussd: Some(profile.clone()), sms: Some(profile) }
    }

    /// The shipped profiles for a folder of cases: `NAME`, or `NAME-ussd` and `NAME-sms`.
    pub fn shipped(folder: &str) -> Self {
        let name = folder.replace('_', "-");
        let shipped = |name: &str| Profile::shipped(name).and_then(Result::ok);
        match shipped(&name) {
            Some(both) => Self::of(both),
            None => Self { ussd: shipped(&format!("{name}-ussd")), sms: shipped(&format!("{name}-sms")) },
        }
    }

    pub fn is_known(&self) -> bool {
        self.ussd.is_some() || self.sms.is_some()
    }

    /// Judges all cases of one provider.
    pub fn judge(&self, cases: &[Value]) -> Vec<Judged> {
        let world = inbound::World::of(cases, self);
        cases
            .iter()
            .map(|case| {
                let word = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
                let verdict = match self.claimed(case) {
                    Err(why) => Verdict::NotClaimed(why),
                    Ok(profile) => match judge(case, profile, &world) {
                        Ok(()) => Verdict::Passed,
                        Err(why) => Verdict::Failed(why),
                    },
                };
                Judged { id: word("id"), label: word("label"), verdict }
            })
            .collect()
    }

    /// The profile that a case is for, or why it is for none.
    fn claimed(&self, case: &Value) -> Result<&Profile, String> {
        let (method, direction) = (case["method"].as_str().unwrap_or_default(), case["direction"].as_str().unwrap_or_default());
        if !matches!(method, "GET" | "POST" | "PUT" | "DELETE" | "") || matches!(direction, "env" | "file") {
            return Err(format!("not HTTP: {method}"));
        }
        let kind = kind(case);
        let profile = if is_of_ussd(case) { self.ussd.as_ref().or(self.sms.as_ref()) } else { self.sms.as_ref() };
        let Some(profile) = profile else { return Err(format!("no profile for {kind}")) };
        match (direction, kind) {
            ("reply", _) if profile.pages.is_none() => Err("its pages go in a request of their own".to_owned()),
            ("outbound", "sms") if profile.sending.is_none() => Err("this profile does not send".to_owned()),
            ("outbound", "ussd") if profile.sent.is_none() => Err("a dialogue that we would begin".to_owned()),
            ("outbound", "sms" | "ussd") | ("reply", "ussd") => Ok(profile),
            (_, "mms" | "poll" | "keepalive") | ("outbound" | "reply", _) => Err(format!("nothing that the gateway does: {kind}")),
            _ => Ok(profile),
        }
    }
}

/// What a case says it is; without a word, a turn, or a message of ours.
fn kind(case: &Value) -> &str {
    let unsaid = if case["direction"] == "outbound" { "sms" } else { "ussd" };
    case["expect"]["kind"].as_str().unwrap_or(unsaid)
}

/// Whether a case is about a dialogue. What must be refused does not say; its file does.
fn is_of_ussd(case: &Value) -> bool {
    match kind(case) {
        "none" | "auth" => !case["id"].as_str().unwrap_or_default().contains("/sms"),
        kind => kind.starts_with("ussd") || kind == "status",
    }
}

fn judge(case: &Value, profile: &Profile, world: &inbound::World) -> Result<(), String> {
    let case = &numbers::with_a_real_number(case, world.country());
    match case["direction"].as_str() {
        Some("outbound") if kind(case) == "ussd" => outbound::page(case, profile, world),
        Some("outbound") => outbound::message(case, profile, world),
        Some("reply") => inbound::page_alone(case, profile, world),
        _ => inbound::callback(case, profile, world),
    }
}

/// A channel with the settings of a case.
fn channel(profile: &Profile, settings: ChannelSettings) -> Result<HttpChannel, String> {
    HttpChannel::new("wire", profile, settings).map_err(|problems| format!("{problems:?}"))
}

/// The settings of a case of our own.
fn own_settings(case: &Value, country: &str) -> Result<Option<ChannelSettings>, String> {
    let Some(own) = case["channel"].as_object() else { return Ok(None) };
    let mut settings = own.clone();
    settings.insert("profile".to_owned(), "under test".into());
    settings.entry("country").or_insert_with(|| country.into());
    serde_json::from_value(settings.into()).map(Some).map_err(|error| error.to_string())
}

fn text<'a>(case: &'a Value, key: &str) -> Option<&'a str> {
    case["expect"][key].as_str()
}

fn number_of(text: &str, country: &str) -> Option<Msisdn> {
    Msisdn::from_telco(text, country).ok()
}
