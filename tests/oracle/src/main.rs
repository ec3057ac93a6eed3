//! # The oracle
//!
//! A second program that judges the gateway from outside. It plays the telco and the citizens over the network, keeps its own ledger
//! of every request and reply, kills the gateway with SIGKILL, and reads the store only through `kentongan store export`. It shares no
//! code with the gateway: a mistake made twice would be no test.
//!
//! ```text
//! cargo build --release --manifest-path tests/oracle/Cargo.toml
//! tests/oracle/target/release/oracle MODE --gateway target/release/kentongan --data NEW-FOLDER [--port 18080] [--seed 1] …
//! ```
//!
//! | mode | what happens | own options (defaults) |
//! |---|---|---|
//! | `kill` | 200 kills under load and during start-up; retries; the store compared with the ledger | `--kills 200 --callers 32 --citizens 20000 --check-every 10` |
//! | `sms` | the same in earnest: with the head of the office answering complaints by message; an officer who plans, publishes and cancels stops of the mobile unit, for villages that join its lists, are invited and book; coordinators, neighbours who say yes and stop, and announcements that a second person approves; and with an aggregator that breaks lines, is busy, and reports early, twice and out of order; what the phones got compared with the store. On a clock of its own, so that every run is a working day | as `kill` |
//! | `race` | 1,000 citizens in 8 processes race for one window with 3 seats, kills in the middle | `--racers 1000 --processes 8 --seats 3 --kills 2 --place 'Dukcapil Sekayu' --need 4` |
//! | `damage` | after a kill, sled's folder is deleted or one bit of one file flipped; all acknowledged effects must still be there | `--rounds 40 --load-ms 300` |
//! | `powercut` | from a trace of every write and sync, 200 folders as a power cut would leave them; all acknowledged effects must be there | `--images 200 --load-ms 3000 --bookings 1 --names strict\|ext4 --ignore-syncs` |
//! | `canary` | looks for NIK, KK and numbers in clear in what another mode left, or in the files named | `--needles DATA.needles`, paths `DATA DATA.log` |
//!
//! `--data` names a folder that does not exist yet; beside it the run leaves `.ledger` (requests and replies), `.log` and `.out` (what the
//! gateway wrote to stderr and stdout) and `.needles` (what `canary` must not find elsewhere). `--outgoing optional` is for a gateway that has no way to send an SMS.
//!
//! The last line on stdout is a JSON summary, violations are told on stderr. Exit 0: every invariant held. 1: violated. 2: could not run.
//!
//! The invariants: L1 every acknowledged effect is in the store; L2 at most one effect a request, and a repeat gets the same bytes;
//! L3 nothing in the store that nobody asked for; L4 slot, booking, code, ticket, stop and SMS agree, and who lost a seat has another or comes first in the list; L5 no window has more bookings than seats;
//! L6 every message comes to one end, and arrives twice only where nobody could know that it had; an invitation or announcement is left once for a number, and only for whom it is; L8 no page tells of an effect that is not stored, none denies one that is; L9 nobody is shown what is another's.

mod aggregator;
mod caller;
mod canary;
mod clock;
mod crew;
mod crowd;
mod damage;
mod desk;
mod drive;
mod export;
mod findings;
mod gateway;
mod herald;
mod judge;
mod kill;
mod ledger;
mod letter;
mod messages;
mod options;
mod outreach;
mod page;
mod people;
mod powercut;
mod race;
mod racer;
mod random;
mod script;
mod sms;
mod texter;
mod tickets;
mod unit;
mod units;
mod villager;
mod wire;

use std::process::ExitCode;

use serde_json::Value;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = options::parse(&words).and_then(|options| match options.mode.as_str() {
        "kill" => kill::run(&options),
        "sms" => sms::run(&options),
        "race" => race::run(&options),
        "canary" => canary::run(&options),
        "damage" => damage::run(&options),
        "powercut" => powercut::run(&options),
        "race-worker" => racer::run(&options),
        other => Err(format!("`{other}` is not built")),
    });
    match outcome {
        Ok((summary, shown)) => tell(&summary, &shown),
        Err(problem) => {
            eprintln!("oracle: {problem}");
            ExitCode::from(2)
        }
    }
}

fn tell(summary: &Value, shown: &[String]) -> ExitCode {
    for line in shown {
        eprintln!("{line}");
    }
    println!("{summary}");
    ExitCode::from(u8::from(summary.get("violations").and_then(Value::as_u64) != Some(0)))
}
