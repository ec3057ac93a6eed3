//! Nonces of signed requests: each stands for one request. The same request may come again, since telcos repeat what they got no answer
//! to, and is answered alike; under its nonce no other is taken. Without that, a signature that leaves the body out, as Plivo's does,
//! would hold for any body once somebody has seen it.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest as _, Sha256};

use super::Request;

/// Kept for one channel, the oldest forgotten first: ten minutes of thirty messages a second, in 4 MiB at most.
const NONCES_MAX: usize = 20_000;

/// A nonce whose signature held, and the request that it came with. Digests, so that neither their length nor their words are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    nonce: [u8; 32],
    request: [u8; 32],
}

impl Once {
    pub(super) fn new(nonce: &str, request: &Request<'_>) -> Self {
        let mut digest = Sha256::new();
        for part in [request.method.as_str().as_bytes(), request.path.as_bytes(), request.query.as_bytes(), request.body] {
            // With its length, so that no end of one part is the beginning of the next.
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self { nonce: Sha256::digest(nonce).into(), request: digest.finalize().into() }
    }
}

/// Which nonces a channel has seen since the start.
#[derive(Debug, Default)]
pub struct Nonces {
    requests: HashMap<[u8; 32], [u8; 32]>,
    oldest_first: VecDeque<[u8; 32]>,
}

impl Nonces {
    /// False if another request came with this nonce.
    pub fn admit(&mut self, once: &Once) -> bool {
        if let Some(request) = self.requests.get(&once.nonce) {
            return *request == once.request;
        }
        if self.oldest_first.len() == NONCES_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.requests.remove(&oldest);
        }
        self.requests.insert(once.nonce, once.request);
        self.oldest_first.push_back(once.nonce);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http::{HeaderMap, Method};

    use super::*;

    fn once(nonce: &str, path: &str, query: &str, body: &str) -> Once {
        let (method, headers, peer) = (Method::POST, HeaderMap::new(), Ipv4Addr::LOCALHOST.into());
        Once::new(nonce, &Request { method: &method, path, query, headers: &headers, body: body.as_bytes(), peer })
    }

    #[test]
    fn under_a_nonce_only_its_own_request_is_taken() {
        let mut nonces = Nonces::default();
        for (came, expected) in [
            (once("n1", "", "", "Text=CEK"), true),
            (once("n1", "", "", "Text=CEK"), true),
            (once("n1", "", "", "Text=BATAL"), false),
            (once("n1", "/x", "", "Text=CEK"), false),
            (once("n1", "", "Text=CEK", ""), false),
            (once("n2", "", "", "Text=BATAL"), true),
            (once("n1", "", "", "Text=CEK"), true),
        ] {
            assert_eq!(nonces.admit(&came), expected, "{came:?}");
        }
    }

    #[test]
    fn the_oldest_is_forgotten_first_and_no_more_are_kept() {
        let mut nonces = Nonces::default();
        for at in 0..=NONCES_MAX {
            assert!(nonces.admit(&once(&at.to_string(), "", "", "a")));
        }
        assert_eq!((nonces.requests.len(), nonces.oldest_first.len()), (NONCES_MAX, NONCES_MAX));
        assert!(!nonces.admit(&once("1", "", "", "b")), "still known");
        assert!(nonces.admit(&once("0", "", "", "b")), "forgotten");
    }
}
