//! `kentongan load`: many phones at once, each with one keep-alive connection, going through whole dialogues.
//!
//! A closed loop: a caller sends its next turn when the answer to the last one was read and judged, so a slow gateway is asked less
//! often, and the percentiles say how long an answer took, not how long a citizen queued.
//!
//! `--serve-bare` is the other end of a comparison: a hyper server that answers one fixed page and does nothing else, to be loaded with
//! `--bare`. What it reaches on a machine is the ceiling for a gateway there.

mod bare;
mod caller;
mod citizens;
mod report;
mod script;

pub use bare::serve_bare;
pub use citizens::Citizen;
pub use report::Report;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::client::Address;
use super::dial::telco_of;
use super::telco::{Place, Telco};
use super::{Error, SecretArgs, Secrets};
use crate::clock;
use report::Tally;

/// Callers that one process can drive: file descriptors and ports of one machine.
const CALLERS_MAX: usize = 10_000;

/// Load a gateway with many callers.
#[derive(Debug, Clone, clap::Args)]
pub struct LoadArgs {
    /// Where the gateway listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Channel, with its secret path segment if it has one
    #[arg(long, default_value = "africastalking")]
    pub channel: String,
    /// The telco's wire format, if the channel's name does not tell it
    #[arg(long, alias = "format")]
    pub telco: Option<String>,
    /// What is dialled
    #[arg(long, default_value = "*123#")]
    pub code: String,
    /// Callers at once
    #[arg(long, default_value_t = 128)]
    pub callers: usize,
    /// How long
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Shares of the dialogues
    #[arg(long, default_value = "status=60,booking=40")]
    pub mix: Mix,
    /// Citizens as CSV with the columns nik and kk4; else the gateway is asked for its demo citizens
    #[arg(long)]
    pub citizens_file: Option<PathBuf>,
    #[command(flatten)]
    pub secrets: SecretArgs,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
    /// Send begins without end and judge nothing: for a server that was started with --serve-bare
    #[arg(long)]
    pub bare: bool,
    /// Serve one fixed page at this address until interrupted, instead of loading anybody
    #[arg(long, value_name = "ADDR", conflicts_with = "bare")]
    pub serve_bare: Option<SocketAddr>,
}

/// How many of how many dialogues are of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    pub status: u32,
    pub booking: u32,
}

/// `status=60,booking=40`; what is not named is none.
impl std::str::FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const WRONG: &str = "say status=60,booking=40";
        let mut mix = Self { status: 0, booking: 0 };
        for share in text.split(',') {
            let (name, value) = share.split_once('=').ok_or(WRONG)?;
            let value: u32 = value.trim().parse().ok().filter(|&value| value <= 1_000_000).ok_or(WRONG)?;
            match name.trim() {
                "status" => mix.status = value,
                "booking" => mix.booking = value,
                _ => return Err(WRONG.to_owned()),
            }
        }
        if mix.status + mix.booking == 0 { Err(WRONG.to_owned()) } else { Ok(mix) }
    }
}

/// What all callers share.
#[derive(Debug)]
pub(crate) struct Plan {
    address: Address,
    place: Place,
    telco: Telco,
    channel: String,
    secrets: Arc<Secrets>,
    code: String,
    mix: Mix,
    citizens: Vec<Citizen>,
    /// Counts dialogues over all callers: each is of one number and one citizen.
    next: AtomicUsize,
}

/// Loads the gateway, or serves the bare page until the task is dropped. The caller ends with a non-zero status if the report has errors.
///
/// # Errors
/// Wrong arguments, no citizens, no gateway at the start. What happens on the way is counted in the report.
pub async fn load_command(args: LoadArgs, out: &mut impl Write) -> Result<Report, Error> {
    if let Some(at) = args.serve_bare {
        let listener = tokio::net::TcpListener::bind(at).await.map_err(|source| Error::Connect { address: at.to_string(), source })?;
        writeln!(out, "serving one page at http://{}", listener.local_addr()?)?;
        out.flush()?;
        serve_bare(listener).await?;
        return Ok(Report::default());
    }
    let report = load(&args).await?;
    if args.json {
        writeln!(out, "{}", report.json())?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(report)
}

/// Runs all callers to their end.
pub async fn load(args: &LoadArgs) -> Result<Report, Error> {
    if args.callers == 0 || args.callers > CALLERS_MAX || args.seconds == 0 {
        return Err(Error::Input(format!("1 to {CALLERS_MAX} callers, at least 1 second")));
    }
    let address = Address::parse(&args.url)?;
    let citizens = match (&args.citizens_file, args.bare) {
        (_, true) => Vec::new(),
        (Some(file), _) => citizens::from_file(file)?,
        (None, _) => citizens::from_gateway(&address).await?,
    };
    let plan = Arc::new(Plan {
        place: Place::of_channel(&address, &args.channel),
        telco: telco_of(args.telco.as_deref(), &args.channel)?,
        channel: args.channel.clone(),
        secrets: Arc::new(args.secrets.secrets()),
        code: args.code.clone(),
        mix: args.mix,
        citizens,
        next: AtomicUsize::new(0),
        address,
    });
    let begun = clock::monotonic();
    let until = begun + Duration::from_secs(args.seconds);
    let callers: Vec<_> = (0..args.callers)
        .map(|_| {
            let plan = Arc::clone(&plan);
            let bare = args.bare;
            tokio::spawn(async move { if bare { bare::call(&plan, until).await } else { caller::call(&plan, until).await } })
        })
        .collect();
    let mut sum = Tally::new()?;
    for caller in callers {
        let tally = caller.await.map_err(|error| Error::Input(format!("a caller died: {error}")))??;
        sum.add(&tally);
    }
    Ok(Report::of(&sum, args.callers, clock::monotonic().duration_since(begun)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::simulator::canned::serve;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: LoadArgs,
    }

    fn args(line: &str) -> LoadArgs {
        Line::parse_from(std::iter::once("load").chain(line.split_whitespace())).args
    }

    #[test]
    fn mixes() {
        for (text, want) in [
            ("status=60,booking=40", Some((60, 40))),
            ("booking=1", Some((0, 1))),
            ("status=0", None),
            ("status", None),
            ("status=-1", None),
            ("dreams=1", None),
        ] {
            let got = text.parse::<Mix>().ok().map(|mix| (mix.status, mix.booking));
            assert_eq!(got, want, "{text}");
        }
    }

    #[tokio::test]
    async fn a_load_counts_what_it_saw() {
        const NIK: &str = "1606090101909999";
        let gateway = serve(|asked| {
            let reply = match asked.field("text").replace(NIK, "N").as_str() {
                "" if asked.path == "/sim/api/citizens" => return (200, format!(r#"[{{"nik":"{NIK}","kk4":"1234","status":"x"}}]"#)),
                "" => "CON DUKCAPIL MUBA - GRATIS\n1 Cek KTP\n2 Buat janji",
                "1" | "2" => "CON Ketik NIK 16 angka",
                "1*N" | "2*N" => "CON Ketik 4 angka akhir KK",
                "1*N*1234" => "CON KTP ..9999\n0 Kembali",
                "2*N*1234" => "CON Sudah punya janji",
                _ => return (500, String::new()),
            };
            (200, reply.to_owned())
        })
        .await;
        let mut out = Vec::new();
        let report = load_command(args(&format!("--url {} --callers 3 --seconds 1 --json", gateway.url)), &mut out).await.unwrap();
        assert!(!report.has_errors() && report.turns > 8 && report.latency_us.max >= report.latency_us.p50, "{report}");
        assert!(report.outcomes["shown"] > 0 && report.outcomes["already"] > 0, "{report}");
        assert!(report.dialogues["status"] > report.dialogues["booking"], "{report}");
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["turns"], report.turns);
        assert!(json["latency_us"]["p99.9"].is_u64());
    }

    #[tokio::test]
    async fn a_load_says_what_went_wrong() {
        let gateway = serve(|asked| match asked.path.as_str() {
            "/sim/api/citizens" => (200, r#"[{"nik":"1606090101909999","kk4":"1234"}]"#.to_owned()),
            _ => (200, "Menu".to_owned()),
        })
        .await;
        let report = load(&args(&format!("--url {} --callers 2 --seconds 1", gateway.url))).await.unwrap();
        assert!(report.errors["reply"] > 0 && report.outcomes.is_empty(), "{report}");
        let none = serve(|_| (404, String::new())).await;
        assert_eq!(load(&args(&format!("--url {}", none.url))).await.unwrap_err().kind(), "status");
    }

    #[tokio::test]
    async fn the_bare_server_answers_bare_callers() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(serve_bare(listener));
        let report = load(&args(&format!("--url {url} --callers 2 --seconds 1 --bare"))).await.unwrap();
        assert!(report.turns > 100 && !report.has_errors(), "{report}");
        serving.abort();
    }
}
