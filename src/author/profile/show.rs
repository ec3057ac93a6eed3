//! `kentongan profile show`: a profile in words, with what comes and what goes back.

use std::io::{self, Write};
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::channel::profile::Sample;
use crate::channel::{Answer, ChannelSettings, HttpChannel, Inbound, Profile, Received, Refused, Reply, Request, SendRequest, SmsOut};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;

/// What a page, a message and an account are shown with.
const PAGE: &str = "1 Cek KTP\n2 Buat janji";
const LAST: &str = "KTP siap diambil.";
const BASE: &str = "http://10.0.0.2:8080";
/// Nobody has it.
const NUMBER: &str = "6281200000001";

pub(super) fn show(name: &str, profile: &Profile, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", profile.title)?;
    if let Some(why) = &profile.draft {
        writeln!(out, "A draft: {why}.")?;
    }
    // The whole account, so that every part of a request is seen.
    let settings = ChannelSettings {
        send_url: Some("https://telco.example".to_owned()),
        from: Some("DUKCAPIL".to_owned()),
        username: Some("USERNAME".to_owned()),
        password: Some("PASSWORD".into()),
        key: Some("KEY".into()),
        service: Some("SERVICE".to_owned()),
        report_url: Some(BASE.to_owned()),
        ..ChannelSettings::open(name)
    };
    let bare = ChannelSettings { username: None, password: None, key: None, ..settings.clone() };
    let account = HttpChannel::new("CHANNEL", profile, settings.clone())
        .or_else(|_| HttpChannel::new("CHANNEL", profile, ChannelSettings { send_url: None, ..settings }));
    // Callbacks need not show what the channel has not.
    let caller = HttpChannel::new("CHANNEL", profile, ChannelSettings { send_url: None, ..bare });
    let (Ok(caller), Ok(account)) = (&caller, &account) else { return Ok(()) };
    for sample in profile.samples() {
        callback(caller, account, &sample, out)?;
    }
    sending(account, out)
}

fn callback(channel: &HttpChannel, account: &HttpChannel, sample: &Sample, out: &mut impl Write) -> io::Result<()> {
    let query = if sample.query.is_empty() { String::new() } else { format!("?{}", sample.query) };
    writeln!(out, "\n{} /in/CHANNEL/SECRET{}{query}", sample.method, sample.path)?;
    for (name, value) in &sample.headers {
        writeln!(out, "  {name}: {value}")?;
    }
    if !sample.body.is_empty() {
        writeln!(out, "  {}", sample.body)?;
    }
    let headers: HeaderMap = sample
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)))
        .collect();
    let (query, body) = (sample.query.as_str(), sample.body.as_bytes());
    let request = Request { method: &sample.method, path: &sample.path, query, headers: &headers, body, peer: IpAddr::from([10, 0, 0, 1]) };
    match channel.parse(&request, Timestamp::default()) {
        Ok(received) => {
            writeln!(out, "  {}", words(&received.inbound))?;
            answers(channel, account, &received, out)
        }
        Err(Refused::Stale) => {
            writeln!(out, "  is acknowledged and forgotten")?;
            reply("so", &channel.refusal(&Refused::Stale, &request), out)
        }
        Err(refused) => {
            writeln!(out, "  is refused: {refused}")?;
            reply("so", &channel.refusal(&refused, &request), out)
        }
    }
}

fn words(inbound: &Inbound) -> String {
    match inbound {
        Inbound::Delivery(report) => format!("is a report: {:?}", report.status).to_lowercase(),
        Inbound::Hangup(hangup) => format!("ends dialogue {}: {:?}", hangup.dialogue, hangup.why).to_lowercase(),
        Inbound::Inquiry(inquiry) => format!("asks whether dialogue {} is alive", inquiry.dialogue),
        Inbound::Sms(sms) => format!("is a message: \"{}\"", sms.text),
        Inbound::Ussd(turn) => {
            let phase = format!("{:?}", turn.phase).to_lowercase();
            let phase = if phase == "unsaid" {
                "begins, or goes on with,"
            } else if phase == "begin" {
                "begins"
            } else {
                "goes on with"
            };
            let number = turn.number.map_or_else(|| "the number that began it".to_owned(), Msisdn::reveal);
            format!("{phase} dialogue {} of {number}: \"{}\"", turn.dialogue, turn.input.text())
        }
    }
}

fn answers(channel: &HttpChannel, account: &HttpChannel, received: &Received, out: &mut impl Write) -> io::Result<()> {
    match &received.inbound {
        Inbound::Ussd(_) => {
            for (label, text, release) in [("a page that asks", PAGE, false), ("the last page", LAST, true)] {
                let answer = Answer { text, release };
                reply(label, &channel.reply(received, &answer), out)?;
                if let Some(page) = account.page(received, &answer) {
                    writeln!(out, "  ▶ which leaves as")?;
                    request(&page, out)?;
                }
            }
            Ok(())
        }
        Inbound::Sms(_) => {
            reply("taken", &channel.acknowledge(received), out)?;
            if channel.answers_in_reply() { reply("answered at once", &channel.reply_text(received, Some(LAST)), out) } else { Ok(()) }
        }
        Inbound::Inquiry(_) => reply("it is", &channel.report(received, true), out),
        Inbound::Delivery(_) | Inbound::Hangup(_) => reply("so", &channel.acknowledge(received), out),
    }
}

fn reply(label: &str, reply: &Reply, out: &mut impl Write) -> io::Result<()> {
    let headers: Vec<_> = reply.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default())).collect();
    writeln!(out, "  ◀ {label}: {} {}", reply.status, headers.join(", "))?;
    if !reply.body.is_empty() {
        writeln!(out, "    {}", String::from_utf8_lossy(&reply.body).replace('\n', "\n    "))?;
    }
    Ok(())
}

fn sending(channel: &HttpChannel, out: &mut impl Write) -> io::Result<()> {
    if !channel.can_send() {
        return Ok(());
    }
    let Ok(to) = Msisdn::from_telco(NUMBER, "62") else { return Ok(()) };
    let message = SmsOut { to, text: LAST, id: "00c0ffee00000001", reference: "A123456" };
    let Ok(sent) = channel.submit(&message, Timestamp::default()) else { return Ok(()) };
    writeln!(out, "\nA message leaves as")?;
    request(&sent, out)
}

fn request(request: &SendRequest, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {}", request.method, request.url)?;
    for (name, value) in &request.headers {
        writeln!(out, "  {name}: {}", value.to_str().unwrap_or_default())?;
    }
    if !request.body.is_empty() {
        writeln!(out, "  {}", String::from_utf8_lossy(&request.body))?;
    }
    Ok(())
}
