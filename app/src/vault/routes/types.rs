//! `/secret-types`.

use axum::Json;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::types::{Field, SecretType};
use crate::context::App;
use crate::edge::{Caller, Problem};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A type of secrets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SecretTypeInfo {
    /// Its word.
    r#type: SecretType,
    /// What people call it.
    label: &'static str,
    /// Its fields, in the order of a form.
    fields: &'static [Field],
}

/// The types of secrets and their fields.
#[utoipa::path(get, path = "/secret-types", operation_id = "listSecretTypes", tag = "secrets", responses(
    (status = 200, body = Vec<SecretTypeInfo>),
))]
async fn list(_: Caller) -> Result<Json<Vec<SecretTypeInfo>>, Problem> {
    let all = SecretType::ALL.into_iter().map(|kind| SecretTypeInfo {
        r#type: kind,
        label: label(kind),
        fields: kind.fields(),
    });
    Ok(Json(all.collect()))
}

const fn label(kind: SecretType) -> &'static str {
    match kind {
        SecretType::Password => "Password",
        SecretType::ApiKey => "API key",
        SecretType::SshKey => "SSH key",
        SecretType::EnvVar => "Environment variable",
        SecretType::SecureNote => "Secure note",
        SecretType::Totp => "One-time codes",
        SecretType::PaymentCard => "Payment card",
        SecretType::Identity => "Identity",
        SecretType::Passkey => "Passkey",
    }
}
