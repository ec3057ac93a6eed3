//! Another time of day for the gateway. People are invited by day only, and an announcement leaves minutes after it was approved: so a run
//! begins on the morning of a working day, whenever it is made, and time is skipped while everybody stands still.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// Monday, 7 December 2026, 08:30 in Western Indonesian Time: all hours of the office lie ahead, and no holiday for two weeks.
const BEGINS: u64 = 1_796_607_000;
const SOURCE: &str = include_str!("clock.c");

/// Stands before the clock of every process that is started with it.
#[derive(Debug, Clone)]
pub struct Clock {
    shim: PathBuf,
    /// Seconds by which the machine's own clock is behind.
    ahead: i64,
}

impl Clock {
    /// Builds what shows the other time, beside the gateway's folder.
    pub fn begin(shim: &Path) -> Result<Clock, String> {
        let source = shim.with_extension("c");
        fs::write(&source, SOURCE).map_err(|e| format!("{}: {e}", source.display()))?;
        let mut command = Command::new("cc");
        command.args(["-O2", "-shared", "-fPIC", "-o"]).arg(shim).arg(&source).stdin(Stdio::null());
        let built = command.status().map_err(|e| format!("cc: {e}"))?;
        if !built.success() {
            return Err(format!("cc could not build {}", source.display()));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?.as_secs();
        let ahead = i64::try_from(BEGINS).unwrap_or(0) - i64::try_from(now).unwrap_or(0);
        Ok(Clock { shim: shim.to_owned(), ahead })
    }

    pub fn stand_before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.shim).env("ORACLE_AHEAD", self.ahead.to_string());
    }

    /// For processes that are started from now on.
    pub fn skip(&mut self, secs: u32) {
        self.ahead += i64::from(secs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_the_other_day_and_what_is_skipped() {
        let shim = std::env::temp_dir().join(format!("oracle-clock-{}.so", std::process::id()));
        let mut clock = Clock::begin(&shim).unwrap();
        let shown = |clock: &Clock| {
            let mut command = Command::new("date");
            clock.stand_before(command.args(["-u", "+%F %H:%M"]));
            String::from_utf8(command.output().unwrap().stdout).unwrap()
        };
        assert_eq!(shown(&clock), "2026-12-07 01:30\n");
        clock.skip(3_600);
        assert_eq!(shown(&clock), "2026-12-07 02:30\n");
        fs::remove_file(shim.with_extension("c")).unwrap();
        fs::remove_file(&shim).unwrap();
    }
}
