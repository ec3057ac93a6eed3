//! Looks at the machine.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use http::Uri;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::Finding;
use super::judge::{self, Port, Seen};
use crate::admin::{self, Reply, Request, Status};
use crate::clock::{self, Clock, Timestamp};
use crate::config::{Called, Config};
use crate::store::{Store, free_bytes};

/// As the outbox waits for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(3);

pub(super) fn around(config: &Config, clock: &Clock, runtime: &Handle) -> Vec<Finding> {
    let (data, now) = (config.data_folder(), clock.now());
    let mut found = vec![judge::disk(&data, free_bytes(nearest(&data))), judge::clock(now, newest(&data))];
    found.extend(judge::data(&data, seen(&data).as_ref(), &inside(&data)));
    let open: Vec<_> = config.secret_files().iter().filter_map(|file| judge::secret(&seen(file)?)).collect();
    found.extend(if open.is_empty() { vec![Finding::fine("secrets", "only their owner may read them")] } else { open });
    // Keys that cannot be read are the config's problem already, and files that cannot be are told of above.
    let opens = config.read_keys().ok().and_then(|keys| Store::opens_with(&data, &keys).ok());
    found.extend(opens.map(|opens| judge::keys(&config.key_file(), opens)));
    // Places that cannot be read are the config's problem already.
    found.extend(config.read_places().ok().map(|places| judge::holidays(places.known_days(now.day()))));
    match status(&data) {
        Ok(status) => {
            found.extend(judge::gateway(status.as_ref().map(|status| &status.health)));
            let listeners = [Some(config.listen.callbacks), config.listen.health, config.listen.phone];
            found.extend(listeners.into_iter().flatten().map(|at| judge::port(&at.to_string(), port(at), status.is_some())));
        }
        Err(error) => found.push(Finding::error("gateway", format!("{error:#}"), "run this as the gateway's own user or as root")),
    }
    found.extend(config.called().iter().map(|called| runtime.block_on(reach(called))));
    found
}

/// The folder, or the nearest one above it that is there.
fn nearest(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"))
}

fn seen(path: &Path) -> Option<Seen> {
    let metadata = fs::metadata(path).ok()?;
    Some(Seen { path: path.to_owned(), owner: metadata.uid(), mode: metadata.mode() })
}

fn inside(data: &Path) -> Vec<Seen> {
    let folders = [data.to_owned(), data.join("journal"), data.join("checkpoint"), data.join("sled")];
    folders.iter().flat_map(|folder| entries(folder)).filter_map(|path| seen(&path)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// When the newest segment of the journal was written.
fn newest(data: &Path) -> Option<Timestamp> {
    let written = entries(&data.join("journal")).into_iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok());
    let age = written.max()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_millis(i64::try_from(age.as_millis()).ok()?))
}

/// `None`: no gateway runs.
fn status(data: &Path) -> anyhow::Result<Option<Status>> {
    let mut status = None;
    admin::ask(data, &Request::Status, &mut io::empty(), &mut |reply| {
        if let Reply::Status(told) = reply {
            status = Some(told);
        }
        Ok(())
    })?;
    Ok(status)
}

/// Listens for a moment.
fn port(address: SocketAddr) -> Port {
    match TcpListener::bind(address).map_err(|error| error.kind()) {
        Ok(_) => Port::Free,
        Err(ErrorKind::PermissionDenied) => Port::Forbidden,
        Err(ErrorKind::AddrNotAvailable) => Port::Elsewhere,
        Err(_) => Port::Taken,
    }
}

async fn reach(called: &Called) -> Finding {
    // An address with `{nik}` in its path is none yet; its host is.
    let uri = called.url.split(['{', '?']).next().unwrap_or_default().parse::<Uri>();
    let usual = |uri: &Uri| if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let Some((host, port)) = uri.ok().and_then(|uri| Some((uri.host()?.to_owned(), uri.port_u16().unwrap_or(usual(&uri))))) else {
        return judge::reach(&called.name, "its address", Some("it cannot be read"));
    };
    let why = match clock::within(CONNECT_MAX, TcpStream::connect((host.trim_matches(['[', ']']), port))).await {
        Some(Ok(_)) => None,
        Some(Err(error)) => Some(error.to_string()),
        None => Some("it does not answer".to_owned()),
    };
    judge::reach(&called.name, &format!("{host}:{port}"), why.as_deref())
}
