//! The commands for those who run a gateway. What needs its records asks the gateway that runs on them, or opens them itself if none does.

mod doctor;
mod init;
mod place;
mod registry;
mod store;

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use tokio::runtime::Handle;

use crate::admin::Request;
use crate::author::Format;
use crate::citizen::Msisdn;
use crate::demo;
use crate::exit::Exit;
use crate::store::seal::Keys;
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
    /// What is kept about a citizen
    Citizen {
        #[command(subcommand)]
        command: CitizenCommand,
    },
    /// Secret keys
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The office's export of statuses
    Registry {
        #[command(subcommand)]
        command: registry::Command,
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

#[derive(Debug, clap::Subcommand)]
pub enum KeysCommand {
    /// Make new keys in a file that does not exist yet
    New { file: PathBuf },
}

/// # Errors
/// With whatever kept it from being done; [`Exit::of`] says whose fault it is.
pub fn run(command: Command, runtime: &Handle) -> anyhow::Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::Doctor(args) => doctor::run(&args, runtime),
        Command::Status(args) => ask(&args, &Request::Status, runtime),
        Command::Channels(args) => ask(&args, &Request::Channels, runtime),
        Command::Citizen { command: CitizenCommand::Forget { number, args } } => ask(&args, &Request::Forget { number }, runtime),
        Command::Keys { command: KeysCommand::New { file } } => {
            demo::write_secret(&file, &Keys::generate()?.to_text()).with_context(|| file.display().to_string())?;
            writeln!(
                io::stdout(),
                "{}: new keys. Keep a copy apart from every backup: without them no record can be read.",
                file.display()
            )?;
            Ok(Exit::Ok)
        }
        Command::Registry { command } => registry::run(command, runtime),
        Command::Store { command } => store::run(command, runtime),
    }
}
