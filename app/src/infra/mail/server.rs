//! The server that takes letters.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::MailError;
use super::letter::Letter;
use crate::config::{MailConfig, MailTls};
use crate::kernel::error_chain;

/// The longest that one step of a conversation may take.
const STEP: Duration = Duration::from_secs(20);
/// The longest that all of it may take.
const WHOLE: Duration = Duration::from_secs(60);

/// The way to one server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why a letter was not taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may be taken later.
    ForNow(String),
    /// It never will be.
    ForGood(String),
}

impl Smtp {
    pub(super) fn new(config: &MailConfig) -> Result<Self, MailError> {
        let tls = match config.tls {
            MailTls::None => Tls::None,
            MailTls::StartTls => Tls::Required(tls(config)?),
            MailTls::Implicit => Tls::Wrapper(tls(config)?),
        };
        let host = config.host.as_str();
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(STEP))
            .hello_name(ClientId::Domain(config.from.email.domain().to_owned()));
        if let Some((user, password)) = &config.login {
            let credentials = Credentials::new(user.clone(), password.expose().clone());
            transport = transport.credentials(credentials);
        }
        Ok(Self {
            transport: transport.build(),
            from: config.from.clone(),
        })
    }

    /// Hands a letter over.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let message = letter
            .message(&self.from)
            .map_err(|error| Failure::ForGood(error_chain(&error)))?;
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Err(_) => Err(Failure::ForNow("nobody answered in time".to_owned())),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() || error.is_client() => {
                Err(Failure::ForGood(error_chain(&error)))
            }
            Ok(Err(error)) => Err(Failure::ForNow(error_chain(&error))),
        }
    }
}

/// Only certificates for the very host, by the authority that was given or else by a public one.
fn tls(config: &MailConfig) -> Result<TlsParameters, MailError> {
    let parameters = TlsParameters::builder(config.host.clone());
    let parameters = match &config.trust {
        None => parameters.certificate_store(CertificateStore::WebpkiRoots),
        Some(authority) => parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authority.clone()),
    };
    Ok(parameters.build_rustls()?)
}
