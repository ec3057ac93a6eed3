//! The schemes. Most telcos sign some pieces of the request with a digest, which is data; the rest have habits of their own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

use super::jwt::Claims;
use super::{Digest, Encoding, Flaw, Signed, equal};
use crate::channel::body::Form;

#[derive(Clone, Debug)]
pub(in crate::channel) enum Scheme {
    /// A keyed digest of these pieces, written behind this.
    Hmac {
        digest: Digest,
        encoding: Encoding,
        prefix: Box<str>,
        of: Vec<Piece>,
    },
    Jwt(Claims),
    Quirk(Quirk),
}

/// Habits that no profile could write down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::channel) enum Quirk {
    /// Timestamp, sorted query and raw digest of the body, by lines.
    MessagebirdLegacy,
    /// URL with sorted query, names and values of the form, sorted, and the nonce; several signatures at once.
    PlivoV3,
    /// `webhook-id`, `webhook-timestamp` and body by full stops; a key in base64; several signatures at once.
    StandardWebhooks,
    /// URL, then names and values of the form, sorted, without anything between.
    Twilio,
    /// All parameters but `sig`, sorted, `&` and `=` in them replaced.
    Vonage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::channel) enum Piece {
    Literal(Box<str>),
    /// The URL without its query.
    Address,
    Body,
    Nonce,
    Timestamp,
    Url,
}

impl Piece {
    /// Reads `{body}.{timestamp}`.
    ///
    /// # Errors
    /// A sentence for the writer of the profile.
    pub(in crate::channel) fn parse(text: &str) -> Result<Vec<Self>, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            if !literal.is_empty() {
                pieces.push(Self::Literal(literal.into()));
            }
            let (name, after) = after.split_once('}').ok_or("a { without its }")?;
            pieces.push(match name {
                "address" => Self::Address,
                "body" => Self::Body,
                "nonce" => Self::Nonce,
                "timestamp" => Self::Timestamp,
                "url" => Self::Url,
                _ => return Err(format!("no piece {{{name}}}; known are {{address}}, {{body}}, {{nonce}}, {{timestamp}}, {{url}}")),
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Self::Literal(rest.into()));
        }
        Ok(pieces)
    }
}

impl Scheme {
    /// A nonce that stands within the signature.
    pub(super) fn verify(&self, key: &str, shown: &str, signed: &Signed<'_>, timestamp: &str, nonce: &str) -> Result<Option<String>, Flaw> {
        match self {
            Self::Hmac { digest, encoding, prefix, of } => {
                let address = signed.url.split('?').next().unwrap_or_default();
                let piece = |piece: &'_ Piece| -> Vec<u8> {
                    match piece {
                        Piece::Literal(text) => text.as_bytes().to_vec(),
                        Piece::Address => address.as_bytes().to_vec(),
                        Piece::Body => signed.body.to_vec(),
                        Piece::Nonce => nonce.as_bytes().to_vec(),
                        Piece::Timestamp => timestamp.as_bytes().to_vec(),
                        Piece::Url => signed.url.as_bytes().to_vec(),
                    }
                };
                let pieces: Vec<Vec<u8>> = of.iter().map(piece).collect();
                let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
                let shown = shown.strip_prefix(&**prefix).ok_or(Flaw::Unreadable)?;
                // Hexadecimal is the same in either case.
                let shown = if *encoding == Encoding::Hex { shown.to_ascii_lowercase() } else { shown.to_owned() };
                judge(equal(encoding.write(&digest.hmac(key.as_bytes(), &pieces)).as_bytes(), shown.as_bytes()))?;
            }
            Self::Jwt(claims) => return claims.verify(key, shown, signed),
            Self::Quirk(quirk) => quirk.verify(key, shown, signed, timestamp, nonce)?,
        }
        Ok(None)
    }
}

fn judge(holds: bool) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(Flaw::Wrong) }
}

impl Quirk {
    fn verify(self, key: &str, shown: &str, signed: &Signed<'_>, timestamp: &str, nonce: &str) -> Result<(), Flaw> {
        match self {
            Self::MessagebirdLegacy => {
                let mut pairs: Vec<&str> = signed.query.split('&').filter(|pair| !pair.is_empty()).collect();
                pairs.sort_unstable();
                let own = Digest::Sha256
                    .hmac(key.as_bytes(), &[timestamp.as_bytes(), b"\n", pairs.join("&").as_bytes(), b"\n", &Sha256::digest(signed.body)]);
                judge(equal(BASE64.encode(own).as_bytes(), shown.as_bytes()))
            }
            Self::PlivoV3 => plivo(key, shown, signed, nonce),
            Self::StandardWebhooks => standard(key, shown, signed, timestamp),
            Self::Twilio => twilio(key, shown, signed),
            Self::Vonage => vonage(key, shown, signed),
        }
    }
}

fn plivo(key: &str, shown: &str, signed: &Signed<'_>, nonce: &str) -> Result<(), Flaw> {
    let sorted = |bytes| {
        let mut pairs = Form::parse(bytes).map_err(|_| Flaw::Unreadable)?.all();
        pairs.retain(|(name, _)| !name.is_empty());
        pairs.sort();
        Ok(pairs)
    };
    let (query, fields) = (sorted(signed.query.as_bytes())?, sorted(signed.body)?);
    let mut text = signed.url.split('?').next().unwrap_or_default().to_owned();
    if !query.is_empty() || !fields.is_empty() {
        text.push('?');
    }
    text.push_str(&query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"));
    if !query.is_empty() && !fields.is_empty() {
        text.push('.');
    }
    fields.iter().for_each(|(name, value)| text.extend([name.as_str(), value.as_str()]));
    let own = BASE64.encode(Digest::Sha256.hmac(key.as_bytes(), &[text.as_bytes(), b".", nonce.as_bytes()]));
    judge(shown.split(',').any(|one| equal(one.trim().as_bytes(), own.as_bytes())))
}

fn standard(key: &str, shown: &str, signed: &Signed<'_>, timestamp: &str) -> Result<(), Flaw> {
    let key = BASE64.decode(key.strip_prefix("whsec_").unwrap_or(key)).map_err(|_| Flaw::Unreadable)?;
    let id = signed.headers.get("webhook-id").ok_or(Flaw::Absent)?.as_bytes();
    let own = BASE64.encode(Digest::Sha256.hmac(&key, &[id, b".", timestamp.as_bytes(), b".", signed.body]));
    let mut versions = shown.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    judge(versions.any(|one| equal(one.as_bytes(), own.as_bytes())))
}

fn twilio(key: &str, shown: &str, signed: &Signed<'_>) -> Result<(), Flaw> {
    // A body that is no form is not signed itself; its digest stands in the URL.
    let hash = Form::parse(signed.query.as_bytes()).ok().and_then(|query| query.text("bodySHA256").map(|found| found.text.into_owned()));
    let mut fields = String::new();
    match hash {
        Some(hash) if !equal(Encoding::Hex.write(&Sha256::digest(signed.body)).as_bytes(), hash.to_ascii_lowercase().as_bytes()) => {
            return Err(Flaw::Body);
        }
        Some(_) => {}
        None => {
            let mut pairs = Form::parse(signed.body).map_err(|_| Flaw::Unreadable)?.all();
            pairs.retain(|(name, _)| !name.is_empty());
            pairs.sort();
            pairs.dedup();
            for (name, value) in pairs {
                fields.push_str(&name);
                fields.push_str(&value);
            }
        }
    }
    // Behind some proxies the port is signed, behind others not.
    let holds = |url: &str| {
        equal(BASE64.encode(Digest::Sha1.hmac(key.as_bytes(), &[url.as_bytes(), fields.as_bytes()])).as_bytes(), shown.as_bytes())
    };
    let (bare, with_port) = ports(signed.url);
    // Both are always computed.
    judge(holds(signed.url) | holds(&bare) | holds(&with_port))
}

/// The URL without its port, and with the port of its scheme.
fn ports(url: &str) -> (String, String) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), url.to_owned()) };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let port = if scheme == "https" { 443 } else { 80 };
    (format!("{scheme}://{host}{path}"), format!("{scheme}://{host}:{port}{path}"))
}

fn vonage(key: &str, shown: &str, signed: &Signed<'_>) -> Result<(), Flaw> {
    let mut pairs = match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(signed.body) {
        Ok(members) => {
            members.into_iter().map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect()
        }
        Err(_) => {
            Form::parse(if signed.body.is_empty() { signed.query.as_bytes() } else { signed.body }).map_err(|_| Flaw::Unreadable)?.all()
        }
    };
    pairs.retain(|(name, _)| name != "sig" && !name.is_empty());
    pairs.sort();
    let mut text = String::new();
    for (name, value) in pairs {
        text.push_str(&format!("&{name}={}", value.replace(['&', '='], "_")));
    }
    // Which digest is the account's choice, and the signature's length tells it.
    let shown = shown.to_ascii_lowercase();
    let digest = match shown.len() {
        32 => Digest::Md5,
        40 => Digest::Sha1,
        64 => Digest::Sha256,
        128 => Digest::Sha512,
        _ => return Err(Flaw::Unreadable),
    };
    let keyed = equal(Encoding::Hex.write(&digest.hmac(key.as_bytes(), &[text.as_bytes()])).as_bytes(), shown.as_bytes());
    // The oldest accounts: a plain digest with the key behind.
    let plain = digest == Digest::Md5 && equal(Encoding::Hex.write(&md5::Md5::digest(format!("{text}{key}"))).as_bytes(), shown.as_bytes());
    judge(keyed | plain)
}
