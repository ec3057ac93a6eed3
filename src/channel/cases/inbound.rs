//! Callbacks, and the replies to them.

use http::{HeaderMap, HeaderName, Method};
use serde_json::Value;

use super::compare::{held, mark};
use super::reply::{our_text, same_reply};
use super::{Provider, channel, is_of_ussd, number_of, numbers, outbound, own_settings, text};
use crate::channel::body::Form;
use crate::channel::cumulative::{Cumulative, new_input};
use crate::channel::echo::{Echo, Echoed};
use crate::channel::extract::Place;
use crate::channel::profile::Profile;
use crate::channel::template::Value as Shown;
use crate::channel::{
    Answer, ChannelSettings, Hangup, HttpChannel, Inbound, Input, Phase, Received, Refused, Reply, Request, UssdTurn, Why, ussd_string,
};
use crate::clock::Timestamp;

/// Where the channel under test is reached; any address of theirs is right in its place.
const BASE: &str = "http://gw.example";
pub(super) const URL: &str = "http://gw.example/in/wire";

/// What the cases of one provider have in common.
pub(super) struct World {
    settings: ChannelSettings,
    /// The path of each request whose kind is known.
    kinds: Vec<(String, String)>,
}

impl World {
    pub(super) fn of(cases: &[Value], provider: &Provider) -> Self {
        let mut settings = ChannelSettings { report_url: Some(BASE.to_owned()), ..ChannelSettings::open("under test") };
        // The one source whose numbers are national forms of another country.
        if cases.iter().any(|case| case["source"] != "own" && case["id"].as_str().is_some_and(|id| id.starts_with("smssync/"))) {
            "27".clone_into(&mut settings.country);
        }
        let mut kinds = Vec::new();
        for case in cases.iter().filter(|case| case["direction"] == "inbound") {
            let kind = text(case, "kind").unwrap_or("ussd");
            if kind == "none" {
                continue;
            }
            kinds.push((case["path"].as_str().unwrap_or_default().to_owned(), kind.to_owned()));
            let profile = if is_of_ussd(case) { provider.ussd.as_ref() } else { provider.sms.as_ref() };
            if let Some(profile) = profile.filter(|_| case["source"] != "own") {
                learn(&mut settings, profile, case);
            }
        }
        Self { settings, kinds }
    }

    pub(super) fn country(&self) -> &str {
        &self.settings.country
    }

    /// Where a request goes: its own path if the profile has it, else the one of its kind.
    fn path<'a>(&self, case: &'a Value, profile: &Profile, method: &Method) -> &'a str {
        let own = case["path"].as_str().unwrap_or_default();
        // Our own cases have our own paths.
        if case["source"] == "own" || case["source"].is_null() {
            return own;
        }
        let kind = text(case, "kind").filter(|kind| *kind != "none");
        let kind = kind.or_else(|| self.kinds.iter().find(|(path, _)| path == own).map(|(_, kind)| kind.as_str()));
        let of_kind = match kind {
            Some("dlr") => "/receipt",
            Some("ussd_event") => "/event",
            _ => own,
        };
        let takes = |path: &str| {
            profile.callbacks.iter().any(|callback| callback.methods.contains(method) && callback.path.captures(path).is_some())
        };
        [of_kind, own, ""].into_iter().find(|path| takes(path)).unwrap_or(own)
    }
}

/// Their account, where callbacks show it.
fn learn(settings: &mut ChannelSettings, profile: &Profile, case: &Value) {
    for (field, setting) in &profile.credentials {
        let shown = field.places.iter().find_map(|place| {
            let (source, name) = match place {
                Place::Query(name) => ("query", name),
                Place::Form(name) => ("body", name),
                _ => return None,
            };
            let form = Form::parse(case[source].as_str()?.as_bytes()).ok()?;
            form.text(name).map(|found| found.text.into_owned())
        });
        match setting {
            Shown::Username if settings.username.is_none() => settings.username = shown,
            Shown::Password if settings.password.is_none() => settings.password = shown.map(Into::into),
            Shown::Key if settings.key.is_none() => settings.key = shown.map(Into::into),
            _ => {}
        }
    }
}

pub(super) fn callback(case: &Value, profile: &Profile, world: &World) -> Result<(), String> {
    let settings = own_settings(case, world.country())?.unwrap_or_else(|| world.settings.clone());
    let channel = channel(profile, settings)?;
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        let name = name.parse::<HeaderName>().map_err(|error| error.to_string())?;
        headers.insert(name, value.as_str().unwrap_or_default().parse().map_err(|_| "a header that HTTP does not have")?);
    }
    let method: Method = case["method"].as_str().unwrap_or_default().parse().map_err(|_| "a method that HTTP does not have")?;
    let request = Request {
        method: &method,
        path: world.path(case, profile, &method),
        query: case["query"].as_str().unwrap_or_default(),
        headers: &headers,
        body: case["body"].as_str().unwrap_or_default().as_bytes(),
        peer: case["peer"].as_str().unwrap_or("10.0.0.1").parse().map_err(|_| "a peer that is no address")?,
    };
    let at = case["now"].as_str().and_then(Timestamp::parse).unwrap_or_default();
    let received = channel.parse(&request, at);
    let known = Known { state: &case["state_before"], country: world.country(), session: text(case, "session") };
    if text(case, "kind") == Some("none") {
        return match received {
            Err(refused) => same_reply(&channel.refusal(&refused, &request), &case["reply"]),
            Ok(received) => denied(case, &channel, &received, known),
        };
    }
    let received = match received {
        Ok(received) => received,
        Err(Refused::Stale) if text(case, "phase") == Some("pre-begin") => return Ok(()),
        Err(refused) => return Err(format!("refused: {refused}")),
    };
    same_inbound(&received.inbound, case, profile, known)?;
    // What their gateway said after it had waited in vain.
    if text(case, "error").is_some_and(|error| error.starts_with("no answer")) {
        return Ok(());
    }
    same_answer(case, &channel, &received, known)
}

/// What must not be taken. Of a dialogue that is not known our last page will do, which ends it all the same.
fn denied(case: &Value, channel: &HttpChannel, received: &Received, known: Known<'_>) -> Result<(), String> {
    match &received.inbound {
        Inbound::Ussd(turn) if !known.has(&turn.dialogue) && turn.phase != Phase::Begin => page_fits(case, channel, received, &[true]),
        other => Err(format!("must be refused, was read as {other:?}")),
    }
}

fn same_answer(case: &Value, channel: &HttpChannel, received: &Received, known: Known<'_>) -> Result<(), String> {
    let answer = &case["answer"];
    match &received.inbound {
        Inbound::Ussd(_) if answer.is_object() => {
            let answer = Answer { text: answer["text"].as_str().unwrap_or_default(), release: answer["release"] == true };
            same_reply(&channel.reply(received, &answer), &case["reply"])
        }
        Inbound::Ussd(_) => page_fits(case, channel, received, &[false, true]),
        Inbound::Sms(_) if answer.is_object() => same_reply(&channel.reply_text(received, answer["text"].as_str()), &case["reply"]),
        Inbound::Sms(_) => {
            let plain = same_reply(&channel.reply_text(received, None), &case["reply"]);
            let page = channel.reply_text(received, Some(&mark("page")));
            let page = held_page(&page, &case["reply"]).map(|page| channel.reply_text(received, Some(&page)));
            plain.or_else(|why| same_reply(&page.ok_or(why)?, &case["reply"]))
        }
        Inbound::Inquiry(inquiry) => same_reply(&channel.report(received, known.has(&inquiry.dialogue)), &case["reply"]),
        Inbound::Delivery(_) | Inbound::Hangup(_) => same_reply(&channel.acknowledge(received), &case["reply"]),
    }
}

/// Whether some page gives their reply.
fn page_fits(case: &Value, channel: &HttpChannel, received: &Received, releases: &[bool]) -> Result<(), String> {
    let mut why = String::new();
    for &release in releases {
        let shown = channel.reply(received, &Answer { text: &mark("page"), release });
        let page = held_page(&shown, &case["reply"]).unwrap_or_else(|| "-".to_owned());
        match same_reply(&channel.reply(received, &Answer { text: &page, release }), &case["reply"]) {
            Ok(()) => return Ok(()),
            Err(other) => why = other,
        }
    }
    Err(why)
}

fn held_page(shown: &Reply, reply: &Value) -> Option<String> {
    // Of a reply that is told in part, any text may be the page: the longest is.
    if let Some(said) = reply["contains"].as_object() {
        return said.values().filter_map(Value::as_str).max_by_key(|text| text.len()).map(str::to_owned);
    }
    let theirs = reply["body"].as_str().or(reply["body_xml"].as_str())?;
    held(&our_text(shown), theirs, "page")
}

/// A page in a reply of which the request is not known: whatever ours repeats of it is right.
pub(super) fn page_alone(case: &Value, profile: &Profile, world: &World) -> Result<(), String> {
    let channel = channel(profile, world.settings.clone())?;
    let received = unknown_request(case, profile, world);
    let answer = Answer { text: text(case, "text").unwrap_or_default(), release: text(case, "phase") == Some("end") };
    let theirs = case["body"].as_str().unwrap_or_default();
    let wanted = match serde_json::from_str::<Value>(theirs) {
        Ok(Value::Object(members)) => {
            let said: serde_json::Map<_, _> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
            serde_json::json!({ "contains": said })
        }
        _ => serde_json::json!({ "body": theirs }),
    };
    same_reply(&channel.reply(&received, &answer), &wanted)
}

/// A turn of which only the case's own words are known.
pub(super) fn unknown_request(case: &Value, profile: &Profile, world: &World) -> Received {
    let echoed = |_| Echoed { text: mark("echo"), literal: format!("\"{}\"", mark("echo")) };
    let names = profile.callbacks.first().map_or(0, |callback| callback.echo.len());
    Received {
        inbound: Inbound::Ussd(UssdTurn {
            number: text(case, "msisdn").and_then(|number| number_of(number, world.country())),
            dialogue: text(case, "session").map_or_else(|| mark("dialogue"), str::to_owned),
            phase: Phase::Unsaid,
            input: Input::Last(String::new()),
            service_code: None,
            sequence: None,
            operator: None,
        }),
        more: Vec::new(),
        once: Vec::new(),
        unread: Vec::new(),
        echo: Echo((0..names).map(echoed).collect()),
        at: Timestamp::default(),
    }
}

/// The dialogues that are known before a request.
#[derive(Clone, Copy)]
struct Known<'a> {
    state: &'a Value,
    country: &'a str,
    /// The id that the telco gave the dialogue, where the profile knows it by its number.
    session: Option<&'a str>,
}

impl Known<'_> {
    fn has(&self, dialogue: &str) -> bool {
        self.of(dialogue).is_some()
    }

    /// Where a telco has no dialogue id it is the number, in any form.
    fn of(&self, dialogue: &str) -> Option<&Value> {
        let number = number_of(dialogue, self.country);
        let by_number = |key: &str| number.is_some() && (number == number_of(key, self.country) || Some(key) == self.session);
        let is_it = |key: &str| key == dialogue || by_number(key);
        self.state.as_object()?.iter().find(|(key, _)| is_it(key)).map(|(_, state)| state)
    }

    /// The whole input before this one, where input is cumulative.
    fn input(&self, dialogue: &str) -> Option<&str> {
        let state = self.of(dialogue)?.as_object()?;
        state.iter().find(|(key, _)| *key == "text" || key.starts_with("last")).and_then(|(_, text)| text.as_str())
    }
}

fn same_inbound(inbound: &Inbound, case: &Value, profile: &Profile, known: Known<'_>) -> Result<(), String> {
    let phase = text(case, "phase");
    let kind = text(case, "kind").unwrap_or("ussd");
    let is = match (inbound, kind) {
        (Inbound::Ussd(turn), "ussd") => phase.is_none_or(|phase| match turn.phase {
            Phase::Begin => phase == "begin",
            Phase::Continue => phase == "continue",
            Phase::Unsaid => phase == "continue" && (known.state.is_null() || known.has(&turn.dialogue)) || phase == "begin",
        }),
        (Inbound::Hangup(hangup), "ussd_event" | "ussd") => phase.is_none_or(|phase| match hangup.why {
            Why::Aborted | Why::Failed => matches!(phase, "abort" | "charge_failed"),
            Why::Ended => phase == "end",
            Why::TimedOut => phase == "timeout",
        }),
        (Inbound::Inquiry(_), "status") => true,
        (Inbound::Sms(sms), "sms" | "sms_part" | "sms_data") => return outbound::same_sms(sms, case, known.country),
        (Inbound::Delivery(report), "dlr") => return outbound::same_report(report, case),
        _ => false,
    };
    if !is {
        return Err(format!("expected {kind} {phase:?}, got {inbound:?}"));
    }
    let by_number = profile.callbacks.iter().any(|callback| {
        callback.fields.dialogue.as_ref().is_some_and(|fields| fields.number.as_ref().is_some_and(|number| number.is_at(&fields.dialogue)))
    });
    if !by_number && text(case, "session").is_some_and(|session| session != inbound.dialogue()) {
        return Err("another dialogue".to_owned());
    }
    let number = match inbound {
        Inbound::Ussd(turn) => turn.number,
        Inbound::Hangup(Hangup { number, .. }) => *number,
        Inbound::Delivery(_) | Inbound::Inquiry(_) | Inbound::Sms(_) => None,
    };
    let told = !matches!(inbound, Inbound::Hangup(_)) && !profile.number_once;
    match (text(case, "msisdn"), number) {
        (Some(expected), Some(number)) if !numbers::same(expected, &number.reveal(), known.country) => Err("another number".to_owned()),
        (Some(_), None) if told => Err("no number".to_owned()),
        _ => match inbound {
            Inbound::Ussd(turn) => same_input(turn, case, known),
            _ => Ok(()),
        },
    }
}

/// Code and text of a begin come to the same dialled string, however they share it; of what follows, only the answer counts.
fn same_input(turn: &UssdTurn, case: &Value, known: Known<'_>) -> Result<(), String> {
    let (code, typed) = (text(case, "service_code"), text(case, "text"));
    let begins = turn.phase == Phase::Begin || (turn.phase == Phase::Unsaid && text(case, "phase") == Some("begin"));
    let ours = ussd_string::dialled(turn.service_code.as_deref(), turn.input.text()).map(|dialled| dialled.text());
    if begins {
        let theirs = code.and_then(|code| ussd_string::dialled(Some(code), typed.unwrap_or_default())).map(|dialled| dialled.text());
        let begun = |theirs: &str| ours.as_deref().is_some_and(|ours| ours.starts_with(theirs.trim_end_matches('#')));
        let same_code = code.is_none_or(|code| turn.service_code.as_deref().is_none_or(|own| own == code));
        let same_text = typed.is_none_or(|text| turn.input.text() == text);
        return if (same_code && same_text) || theirs.is_some_and(|theirs| begun(&theirs)) {
            Ok(())
        } else {
            Err("another dialled string".to_owned())
        };
    }
    let Some(typed) = typed else { return Ok(()) };
    let same = match (&turn.input, known.input(&turn.dialogue)) {
        (Input::Last(last), _) => last == typed,
        (Input::Whole(whole), Some(before)) => {
            let new = new_input(before.len(), |bytes| bytes == before.as_bytes(), whole);
            // The same once more is a repeat; others call it an empty answer.
            new == Cumulative::New(typed) || (typed.is_empty() && new == Cumulative::Repeat)
        }
        (Input::Whole(whole), None) => whole == typed || whole.ends_with(&format!("*{typed}")),
    };
    if same { Ok(()) } else { Err(format!("another input: {:?}", turn.input)) }
}
