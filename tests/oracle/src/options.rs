//! The command line: `oracle MODE --gateway PATH --data DIR [--name value]… [PATH]…`.

use std::path::PathBuf;

/// Everything a mode may be told. A name that no mode knows is refused.
#[derive(Debug, Clone)]
pub struct Options {
    pub mode: String,
    /// The gateway's program.
    pub gateway: PathBuf,
    /// Folder that the gateway makes; must not exist before a run, so that nothing in it is unknown to the ledger.
    pub data: PathBuf,
    pub port: u16,
    /// Citizens of the demo; also the number of different NIK the callers use.
    pub citizens: u32,
    pub seed: u64,
    pub callers: u32,
    /// Kills in `kill` and `sms` (start-up kills included) and in `race`.
    pub kills: u32,
    /// In `kill` and `sms`: compare the store with the ledger after so many kills.
    pub check_every: u32,
    pub rounds: u32,
    pub images: u32,
    /// Milliseconds of load in a round of `damage` and in `powercut`.
    pub load_ms: u64,
    /// Of a hundred dialogues so many book. Few leave long stretches that no sync covers, many put effects at every cut.
    pub bookings: u64,
    /// Seats in a window (`race`).
    pub seats: u32,
    /// What the racers want done, 1 to 5.
    pub need: u8,
    /// The office for which the racers race: a word of its option.
    pub place: String,
    pub racers: u32,
    pub processes: u32,
    /// Must every booking have left an SMS? False for a gateway without a way to send one.
    pub outgoing: bool,
    /// Does an fsync of a new file make its name durable, as on ext4? False is the strict reading: its folder must be synced.
    pub names_by_fsync: bool,
    /// Pretend that no sync ever reached the disk: the run must then report losses. A test of this program.
    pub ignore_syncs: bool,
    /// File with one digit string a line (NIK, KK or number) for `canary`.
    pub needles: Option<PathBuf>,
    /// Files and folders for `canary`.
    pub paths: Vec<PathBuf>,
    /// First phone and number of phones of one `race-worker`.
    pub first: u32,
    pub count: u32,
    /// Keep what a round of `damage` or an image of `powercut` left behind when it failed.
    pub keep: bool,
}

const MODES: &[&str] = &["kill", "sms", "race", "race-worker", "damage", "powercut", "canary"];

pub fn parse(words: &[String]) -> Result<Options, String> {
    let mode = words.first().ok_or("name a mode")?;
    if !MODES.contains(&mode.as_str()) {
        return Err(format!("`{mode}` is no mode; the modes are {}", MODES.join(", ")));
    }
    let mut options = defaults(mode);
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        let Some(name) = word.strip_prefix("--") else {
            options.paths.push(PathBuf::from(word));
            continue;
        };
        match name {
            "ignore-syncs" => options.ignore_syncs = true,
            "keep" => options.keep = true,
            _ => {
                let value = rest.next().ok_or_else(|| format!("--{name} needs a value"))?;
                set(&mut options, name, value)?;
            }
        }
    }
    Ok(options)
}

fn set(options: &mut Options, name: &str, value: &str) -> Result<(), String> {
    match name {
        "gateway" => options.gateway = PathBuf::from(value),
        "data" => options.data = PathBuf::from(value),
        "port" => options.port = number(name, value)?,
        "citizens" => options.citizens = number(name, value)?,
        "seed" => options.seed = number(name, value)?,
        "callers" => options.callers = number(name, value)?,
        "kills" => options.kills = number(name, value)?,
        "check-every" => options.check_every = number(name, value)?,
        "rounds" => options.rounds = number(name, value)?,
        "images" => options.images = number(name, value)?,
        "bookings" => options.bookings = number(name, value)?,
        "load-ms" => options.load_ms = number(name, value)?,
        "seats" => options.seats = number(name, value)?,
        "need" => options.need = number(name, value)?,
        "place" => options.place = value.to_owned(),
        "racers" => options.racers = number(name, value)?,
        "processes" => options.processes = number(name, value)?,
        "needles" => options.needles = Some(PathBuf::from(value)),
        "first" => options.first = number(name, value)?,
        "count" => options.count = number(name, value)?,
        "outgoing" => options.outgoing = either(name, value, "required", "optional")?,
        "names" => options.names_by_fsync = either(name, value, "ext4", "strict")?,
        _ => return Err(format!("--{name} is not known")),
    }
    Ok(())
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("--{name} needs a whole number, not `{value}`"))
}

fn either(name: &str, value: &str, yes: &str, no: &str) -> Result<bool, String> {
    if value == yes {
        Ok(true)
    } else if value == no {
        Ok(false)
    } else {
        Err(format!("--{name} is `{yes}` or `{no}`"))
    }
}

fn defaults(mode: &str) -> Options {
    let (citizens, callers) = match mode {
        "kill" => (20_000, 32),
        "sms" => (13_000, 24),
        "race" | "race-worker" => (2_000, 1),
        // A strace of every byte written: few citizens keep it short.
        "powercut" => (300, 4),
        _ => (2_000, 8),
    };
    Options {
        mode: mode.to_owned(),
        gateway: PathBuf::from("target/release/kentongan"),
        data: PathBuf::new(),
        port: 18_080,
        citizens,
        seed: 1,
        callers,
        kills: if mode == "race" { 2 } else { 200 },
        check_every: 10,
        rounds: 40,
        images: 200,
        bookings: match mode {
            "powercut" => 1,
            "sms" => 40,
            _ => 15,
        },
        load_ms: if mode == "powercut" { 3_000 } else { 300 },
        seats: 3,
        need: 4,
        place: "Dukcapil Sekayu".to_owned(),
        racers: 1_000,
        processes: 8,
        outgoing: true,
        names_by_fsync: false,
        ignore_syncs: false,
        needles: None,
        paths: Vec::new(),
        first: 0,
        count: 0,
        keep: false,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn reads_names_and_paths() {
        let options = parse(&words("canary --data d --port 9 --keep a b --outgoing optional")).unwrap();
        assert_eq!((options.port, options.keep, options.outgoing, options.paths.len()), (9, true, false, 2));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for line in ["fly", "kill --speed 3", "kill --port x", "kill --port", "kill --names soft"] {
            assert!(parse(&words(line)).is_err(), "{line}");
        }
    }
}
