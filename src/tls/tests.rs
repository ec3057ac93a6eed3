use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for this machine and its key, as PEM.
fn signed(by: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, by).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// A client that believes `roots`, and shows a certificate or not.
fn client(roots: &Authority, own: Option<(String, String)>) -> Client<Connector, Empty<Bytes>> {
    let mut store = RootCertStore::empty();
    store.add(roots.der().clone()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(store);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(certificates(chain.as_bytes()).unwrap(), PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
            .unwrap(),
    };
    Client::builder(TokioExecutor::new()).build(connector_with(config, Duration::from_secs(2)))
}

/// Answers every request that comes in with `halo`; the port.
async fn serve(acceptor: Option<Acceptor>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhalo";
            match &acceptor {
                None => {
                    let _read = stream.read(&mut [0; 1024]).await;
                    stream.write_all(answer).await.unwrap();
                }
                Some(acceptor) => {
                    let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                    let _read = stream.read(&mut [0; 1024]).await;
                    let _written = stream.write_all(answer).await;
                    let _closed = stream.shutdown().await;
                }
            }
        }
    });
    port
}

async fn get(client: &Client<Connector, Empty<Bytes>>, url: String) -> Option<Bytes> {
    let response = client.get(url.parse().unwrap()).await.ok()?;
    Some(response.into_body().collect().await.ok()?.to_bytes())
}

#[tokio::test]
async fn who_is_believed_and_who_comes_in() {
    let (ours, strangers) = (authority(), authority());
    let (certificate, key) = signed(&ours);
    let open = serve(Some(Acceptor::new(certificate.as_bytes(), key.as_bytes(), None).unwrap())).await;
    let closed = serve(Some(Acceptor::new(certificate.as_bytes(), key.as_bytes(), Some(ours.pem().as_bytes())).unwrap())).await;
    let plain = serve(None).await;
    for (what, port, client, comes_in) in [
        ("a server of ours", open, client(&ours, None), true),
        ("a server that a stranger signed", open, client(&strangers, None), false),
        ("a client without a certificate", closed, client(&ours, None), false),
        ("a client that a stranger signed", closed, client(&ours, Some(signed(&strangers))), false),
        ("a client of ours", closed, client(&ours, Some(signed(&ours))), true),
    ] {
        let answer = get(&client, format!("https://localhost:{port}/")).await;
        assert_eq!(answer.is_some_and(|body| body == "halo"), comes_in, "{what}");
    }
    assert_eq!(get(&client(&ours, None), format!("http://localhost:{plain}/")).await.unwrap(), "halo");
    assert_eq!(get(&client(&ours, None), format!("https://localhost:{plain}/")).await, None, "TLS to who speaks none");
}

#[test]
fn what_is_wrong_with_the_files_is_told() {
    let (certificate, key) = signed(&authority());
    let (_, other_key) = signed(&authority());
    for (certificate, key, clients, said) in [
        ("", key.as_str(), None, "certificate: no Certificate"),
        (certificate.as_str(), "", None, "key: "),
        (certificate.as_str(), other_key.as_str(), None, "certificate and key: "),
        (certificate.as_str(), key.as_str(), Some(&b""[..]), "clients: no Certificate"),
    ] {
        let error = Acceptor::new(certificate.as_bytes(), key.as_bytes(), clients).unwrap_err();
        assert!(error.starts_with(said), "{said}: {error}");
    }
}
