//! `kentongan registry`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use tokio::runtime::Handle;

use super::place::{PlaceArgs, Show, ask_with};
use super::progress;
use crate::admin::{self, Request};
use crate::author::Format;
use crate::clock::Clock;
use crate::exit::Exit;
use crate::intake::{self, BadRows};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
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
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(super) fn run(command: Command, runtime: &Handle) -> anyhow::Result<Exit> {
    let Command::Import { file, place, dry_run, skip_bad, format } = command;
    let open = || File::open(&file).with_context(|| file.display().to_string());
    let bad_rows = if skip_bad { BadRows::Skip } else { BadRows::Refuse };
    let mut out = io::stdout();
    let mut show = Show { format, file: Some(&file), out: &mut out };
    // Counted first, so that a file with bad rows costs no work in the store.
    let counted = intake::dry_run(&mut open()?, Clock::system().now().day())?;
    if !dry_run && (counted.counts.bad == 0 || skip_bad) {
        return ask_with(&place, &Request::Import { bad_rows }, runtime, &mut progress::on_terminal(open()?)?, &mut show);
    }
    let exit = admin::report_import(&counted, bad_rows, &mut |reply| show.reply(&reply))?;
    if format == Format::Text {
        let why = if dry_run {
            "dry run: nothing was stored"
        } else {
            "nothing was imported: mend the rows above, or leave them out with --skip-bad"
        };
        writeln!(out, "{why}")?;
    }
    Ok(exit)
}
