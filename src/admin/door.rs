//! The gateway's side of the socket. Each connection has a thread of its own: it may read a long file or write a long backup.

use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::{End, Here, Reply, Request, Running, answer, socket};
use crate::clock;
use crate::exit::Exit;
use crate::gateway::Reloader;
use crate::server::Server;

/// Questions answered at once. There are few operators, and each may keep a thread busy for a while.
const AT_ONCE_MAX: usize = 4;
/// Longest question; the longest part of one is the path of a folder.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;
/// Whoever asks and then neither reads nor writes for so long is gone.
const STALL_MAX: Duration = Duration::from_secs(30);
/// After an accept that failed: out of file handles, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// A socket that is listened on; its file goes with it.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    listener: UnixListener,
    /// The user who may ask, besides root.
    owner: u32,
    places: Arc<Semaphore>,
}

impl Door {
    /// Opens the door of a data folder, whose store must be open: then a socket that is there already is of a gateway that is gone.
    ///
    /// # Errors
    /// If there can be no socket, for example because its path would be longer than 107 bytes.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = socket(data);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        // Who has come in before this is looked at below.
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&path)?.uid();
        Ok(Self { path, listener, owner, places: Arc::new(Semaphore::new(AT_ONCE_MAX)) })
    }

    /// Answers for as long as it is polled.
    pub async fn serve(self, server: Arc<Server>, menus: Arc<Reloader>) {
        let since = server.turns().clock().now();
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the admin socket cannot accept");
                    clock::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            if !stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0) {
                tracing::warn!("somebody else knocked at the admin socket");
                continue;
            }
            // Who finds no place sees the connection end, and may ask again.
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { continue };
            let (server, menus, runtime) = (Arc::clone(&server), Arc::clone(&menus), Handle::current());
            let talk = move || {
                let talked =
                    stream.into_std().and_then(|stream| converse(&stream, Running { server: &server, menus: &menus, since }, &runtime));
                if let Err(error) = talked {
                    tracing::warn!(%error, "a question at the admin socket was not answered");
                }
                drop(place);
            };
            if let Err(error) = std::thread::Builder::new().name("admin".to_owned()).spawn(talk) {
                tracing::warn!(%error, "no thread for a question at the admin socket");
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Left behind it does no harm: the next gateway removes it, and nobody answers there.
        let _stays = fs::remove_file(&self.path);
    }
}

fn converse(stream: &UnixStream, running: Running<'_>, runtime: &Handle) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(STALL_MAX))?;
    stream.set_write_timeout(Some(STALL_MAX))?;
    let (mut input, mut out) = (BufReader::new(stream), BufWriter::new(stream));
    let mut line = String::new();
    input.by_ref().take(REQUEST_BYTES_MAX).read_line(&mut line)?;
    let turns = running.server.turns();
    let here = Here { store: turns.store(), places: &turns.office().places, clock: turns.clock(), runtime, running: Some(running) };
    let end = match serde_json::from_str::<Request>(&line) {
        Err(error) => End { exit: Exit::Usage, error: Some(format!("not understood: {error}")) },
        Ok(request) => match answer(&request, &here, &mut input, &mut |reply| put(&mut out, &reply)) {
            Ok(exit) => End { exit, error: None },
            Err(error) => End { exit: Exit::of(&error), error: Some(format!("{error:#}")) },
        },
    };
    put(&mut out, &Reply::End(end))?;
    out.flush()?;
    // What is left unread when the socket closes would cost the other side our answer.
    io::copy(&mut input, &mut io::sink()).map(drop)
}

fn put(out: &mut impl io::Write, reply: &Reply) -> io::Result<()> {
    serde_json::to_writer(&mut *out, reply)?;
    out.write_all(b"\n")
}
