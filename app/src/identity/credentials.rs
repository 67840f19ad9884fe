//! An address and a password: whose are they?

use http::{HeaderMap, HeaderValue, StatusCode};

use super::device::Device;
use super::email::Email;
use super::store::{self, Credentials};
use super::{guesses, password};
use crate::context::App;
use crate::edge::{Origin, Problem};
use crate::infra::argon::Verdict;
use crate::infra::db::{LookupTx, PlatformTx};
use crate::kernel::{Redacted, UserId};

/// An account whose password was shown.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) user: UserId,
    /// The account's epoch when its password was read.
    pub(super) epoch: i64,
    /// What makes the browser known to this account, for the answer.
    pub(super) device: Option<HeaderValue>,
}

/// Checks a password. An unknown address and a wrong password give one answer, after the same work and
/// the same counting.
///
/// # Errors
/// 401 `invalid-credentials`; 429 past a limit; 503 when something does not answer.
pub(super) async fn check(
    app: &App,
    (email, given): (&str, Redacted<String>),
    origin: Origin,
    headers: &HeaderMap,
) -> Result<Proved, Problem> {
    let found = find(app, email).await?;
    let device = found
        .as_ref()
        .and_then(|known| Device::known(app, headers, known.user, known.epoch));
    let attempt = guesses::sign_in(app, email, origin.address, device.as_ref()).await?;
    let hash = found.as_ref().map(|known| known.password_hash.clone());
    let verdict = app.passwords.verify(given.clone(), hash).await;
    let verdict = verdict.map_err(|error| {
        tracing::error!(%error, "sign-in");
        Problem::internal()
    })?;
    let known = found
        .filter(|_| verdict != Verdict::Wrong)
        .ok_or_else(invalid)?;
    attempt.was_right(app).await?;
    if verdict == Verdict::Outgrown {
        renew_hash(app, &known, given).await;
    }
    let device = device.or_else(Device::new);
    Ok(Proved {
        user: known.user,
        epoch: known.epoch,
        device: device.and_then(|device| device.cookie(app, known.user, known.epoch)),
    })
}

async fn find(app: &App, email: &str) -> Result<Option<Credentials>, Problem> {
    let Ok(email) = Email::parse(email) else {
        return Ok(None);
    };
    let mut tx = LookupTx::by_email(&app.db, email.as_str()).await?;
    let found = store::credentials(&mut tx, &email).await?;
    tx.finish();
    Ok(found)
}

/// Hashes a password at today's cost. It was right: whatever happens here, its owner gets in.
async fn renew_hash(app: &App, known: &Credentials, given: Redacted<String>) {
    let renewed = async {
        let hash = password::hash(app, given).await.ok()?;
        let mut tx = PlatformTx::begin(&app.db).await.ok()?;
        store::replace_hash(tx.connection(), known, &hash)
            .await
            .ok()?;
        tx.commit_housekeeping().await.ok()
    };
    if renewed.await.is_none() {
        tracing::warn!("a password's hash was not renewed");
    }
}

/// What a stranger is told, whatever was wrong.
pub(super) fn invalid() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-credentials",
        "That did not work",
        "The address or the password is not right.",
    )
}
