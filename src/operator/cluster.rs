//! `kentongan clusters` and `kentongan evaluate`.

use tokio::runtime::Handle;

use super::AskArgs;
use super::place::ask;
use crate::admin::Request;
use crate::channel::order::evaluate::PART_SEPTETS_MAX;
use crate::clock::Day;
use crate::exit::Exit;
use crate::gsm;

#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only those that nobody has evaluated yet
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    args: AskArgs,
}

#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    /// As `clusters` lists it
    code: String,
    /// What caused them
    #[arg(long, value_parser = part)]
    cause: String,
    /// What is done about it, as whoever complained reads it: names nobody
    #[arg(long, value_parser = part)]
    action: String,
    /// By when: 2026-12-15
    #[arg(long, value_parser = |text: &str| Day::parse(text).ok_or("a day is written as 2026-12-15"))]
    on: Day,
    #[command(flatten)]
    args: AskArgs,
}

fn part(text: &str) -> Result<String, String> {
    let text = text.trim();
    match gsm::septets(text) {
        Ok(1..=PART_SEPTETS_MAX) => Ok(text.to_owned()),
        Ok(0) => Err("nothing is written".to_owned()),
        Ok(septets) => Err(format!("{septets} letters, more than {PART_SEPTETS_MAX}")),
        Err(foreign) => Err(foreign.to_string()),
    }
}

pub(super) fn list(args: &ListArgs, runtime: &Handle) -> anyhow::Result<Exit> {
    ask(&args.args, &Request::Clusters { is_open: args.open }, runtime)
}

pub(super) fn evaluate(args: EvaluateArgs, runtime: &Handle) -> anyhow::Result<Exit> {
    let EvaluateArgs { code, cause, action, on: day, args } = args;
    ask(&args, &Request::Evaluate { code, cause, action, day }, runtime)
}
