//! TLS on both sides (RFC 8446, and TLS 1.2 for old aggregators): what a listener shows and whom it believes, and connections to telcos and
//! registries. Keys and certificates are PEM files (RFC 7468).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::client::WantsClientCert;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig};
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Makes connections to `http://` as they are, and to `https://` under TLS.
pub type Connector = HttpsConnector<HttpConnector>;

/// Believes the certificates that the machine believes (Debian: `ca-certificates`), or those that `SSL_CERT_FILE` names. A machine
/// without any reaches no `https://` address.
pub fn connector(connect_max: Duration) -> Connector {
    let config = ClientConfig::builder()
        .with_native_roots()
        .map(ConfigBuilder::<ClientConfig, WantsClientCert>::with_no_client_auth)
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "no certificates of the machine: https addresses cannot be reached");
            ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        });
    connector_with(config, connect_max)
}

fn connector_with(config: ClientConfig, connect_max: Duration) -> Connector {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(connect_max));
    tcp.set_nodelay(true);
    // The scheme is ours to choose, not this connector's to insist on.
    tcp.enforce_http(false);
    HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().wrap_connector(tcp)
}

/// What a listener shows, and whom it lets in.
#[derive(Clone)]
pub struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

impl Acceptor {
    /// From PEM texts: our certificate with those between it and a root, its key, and the certificates by which clients must be signed;
    /// without the last, anybody may knock.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn new(certificate: &[u8], key: &[u8], clients: Option<&[u8]>) -> Result<Self, String> {
        let chain = certificates(certificate).map_err(|error| format!("certificate: {error}"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("key: {error}"))?;
        let builder = match clients {
            None => ServerConfig::builder().with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(clients).map_err(|error| format!("clients: {error}"))? {
                    roots.add(root).map_err(|error| format!("clients: {error}"))?;
                }
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().map_err(|error| format!("clients: {error}"))?;
                ServerConfig::builder().with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| format!("certificate and key: {error}"))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Shakes hands; waits for the client as long as the client likes.
    ///
    /// # Errors
    /// If the client breaks off, speaks no TLS, or may not come in.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if all.is_empty() { Err(format!("no {:?} in it", SectionKind::Certificate)) } else { Ok(all) }
}

#[cfg(test)]
mod tests;
