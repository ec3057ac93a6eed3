//! `kentongan store`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use tokio::runtime::Handle;

use super::AskArgs;
use super::place::{PlaceArgs, ask};
use crate::admin::{Reply, Request};
use crate::author::Format;
use crate::exit::Exit;
use crate::store::Store;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Read every record and say whether all are sound; where no gateway runs, journal and checkpoint too
    Verify(AskArgs),
    /// Print every record as a line of JSON, without what identifies a citizen
    Export(AskArgs),
    /// Copy all records into a new folder, also while the gateway runs; the keys are not in it
    Backup {
        /// Not there yet, or empty. A running gateway writes it as its own user
        folder: PathBuf,
        #[command(flatten)]
        args: AskArgs,
    },
    /// Bring a backup into an empty data folder, open it and read every record
    Restore {
        folder: PathBuf,
        #[command(flatten)]
        args: AskArgs,
    },
    /// Make the tree anew from checkpoint and journal; the gateway must not be running
    Rebuild {
        #[command(flatten)]
        place: PlaceArgs,
    },
}

pub(super) fn run(command: Command, runtime: &Handle) -> anyhow::Result<Exit> {
    match command {
        Command::Verify(args) => ask(&args, &Request::Verify, runtime),
        Command::Export(args) => ask(&args, &Request::Export, runtime),
        Command::Backup { folder, args } => {
            let exit = ask(&args, &Request::Backup { folder: std::path::absolute(&folder)? }, runtime)?;
            if exit == Exit::Ok && args.format == Format::Text {
                writeln!(
                    io::stdout(),
                    "{}: complete. The keys are not in it: keep a copy of the key file somewhere else.",
                    folder.display()
                )?;
            }
            Ok(exit)
        }
        Command::Restore { folder, args } => {
            let (backup, verified) = Store::restore(&folder, &args.place.data()?, &args.place.keys()?)?;
            match args.format {
                Format::Json => writeln!(io::stdout(), "{}", Reply::Verified(verified).to_json()?)?,
                Format::Text => writeln!(io::stdout(), "restored {backup}\n{verified}")?,
            }
            Ok(Exit::Ok)
        }
        Command::Rebuild { place } => {
            let rebuilt = Store::rebuild(&place.data()?, &place.keys()?)?;
            writeln!(io::stdout(), "{rebuilt:?}")?;
            Ok(Exit::Ok)
        }
    }
}
