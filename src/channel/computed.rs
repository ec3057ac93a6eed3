//! Values of a request that are made of others: `Basic` credentials, and the digests by which some telcos know us.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use sha2::Digest as _;

use super::template::{Escape, Facts, Piece, write};

#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) by: Function,
    pub(super) of: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Function {
    Base64,
    /// Digests in lower-case hexadecimal.
    Md5,
    Sha1,
    Sha256,
}

impl Computed {
    pub(super) fn value(&self, facts: &Facts<'_>) -> String {
        let mut text = String::new();
        write(&mut text, &self.of, Escape::Plain, facts);
        match self.by {
            Function::Base64 => BASE64.encode(text),
            Function::Md5 => hex(&md5::Md5::digest(text)),
            Function::Sha1 => hex(&sha1::Sha1::digest(text)),
            Function::Sha256 => hex(&sha2::Sha256::digest(text)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::template::{Names, Purpose, compile};
    use super::*;

    #[test]
    fn functions() {
        let of = compile("{username}:{password}", Purpose::Computed, Escape::Plain, Names::default()).unwrap();
        let facts = Facts { username: "a", password: "b", ..Facts::default() };
        for (by, expected) in [
            (Function::Base64, "YTpi"),
            // printf a:b | md5sum, sha1sum, sha256sum
            (Function::Md5, "d8160c9b3dc20d4e931aeb4f45262155"),
            (Function::Sha1, "dcea6d9ccd3d20ba1549f6d9b5dde60742158882"),
            (Function::Sha256, "6783a31eabf68ccc0660f935c0826282bdd2241f3a80a9f2d10d59aea9ebb5d8"),
        ] {
            assert_eq!(Computed { by, of: of.clone() }.value(&facts), expected, "{by:?}");
        }
    }
}
