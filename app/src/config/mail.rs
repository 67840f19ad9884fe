//! The server that takes mail, if there is one.

use lettre::message::Mailbox;
use lettre::transport::smtp::client::Certificate;

use super::env::Reader;
use super::{AppEnv, Problem};
use crate::kernel::Redacted;

/// How the way to the server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte (RFC 8314, 3.3).
    Implicit,
    /// Begun in the clear and turned into TLS before anything is said; refused when the server will not.
    StartTls,
    /// In the clear.
    None,
}

impl MailTls {
    const fn port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// The server that takes mail.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Its host: what its certificate must say.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is kept from others.
    pub tls: MailTls,
    /// The authorities that are trusted there, instead of the public ones.
    pub trust: Option<Certificate>,
    /// Who we are to it, and the password.
    pub login: Option<(String, Redacted<String>)>,
    /// Whom mails are from.
    pub from: Mailbox,
}

impl MailConfig {
    /// Reads it; none without `SMTP_HOST`.
    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Option<Self> {
        let host = found.text("SMTP_HOST")?;
        let tls = found.choice(
            "SMTP_SECURE",
            &[
                ("starttls", MailTls::StartTls),
                ("tls", MailTls::Implicit),
                ("none", MailTls::None),
                // What other products write.
                ("true", MailTls::Implicit),
                ("false", MailTls::StartTls),
            ],
            MailTls::StartTls,
        );
        let port = found.number("SMTP_PORT", tls.port(), 1..=65535);
        let local = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if env == AppEnv::Production && tls == MailTls::None && !local {
            let fact = "is none, so links that set passwords could be read on the way";
            let cure = "use starttls or tls, or a server on this host";
            found.refuse(Problem::new("SMTP_SECURE", fact, cure));
        }
        let (login, trust) = (login(found), trust(found));
        let from = from(found)?;
        Some(Self {
            host,
            port,
            tls,
            trust,
            login,
            from,
        })
    }
}

fn login(found: &mut Reader<'_>) -> Option<(String, Redacted<String>)> {
    let password = found.secret("SMTP_PASS", "SMTP_PASS_FILE");
    match (found.text("SMTP_USER"), password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => {
            let cure = "give the password of SMTP_USER, or leave both out";
            found.refuse(Problem::new("SMTP_PASS", "is not set", cure));
            None
        }
        (None, Some(_)) => {
            let cure = "say whose password SMTP_PASS is, or leave both out";
            found.refuse(Problem::new("SMTP_USER", "is not set", cure));
            None
        }
    }
}

fn from(found: &mut Reader<'_>) -> Option<Mailbox> {
    let cure = "give an address such as VaultTerm <vault@example.com>";
    let Some(text) = found.text("SMTP_FROM") else {
        found.refuse(Problem::new(
            "SMTP_FROM",
            "is not set, and SMTP_HOST is",
            cure,
        ));
        return None;
    };
    let mailbox = text.parse();
    if mailbox.is_err() {
        found.refuse(Problem::new("SMTP_FROM", "is no address", cure));
    }
    mailbox.ok()
}

fn trust(found: &mut Reader<'_>) -> Option<Certificate> {
    let pem = found.certificates("SMTP_CACERT")?;
    let read = Certificate::from_pem(&pem);
    if read.is_err() {
        let fact = "names a file with a certificate that cannot be read";
        found.refuse(Problem::new(
            "SMTP_CACERT",
            fact,
            "give the file of the authority",
        ));
    }
    read.ok()
}
