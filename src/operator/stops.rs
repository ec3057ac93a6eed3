//! `kentongan stops`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use tokio::runtime::Handle;

use super::AskArgs;
use super::place::{Show, ask, ask_with};
use crate::admin::Request;
use crate::author::Format;
use crate::exit::Exit;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Plan a whole route: columns desa, tanggal, jam, menit, alat, jalur, tempat. All of it, or nothing and every problem
    Import {
        file: PathBuf,
        /// Only read and judge
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        args: AskArgs,
    },
    /// Every stop, with its code, its seats and how it stands
    List(AskArgs),
    /// Who comes to a stop, to be printed: times, codes, needs and documents, and who is to be visited at home
    Day {
        code: String,
        #[command(flatten)]
        args: AskArgs,
    },
}

pub(super) fn run(command: Command, runtime: &Handle) -> anyhow::Result<Exit> {
    let (file, dry_run, args) = match command {
        Command::List(args) => return ask(&args, &Request::Stops, runtime),
        Command::Day { code, args } => return ask(&args, &Request::StopDay { code }, runtime),
        Command::Import { file, dry_run, args } => (file, dry_run, args),
    };
    let mut route = File::open(&file).with_context(|| file.display().to_string())?;
    let mut out = io::stdout();
    let mut show = Show { format: args.format, file: Some(&file), out: &mut out };
    let exit = ask_with(&args.place, &Request::StopsImport { dry_run }, runtime, &mut route, &mut show)?;
    if args.format == Format::Text {
        let said = match (exit, dry_run) {
            (Exit::Ok, false) => "planned; an officer publishes each with CODE TERBIT",
            (Exit::Ok, true) => "dry run: nothing was stored",
            _ => "nothing was planned: mend the lines above",
        };
        writeln!(out, "{said}")?;
    }
    Ok(exit)
}
