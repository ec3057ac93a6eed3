//! `kentongan keys`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::demo::write_secret;
use crate::exit::Exit;
use crate::store::seal::Keys;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make new keys in a file that does not exist yet
    New { file: PathBuf },
    /// Add a sealing key, with which records are sealed from the next start on
    Rotate { file: PathBuf },
}

pub(super) fn run(command: &Command) -> anyhow::Result<Exit> {
    let mut out = io::stdout();
    match command {
        Command::New { file } => {
            write_secret(file, &Keys::generate()?.to_text()).with_context(|| file.display().to_string())?;
            let shown = file.display();
            writeln!(out, "{shown}: new keys. Keep a copy apart from every backup: without them no record can be read.")?;
        }
        Command::Rotate { file } => {
            rotate(file).with_context(|| file.display().to_string())?;
            writeln!(
                out,
                "{}: one more sealing key, in use from the next start on. What was written before keeps its own: remove no line.\n\
                 Copy the file anew to where its copy is kept: a backup made from then on needs it.",
                file.display()
            )?;
        }
    }
    Ok(Exit::Ok)
}

/// Puts a file with one more key in the place of the old one, in one step and for the same user.
fn rotate(file: &Path) -> anyhow::Result<()> {
    let keys = Keys::parse(&fs::read_to_string(file)?)?.rotated()?;
    let owner = fs::metadata(file)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = file.with_file_name(name);
    write_secret(&new, &keys.to_text()).with_context(|| new.display().to_string())?;
    chown(&new, Some(owner.uid()), Some(owner.gid()))?;
    fs::rename(&new, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(folder)?.sync_all()?)
}
