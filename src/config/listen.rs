//! Where the gateway listens, in clear or under TLS.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Config, ConfigError, one};
use crate::tls::Acceptor;

/// Addresses with ports, as `127.0.0.1:8080`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Where telcos reach `/in/CHANNEL`.
    #[schemars(with = "String")]
    pub callbacks: SocketAddr,
    /// `/livez`, `/readyz` and `/metrics`, for the operator only.
    #[schemars(with = "Option<String>")]
    pub health: Option<SocketAddr>,
    /// The phone in the browser, on this machine only.
    #[schemars(with = "Option<String>")]
    pub phone: Option<SocketAddr>,
    pub(super) callbacks_tls: Option<TlsConfig>,
    pub(super) health_tls: Option<TlsConfig>,
}

/// PEM files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsConfig {
    certificate: PathBuf,
    pub(super) key: PathBuf,
    /// Only who shows a certificate that one of these signed comes in.
    clients: Option<PathBuf>,
}

impl Config {
    /// # Errors
    /// If a file cannot be read or does not fit the others.
    pub fn callbacks_tls(&self) -> Result<Option<Acceptor>, ConfigError> {
        self.acceptor(self.listen.callbacks_tls.as_ref())
    }

    /// # Errors
    /// If a file cannot be read or does not fit the others.
    pub fn health_tls(&self) -> Result<Option<Acceptor>, ConfigError> {
        self.acceptor(self.listen.health_tls.as_ref())
    }

    fn acceptor(&self, tls: Option<&TlsConfig>) -> Result<Option<Acceptor>, ConfigError> {
        let Some(tls) = tls else { return Ok(None) };
        let read = |path: &PathBuf| {
            let path = self.folder.join(path);
            fs::read(&path).map_err(|error| one(format!("{}: {error}", path.display())))
        };
        let clients = tls.clients.as_ref().map(read).transpose()?;
        Acceptor::new(&read(&tls.certificate)?, &read(&tls.key)?, clients.as_deref()).map(Some).map_err(one)
    }
}
