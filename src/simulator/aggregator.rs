//! What three telcos send and want to hear about messages, pure: a message or a report in, request bytes out; reply bytes in, what it means.
//!
//! Africa's Talking: forms. A message needs an answer 200; what it says is not read.
//! ```text
//! POST /in/africastalking-sms          linkId=…&text=CEK+KTP&to=2000&id=…&date=…&from=%2B6281200000001&networkCode=51010
//! POST /in/africastalking-sms/receipt  id=ATXid_…&status=Success&phoneNumber=%2B6281200000001&networkCode=51010&retryCount=0
//! ```
//! Kannel: `get-url` and `dlr-url`. What stands in the answer to a message is the SMS that goes back; nothing, and none does.
//! ```text
//! GET /in/kannel?from=%2B6281200000001&to=2000&text=CEK+KTP&charset=UTF-8&coding=0&id=…&smsc=SIM&ts=…&udh=
//! GET /in/kannel/receipt?id=…&type=1
//! ```
//! Telkomsel, for content providers. A message needs an answer 202 with `OK`.
//! ```text
//! GET /in/telkomsel?trx_id=…&adn=2000&msisdn=6281200000001&sms=CEK+KTP
//! GET /in/telkomsel/receipt?trx_id=…&sid=…&time=…&msisdn=6281200000001&status=1
//! ```
//! The other way, see [`submit`]. Sources: the Kannel user's guide and Kannel 1.4.5 itself, the public pages of Africa's Talking, and
//! the tests of vusion-backend (BSD-3-Clause) for Telkomsel.

pub mod submit;

use super::Error;
use super::client::Reply;
use super::telco::{Place, push_field};
use super::wire::header;
use crate::clock::Timestamp;
use crate::gsm;
use submit::{Report, Submit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregator {
    AfricasTalking,
    Kannel,
    Telkomsel,
}

/// A message that a phone sent, as the telco has it.
#[derive(Clone, Copy, Debug)]
pub struct FromPhone<'a> {
    /// `+62…`
    pub from: &'a str,
    /// The short code.
    pub to: &'a str,
    pub text: &'a str,
    pub id: &'a str,
    pub at: Timestamp,
}

/// What becomes of a message, as far as a telco tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The network has it.
    Sent,
    Delivered,
    Failed,
}

impl Aggregator {
    /// Appends the request that brings a message to the gateway.
    pub fn write_message(self, to: &Place, message: &FromPhone<'_>, out: &mut Vec<u8>) {
        let mut fields = Vec::with_capacity(256);
        match self {
            Self::AfricasTalking => {
                push_field(&mut fields, "linkId", "03090445075804249226");
                push_field(&mut fields, "text", message.text);
                push_field(&mut fields, "to", message.to);
                push_field(&mut fields, "id", message.id);
                push_field(&mut fields, "date", &message.at.to_string());
                push_field(&mut fields, "from", message.from);
                push_field(&mut fields, "networkCode", "51010");
                to.write_form("", &fields, out);
            }
            Self::Kannel => {
                let wide = gsm::septets(message.text).is_err();
                push_field(&mut fields, "from", message.from);
                push_field(&mut fields, "to", message.to);
                if wide {
                    let units: Vec<u8> = message.text.encode_utf16().flat_map(u16::to_be_bytes).collect();
                    push_bytes(&mut fields, "text", &units);
                } else {
                    push_field(&mut fields, "text", message.text);
                }
                push_field(&mut fields, "charset", if wide { "UTF-16BE" } else { "UTF-8" });
                push_field(&mut fields, "coding", if wide { "2" } else { "0" });
                push_field(&mut fields, "id", message.id);
                push_field(&mut fields, "smsc", "SIM");
                push_field(&mut fields, "ts", &(message.at.millis() / 1000).to_string());
                push_field(&mut fields, "udh", "");
                to.write_query("", &fields, out);
            }
            Self::Telkomsel => {
                push_field(&mut fields, "trx_id", message.id);
                push_field(&mut fields, "adn", message.to);
                push_field(&mut fields, "msisdn", message.from.trim_start_matches('+'));
                push_field(&mut fields, "sms", message.text);
                to.write_query("", &fields, out);
            }
        }
    }

    /// Reads the answer to a message: the SMS that goes back to the phone with it, if this telco takes one there.
    ///
    /// # Errors
    /// The telco keeps the message and delivers it again.
    pub fn read_answer(self, reply: &Reply<'_>) -> Result<Option<String>, Error> {
        match self {
            Self::AfricasTalking if reply.status == 200 => Ok(None),
            Self::Kannel if reply.status == 200 => {
                let text = std::str::from_utf8(reply.body).map_err(|_| Error::Reply("the body is not UTF-8"))?;
                let plain = header(reply.head, "content-type").is_none_or(|own| own.starts_with("text/plain"));
                if !plain {
                    return Err(Error::Reply("the body is not text/plain"));
                }
                let text = if header(reply.head, "x-kannel-coding") == Some("2") { text.to_owned() } else { narrowed(text) };
                Ok((!text.is_empty()).then_some(text))
            }
            Self::Telkomsel if reply.status == 202 && reply.body.trim_ascii() == b"OK" => Ok(None),
            Self::Telkomsel if reply.status == 202 => Err(Error::Reply("the body is not OK")),
            Self::AfricasTalking | Self::Kannel | Self::Telkomsel => Err(Error::Status(reply.status)),
        }
    }

    /// The request that brings a delivery report; `None`: this telco does not report that, or was not asked to. `id` is the telco's.
    ///
    /// # Errors
    /// [`Error::Address`]: the report was asked for at an address that is none.
    pub fn report(self, to: &Place, about: &Submit, id: &str, fate: Fate) -> Result<Option<Vec<u8>>, Error> {
        let mut fields = Vec::with_capacity(128);
        let mut out = Vec::new();
        match (self, &about.report) {
            (Self::AfricasTalking, _) => {
                push_field(&mut fields, "id", id);
                push_field(
                    &mut fields,
                    "status",
                    match fate {
                        Fate::Sent => "Sent",
                        Fate::Delivered => "Success",
                        Fate::Failed => "Failed",
                    },
                );
                push_field(&mut fields, "phoneNumber", &about.to);
                push_field(&mut fields, "networkCode", "51010");
                if fate == Fate::Failed {
                    push_field(&mut fields, "failureReason", "UserInactive");
                }
                push_field(&mut fields, "retryCount", "0");
                to.write_form("/receipt", &fields, &mut out);
            }
            (Self::Kannel, Report::At { url, mask }) => {
                let bit = match fate {
                    Fate::Delivered => 1,
                    Fate::Failed => 2,
                    Fate::Sent => 8,
                };
                if mask & bit == 0 {
                    return Ok(None);
                }
                Place::write_get_url(&url.replace("%d", &bit.to_string()), &mut out)?;
            }
            // What it says of others than the delivered is not public.
            (Self::Telkomsel, Report::Named(named)) if fate == Fate::Delivered => {
                push_field(&mut fields, "trx_id", named);
                push_field(&mut fields, "sid", "SIM");
                push_field(&mut fields, "time", "20261124090000");
                push_field(&mut fields, "msisdn", about.to.trim_start_matches('+'));
                push_field(&mut fields, "status", "1");
                to.write_query("/receipt", &fields, &mut out);
            }
            (Self::Kannel | Self::Telkomsel, _) => return Ok(None),
        }
        Ok(Some(out))
    }

    /// Whether the answer to a report lets the telco forget it.
    pub fn read_report_answer(self, reply: &Reply<'_>) -> Result<(), Error> {
        let wants_xml = self == Self::Telkomsel;
        match reply.status {
            200 if wants_xml && !reply.body.windows(18).any(|part| part == b"<status>0</status>") => {
                Err(Error::Reply("the push was not accepted"))
            }
            200..=299 => Ok(()),
            status => Err(Error::Status(status)),
        }
    }
}

/// As Kannel does without the header: what the GSM alphabet lacks becomes `?`, without a word.
fn narrowed(text: &str) -> String {
    text.chars().map(|char| if gsm::septets(char.encode_utf8(&mut [0; 4])).is_ok() { char } else { '?' }).collect()
}

fn push_bytes(fields: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    push_field(fields, name, "");
    for byte in bytes {
        fields.extend_from_slice(format!("%{byte:02X}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::client::Address;

    fn place() -> Place {
        Place::of_channel(&Address { host: "gateway:8080".into(), path: String::new() }, "x/geheim")
    }

    #[test]
    fn messages() {
        for (aggregator, text, want) in [
            (
                Aggregator::AfricasTalking,
                "CEK KTP",
                "POST /in/x/geheim HTTP/1.1\r\nHost: gateway:8080\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            ),
            (Aggregator::AfricasTalking, "50€", "&text=50%E2%82%AC&to=2000&id=7&date="),
            (
                Aggregator::Kannel,
                "CEK KTP",
                "GET /in/x/geheim?from=%2B6281200000001&to=2000&text=CEK+KTP&charset=UTF-8&coding=0&id=7&smsc=SIM&ts=0&udh= HTTP/1.1\r\n",
            ),
            (Aggregator::Kannel, "OK ✓", "&text=%00%4F%00%4B%00%20%27%13&charset=UTF-16BE&coding=2&"),
            (Aggregator::Telkomsel, "CEK KTP", "GET /in/x/geheim?trx_id=7&adn=2000&msisdn=6281200000001&sms=CEK+KTP HTTP/1.1\r\n"),
        ] {
            let message = FromPhone { from: "+6281200000001", to: "2000", text, id: "7", at: Timestamp::from_millis(0) };
            let mut out = Vec::new();
            aggregator.write_message(&place(), &message, &mut out);
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains(want), "{out}");
        }
    }

    #[test]
    fn answers() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
        let wide = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nX-Kannel-Coding: 2\r\n\r\n";
        let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
        for (aggregator, status, head, body, want) in [
            (Aggregator::AfricasTalking, 200, plain, "OK", Some(None)),
            (Aggregator::AfricasTalking, 503, plain, "", None),
            (Aggregator::Kannel, 200, plain, "KTP siap {€}", Some(Some("KTP siap {€}"))),
            (Aggregator::Kannel, 200, plain, "KTP siap ✓", Some(Some("KTP siap ?"))),
            (Aggregator::Kannel, 200, wide, "KTP siap ✓", Some(Some("KTP siap ✓"))),
            (Aggregator::Kannel, 200, plain, "", Some(None)),
            (Aggregator::Kannel, 200, html, "<html>", None),
            (Aggregator::Kannel, 400, plain, "", None),
            (Aggregator::Telkomsel, 202, plain, "OK\n", Some(None)),
            (Aggregator::Telkomsel, 200, plain, "OK", None),
            (Aggregator::Telkomsel, 202, plain, "KTP siap", None),
        ] {
            let reply = Reply { status, head: head.as_bytes(), body: body.as_bytes() };
            let got = aggregator.read_answer(&reply).ok();
            assert_eq!(got.as_ref().map(Option::as_deref), want, "{aggregator:?} {body}");
        }
    }

    #[test]
    fn reports() {
        let submit = |report| Submit { to: "+6281200000001".to_owned(), text: String::new(), report };
        let asked = || Report::At { url: "http://gw:81/in/kannel/receipt?id=7&type=%d".to_owned(), mask: 31 };
        for (aggregator, report, fate, want) in [
            (Aggregator::AfricasTalking, Report::None, Fate::Delivered, Some("id=T1&status=Success&phoneNumber=%2B6281200000001")),
            (Aggregator::AfricasTalking, Report::None, Fate::Failed, Some("&failureReason=UserInactive")),
            (Aggregator::Kannel, asked(), Fate::Sent, Some("GET /in/kannel/receipt?id=7&type=8 HTTP/1.1\r\nHost: gw:81\r\n")),
            (Aggregator::Kannel, Report::At { url: "http://gw/?%d".to_owned(), mask: 3 }, Fate::Sent, None),
            (Aggregator::Kannel, Report::None, Fate::Delivered, None),
            (Aggregator::Telkomsel, Report::Named("00ff".to_owned()), Fate::Delivered, Some("GET /in/x/geheim/receipt?trx_id=00ff&")),
            (Aggregator::Telkomsel, Report::Named("00ff".to_owned()), Fate::Sent, None),
            (Aggregator::Telkomsel, Report::None, Fate::Delivered, None),
        ] {
            let out = aggregator.report(&place(), &submit(report), "T1", fate).unwrap();
            let out = out.map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(out.is_some(), want.is_some(), "{aggregator:?} {fate:?}");
            assert!(out.unwrap_or_default().contains(want.unwrap_or_default()), "{aggregator:?} {fate:?}");
        }
    }
}
