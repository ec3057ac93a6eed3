//! What strangers send us, byte by byte: each function takes whatever comes, and panics where a promise does not hold.
//!
//! ```text
//!  RUSTC_BOOTSTRAP=1 cargo fuzz run TARGET fuzz/corpus/TARGET -- -max_total_time=180
//! ```
//!
//! The same functions read `fuzz/corpus` in the tests (`tests/suite/corpora.rs`). Everything goes in by the library's public face.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kentongan::channel::cumulative::{Cumulative, new_input};
use kentongan::channel::profile::Sample;
use kentongan::channel::sms_command::{self, Words};
use kentongan::channel::ussd_string;
use kentongan::channel::{Answer, ChannelSettings, HttpChannel, Inbound, Profile, Reply, Request};
use kentongan::citizen::area::Names;
use kentongan::citizen::{DialString, Msisdn};
use kentongan::clock::Timestamp;
use kentongan::gsm::{self, sms};
use kentongan::turn::Pieces;

/// A name, and what takes the bytes.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 9] = [
    ("cumulative", cumulative),
    ("form", form),
    ("gsm", gsm),
    ("json", json),
    ("signature", signature),
    ("sms_command", sms_command),
    ("udh", udh),
    ("ussd_string", ussd_string),
    ("xml", xml),
];

/// A page with all that a format may trip over.
const PAGE: &str = "1 \"Ya\" & <2>\n\\ 3 | é €";
/// With which `tests/fixtures/signatures.json` is signed, and when.
const SIGNING_KEY: &str = "kunci-rahasia-muba";
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const NOW_MILLIS: i64 = 1_764_464_400_000;

/// What was heard before, then the whole input now.
pub fn cumulative(bytes: &[u8]) {
    let (before, whole) = lines(bytes);
    match new_input(before.len(), |own| own == before.as_bytes(), &whole) {
        Cumulative::New(typed) => assert!(whole.starts_with(&before) && whole.ends_with(typed)),
        Cumulative::Repeat => assert_eq!(before, whole),
        Cumulative::Older => assert!(whole.len() < before.len()),
        Cumulative::Unrelated => {}
    }
    let joined = format!("{before}*{whole}");
    assert_eq!(new_input(before.len(), |own| own == before.as_bytes(), &joined), Cumulative::New(&whole));
}

/// A query string, then a body: urlencoded, or in parts.
pub fn form(bytes: &[u8]) {
    let (query, body) = lines(bytes);
    for name in ["africastalking-ussd", "safaricom", "telkomsel-cp", "twilio", "vodacom-aat", "yo-sms"] {
        telco(name, false).hears(&query, body.as_bytes());
    }
}

/// Septets, octets, or text.
pub fn gsm(bytes: &[u8]) {
    let septets: Vec<u8> = bytes.iter().map(|byte| byte & 0x7F).collect();
    assert_eq!(gsm::unpack_sms(&gsm::pack_sms(&septets), septets.len()), septets);
    gsm::unpack_ussd(&gsm::pack_ussd(&septets));
    gsm::decode(&gsm::unpack_ussd(bytes));
    let read = gsm::decode(bytes);
    if let Ok(again) = gsm::encode(&read) {
        assert_eq!(gsm::septets(&read), Ok(again.len()));
        assert_eq!(gsm::decode(&again), read);
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(segments) = sms::segment(&text) {
        assert_eq!(segments.parts().concat(), text);
        // What one message carries: 140 octets (3GPP TS 23.040).
        assert!(segments.user_data(7).iter().all(|data| data.octets.len() <= 140));
    }
    if let Ok((narrow, _)) = sms::transliterate(&text) {
        assert!(gsm::septets(&narrow).is_ok());
    }
    for charset in ["UTF-16BE", "ISO-8859-1", "GSM", "8"] {
        let query = format!("from=6281200000001&to=2000&charset={charset}&text={}", escaped(bytes));
        telco("kannel-sms", false).hears(&query, b"");
    }
}

pub fn json(bytes: &[u8]) {
    for name in ["hubtel", "nalo", "smsgate", "infobip-ussd", "infobip-sms", "messagebird"] {
        telco(name, false).hears("", bytes);
    }
}

/// Lines of headers, an empty one, and a body.
pub fn signature(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut headers = HeaderMap::new();
    let mut query = "";
    for line in head.lines() {
        match line.split_once(": ").map(|(name, value)| (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes()))) {
            Some((Ok(name), Ok(value))) => _ = headers.try_append(name, value),
            _ => query = line,
        }
    }
    for name in ["httpsms", "messagebird", "plivo", "smsgate", "textbee", "twilio", "vonage"] {
        let request = Request { method: &Method::POST, path: "/rahasia", query, headers: &headers, body: body.as_bytes(), peer: PEER };
        hear(&telco(name, true).channel, &request);
    }
}

pub fn sms_command(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(words) = Words::shipped() else { return };
    let command = sms_command::read(words, Names::muba(), &text);
    assert_eq!(command.parts(), sms_command::read(words, Names::muba(), &text).parts());
    sms_command::masked(&text);
}

/// Headers, each behind its length in one octet, of parts of one sender's messages.
pub fn udh(bytes: &[u8]) {
    let mut pieces = Pieces::default();
    let mut rest = bytes;
    while let Some((&length, behind)) = rest.split_first() {
        let (header, behind) = behind.split_at(usize::from(length).min(behind.len()));
        rest = behind;
        let query = format!("from=6281200000001&to=2000&text=CEK&udh={}", escaped(header));
        for inbound in telco("kannel-sms", false).hears(&query, b"") {
            if let Inbound::Sms(message) = inbound
                && let Some(part) = message.part
            {
                assert!((1..=part.total).contains(&part.number));
                pieces.add(part, &message.text, Timestamp::from_millis(NOW_MILLIS));
            }
        }
    }
}

/// The service's code, then the text.
pub fn ussd_string(bytes: &[u8]) {
    let (code, text) = lines(bytes);
    for dialled in [ussd_string::parse(&text), ussd_string::dialled(Some(&code), &text), ussd_string::dialled(None, &text)] {
        let Some(dialled) = dialled else { continue };
        let normal = dialled.text();
        // With its marks it may be too long.
        if let Some(again) = ussd_string::parse(&normal) {
            assert_eq!(again.text(), normal);
        }
    }
    if let (Ok(code), Ok(dialled)) = (DialString::parse(&code), DialString::parse(&text)) {
        dialled.after(&code);
    }
    _ = Msisdn::parse(&text);
    _ = Msisdn::from_telco(&text, "62");
}

pub fn xml(bytes: &[u8]) {
    for name in ["restcomm", "mtn-rwanda", "huawei-sdp-ussd", "comviva-ussd", "movilgate", "opera-interactive"] {
        telco(name, false).hears("", bytes);
    }
}

/// A channel of a shipped profile, and a request for each of its callbacks.
struct Telco {
    channel: HttpChannel,
    samples: Vec<(Sample, HeaderMap)>,
}

thread_local! {
    /// Made once: a fuzzer asks some thousand times a second.
    static TELCOS: RefCell<HashMap<(&'static str, bool), &'static Telco>> = RefCell::default();
}

fn telco(name: &'static str, signs: bool) -> &'static Telco {
    TELCOS.with_borrow_mut(|telcos| *telcos.entry((name, signs)).or_insert_with(|| Box::leak(Box::new(Telco::new(name, signs)))))
}

impl Telco {
    fn new(name: &str, signs: bool) -> Self {
        let Some(Ok(profile)) = Profile::shipped(name) else { panic!("no profile {name}") };
        let settings = ChannelSettings {
            signing_key: signs.then(|| SIGNING_KEY.into()),
            report_url: Some("https://gw.muba.example".to_owned()),
            ..ChannelSettings::open(name)
        };
        let channel = HttpChannel::new("sms", &profile, settings).unwrap_or_else(|problems| panic!("{problems:?}"));
        let with_headers = |sample: Sample| {
            let header = |(name, value): &(String, String)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?));
            let headers = sample.headers.iter().filter_map(header).collect();
            (sample, headers)
        };
        Self { channel, samples: profile.samples().into_iter().map(with_headers).collect() }
    }

    /// To each callback, with another query string or body.
    fn hears(&self, query: &str, body: &[u8]) -> Vec<Inbound> {
        let heard = |(sample, headers): &(Sample, HeaderMap)| {
            hear(&self.channel, &Request { method: &sample.method, path: &sample.path, query, headers, body, peer: PEER })
        };
        self.samples.iter().filter_map(heard).collect()
    }
}

/// Whatever came, the same answer goes back to it twice, and it is what it says it is.
fn hear(channel: &HttpChannel, request: &Request<'_>) -> Option<Inbound> {
    let received = match channel.parse(request, Timestamp::from_millis(NOW_MILLIS)) {
        Ok(received) => received,
        Err(refused) => {
            whole(&channel.refusal(&refused, request));
            return None;
        }
    };
    for release in [false, true] {
        let answer = Answer { text: PAGE, release };
        let reply = channel.reply(&received, &answer);
        assert!(reply == channel.reply(&received, &answer));
        whole(&reply);
        channel.page(&received, &answer);
    }
    whole(&channel.reply_text(&received, Some(PAGE)));
    whole(&channel.acknowledge(&received));
    Some(received.inbound)
}

/// JSON stays JSON, whatever of the request stands in it.
fn whole(reply: &Reply) {
    let is_json = reply.headers.iter().any(|(name, value)| name == CONTENT_TYPE && value.as_bytes().starts_with(b"application/json"));
    if is_json && !reply.body.is_empty() {
        serde_json::from_slice::<serde_json::Value>(&reply.body).expect("a reply in JSON");
    }
}

/// The first line, and the rest.
fn lines(bytes: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(bytes);
    let (first, rest) = text.split_once('\n').unwrap_or(("", &text));
    (first.to_owned(), rest.to_owned())
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}
