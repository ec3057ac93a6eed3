//! One phone in somebody's hand.

use std::sync::Arc;
use std::time::Duration;

use super::client::{Address, Connection};
use super::telco::format::Ids;
use super::telco::{Dialogue, End, Page, Place, Telco, write_get};
use super::{Error, Secrets, client, fresh_digits, pages};
use crate::clock::{self, Clock, Instant, Timestamp};
use crate::gsm;

/// Africa's Talking gives up after about 10 s; the strictest telco we know after 5.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// A telco that numbers nothing repeats with equal bytes within 1 s of our reply; a thumb is slower than that.
pub(super) const THUMB: Duration = Duration::from_millis(1100);
/// What one USSD answer carries (3GPP TS 23.038: 160 octets of packed septets).
pub const PAGE_SEPTETS_MAX: usize = 182;
/// The first number of a dialogue that is numbered in decimal: ten digits, which all 32-bit signed numbers hold.
const DIGITS_FROM: u32 = 1_000_000_000;

/// What connects a phone with the gateway.
#[derive(Clone, Debug)]
pub struct Line {
    /// `http://127.0.0.1:8080`
    pub url: String,
    pub telco: Telco,
    /// The channel's name, with its secret path segment if it has one: `africastalking/SECRET`.
    pub channel: String,
    /// `*123#`
    pub service_code: String,
    /// Dates the telco's events.
    pub clock: Clock,
    /// What the telco shows of itself.
    pub secrets: Arc<Secrets>,
}

/// One phone: dials, presses keys, repeats, hangs up. Holds one connection.
#[derive(Debug)]
pub struct Handset {
    line: Line,
    number: String,
    place: Place,
    connection: Connection,
    call: Option<Call>,
    last_request: Vec<u8>,
    last_reply: Vec<u8>,
    last_reply_at: Option<Instant>,
}

#[derive(Debug)]
struct Call {
    dialogue: Dialogue,
    begun: Instant,
    open: bool,
    last_body: String,
}

/// What came back from one turn.
#[derive(Clone, Debug)]
pub struct Screen {
    pub text: String,
    /// An answer can be typed.
    pub open: bool,
    pub raw_request: Vec<u8>,
    /// Where the page comes in a request of its own, the body of that stands behind the reply.
    pub raw_reply: Vec<u8>,
    pub took: Duration,
    /// It came in such a request, which tells its own time.
    apart: bool,
}

/// An SMS on the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// When it was left for the phone, to the second.
    pub at: Timestamp,
    pub text: String,
}

impl Screen {
    /// How long the page is; an error if a phone in the GSM alphabet cannot show it.
    pub fn septets(&self) -> Result<usize, gsm::Foreign> {
        gsm::septets(&self.text)
    }

    /// What no telco refuses but a citizen would suffer from: a page cut short, a foreign character, markup that leaked.
    pub fn flaw(&self) -> Option<String> {
        match self.septets() {
            Err(foreign) => return Some(format!("{:?} at character {} is not in the GSM alphabet", foreign.char, foreign.at)),
            Ok(septets) if septets > PAGE_SEPTETS_MAX => return Some(format!("{septets} septets, a phone shows {PAGE_SEPTETS_MAX}")),
            Ok(_) => {}
        }
        if self.text.trim().is_empty() {
            return Some("the page is empty".to_owned());
        }
        LEAKS.iter().find(|leak| self.text.contains(*leak)).map(|leak| format!("{leak:?} on the page: escaped twice, or not filled in"))
    }

    /// The same status, headers (but for `Date`) and body; of a page that came apart, the same page.
    pub fn same_reply(&self, other: &Self) -> bool {
        if self.apart {
            return (self.open, &self.text) == (other.open, &other.text);
        }
        without_date(&self.raw_reply) == without_date(&other.raw_reply)
    }
}

/// Escapes and placeholders that never belong to a page.
const LEAKS: &[&str] = &["\\n", "\\u", "&amp;", "&lt;", "&gt;", "&quot;", "&#", "%20", "%0A", "\r", "\t", "{", "}"];

impl Handset {
    /// `number` as the telco writes it: `+62…`.
    pub fn new(line: Line, number: &str) -> Result<Self, Error> {
        let address = Address::parse(&line.url)?;
        Ok(Self {
            number: number.to_owned(),
            place: Place::of_channel(&address, &line.channel),
            connection: Connection::new(address),
            line,
            call: None,
            last_request: Vec::new(),
            last_reply: Vec::new(),
            last_reply_at: None,
        })
    }

    pub fn number(&self) -> &str {
        &self.number
    }

    /// The telco's time.
    pub fn now(&self) -> Timestamp {
        self.line.clock.now()
    }

    /// Whether an answer can be typed now.
    pub fn is_open(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.open)
    }

    /// The telco's id of the dialogue, until it is told that it is over.
    pub fn dialogue(&self) -> Option<&str> {
        self.call.as_ref().map(|call| call.dialogue.id())
    }

    /// What was sent last, and what came back; nothing if nothing did.
    pub fn last_bytes(&self) -> (&[u8], &[u8]) {
        (&self.last_request, &self.last_reply)
    }

    /// Begins a new dialogue. One still open is forgotten by the phone; the telco tells nobody.
    pub async fn dial(&mut self, code: &str) -> Result<Screen, Error> {
        let id = fresh_dialogue_id(self.line.telco)?;
        let dialogue = Dialogue::dial(self.line.telco, id, &self.number, &self.line.service_code, code)?;
        let dialogue = dialogue.told(self.line.clock.now(), Arc::clone(&self.line.secrets));
        self.call = Some(Call { dialogue, begun: clock::monotonic(), open: true, last_body: String::new() });
        self.turn().await
    }

    /// Types `keys` and sends them.
    ///
    /// # Errors
    /// [`Error::Closed`] if no dialogue is open, and all that ends one.
    pub async fn press(&mut self, keys: &str) -> Result<Screen, Error> {
        match &mut self.call {
            Some(call) if call.open => call.dialogue.press(keys),
            _ => return Err(Error::Closed),
        }
        self.turn().await
    }

    /// Sends the very same bytes again, at once, as a telco does that missed our reply.
    pub async fn repeat_last(&mut self) -> Result<Screen, Error> {
        if self.call.is_none() {
            return Err(Error::Closed);
        }
        self.send().await
    }

    /// The telco's end-of-dialogue event: a hang-up if the dialogue was open, else the normal end. Returns the raw reply; none where
    /// this telco keeps that to itself.
    pub async fn hang_up(&mut self) -> Result<Vec<u8>, Error> {
        let Some(call) = self.call.take() else { return Err(Error::Closed) };
        let end = End {
            at: self.line.clock.now(),
            millis: clock::monotonic().duration_since(call.begun).as_millis(),
            closed: !call.open,
            last_answer: &call.last_body,
        };
        let mut request = Vec::new();
        call.dialogue.write_end(&self.place, &end, &mut request);
        self.last_request = request;
        self.last_reply.clear();
        if self.last_request.is_empty() {
            return Ok(Vec::new());
        }
        let reply = exchange(&mut self.connection, &self.last_request).await?;
        self.last_reply = [reply.head, reply.body].concat();
        call.dialogue.read_end(&reply)?;
        Ok(self.last_reply.clone())
    }

    /// The SMS that this number has received so far, oldest first. `None` where the gateway has no simulator pages.
    pub async fn messages(&mut self) -> Result<Option<Vec<Received>>, Error> {
        messages_to(&mut self.connection, &self.number).await
    }

    async fn turn(&mut self) -> Result<Screen, Error> {
        let Some(call) = &self.call else { return Err(Error::Closed) };
        let mut request = Vec::with_capacity(512);
        call.dialogue.write_turn(&self.place, &mut request);
        let waits = request == self.last_request || call.dialogue.waits_for_the_thumb();
        if let Some(at) = self.last_reply_at.filter(|_| waits) {
            clock::sleep(THUMB.saturating_sub(clock::monotonic().duration_since(at))).await;
        }
        self.last_request = request;
        self.send().await
    }

    async fn send(&mut self) -> Result<Screen, Error> {
        let Some(call) = &mut self.call else { return Err(Error::Closed) };
        let begun = clock::monotonic();
        self.last_reply.clear();
        let outcome = match self.line.telco.sent() {
            None => replied(&mut self.connection, &self.last_request, &mut call.dialogue, &mut self.last_reply).await,
            Some(sent) => {
                let place = pages::Pages { connection: &mut self.connection, channel: &self.line.channel };
                place.turn(&sent, &self.last_request, &mut call.dialogue, &mut self.last_reply).await
            }
        };
        let now = clock::monotonic();
        self.last_reply_at = Some(now);
        match outcome {
            Ok((Page { text, open }, body)) => {
                call.open = open;
                call.last_body = body;
                let (raw_request, raw_reply) = (self.last_request.clone(), self.last_reply.clone());
                let apart = self.line.telco.sent().is_some();
                Ok(Screen { text, open, raw_request, raw_reply, took: now.duration_since(begun), apart })
            }
            Err(error) => {
                call.open = false;
                Err(error)
            }
        }
    }
}

/// The page that comes back with the answer, and the body of that.
async fn replied(connection: &mut Connection, request: &[u8], dialogue: &mut Dialogue, raw: &mut Vec<u8>) -> Result<(Page, String), Error> {
    let reply = exchange(connection, request).await?;
    *raw = [reply.head, reply.body].concat();
    Ok((dialogue.read(&reply)?, String::from_utf8_lossy(reply.body).into_owned()))
}

/// The SMS that a number has received so far, oldest first. `None` where the gateway has no simulator pages.
pub(super) async fn messages_to(connection: &mut Connection, number: &str) -> Result<Option<Vec<Received>>, Error> {
    #[derive(serde::Deserialize)]
    struct Message {
        at: String,
        text: String,
    }
    let mut request = Vec::new();
    let path = format!("/sim/api/messages?msisdn=%2B{}", number.trim_start_matches('+'));
    write_get(connection.address(), &path, &mut request);
    let reply = exchange(connection, &request).await?;
    if reply.status == 404 {
        return Ok(None);
    }
    if reply.status != 200 {
        return Err(Error::Status(reply.status));
    }
    let messages: Vec<Message> = serde_json::from_slice(reply.body).map_err(|_| Error::Reply("the messages are not a JSON list"))?;
    let received = messages.into_iter().map(|Message { at, text }| Some(Received { at: Timestamp::parse(&at)?, text }));
    received.collect::<Option<_>>().map(Some).ok_or(Error::Reply("a message does not tell its time"))
}

/// One exchange within the telco's patience.
pub(super) async fn exchange<'a>(connection: &'a mut Connection, request: &[u8]) -> Result<client::Reply<'a>, Error> {
    clock::within(PATIENCE, connection.exchange(request)).await.unwrap_or(Err(Error::Late(PATIENCE.as_secs())))
}

/// Never used before, in this process or another: the gateway may remember dialogues of an earlier run.
pub(super) fn fresh_dialogue_id(telco: Telco) -> Result<String, Error> {
    let digits = fresh_digits()?;
    Ok(match (telco, telco.ids()) {
        (Telco::AfricasTalking, _) => format!("ATUid_{digits}"),
        (_, Ids::Hex) => digits,
        (_, Ids::Digits) => {
            let number = digits.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default();
            format!("{}", DIGITS_FROM + number % DIGITS_FROM)
        }
    })
}

fn without_date(reply: &[u8]) -> Vec<&[u8]> {
    let mut in_head = true;
    reply
        .split(|&byte| byte == b'\n')
        .filter(|line| {
            in_head &= !line.trim_ascii().is_empty();
            !(in_head && line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"date:")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::canned::{Asked, Canned, serve};

    fn phone(gateway: &Canned, telco: Telco) -> Handset {
        let line = Line {
            url: gateway.url.clone(),
            telco,
            channel: "ussd".to_owned(),
            service_code: "*123#".to_owned(),
            clock: Clock::system(),
            secrets: Arc::default(),
        };
        Handset::new(line, "+6281200000001").unwrap()
    }

    fn form(asked: &Asked) -> (u16, String) {
        let reply = match (asked.path.as_str(), asked.field("text")) {
            ("/in/ussd", "") => "CON Menu",
            ("/in/ussd", "1") => "CON Satu",
            ("/in/ussd", "1*2") => "END Dua",
            ("/in/ussd", "9") => return (500, "CON x".to_owned()),
            ("/in/ussd", "8") => "Menu",
            ("/in/ussd/event", _) => "OK",
            ("/sim/api/messages?msisdn=%2B6281200000001", _) => r#"[{"text":"Halo","at":"2026-11-30T09:00:00+07:00"}]"#,
            _ => return (404, String::new()),
        };
        (200, reply.to_owned())
    }

    #[tokio::test]
    async fn a_phone_goes_through_a_form_dialogue() {
        let gateway = serve(|asked| form(&asked)).await;
        let mut phone = phone(&gateway, Telco::AfricasTalking);
        assert_eq!(phone.press("1").await.unwrap_err().kind(), "closed");
        assert_eq!(phone.dial("*123#").await.unwrap().text, "Menu");
        let one = phone.press("1").await.unwrap();
        assert!(one.open && one.text == "Satu" && one.flaw().is_none());
        let again = phone.repeat_last().await.unwrap();
        assert!(again.same_reply(&one) && again.raw_request == one.raw_request);
        let two = phone.press("2").await.unwrap();
        assert!(!two.open && !two.same_reply(&one) && !phone.is_open());
        assert_eq!(phone.press("1").await.unwrap_err().kind(), "closed");
        phone.hang_up().await.unwrap();
        let at = Timestamp::parse("2026-11-30 09:00").unwrap();
        assert_eq!(phone.messages().await.unwrap(), Some(vec![Received { at, text: "Halo".to_owned() }]));
    }

    #[tokio::test]
    async fn a_telco_hangs_up_on_a_bad_answer() {
        let gateway = serve(|asked| form(&asked)).await;
        for (keys, kind) in [("9", "status"), ("8", "reply"), ("7", "status")] {
            let mut phone = phone(&gateway, Telco::AfricasTalking);
            phone.dial("*123#").await.unwrap();
            assert_eq!(phone.press(keys).await.unwrap_err().kind(), kind);
            assert!(!phone.is_open());
        }
    }

    #[tokio::test]
    async fn equal_keys_in_json_wait_for_the_thumb_but_repeats_do_not() {
        let gateway = serve(|asked| {
            let close = asked.path.ends_with("/end");
            assert_eq!(asked.method, if close { "PUT" } else { "POST" });
            (200, format!(r#"{{"shouldClose":{close},"ussdMenu":"Menu","responseExitCode":200,"responseMessage":""}}"#))
        })
        .await;
        let mut phone = phone(&gateway, Telco::Infobip);
        phone.dial("*123#").await.unwrap();
        let first = phone.press("0").await.unwrap();
        let begun = clock::monotonic();
        let repeat = phone.repeat_last().await.unwrap();
        assert_eq!(repeat.raw_request, first.raw_request);
        assert!(begun.elapsed() < THUMB);
        let second = phone.press("0").await.unwrap();
        assert_eq!(second.raw_request, first.raw_request);
        assert!(begun.elapsed() >= THUMB);
        phone.hang_up().await.unwrap();
    }

    #[test]
    fn flaws_are_seen() {
        for (text, flawed) in [
            ("DUKCAPIL MUBA - GRATIS\n1 Cek KTP", false),
            ("", true),
            ("Tanggal {tanggal}", true),
            ("A &amp; B", true),
            ("A\\nB", true),
            ("A\r\nB", true),
            (&"x".repeat(182), false),
            (&"x".repeat(183), true),
        ] {
            let [raw_request, raw_reply] = [vec![], vec![]];
            let screen = Screen { text: text.to_owned(), open: true, raw_request, raw_reply, took: Duration::ZERO, apart: false };
            assert_eq!(screen.flaw().is_some(), flawed, "{text}");
        }
    }

    #[test]
    fn only_the_date_may_differ_between_repeats() {
        for (a, b, same) in [
            ("HTTP/1.1 200 OK\r\nDate: a\r\n\r\nx", "HTTP/1.1 200 OK\r\ndate: b\r\n\r\nx", true),
            ("HTTP/1.1 200 OK\r\nx: a\r\n\r\nx", "HTTP/1.1 200 OK\r\nx: b\r\n\r\nx", false),
            ("HTTP/1.1 200 OK\r\n\r\ndate: a", "HTTP/1.1 200 OK\r\n\r\ndate: b", false),
        ] {
            assert_eq!(without_date(a.as_bytes()) == without_date(b.as_bytes()), same, "{a}");
        }
    }
}
