//! Messages: those that come, what becomes of those that we sent, and the requests that hand them over.

use http::HeaderMap;
use serde_json::Value;

use super::compare::{mark, same};
use super::inbound::{World, unknown_request};
use super::{channel, number_of, numbers, own_settings, text};
use crate::channel::body::Form;
use crate::channel::profile::Profile;
use crate::channel::{About, Answer, ChannelSettings, DeliveryReport, HttpChannel, SendError, SendRequest, Sender, SmsIn, SmsOut};
use crate::clock::Timestamp;

/// Where requests go that a case has elsewhere.
const TELCO: &str = "http://telco.example";
/// The time of a request, so that it is known again in it: 2001-02-03 04:05:06 in Western Indonesian Time.
const AT: Timestamp = Timestamp::from_millis(981_147_906_000);
/// How that time is written.
const STAMPS: [&str; 4] = ["20010203040506000", "20010203040506", "2001-02-03T04:05:06+07:00", "981147906"];

pub(super) fn same_sms(sms: &SmsIn, case: &Value, country: &str) -> Result<(), String> {
    let number = match sms.from {
        Sender::Citizen(number) => number.reveal(),
        Sender::Machine => "machine".to_owned(),
    };
    let part = sms.part.map(|part| serde_json::json!([part.reference, part.total, part.number]));
    let expected = &case["expect"]["part"];
    let same_to = |wanted: &str| sms.to.as_deref().is_none_or(|to| to == wanted || numbers::same(to, wanted, country));
    for (what, same) in [
        ("sender", text(case, "msisdn").is_none_or(|wanted| wanted == number || numbers::same(wanted, &number, country))),
        ("sender", text(case, "sender").is_none_or(|wanted| wanted == number)),
        ("service code", text(case, "service_code").is_none_or(same_to)),
        ("text", text(case, "text").is_none_or(|wanted| wanted == sms.text)),
        ("id", text(case, "external_id").is_none_or(|wanted| Some(wanted) == sms.id.as_deref())),
        ("operator", text(case, "operator").is_none_or(|wanted| Some(wanted) == sms.operator.as_deref())),
        ("part", expected.is_null() || Some(expected) == part.as_ref()),
        ("part", text(case, "kind") != Some("sms_part") || part.is_some()),
        ("whole", case["expect"]["whole"] != true || part.is_none()),
    ] {
        if !same {
            return Err(format!("another {what}: {:?} {:?} {:?} {part:?}", sms.text, sms.to, sms.id));
        }
    }
    Ok(())
}

pub(super) fn same_report(report: &DeliveryReport, case: &Value) -> Result<(), String> {
    let (about, id) = match &report.about {
        About::Ours(id) => ("ours", id),
        About::Theirs(id) => ("theirs", id),
    };
    let status = format!("{:?}", report.status).to_lowercase();
    // Other words are the source's own, not of this scale.
    let is_of_scale = |word: &&str| matches!(*word, "pending" | "sent" | "delivered" | "failed" | "cancelled");
    for (what, own, expected) in [
        ("id", Some(id.as_str()), text(case, "external_id")),
        ("side", Some(about), text(case, "about")),
        ("status", Some(status.as_str()), text(case, "status").filter(is_of_scale)),
        ("word", report.word.as_deref(), text(case, "word")),
    ] {
        if expected.is_some() && expected != own {
            return Err(format!("another {what}: wanted {expected:?}, got {own:?}"));
        }
    }
    Ok(())
}

/// A message handed over, and what the telco's answer means.
pub(super) fn message(case: &Value, profile: &Profile, world: &World) -> Result<(), String> {
    let own = own_settings(case, world.country())?;
    let theirs = own.is_none();
    let channel = channel(profile, own.unwrap_or_else(|| settings(case, world, true, true)))?;
    let message = if case["message"].is_null() { &case["expect"] } else { &case["message"] };
    let to = message["to"].as_str().or(message["msisdn"].as_str());
    // Where it is not known what was sent, the answer to it still means something.
    if let (Some(to), Some(words)) = (to, message["text"].as_str()) {
        let (id, reference) = if theirs { (mark("id"), mark("reference")) } else { ("00c0ffee00000001".to_owned(), "A123456".to_owned()) };
        let sms = SmsOut {
            to: number_of(to, world.country()).ok_or("no number to send to")?,
            text: words,
            id: message["id"].as_str().unwrap_or(&id),
            reference: message["reference"].as_str().unwrap_or(&reference),
        };
        match channel.submit(&sms, AT) {
            Err(error) => return same_error(&error, &case["error"]),
            Ok(_) if !case["error"].is_null() => return Err("a request, where none is possible".to_owned()),
            Ok(request) if !theirs => same_request(&request, case, world.country())?,
            Ok(_) => any_request(case, profile, world, &sms)?,
        }
    }
    same_receipt(case, &channel)
}

/// The request with their settings, of which a channel may have more or fewer.
fn any_request(case: &Value, profile: &Profile, world: &World, sms: &SmsOut<'_>) -> Result<(), String> {
    let mut why = "no settings fit this profile".to_owned();
    for (from, reports) in [(true, false), (false, false), (true, true), (false, true)] {
        let Ok(channel) = channel(profile, settings(case, world, from, reports)) else { continue };
        let request = channel.submit(sms, AT).map_err(|error| error.to_string())?;
        match same_request(&request, case, world.country()) {
            Ok(()) => return Ok(()),
            Err(other) => why = other,
        }
    }
    Err(why)
}

/// Settings that stand for any of theirs.
fn settings(case: &Value, world: &World, from: bool, reports: bool) -> ChannelSettings {
    ChannelSettings {
        country: world.country().to_owned(),
        send_url: Some(TELCO.to_owned()),
        from: from.then(|| text(case, "service_code").map_or_else(|| mark("from"), str::to_owned)),
        username: Some(mark("username")),
        password: Some(mark("password").into()),
        key: Some(mark("key").into()),
        service: Some(mark("service")),
        report_url: reports.then(|| TELCO.to_owned()),
        ..ChannelSettings::open("under test")
    }
}

/// A page in a request of its own.
pub(super) fn page(case: &Value, profile: &Profile, world: &World) -> Result<(), String> {
    let channel = channel(profile, settings(case, world, true, true))?;
    let received = unknown_request(case, profile, world);
    let answer = Answer { text: text(case, "text").unwrap_or_default(), release: text(case, "phase") == Some("end") };
    let request = channel.page(&received, &answer).ok_or("no request for a page")?;
    same_request(&request, case, world.country())
}

fn same_receipt(case: &Value, channel: &HttpChannel) -> Result<(), String> {
    let response = &case["response"];
    let Some(status) = response["status"].as_u64().and_then(|status| status.try_into().ok()) else { return Ok(()) };
    let receipt = channel.receipt(status, &HeaderMap::new(), response["body"].as_str().unwrap_or_default().as_bytes());
    let error = text(case, "error");
    match receipt {
        _ if !case["receipt"].is_null() => own_receipt(receipt, &case["receipt"]),
        Ok(accepted) if error.is_none() => {
            // An id that stood in the request is ours.
            let stands = |text: &Value, id: &str| text.as_str().is_some_and(|text| text.contains(id));
            let is_theirs = |id: &&str| stands(&response["body"], id) && !stands(&case["body"], id) && !stands(&case["query"], id);
            let theirs = text(case, "external_id").filter(is_theirs);
            let same = theirs.is_none() || accepted.id.is_none() || theirs == accepted.id.as_deref();
            if same { Ok(()) } else { Err(format!("another id: {:?}", accepted.id)) }
        }
        Ok(accepted) => Err(format!("not to be accepted: {accepted:?}")),
        // What is in the profile, we must have recognised.
        Err(known) => {
            let is_told = |error: &str| !known.code.starts_with("http_") || status >= 300 || error.starts_with("unknown");
            if error.is_some_and(is_told) { Ok(()) } else { Err(format!("not expected: {known:?}")) }
        }
    }
}

fn own_receipt(receipt: Result<crate::channel::Accepted, SendError>, expected: &Value) -> Result<(), String> {
    match receipt {
        Ok(accepted) if expected.get("accepted").is_some() => {
            let same = expected["accepted"].as_str() == accepted.id.as_deref();
            if same { Ok(()) } else { Err(format!("another id: {:?}", accepted.id)) }
        }
        Ok(accepted) => Err(format!("not to be accepted: {accepted:?}")),
        Err(error) => same_error(&error, expected),
    }
}

fn same_error(error: &SendError, expected: &Value) -> Result<(), String> {
    let retry = format!("{:?}", error.retry).to_lowercase();
    let same = expected["code"] == error.code.as_str() && expected["retry"] == retry.as_str() && expected["ours"] == error.ours;
    if same { Ok(()) } else { Err(format!("wanted {expected}, got {error:?}")) }
}

fn same_request(request: &SendRequest, case: &Value, country: &str) -> Result<(), String> {
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let body = marked(&String::from_utf8_lossy(&request.body));
    let header = |name: &str| {
        let own = request.headers.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(name));
        own.and_then(|(_, value)| std::str::from_utf8(value.as_bytes()).ok()).map(marked)
    };
    let wanted = |key: &str| case[key].as_str().unwrap_or_default();
    let lenient = case["channel"].is_null();
    let is_form = header("content-type").is_some_and(|own| own.ends_with("form-urlencoded"));
    let path = url.strip_prefix(TELCO).map(|path| marked(&String::from_utf8_lossy(&decoded(path))));
    let (their_path, their_query) = wanted("path").split_once('?').unwrap_or((wanted("path"), wanted("query")));
    for (what, is_same) in [
        ("method", request.method.as_str() == wanted("method")),
        ("url", case["url"].is_null() || url == wanted("url")),
        ("path", path.is_none_or(|path| same(&format!("{}{path}", mark("host")), their_path))),
        ("query", same_fields(query, their_query, country, lenient)),
        ("body", if is_form { same_fields(&body, wanted("body"), country, lenient) } else { same(&body, wanted("body")) }),
    ] {
        if !is_same {
            return Err(format!("another {what}: {} {} {body}", request.method, request.url));
        }
    }
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        let theirs = value.as_str().unwrap_or_default();
        let own = header(name).unwrap_or_default();
        let is_type = name.eq_ignore_ascii_case("content-type") && (theirs.starts_with(&own) || own.starts_with(theirs));
        // Credentials of theirs may be told in words.
        let is_account = name.eq_ignore_ascii_case("authorization") && own.starts_with("Basic ") && theirs.starts_with("Basic ");
        if !(same(&own, theirs) || (is_type && !own.is_empty()) || (is_account && case["channel"].is_null())) {
            return Err(format!("header {name}: {own:?}"));
        }
    }
    Ok(())
}

/// Times and digests as marks: theirs are of their own time and account.
fn marked(text: &str) -> String {
    let text = STAMPS.iter().fold(text.to_owned(), |text, stamp| text.replace(stamp, &mark("now")));
    let is_digest = |run: &&str| matches!(run.len(), 32 | 40 | 64) && run.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let digests: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_digest).collect();
    digests.iter().fold(text.clone(), |text, digest| text.replace(digest, &mark("digest")))
}

fn decoded(text: &str) -> Vec<u8> {
    Form::parse(format!("a={}", text.replace('+', "%2B")).as_bytes())
        .ok()
        .and_then(|form| form.bytes("a").map(std::borrow::Cow::into_owned))
        .unwrap_or_default()
}

/// The same fields in any order, numbers in any form. What a telco need not be told, we may tell.
fn same_fields(ours: &str, theirs: &str, country: &str, lenient: bool) -> bool {
    let (ours, theirs) = (fields(ours), fields(theirs));
    let same_value = |ours: &str, theirs: &str| {
        same(&marked(ours), theirs) || (ours.len() > 7 && number_of(ours, country).is_some() && numbers::same(ours, theirs, country))
    };
    theirs.iter().all(|(name, theirs)| ours.iter().any(|(own, ours)| own == name && same_value(ours, theirs)))
        && (lenient || ours.len() == theirs.len())
}

/// Decoded, sorted by name.
fn fields(encoded: &str) -> Vec<(String, String)> {
    let Ok(form) = Form::parse(encoded.as_bytes()) else { return Vec::new() };
    let mut fields: Vec<_> = form
        .names()
        .filter(|name| !name.is_empty())
        .map(|name| (name.to_owned(), form.text(name).map(|found| found.text.into_owned()).unwrap_or_default()))
        .collect();
    fields.sort();
    fields
}
