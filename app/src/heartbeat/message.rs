//! What is sent.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::context::App;
use crate::edge::Problem;
use crate::entitlements;
use crate::infra::db::{DbError, PlatformTx};
use crate::platform;

/// The whole message. A field that is added here is added to `deploy/docs/licence.md`: a test
/// compares them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The version of this list of fields.
    format: u8,
    /// SHA-256 of the installation's own random id: tells two installations apart, and nothing of
    /// either.
    instance: String,
    /// The licence's own id; null without one.
    license_id: Option<String>,
    /// The tier that was bought.
    tier: &'static str,
    /// How many seats were bought; null without a licence.
    seats_bought: Option<u32>,
    /// How many seats are used.
    seats_used: u32,
    /// The version of VaultTerm.
    version: &'static str,
}

/// Where the message goes and what the next one would say, for the operator to see.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    url: String,
    message: Message,
}

impl Message {
    /// The bytes that are sent.
    pub(super) fn body(&self) -> String {
        // Plain fields always have a JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
impl Message {
    pub(super) fn sample() -> Self {
        Self {
            format: 1,
            instance: hashed(Uuid::nil()),
            license_id: None,
            tier: "free",
            seats_bought: None,
            seats_used: 0,
            version: "0",
        }
    }
}

/// The message as of now.
pub(super) async fn current(app: &App) -> Result<Message, DbError> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let used = entitlements::seats_used(tx.connection()).await?;
    let instance = platform::instance(tx.connection()).await?;
    tx.finish();
    let view = app.license.view(app.clock.now(), used);
    Ok(Message {
        format: 1,
        instance: hashed(instance.unwrap_or_default()),
        license_id: app.license.detail().map(|detail| detail.id),
        tier: view.tier,
        seats_bought: view.seats_bought,
        seats_used: used,
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// What an operator sees of it; nothing when nobody is told.
///
/// # Errors
/// [`Problem`] when the database does not answer.
pub async fn preview(app: &App) -> Result<Option<Preview>, Problem> {
    let Some(url) = &app.server.heartbeat else {
        return Ok(None);
    };
    let message = current(app).await?;
    let url = url.text.clone();
    Ok(Some(Preview { url, message }))
}

fn hashed(instance: Uuid) -> String {
    let mut digest = Sha256::new();
    digest.update(b"vaultterm heartbeat instance v1\0");
    digest.update(instance.as_bytes());
    hex::encode(digest.finalize())
}
