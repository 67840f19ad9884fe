//! The certificate that people are shown: how long it is good for.
//!
//! Nothing is sent over the connection, and nothing is trusted because of it: only the date is read,
//! so any certificate is taken, an expired one above all.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use time::OffsetDateTime;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

const LIMIT: Duration = Duration::from_secs(3);

/// When the certificate behind a public URL expires; `None` where there is none, because the URL is
/// plain HTTP. Asks the host that the URL names, or, where nobody knows it, this one.
pub(super) fn expiry(base_url: &str) -> Option<Result<OffsetDateTime, String>> {
    let rest = base_url.strip_prefix("https://")?;
    let authority = rest.split('/').next().unwrap_or(rest);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(443)),
        _ => (authority, 443),
    };
    Some(look(host, port))
}

fn look(host: &str, port: u16) -> Result<OffsetDateTime, String> {
    let name = host.trim_matches(['[', ']']).to_owned();
    let mut stream = connect(&name, port)
        .map_err(|error| format!("{host}:{port} cannot be reached: {error}"))?;
    let server = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let mut connection = config()
        .and_then(|config| ClientConnection::new(Arc::new(config), server))
        .map_err(|error| error.to_string())?;
    while connection.is_handshaking() {
        connection
            .complete_io(&mut stream)
            .map_err(|error| format!("{host}:{port} does not speak TLS: {error}"))?;
    }
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    let certificate = certificate.ok_or("no certificate was shown")?;
    let parsed = Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    let until = parsed.tbs_certificate().validity().not_after;
    let seconds = i64::try_from(until.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|error| error.to_string())
}

fn connect(host: &str, port: u16) -> std::io::Result<TcpStream> {
    // A proxy is on this host more often than not, and a name may be known to others only.
    let addresses = (host, port)
        .to_socket_addrs()
        .or_else(|_| ("127.0.0.1", port).to_socket_addrs())?;
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect_timeout(&address, LIMIT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(LIMIT))?;
                stream.set_write_timeout(Some(LIMIT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    Ok(builder
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any(provider)))
        .with_no_client_auth())
}

/// Takes every certificate.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::expiry;

    #[test]
    fn plain_http_has_no_certificate_and_silence_is_said() {
        assert_eq!(expiry("http://localhost:4000"), None);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let found = expiry(&format!("https://127.0.0.1:{port}/portal")).unwrap();
        assert!(found.unwrap_err().contains("cannot be reached"));
    }
}
