use serde_json::{Value, json};

use std::sync::Arc;

use super::*;
use crate::clock::Timestamp;
use crate::simulator::canned::{Canned, serve};
use crate::simulator::{Aggregator, Courier, Telco};

async fn gateway() -> Canned {
    serve(|asked| {
        let reply = match (asked.path.as_str(), asked.field("text")) {
            ("/in/africastalking/geheim", "") => "CON Menu",
            ("/in/africastalking/geheim", "1") => "CON Satu",
            ("/in/africastalking/geheim", "1*2") => "END Dua",
            ("/in/africastalking/geheim/event", _) => "OK",
            (path, _) if path.starts_with("/in/kannel?") => "Siap",
            _ => return (500, String::new()),
        };
        (200, reply.to_owned())
    })
    .await
}

fn web(gateway: &Canned, plays: bool) -> Web {
    let clock = Clock::held_at(Timestamp::parse("2026-11-30 09:00").unwrap());
    let line = Line {
        url: gateway.url.clone(),
        telco: Telco::AfricasTalking,
        channel: "africastalking/geheim".to_owned(),
        service_code: "*123#".to_owned(),
        clock: clock.clone(),
        secrets: Arc::default(),
    };
    let infobip = Line { telco: Telco::Infobip, channel: "infobip".to_owned(), ..line.clone() };
    let texting = Some(SmsLine { courier: Courier::Known(Aggregator::Kannel), channel: "kannel".to_owned(), secrets: Arc::default() });
    let play = Play { clock, hold: watch::Sender::new(false), givens: Box::new(|typed| vec![format!("typed {}", typed.join(","))]) };
    Web::new(Setup { lines: vec![line, infobip], texting, play: plays.then_some(play) }).unwrap()
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Bytes> {
    let request = Request::get(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::new()).unwrap()
}

async fn post(web: &Web, path: &str, kind: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::post(path).header("host", "127.0.0.1:8080").header("content-type", kind);
    let response = web.answer(request.body(Bytes::from(body.to_owned())).unwrap()).await;
    (response.status(), serde_json::from_slice(response.body()).unwrap_or_default())
}

async fn act(web: &Web, doing: &str, what: &str, lose: bool) -> Value {
    let body = json!({"phone": "+6281200000007", "do": doing, "what": what, "lose": lose}).to_string();
    let (status, came) = post(web, "/sim/api/act", "application/json", &body).await;
    assert_eq!(status, StatusCode::OK, "{doing} {what}: {came}");
    came
}

#[tokio::test]
async fn only_the_page_itself_may_ask() {
    let gateway = gateway().await;
    let web = web(&gateway, true);
    for (host, site, status) in [
        ("127.0.0.1:8080", None, 200),
        ("localhost:8080", Some("same-origin"), 200),
        ("[::1]:8080", Some("none"), 200),
        ("192.168.1.7", None, 200),
        ("127.0.0.1:8080", Some("cross-site"), 403),
        ("127.0.0.1:8080", Some("same-site"), 403),
        ("kentongan.example:8080", None, 403),
        ("127.0.0.1.example", None, 403),
        ("", None, 403),
    ] {
        let mut headers = vec![("host", host)];
        headers.extend(site.map(|site| ("sec-fetch-site", site)));
        let response = web.answer(get("/sim", &headers)).await;
        assert_eq!(response.status(), status, "{host} {site:?}");
        assert_eq!(response.headers().get("content-security-policy").unwrap(), POLICY);
    }
}

#[tokio::test]
async fn the_page_is_whole() {
    let gateway = gateway().await;
    let web = web(&gateway, true);
    let mut wanted = vec!["/sim".to_owned()];
    while let Some(path) = wanted.pop() {
        let response = web.answer(get(&path, &[("host", "127.0.0.1")])).await;
        assert_eq!(response.status(), 200, "{path}");
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} asks elsewhere");
        let named = text.split('"').filter(|word| word.starts_with("/sim/phone."));
        wanted.extend(named.map(str::to_owned));
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let gateway = gateway().await;
    let (ours, theirs) = (web(&gateway, true), web(&gateway, false));
    let json = "application/json";
    for (web, path, kind, body, status) in [
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000001","do":"dial","what":"*123#"}"#, 200),
        (&ours, "/sim/api/act", "text/plain", r#"{"phone":"+6281200000001","do":"dial","what":"*123#"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281278901234","do":"dial","what":"*123#"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000001","do":"dial","what":"123"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000001","do":"dial","what":"*123#","telco":"orari"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000002","do":"press","what":"1"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000002","do":"repeat"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000002","do":"text_again"}"#, 400),
        (&ours, "/sim/api/act", json, r#"{"phone":"+6281200000001","do":"sing"}"#, 400),
        (&ours, "/sim/api/clock", json, r#"{"secs":60}"#, 200),
        (&ours, "/sim/api/clock", json, r#"{"secs":99999999999}"#, 400),
        (&ours, "/sim/api/clock", json, r#"{"secs":-1}"#, 400),
        (&ours, "/sim/api/registry", json, r#"{"late":true}"#, 200),
        (&ours, "/sim/api/registry", json, r#"{"late":"yes"}"#, 400),
        (&theirs, "/sim/api/clock", json, r#"{"secs":60}"#, 404),
        (&theirs, "/sim/api/registry", json, r#"{"late":true}"#, 404),
        (&ours, "/sim/api/other", json, "{}", 404),
    ] {
        assert_eq!(post(web, path, kind, body).await.0, status, "{path} {kind} {body}");
    }
    assert_eq!(ours.clock.now().to_string(), "2026-11-30T09:01:00+07:00");
}

#[tokio::test]
async fn a_phone_dials_loses_an_answer_and_hangs_up() {
    let gateway = gateway().await;
    let web = web(&gateway, true);
    let first = act(&web, "dial", "*123#", false).await;
    assert_eq!((&first["page"], &first["open"], &first["septets"]), (&json!("Menu"), &json!(true), &json!(4)));
    let request = first["request"].as_str().unwrap();
    assert!(request.starts_with("POST /in/africastalking/… HTTP/1.1\r\n") && request.ends_with("&text="), "{first}");
    assert!(first["reply"].as_str().unwrap().ends_with("\r\n\r\nCON Menu"), "{first}");
    let lost = act(&web, "press", "1", true).await;
    assert_eq!((&lost["page"], &lost["lost"], &lost["open"]), (&Value::Null, &json!(true), &json!(true)));
    let again = act(&web, "repeat", "", false).await;
    assert_eq!((&again["page"], &again["same"], &again["request"]), (&json!("Satu"), &json!(true), &lost["request"]));
    assert_eq!(act(&web, "press", "2", false).await["open"], json!(false));
    assert_eq!(act(&web, "hang_up", "", false).await["page"], Value::Null);
    let broken = act(&web, "dial", "*123*9#", false).await;
    assert_eq!((&broken["page"], &broken["open"]), (&Value::Null, &json!(false)));
    assert!(broken["error"].as_str().unwrap().contains("500"), "{broken}");
    let written = act(&web, "text", "KTP", false).await;
    assert!(written["request"].as_str().unwrap().contains("&text=KTP&"), "{written}");
    assert_eq!(act(&web, "text_again", "", false).await["same"], json!(true));
    let shown = web.phones.shown().await;
    assert_eq!(shown.len(), 1, "one phone did all this");
}

#[test]
fn a_listener_on_every_address_is_reached_on_this_machine() {
    for (listener, url) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::]:8080", "http://[::1]:8080"),
        ("10.1.2.3:80", "http://10.1.2.3:80"),
    ] {
        assert_eq!(url_of(listener.parse().unwrap()), url);
    }
}
