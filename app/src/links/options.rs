//! What the sign-in page may offer.

use serde::Serialize;

use crate::context::App;

/// What can be done here without being signed in.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthOptions {
    /// Whether somebody may sign up without an invitation.
    sign_up: bool,
    /// Whether links are mailed.
    mail: bool,
    /// Whether one can sign in with a passkey.
    passkeys: bool,
}

/// What is offered now.
pub(super) fn options(app: &App) -> AuthOptions {
    AuthOptions {
        sign_up: false,
        mail: app.mail.is_some(),
        passkeys: false,
    }
}
