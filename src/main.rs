//! The command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use kentongan::author::{self, Verdict};
use kentongan::clock::{Clock, Day, Timestamp};
use kentongan::config::{self, Config, ConfigError};
use kentongan::intake::{self, BadRows};
use kentongan::simulator::dial::{self, DialArgs};
use kentongan::simulator::load::{self, LoadArgs};
use kentongan::simulator::text::{self, SmsArgs};
use kentongan::simulator::transcript::{self, TestArgs};
use kentongan::store::{Settings, Store};
use kentongan::{demo, export, gateway, parse, rehearsal};
use tokio::net::TcpListener;

/// A turn makes some hundred small allocations, from several threads; this allocator takes a good part off the time of each (`benches/turns`).
/// Without huge pages, of which a store that reads here and there would fill many a little.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Through it people with a basic phone reach their civil registry, by USSD and SMS.
#[derive(Parser)]
#[command(name = "kentongan", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run with fake citizens and no config, to play with
    Demo(DemoArgs),
    /// Run in earnest
    Serve {
        #[arg(long, default_value = "gateway-config/kentongan.toml")]
        config: PathBuf,
    },
    #[command(flatten)]
    Author(author::Command),
    /// Dial a code on a simulated phone
    Dial(DialArgs),
    /// Send an SMS from a simulated phone
    Sms(SmsArgs),
    /// Run transcripts against a gateway of their own
    Test(TestArgs),
    /// Drive many simulated phones at once and measure
    Load(LoadArgs),
    /// Show how a NIK, a number, a dialled string or a message is read, as JSON
    Parse {
        kind: ParseKind,
        value: String,
        /// The day to judge ages by, in Western Indonesian Time
        #[arg(long)]
        today: Option<String>,
    },
    /// Secret keys
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The office's export of statuses
    Registry {
        #[command(subcommand)]
        command: RegistryCommand,
    },
    /// The stored records; the gateway must not be running on them
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
}

#[derive(clap::Args)]
struct DemoArgs {
    /// Keep the records here; without it they are gone at the end
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How many fake citizens
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=i64::from(demo::CITIZENS_MAX)))]
    citizens: u32,
    /// Start at this time (2026-11-30T09:00, Western Indonesian Time) instead of now
    #[arg(long)]
    clock: Option<String>,
    /// Seats in each window
    #[arg(long)]
    seats: Option<u16>,
    /// Made-up offices besides the real ones, so that a load test does not run out of seats
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=i64::from(demo::EXTRA_PLACES_MAX)))]
    places: u16,
    /// Worker threads
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ParseKind {
    Nik,
    Msisdn,
    /// How a text leaves as an SMS
    Parts,
    Sms,
    Ussd,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Make new keys in a file that does not exist yet
    New { file: PathBuf },
}

#[derive(Subcommand)]
enum RegistryCommand {
    /// Put an export in force: columns nik, kk4, status, tanggal, tempat
    Import {
        file: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
        /// Only read and count
        #[arg(long)]
        dry_run: bool,
        /// Leave bad rows out instead of refusing the whole file
        #[arg(long)]
        skip_bad: bool,
    },
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Read every record, journal frame and checkpoint and say whether they are sound
    Verify {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Print every record as a line of JSON, without what identifies a citizen
    Export {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Make the tree anew from checkpoint and journal
    Rebuild {
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Which records: those of a config, or a folder with a key file.
#[derive(clap::Args)]
struct PlaceArgs {
    #[arg(long, conflicts_with_all = ["data", "keys"])]
    config: Option<PathBuf>,
    #[arg(long, required_unless_present = "config")]
    data: Option<PathBuf>,
    /// Without it: the file beside the data folder, with `.keys` added to its name
    #[arg(long)]
    keys: Option<PathBuf>,
}

/// What a command ends with, for scripts.
#[derive(Clone, Copy)]
enum Exit {
    Ok = 0,
    Findings = 1,
    Config = 3,
    Store = 4,
    Network = 5,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            // The pipe that took our output may be gone (`| head`): then there is nobody to tell.
            let _told = writeln!(io::stderr(), "error: {error:#}");
            let exit = if error.is::<ConfigError>() {
                Exit::Config
            } else if error.is::<kentongan::store::OpenError>() {
                Exit::Store
            } else {
                Exit::Findings
            };
            ExitCode::from(exit as u8)
        }
    }
}

fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Demo(args) => {
            log(Level::Quiet);
            runtime(args.threads)?.block_on(run_demo(args))
        }
        Command::Serve { config } => {
            log(Level::Full);
            let config = Config::read(&config)?;
            runtime(None)?.block_on(serve(config))
        }
        Command::Author(command) => Ok(match author::run(&command)? {
            Verdict::Fine => Exit::Ok,
            Verdict::Findings => Exit::Findings,
            Verdict::Unreadable => Exit::Config,
        }),
        Command::Dial(args) => reached(runtime(Some(1))?.block_on(dial::dial_command(args, &mut io::stdout()))),
        Command::Sms(args) => reached(runtime(Some(1))?.block_on(text::sms_command(args, &mut io::stdout()))),
        Command::Test(args) => {
            let summary = runtime(None)?.block_on(transcript::test_command(args, rehearsal::start, &mut io::stdout()))?;
            Ok(if summary.failed == 0 { Exit::Ok } else { Exit::Findings })
        }
        Command::Load(args) => {
            let report = runtime(None)?.block_on(load::load_command(args, &mut io::stdout()))?;
            Ok(if report.has_errors() { Exit::Findings } else { Exit::Ok })
        }
        Command::Parse { kind, value, today } => parse_value(kind, &value, today.as_deref()),
        Command::Keys { command: KeysCommand::New { file } } => {
            demo::write_secret(&file, &kentongan::store::seal::Keys::generate()?.to_text()).with_context(|| file.display().to_string())?;
            writeln!(
                io::stdout(),
                "{}: new keys. Keep a copy apart from every backup: without them no record can be read.",
                file.display()
            )?;
            Ok(Exit::Ok)
        }
        Command::Registry { command } => runtime(None)?.block_on(registry(command)),
        Command::Store { command } => runtime(None)?.block_on(store(command)),
    }
}

/// What a phone's command ends with.
fn reached(outcome: Result<(), kentongan::simulator::Error>) -> anyhow::Result<Exit> {
    outcome.map(|()| Exit::Ok).or_else(|error| {
        writeln!(io::stderr(), "error: {error}")?;
        Ok(Exit::Network)
    })
}

async fn run_demo(args: DemoArgs) -> anyhow::Result<Exit> {
    let clock = match &args.clock {
        None => Clock::system(),
        Some(text) => {
            Clock::running_from(Timestamp::parse(text).with_context(|| format!("--clock: \"{text}\" is no time like 2026-11-30T09:00"))?)
        }
    };
    let places = demo::places(args.seats, args.places)?;
    let names = demo::place_names(&places);
    let temporary = args.data.is_none();
    let data = args.data.unwrap_or_else(|| std::env::temp_dir().join(format!("kentongan-demo-{}", std::process::id())));
    let key_file = beside(&data);
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("listening on {}", args.listen))?;
    let keys = demo::keys(&key_file, &data)?;
    let (store, opened) = Store::open(&data, &keys, Settings::default())?;
    let store = Arc::new(store);
    tracing::info!(?opened, "store open");
    demo::import(&store, &names, args.citizens, &clock).await?;
    let parts = demo::parts(places)?;
    let listen = listener.local_addr()?;
    let desk = demo::desk(names.clone(), args.citizens, clock.clone(), listen)?;
    let today = clock.now().day();
    let gateway = gateway::assemble(parts, store, clock, Some(desk)).await?;

    let mut out = io::stdout();
    writeln!(
        out,
        "Kentongan demo: {} fake citizens, {} records in {}\n",
        args.citizens,
        if temporary { "temporary" } else { "lasting" },
        data.display()
    )?;
    writeln!(out, "Phone: http://{listen}/sim")?;
    writeln!(out, "Dial:  kentongan dial '*123#' --url http://{listen}")?;
    writeln!(out, "Write: kentongan sms 'CEK KTP' --url http://{listen}")?;
    writeln!(
        out,
        "Or:    curl -d 'sessionId=s1&serviceCode=*123#&phoneNumber=+6281200000001&networkCode=51010&text=' {listen}/in/africastalking\n"
    )?;
    writeln!(out, "Fake citizens to look up (all: http://{listen}/sim/api/citizens):")?;
    for at in 0..3 {
        let person = demo::citizen(at, &names, today);
        writeln!(out, "  NIK {}  KK {}  {}", person.nik, person.kk4, person.status.code())?;
    }
    writeln!(out, "\nMessages to a phone: http://{listen}/sim/api/messages?msisdn=%2B6281200000001\nStop with Ctrl-C.")?;
    out.flush()?;

    gateway::run(gateway, vec![listener], gateway::stop_signal()).await;
    if temporary {
        std::fs::remove_dir_all(&data)?;
        std::fs::remove_file(&key_file)?;
    }
    Ok(Exit::Ok)
}

async fn serve(config: Config) -> anyhow::Result<Exit> {
    let parts = config.parts()?;
    let (store, opened) = Store::open(&config.data_folder(), &config.read_keys()?, Settings::default())?;
    tracing::info!(?opened, "store open");
    let mut listeners =
        vec![TcpListener::bind(config.listen.callbacks).await.with_context(|| format!("listening on {}", config.listen.callbacks))?];
    if let Some(health) = config.listen.health {
        listeners.push(TcpListener::bind(health).await.with_context(|| format!("listening on {health}"))?);
    }
    let gateway = gateway::assemble(parts, Arc::new(store), Clock::system(), None).await?;
    tracing::info!(callbacks = %config.listen.callbacks, "serving");
    gateway::run(gateway, listeners, gateway::stop_signal()).await;
    Ok(Exit::Ok)
}

fn parse_value(kind: ParseKind, value: &str, today: Option<&str>) -> anyhow::Result<Exit> {
    let today = match today {
        None => Clock::system().now().day(),
        Some(text) => Day::parse(text).with_context(|| format!("--today: \"{text}\" is no day like 2026-11-24"))?,
    };
    let parsed = match kind {
        ParseKind::Nik => parse::nik(value, today),
        ParseKind::Msisdn => parse::msisdn(value),
        ParseKind::Parts => parse::parts(value),
        ParseKind::Sms => {
            let words = config::words()?;
            writeln!(io::stdout(), "{}", parse::sms(words, value))?;
            return Ok(Exit::Ok);
        }
        ParseKind::Ussd => parse::ussd(value),
    };
    writeln!(io::stdout(), "{parsed}")?;
    Ok(if parsed["hasil"] == "sah" { Exit::Ok } else { Exit::Findings })
}

async fn registry(command: RegistryCommand) -> anyhow::Result<Exit> {
    let RegistryCommand::Import { file, place, dry_run, skip_bad } = command;
    let today = Clock::system().now().day();
    let open = || std::fs::File::open(&file).with_context(|| file.display().to_string());
    let report = if dry_run {
        intake::dry_run(&mut open()?, today)?
    } else {
        let store = place.open()?;
        // Counted first, so that a file with bad rows costs no work in the store.
        let counted = intake::dry_run(&mut open()?, today)?;
        let report = if counted.counts.bad > 0 && !skip_bad {
            counted
        } else {
            let bad_rows = if skip_bad { BadRows::Skip } else { BadRows::Refuse };
            intake::import(&store, &mut open()?, today, bad_rows).await?
        };
        store.close();
        report
    };
    let mut out = io::stdout();
    for bad in &report.bad {
        writeln!(out, "{}:{}: {}", file.display(), bad.line, bad.reason)?;
    }
    writeln!(out, "{} rows: {} good, {} bad", report.counts.rows, report.counts.good, report.counts.bad)?;
    for (group, count) in &report.counts.by_group {
        writeln!(out, "  {group}: {count}")?;
    }
    match (report.generation, dry_run) {
        (Some(generation), _) => writeln!(out, "in force as generation {generation}")?,
        (None, true) => writeln!(out, "dry run: nothing was stored")?,
        (None, false) => writeln!(out, "nothing was imported: mend the rows above, or leave them out with --skip-bad")?,
    }
    Ok(if report.counts.bad == 0 || skip_bad { Exit::Ok } else { Exit::Findings })
}

async fn store(command: StoreCommand) -> anyhow::Result<Exit> {
    match command {
        StoreCommand::Verify { place } => {
            let verified = Store::verify(&place.data()?, &place.keys()?)?;
            writeln!(io::stdout(), "{verified}")?;
            Ok(if verified.is_sound() { Exit::Ok } else { Exit::Store })
        }
        StoreCommand::Export { place } => {
            let places = demo::places(None, demo::EXTRA_PLACES_MAX)?;
            let store = place.open()?;
            export::write(&store, &places, Clock::system().now(), &mut io::BufWriter::new(io::stdout()))?;
            store.close();
            Ok(Exit::Ok)
        }
        StoreCommand::Rebuild { place } => {
            let rebuilt = Store::rebuild(&place.data()?, &place.keys()?)?;
            writeln!(io::stdout(), "{rebuilt:?}")?;
            Ok(Exit::Ok)
        }
    }
}

impl PlaceArgs {
    fn open(&self) -> anyhow::Result<Store> {
        let data = self.data()?;
        anyhow::ensure!(data.is_dir(), "{}: no such folder", data.display());
        let (store, _) = Store::open(&data, &self.keys()?, Settings::default())?;
        Ok(store)
    }

    fn data(&self) -> anyhow::Result<PathBuf> {
        match (&self.config, &self.data) {
            (Some(config), _) => Ok(Config::read(config)?.data_folder()),
            (None, Some(data)) => Ok(data.clone()),
            (None, None) => anyhow::bail!("name --config or --data"),
        }
    }

    fn keys(&self) -> anyhow::Result<kentongan::store::seal::Keys> {
        match &self.config {
            Some(config) => Ok(Config::read(config)?.read_keys()?),
            None => {
                let data = self.data()?;
                let file = self.keys.clone().unwrap_or_else(|| beside(&data));
                Ok(config::read_keys(&file, &data)?)
            }
        }
    }
}

/// `DIR.keys` beside `DIR`.
fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    data.with_file_name(name)
}

fn runtime(threads: Option<usize>) -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    Ok(builder.enable_all().build()?)
}

#[derive(Clone, Copy)]
enum Level {
    /// Only what needs somebody's attention.
    Quiet,
    Full,
}

/// JSON lines on standard error. No line holds a citizen's data: what is logged are errors, names of channels, and counts.
fn log(level: Level) {
    let level = match level {
        Level::Quiet => tracing::Level::WARN,
        Level::Full => tracing::Level::INFO,
    };
    tracing_subscriber::fmt().json().with_max_level(level).with_writer(io::stderr).init();
}
