//! The command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use kentongan::admin::Door;
use kentongan::author::{self, Verdict};
use kentongan::clock::{Clock, Day, Timestamp};
use kentongan::config::{self, Config, MenuFiles};
use kentongan::exit::{self, Exit};
use kentongan::gateway::Reloader;
use kentongan::operator::{self, beside};
use kentongan::server::{Desk, Listener, Server, Side};
use kentongan::service::Registry;
use kentongan::simulator::dial::{self, DialArgs};
use kentongan::simulator::load::{self, LoadArgs};
use kentongan::simulator::text::{self, SmsArgs};
use kentongan::simulator::transcript::{self, TestArgs};
use kentongan::store::{Settings, Store};
use kentongan::tls::Acceptor;
use kentongan::{demo, gateway, manual, parse, rehearsal};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Through it people with a basic phone reach their civil registry, by USSD and SMS.
#[derive(Parser)]
#[command(name = "kentongan", version, max_term_width = 100, after_help = exit::HELP)]
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
    #[command(flatten)]
    Operator(operator::Command),
    /// Print what makes a shell complete these commands
    Completions { shell: Shell },
    /// Write the pages for `man` into a folder
    Man { folder: PathBuf },
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

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            // The pipe that took our output may be gone (`| head`): then there is nobody to tell.
            let _told = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(Exit::of(&error) as u8)
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
        Command::Operator(command) => operator::run(command, runtime(None)?.handle()),
        Command::Completions { shell } => {
            manual::completions(Cli::command(), shell, &mut io::stdout());
            Ok(Exit::Ok)
        }
        Command::Man { folder } => {
            manual::pages(Cli::command(), &folder).with_context(|| folder.display().to_string())?;
            Ok(Exit::Ok)
        }
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
    let listener = listen_on(args.listen, None).await?;
    let keys = demo::keys(&key_file, &data)?;
    let (store, opened) = Store::open(&data, &keys, Settings::default())?;
    let store = Arc::new(store);
    tracing::info!(?opened, "store open");
    demo::import(&store, &names, args.citizens, &clock).await?;
    demo::enrol(&store, &clock).await?;
    let mut parts = demo::parts(places)?;
    let (hold, held) = watch::channel(false);
    parts.office.registry = Registry::Held(held);
    let listen = listener.tcp.local_addr()?;
    parts.channels.extend(demo::other_channels(listen)?);
    let people = demo::People { count: args.citizens, places: names.clone(), seats: args.seats };
    let desk = demo::desk(people, listen, hold, clock.clone())?;
    let today = clock.now().day();
    let gateway = gateway::assemble(parts, store, clock, Some(desk)).await?;
    let door = open_door(&data, &gateway.server, Reloader::new(MenuFiles::built_in()));
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
    writeln!(out, "       By other telcos: --channel hubtel, --channel twilio; there is a channel for every profile")?;
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

    gateway::run(gateway, vec![Listener { side: Side::Both, ..listener }], gateway::stop_signal()).await;
    door.abort();
    if temporary {
        std::fs::remove_dir_all(&data)?;
        std::fs::remove_file(&key_file)?;
    }
    Ok(Exit::Ok)
}

async fn serve(config: Config) -> anyhow::Result<Exit> {
    let hangups = gateway::hangups();
    let parts = config.parts()?;
    let data = config.data_folder();
    let (store, opened) = Store::open(&data, &config.read_keys()?, Settings::default())?;
    tracing::info!(?opened, "store open");
    let mut listeners = vec![listen_on(config.listen.callbacks, config.callbacks_tls()?).await?];
    if let Some(health) = config.listen.health {
        listeners.push(listen_on(health, config.health_tls()?).await?);
    }
    if let Some(phone) = config.listen.phone {
        listeners.push(Listener { side: Side::Phone, ..listen_on(phone, None).await? });
    }
    let clock = Clock::system();
    let phone = config.phone(&clock)?.map(gateway::phone).transpose()?;
    let desk = phone.map(|phone| Desk::new(phone, None));
    let gateway = gateway::assemble(parts, Arc::new(store), clock, desk).await?;
    tracing::info!(callbacks = %config.listen.callbacks, "serving");
    let menus = Reloader::new(config.menu_files());
    let reloading = tokio::spawn(Arc::clone(&menus).on_hangup(hangups, Arc::clone(gateway.server.turns())));
    let door = open_door(&data, &gateway.server, menus);
    gateway::run(gateway, listeners, gateway::stop_signal()).await;
    reloading.abort();
    door.abort();
    Ok(Exit::Ok)
}

async fn listen_on(address: SocketAddr, tls: Option<Acceptor>) -> Result<Listener, exit::Taken> {
    let tcp = TcpListener::bind(address).await.map_err(|error| exit::Taken { address, error })?;
    Ok(Listener { tcp, tls, side: Side::Telcos })
}

/// Citizens come first: without its admin socket the gateway serves all the same.
fn open_door(data: &Path, server: &Arc<Server>, menus: Arc<Reloader>) -> JoinHandle<()> {
    let server = Arc::clone(server);
    match Door::open(data) {
        Ok(door) => tokio::spawn(door.serve(server, menus)),
        Err(error) => {
            tracing::error!(%error, "no admin socket: commands on the records need the gateway stopped");
            tokio::spawn(async {})
        }
    }
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
            writeln!(io::stdout(), "{}", parse::sms(&words, value))?;
            return Ok(Exit::Ok);
        }
        ParseKind::Ussd => parse::ussd(value),
    };
    writeln!(io::stdout(), "{parsed}")?;
    Ok(if parsed["hasil"] == "sah" { Exit::Ok } else { Exit::Findings })
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
