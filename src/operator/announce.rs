//! `kentongan announce`.

use tokio::runtime::Handle;

use super::AskArgs;
use super::place::ask;
use crate::admin::Request;
use crate::citizen::Msisdn;
use crate::exit::Exit;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write one; a second person approves it by SMS before anything is sent
    Draft {
        /// For whom: 16.06 is the regency, 16.06.09 a kecamatan, 16.06.09.2015 a village
        #[arg(long)]
        to: String,
        /// In Indonesian, and for whoever reads a language that it is not written in
        #[arg(long)]
        id: String,
        /// In Palembang Malay
        #[arg(long)]
        plm: Option<String>,
        /// In Javanese
        #[arg(long)]
        jav: Option<String>,
        /// The officer who writes it
        #[arg(long, value_parser = |text: &str| Msisdn::parse(text))]
        by: Msisdn,
        #[command(flatten)]
        args: AskArgs,
    },
    /// Show how each stands: sent to how many, passed on by how many coordinators, refused or stopped
    List(AskArgs),
}

pub(super) fn run(command: Command, runtime: &Handle) -> anyhow::Result<Exit> {
    match command {
        Command::Draft { to, id, plm, jav, by, args } => {
            let others = [("plm", plm), ("jav", jav)].into_iter().filter_map(|(language, text)| Some((language.to_owned(), text?)));
            let texts = std::iter::once(("id".to_owned(), id)).chain(others).collect();
            ask(&args, &Request::Announce { to, texts, by }, runtime)
        }
        Command::List(args) => ask(&args, &Request::Announcements, runtime),
    }
}
