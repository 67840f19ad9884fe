//! One letter.

use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use uuid::Uuid;

use crate::kernel::Redacted;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 150;

/// A letter of plain text. Its text may carry a link that opens an account.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// What the log calls it.
    pub(super) id: Uuid,
    to: Redacted<String>,
    subject: String,
    text: Redacted<String>,
}

/// The letter cannot be written: its address is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    #[error("the address cannot be written")]
    Address(#[from] lettre::address::AddressError),
    #[error("the letter cannot be written")]
    Letter(#[from] lettre::error::Error),
}

impl Letter {
    pub(super) fn new(to: &str, subject: &str, text: &str) -> Self {
        Self {
            id: Uuid::new_v4(),
            to: Redacted::new(to.to_owned()),
            subject: one_line(subject),
            text: Redacted::new(text.to_owned()),
        }
    }

    /// The letter as it goes out (RFC 5322). It says that no person wrote it (RFC 3834), so that none
    /// answers automatically.
    pub(super) fn message(&self, from: &Mailbox) -> Result<Message, Unwritable> {
        let to = Mailbox::new(None, self.to.expose().parse()?);
        let id = format!("<{}@{}>", self.id.simple(), from.email.domain());
        let message = Message::builder()
            .message_id(Some(id))
            .from(from.clone())
            .to(to)
            .subject(&self.subject)
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(self.text.expose().clone())?;
        Ok(message)
    }
}

/// A header has one line: whatever would begin another one becomes a blank.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_SUBJECT).collect()
}

/// `Auto-Submitted: auto-generated` (RFC 3834, 5).
#[derive(Clone, Copy, Debug)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
