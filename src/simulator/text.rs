//! `kentongan sms 'CEK KTP'`: a message from a phone on the command line, and what comes back.

use std::io::Write;
use std::time::Duration;

use super::aggregator::FromPhone;
use super::client::{Address, Connection};
use super::courier::Courier;
use super::dial::frame;
use super::handset::{exchange, messages_to};
use super::telco::Place;
use super::{Error, SecretArgs, fresh_digits};
use crate::clock::{self, Clock};

/// Answers that do not stand in the reply leave soon after it; who waits longer waits for a registry.
const WAIT_MAX: Duration = Duration::from_secs(5);
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// Send the gateway a message as a phone would.
#[derive(Debug, Clone, clap::Args)]
pub struct SmsArgs {
    /// What is written: 'CEK KTP', or 'KTP 1606…'
    pub text: String,
    /// The subscriber's number
    #[arg(long, default_value = "+6281200000001")]
    pub from: String,
    /// Channel, with its secret path segment if it has one; its name begins with its format's
    #[arg(long, default_value = "kannel")]
    pub channel: String,
    /// The telco's wire format, if the channel's name does not tell it: kannel, telkomsel, twilio, …
    #[arg(long, alias = "format")]
    pub telco: Option<String>,
    /// The number that the message is sent to
    #[arg(long, default_value = "2000")]
    pub to: String,
    /// Where the gateway listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// Sends the message and shows every SMS that comes to the phone within some seconds, framed, on `out`.
///
/// # Errors
/// All for which the telco would keep the message and try again: the command ends with a non-zero status.
pub async fn sms_command(args: SmsArgs, out: &mut impl Write) -> Result<(), Error> {
    let named = args.telco.as_deref().unwrap_or(&args.channel);
    let courier = Courier::parse(named).filter(|courier| courier.brings()).ok_or_else(|| {
        let mut known: Vec<_> = Courier::all().filter(|courier| courier.brings()).map(Courier::name).collect();
        known.sort_unstable();
        Error::Input(format!("say which telco by --format: {}", known.join(", ")))
    })?;
    let secrets = args.secrets.secrets();
    let address = Address::parse(&args.url)?;
    let place = Place::of_channel(&address, &args.channel);
    let mut connection = Connection::new(address);
    // A gateway that runs without simulator pages, or is no Kentongan at all, is still worth writing to.
    let seen = messages_to(&mut connection, &args.from).await.ok().flatten().map(|messages| messages.len());
    let id = fresh_digits()?;
    let message = FromPhone { from: &args.from, to: &args.to, text: &args.text, id: &id, at: Clock::system().now() };
    let mut request = Vec::new();
    courier.write_message(&place, &message, &secrets, &mut request)?;
    let answer = courier.read_answer(&message, &exchange(&mut connection, &request).await?)?;
    if let Some(text) = &answer {
        show(text, out)?;
    }
    let Some(seen) = seen else { return Ok(()) };
    let begun = clock::monotonic();
    while clock::monotonic().duration_since(begun) < WAIT_MAX {
        let messages = messages_to(&mut connection, &args.from).await?.unwrap_or_default();
        // What stood in the reply is on the gateway's list too.
        let fresh: Vec<_> = messages.iter().skip(seen).map(|message| &message.text).filter(|text| Some(*text) != answer.as_ref()).collect();
        if !fresh.is_empty() || answer.is_some() {
            return fresh.into_iter().try_for_each(|text| show(text, out));
        }
        clock::sleep(LOOK_PAUSE).await;
    }
    writeln!(out, "(no SMS came within {} s)", WAIT_MAX.as_secs())?;
    Ok(())
}

fn show(text: &str, out: &mut impl Write) -> Result<(), Error> {
    writeln!(out, "SMS")?;
    frame(text, out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use clap::Parser as _;

    use super::*;
    use crate::simulator::canned::serve;

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        args: SmsArgs,
    }

    fn list(texts: &[&str]) -> String {
        let rows: Vec<_> = texts.iter().map(|text| serde_json::json!({"at": "2026-11-30T09:00:00+07:00", "text": text})).collect();
        serde_json::Value::from(rows).to_string()
    }

    #[tokio::test]
    async fn what_comes_back_is_shown() {
        for (channel, body, later, shown, works) in [
            ("kannel", "Balas 1 atau 2", list(&[]), "| Balas 1 atau 2 ", true),
            ("kannel", "", list(&["lama", "KTP siap"]), "| KTP siap ", true),
            ("kannel", "ya", list(&["lama", "ya"]), "SMS", true),
            ("africastalking-sms", "OK", list(&["lama", "KTP siap"]), "| KTP siap ", true),
            ("telkomsel", "OK", list(&[]), "", false),
            ("orari", "OK", list(&[]), "", false),
        ] {
            let looked = Arc::new(AtomicUsize::new(0));
            let gateway = serve(move |asked| {
                if !asked.path.starts_with("/sim") {
                    return (200, body.to_owned());
                }
                let first = looked.fetch_add(1, Ordering::Relaxed) == 0;
                (200, if first { list(&["lama"]) } else { later.clone() })
            })
            .await;
            let args = Typed::parse_from(["sms", "CEK KTP", "--url", &gateway.url, "--channel", channel]).args;
            let mut out = Vec::new();
            let outcome = sms_command(args, &mut out).await;
            let out = String::from_utf8(out).unwrap();
            assert_eq!(outcome.is_ok(), works, "{channel}: {outcome:?}");
            assert!(out.contains(shown) && out.matches("SMS").count() == usize::from(works) && !out.contains("lama"), "{channel}: {out}");
        }
    }
}
