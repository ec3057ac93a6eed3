//! What a telco shows of itself, where the gateway's channel wants that.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::wire::percent;

/// Of the demo's channels, which anybody may know; elsewhere the channel's own.
#[derive(Clone)]
pub struct Secrets {
    pub username: String,
    pub password: String,
    /// A word that stands in each callback, or the telco's name for us.
    pub key: String,
    /// What callbacks are signed with.
    pub signing_key: String,
    /// The gateway as the telco knows it, where addresses are signed and that is another than the one called.
    pub gateway: Option<String>,
}

impl Secrets {
    /// Each as a request may carry it: plain, escaped in a query, and as HTTP's basic authentication writes it.
    pub fn as_written(&self) -> Vec<String> {
        let plain = [&self.username, &self.password, &self.key, &self.signing_key];
        let escaped = plain.map(|word| {
            let mut escaped = String::new();
            percent(word, &mut escaped);
            escaped
        });
        let basic = STANDARD.encode(format!("{}:{}", self.username, self.password));
        // The longest first: one may hold another.
        let mut written: Vec<String> = plain.into_iter().cloned().chain(escaped).chain([basic]).filter(|word| !word.is_empty()).collect();
        written.sort_by_key(|word| std::cmp::Reverse(word.len()));
        written
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self {
            username: "demo".to_owned(),
            password: "sandi-demo".to_owned(),
            key: "kunci-demo".to_owned(),
            signing_key: "kunci-tanda-demo".to_owned(),
            gateway: None,
        }
    }
}

impl Secrets {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match name {
            "key" => Some(&self.key),
            "password" => Some(&self.password),
            "username" => Some(&self.username),
            _ => None,
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// What the telco shows of itself; by itself what the demo's channels want.
#[derive(Clone, Default, clap::Args)]
pub struct SecretArgs {
    /// What the telco shows as the channel's username, where its format has one
    #[arg(long)]
    username: Option<String>,
    /// And as its password
    #[arg(long)]
    password: Option<String>,
    /// And as its key
    #[arg(long)]
    key: Option<String>,
    /// What the telco signs with
    #[arg(long)]
    signing_key: Option<String>,
    /// The channel's report_url, where it is another address than --url
    #[arg(long)]
    gateway: Option<String>,
}

impl SecretArgs {
    pub(super) fn secrets(&self) -> Secrets {
        let own = Secrets::default();
        let or = |given: &Option<String>, own: String| given.clone().unwrap_or(own);
        Secrets {
            username: or(&self.username, own.username),
            password: or(&self.password, own.password),
            key: or(&self.key, own.key),
            signing_key: or(&self.signing_key, own.signing_key),
            gateway: self.gateway.clone(),
        }
    }
}

impl fmt::Debug for SecretArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretArgs")
    }
}
