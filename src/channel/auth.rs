//! Who may call: the peer's address and a secret path segment, judged on the raw request before anything is parsed.
//!
//! Most USSD aggregators sign nothing, so these two are what there is. Schemes that sign the body get the whole raw request in
//! `Gate::admit`, which is why it is handed over unparsed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::Request;

/// Shortest secret in bytes: 16 letters of base64url are 96 bits, beyond guessing over a network.
const SECRET_BYTES_MIN: usize = 16;
/// Longest secret in bytes: a path segment that every proxy passes on.
const SECRET_BYTES_MAX: usize = 128;

/// What a request must show.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) addresses: Vec<NetPrefix>,
    pub(super) secret: Option<Secret>,
}

impl Gate {
    /// The path without the secret, or `None`: not from the telco.
    pub(super) fn admit<'a>(&self, request: &Request<'a>) -> Option<&'a str> {
        if self.knows(request.peer) { self.behind_the_secret(request) } else { None }
    }

    pub(super) fn knows(&self, peer: IpAddr) -> bool {
        self.addresses.is_empty() || self.addresses.iter().any(|prefix| prefix.contains(peer))
    }

    pub(super) fn behind_the_secret<'a>(&self, request: &Request<'a>) -> Option<&'a str> {
        let Some(secret) = &self.secret else { return Some(request.path) };
        let shown = request.path.strip_prefix('/')?;
        let (segment, rest) = shown.find('/').map_or((shown, ""), |slash| shown.split_at(slash));
        secret.is(segment).then_some(rest)
    }
}

/// A word that only the telco knows. Never printed.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(super) fn is(&self, shown: &str) -> bool {
        // In constant time, or the time of a wrong guess would tell how much of it was right.
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// In clear, for the telco to which it belongs.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Why this would not do as a path segment.
    pub(super) fn flaw(&self) -> Option<String> {
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&self.0.len()) {
            return Some(format!("must have {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} letters"));
        }
        // Others would have to be percent-encoded, and telcos differ in how they do that.
        let plain = self.0.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (!plain).then(|| "may hold only letters, digits, `-` and `_`".to_owned())
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(word: T) -> Self {
        Self(word.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A range of addresses: `10.20.0.0/16`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NetPrefix {
    address: IpAddr,
    bits: u8,
}

impl NetPrefix {
    /// A v4 peer of a v6 socket (`::ffff:10.0.0.1`) counts as what it is.
    pub fn contains(self, peer: IpAddr) -> bool {
        match (self.address, peer.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(peer)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(own) & mask == u32::from(peer) & mask
            }
            (IpAddr::V6(own), IpAddr::V6(peer)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(own) & mask == u128::from(peer) & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a range such as 10.20.0.0/16")]
pub struct NetPrefixError;

impl FromStr for NetPrefix {
    type Err = NetPrefixError;

    fn from_str(text: &str) -> Result<Self, NetPrefixError> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| NetPrefixError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse::<u8>().map_err(|_| NetPrefixError))?;
        if bits > most {
            return Err(NetPrefixError);
        }
        Ok(Self { address, bits })
    }
}

impl TryFrom<String> for NetPrefix {
    type Error = NetPrefixError;

    fn try_from(text: String) -> Result<Self, NetPrefixError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::{HeaderMap, Method};

    use super::*;

    #[test]
    fn prefixes_hold_what_they_say() {
        for (prefix, peer, inside) in [
            ("10.20.0.0/16", "10.20.255.1", true),
            ("10.20.0.0/16", "10.21.0.1", false),
            ("10.20.0.7", "10.20.0.7", true),
            ("10.20.0.7", "10.20.0.6", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("10.20.0.0/16", "::ffff:10.20.3.4", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db9::1", true),
        ] {
            let range: NetPrefix = prefix.parse().unwrap();
            assert_eq!(range.contains(peer.parse().unwrap()), inside, "{prefix} {peer}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "telco.example", "10.0.0.0/-1", "10.0.0.0/"] {
            assert_eq!(bad.parse::<NetPrefix>(), Err(NetPrefixError), "{bad}");
        }
    }

    #[test]
    fn the_secret_segment_is_taken_off_and_nothing_else_passes() {
        let gate = Gate { addresses: Vec::new(), secret: Some("rahasia-kentongan-1".into()) };
        for (path, rest) in [
            ("/rahasia-kentongan-1", Some("")),
            ("/rahasia-kentongan-1/", Some("/")),
            ("/rahasia-kentongan-1/session/1/start", Some("/session/1/start")),
            ("/rahasia-kentongan-2", None),
            ("/rahasia-kentongan-11", None),
            ("/rahasia-kentongan-", None),
            ("rahasia-kentongan-1", None),
            ("/", None),
            ("", None),
            ("/session/1/start", None),
            ("//rahasia-kentongan-1", None),
        ] {
            let request = Request {
                method: &Method::POST,
                path,
                query: "",
                headers: &HeaderMap::new(),
                body: b"",
                peer: "10.0.0.1".parse().unwrap(),
            };
            assert_eq!(gate.admit(&request), rest, "{path}");
        }
        assert_eq!(format!("{gate:?}"), "Gate { addresses: [], secret: Some(Secret(..)) }");
    }

    #[test]
    fn weak_secrets_are_named() {
        for (secret, fine) in
            [("pendek", false), ("rahasia-kentongan-1", true), ("rahasia kentongan 1", false), ("rahasia/kentongan/1", false)]
        {
            assert_eq!(Secret::from(secret).flaw().is_none(), fine, "{secret}");
        }
    }
}
