//! By what somebody proves, once more, that it is them.

use serde::{Deserialize, Serialize};

/// A way to prove it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProofMethod {
    /// A passkey or security key (WebAuthn).
    Passkey,
    /// A time-based one-time password (RFC 6238).
    Totp,
    /// One of the codes kept for the day that the rest is lost.
    RecoveryCode,
    /// The password, for people without a second factor.
    Password,
}

impl ProofMethod {
    /// The word in JSON and in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery-code",
            Self::Password => "password",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProofMethod;

    #[test]
    fn a_method_is_one_word_everywhere() {
        for method in [
            ProofMethod::Passkey,
            ProofMethod::Totp,
            ProofMethod::RecoveryCode,
            ProofMethod::Password,
        ] {
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
        }
    }
}
