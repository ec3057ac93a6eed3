//! Messages in the wire cases. One that we send is a `message` (`to`, `text`, `id`, `reference`; of others, what their `expect` says)
//! with the request that it must become and, perhaps, the telco's answer (`response`) with what must be made of it (`receipt`).

use http::HeaderMap;
use serde_json::Value;

use super::super::body::Form;
use super::super::*;
use super::{Foreign, channel};
use crate::citizen::Msisdn;

pub(super) fn same_sms(sms: &SmsIn, expect: &Value) -> Result<(), String> {
    let number = match sms.from {
        Sender::Citizen(number) => number.reveal(),
        Sender::Machine => "machine".to_owned(),
    };
    let part = sms.part.map(|part| serde_json::json!([part.reference, part.total, part.number]));
    let sender = expect["msisdn"].as_str().or(expect["sender"].as_str());
    for (what, same) in [
        ("sender", sender.is_none_or(|sender| sender.trim_start_matches('+') == number.trim_start_matches('+'))),
        ("service code", expect["service_code"].as_str().is_none_or(|code| Some(code) == sms.to.as_deref())),
        ("text", expect["text"].as_str().is_none_or(|text| text == sms.text)),
        ("id", expect["external_id"].as_str().is_none_or(|id| Some(id) == sms.id.as_deref())),
        ("operator", expect["operator"].as_str().is_none_or(|operator| Some(operator) == sms.operator.as_deref())),
        ("part", expect["part"].is_null() || Some(&expect["part"]) == part.as_ref()),
        ("whole", expect["whole"] != true || part.is_none()),
    ] {
        if !same {
            return Err(format!("another {what}: {:?} {:?} {:?} {part:?}", sms.text, sms.to, sms.id));
        }
    }
    Ok(())
}

pub(super) fn same_report(report: &DeliveryReport, expect: &Value) -> Result<(), String> {
    let (about, id) = match &report.about {
        About::Ours(id) => ("ours", id),
        About::Theirs(id) => ("theirs", id),
    };
    let status = format!("{:?}", report.status).to_lowercase();
    for (what, own, expected) in [
        ("id", Some(id.as_str()), &expect["external_id"]),
        ("side", Some(about), &expect["about"]),
        ("status", Some(status.as_str()), &expect["status"]),
        ("word", report.word.as_deref(), &expect["word"]),
    ] {
        if expected.as_str().is_some_and(|expected| Some(expected) != own) {
            return Err(format!("another {what}: wanted {expected}, got {own:?}"));
        }
    }
    Ok(())
}

pub(super) fn check(case: &Value, profile: &Profile, foreign: &Foreign) -> Result<(), String> {
    let channel = channel(case, profile, foreign)?;
    let theirs = case["message"].is_null();
    let message = if theirs { &case["expect"] } else { &case["message"] };
    let to = message["to"].as_str().or(message["msisdn"].as_str()).unwrap();
    let sms = SmsOut {
        to: Msisdn::from_telco(to, foreign.country).map_err(|error| error.to_string())?,
        text: message["text"].as_str().unwrap(),
        id: message["id"].as_str().unwrap_or("00c0ffee00000001"),
        reference: message["reference"].as_str().unwrap_or("A123456"),
    };
    match channel.submit(&sms) {
        Ok(request) => same_request(&request, case, foreign.country)?,
        Err(error) => return same_error(&error, &case["error"]),
    }
    if !case["error"].is_null() {
        return Err("a request, where none is possible".to_owned());
    }
    let response = &case["response"];
    let Some(status) = response["status"].as_u64() else { return Ok(()) };
    let receipt = channel.receipt(status.try_into().unwrap(), &HeaderMap::new(), response["body"].as_str().unwrap_or_default().as_bytes());
    match (receipt, theirs) {
        (Ok(_), true) if case["expect"]["error"].is_null() => Ok(()),
        // Theirs say only that it is one; what is in the profile, we must have recognised.
        (Err(error), true) => {
            let known = !error.code.starts_with("http_")
                || ["HTTP", "unknown"].iter().any(|word| case["expect"]["error"].as_str().unwrap_or_default().starts_with(word));
            if known && !case["expect"]["error"].is_null() { Ok(()) } else { Err(format!("not expected: {error:?}")) }
        }
        (Ok(accepted), false) if case["receipt"].get("accepted").is_some() => {
            let expected = case["receipt"]["accepted"].as_str();
            if expected == accepted.id.as_deref() { Ok(()) } else { Err(format!("another id: {:?}", accepted.id)) }
        }
        (Err(error), false) => same_error(&error, &case["receipt"]),
        (Ok(accepted), _) => Err(format!("not to be accepted: {accepted:?}")),
    }
}

fn same_error(error: &SendError, expected: &Value) -> Result<(), String> {
    let retry = format!("{:?}", error.retry).to_lowercase();
    let same = expected["code"] == error.code.as_str() && expected["retry"] == retry.as_str() && expected["ours"] == error.ours;
    if same { Ok(()) } else { Err(format!("wanted {expected}, got {error:?}")) }
}

fn same_request(request: &SendRequest, case: &Value, country: &str) -> Result<(), String> {
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let body = std::str::from_utf8(&request.body).map_err(|error| error.to_string())?;
    let content_type =
        request.headers.iter().find(|(name, _)| *name == http::header::CONTENT_TYPE).and_then(|(_, value)| value.to_str().ok());
    let wanted = |key: &str| case[key].as_str().unwrap_or_default();
    let is_form = content_type.is_some_and(|own| own.ends_with("form-urlencoded"));
    for (what, same) in [
        ("method", request.method.as_str() == wanted("method")),
        ("url", case["url"].is_null() || url == wanted("url")),
        ("query", fields(query, country) == fields(wanted("query"), country)),
        ("body", if is_form { fields(body, country) == fields(wanted("body"), country) } else { body == wanted("body") }),
    ] {
        if !same {
            return Err(format!("another {what}: {} {} {body}", request.method, request.url));
        }
    }
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        let own =
            request.headers.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(name)).and_then(|(_, value)| value.to_str().ok());
        if own != value.as_str() {
            return Err(format!("header {name}: {own:?}"));
        }
    }
    Ok(())
}

/// The fields as a bag, decoded; numbers in one form.
fn fields(encoded: &str, country: &str) -> Vec<(String, String)> {
    let mut fields: Vec<_> = encoded
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let name = pair.split('=').next().unwrap();
            let form = Form::parse(pair.as_bytes()).unwrap();
            let value = form.text(name).unwrap().text.into_owned();
            let number = matches!(name, "to" | "msisdn").then(|| Msisdn::from_telco(&value, country).ok()).flatten();
            (name.to_owned(), number.map_or(value, Msisdn::reveal))
        })
        .collect();
    fields.sort();
    fields
}
