#![allow(clippy::unwrap_used, clippy::panic)]
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::super::Profile;
use super::*;

/// What came of a row of `tests/fixtures/signatures.json`: the word for it.
fn came(profile: &str, row: &Value) -> String {
    let word = |key: &str| row[key].as_str().unwrap_or_default();
    let mut headers = HeaderMap::new();
    for (name, value) in row["headers"].as_object().into_iter().flatten() {
        headers.insert(name.parse::<http::HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    let url = word("url");
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let signed = Signed { url, query, headers: &headers, body: word("body").as_bytes(), now: row["now"].as_i64().unwrap_or_default() };
    let profile = Profile::shipped(profile).unwrap().unwrap();
    let Some(signature) = profile.signatures.iter().find(|signature| signature.is_there(&signed)) else { return "absent".to_owned() };
    match signature.verify(word("key"), &signed) {
        Ok(_) => "ok".to_owned(),
        Err(flaw) => format!("{flaw:?}").split('(').next().unwrap().to_lowercase(),
    }
}

#[test]
fn signatures_hold_for_what_was_signed_and_nothing_else() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../../../tests/fixtures/signatures.json")).unwrap();
    assert!(rows.len() > 30);
    for row in &rows {
        let profile = row["profile"].as_str().unwrap();
        assert_eq!(came(profile, row), row["came"].as_str().unwrap(), "{row}");
        // No other key will do, whatever was wrong before.
        let mut other = row.clone();
        other["key"] = "kunci-lain-yang-salah".into();
        assert_ne!(came(profile, &other), "ok", "{row}");
    }
}

#[test]
fn standard_webhooks_take_any_of_several() {
    let at = |place: &str| Field {
        places: vec![super::super::extract::Place::parse(place).unwrap().0],
        pattern: None,
        decode: None,
        absent: None,
        name: "x".into(),
    };
    let signature = Signature {
        at: at("header:webhook-signature"),
        scheme: Scheme::Quirk(Quirk::StandardWebhooks),
        timestamp: Some(at("header:webhook-timestamp")),
        nonce: Some(at("header:webhook-id")),
        window_secs: WINDOW_SECS,
    };
    let verify = |shown: &str, now: i64| {
        let mut headers = HeaderMap::new();
        for (name, value) in [("webhook-id", "msg_1"), ("webhook-timestamp", "1764464400"), ("webhook-signature", shown)] {
            headers.insert(name, value.parse().unwrap());
        }
        let signed = Signed { url: "https://x/", query: "", headers: &headers, body: b"{\"a\":1}", now };
        signature.verify("whsec_a3VuY2ktcmFoYXNpYS1tdWJh", &signed)
    };
    // printf 'msg_1.1764464400.{"a":1}' | openssl dgst -sha256 -hmac kunci-rahasia-muba -binary | base64
    let right = "4vmH57W0T6NSxpWSZZRnZAVyoSiOK0SoCtJuzkLVsBM=";
    assert_eq!(verify(&format!("v1,AAAA v1,{right}"), 1_764_464_500), Ok(Some("msg_1".to_owned())));
    assert_eq!(verify(&format!("v2,{right}"), 1_764_464_500), Err(Flaw::Wrong));
    assert_eq!(verify(&format!("v1,{right}"), 1_764_464_701), Err(Flaw::Late(301)));
}

#[test]
fn the_id_of_a_token_is_a_nonce_where_the_profile_says_so() {
    // HS256 by Python's hmac, with `jti` 59a244dc-1.
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTc2NDQ2NDQwMCwiZXhwIjoxNzY0NDY0NDYwLCJqdGkiOiI1OWEy\
                 NDRkYy0xIiwidXJsX2hhc2giOiI4YzQxYjkyYTg2NDE5MGU3YmJmMTlmZTQ2Nzk0ODc1YmI1NTdkMThlYzZlMzI2ODk2ZWM2ZGQ2ZGJmMWUzMWE0In0.H7sEORV3QbXHTUtG\
                 Ib9V1ZQee2OSf2G2j0UNnO1D_4c";
    let mut headers = HeaderMap::new();
    headers.insert("messagebird-signature-jwt", token.parse().unwrap());
    let signed = Signed { url: "https://gw.muba.example/in/sms/rahasia", query: "", headers: &headers, body: b"", now: 1_764_464_400 };
    let mut signature = Profile::shipped("messagebird").unwrap().unwrap().signatures[0].clone();
    assert_eq!(signature.verify("kunci-rahasia-muba", &signed), Ok(Some("59a244dc-1".to_owned())));
    signature.scheme = Scheme::Jwt(Claims { jti: false, hashes: true, ..Claims::default() });
    assert_eq!(signature.verify("kunci-rahasia-muba", &signed), Ok(None));
}

/// The vectors of others, where they lie beside their wire cases.
#[test]
fn vectors_of_others() {
    let Ok(collections) = std::env::var("KENTONGAN_WIRE") else { return };
    for folder in collections.split(':').map(|collection| Path::new(collection).join("_signatures")).filter(|folder| folder.is_dir()) {
        let read = |name: &str| -> Vec<Value> {
            let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|_| "[]".to_owned());
            serde_json::from_str(&text).unwrap()
        };
        let jti = |headers: &HeaderMap, row: &Value, now: i64| {
            let (url, body) = (row["url"].as_str().unwrap(), row["payload"].as_str().unwrap_or_default());
            let signed = Signed { url, query: "", headers, body: body.as_bytes(), now };
            Profile::shipped("messagebird").unwrap().unwrap().signatures[0].verify(row["secret"].as_str().unwrap(), &signed)
        };
        for row in read("messagebird_jwt.json") {
            let now = crate::clock::Timestamp::parse(row["timestamp"].as_str().unwrap()).unwrap().millis() / 1000;
            let own = serde_json::json!({
                "key": row["secret"], "url": row["url"], "now": now, "body": row["payload"],
                "headers": { "MessageBird-Signature-JWT": row["token"] },
            });
            assert_eq!(came("messagebird", &own) == "ok", row["valid"] == true, "{row}");
            if row["valid"] == true {
                let mut headers = HeaderMap::new();
                headers.insert("messagebird-signature-jwt", row["token"].as_str().unwrap().parse().unwrap());
                assert!(matches!(jti(&headers, &row, now), Ok(Some(_))), "a token without its id: {row}");
            }
        }
        for (file, profile) in [
            ("twilio.json", "twilio"),
            ("plivo.json", "plivo"),
            ("vonage.json", "vonage"),
            ("messagebird_legacy.json", "messagebird"),
            ("computed.json", ""),
        ] {
            for row in read(file) {
                let input = &row["input"];
                let label = row["label"].as_str().unwrap();
                let profile = match label.split(' ').next().unwrap() {
                    "SMSGate" => "smsgate",
                    "textbee" => "textbee",
                    "Telkomsel" => continue,
                    _ => profile,
                };
                let pairs = |map: &Value| {
                    let mut out = Vec::new();
                    for (name, value) in map.as_object().into_iter().flatten() {
                        for one in value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]) {
                            let mut pair = format!("{name}=");
                            super::super::escape::Escape::Percent
                                .write(&mut pair, &one.as_str().map_or_else(|| one.to_string(), str::to_owned));
                            out.push(pair);
                        }
                    }
                    out.join("&")
                };
                let expected = row["expected"].as_str().unwrap_or_default();
                let (header, url, body) = match profile {
                    "twilio" => ("X-Twilio-Signature", input["url"].as_str().unwrap().to_owned(), pairs(&input["params"])),
                    "plivo" => ("X-Plivo-Signature-V2", input["url"].as_str().unwrap().to_owned(), String::new()),
                    "vonage" if input["token"].is_string() => ("Authorization", "https://x/".to_owned(), String::new()),
                    "vonage" => ("X-None", format!("https://x/?{}&sig={expected}", pairs(&input["params"])), String::new()),
                    "messagebird" => {
                        let query = pairs(&input["query"]);
                        ("MessageBird-Signature", format!("https://x/?{query}"), input["body"].as_str().unwrap_or_default().to_owned())
                    }
                    _ => ("X-Signature", "https://x/".to_owned(), input["body"].as_str().unwrap().to_owned()),
                };
                let mut headers = serde_json::json!({ header: expected });
                if let Some(token) = input["token"].as_str() {
                    headers[header] = format!("Bearer {token}").into();
                }
                for (name, key) in
                    [("X-Plivo-Signature-V2-Nonce", "nonce"), ("X-Timestamp", "timestamp"), ("MessageBird-Request-Timestamp", "timestamp")]
                {
                    if let Some(value) = input[key].as_str() {
                        headers[name] = value.into();
                    }
                }
                let now: i64 = input["timestamp"].as_str().map_or(1_700_000_000, |text| text.parse().unwrap());
                let own = serde_json::json!({ "key": row["key"], "url": url, "now": now, "body": body, "headers": headers });
                assert_eq!(came(profile, &own) == "ok", row["valid"] == true, "{row}");
            }
        }
        for row in read("sppassword_md5.json") {
            let word = |key: &str| row["input"][key].as_str().unwrap();
            let time_first = row["label"] == "Orange SDP";
            let pieces = if time_first {
                [word("spId"), word("timeStamp"), word("password")]
            } else {
                [word("spId"), word("password"), word("timeStamp")]
            };
            use sha2::Digest as _;
            assert_eq!(Encoding::Hex.write(&md5::Md5::digest(pieces.concat())), row["expected"].as_str().unwrap());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_judged(body in proptest::collection::vec(any::<u8>(), 0..80), shown in "[ -~]{0,60}", query in "[a-z0-9&=%]{0,30}") {
        let mut headers = HeaderMap::new();
        for name in ["x-signature", "authorization", "x-timestamp", "messagebird-signature-jwt", "x-twilio-signature"] {
            headers.insert(name, shown.parse().unwrap());
        }
        let signed = Signed { url: "https://x/", query: &query, headers: &headers, body: &body, now: 0 };
        for name in ["twilio", "vonage", "messagebird", "plivo", "smsgate", "textbee", "httpsms"] {
            for signature in Profile::shipped(name).unwrap().unwrap().signatures {
                prop_assert!(signature.verify("kunci", &signed).is_err());
            }
        }
    }
}
