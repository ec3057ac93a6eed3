use super::*;
use crate::simulator::client::Address;

const PHONE: &str = "+6281200000001";

fn place() -> Place {
    Place::of_channel(&Address { host: "gateway:8080".into(), path: String::new() }, "sms")
}

fn at() -> Timestamp {
    Timestamp::parse("2026-11-30 09:00").unwrap()
}

#[test]
fn every_name_in_the_table_has_a_value() {
    let said = Said { number: PHONE, to: "2000", id: "7", at: at(), text: "CEK KTP", word: "1" };
    for format in formats::all() {
        for ask in [format.message.map(|message| message.ask), format.report.map(|report| report.ask)].into_iter().flatten() {
            for name in ask.names() {
                assert!(said.value(name, &Secrets::default()).is_some(), "{}: ${name}", format.name);
            }
        }
    }
}

#[test]
fn messages_are_written_and_their_answers_judged() {
    let message = FromPhone { from: PHONE, to: "2000", text: "CEK & KTP", id: "7", at: at() };
    for (name, wants, status, body, took) in [
        ("cm", "?recipient=006281200000001&operator=MTN&originator=2000&message=CEK+%26+KTP ", 200, "", Some(None)),
        ("dart", "&message=CEK+%26+KTP&", 200, "000", Some(None)),
        ("jasmin", "&content=CEK+%26+KTP", 200, "ACK/Jasmin", Some(None)),
        ("dart", "&messageid=7&", 200, "OK", None),
        ("axis-cp", "<sms>CEK &amp; KTP</sms><tid>7</tid><tdate>2026-11-30 09:00:00</tdate>", 200, "OK", Some(None)),
        ("indosat-cp", "&trx_time=20261130090000&transid=7&", 200, "<MO><STATUS>0</STATUS><TRANSID>7</TRANSID></MO>", Some(None)),
        ("indosat-cp", "&sc=2000", 200, "<MO><STATUS>0</STATUS><TRANSID>8</TRANSID></MO>", None),
        ("twilio", "&MessageSid=7&", 200, "<Response><Message>Siap &amp; ada</Message></Response>", Some(Some("Siap & ada"))),
        ("twilio", "X-Twilio-Signature: ", 200, "<Response/>", Some(None)),
        ("smsgate", "X-Timestamp: 1796004000\r\n", 503, "", None),
        (
            "smssync",
            "&secret=kunci-demo",
            200,
            r#"{"payload":{"success":"true","messages":[{"to":"x","message":"Siap"}]}}"#,
            Some(Some("Siap")),
        ),
        ("vonage", "&sig=", 204, "", Some(None)),
    ] {
        let courier = Courier::parse(name).unwrap();
        let mut out = Vec::new();
        courier.write_message(&place(), &message, &Secrets::default(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains(wants), "{name}: {out}");
        let reply = Reply { status, head: b"", body: body.as_bytes() };
        let read = courier.read_answer(&message, &reply).ok();
        assert_eq!(read.as_ref().map(Option::as_deref), took, "{name}: {body}");
    }
}

#[test]
fn texts_in_the_codes_of_the_gsm_alphabet() {
    for (text, want) in [("Aé_", "A\u{5}\u{11}"), ("{€}", "\u{1b}(\u{1b}e\u{1b})"), ("✓", "?")] {
        assert_eq!(in_septets(text), want, "{text}");
    }
}

#[test]
fn a_courier_is_known_by_the_longest_name() {
    for (name, want) in [
        ("kannel-sms", Some("kannel")),
        ("telkomsel-digihub", Some("telkomsel-digihub")),
        ("mtn", Some("mtn")),
        ("beem-sms/geheim", Some("beem")),
        ("orari", None),
    ] {
        assert_eq!(Courier::parse(name).map(Courier::name), want, "{name}");
    }
}
