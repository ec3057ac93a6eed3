#![allow(clippy::unwrap_used)]
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

fn settings(toml: &str) -> ChannelSettings {
    toml::from_str(&format!("profile = \"africastalking-ussd\"\n{toml}")).unwrap()
}

fn channel(profile: &str) -> HttpChannel {
    HttpChannel::new("uji", &Profile::shipped(profile).unwrap().unwrap(), settings("report_url = \"http://10.0.0.2:8080\"")).unwrap()
}

fn request<'a>(method: &'a Method, path: &'a str, headers: &'a HeaderMap, body: &'a [u8]) -> Request<'a> {
    Request { method, path, query: "", headers, body, peer: IpAddr::from([10, 0, 0, 1]) }
}

#[test]
fn settings_are_proved() {
    let profile = Profile::shipped("africastalking-ussd").unwrap().unwrap();
    for (toml, problems) in [
        ("", 0),
        ("secret_path = \"rahasia-kentongan-1\"\naddresses = [\"10.0.0.0/8\"]\nsms = \"jawab\"\npage_septets = 182", 0),
        ("secret_path = \"pendek\"\ncountry = \"+62\"\npage_septets = 100", 3),
        ("page_septets = 183", 1),
    ] {
        let found = HttpChannel::new("uji", &profile, settings(toml)).err().unwrap_or_default();
        assert_eq!(found.len(), problems, "{toml}: {found:?}");
    }
    for bad in ["secret = \"x\"", "addresses = [\"telco.example\"]"] {
        assert!(toml::from_str::<ChannelSettings>(&format!("profile = \"x\"\n{bad}")).is_err(), "{bad}");
    }
    let roomy = HttpChannel::new("uji", &profile, settings("page_septets = 182")).unwrap();
    assert_eq!((channel("africastalking-ussd").page_septets(), roomy.page_septets()), (160, 182));
}

#[test]
fn nothing_printed_shows_a_citizen_or_a_secret() {
    let headers = HeaderMap::new();
    let body = b"sessionId=6281200000001&phoneNumber=%2B6281200000001&text=1%2A1606019912319998";
    let callback = request(&Method::POST, "", &headers, body);
    let own = HttpChannel::new(
        "uji",
        &Profile::shipped("africastalking-ussd").unwrap().unwrap(),
        settings("secret_path = \"rahasia-kentongan-1\""),
    );
    let inbound = channel("africastalking-ussd").parse(&callback, Timestamp::default()).unwrap();
    let bad = b"sessionId=s1&phoneNumber=x1606019912319998&text=1606019912319998";
    let refused = channel("africastalking-ussd").parse(&request(&Method::POST, "", &headers, bad), Timestamp::default()).unwrap_err();
    let answer = Answer { text: "NIK 1606019912319998", release: false };
    let reply = channel("africastalking-ussd").reply(&inbound, &answer);
    let all = format!("{callback:?} {inbound:?} {refused:?} {refused} {answer:?} {reply:?} {own:?}");
    for secret in ["6281200000001", "1606019912319998", "rahasia-kentongan"] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[test]
fn equal_questions_get_equal_bytes() {
    for name in Profile::shipped_names() {
        let channel = channel(name);
        if channel.profile.pages.is_none() {
            continue;
        }
        let inbound = Inbound::Hangup(Hangup { number: None, dialogue: "s1".to_owned(), why: Why::Ended });
        let inbound = Received {
            inbound,
            more: Vec::new(),
            unread: Vec::new(),
            once: Vec::new(),
            echo: echo::Echo::default(),
            at: Timestamp::default(),
        };
        let answer = Answer { text: "1 Ya\n2 Tidak", release: false };
        assert_eq!(channel.reply(&inbound, &answer), channel.reply(&inbound, &answer), "{name}");
        assert_ne!(channel.reply(&inbound, &answer), channel.reply(&inbound, &Answer { release: true, ..answer }), "{name}");
    }
}

#[test]
fn long_values_are_refused() {
    let headers = HeaderMap::new();
    for (field, max) in [("sessionId", profile::DIALOGUE_BYTES_MAX), ("text", profile::INPUT_BYTES_MAX)] {
        for (len, fits) in [(max, true), (max + 1, false)] {
            let (session, text) = if field == "text" { (1, len) } else { (len, 1) };
            let body = format!("phoneNumber=081200000001&sessionId={}&text={}", "s".repeat(session), "1".repeat(text));
            let parsed = channel("africastalking-ussd").parse(&request(&Method::POST, "", &headers, body.as_bytes()), Timestamp::default());
            assert_eq!(parsed.is_ok(), fits, "{field} {len}");
        }
    }
}

proptest! {
    #[test]
    fn any_request_gets_a_reply(
        path in prop_oneof![Just(String::new()), Just("/event".to_owned()), Just("/session/1/start".to_owned()), Just("/session/1/end".to_owned()), ".{0,30}"],
        query in ".{0,30}",
        verb in 0usize..3,
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "(sessionId|phoneNumber|text|status|&|=|[+%*#0-9a-z]){0,40}".prop_map(String::into_bytes),
            "[{](\"(msisdn|text|exitCode)\":(null|1|\"[0-9*#]{0,12}\"|[{][}]),?){0,4}[}]".prop_map(String::into_bytes),
        ],
    ) {
        static CHANNELS: LazyLock<Vec<HttpChannel>> = LazyLock::new(|| Profile::shipped_names().map(channel).collect());
        let headers = HeaderMap::new();
        let method = [Method::POST, Method::PUT, Method::GET][verb].clone();
        for channel in CHANNELS.iter() {
            let request = Request { query: &query, ..request(&method, &path, &headers, &body) };
            let reply = match channel.parse(&request, Timestamp::default()) {
                Ok(inbound) => channel.acknowledge(&inbound),
                Err(refused) => channel.refusal(&refused, &request),
            };
            prop_assert!(matches!(reply.status, 200 | 202 | 204 | 400 | 403 | 500), "{}", reply.status);
        }
    }
}

#[test]
fn a_reply_is_written_in_the_charset_that_its_type_names() {
    const SOUND: &str = include_str!("../../tests/fixtures/profiles-broken/dialogues.toml");
    let request = Request {
        method: &Method::GET,
        path: "",
        query: "msisdn=6281200000001&session=1&text=1",
        headers: &HeaderMap::new(),
        body: b"",
        peer: "10.0.0.1".parse().unwrap(),
    };
    // The bytes are iconv's.
    for (named, body) in [
        ("text/plain", "d\u{e9}j\u{e0} \u{20ac}".as_bytes()),
        ("text/plain; charset=utf-8", "d\u{e9}j\u{e0} \u{20ac}".as_bytes()),
        ("text/plain; charset=iso-8859-1", b"d\xe9j\xe0 ?"),
        ("text/plain; Charset=\\\"ISO-8859-1\\\"", b"d\xe9j\xe0 ?"),
    ] {
        let profile = Profile::parse("uji.toml", &SOUND.replace("\"text/plain\"", &format!("\"{named}\""))).unwrap();
        let channel = HttpChannel::new("uji", &profile, ChannelSettings::open("uji")).unwrap();
        let received = channel.parse(&request, Timestamp::default()).unwrap();
        let reply = channel.reply(&received, &Answer { text: "d\u{e9}j\u{e0} \u{20ac}", release: false });
        assert_eq!(reply.body, body, "{named}");
    }
}
