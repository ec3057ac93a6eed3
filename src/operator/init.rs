//! `kentongan init`: a folder with a commented config, keys and secret paths, ready for a district's own settings.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::demo::write_secret;
use crate::exit::Exit;
use crate::store::seal::Keys;

/// Where the commented config of this version says that everything lies.
const TEMPLATE: &str = include_str!("../../gateway-config/kentongan.toml");
const TEMPLATE_DATA: &str = "/var/lib/kentongan";
const TEMPLATE_FOLDER: &str = "/etc/kentongan/";
const TEMPLATE_NAME: &str = "gateway-config/kentongan.toml";
/// Bytes in a path that nobody guesses.
const SECRET_BYTES: usize = 24;

#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Gets kentongan.toml, keys and secret paths; must not hold a config yet
    folder: PathBuf,
    /// Where the records shall be; without it: `data` in that folder
    #[arg(long)]
    data: Option<PathBuf>,
}

/// # Errors
/// If something is there already or cannot be written. Nothing is ever written over.
pub(super) fn run(args: &InitArgs) -> anyhow::Result<Exit> {
    let folder = std::path::absolute(&args.folder)?;
    let data = args.data.as_ref().map_or_else(|| Ok(folder.join("data")), std::path::absolute)?;
    let file = folder.join("kentongan.toml");
    anyhow::ensure!(!file.exists(), "{}: there already; nothing was changed", file.display());
    for made in [&folder, &data] {
        DirBuilder::new().recursive(true).mode(0o700).create(made).with_context(|| made.display().to_string())?;
    }
    let config = config(&file, &data);
    for secret in secrets(&config) {
        let path = folder.join(&secret);
        if !path.exists() {
            write_secret(&path, &random_path()?).with_context(|| path.display().to_string())?;
        }
    }
    let keys = folder.join("keys");
    if !keys.exists() {
        write_secret(&keys, &Keys::generate()?.to_text()).with_context(|| keys.display().to_string())?;
    }
    // Last: a config that is there is whole.
    fs::write(&file, config).with_context(|| file.display().to_string())?;
    let shown = file.display();
    writeln!(
        io::stdout(),
        "{shown}: written, with keys and secret paths beside it.\n\
         Copy {} to a place that no backup goes to: without it no record can be read.\n\
         Leave only the channels that you have, then:\n  kentongan check --config {shown}\n  kentongan doctor --config {shown}\n  \
         kentongan serve --config {shown}",
        keys.display()
    )?;
    Ok(Exit::Ok)
}

/// The commented config, at home in its folder.
fn config(file: &Path, data: &Path) -> String {
    TEMPLATE
        .replace(TEMPLATE_NAME, &file.display().to_string())
        .replace(TEMPLATE_DATA, &data.display().to_string())
        .replace(TEMPLATE_FOLDER, "")
}

/// Files with secret paths that the config names.
fn secrets(config: &str) -> Vec<String> {
    let named = config.lines().filter_map(|line| line.strip_prefix("secret_path_file = \"")?.strip_suffix('"'));
    named.map(str::to_owned).collect()
}

fn random_path() -> anyhow::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| anyhow::anyhow!("this machine gives no random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
