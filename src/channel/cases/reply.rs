//! Replies, held against those of the reference.

use serde_json::Value;

use super::compare::{contains, mark, same, same_set};
use super::inbound::URL;
use crate::channel::Reply;

/// Our body, with a mark where our own address stands.
pub(super) fn our_text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).replace(URL, &mark("url"))
}

pub(super) fn same_reply(reply: &Reply, expected: &Value) -> Result<(), String> {
    let Some(expected) = expected.as_object() else { return Ok(()) };
    let body = our_text(reply);
    let json = || serde_json::from_str::<Value>(&body).unwrap_or_default();
    for (key, wanted) in expected {
        let wanted_text = wanted.as_str().unwrap_or_default();
        let fits = match key.as_str() {
            // Who asks for nothing but a good status takes any.
            "status" if expected.len() == 1 && wanted == 204 => (200..300).contains(&reply.status),
            "status" => wanted.as_u64() == Some(reply.status.into()),
            "headers" => wanted.as_object().into_iter().flatten().all(|(name, value)| has_header(reply, name, value)),
            "body" | "body_xml" => same(&body, wanted_text),
            "body_contains" => body.contains(wanted_text),
            "contains" if wanted.is_string() => body.contains(wanted_text),
            "contains" => contains(&json(), wanted),
            "body_json_set" => wanted.as_object().into_iter().flatten().all(|(key, value)| same_set(&json()[key], value)),
            "members" => wanted.as_object().into_iter().flatten().all(|(name, value)| has_member(&body, name, value)),
            "fault" => body.contains("<fault>") && body.contains(&format!("<int>{}</int>", wanted["faultCode"])),
            unknown => return Err(format!("reply.{unknown} cannot be judged")),
        };
        if !fits {
            return Err(format!("reply.{key}: wanted {wanted}, got {} {body}", reply.status));
        }
    }
    Ok(())
}

/// The reference may leave the charset out.
fn has_header(reply: &Reply, name: &str, value: &Value) -> bool {
    let own = reply.headers.iter().filter(|(own, _)| own.as_str().eq_ignore_ascii_case(name));
    own.filter_map(|(_, value)| value.to_str().ok()).any(|own| own.starts_with(value.as_str().unwrap_or_default()))
}

/// A member of an XML-RPC struct. A text of theirs in angle brackets only describes it.
fn has_member(body: &str, name: &str, value: &Value) -> bool {
    let Some((_, after)) = body.split_once(&format!("<name>{name}</name>")) else { return false };
    let value = value.as_str().unwrap_or_default();
    let is_page = matches!(name, "USSDResponseString" | "message");
    is_page || value.starts_with('<') || after.starts_with(&format!("<value><string>{value}</string></value>"))
}
