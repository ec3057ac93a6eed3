//! `kentongan report`.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::ValueEnum;
use tokio::runtime::Handle;

use super::place::{PlaceArgs, Show, ask_with};
use crate::admin::Request;
use crate::author;
use crate::clock::Day;
use crate::exit::Exit;
use crate::report::{Report, Scope};

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The first day, 2026-11-01
    #[arg(long, value_parser = day)]
    from: Day,
    /// The last day
    #[arg(long, value_parser = day)]
    to: Day,
    /// Of one kecamatan only, by its number: 9 for 16.06.09
    #[arg(long)]
    kecamatan: Option<u16>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a day is written as 2026-11-28".to_owned())
}

pub(super) fn run(args: &ReportArgs, runtime: &Handle) -> anyhow::Result<Exit> {
    anyhow::ensure!(args.from <= args.to, "--from lies after --to");
    let request = Request::Report(Scope { from: args.from, to: args.to, district: args.kecamatan });
    let mut told = Vec::new();
    let mut show = Show { format: author::Format::Json, file: None, out: &mut told };
    let exit = ask_with(&args.place, &request, runtime, &mut io::empty(), &mut show)?;
    if exit != Exit::Ok {
        return Ok(exit);
    }
    let report: Report = serde_json::from_slice(&told).context("the gateway runs another version")?;
    let shown = match args.format {
        Format::Text => report.to_string(),
        Format::Csv => report.to_csv().trim_end().to_owned(),
        Format::Json => serde_json::to_string_pretty(&report)?,
    };
    writeln!(io::stdout(), "{shown}")?;
    Ok(exit)
}
