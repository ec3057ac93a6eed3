//! The commands for those who run a gateway. What needs its records asks the gateway that runs on them, or opens them itself if none does.

mod announce;
mod cluster;
mod doctor;
mod init;
mod keys;
mod place;
mod progress;
mod registry;
mod report;
mod stops;
mod store;

use tokio::runtime::Handle;

use crate::admin::{Request, Word};
use crate::author::Format;
use crate::citizen::Msisdn;
use crate::exit::Exit;
use place::ask;
pub use place::{PlaceArgs, beside};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write a commented config, keys and secret paths into a new folder
    Init(init::InitArgs),
    /// Look whether this machine and this config can serve; each finding with its remedy
    Doctor(doctor::DoctorArgs),
    /// Say how a running gateway does
    Status(AskArgs),
    /// Show what came and went by each channel of a running gateway
    Channels(AskArgs),
    /// Read the menu's files anew in a running gateway; a bad menu is refused and the old one stays
    Reload(AskArgs),
    /// What is kept about a citizen
    Citizen {
        #[command(subcommand)]
        command: CitizenCommand,
    },
    /// How well citizens were served, by kecamatan, as text, CSV or JSON
    Report(report::ReportArgs),
    /// List complaints that are alike: what is done about them, and what is overdue
    Clusters(cluster::ListArgs),
    /// Record what caused complaints that are alike, and what is done about it; whoever complained is told
    Evaluate(cluster::EvaluateArgs),
    /// Say how an appointment ended: on its day or later; a slip can be mended on the day it was made
    Visit {
        /// As the citizen shows it
        code: String,
        came: Word,
        /// What an incomplete visit lacked
        #[arg(long)]
        missing: Option<String>,
        #[command(flatten)]
        args: AskArgs,
    },
    /// What an office tells many
    Announce {
        #[command(subcommand)]
        command: announce::Command,
    },
    /// Secret keys
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// The office's export of statuses
    Registry {
        #[command(subcommand)]
        command: registry::Command,
    },
    /// Stops of the mobile unit
    Stops {
        #[command(subcommand)]
        command: stops::Command,
    },
    /// The stored records
    Store {
        #[command(subcommand)]
        command: store::Command,
    },
}

#[derive(Debug, clap::Args)]
pub struct AskArgs {
    #[command(flatten)]
    place: PlaceArgs,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
pub enum CitizenCommand {
    /// Forget what a number had us remember, as HAPUS by SMS does
    Forget {
        #[arg(value_parser = |text: &str| Msisdn::parse(text))]
        number: Msisdn,
        #[command(flatten)]
        args: AskArgs,
    },
}

/// # Errors
/// With whatever kept it from being done; [`Exit::of`] says whose fault it is.
pub fn run(command: Command, runtime: &Handle) -> anyhow::Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::Doctor(args) => doctor::run(&args, runtime),
        Command::Status(args) => ask(&args, &Request::Status, runtime),
        Command::Channels(args) => ask(&args, &Request::Channels, runtime),
        Command::Reload(args) => ask(&args, &Request::Reload, runtime),
        Command::Citizen { command: CitizenCommand::Forget { number, args } } => ask(&args, &Request::Forget { number }, runtime),
        Command::Report(args) => report::run(&args, runtime),
        Command::Clusters(args) => cluster::list(&args, runtime),
        Command::Evaluate(args) => cluster::evaluate(args, runtime),
        Command::Visit { code, came, missing, args } => ask(&args, &Request::Visit { code, came, missing }, runtime),
        Command::Announce { command } => announce::run(command, runtime),
        Command::Keys { command } => keys::run(&command),
        Command::Registry { command } => registry::run(command, runtime),
        Command::Stops { command } => stops::run(command, runtime),
        Command::Store { command } => store::run(command, runtime),
    }
}
