//! Second factors as their owner sees them.

use serde::Serialize;
use time::OffsetDateTime;

use crate::kernel::{FactorId, FieldProblem, ProofMethod, Text};

/// What somebody can show besides the password, in the order in which it is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SecondFactorMethod)]
pub enum Method {
    /// A passkey or security key.
    Passkey,
    /// A code of an authenticator app.
    Totp,
    /// One of the codes kept for the day that the rest is lost.
    RecoveryCode,
}

impl From<Method> for ProofMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Passkey => Self::Passkey,
            Method::Totp => Self::Totp,
            Method::RecoveryCode => Self::RecoveryCode,
        }
    }
}

/// One second factor.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Factor)]
#[serde(rename_all = "camelCase")]
pub struct FactorView {
    /// Which.
    pub id: FactorId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last signed somebody in.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub last_used_at: Option<OffsetDateTime>,
    /// Whether a passkey is also kept elsewhere, by whoever made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backed_up: Option<bool>,
    /// Whether there are two of a passkey: then it proves nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
}

/// Everything besides the password that proves who somebody is.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MyFactors {
    /// Authenticator apps.
    pub totp: Vec<FactorView>,
    /// Passkeys and security keys.
    pub passkeys: Vec<FactorView>,
    /// Recovery codes.
    pub recovery_codes: RecoveryCodesView,
}

/// How many recovery codes there are. The codes themselves nobody can see again.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RecoveryCodesLeft)]
pub struct RecoveryCodesView {
    /// How many were not used.
    pub left: i64,
}

/// An authenticator app to be confirmed. Shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTotp {
    /// The factor that a first code confirms.
    pub id: FactorId,
    /// The seed, as it is typed into an app (base 32).
    pub secret: String,
    /// The same as an `otpauth` address.
    pub uri: String,
    /// The same as a QR code.
    pub qr_svg: String,
}

/// What came of a first code.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FactorAdded {
    /// Recovery codes, with a first factor; they are not shown again.
    #[schema(required)]
    pub recovery_codes: Option<Vec<String>>,
}

/// New recovery codes. Shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct FreshCodes {
    /// The codes.
    pub codes: Vec<String>,
}

/// What somebody calls a factor.
pub(in crate::identity) fn factor_name(text: &str) -> Result<String, FieldProblem> {
    Text::line("name", 1, 60).check(text)
}
