use super::*;
use crate::simulator::client::Address;

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
        (Telco::AfricasTalking, true, ["POST /in/ussd/geheim/event ", "date=2026-11-30+09%3A00%3A00&sessionId=s1&", "&status=Success&"]),
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
        let mut dialogue = Dialogue::dial(telco, "s1".into(), NUMBER, "*123#", "*123#").unwrap();
        let got = dialogue.read(&Reply { status, head: b"", body: body.as_bytes() });
        let got = got.as_ref().map(|page| (page.text.as_str(), page.open)).map_err(Error::kind);
        assert_eq!(got, want, "{body}");
    }
    let mut dialogue = Dialogue::dial(AfricasTalking, "s1".into(), NUMBER, "*123#", "*123#").unwrap();
    assert_eq!(dialogue.read(&Reply { status: 200, head: b"", body: b"CON \xff" }).unwrap_err().kind(), "reply");
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

#[test]
fn every_name_in_the_table_has_a_value() {
    let dialogue = Dialogue::dial(Telco::Infobip, "s1".into(), NUMBER, "*123#", "*123*1#").unwrap();
    for format in formats::all() {
        for ask in [Some(&format.begin), Some(&format.next), format.hang_up.as_ref()].into_iter().flatten() {
            for name in ask.names() {
                assert!(dialogue.value(name).is_some(), "{}: ${name}", format.name);
            }
        }
    }
}

#[test]
fn a_format_is_known_by_the_longest_name() {
    for (name, want) in [
        ("africastalking/geheim", Some("africastalking")),
        ("infobip-ussd", Some("infobip")),
        ("mtn-madapi", Some("mtn-madapi")),
        ("huawei-sdp-ussd", Some("huawei-sdp")),
        ("mtech-ussd/x", Some("mtech")),
        ("orari", None),
        ("mtn", None),
    ] {
        assert_eq!(Telco::parse(name).map(Telco::name), want, "{name}");
    }
}

#[test]
fn what_was_typed_is_written_as_each_format_wants_it() {
    for (telco, dialled, keys, want) in [
        ("advanta", "*123#", vec![], "USSDCODE=*123%23&MSISDN=6281200000001&INPUT=*123%23 "),
        ("advanta", "*123*1#", vec!["2"], "&INPUT=*123*1*2%23 "),
        ("airtel-flares", "*123*1#", vec![], "&input=123*1 "),
        ("airtel-flares", "*123*1#", vec!["2"], "&input=2 "),
        ("safaricom", "*123#", vec![], "&DEST=123&SESSION_ID=s1&USSD_PARAMS= "),
        ("safaricom", "*123*1#", vec!["2"], "&USSD_PARAMS=1*2 "),
        ("beem", "*123#", vec![], r#""payload":{"request_id":0,"response":0}"#),
        ("beem", "*123#", vec!["a\"b"], r#""payload":{"request_id":2,"response":"a\"b"}"#),
        ("truroute", "*123#", vec!["<1>"], "<type>2</type>\n<msg>&lt;1&gt;</msg>"),
        ("trueafrican", "*123#", vec![], "<methodName>USSD.INIT</methodName>"),
        ("nalo", "*123#", vec!["1"], r#""USERDATA":"1","MSGTYPE":false"#),
    ] {
        let mut dialogue = Dialogue::dial(Telco::parse(telco).unwrap(), "s1".into(), NUMBER, "*123#", dialled).unwrap();
        keys.iter().for_each(|keys| dialogue.press(keys));
        let request = request(&dialogue);
        assert!(request.contains(want), "{telco} {dialled} {keys:?}: {request}");
    }
}

#[test]
fn the_same_key_twice_waits_where_it_may_look_like_a_repeat() {
    for (telco, keys, waits) in [
        ("hubtel", ["1", "1"], true),
        ("hubtel", ["1", "2"], false),
        ("wigal", ["1", "1"], true),
        ("safaricom", ["1", "1"], false),
        ("africastalking", ["1", "1"], false),
    ] {
        let mut dialogue = Dialogue::dial(Telco::parse(telco).unwrap(), "s1".into(), NUMBER, "*123#", "*123#").unwrap();
        keys.iter().for_each(|keys| dialogue.press(keys));
        assert_eq!(dialogue.waits_for_the_thumb(), waits, "{telco} {keys:?}");
    }
}

#[test]
fn rows_judge_answers_as_their_telcos_do() {
    for (telco, head, body, want) in [
        ("airtel-flares", "Freeflow: FC\r\ncharge: N\r\namount: 0", "Menu", Ok(("Menu", true))),
        ("airtel-flares", "Freeflow: FB\r\ncharge: N\r\namount: 0", "Menu", Ok(("Menu", false))),
        ("airtel-flares", "Freeflow: FX\r\ncharge: N\r\namount: 0", "Menu", Err("reply")),
        ("airtel-flares", "Freeflow: FC\r\namount: 0", "Menu", Err("reply")),
        ("sendexa", "", r#"{"message":"a","shouldClose":false}"#, Ok(("a", true))),
        ("sendexa", "", r#"{"message":"a","shouldClose":"false"}"#, Err("reply")),
        ("sendexa", "", r#"{"text":"a","shouldClose":false}"#, Err("reply")),
        (
            "beem",
            "",
            r#"{"session_id":"s2","msisdn":"6281200000001","operator":"vodacom","command":"continue","payload":{"request":"a"}}"#,
            Err("reply"),
        ),
        ("cellulant", "", "1|a|null|null|null|null", Ok(("a", true))),
        ("cellulant", "", "1|a|b|null|null|null|null", Err("reply")),
        ("wigal", "", "TSEL|END|6281200000001|s1|a^b|muba|s1-1", Ok(("a\nb", false))),
        ("wigal", "", "TSEL|END|6281200000001|s1|a\nb|muba|s1-1", Err("reply")),
        ("mtech", "", r#"<page version="2.0"><session_id>s1</session_id><div>a<br />1 &lt; 2</div></page>"#, Ok(("a\n1 < 2", false))),
        (
            "mtech",
            "",
            r#"<page version="2.0"><session_id>s1</session_id><div>a</div><navigation><link pageId=""/></navigation></page>"#,
            Err("reply"),
        ),
        ("restcomm", "", r#"<dialog mapMessagesSize="1"><unstructuredSSRequest_Request string="a&#10;b"/></dialog>"#, Ok(("a\nb", true))),
        (
            "restcomm",
            "",
            r#"<dialog mapMessagesSize="1" prearrangedEnd="false"><processUnstructuredSSRequest_Response invokeId="0" dataCodingScheme="15" string="a"/></dialog>"#,
            Err("reply"),
        ),
    ] {
        let mut dialogue = Dialogue::dial(Telco::parse(telco).unwrap(), "s1".into(), NUMBER, "*123#", "*123#").unwrap();
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        let got = dialogue.read(&Reply { status: 200, head: head.as_bytes(), body: body.as_bytes() });
        let got = got.as_ref().map(|page| (page.text.as_str(), page.open)).map_err(Error::kind);
        assert_eq!(got, want, "{telco} {body}");
    }
}
