//! The way to Transit through TLS, with certificates that are made here.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::stand_in::StandIn;
use super::{MASTER, config, transit};
use crate::config::TransitConfig;
use crate::kernel::Redacted;
use crate::keys::provider::{Transit, TransitError};
use crate::testing::Authority;

/// The stand-in behind TLS, and the authority that its certificate is from.
async fn start(names: &[&str]) -> (StandIn, String) {
    let authority = Authority::new();
    let acceptor = authority.acceptor(names);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vault = StandIn::at(listener.local_addr().unwrap());
    let router = vault.router();
    tokio::spawn(async move { axum::serve(Secure(listener, acceptor), router).await });
    (vault, authority.pem())
}

/// Takes connections once their handshake is done; those that give up are passed over.
struct Secure(TcpListener, TlsAcceptor);

impl axum::serve::Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.0.accept().await else {
                continue;
            };
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

fn secure(vault: &StandIn, trust: Option<&str>) -> TransitConfig {
    TransitConfig {
        address: format!("https://{}", vault.address()),
        trust: trust.map(|pem| pem.as_bytes().to_vec()),
        ..config(vault)
    }
}

#[tokio::test]
async fn only_the_authority_that_is_named_is_trusted() {
    let (vault, authority) = start(&["127.0.0.1"]).await;
    let key = Redacted::new(MASTER);
    let good = transit(secure(&vault, Some(&authority)));
    let sealed = good.seal(&key).await.unwrap();
    assert_eq!(good.open(&sealed).await.unwrap().expose(), &MASTER);
    // Another authority, and those of the system.
    let other = Authority::new().pem();
    for trust in [Some(other.as_str()), None] {
        let error = transit(secure(&vault, trust))
            .open(&sealed)
            .await
            .unwrap_err();
        assert!(matches!(error, TransitError::Unreachable(..)), "{error}");
        assert!(error.to_string().contains("KEY_HCV_CACERT"), "{error}");
    }
    // Another name than the certificate's.
    let (named, authority) = start(&["vault.example.com"]).await;
    let error = transit(secure(&named, Some(&authority)))
        .open(&sealed)
        .await
        .unwrap_err();
    assert!(matches!(error, TransitError::Unreachable(..)), "{error}");
    assert_eq!(named.requests(), 0, "nothing was sent to it");
}

#[tokio::test]
async fn a_trust_file_without_a_certificate_is_refused_before_anything_is_sent() {
    let vault = StandIn::start().await;
    for pem in [
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = Transit::new(secure(&vault, Some(pem)), None).unwrap_err();
        assert!(matches!(error, TransitError::Trust), "{error}");
    }
}
