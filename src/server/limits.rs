//! What the edge accepts, and how many at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A callback takes under 1 KiB; the longest form seen has long names and still fits thrice.
pub(super) const BODY_BYTES_MAX: usize = 8 * 1024;
/// Of telcos that send many messages or reports at once: a hundred of Infobip's have 60 KiB.
pub(super) const LIST_BYTES_MAX: usize = 256 * 1024;
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;
pub(super) const HEADERS_MAX: usize = 64;
/// A message of ten 16-bit parts, percent-encoded by the byte, has 4 KiB.
pub(super) const URI_BYTES_MAX: usize = 8 * 1024;
/// A handshake takes two round trips; who stalls it is gone after this.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// Also how long an idle connection stays open. Whoever sends a head byte by byte is gone after it.
pub(super) const HEAD_TIME_MAX: Duration = Duration::from_secs(5);
pub(super) const BODY_TIME_MAX: Duration = Duration::from_secs(5);
/// After SIGTERM: longer than any turn, shorter than what service managers wait.
pub(super) const DRAIN_MAX: Duration = Duration::from_secs(9);
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Open connections in all: file handles are usually limited to a few thousand.
const CONNECTIONS_MAX: usize = 4_096;
/// Open connections of one peer: one telco's proxy may hold most of the traffic, but never all places.
const CONNECTIONS_OF_PEER_MAX: usize = 2_048;

/// Counts connections, in all and by peer.
#[derive(Debug)]
pub(super) struct Doors {
    places: Arc<Semaphore>,
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _place: OwnedSemaphorePermit,
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
    peer: IpAddr,
}

impl Doors {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), peers: Arc::default() }
    }

    /// Waits for a free place. `None` never comes: the semaphore is not closed while it is ours.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// `None` if the peer has as many connections as it may have.
    pub(super) fn seat(&self, place: Option<OwnedSemaphorePermit>, peer: IpAddr) -> Option<Seat> {
        let place = place?;
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = peers.entry(peer).or_default();
        if *count >= CONNECTIONS_OF_PEER_MAX {
            return None;
        }
        *count += 1;
        Some(Seat { _place: place, peers: Arc::clone(&self.peers), peer })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = peers.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                peers.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_peer_cannot_take_every_place() {
        let doors = Doors::new();
        let peer = IpAddr::from([127, 0, 0, 1]);
        let mut seats = Vec::new();
        for _ in 0..CONNECTIONS_OF_PEER_MAX {
            seats.push(doors.seat(doors.place().await, peer).unwrap());
        }
        assert!(doors.seat(doors.place().await, peer).is_none());
        assert!(doors.seat(doors.place().await, IpAddr::from([127, 0, 0, 2])).is_some());
        seats.pop();
        assert!(doors.seat(doors.place().await, peer).is_some());
    }
}
