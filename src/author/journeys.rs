//! `kentongan check --journeys`: how long people take for what they come for.

use std::io::{self, Write};

use crate::menu::{Menu, PageTime, Patience};

/// A table for each task, and what the networks make of it.
///
/// # Errors
/// If nothing can be written.
pub(super) fn table(menu: &Menu, networks: &[Patience], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "A slow user, in seconds: reading, typing, and waiting for the next page; presses with the one that sends.")?;
    for journey in menu.journeys() {
        let total = journey.total_ms();
        writeln!(out, "\n{} ({}): {} s, {} presses", journey.task, journey.language, seconds(total), journey.presses())?;
        writeln!(out, "  {:24}{:>8}{:>8}{:>8}{:>8}{:>8}", "screen", "septets", "presses", "read", "type", "wait")?;
        for page in &journey.pages {
            writeln!(
                out,
                "  {:24}{:>8}{:>8}{:>8}{:>8}{:>8}",
                page.screen,
                page.septets,
                page.presses,
                seconds(page.reading_ms),
                seconds(page.typing_ms),
                seconds(page.waiting_ms)
            )?;
        }
        for network in networks {
            let longest = journey.pages.iter().map(PageTime::idle_ms).max().unwrap_or(0);
            let fits = longest <= network.idle_secs * 1_000 && total <= network.total_secs * 1_000;
            let verdict = if fits { "in time" } else { "CUT OFF" };
            writeln!(out, "  {verdict}: {} waits {} s for an answer, {} s in all", network.name, network.idle_secs, network.total_secs)?;
        }
    }
    Ok(())
}

fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000)
}
