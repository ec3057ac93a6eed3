//! Runs the shipped profiles against `tests/wire/PROFILE/*.json` and, if `KENTONGAN_WIRE` names collections (joined by `:`) with a
//! folder for each provider, against the cases of those providers that a shipped profile is for.
//!
//! A case is a request with what must be read out of it (`expect`; keys that are null were not asserted) and what goes back
//! (`reply`). Our own cases may add `answer` (the page or message), `channel` (settings) and `peer`. What only a store knows is taken
//! from `state_before`: the dialogues that are known. See [`outbound`] for messages that we send.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::path::Path;

use http::HeaderMap;
use serde_json::Value;

use super::cumulative::{Cumulative, new_input};
use super::*;

mod outbound;

/// A folder of others.
struct Foreign {
    folder: &'static str,
    /// Its dialogues.
    ussd: Option<&'static str>,
    /// Its messages.
    sms: Option<&'static str>,
    country: &'static str,
    /// Where their paths lie in ours.
    paths: &'static [(&'static str, &'static str)],
    /// What their names in a query are in ours, where the gateway chooses them.
    names: &'static [(&'static str, &'static str)],
    /// Their account.
    settings: &'static [(&'static str, &'static str)],
}

const FOREIGN: &[Foreign] = &[
    Foreign {
        folder: "africastalking",
        ussd: Some("africastalking-ussd"),
        sms: Some("africastalking-sms"),
        country: "254",
        paths: &[("/ussd/session", ""), ("/ussd/status", "/event")],
        names: &[],
        settings: &[],
    },
    Foreign { folder: "infobip_ussd", ussd: Some("infobip-ussd"), sms: None, country: "385", paths: &[], names: &[], settings: &[] },
    Foreign {
        folder: "kannel",
        ussd: None,
        sms: Some("kannel-sms"),
        country: "62",
        paths: &[("/cgi-bin/mo", ""), ("/dlr", "/receipt")],
        // The dlr-url is ours to make.
        names: &[("myId", "id")],
        settings: &[("send_url", "http://kannel.example"), ("username", "foo"), ("password", "bar")],
    },
    Foreign {
        folder: "telkomsel_cp",
        ussd: None,
        sms: Some("telkomsel-cp"),
        country: "62",
        paths: &[("/telkomsel", ""), ("/dr", "/receipt")],
        names: &[],
        settings: &[
            ("send_url", "http://telkomsel.example/mt"),
            ("username", "username"),
            ("password", "password"),
            ("service", "myservice"),
        ],
    },
];

/// Cases that a channel cannot judge, by id, with the reason.
const EXCEPTIONS: &[(&str, &str)] =
    &[("telkomsel_cp/sms#24", "a pull goes back to the node that the message came from, with names of its own: not claimed")];

#[test]
fn own_cases() {
    for profile in Profile::shipped_names() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(profile);
        let own =
            Foreign { folder: profile, ussd: Some(profile), sms: Some(profile), country: "62", paths: &[], names: &[], settings: &[] };
        let passed = run(&folder, &own);
        assert!(passed >= 8, "{profile}: only {passed} cases");
    }
}

#[test]
fn foreign_cases() {
    let Ok(collections) = std::env::var("KENTONGAN_WIRE") else { return };
    for collection in collections.split(':').filter(|collection| !collection.is_empty()) {
        let mut without = 0;
        for entry in fs::read_dir(collection).unwrap() {
            let folder = entry.unwrap().path();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            match FOREIGN.iter().find(|foreign| foreign.folder == name) {
                Some(foreign) => assert!(run(&folder, foreign) > 0, "{}: no cases", folder.display()),
                None => without += usize::from(folder.is_dir()),
            }
        }
        eprintln!("{collection}: {without} folders of providers that have no profile yet");
    }
}

/// Runs a folder and gives the number of cases that passed; panics with all that did not.
fn run(folder: &Path, foreign: &Foreign) -> usize {
    let profile = |name: Option<&str>| name.map(|name| Profile::shipped(name).unwrap().unwrap());
    let (ussd, sms) = (profile(foreign.ussd), profile(foreign.sms));
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut passed, mut skipped, mut failures) = (0, Vec::new(), Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for case in cases {
            let id = case["id"].as_str().unwrap();
            let of_ussd = case["expect"]["kind"].as_str().is_none_or(|kind| kind.starts_with("ussd") || matches!(kind, "none" | "status"));
            let profile = if of_ussd { ussd.as_ref().or(sms.as_ref()) } else { sms.as_ref() };
            let exception = EXCEPTIONS.iter().find(|(own, _)| *own == id).map(|(_, why)| *why);
            let Some(profile) = profile.filter(|_| exception.is_none()) else {
                skipped.push(format!("  {id}: {}", exception.unwrap_or("no profile for its kind")));
                continue;
            };
            let checked =
                if case["direction"] == "outbound" { outbound::check(&case, profile, foreign) } else { check(&case, profile, foreign) };
            match checked {
                Ok(()) => passed += 1,
                Err(why) => failures.push(format!("{id} ({}): {why}", case["label"].as_str().unwrap_or_default())),
            }
        }
    }
    let folder = folder.display();
    eprintln!("{folder}: {passed} passed, {} failed, {} skipped", failures.len(), skipped.len());
    skipped.iter().for_each(|why| eprintln!("{why}"));
    assert!(failures.is_empty(), "{folder}:\n{}", failures.join("\n"));
    passed
}

fn channel(case: &Value, profile: &Profile, foreign: &Foreign) -> Result<HttpChannel, String> {
    let mut settings: serde_json::Map<String, Value> = case["channel"].as_object().cloned().unwrap_or_default();
    settings.extend(foreign.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
    settings.insert("profile".to_owned(), "under test".into());
    settings.insert("country".to_owned(), foreign.country.into());
    let settings = serde_json::from_value(settings.into()).map_err(|error| error.to_string())?;
    HttpChannel::new("wire", profile, settings).map_err(|problems| format!("{problems:?}"))
}

fn check(case: &Value, profile: &Profile, foreign: &Foreign) -> Result<(), String> {
    let channel = channel(case, profile, foreign)?;
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        headers.insert(name.parse::<HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    let path = case["path"].as_str().unwrap();
    let mut query = case["query"].as_str().unwrap_or_default().to_owned();
    for (theirs, ours) in foreign.names {
        query = query.replace(&format!("{theirs}="), &format!("{ours}="));
    }
    let request = Request {
        method: &case["method"].as_str().unwrap().parse().unwrap(),
        path: foreign.paths.iter().find(|(theirs, _)| *theirs == path).map_or(path, |(_, ours)| ours),
        query: &query,
        headers: &headers,
        body: case["body"].as_str().unwrap_or_default().as_bytes(),
        peer: case["peer"].as_str().unwrap_or("10.0.0.1").parse().unwrap(),
    };
    let parsed = channel.parse(&request, Timestamp::from_millis(0));
    let known = |dialogue: &str| case["state_before"].get(dialogue).is_some();
    // What a turn that knows the dialogues does before it runs a menu.
    let denied = parsed.as_ref().ok().and_then(|inbound| match inbound {
        Inbound::Ussd(turn) if turn.phase == Phase::Begin && known(&turn.dialogue) => channel.begun_already(inbound),
        Inbound::Ussd(turn) if turn.phase == Phase::Continue && !known(&turn.dialogue) => channel.unknown_dialogue(inbound),
        Inbound::Hangup(hangup) if !known(&hangup.dialogue) => channel.unknown_dialogue(inbound),
        Inbound::Delivery(_) | Inbound::Hangup(_) | Inbound::Inquiry(_) | Inbound::Sms(_) | Inbound::Ussd(_) => None,
    });
    let expect = &case["expect"];
    if expect["kind"] == "none" {
        let reply = match &parsed {
            Err(refused) => channel.refusal(refused, &request),
            Ok(inbound) => denied.ok_or_else(|| format!("must be refused, was read as {inbound:?}"))?,
        };
        return same_reply(&reply, &case["reply"]);
    }
    if denied.is_some() {
        return Err("refused for what is known of the dialogue".to_owned());
    }
    let inbound = parsed.map_err(|refused| format!("refused: {refused}"))?;
    same_inbound(&inbound, expect, &case["state_before"])?;
    let reply = match &inbound {
        Inbound::Delivery(_) | Inbound::Hangup(_) => channel.acknowledge(&inbound),
        Inbound::Inquiry(inquiry) => channel.report(&inbound, known(&inquiry.dialogue)),
        Inbound::Sms(_) => {
            let answer = case["answer"]["text"].as_str();
            // The reference's body is its answer, where one may stand there.
            channel.reply_text(&inbound, answer.or_else(|| case["reply"]["body"].as_str().filter(|_| channel.answers_in_reply())))
        }
        Inbound::Ussd(_) => match page(case) {
            Some((text, release)) => channel.reply(&inbound, &Answer { text: &text, release }),
            None => return Ok(()),
        },
    };
    same_reply(&reply, &case["reply"])
}

/// The page to answer with: the case's own, or what the reference's reply shows.
fn page(case: &Value) -> Option<(String, bool)> {
    if let Some(answer) = case.get("answer") {
        return Some((answer["text"].as_str()?.to_owned(), answer["release"].as_bool()?));
    }
    let body = case["reply"]["body"].as_str()?;
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        return Some((json["ussdMenu"].as_str()?.to_owned(), json["shouldClose"].as_bool()?));
    }
    let (marker, text) = body.split_once(' ')?;
    Some((text.to_owned(), marker == "END"))
}

fn same_inbound(inbound: &Inbound, expect: &Value, state_before: &Value) -> Result<(), String> {
    let phase = expect["phase"].as_str();
    let is = match (inbound, expect["kind"].as_str().unwrap_or("ussd")) {
        (Inbound::Ussd(turn), "ussd") => phase.is_none_or(|phase| match turn.phase {
            Phase::Begin => phase == "begin",
            Phase::Continue => phase == "continue",
            Phase::Unsaid => matches!(phase, "begin" | "continue"),
        }),
        (Inbound::Hangup(hangup), "ussd_event") => phase.is_none_or(|phase| match hangup.why {
            Why::Aborted | Why::Failed => phase == "abort",
            Why::Ended => phase == "end",
            Why::TimedOut => phase == "timeout",
        }),
        (Inbound::Inquiry(_), "status") => true,
        (Inbound::Sms(sms), "sms") => return outbound::same_sms(sms, expect),
        (Inbound::Delivery(report), "dlr") => return outbound::same_report(report, expect),
        _ => false,
    };
    if !is {
        return Err(format!("expected {} {phase:?}, got {inbound:?}", expect["kind"]));
    }
    if expect["session"].as_str().is_some_and(|session| session != inbound.dialogue()) {
        return Err("another dialogue".to_owned());
    }
    let number = match inbound {
        Inbound::Ussd(turn) => Some(&turn.number),
        Inbound::Hangup(hangup) => hangup.number.as_ref(),
        Inbound::Delivery(_) | Inbound::Inquiry(_) | Inbound::Sms(_) => None,
    };
    if let Some(expected) = expect["msisdn"].as_str() {
        let digits = expected.trim_start_matches('+');
        if number.map(|number| number.reveal()).is_none_or(|own| own.trim_start_matches('+') != digits) {
            return Err("another number".to_owned());
        }
    }
    let Inbound::Ussd(turn) = inbound else { return Ok(()) };
    if expect["service_code"].as_str().is_some_and(|code| Some(code) != turn.service_code.as_deref()) {
        return Err("another service code".to_owned());
    }
    expect["text"].as_str().map_or(Ok(()), |text| same_input(turn, text, &state_before[&turn.dialogue]["text"]))
}

/// The last answer. Of cumulative input it is known only if the one before is; else it is at least what the whole ends with.
fn same_input(turn: &UssdTurn, text: &str, before: &Value) -> Result<(), String> {
    let same = match (&turn.input, before.as_str()) {
        (Input::Last(last), _) => last == text,
        (Input::Whole(whole), Some(before)) => new_input(before.len(), |bytes| bytes == before.as_bytes(), whole) == Cumulative::New(text),
        (Input::Whole(whole), None) => whole == text || whole.ends_with(&format!("*{text}")),
    };
    if same { Ok(()) } else { Err(format!("another input: {:?}", turn.input)) }
}

fn same_reply(reply: &Reply, expected: &Value) -> Result<(), String> {
    let Some(expected) = expected.as_object() else { return Ok(()) };
    let body = std::str::from_utf8(&reply.body).map_err(|error| error.to_string())?;
    let json = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    for (key, wanted) in expected {
        let same = match key.as_str() {
            "status" => wanted.as_u64() == Some(reply.status.into()),
            "headers" => wanted.as_object().unwrap().iter().all(|(name, value)| {
                let wanted = value.as_str().unwrap();
                // The reference may leave the charset out.
                reply
                    .headers
                    .iter()
                    .any(|(own, value)| own.as_str().eq_ignore_ascii_case(name) && value.to_str().unwrap().starts_with(wanted))
            }),
            "body" => {
                let wanted = wanted.as_str().unwrap();
                body == wanted || json(body).is_some_and(|own| Some(own) == json(wanted))
            }
            "body_contains" | "contains" if wanted.is_string() => body.contains(wanted.as_str().unwrap()),
            "body_json_set" | "contains" => {
                let own = json(body).unwrap_or_default();
                wanted.as_object().unwrap().iter().all(|(key, value)| own.get(key) == Some(value))
            }
            unknown => return Err(format!("this runner cannot judge reply.{unknown}")),
        };
        if !same {
            return Err(format!("reply.{key}: wanted {wanted}, got {} {body}", reply.status));
        }
    }
    Ok(())
}
