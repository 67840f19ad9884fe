//! Signing in with an address and a password.

use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::sessions::{self, Started};
use super::store;
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent, rate};
use crate::identity::{self, Email};
use crate::infra::db::PlatformTx;
use crate::kernel::Redacted;
use crate::platform::{self, Action, Event};

/// So many wrong passwords of one account are let through before it has to wait. On this plane that
/// lets nobody lock somebody out: a link that is made on the host opens it again.
const GUESSES: rate::Limit = rate::Limit {
    max: 10,
    window: Duration::from_secs(15 * 60),
};

/// Counts an attempt at a route that asks for nobody.
pub(super) async fn limit_attempts(app: &App, client: IpAddr) -> Result<(), Problem> {
    let limit = rate::Limit {
        max: app.security.auth_rate_max,
        window: app.security.auth_rate_window,
    };
    rate::attempt(&app.cache, "platform-auth", client, limit).await
}

/// Counts a guess at the password of an account, before it is judged: many at once do not slip past.
pub(super) async fn limit_guesses(app: &App, email: &str) -> Result<(), Problem> {
    rate::attempt(&app.cache, "platform-password", email, GUESSES).await
}

/// Takes a guess back that was none.
pub(super) async fn guessed_right(app: &App, email: &str) -> Result<(), Problem> {
    rate::take_back(&app.cache, "platform-password", email).await
}

/// Whether a password belongs to a hash; without a hash it takes as long and says no.
pub(super) async fn holds(
    app: &App,
    given: Redacted<String>,
    hash: Option<String>,
) -> Result<bool, Problem> {
    identity::verify(app, given, hash).await.map_err(|error| {
        tracing::error!(%error, "platform admin");
        Problem::internal()
    })
}

/// Checks a password and starts a session. An unknown address, a wrong password and somebody who is
/// no platform admin any more give one answer, after the same work.
pub(super) async fn sign_in(
    app: &App,
    email: &str,
    given: Redacted<String>,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<Started, Problem> {
    let email = Email::parse(email).map_err(|_| invalid_credentials())?;
    limit_guesses(app, email.as_str()).await?;
    let mut tx = PlatformTx::begin(&app.db).await?;
    let admin = store::by_email(tx.connection(), email.as_str()).await?;
    let admin = admin.filter(super::model::Admin::is_active);
    let hash = match &admin {
        Some(admin) => store::password_hash(tx.connection(), admin.id).await?,
        None => None,
    };
    tx.finish();
    let right = holds(app, given, hash).await?;
    let admin = admin.filter(|_| right).ok_or_else(invalid_credentials)?;
    guessed_right(app, email.as_str()).await?;
    let mut tx = PlatformTx::begin(&app.db).await?;
    let now = app.clock.now();
    if !store::note_sign_in(tx.connection(), &admin, now).await? {
        return Err(invalid_credentials());
    }
    let event = Event {
        at: now,
        action: Action::AdminSignedIn,
        detail: json!({"admin": admin.id, "email": admin.email, "address": origin.address}),
    };
    platform::record_first(&mut tx, &app.keys, &event).await?;
    tx.commit_housekeeping().await?;
    sessions::start(app, &admin, (origin, user_agent)).await
}

fn invalid_credentials() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-credentials",
        "That did not work",
        "The address or the password is not right.",
    )
}
