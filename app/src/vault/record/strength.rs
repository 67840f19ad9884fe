//! The main secret of a record, and how soon it is guessed.

use zeroize::Zeroizing;

use crate::vault::types::SecretType;

/// Longer ones are judged by their beginning: judging takes time that grows with the square.
const JUDGED: usize = 64;

/// The field that makes a type what it is.
pub(super) const fn main_field(kind: SecretType) -> Option<&'static str> {
    match kind {
        SecretType::Password => Some("password"),
        SecretType::ApiKey => Some("key"),
        SecretType::SshKey | SecretType::Passkey => Some("privateKey"),
        SecretType::EnvVar => Some("value"),
        SecretType::Totp => Some("otpauth"),
        SecretType::PaymentCard => Some("number"),
        SecretType::SecureNote => Some("body"),
        SecretType::Identity => None,
    }
}

/// Whether people think the main secret of a type up, so that it may be guessed.
pub(super) const fn is_guessed(kind: SecretType) -> bool {
    matches!(kind, SecretType::Password)
}

/// How soon a guesser who knows what people do comes to it: 0 at once, 4 never.
pub(in crate::vault) fn strength(secret: &str) -> u8 {
    let judged: Zeroizing<String> = Zeroizing::new(secret.chars().take(JUDGED).collect());
    zxcvbn::zxcvbn(&judged, &[]).score().into()
}
