//! What a district writes about its look-up service.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs};

use http::Uri;
use http::header::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

use super::reply::Reading;
use crate::citizen::{KkDigits, Nik};
use crate::registry::Status;

/// The registry's part of a turn.
const TIMEOUT_MS: u64 = 1500;
/// Longer than a turn may take makes no sense: the answer would find nobody on the line.
const TIMEOUT_MS_MAX: u64 = 2500;
/// Longest secret in bytes. Tokens of signed claims have one or two thousand.
const SECRET_BYTES_MAX: usize = 4096;

/// ```toml
/// url = "http://127.0.0.1:9000/ktp/{nik}?kk={kk}"
/// header = { name = "Authorization", value_file = "siak.secret" }
/// timeout_ms = 1500
/// found = "/ada"              # all below are JSON pointers (RFC 6901) into the reply
/// status = "/data/kode"
/// date = "/data/tgl"
/// place = "/data/lokasi"
/// kk4 = "/data/no_kk"
/// status_map = { "7" = "SENT_FOR_CARD_PRINTING" }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Asked with GET. `{nik}` stands for 16 digits, `{kk}` for the last 4 of the KK. `http://` or `https://`.
    pub url: String,
    /// Sent with each question.
    pub header: Option<Header>,
    /// Whether the person is known: false, `null`, 0, an empty text, list or object, `tidak` and the like mean no. A reply without it is
    /// no answer. If not set, every reply with a status is about a known person, and 404 alone means that nobody is known.
    pub found: Option<String>,
    pub status: String,
    /// Day of the last step; what cannot be read as a date is left out.
    pub date: Option<String>,
    pub place: Option<String>,
    /// The last four digits of the KK, or the whole number. Needed if the address has no `{kk}`.
    pub kk4: Option<String>,
    /// The NIK that the reply is about; a reply about somebody else is no answer.
    pub nik: Option<String>,
    /// Their code, in any case, to a code of ours. Codes not in it are read as ours.
    #[serde(default)]
    pub status_map: BTreeMap<String, String>,
    /// Whole time for one question, in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
}

/// A header whose value is a secret in a file of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub name: String,
    /// The first line is the value, whole: `Bearer …`.
    pub value_file: PathBuf,
}

const fn timeout_ms() -> u64 {
    TIMEOUT_MS
}

/// Settings that were found good.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) url: UrlTemplate,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
    pub(super) reading: Reading,
    pub(super) timeout: Duration,
}

impl HttpSettings {
    /// With file names taken as relative to `folder`, the one of the configuration file.
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        if let Some(header) = &mut self.header {
            header.value_file = folder.join(&header.value_file);
        }
        self
    }

    pub(super) fn check(self) -> Result<Parts, Vec<String>> {
        let mut problems = Vec::new();
        let url = UrlTemplate::parse(&self.url).map_err(|error| problems.push(format!("url: {error}"))).ok();
        let header = self.header.as_ref().map(Header::read).transpose().map_err(|error| problems.push(format!("header: {error}"))).ok();
        if self.kk4.is_none() && !self.url.contains(KK) {
            problems.push(format!("nothing would prove who asks: put {KK} into url, or say in kk4 where the reply has the digits"));
        }
        if !(1..=TIMEOUT_MS_MAX).contains(&self.timeout_ms) {
            problems.push(format!("timeout_ms: {} is not from 1 to {TIMEOUT_MS_MAX}", self.timeout_ms));
        }
        let timeout = Duration::from_millis(self.timeout_ms);
        for (name, pointer) in self.pointers() {
            if !is_pointer(pointer) {
                problems.push(format!("{name}: {pointer:?} is no JSON pointer, like \"/data/{name}\""));
            }
        }
        let mut status_map = BTreeMap::new();
        for (theirs, ours) in &self.status_map {
            let status = Status::parse(ours);
            if status == Status::UNKNOWN {
                problems.push(format!("status_map: {theirs:?} goes to {ours:?}, which is no status"));
            }
            if status_map.insert(super::reply::code(theirs), status).is_some() {
                problems.push(format!("status_map: {theirs:?} stands twice"));
            }
        }
        match (url, header) {
            (Some(url), Some(header)) if problems.is_empty() => {
                let Self { found, status, date, place, kk4, nik, .. } = self;
                Ok(Parts { url, header, reading: Reading { found, status, date, place, kk4, nik, status_map }, timeout })
            }
            _ => Err(problems),
        }
    }

    fn pointers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [("found", &self.found), ("date", &self.date), ("place", &self.place), ("kk4", &self.kk4), ("nik", &self.nik)];
        let optional = optional.into_iter().filter_map(|(name, pointer)| Some((name, pointer.as_deref()?)));
        optional.chain([("status", self.status.as_str())])
    }
}

/// RFC 6901: empty for the whole, else each step begins with a slash, and a tilde is `~0` or `~1`.
fn is_pointer(text: &str) -> bool {
    let tildes_good = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && tildes_good
}

impl Header {
    fn read(&self) -> Result<(HeaderName, HeaderValue), String> {
        let name = HeaderName::from_bytes(self.name.as_bytes()).map_err(|_| format!("{:?} is no name of a header", self.name))?;
        let file = self.value_file.display();
        let text = fs::read_to_string(&self.value_file).map_err(|error| format!("{file}: {error}"))?;
        let secret = text.lines().next().unwrap_or_default().trim();
        if secret.is_empty() || secret.len() > SECRET_BYTES_MAX {
            return Err(format!("{file}: the first line has {} bytes, not 1 to {SECRET_BYTES_MAX}", secret.len()));
        }
        let mut value = HeaderValue::from_str(secret).map_err(|_| format!("{file}: the first line holds what no header may"))?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

const NIK: &str = "{nik}";
const KK: &str = "{kk}";

/// An address with places for the digits.
#[derive(Clone)]
pub(super) struct UrlTemplate(String);

/// The host only: some services want a key in the address.
impl fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(authority(&self.0))
    }
}

impl UrlTemplate {
    fn parse(text: &str) -> Result<Self, String> {
        if !text.contains(NIK) {
            return Err(format!("{NIK} is missing"));
        }
        if text.replace(NIK, "").replace(KK, "").contains(['{', '}']) {
            return Err(format!("only {NIK} and {KK} may stand in braces"));
        }
        let sample: Uri = expand(text, "0000000000000000", "0000").parse().map_err(|error| format!("{error}"))?;
        if !matches!(sample.scheme_str(), Some("http" | "https")) {
            return Err("must begin with http:// or https://".to_owned());
        }
        if authority(text).contains(['{', '@']) {
            return Err("before the path only a host and a port may stand; a secret goes into header".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// Digits stand for themselves in an address, so nothing needs a percent sign.
    pub(super) fn fill(&self, nik: Nik, kk: Option<KkDigits>) -> Option<Uri> {
        let kk = kk.map(|kk| format!("{:04}", kk.number())).unwrap_or_default();
        expand(&self.0, &nik.reveal(), &kk).parse().ok()
    }
}

/// What stands between the scheme and the path.
fn authority(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).unwrap_or_default()
}

fn expand(template: &str, nik: &str, kk: &str) -> String {
    template.replace(NIK, nik).replace(KK, kk)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    const GOOD: &str = "url = \"http://127.0.0.1:9000/ktp/{nik}?kk={kk}\"\nstatus = \"/kode\"\n";

    fn problems(toml: &str) -> Vec<String> {
        let settings: HttpSettings = toml::from_str(toml).unwrap_or_else(|error| panic!("{toml}: {error}"));
        settings.check().err().unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_said() {
        let url = |url: &str| format!("url = \"{url}\"\nstatus = \"/kode\"\nkk4 = \"/kk\"");
        for (toml, expected) in [
            (GOOD.to_owned(), None),
            (url("HTTP://registry.example/{nik}"), None),
            (url("https://registry.example/{nik}"), None),
            (url("ftp://registry.example/{nik}"), Some("must begin with http:// or https://")),
            (url("/ktp/{nik}"), Some("must begin with http:// or https://")),
            (url("http://registry.example/ktp"), Some("{nik} is missing")),
            (url("http://registry.example/{nik}/{nama}"), Some("only {nik} and {kk}")),
            (url("http://registry.example/{nik}/{{kk}"), Some("only {nik} and {kk}")),
            (url("http://a:b@registry.example/{nik}"), Some("only a host and a port")),
            (url("http://{nik}.registry.example/"), Some("only a host and a port")),
            (url("http://registry.example/a b/{nik}"), Some("url: ")),
            (format!("{GOOD}timeout_ms = 0"), Some("timeout_ms: 0 is not from 1 to 2500")),
            (format!("{GOOD}timeout_ms = 60000"), Some("timeout_ms: 60000")),
            (format!("{GOOD}date = \"data.tgl\""), Some("date: \"data.tgl\" is no JSON pointer")),
            (format!("{GOOD}date = \"/a~2\""), Some("is no JSON pointer")),
            (format!("{GOOD}[status_map]\n7 = \"PRINTED\""), Some("\"7\" goes to \"PRINTED\", which is no status")),
            (format!("{GOOD}[status_map]\na = \"SFE\"\nA = \"PRR\""), Some("stands twice")),
            (GOOD.replace("?kk={kk}", ""), Some("nothing would prove who asks")),
            (format!("{GOOD}header = {{ name = \"a b\", value_file = \"x\" }}"), Some("\"a b\" is no name of a header")),
            (format!("{GOOD}header = {{ name = \"x\", value_file = \"/nowhere/secret\" }}"), Some("header: /nowhere/secret: ")),
        ] {
            let problems = problems(&toml);
            match expected {
                None => assert!(problems.is_empty(), "{toml}\n{problems:?}"),
                Some(start) => assert!(problems.len() == 1 && problems[0].contains(start), "{toml}\n{problems:?}"),
            }
        }
    }

    #[test]
    fn all_problems_come_at_once_and_unknown_keys_are_refused() {
        assert_eq!(problems("url = \"x\"\nstatus = \"y\"\ntimeout_ms = 9999").len(), 4);
        assert!(toml::from_str::<HttpSettings>(&format!("{GOOD}retries = 3")).is_err());
    }

    #[test]
    fn a_secret_is_read_from_beside_the_configuration_and_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        for (text, good) in [("Bearer abc\n", true), ("", false), ("\nBearer abc", false), ("a\u{1}b", false)] {
            fs::write(folder.path().join("secret"), text).unwrap();
            let toml = format!("{GOOD}header = {{ name = \"Authorization\", value_file = \"secret\" }}");
            let settings = toml::from_str::<HttpSettings>(&toml).unwrap().relative_to(folder.path());
            let parts = settings.check();
            assert_eq!(parts.is_ok(), good, "{text:?}");
            assert!(!format!("{parts:?}").contains("abc"));
        }
    }
}
