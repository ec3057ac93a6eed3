//! JSON Web Tokens with a shared key (RFC 7519, HS256 to HS512): who signed, when, and digests of URL and body.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Digest, Encoding, Flaw, Signed, equal};

/// Seconds by which two clocks that are kept may differ.
const LEEWAY_SECS: i64 = 1;

/// What a token must say.
#[derive(Clone, Debug, Default)]
pub(in crate::channel) struct Claims {
    pub(in crate::channel) issuer: Option<Box<str>>,
    /// Its audience is our URL.
    pub(in crate::channel) audience: bool,
    /// It has a digest of the URL, and of the body if there is one.
    pub(in crate::channel) hashes: bool,
    /// Its id stands for one request.
    pub(in crate::channel) jti: bool,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Said {
    iss: Option<String>,
    aud: Option<Audience>,
    nbf: Option<i64>,
    exp: Option<i64>,
    jti: Option<String>,
    url_hash: Option<String>,
    payload_hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// The token's id, where that counts. One that has none was made so by the telco.
    pub(super) fn verify(&self, key: &str, token: &str, signed: &Signed<'_>) -> Result<Option<String>, Flaw> {
        let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
        let mut parts = token.split('.');
        let (Some(head), Some(said), Some(shown), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Flaw::Unreadable);
        };
        let parse = |part: &str| BASE64URL.decode(part).map_err(|_| Flaw::Unreadable);
        let algorithm: Head = serde_json::from_slice(&parse(head)?).map_err(|_| Flaw::Unreadable)?;
        // Named one by one: a token that wants none, or a public key's, is forged.
        let digest = match algorithm.alg.as_str() {
            "HS256" => Digest::Sha256,
            "HS384" => Digest::Sha384,
            "HS512" => Digest::Sha512,
            _ => return Err(Flaw::Wrong),
        };
        let own = digest.hmac(key.as_bytes(), &[head.as_bytes(), b".", said.as_bytes()]);
        if !equal(&own, &parse(shown)?) {
            return Err(Flaw::Wrong);
        }
        let said: Said = serde_json::from_slice(&parse(said)?).map_err(|_| Flaw::Unreadable)?;
        self.judge(&said, signed)?;
        Ok(said.jti.filter(|_| self.jti))
    }

    fn judge(&self, said: &Said, signed: &Signed<'_>) -> Result<(), Flaw> {
        if self.issuer.is_some() && self.issuer.as_deref() != said.iss.as_deref() {
            return Err(Flaw::Issuer);
        }
        let (nbf, exp) = (said.nbf, said.exp);
        if self.hashes && (nbf.is_none() || exp.is_none()) {
            return Err(Flaw::Unreadable);
        }
        if let Some(early) = nbf.map(|nbf| signed.now.saturating_sub(nbf)).filter(|away| *away < -LEEWAY_SECS) {
            return Err(Flaw::Late(early));
        }
        if let Some(late) = exp.map(|exp| signed.now.saturating_sub(exp)).filter(|away| *away >= LEEWAY_SECS) {
            return Err(Flaw::Late(late));
        }
        let is_for_us = match &said.aud {
            Some(Audience::One(url)) => url == signed.url,
            Some(Audience::Many(urls)) => urls.iter().any(|url| url == signed.url),
            None => false,
        };
        if self.audience && !is_for_us {
            return Err(Flaw::Url);
        }
        let hash = |bytes: &[u8]| Encoding::Hex.write(&Sha256::digest(bytes));
        let url_fits = said.url_hash.as_ref().map_or(!self.hashes, |shown| equal(shown.as_bytes(), hash(signed.url.as_bytes()).as_bytes()));
        if !url_fits {
            return Err(Flaw::Url);
        }
        let body_fits = match &said.payload_hash {
            Some(shown) => !(self.hashes && signed.body.is_empty()) && equal(shown.as_bytes(), hash(signed.body).as_bytes()),
            None => !self.hashes || signed.body.is_empty(),
        };
        if body_fits { Ok(()) } else { Err(Flaw::Body) }
    }
}
