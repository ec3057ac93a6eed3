#![allow(clippy::unwrap_used)]
use http::HeaderMap;

use super::*;

/// A profile whose one callback says what it means in the given lines.
fn profile(meaning: &str) -> Profile {
    let text = format!(
        "title = \"Uji\"\nrepeat = \"quick\"\ninput = \"last\"\npage_septets = 160\n\
         [[callback]]\nmethod = [\"GET\"]\npath = \"/{{op}}\"\nbody = \"none\"\n{meaning}\n\
         fields.number = \"query:n\"\nfields.dialogue = \"query:s\"\nfields.input = \"query:t\"\n\
         [reply]\nheaders.Content-Type = \"text/plain\"\nwhen.continue.body = \"C {{text}}\"\nwhen.end.body = \"E {{text}}\"\n\
         [inquiry]\nheaders.Content-Type = \"text/plain\"\nbody = \"{{alive}}\"\n"
    );
    Profile::parse("uji.toml", &text).unwrap()
}

fn parsed(profile: &Profile, path: &str, query: &str) -> String {
    let request = Request {
        method: &Method::GET,
        path: "",
        query: &format!("n=081200000001&s=1&{query}"),
        headers: &HeaderMap::new(),
        body: b"",
        peer: "10.0.0.1".parse().unwrap(),
    };
    match read(profile, &request, path, "62", &Account::default(), Timestamp::MIN).map(|received| received.inbound) {
        Ok(Inbound::Ussd(turn)) => format!("{:?}", turn.phase),
        Ok(Inbound::Hangup(hangup)) => format!("{:?}", hangup.why),
        Ok(Inbound::Inquiry(_)) => "Inquiry".to_owned(),
        Ok(Inbound::Delivery(_) | Inbound::Sms(_)) => "Message".to_owned(),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn the_ways_in_which_telcos_say_where_a_dialogue_stands() {
    let empty_text = r#"told_by = { at = "query:t", equals = { "" = "begin" }, otherwise = "continue" }"#;
    let flag = r#"told_by = { at = "query:new", equals = { true = "begin", 1 = "begin", false = "continue", 0 = "continue" } }"#;
    let word = r#"told_by = { at = "query:type", equals = { Initiation = "begin", Response = "continue", Release = "aborted", Timeout = "timed-out" } }"#;
    let path = r#"told_by = { at = "path:op", equals = { start = "begin", end = "ended", status = "inquiry" }, otherwise = "continue" }"#;
    let dialled = r#"told_by = { at = "query:t", starts = { "*" = "begin" }, otherwise = "continue" }"#;
    let abort_text =
        r#"told_by = { at = "query:t", starts = { "Map" = "failed", "Map Dialog User Abort" = "aborted" }, otherwise = "unsaid" }"#;
    let twice = r#"told_by = { at = "query:type", equals = { New = "ignored", Open = "begin", Close = "ended" }, otherwise = "continue" }"#;
    let page_id = r#"told_by = { at = "query:page", equals = { 0 = "begin" }, starts = { index = "continue" } }"#;
    for (meaning, op, query, expected) in [
        (r#"meaning = "unsaid""#, "/x", "t=", "Unsaid"),
        (empty_text, "/x", "t=", "Begin"),
        (empty_text, "/x", "t=1", "Continue"),
        (flag, "/x", "t=1&new=true", "Begin"),
        (flag, "/x", "t=1&new=0", "Continue"),
        (flag, "/x", "t=1", "field new is missing"),
        (flag, "/x", "t=1&new=maybe", "field new has a value that is not in the profile"),
        (word, "/x", "t=1&type=Release", "Aborted"),
        (word, "/x", "t=1&type=Timeout", "TimedOut"),
        (path, "/start", "t=1", "Begin"),
        (path, "/end", "", "Ended"),
        (path, "/status/", "", "Inquiry"),
        (path, "/start/more", "t=1", "no such method and path"),
        (path, "", "t=1", "no such method and path"),
        (dialled, "/x", "t=*123%23", "Begin"),
        (dialled, "/x", "t=1*2", "Continue"),
        (abort_text, "/x", "t=Map+Dialog+User+Abort+User+Reason", "Aborted"),
        (abort_text, "/x", "t=Map+x", "Failed"),
        (abort_text, "/x", "t=1", "Unsaid"),
        (twice, "/x", "t=1&type=New", "ignored"),
        (twice, "/x", "t=1&type=Open", "Begin"),
        (page_id, "/x", "t=1&page=0", "Begin"),
        (page_id, "/x", "t=1&page=index4", "Continue"),
    ] {
        assert_eq!(parsed(&profile(meaning), op, query), expected, "{meaning} {query}");
    }
}

#[test]
fn a_hang_up_needs_no_number_but_a_turn_does() {
    let ended = profile(r#"told_by = { at = "query:t", equals = { bye = "ended" }, otherwise = "unsaid" }"#);
    for (query, expected) in [("t=bye&n=", "Ended"), ("t=1&n=", "field n is missing"), ("t=1&n=x", "field n is no phone number")] {
        assert_eq!(parsed(&ended, "/x", query), expected, "{query}");
    }
}

#[test]
fn of_a_list_nothing_is_lost_in_silence() {
    let profile = Profile::parse(
        "uji.toml",
        "title = \"Uji\"\n[[callback]]\nmethod = [\"POST\"]\npath = \"/\"\nbody = \"json\"\nmeaning = \"sms\"\neach = \"json:/all\"\n\
         fields.from = \"json:/from\"\nfields.to = \"json:/to\"\nfields.text = \"json:/text\"\nfields.id = \"json:/id\"\n\
         [acknowledgement]\nheaders.Content-Type = \"text/plain\"\nbody = \"OK\"\n",
    )
    .unwrap();
    let taken = |entries: Vec<String>| {
        let body = format!("{{\"all\": [{}]}}", entries.join(","));
        let (method, headers) = (Method::POST, HeaderMap::new());
        let peer = "10.0.0.1".parse().unwrap();
        let request = Request { method: &method, path: "", query: "", headers: &headers, body: body.as_bytes(), peer };
        read(&profile, &request, "", "62", &Account::default(), Timestamp::MIN)
    };
    let message = |at: usize| format!("{{\"from\": \"+6281200000001\", \"to\": \"2000\", \"text\": \"CEK\", \"id\": \"{at}\"}}");
    let full = taken((0..EACH_MAX).map(message).collect()).unwrap();
    assert_eq!((full.more.len() + 1, full.unread.len()), (EACH_MAX, 0));
    let over = taken((0..=EACH_MAX).map(message).collect());
    assert_eq!(over, Err(Refused::Malformed(Reason::Entries { max: EACH_MAX })));
    let mixed = taken(vec!["{\"from\": \"+6281200000001\"}".to_owned(), message(1)]).unwrap();
    assert!(mixed.more.is_empty() && matches!(mixed.unread[..], [Refused::Malformed(Reason::Missing { .. })]), "{mixed:?}");
}
