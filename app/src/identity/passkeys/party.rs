//! This server, as authenticators know it.

use http::StatusCode;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use crate::config::NoPasskeys;
use crate::context::App;
use crate::edge::Problem;

/// Whether there can be passkeys at the public address at all.
pub(super) fn open_at(app: &App) -> bool {
    app.server.relying_party.is_ok()
}

/// The relying party.
///
/// # Errors
/// 409 where the public address allows no passkeys.
pub(super) fn party(app: &App) -> Result<Webauthn, Problem> {
    let site = app.server.relying_party.as_ref().map_err(unavailable)?;
    let built = Url::parse(&site.origin).ok().and_then(|origin| {
        let builder = WebauthnBuilder::new(&site.id, &origin).ok()?;
        builder.rp_name(&site.name).build().ok()
    });
    built.ok_or_else(|| {
        tracing::error!(id = site.id, origin = site.origin, "relying party");
        Problem::internal()
    })
}

fn unavailable(why: &NoPasskeys) -> Problem {
    let detail = match why {
        NoPasskeys::Number => {
            "Passkeys belong to a name. Have the portal opened at a name, not at an IP address."
        }
        NoPasskeys::Insecure => "Passkeys need HTTPS. Have the portal opened by it.",
    };
    Problem::new(
        StatusCode::CONFLICT,
        "passkeys-unavailable",
        "There are no passkeys at this address",
        detail,
    )
}
