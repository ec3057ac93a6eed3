//! The command line, described for shells and for `man`: made from the commands themselves, so it cannot say anything else than they do.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::Command;
use clap_complete::{Shell, generate};

/// What makes a shell complete our commands, for it to read at its start.
pub fn completions(mut command: Command, shell: Shell, out: &mut impl Write) {
    let name = command.get_name().to_owned();
    generate(shell, &mut command, name, out);
}

/// A page for `man` for the program and for each of its commands, into a folder that is made if need be.
///
/// # Errors
/// If the folder cannot be written to.
pub fn pages(command: Command, folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
