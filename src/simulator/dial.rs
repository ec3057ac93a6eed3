//! `kentongan dial '*123#'`: a phone on the command line.

use std::io::{BufRead as _, Write};

use super::handset::PAGE_SEPTETS_MAX;
use super::{Error, Handset, Line, Screen, SecretArgs, Telco};
use crate::clock::Clock;

/// How wide a page is drawn; a small phone shows 16 to 20 characters a line, but a line cut by us would hide how the page was sent.
const FRAME_COLUMNS: usize = 34;

/// Dial the gateway as a phone would.
#[derive(Debug, Clone, clap::Args)]
pub struct DialArgs {
    /// What is dialled: '*123#', or deeper: '*123*1#'
    pub code: String,
    /// The subscriber's number
    #[arg(long, default_value = "+6281200000001")]
    pub from: String,
    /// Channel, with its secret path segment if it has one; its name begins with its format's
    #[arg(long, default_value = "africastalking")]
    pub channel: String,
    /// The telco's wire format, if the channel's name does not tell it: africastalking, infobip, hubtel, …
    #[arg(long, alias = "format")]
    pub telco: Option<String>,
    /// Where the gateway listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// The service's own code, where what is dialled goes deeper
    #[arg(long, default_value = "*123#")]
    pub service_code: String,
    /// Keys to press, a comma between inputs: 1,1606…,1234. Without it you are asked. :r repeats, :q hangs up
    #[arg(long)]
    pub keys: Option<String>,
    /// Show the bytes of each request and reply
    #[arg(long)]
    pub raw: bool,
    #[command(flatten)]
    pub secrets: SecretArgs,
}

impl DialArgs {
    fn line(&self) -> Result<Line, Error> {
        Ok(Line {
            url: self.url.clone(),
            telco: telco_of(self.telco.as_deref(), &self.channel)?,
            channel: self.channel.clone(),
            service_code: self.service_code.clone(),
            clock: Clock::system(),
            secrets: self.secrets.secrets().into(),
        })
    }
}

/// The telco by its own name, else by the channel's.
pub(super) fn telco_of(named: Option<&str>, channel: &str) -> Result<Telco, Error> {
    Telco::parse(named.unwrap_or(channel)).ok_or_else(|| {
        let mut known: Vec<_> = Telco::all().map(Telco::name).collect();
        known.sort_unstable();
        Error::Input(format!("say which telco by --format: {}", known.join(", ")))
    })
}

/// Dials and shows every page, framed, on `out`. Interactive without `--keys`.
///
/// # Errors
/// All that makes the telco hang up, and pages that a citizen could not read: the command ends with a non-zero status.
pub async fn dial_command(args: DialArgs, out: &mut impl Write) -> Result<(), Error> {
    let mut handset = Handset::new(args.line()?, &args.from)?;
    // A gateway that runs without simulator pages, or is no Kentongan at all, is still worth dialling.
    let seen = handset.messages().await.ok().flatten().map(|messages| messages.len());
    let mut shown = handset.dial(&args.code).await?;
    show(&shown, args.raw, out)?;
    let mut keys = args.keys.as_deref().map(|keys| keys.split(','));
    let mut flaw = shown.flaw();
    while shown.open {
        let input = match &mut keys {
            Some(keys) => keys.next().map(str::to_owned),
            None => ask(out)?,
        };
        let screen = match input.as_deref().map(str::trim) {
            None | Some(":q") => {
                handset.hang_up().await?;
                writeln!(out, "(hung up)")?;
                break;
            }
            Some(":r") => {
                let again = handset.repeat_last().await?;
                if !again.same_reply(&shown) {
                    flaw = flaw.or_else(|| Some("a repeat got another reply".to_owned()));
                }
                again
            }
            Some(keys) => {
                if args.keys.is_some() {
                    writeln!(out, "> {keys}")?;
                }
                handset.press(keys).await?
            }
        };
        show(&screen, args.raw, out)?;
        flaw = flaw.or_else(|| screen.flaw());
        shown = screen;
    }
    if let Some(seen) = seen {
        for message in handset.messages().await?.unwrap_or_default().iter().skip(seen) {
            writeln!(out, "SMS")?;
            frame(&message.text, out)?;
        }
    }
    match (flaw, keys.is_some_and(|mut keys| keys.next().is_some())) {
        (Some(flaw), _) => Err(Error::Input(flaw)),
        (None, true) => Err(Error::Input("the dialogue ended before all keys were pressed".to_owned())),
        (None, false) => Ok(()),
    }
}

/// One line from the keyboard; `None` at its end.
fn ask(out: &mut impl Write) -> Result<Option<String>, Error> {
    write!(out, "> ")?;
    out.flush()?;
    let mut line = String::new();
    let bytes = std::io::stdin().lock().read_line(&mut line)?;
    Ok((bytes > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned()))
}

fn show(screen: &Screen, raw: bool, out: &mut impl Write) -> Result<(), Error> {
    if raw {
        writeln!(out, "{}\n", String::from_utf8_lossy(&screen.raw_request))?;
        writeln!(out, "{}\n", String::from_utf8_lossy(&screen.raw_reply))?;
    }
    frame(&screen.text, out)?;
    let septets = screen.septets().map_or_else(|_| "not GSM".to_owned(), |septets| format!("{septets}/{PAGE_SEPTETS_MAX} septets"));
    let state = if screen.open { "open" } else { "end" };
    writeln!(out, "  {septets}, {:.1} ms, {state}", screen.took.as_secs_f64() * 1000.0)?;
    if let Some(flaw) = screen.flaw() {
        writeln!(out, "  FLAW: {flaw}")?;
    }
    Ok(())
}

pub(super) fn frame(text: &str, out: &mut impl Write) -> Result<(), Error> {
    let columns = text.lines().map(|line| line.chars().count()).max().unwrap_or(0).max(FRAME_COLUMNS);
    let edge = "-".repeat(columns + 2);
    writeln!(out, "+{edge}+")?;
    for line in text.lines() {
        writeln!(out, "| {line:columns$} |")?;
    }
    writeln!(out, "+{edge}+")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::simulator::canned::serve;

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        args: DialArgs,
    }

    #[tokio::test]
    async fn pages_are_framed_and_bad_ones_fail() {
        let gateway = serve(|asked| {
            let body = match asked.field("text") {
                _ if asked.path.starts_with("/sim") => "[]",
                "" => "CON Menu\n1 Satu",
                "1" => "END Selesai",
                "2" => "CON {kode}",
                "3" => "Selesai",
                _ => "CON Lagi",
            };
            (200, body.to_owned())
        })
        .await;
        for (keys, shown, works) in [
            ("1", "| Selesai ", true),
            ("4,:r,:q", "(hung up)", true),
            ("4", "(hung up)", true),
            ("1,1", "| Selesai ", false),
            ("2", "FLAW", false),
            ("3", "| 1 Satu ", false),
        ] {
            let args = Typed::parse_from(["dial", "*123#", "--url", &gateway.url, "--keys", keys]).args;
            let mut out = Vec::new();
            let outcome = dial_command(args, &mut out).await;
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains(shown) && out.contains("| 1 Satu ") && out.contains("11/182 septets"), "{keys}: {out}");
            assert_eq!(outcome.is_ok(), works, "{keys}: {outcome:?}");
        }
    }
}
