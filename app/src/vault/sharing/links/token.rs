//! The token of a link, and what follows from it.

use sha2::{Digest as _, Sha256};

use crate::kernel::{OrgId, Redacted, SecretLinkId};
use crate::keys::{DataKey, Place};

/// The token in the clear: 256 random bits, in hexadecimal where it is written.
pub(super) struct LinkToken(Redacted<[u8; 32]>);

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken")
    }
}

impl LinkToken {
    /// A new one; none when the system gives no randomness.
    pub(super) fn generate() -> Option<Self> {
        let mut bytes = Redacted::new([0; 32]);
        getrandom::fill(bytes.expose_mut()).ok()?;
        Some(Self(bytes))
    }

    /// What was sent, if it has the shape of one.
    pub(super) fn parse(text: &Redacted<String>) -> Option<Self> {
        let text = text.expose();
        let shaped = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let mut bytes = Redacted::new([0; 32]);
        if !shaped {
            return None;
        }
        hex::decode_to_slice(text, bytes.expose_mut()).ok()?;
        Some(Self(bytes))
    }

    /// As it is handed over.
    pub(super) fn text(&self) -> Redacted<String> {
        Redacted::new(hex::encode(self.0.expose()))
    }

    /// What is stored and looked up.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(b"vaultterm link\0");
        digest.update(self.0.expose());
        digest.finalize().into()
    }

    /// The key of what the link shows.
    pub(super) fn key(&self) -> DataKey {
        DataKey::of_brought(&self.0)
    }
}

/// Where that stands.
pub(super) const fn place(org: OrgId, link: SecretLinkId) -> Place<'static> {
    Place {
        org,
        table: "secret_links",
        record: link.as_uuid(),
        field: "value",
        version: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkToken, place};
    use crate::kernel::{OrgId, Redacted, SecretLinkId};

    #[test]
    fn a_token_is_read_as_it_was_written_and_in_no_other_way() {
        let token = LinkToken::generate().unwrap();
        let text = token.text();
        let again = LinkToken::parse(&text).unwrap();
        assert_eq!(again.digest(), token.digest());
        assert!(!format!("{token:?}").contains(text.expose()));
        for wrong in [
            String::new(),
            text.expose().to_uppercase(),
            format!("{} ", text.expose()),
            text.expose()[1..].to_owned(),
            format!("{}0", text.expose()),
            "ä".repeat(32),
        ] {
            assert!(LinkToken::parse(&Redacted::new(wrong)).is_none());
        }
    }

    #[test]
    fn what_a_link_shows_opens_with_its_token_and_in_its_place_alone() {
        let (one, other) = (
            LinkToken::generate().unwrap(),
            LinkToken::generate().unwrap(),
        );
        let (org, link) = (OrgId::new(), SecretLinkId::new());
        let sealed = one.key().seal(&place(org, link), b"hunter2").unwrap();
        let opened = one.key().open(&place(org, link), &sealed).unwrap();
        assert_eq!(opened.expose(), b"hunter2");
        assert!(other.key().open(&place(org, link), &sealed).is_err());
        let elsewhere = place(org, SecretLinkId::new());
        assert!(one.key().open(&elsewhere, &sealed).is_err());
        let stranger = place(OrgId::new(), link);
        assert!(one.key().open(&stranger, &sealed).is_err());
    }
}
