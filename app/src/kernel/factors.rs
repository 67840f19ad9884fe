//! How somebody proved who they are.

use serde::{Deserialize, Serialize};

bitflags::bitflags! {
    /// The factors that stand behind a session.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct Factors: u8 {
        /// A password.
        const PASSWORD = 1;
        /// A time-based one-time password (RFC 6238).
        const TOTP = 1 << 1;
        /// A passkey or security key (WebAuthn).
        const PASSKEY = 1 << 2;
        /// One of the codes kept for the day that the rest is lost.
        const RECOVERY_CODE = 1 << 3;
        /// The organisation's identity provider.
        const SSO = 1 << 4;
        /// A one-time link.
        const LINK = 1 << 5;
    }
}

impl Factors {
    /// The words in JSON and in the audit trail.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [
            (Self::PASSWORD, "password"),
            (Self::TOTP, "totp"),
            (Self::PASSKEY, "passkey"),
            (Self::RECOVERY_CODE, "recovery-code"),
            (Self::SSO, "sso"),
            (Self::LINK, "link"),
        ]
        .into_iter()
        .filter(|(factor, _)| self.contains(*factor))
        .map(|(_, name)| name)
        .collect()
    }

    /// Whether more than a password or a link was shown.
    #[must_use]
    pub const fn has_second(self) -> bool {
        self.intersects(
            Self::TOTP
                .union(Self::PASSKEY)
                .union(Self::RECOVERY_CODE)
                .union(Self::SSO),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Factors;

    #[test]
    fn each_factor_has_a_word() {
        assert_eq!(
            Factors::all().names().len(),
            Factors::all().iter().count(),
            "{:?}",
            Factors::all().names()
        );
    }

    #[test]
    fn a_password_alone_is_no_second_factor() {
        assert!(!(Factors::PASSWORD | Factors::LINK).has_second());
        assert!((Factors::PASSWORD | Factors::TOTP).has_second());
        assert!(Factors::PASSKEY.has_second());
    }
}
