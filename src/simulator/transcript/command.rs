//! `kentongan test [FILES] [--update]`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Givens, Host, Mode, run};
use crate::simulator::Error;

/// Play transcripts against a gateway of their own.
#[derive(Debug, Clone, clap::Args)]
pub struct TestArgs {
    /// Transcripts, or folders of them (*.txt)
    #[arg(default_value = "tests/transcripts")]
    pub files: Vec<PathBuf>,
    /// Rewrite the page lines with what came; refused where CI is set
    #[arg(long)]
    pub update: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
}

/// Plays every file, each against the gateway that `start` brings up for it. One line a file on `out`, failures with their diff.
/// The caller ends with a non-zero status if any failed.
///
/// # Errors
/// Files that cannot be read or written, none at all, or `--update` where the environment has CI.
pub async fn test_command(
    args: TestArgs,
    start: impl AsyncFn(&Givens) -> Result<Host, String>,
    out: &mut impl Write,
) -> Result<Summary, Error> {
    let mode = mode(args.update, std::env::var_os("CI").is_some())?;
    let mut summary = Summary::default();
    for path in files(&args.files)? {
        let name = path.display().to_string();
        let source = std::fs::read_to_string(&path).map_err(|error| Error::File(name.clone(), error))?;
        match run(&source, &name, mode, &start).await {
            Ok(ran) => {
                summary.passed += 1;
                let updated = if ran.updated.is_some() { ", updated" } else { "" };
                writeln!(out, "ok    {name} ({} turns{updated})", ran.turns)?;
                if let Some(text) = ran.updated {
                    std::fs::write(&path, text).map_err(|error| Error::File(name, error))?;
                }
            }
            Err(failure) => {
                summary.failed += 1;
                writeln!(out, "FAIL  {name}\n{failure}")?;
            }
        }
    }
    writeln!(out, "{} passed, {} failed", summary.passed, summary.failed)?;
    Ok(summary)
}

fn mode(update: bool, in_ci: bool) -> Result<Mode, Error> {
    match (update, in_ci) {
        (true, true) => Err(Error::Input("--update is refused in CI: expectations are changed by people".to_owned())),
        (true, false) => Ok(Mode::Update),
        (false, _) => Ok(Mode::Check),
    }
}

/// Folders opened, in the order of names.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            files.extend(transcripts_in(path).map_err(|error| Error::File(path.display().to_string(), error))?);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        return Err(Error::Input("no transcript here".to_owned()));
    }
    Ok(files)
}

fn transcripts_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Timestamp};
    use crate::simulator::Telco;
    use crate::simulator::aggregator::Aggregator;
    use crate::simulator::canned::serve;

    async fn start(givens: &Givens) -> Result<Host, String> {
        if givens.value("registry") == Some("broken") {
            return Err("no registry".to_owned());
        }
        let gateway = serve(|_| (200, "CON Menu".to_owned())).await;
        Ok(Host {
            url: gateway.url.clone(),
            telco: Telco::AfricasTalking,
            channel: "africastalking".to_owned(),
            aggregator: Aggregator::Kannel,
            sms_channel: "kannel".to_owned(),
            service_code: "*123#".to_owned(),
            clock: Clock::held_at(Timestamp::default()),
            count: Box::new(|_| None),
            messages: Box::new(|_| Vec::new()),
            settle: Box::new(|| Box::pin(async { Ok(()) })),
            change: Box::new(|_, _| Box::pin(async { Ok(()) })),
            guard: Box::new(gateway),
        })
    }

    #[test]
    fn expectations_are_not_rewritten_in_ci() {
        assert!(mode(true, true).is_err());
        assert_eq!(mode(true, false).ok(), Some(Mode::Update));
        assert_eq!(mode(false, true).ok(), Some(Mode::Check));
    }

    #[tokio::test]
    async fn a_folder_is_played_in_order_and_summed_up() {
        let folder = tempfile::tempdir().unwrap();
        let head = "at 2026-11-30 09:00 WIB\n";
        for (name, body) in [
            ("a.txt", "siti dials *123#\n  | Menu\n"),
            ("b.txt", "siti dials *123#\n  | Laman\n"),
            ("c.txt", "given registry broken\nsiti dials *123#\n"),
            ("d.md", "no transcript"),
        ] {
            std::fs::write(folder.path().join(name), format!("{head}{body}")).unwrap();
        }
        let mut out = Vec::new();
        let args = TestArgs { files: vec![folder.path().to_owned()], update: false };
        let summary = test_command(args, start, &mut out).await.unwrap();
        assert_eq!(summary, Summary { passed: 1, failed: 2 });
        let out = String::from_utf8(out).unwrap();
        for want in [
            "a.txt (1 turns)",
            "b.txt:2: siti dials *123#: another page came\n    - Laman\n    + Menu",
            "no registry",
            "1 passed, 2 failed",
        ] {
            assert!(out.contains(want), "{want} in {out}");
        }
        let empty = tempfile::tempdir().unwrap();
        let args = TestArgs { files: vec![empty.path().to_owned()], update: false };
        assert!(test_command(args, start, &mut Vec::new()).await.is_err());
    }
}
