//! What profiles can say beyond one request and its reply, over real sockets: a number that is told once, a page in a request of its own,
//! many messages in one request, a nonce that stands for one request.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kentongan::channel::{ChannelSettings, HttpChannel, Profile};
use kentongan::clock::{Clock, Timestamp};
use kentongan::store::seal::Keys;
use kentongan::store::{Store, Stored as _};
use kentongan::turn::HeardSms;
use kentongan::{demo, gateway};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Telco {
    address: SocketAddr,
    store: Arc<Store>,
}

/// A gateway whose one channel, `uji`, speaks this profile.
async fn telco(profile: &str, settings: ChannelSettings) -> Telco {
    let channel = HttpChannel::new("uji", &Profile::shipped(profile).unwrap().unwrap(), settings).unwrap();
    let store = Arc::new(Store::memory(&Keys::generate().unwrap()));
    let mut parts = demo::parts(demo::places(None, 0).unwrap()).unwrap();
    parts.channels = vec![channel];
    let clock = Clock::running_from(Timestamp::parse("2026-11-30T09:00").unwrap());
    let gateway = gateway::assemble(parts, Arc::clone(&store), clock, None).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(gateway::run(gateway, vec![listener.into()], std::future::pending()));
    Telco { address, store }
}

impl Telco {
    async fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    }

    async fn post(&self, body: &str) -> String {
        self.post_to("/in/uji", body).await
    }

    async fn post_to(&self, path: &str, body: &str) -> String {
        self.post_with(path, "", body).await
    }

    /// `headers`: each with its line end.
    async fn post_with(&self, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    }
}

fn call(method: &str, members: &[(&str, &str)]) -> String {
    let member = |(name, value): &(&str, &str)| format!("<member><name>{name}</name><value><string>{value}</string></value></member>");
    let members: String = members.iter().map(member).collect();
    format!(
        "<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params><param><value><struct>{members}</struct></value></param></params></methodCall>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_told_once_is_known_for_the_whole_dialogue() {
    let telco = telco("trueafrican", ChannelSettings::open("trueafrican")).await;
    let first = telco.post(&call("USSD.INIT", &[("session", "s1"), ("msisdn", "6281200000001"), ("shortcode", "*123#")])).await;
    assert!(first.contains("DUKCAPIL MUBA") && first.contains("<string>cont</string>"), "{first}");
    let hours = telco.post(&call("USSD.CONT", &[("session", "s1"), ("response", "3")])).await;
    assert!(hours.contains("<string>cont</string>") && !hours.contains("DUKCAPIL MUBA - GRATIS"), "{hours}");
    // The same id at another time, or of another's dialogue, is nobody's.
    let stray = telco.post(&call("USSD.CONT", &[("session", "s2"), ("response", "3")])).await;
    assert!(stray.contains("<string>end</string>"), "{stray}");
    let over = telco.post(&call("USSD.END", &[("session", "s1")])).await;
    assert!(over.starts_with("HTTP/1.1 200") && over.contains("<struct></struct>"), "{over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_goes_in_a_request_of_its_own() {
    let theirs = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = ChannelSettings {
        send_url: Some(format!("http://{}/usreply", theirs.local_addr().unwrap())),
        username: Some("muba".to_owned()),
        password: Some("sandi".into()),
        ..ChannelSettings::open("integrat-ussd")
    };
    let telco = telco("integrat-ussd", settings).await;
    let event = |kind: &str, said: &str| {
        format!(
            "<Message><Version Version=\"1.0\"/><Response Type=\"OnUSSEvent\"><OnUSSEvent Type=\"{kind}\"><USSContext SessionID=\"s1\" MSISDN=\"6281200000002\" ConnStr=\"*123#\"/>{said}</OnUSSEvent></Response></Message>"
        )
    };
    for (kind, said, page) in
        [("New", "", None), ("Open", "", Some("DUKCAPIL MUBA")), ("Request", "<USSText Type=\"TEXT\">3</USSText>", Some("Flags=\"0\""))]
    {
        let reply = telco.post(&event(kind, said)).await;
        assert!(reply.starts_with("HTTP/1.1 200") && reply.ends_with("\r\n\r\n"), "{reply}");
        let Some(page) = page else { continue };
        let (mut stream, _) = theirs.accept().await.unwrap();
        let mut sent = vec![0; 4096];
        let mut length = 0;
        while !String::from_utf8_lossy(&sent[..length]).contains("</Message>") {
            length += stream.read(&mut sent[length..]).await.unwrap();
        }
        let sent = String::from_utf8_lossy(&sent[..length]).into_owned();
        assert!(sent.starts_with("POST /usreply HTTP/1.1") && sent.contains("SessionID=\"s1\"") && sent.contains(page), "{sent}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_goes_on_under_another_id_where_it_is_known_by_its_number() {
    let telco = telco("nalo", ChannelSettings::open("nalo")).await;
    // Every request says that it is the first, under a new id, as some networks have it.
    let say = async |session: &str, typed: &str| {
        telco.post(&format!("{{\"USERID\":\"U\",\"MSISDN\":\"6281200000005\",\"USERDATA\":\"{typed}\",\"MSGTYPE\":true,\"NETWORK\":\"MTN\",\"SESSIONID\":\"{session}\"}}")).await
    };
    for (session, typed, page) in [("1", "*123#", "DUKCAPIL MUBA - GRATIS"), ("2", "3", "INFO"), ("3", "0", "DUKCAPIL MUBA - GRATIS")] {
        let reply = say(session, typed).await;
        assert!(reply.contains(&format!("\"MSG\":\"{page}")), "{typed}: {reply}");
        assert!(reply.contains(&format!("\"SESSIONID\":\"{session}\"")) && reply.contains("\"MSGTYPE\":true"), "{typed}: {reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_taken_whether_or_not_its_dialogue_is_known() {
    let telco = telco("hubtel", ChannelSettings::open("hubtel")).await;
    let say = async |session: &str, kind: &str, typed: &str| {
        telco.post(&format!("{{\"Mobile\":\"6281200000006\",\"SessionId\":\"{session}\",\"ServiceCode\":\"123\",\"Type\":\"{kind}\",\"Message\":\"{typed}\",\"Operator\":\"mtn\",\"Sequence\":1}}")).await
    };
    for (session, kind, typed, page) in [
        ("0", "Release", "", None),
        ("1", "Initiation", "*123#", Some("DUKCAPIL MUBA - GRATIS")),
        ("1", "Response", "3", Some("INFO")),
        ("1", "Timeout", "", None),
        ("1", "Release", "", None),
        // It is offered to go on where it was cut off.
        ("2", "Initiation", "*123#", Some("Tadi terputus")),
    ] {
        let reply = say(session, kind, typed).await;
        assert!(reply.starts_with("HTTP/1.1 200"), "{kind}: {reply}");
        match page {
            Some(page) => assert!(reply.contains(&format!("\"Message\":\"{page}")), "{kind}: {reply}"),
            None => assert!(reply.ends_with("\r\n\r\n"), "{kind}: {reply}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_messages_of_a_request_are_taken_and_a_broken_one_keeps_none_back() {
    let telco = telco("infobip-sms", ChannelSettings::open("infobip-sms")).await;
    let one = |id: &str, from: &str| format!("{{\"messageId\":\"{id}\",\"from\":\"{from}\",\"to\":\"2000\",\"text\":\"BANTUAN\"}}");
    let list = [one("a", "6281200000003"), one("b", ""), one("c", "6281200000004")].join(",");
    let reply = telco.post(&format!("{{\"results\":[{list}]}}")).await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    let mut heard = 0;
    telco.store.export(&mut |key, _| heard += usize::from(key.as_bytes().first() == Some(&(HeardSms::SPACE as u8)))).unwrap();
    assert_eq!(heard, 2);
    let report =
        |at: usize| format!("{{\"messageId\":\"id-{at}\",\"status\":{{\"groupName\":\"DELIVERED\"}},\"more\":\"{}\"}}", "x".repeat(400));
    let list: Vec<_> = (0..100).map(report).collect();
    let reply = telco.post_to("/in/uji/receipt", &format!("{{\"results\":[{}]}}", list.join(","))).await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_nonce_one_request_is_taken() {
    let url = "https://gw.muba.example";
    let settings = ChannelSettings {
        signing_key: Some(serde_json::from_str("\"kunci-rahasia-muba\"").unwrap()),
        report_url: Some(url.to_owned()),
        ..ChannelSettings::open("plivo")
    };
    let telco = telco("plivo", settings).await;
    // Plivo signs the address and the nonce, and not the body.
    let sign = |nonce: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"kunci-rahasia-muba").unwrap();
        mac.update(format!("{url}/in/uji{nonce}").as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        format!(
            "Content-Type: application/x-www-form-urlencoded\r\nX-Plivo-Signature-V2: {signature}\r\nX-Plivo-Signature-V2-Nonce: {nonce}\r\n"
        )
    };
    let heard = || {
        let mut heard = 0;
        telco.store.export(&mut |key, _| heard += usize::from(key.as_bytes().first() == Some(&(HeardSms::SPACE as u8)))).unwrap();
        heard
    };
    // Beside it the newer way, of the form too.
    let sign_both = |nonce: &str, id: &str, text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"kunci-rahasia-muba").unwrap();
        mac.update(format!("{url}/in/uji?From6281200000501MessageUUID{id}Text{text}To2000Typesms.v3-{nonce}").as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        format!("{}X-Plivo-Signature-V3: {signature}\r\nX-Plivo-Signature-V3-Nonce: v3-{nonce}\r\n", sign(nonce))
    };
    let message = |id: &str, text: &str| format!("From=6281200000501&To=2000&Text={text}&MessageUUID={id}&Type=sms");
    for (nonce, id, text, status, expected) in [
        ("n1", "m1", "BANTUAN", "200", 1),
        // The telco got no answer, and brings it again.
        ("n1", "m1", "BANTUAN", "200", 1),
        // Somebody has seen it, and writes a text of their own below its signature.
        ("n1", "m2", "STOP", "401", 1),
        ("n2", "m2", "BANTUAN", "200", 2),
    ] {
        let reply = telco.post_with("/in/uji", &sign(nonce), &message(id, text)).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{nonce} {text}: {reply}");
        assert_eq!(heard(), expected, "{nonce} {text}");
    }
    for (headers, id, text, status) in [
        (sign_both("n3", "m3", "BANTUAN"), "m3", "BANTUAN", "200"),
        (sign_both("n3", "m3", "BANTUAN"), "m3", "BANTUAN", "200"),
        (sign_both("n3", "m3", "BANTUAN"), "m4", "STOP", "401"),
        // Nor by the older of the two signatures alone.
        (sign("n3"), "m4", "STOP", "401"),
    ] {
        let reply = telco.post_with("/in/uji", &headers, &message(id, text)).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{text}: {reply}");
    }
    assert_eq!(heard(), 3);
    let page = telco.get("/metrics").await;
    for (outcome, times) in [("reused", 2), ("forged", 1)] {
        let line = format!("kentongan_callbacks_total{{channel=\"uji\",outcome=\"{outcome}\"}} {times}\n");
        assert!(page.contains(&line), "{line}{page}");
    }
}
