//! How far a long read has come, for who watches it on a terminal.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};

/// A file that tells on `out` how much of it was read, in whole percents.
pub(super) struct Told<R, W> {
    from: R,
    bytes: u64,
    of: u64,
    /// `None`: nobody watches.
    out: Option<W>,
    shown: Option<u64>,
}

/// Tells on standard error, if that is a terminal: a file or a pipe is no place for what is written over again and again.
pub(super) fn on_terminal(file: File) -> io::Result<Told<File, io::Stderr>> {
    let of = file.metadata()?.len();
    Ok(Told { from: file, bytes: 0, of, out: io::stderr().is_terminal().then(io::stderr), shown: None })
}

impl<R: Read, W: Write> Read for Told<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.bytes += read as u64;
        let percent = self.bytes.saturating_mul(100).checked_div(self.of).unwrap_or(100).min(100);
        if let Some(out) = &mut self.out
            && self.shown != Some(percent)
        {
            self.shown = Some(percent);
            // At the end the line is cleared for the counts that follow.
            let told = if percent == 100 { write!(out, "\r\x1b[K") } else { write!(out, "\r{percent} %") };
            told.and_then(|()| out.flush())?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_percent_is_told_once() {
        let mut out = Vec::new();
        let mut told = Told { from: [7_u8; 1000].as_slice(), bytes: 0, of: 1000, out: Some(&mut out), shown: None };
        let mut buffer = [0; 250];
        while told.read(&mut buffer[..]).unwrap() > 0 {}
        assert_eq!(String::from_utf8(out).unwrap(), "\r25 %\r50 %\r75 %\r\u{1b}[K");
    }

    #[test]
    fn an_empty_file_has_no_percents_and_nobody_is_told_what_they_do_not_watch() {
        let mut out = Vec::new();
        let mut told = Told { from: [].as_slice(), bytes: 0, of: 0, out: Some(&mut out), shown: None };
        assert_eq!(told.read(&mut [0; 8]).unwrap(), 0);
        assert_eq!(String::from_utf8(out).unwrap(), "\r\u{1b}[K");
        let mut unseen: Told<&[u8], Vec<u8>> = Told { from: &[1, 2], bytes: 0, of: 2, out: None, shown: None };
        assert_eq!(unseen.read(&mut [0; 8]).unwrap(), 2);
    }
}
