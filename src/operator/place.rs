//! Which records a command is about, and who answers for them.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::AskArgs;
use crate::admin::{self, Here, Reply, Request};
use crate::author::Format;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::demo;
use crate::exit::{Exit, NoGateway};
use crate::service::place::Places;
use crate::store::seal::Keys;
use crate::store::{Settings, Store};

/// Those of a config, or a folder with a key file.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    #[arg(long, conflicts_with_all = ["data", "keys"])]
    config: Option<PathBuf>,
    #[arg(long, required_unless_present = "config")]
    data: Option<PathBuf>,
    /// Without it: the file beside the data folder, with `.keys` added to its name
    #[arg(long)]
    keys: Option<PathBuf>,
}

impl PlaceArgs {
    pub(super) fn data(&self) -> anyhow::Result<PathBuf> {
        match (&self.config, &self.data) {
            (Some(config), _) => Ok(Config::read(config)?.data_folder()),
            (None, Some(data)) => Ok(data.clone()),
            (None, None) => anyhow::bail!("name --config or --data"),
        }
    }

    pub(super) fn keys(&self) -> anyhow::Result<Keys> {
        match &self.config {
            Some(config) => Ok(Config::read(config)?.read_keys()?),
            None => {
                let data = self.data()?;
                let file = self.keys.clone().unwrap_or_else(|| beside(&data));
                Ok(config::read_keys(&file, &data)?)
            }
        }
    }

    fn places(&self) -> anyhow::Result<Places> {
        match &self.config {
            Some(config) => Ok(Config::read(config)?.read_places()?),
            None => Ok(demo::places(None, demo::EXTRA_PLACES_MAX)?),
        }
    }
}

/// `DIR.keys` beside `DIR`.
pub fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    data.with_file_name(name)
}

/// Prints replies as they come.
pub(super) struct Show<'a> {
    pub(super) format: Format,
    /// What the lines of bad rows count in.
    pub(super) file: Option<&'a Path>,
    pub(super) out: &'a mut dyn Write,
}

impl Show<'_> {
    pub(super) fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        match (self.format, reply, self.file) {
            (Format::Json, _, _) => writeln!(self.out, "{}", reply.to_json()?),
            (Format::Text, Reply::BadRow(_), Some(file)) => writeln!(self.out, "{}:{reply}", file.display()),
            (Format::Text, _, _) => writeln!(self.out, "{reply}"),
        }
    }
}

/// Asks and prints.
pub(super) fn ask(args: &AskArgs, request: &Request, runtime: &Handle) -> anyhow::Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout());
    let mut show = Show { format: args.format, file: None, out: &mut out };
    let exit = ask_with(&args.place, request, runtime, &mut io::empty(), &mut show)?;
    out.flush()?;
    Ok(exit)
}

/// Asks the gateway that runs on the records, or opens them and answers here.
pub(super) fn ask_with(
    place: &PlaceArgs,
    request: &Request,
    runtime: &Handle,
    upload: &mut dyn Read,
    show: &mut Show<'_>,
) -> anyhow::Result<Exit> {
    let data = place.data()?;
    if let Some(end) = admin::ask(&data, request, upload, &mut |reply| show.reply(&reply))? {
        if let Some(error) = end.error {
            writeln!(io::stderr(), "error: {error}")?;
        }
        return Ok(end.exit);
    }
    anyhow::ensure!(
        !matches!(
            request,
            Request::Status
                | Request::Channels
                | Request::Reload
                | Request::Visit { .. }
                | Request::Announce { .. }
                | Request::StopDay { .. }
        ),
        NoGateway
    );
    anyhow::ensure!(data.is_dir(), "{}: no such folder", data.display());
    let (store, _) = Store::open(&data, &place.keys()?, Settings::default())?;
    let here = Here { store: &store, places: &place.places()?, clock: &Clock::system(), runtime, running: None };
    let answered = admin::answer(request, &here, upload, &mut |reply| show.reply(&reply));
    store.close();
    answered
}
