//! F16 and "sled is not the truth": after a kill either sled's folder is gone or one bit of one file is wrong. Everything that was
//! acknowledged must be there again, unchanged.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::crew::{Phase, Stage};
use crate::crowd::crowd;
use crate::drive::Drive;
use crate::export::Export;
use crate::findings::{Findings, kind};
use crate::gateway::{Gateway, copy_folder, files_below};
use crate::judge;
use crate::ledger::{Effect, Ledger, Told};
use crate::options::Options;
use crate::random::Random;

/// Every so many rounds sled's folder goes; the others flip a bit.
const SLED_GOES_EVERY: u32 = 4;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let gateway = Gateway::new(options)?;
    let mut running = gateway.start()?;
    gateway.wait_ready(&mut running)?;
    let ledger = Ledger::create(&gateway.beside("ledger")).map_err(|e| format!("the ledger: {e}"))?;
    let stage = Stage::new(gateway.port, gateway.citizens()?, ledger, Phase::Down);
    let mut random = Random::new(options.seed);
    let mut drive = Drive::new(gateway, &stage, running);
    let began = Instant::now();
    let bad = thread::scope(|scope| {
        for n in 0..options.callers {
            let random = random.fork(u64::from(n));
            let stage = &stage;
            scope.spawn(move || crowd(stage, n, options, random));
        }
        let done = rounds(&mut drive, options, &mut random);
        stage.set(Phase::Over);
        done
    });
    let findings = &stage.findings;
    let bad = bad.unwrap_or_else(|problem| {
        findings.add(kind::UNOPENED, problem);
        Vec::new()
    });
    let effects = stage.ledger.effects();
    let acked = effects.iter().filter(|e| matches!(e.told, Told::Saved { .. } | Told::Cancelled)).count();
    let slowest = drive.restarts.iter().max().map(Duration::as_millis);
    let summary = json!({
        "mode": "damage", "seed": options.seed, "rounds": options.rounds, "acked": acked, "bad_rounds": bad,
        "restart_max_ms": slowest.and_then(|ms| u64::try_from(ms).ok()), "took_s": began.elapsed().as_secs_f64().round(),
        "findings": findings.counts(), "violations": findings.total(),
    });
    Ok((summary, findings.shown()))
}

/// What was done to the folder in the rounds that broke something.
fn rounds(drive: &mut Drive<'_>, options: &Options, random: &mut Random) -> Result<Vec<String>, String> {
    let mut bad = Vec::new();
    for round in 1..=options.rounds {
        drive.up()?;
        drive.load_for(Duration::from_millis(options.load_ms));
        let data = drive.gateway.data.clone();
        let before = drive.gateway.beside(&format!("round-{round}"));
        copy_folder(&data, &before)?;
        let broken_before = drive.stage.findings.total();
        let done = if round % SLED_GOES_EVERY == 1 { remove_sled(&data)? } else { flip_a_bit(&data, random)? };
        if let Err(problem) = drive.up() {
            drive.stage.findings.add(kind::UNOPENED, format!("round {round}, {done}: {problem}"));
            // It never ran, so nothing was acknowledged since: the next round begins from the undamaged copy.
            fs::remove_dir_all(&data).map_err(|e| e.to_string())?;
            copy_folder(&before, &data)?;
        } else if let Err(problem) = judge_round(drive, options, &before) {
            drive.stage.findings.add(kind::UNOPENED, format!("round {round}, {done}: {problem}"));
        }
        let broke = drive.stage.findings.total() > broken_before;
        if broke {
            bad.push(format!("round {round}: {done}"));
        }
        if !(broke && options.keep) {
            fs::remove_dir_all(&before).map_err(|e| e.to_string())?;
        }
    }
    drive.down();
    Ok(bad)
}

/// The gateway runs on the damaged folder: lets open requests be answered, and compares with the ledger and with the undamaged copy.
fn judge_round(drive: &mut Drive<'_>, options: &Options, before: &Path) -> Result<(), String> {
    let known = drive.stage.ledger.effects();
    // An export may repair what it reads; it gets a copy of its own.
    let spare = drive.gateway.beside("spare");
    copy_folder(before, &spare)?;
    let sound = drive.gateway.export(&spare);
    fs::remove_dir_all(&spare).map_err(|e| e.to_string())?;
    drive.settle(options.callers)?;
    drive.down();
    let after = drive.gateway.export(&drive.gateway.data)?;
    drive.gateway.verify(&drive.gateway.data)?;
    let findings = &drive.stage.findings;
    judge::judge(&after, &drive.stage.ledger.effects(), options.outgoing, findings);
    unchanged(&sound?, &after, &known, findings);
    Ok(())
}

/// Need, place and time of every acknowledged booking are what they were; whether it stands is judged by the ledger.
fn unchanged(before: &Export, after: &Export, known: &[Effect], findings: &Findings) {
    for effect in known {
        let Told::Saved { code, .. } = &effect.told else { continue };
        let (Some(old), Some(new)) = (before.bookings.get(code), after.bookings.get(code)) else { continue };
        let same = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| (&old.need, &old.at) == (&new.need, &new.at));
        if !same {
            findings.add(kind::LOST, format!("{code} is not what it was before the damage"));
        }
    }
}

fn remove_sled(data: &Path) -> Result<String, String> {
    let sled = data.join("sled");
    fs::remove_dir_all(&sled).map_err(|e| format!("{}: {e}", sled.display()))?;
    Ok("sled's folder deleted".to_owned())
}

/// One bit of one file, each file as likely as any other. What the gateway itself has put aside as broken is left alone.
fn flip_a_bit(data: &Path, random: &mut Random) -> Result<String, String> {
    let files: Vec<(PathBuf, u64)> = files_below(data)
        .into_iter()
        .filter(|file| !file.to_string_lossy().contains(".bad"))
        .filter_map(|file| Some((file.clone(), fs::metadata(&file).ok()?.len())))
        .filter(|(_, length)| *length > 0)
        .collect();
    let chosen = usize::try_from(random.below(files.len() as u64)).ok().and_then(|at| files.get(at));
    let (file, length) = chosen.ok_or("no file to damage")?;
    let (at, bit) = (random.below(*length), random.below(8));
    let mut bytes = fs::read(file).map_err(|e| e.to_string())?;
    let byte = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)).ok_or("a file that shrinks")?;
    *byte ^= 1 << bit;
    fs::write(file, bytes).map_err(|e| e.to_string())?;
    let name = file.strip_prefix(data).unwrap_or(file);
    Ok(format!("bit {bit} of byte {at} of {length} in {} flipped", name.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_bit_changes() {
        let folder = std::env::temp_dir().join(format!("oracle-flip-{}", std::process::id()));
        fs::create_dir_all(folder.join("sled.bad-1")).unwrap();
        fs::write(folder.join("a"), [0; 100]).unwrap();
        fs::write(folder.join("empty"), []).unwrap();
        fs::write(folder.join("sled.bad-1/b"), [0; 100]).unwrap();
        let mut random = Random::new(3);
        for flips in 1..20 {
            let before = fs::read(folder.join("a")).unwrap();
            let told = flip_a_bit(&folder, &mut random).unwrap();
            let after = fs::read(folder.join("a")).unwrap();
            let changed: u32 = before.iter().zip(&after).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!(changed, 1, "{flips}: {told}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
