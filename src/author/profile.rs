//! `kentongan profile`: for whoever connects a telco.

mod show;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use super::Verdict;
use crate::channel::Profile;
use crate::channel::cases::Verdict as Came;
use crate::channel::cases::{Judged, Provider};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the built-in profiles
    List,
    /// Check a profile: its words, and what it makes of requests that were really sent
    Check {
        /// A built-in profile, or a file; without one, every folder of cases with the built-in profile of its name
        profile: Option<String>,
        /// A folder of wire cases (*.json), or one with such a folder for each provider
        #[arg(long)]
        cases: Option<PathBuf>,
        /// Show the cases that passed too
        #[arg(long)]
        all: bool,
    },
    /// Show a profile in words, with what comes and what goes back
    Show {
        /// A built-in profile, or a file
        profile: String,
    },
    /// Write a profile of your own, NAME.toml, to be changed
    New {
        name: String,
        /// The built-in profile that comes nearest
        #[arg(long, default_value = "arkesel")]
        like: String,
    },
}

/// # Errors
/// If something cannot be read or written.
pub(super) fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<Verdict> {
    match command {
        Command::List => list(out),
        Command::New { name, like } => new(name, like, out),
        Command::Show { profile: name } => {
            let Some(profile) = read(name, out)? else { return Ok(Verdict::Findings) };
            show::show(name, &profile, out)?;
            Ok(Verdict::Fine)
        }
        Command::Check { profile: Some(profile), cases, all } => {
            let name = profile.as_str();
            let Some(profile) = read(name, out)? else { return Ok(Verdict::Findings) };
            writeln!(out, "{name}: {}, no problems", profile.title)?;
            if let Some(why) = &profile.draft {
                writeln!(out, "{name}: a draft: {why}")?;
            }
            let Some(folder) = cases else { return Ok(Verdict::Fine) };
            let provider = Provider::of(profile);
            let folders = if read_cases(folder)?.is_empty() { vec![folder.join(name)] } else { vec![folder.clone()] };
            judge(&folders, |_| Some(&provider), *all, out)
        }
        Command::Check { profile: None, cases, all } => {
            let folder = cases.as_ref().context("name a profile, or --cases")?;
            let folders = folders(folder)?;
            let providers: Vec<_> = folders.iter().map(|folder| Provider::shipped(&name_of(folder))).collect();
            let provider = |at: usize| providers.get(at).filter(|provider| provider.is_known());
            judge(&folders, provider, *all, out)
        }
    }
}

fn list(out: &mut impl Write) -> anyhow::Result<Verdict> {
    for name in Profile::shipped_names() {
        let Some(Ok(profile)) = Profile::shipped(name) else { continue };
        let also = if profile.also.is_empty() { String::new() } else { format!(", also {}", profile.also.join(", ")) };
        let draft = profile.draft.map(|why| format!(" (draft: {why})")).unwrap_or_default();
        writeln!(out, "{name:<20} {}{also}{draft}", profile.title)?;
    }
    Ok(Verdict::Fine)
}

fn new(name: &str, like: &str, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let text = Profile::shipped_text(like).with_context(|| format!("no profile \"{like}\"; `kentongan profile list` shows all"))?;
    anyhow::ensure!(
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
        "a name is lower-case letters, digits and -"
    );
    let file = PathBuf::from(format!("{name}.toml"));
    fs::File::create_new(&file).and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| file.display().to_string())?;
    writeln!(
        out,
        "{}: like {like}. Change it, put it into profiles/ beside the config, and `kentongan profile check {}`.",
        file.display(),
        file.display()
    )?;
    Ok(Verdict::Fine)
}

/// A built-in profile or a file. `None`: its problems were told.
fn read(name: &str, out: &mut impl Write) -> anyhow::Result<Option<Profile>> {
    let read = match Profile::shipped(name) {
        Some(shipped) => shipped,
        None => {
            let text = fs::read_to_string(name).with_context(|| format!("{name} is no built-in profile and no file"))?;
            Profile::parse(name, &text)
        }
    };
    match read {
        Ok(profile) => Ok(Some(profile)),
        Err(problems) => {
            for problem in problems {
                writeln!(out, "{problem}")?;
            }
            Ok(None)
        }
    }
}

/// Judges the cases of each folder by the provider of its place in the list.
fn judge<'a>(
    folders: &[PathBuf],
    provider: impl Fn(usize) -> Option<&'a Provider>,
    all: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::Fine;
    for (at, folder) in folders.iter().enumerate() {
        let cases = read_cases(folder)?;
        let name = name_of(folder);
        let Some(provider) = provider(at) else {
            writeln!(out, "{name}: {} cases, no profile", cases.len())?;
            continue;
        };
        let judged = provider.judge(&cases);
        let count = |wanted: fn(&Judged) -> bool| judged.iter().filter(|one| wanted(one)).count();
        let failed = count(|one| matches!(one.verdict, Came::Failed(_)));
        let passed = count(|one| one.verdict == Came::Passed);
        writeln!(out, "{name}: {passed} passed, {failed} failed, {} not claimed", judged.len() - passed - failed)?;
        for one in judged.iter().filter(|one| all || one.verdict != Came::Passed) {
            writeln!(out, "  {one}")?;
        }
        if failed > 0 {
            verdict = Verdict::Findings;
        }
    }
    Ok(verdict)
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The folder itself, or those in it.
fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !read_cases(folder)?.is_empty() {
        return Ok(vec![folder.to_owned()]);
    }
    let listing = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut folders: Vec<PathBuf> = listing.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    // What begins with _ is no provider.
    folders.retain(|path| path.is_dir() && !name_of(path).starts_with('_'));
    folders.sort();
    Ok(folders)
}

/// All cases in the JSON files of a folder.
fn read_cases(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let listing = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = listing.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let read: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file)?).with_context(|| file.display().to_string())?;
        cases.extend(read);
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said(command: &Command) -> (Verdict, String) {
        let mut out = Vec::new();
        let verdict = run(command, &mut out).unwrap();
        (verdict, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_profile_is_judged_by_cases() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
        let check = |profile: Option<&str>, cases: &Path| {
            said(&Command::Check { profile: profile.map(str::to_owned), cases: Some(cases.to_owned()), all: false })
        };
        let (verdict, text) = check(Some("arkesel"), &root);
        assert!(verdict == Verdict::Fine && text.contains("arkesel: 10 passed, 0 failed"), "{text}");
        let (verdict, text) = check(Some("hubtel"), &root.join("arkesel"));
        assert!(verdict == Verdict::Findings && text.contains("FAILED arkesel/turns#0"), "{text}");
        let (verdict, text) = check(None, &root);
        assert!(verdict == Verdict::Fine && text.contains("yate: ") && !text.contains("FAILED"), "{text}");
    }

    #[test]
    fn problems_and_drafts_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uji.toml");
        fs::write(&file, "title = \"\"\n").unwrap();
        let check = |profile: &str| said(&Command::Check { profile: Some(profile.to_owned()), cases: None, all: false });
        let (verdict, text) = check(&file.display().to_string());
        assert!(verdict == Verdict::Findings && text.contains("uji.toml:1:9: the title is empty"), "{text}");
        assert!(check("nsano").1.contains("a draft: one exchange is known"));
        let shown = said(&Command::Show { profile: "telkomsel-cp".to_owned() }).1;
        for part in [
            "GET /in/CHANNEL/SECRET?",
            "is a message: \"CEK KTP\"",
            "◀ taken: 202",
            "A message leaves as\nGET https://telco.example?cpid=USERNAME",
        ] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(said(&Command::List).1.lines().count() > 80);
    }
}
