//! What two telcos send and want to hear, pure: a dialogue in, request bytes out; reply bytes in, a page out.
//!
//! Africa's Talking: a form. `text` is everything typed so far, joined by `*`, and empty at first. Answer: `CON ` or `END ` and the page.
//! ```text
//! POST /in/africastalking
//! sessionId=ATUid_0f3a&serviceCode=*123%23&phoneNumber=%2B6281200000001&networkCode=51010&text=1*2
//! ```
//! Infobip: JSON, the last thing typed only; at first what was dialled.
//! ```text
//! POST /in/infobip/session/0f3a/response
//! {"msisdn":"6281200000001","imsi":"510100000000001","shortCode":"*123#","text":"2","language":"id","optional":null,"ussdGwId":"1"}
//! ```
//! Sources: the public callback pages of Africa's Talking, and vumi's reading of Infobip's specification (BSD-3-Clause).

use std::io::Write as _;

use serde::{Deserialize, Serialize};

use super::Error;
use super::client::Address;
use crate::clock::Timestamp;

/// What one USSD request carries (3GPP TS 23.038: 160 octets of packed septets).
const DIALLED_CHARS_MAX: usize = 182;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telco {
    AfricasTalking,
    Infobip,
}

impl Telco {
    /// `africastalking` or `infobip`; also a channel or profile name that begins so: `africastalking/SECRET`, `infobip-ussd`.
    pub fn parse(name: &str) -> Option<Self> {
        if name.starts_with("africastalking") {
            Some(Self::AfricasTalking)
        } else if name.starts_with("infobip") {
            Some(Self::Infobip)
        } else {
            None
        }
    }

    /// Reads the answer to a turn as the telco does.
    ///
    /// # Errors
    /// [`Error::Status`], [`Error::Reply`], [`Error::ExitCode`]: the telco ends the dialogue.
    pub fn read(self, status: u16, body: &[u8]) -> Result<Page, Error> {
        if status != 200 {
            return Err(Error::Status(status));
        }
        let body = std::str::from_utf8(body).map_err(|_| Error::Reply("the body is not UTF-8"))?;
        match self {
            Self::AfricasTalking => {
                let (open, text) = match (body.strip_prefix("CON "), body.strip_prefix("END ")) {
                    (Some(text), _) => (true, text),
                    (_, Some(text)) => (false, text),
                    _ => return Err(Error::Reply("the body begins with neither CON nor END and a blank")),
                };
                Ok(Page { text: text.to_owned(), open })
            }
            Self::Infobip => {
                let reply: InfobipReply = serde_json::from_str(body).map_err(|_| Error::Reply("the body is not the JSON of an answer"))?;
                if reply.response_exit_code != 200 {
                    return Err(Error::ExitCode(reply.response_exit_code));
                }
                match (reply.ussd_menu, reply.should_close) {
                    (Some(text), Some(close)) => Ok(Page { text, open: !close }),
                    _ => Err(Error::Reply("ussdMenu or shouldClose is missing")),
                }
            }
        }
    }

    /// Reads the answer to an end-of-dialogue event.
    pub fn read_end(self, status: u16, body: &[u8]) -> Result<(), Error> {
        if status != 200 {
            return Err(Error::Status(status));
        }
        match self {
            Self::AfricasTalking => Ok(()),
            Self::Infobip => match serde_json::from_slice::<InfobipReply>(body) {
                Ok(reply) if reply.response_exit_code == 200 => Ok(()),
                Ok(reply) => Err(Error::ExitCode(reply.response_exit_code)),
                Err(_) => Err(Error::Reply("the body is not the JSON of an answer")),
            },
        }
    }
}

/// What the phone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    /// An answer can be typed.
    pub open: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InfobipReply {
    should_close: Option<bool>,
    ussd_menu: Option<String>,
    response_exit_code: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfobipTurn<'a> {
    msisdn: &'a str,
    imsi: &'a str,
    short_code: &'a str,
    text: &'a str,
    language: &'a str,
    optional: Option<&'a str>,
    ussd_gw_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfobipEnd<'a> {
    reason: &'a str,
    exit_code: u16,
}

/// One USSD dialogue as the telco keeps it.
#[derive(Debug)]
pub struct Dialogue {
    telco: Telco,
    id: String,
    /// `+62…`
    number: String,
    service_code: String,
    dialled: String,
    /// Everything typed so far, joined by `*`; `None` before the first input.
    path: Option<String>,
    /// The newest input.
    last: String,
    hops: u32,
}

impl Dialogue {
    /// `service_code` is ours (`*123#`); `dialled` may go deeper (`*123*1#`). `id` must not have been used before.
    pub fn dial(telco: Telco, id: String, number: &str, service_code: &str, dialled: &str) -> Result<Self, Error> {
        let digits = number.strip_prefix('+').unwrap_or_default();
        if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::Number);
        }
        let (service_code, path) = split_dialled(service_code, dialled)?;
        Ok(Self { telco, id, number: number.to_owned(), service_code, dialled: dialled.to_owned(), path, last: String::new(), hops: 1 })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn press(&mut self, keys: &str) {
        self.path = Some(self.path.take().map_or_else(|| keys.to_owned(), |path| path + "*" + keys));
        keys.clone_into(&mut self.last);
        self.hops += 1;
    }

    /// Appends the HTTP request of the newest turn.
    pub fn write_turn(&self, to: &Place, out: &mut Vec<u8>) {
        match self.telco {
            Telco::AfricasTalking => {
                let mut body = Vec::with_capacity(256);
                self.write_form(&mut body);
                to.write_request("POST", "", FORM, &body, out);
            }
            Telco::Infobip => {
                let (verb, text) = if self.hops == 1 { ("start", &self.dialled) } else { ("response", &self.last) };
                let turn = InfobipTurn {
                    msisdn: self.number.trim_start_matches('+'),
                    imsi: "510100000000001",
                    short_code: &self.service_code,
                    text,
                    language: "id",
                    optional: None,
                    ussd_gw_id: "1",
                };
                to.write_request("POST", &format!("/session/{}/{verb}", self.id), JSON, &json(&turn), out);
            }
        }
    }

    /// Appends the HTTP request that tells that the dialogue is over: because it was closed by us, or because the phone hung up.
    pub fn write_end(&self, to: &Place, end: &End<'_>, out: &mut Vec<u8>) {
        match self.telco {
            Telco::AfricasTalking => {
                let mut body = Vec::with_capacity(512);
                // RFC 3339 without its zone and its T is the form in which this telco writes a moment.
                let moment = end.at.to_string();
                let date = moment.get(..19).unwrap_or(&moment).replace('T', " ");
                push_field(&mut body, "date", &date);
                self.write_call(&mut body);
                push_field(&mut body, "status", if end.closed { "Success" } else { "Incomplete" });
                push_field(&mut body, "cost", "IDR 0.00");
                push_field(&mut body, "durationInMillis", &end.millis.to_string());
                push_field(&mut body, "hopsCount", &self.hops.to_string());
                push_field(&mut body, "input", self.path.as_deref().unwrap_or_default());
                push_field(&mut body, "lastAppResponse", end.last_answer);
                to.write_request("POST", "/event", FORM, &body, out);
            }
            Telco::Infobip => {
                let (reason, exit_code) = if end.closed { ("closed by the application", 200) } else { ("ended by the user", 605) };
                to.write_request("PUT", &format!("/session/{}/end", self.id), JSON, &json(&InfobipEnd { reason, exit_code }), out);
            }
        }
    }

    fn write_form(&self, body: &mut Vec<u8>) {
        self.write_call(body);
        push_field(body, "text", self.path.as_deref().unwrap_or_default());
    }

    fn write_call(&self, body: &mut Vec<u8>) {
        push_field(body, "sessionId", &self.id);
        push_field(body, "serviceCode", &self.service_code);
        push_field(body, "phoneNumber", &self.number);
        // Telkomsel in the list of mobile networks (ITU-T E.212): 510 10.
        push_field(body, "networkCode", "51010");
    }
}

/// What the telco knows when a dialogue is over.
#[derive(Debug)]
pub struct End<'a> {
    pub at: Timestamp,
    pub millis: u128,
    /// We closed it; else the phone hung up.
    pub closed: bool,
    /// The body of our last answer.
    pub last_answer: &'a str,
}

/// Where a channel's callbacks go: a host and `/in/CHANNEL`.
#[derive(Clone, Debug)]
pub struct Place {
    host: String,
    base: String,
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

impl Place {
    /// `channel` may carry a secret path segment: `africastalking/SECRET`.
    pub fn of_channel(address: &Address, channel: &str) -> Self {
        Self { host: address.host.clone(), base: format!("{}/in/{}", address.path, channel.trim_matches('/')) }
    }

    /// A form by POST.
    pub(super) fn write_form(&self, path: &str, fields: &[u8], out: &mut Vec<u8>) {
        self.write_request("POST", path, FORM, fields, out);
    }

    /// The same fields by GET.
    pub(super) fn write_query(&self, path: &str, fields: &[u8], out: &mut Vec<u8>) {
        let Self { host, base } = self;
        let query = String::from_utf8_lossy(fields);
        let written = write!(out, "GET {base}{path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        debug_assert!(written.is_ok(), "a Vec takes every write");
    }

    /// A GET of a whole URL that somebody else made.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub(super) fn write_get_url(url: &str, out: &mut Vec<u8>) -> Result<(), Error> {
        let (before, query) = url.split_once('?').unwrap_or((url, ""));
        let Address { host, path } = Address::parse(before)?;
        if query.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Error::Address(url.to_owned()));
        }
        let written = write!(out, "GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        debug_assert!(written.is_ok(), "a Vec takes every write");
        Ok(())
    }

    fn write_request(&self, method: &str, path: &str, content_type: &str, body: &[u8], out: &mut Vec<u8>) {
        let Self { host, base } = self;
        let written = write!(
            out,
            "{method} {base}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        debug_assert!(written.is_ok(), "a Vec takes every write");
        out.extend_from_slice(body);
    }
}

/// Appends `GET path` to `out`, for questions to the gateway's simulator pages.
pub fn write_get(address: &Address, path: &str, out: &mut Vec<u8>) {
    let written = write!(out, "GET {}{path} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\r\n", address.path, address.host);
    debug_assert!(written.is_ok(), "a Vec takes every write");
}

/// The service's code and what was dialled beyond it: `*123*1*2#` under `*123#` gives `*123#` and `1*2`.
/// A string outside our code still goes out, under its own first part, as a wrongly provisioned telco would send it.
fn split_dialled(service_code: &str, dialled: &str) -> Result<(String, Option<String>), Error> {
    if dialled.len() > DIALLED_CHARS_MAX {
        return Err(Error::Dialled("longer than 182 characters"));
    }
    let inner =
        dialled.strip_prefix('*').and_then(|rest| rest.strip_suffix('#')).ok_or(Error::Dialled("it begins with * and ends with #"))?;
    if inner.is_empty() || !inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*' || byte == b'#') {
        return Err(Error::Dialled("only digits, * and #"));
    }
    let ours = service_code.trim_start_matches('*').trim_end_matches('#');
    match inner.strip_prefix(ours) {
        Some("") => Ok((service_code.to_owned(), None)),
        Some(rest) if rest.starts_with('*') => Ok((service_code.to_owned(), rest.get(1..).map(str::to_owned))),
        _ => {
            let (first, rest) = inner.split_once('*').map_or((inner, None), |(first, rest)| (first, Some(rest.to_owned())));
            Ok((format!("*{first}#"), rest))
        }
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // These structs hold strings and numbers only; serde_json cannot fail on them.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Appends `&name=value`. `*` stays as it is, as in the telco's own requests.
pub(super) fn push_field(body: &mut Vec<u8>, name: &str, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if !body.is_empty() {
        body.push(b'&');
    }
    body.extend_from_slice(name.as_bytes());
    body.push(b'=');
    for &byte in value.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => body.push(byte),
            b' ' => body.push(b'+'),
            _ => {
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                body.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "+6281200000001";

    fn place() -> Place {
        Place::of_channel(&Address { host: "gateway:8080".into(), path: String::new() }, "ussd/geheim")
    }

    fn request(dialogue: &Dialogue) -> String {
        let mut out = Vec::new();
        dialogue.write_turn(&place(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn africas_talking_sends_the_whole_path() {
        for (dialled, keys, want) in [
            ("*123#", vec![], "serviceCode=*123%23&phoneNumber=%2B6281200000001&networkCode=51010&text="),
            ("*123#", vec!["1"], "&text=1"),
            ("*123#", vec!["1", "Sungai Lilin"], "&text=1*Sungai+Lilin"),
            ("*123#", vec!["1", ""], "&text=1*"),
            ("*123*1*2#", vec![], "serviceCode=*123%23&phoneNumber=%2B6281200000001&networkCode=51010&text=1*2"),
            ("*123*1*2#", vec!["0"], "&text=1*2*0"),
            ("*999*1#", vec![], "serviceCode=*999%23&phoneNumber=%2B6281200000001&networkCode=51010&text=1"),
            ("*123#", vec!["é&="], "&text=%C3%A9%26%3D"),
        ] {
            let mut dialogue = Dialogue::dial(Telco::AfricasTalking, "s1".into(), NUMBER, "*123#", dialled).unwrap();
            keys.iter().for_each(|keys| dialogue.press(keys));
            let request = request(&dialogue);
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(body.starts_with("sessionId=s1&") && body.ends_with(want), "{dialled} {keys:?}: {body}");
            assert!(head.starts_with("POST /in/ussd/geheim HTTP/1.1\r\nHost: gateway:8080\r\n"), "{head}");
            assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        }
    }

    #[test]
    fn infobip_sends_the_last_input() {
        let mut dialogue = Dialogue::dial(Telco::Infobip, "s1".into(), NUMBER, "*123#", "*123*1#").unwrap();
        let first = request(&dialogue);
        assert!(first.starts_with("POST /in/ussd/geheim/session/s1/start HTTP/1.1\r\n"), "{first}");
        assert!(first.contains(r#""msisdn":"6281200000001","#) && first.contains(r#""text":"*123*1#","#), "{first}");
        dialogue.press("1");
        dialogue.press("a\"b");
        let third = request(&dialogue);
        assert!(third.starts_with("POST /in/ussd/geheim/session/s1/response HTTP/1.1\r\n"), "{third}");
        assert!(third.contains(r#""shortCode":"*123#","text":"a\"b","#), "{third}");
    }

    #[test]
    fn events_tell_how_it_ended() {
        for (telco, closed, wants) in [
            (
                Telco::AfricasTalking,
                true,
                ["POST /in/ussd/geheim/event ", "date=2026-11-30+09%3A00%3A00&sessionId=s1&", "&status=Success&"],
            ),
            (Telco::AfricasTalking, false, ["&hopsCount=2&", "&input=1&lastAppResponse=CON+x", "&status=Incomplete&"]),
            (Telco::Infobip, true, ["PUT /in/ussd/geheim/session/s1/end ", "", r#""exitCode":200}"#]),
            (Telco::Infobip, false, ["", "", r#""exitCode":605}"#]),
        ] {
            let mut dialogue = Dialogue::dial(telco, "s1".into(), NUMBER, "*123#", "*123#").unwrap();
            dialogue.press("1");
            let mut out = Vec::new();
            let at = Timestamp::parse("2026-11-30 09:00").unwrap();
            dialogue.write_end(&place(), &End { at, millis: 5, closed, last_answer: "CON x" }, &mut out);
            let text = String::from_utf8(out).unwrap();
            for want in wants {
                assert!(text.contains(want), "{want} in {text}");
            }
        }
    }

    #[test]
    fn answers_are_judged_as_the_telco_does() {
        use Telco::{AfricasTalking, Infobip};
        for (telco, status, body, want) in [
            (AfricasTalking, 200, "CON Menu\n1 Cek", Ok(("Menu\n1 Cek", true))),
            (AfricasTalking, 200, "END Selesai", Ok(("Selesai", false))),
            (AfricasTalking, 200, "CON", Err("reply")),
            (AfricasTalking, 200, "CON\nMenu", Err("reply")),
            (AfricasTalking, 200, " CON Menu", Err("reply")),
            (AfricasTalking, 500, "CON Menu", Err("status")),
            (AfricasTalking, 204, "", Err("status")),
            (Infobip, 200, r#"{"shouldClose":false,"ussdMenu":"a\nb","responseExitCode":200,"responseMessage":""}"#, Ok(("a\nb", true))),
            (Infobip, 200, r#"{"shouldClose":true,"ussdMenu":"b","responseExitCode":200}"#, Ok(("b", false))),
            (Infobip, 200, r#"{"ussdMenu":"b","responseExitCode":200}"#, Err("reply")),
            (Infobip, 200, "{\"shouldClose\":true,\"ussdMenu\":\"a\nb\",\"responseExitCode\":200}", Err("reply")),
            (Infobip, 200, r#"{"responseExitCode":400,"responseMessage":"Invalid JSON"}"#, Err("exit_code")),
        ] {
            let got = telco.read(status, body.as_bytes());
            let got = got.as_ref().map(|page| (page.text.as_str(), page.open)).map_err(Error::kind);
            assert_eq!(got, want, "{body}");
        }
        assert_eq!(AfricasTalking.read(200, b"CON \xff").unwrap_err().kind(), "reply");
    }

    #[test]
    fn a_phone_dials_only_what_a_phone_can() {
        for (number, dialled) in [
            (NUMBER, "123"),
            (NUMBER, "*123"),
            (NUMBER, "*#"),
            (NUMBER, "*12a#"),
            ("0812", "*123#"),
            ("+62", "*123#"),
            ("+62812x0000001", "*123#"),
        ] {
            assert!(Dialogue::dial(Telco::Infobip, "s".into(), number, "*123#", dialled).is_err(), "{number} {dialled}");
        }
        let long = format!("*123*{}#", "1".repeat(200));
        assert!(Dialogue::dial(Telco::Infobip, "s".into(), NUMBER, "*123#", &long).is_err());
    }
}
