//! The other side: a command that asks.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Context as _;

use super::answer::Take;
use super::{End, Reply, Request, socket};

/// Asks the gateway that runs on `data`; `None` if none does. `upload` is what follows an import.
///
/// # Errors
/// If the socket is not ours to open, the conversation breaks off, or a reply cannot be handed over.
pub fn ask(data: &Path, request: &Request, upload: &mut dyn Read, take: Take<'_>) -> anyhow::Result<Option<End>> {
    let path = socket(data);
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("{}: run this as the gateway's own user or as root", path.display())),
    };
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    // Whoever does not read to the end says why, and that is the error to show.
    let _said_below =
        (&stream).write_all(&line).and_then(|()| io::copy(upload, &mut &stream)).and_then(|_| stream.shutdown(Shutdown::Write));
    for line in BufReader::new(&stream).lines() {
        match serde_json::from_str(&line?).context("the gateway runs another version")? {
            Reply::End(end) => return Ok(Some(end)),
            reply => take(reply)?,
        }
    }
    anyhow::bail!("the gateway broke off; it may have stopped, or be busy with other questions")
}
