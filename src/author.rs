//! The commands for those who write menus, words and configs.

mod check;
mod diff;
mod explain;
mod fmt;
mod graph;
mod journeys;
mod profile;
mod schema;
mod verify;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::config::{self, ConfigError, MenuFiles};
use crate::demo;
use crate::menu::{Menu, MenuSource};
use check::Deny;
pub use check::Format;
pub(crate) use check::{report, to_json};
use graph::Picture;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the config and the menus; prints every problem with file, line and column
    Check(CheckArgs),
    /// Say what a problem's code means, why it matters and how to mend it; without a code, list them all
    Explain {
        code: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Draw the menu
    Graph {
        #[arg(long, value_enum, default_value_t)]
        format: Picture,
        /// A menu folder instead of the one built in
        #[arg(long)]
        menus: Option<PathBuf>,
    },
    /// List, check and begin wire formats
    #[command(subcommand)]
    Profile(profile::Command),
    /// Say of a raw HTTP request on the standard input which check of a channel it passes and which not, and why
    VerifyCallback(verify::Args),
    /// Show what differs between two menu folders, as screens
    Diff { old: PathBuf, new: PathBuf },
    /// Write JSON Schemas of the files that people write, by which an editor completes and explains them
    Schema { folder: PathBuf },
    /// Write menu files in the one way that all are written
    Fmt {
        /// Files or menu folders
        #[arg(default_value = "menus")]
        paths: Vec<PathBuf>,
        /// Change nothing; fail if something would change
        #[arg(long)]
        check: bool,
        /// Change nothing; show the lines that would change
        #[arg(long)]
        diff: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// A config file; without one the built-in menus and places are checked
    #[arg(long)]
    config: Option<PathBuf>,
    /// A menu folder instead of the config's
    #[arg(long, conflicts_with = "config")]
    menus: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Fail on warnings too
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Show how long a slow user takes for each task
    #[arg(long)]
    journeys: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Fine,
    Findings,
    /// The config cannot be read, so nothing could be judged.
    Unreadable,
}

/// # Errors
/// If a file cannot be read or written, or a menu that is wanted whole is not.
pub fn run(command: &Command) -> anyhow::Result<Verdict> {
    let mut out = io::stdout();
    match command {
        Command::Check(args) => check(args),
        Command::Explain { code, format } => {
            let is_known = explain::explain(code.as_deref(), *format, &mut out)?;
            anyhow::ensure!(is_known, "there is no code {}; `kentongan explain` lists all", code.clone().unwrap_or_default());
            Ok(Verdict::Fine)
        }
        Command::Graph { format, menus } => {
            let source = menus.as_deref().map_or_else(|| Ok(MenuSource::shipped()), config::read_menus)?;
            write!(out, "{}", graph::draw(&config::check_menu(&source)?, *format))?;
            Ok(Verdict::Fine)
        }
        Command::VerifyCallback(args) => verify::from_stdin(args),
        Command::Profile(command) => profile::run(command, &mut out),
        Command::Diff { old, new } => {
            let read = |folder: &Path| -> Result<Menu, ConfigError> { config::check_menu(&config::read_menus(folder)?) };
            Ok(if diff::show(&read(old)?, &read(new)?, &mut out)? { Verdict::Fine } else { Verdict::Findings })
        }
        Command::Schema { folder } => {
            for path in schema::write(folder)? {
                writeln!(out, "{}", path.display())?;
            }
            Ok(Verdict::Fine)
        }
        Command::Fmt { paths, check, diff } => {
            let mut verdict = Verdict::Fine;
            for path in paths.iter().map(|path| yaml_files(path)).collect::<io::Result<Vec<_>>>()?.concat() {
                let text = fs::read_to_string(&path)?;
                let formatted = fmt::format(&text);
                if text == formatted {
                    continue;
                }
                if *diff {
                    diff::lines(&path.display().to_string(), &text, &formatted, &mut out)?;
                }
                if *check || *diff {
                    writeln!(out, "{}: not as `kentongan fmt` writes it", path.display())?;
                    verdict = Verdict::Findings;
                } else {
                    fs::write(&path, formatted)?;
                    writeln!(out, "{}: written anew", path.display())?;
                }
            }
            Ok(verdict)
        }
    }
}

fn check(args: &CheckArgs) -> anyhow::Result<Verdict> {
    let mut problems = Vec::new();
    let mut config_file = None;
    let files = match (&args.config, &args.menus) {
        (Some(path), _) => {
            let reviewed = config::review(path)?;
            problems.extend(reviewed.problems);
            config_file = Some(reviewed.file);
            reviewed.config.map(|config| config.menu_files())
        }
        (None, Some(folder)) => Some(MenuFiles::of_folder(folder)),
        (None, None) => {
            demo::parts(demo::places(None, 0)?)?;
            Some(MenuFiles::built_in())
        }
    };
    let examined = files.as_ref().map(MenuFiles::examine).transpose()?;
    let (menu, mut source) = match examined {
        Some(examined) => {
            problems.extend(examined.problems);
            (examined.menu, examined.source)
        }
        None => (None, MenuSource { files: Vec::new(), published: None }),
    };
    source.files.extend(config_file);
    let is_fine = report(&problems, &source, args.format, args.deny, &mut io::stdout())?;
    if let Some(menu) = menu.filter(|_| args.journeys) {
        journeys::table(&menu, files.as_ref().map_or(&[], MenuFiles::patience), &mut io::stdout())?;
    }
    Ok(match (files.is_some(), is_fine) {
        (false, _) => Verdict::Unreadable,
        (true, true) => Verdict::Fine,
        (true, false) => Verdict::Findings,
    })
}

/// The file itself, or the YAML files of a folder and of the folders in it.
fn yaml_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(yaml_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
