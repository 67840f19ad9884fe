//! One message over HTTPS.
//!
//! A connection is made, one request is sent, the status is read, and that is all: nothing here could
//! follow a redirect, use a proxy, keep a cookie or read an answer's body.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::config::HeartbeatUrl;

/// The longest that all of it may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("nobody answered in time")]
    TimedOut,
    #[error("the connection failed")]
    Connection(#[from] std::io::Error),
    #[error("the address has no name that a certificate could have")]
    Name(#[from] InvalidDnsNameError),
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    #[error("the request failed")]
    Request(#[from] hyper::Error),
    #[error("the address cannot be asked for")]
    Malformed(#[from] http::Error),
    #[error("the answer was {0}")]
    Answer(StatusCode),
}

/// The authorities that browsers trust.
pub(super) fn public_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

/// Sends a message to whoever an authority that is trusted vouches for.
pub(super) async fn post(
    url: &HeartbeatUrl,
    body: String,
    trusted: RootCertStore,
) -> Result<(), SendError> {
    let all = async {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let name = ServerName::try_from(url.host.clone())?;
        let stream = TcpStream::connect((url.host.as_str(), url.port)).await?;
        let stream = TlsConnector::from(Arc::new(tls))
            .connect(name, stream)
            .await?;
        exchange(stream, url, body).await
    };
    let limited = tokio::time::timeout(LIMIT, all).await;
    limited.map_err(|_| SendError::TimedOut)?
}

/// One request over a connection, and its status.
pub(super) async fn exchange<T>(
    stream: T,
    url: &HeartbeatUrl,
    body: String,
) -> Result<(), SendError>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(&url.target)
        .header(header::HOST, &url.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))?;
    // The connection ends with this function, whatever the other side still has to say. One that ends
    // first may have brought the answer.
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer?,
        ended = connection => {
            ended?;
            answer.await?
        }
    };
    let status = answer.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(SendError::Answer(status))
    }
}
