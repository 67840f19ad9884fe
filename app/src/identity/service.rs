//! Signing in and out.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::model::{Email, Me};
use super::session::{self, SessionToken};
use super::sessions::{self, Arrival, organization};
use super::standing::Standing;
use super::{password, store};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, UserAgent, rate};
use crate::infra::db::LookupTx;
use crate::kernel::{Factors, Redacted};

/// So many wrong passwords of one account are let through before they have to wait.
const GUESSES: rate::Limit = rate::Limit {
    max: 10,
    window: Duration::from_secs(15 * 60),
};

/// Counts an attempt at an endpoint that anybody may call.
///
/// # Errors
/// 429 past the limit, 503 when it cannot be counted.
pub async fn limit_attempts(app: &App, client: IpAddr) -> Result<(), Problem> {
    let limit = rate::Limit {
        max: app.security.auth_rate_max,
        window: app.security.auth_rate_window,
    };
    rate::attempt(&app.cache, "auth", client, limit).await
}

/// Counts a guess at a secret of one account. It is counted before it is judged: many at once do not
/// slip past.
pub(super) async fn limit_guesses(app: &App, what: &str, who: &str) -> Result<(), Problem> {
    rate::attempt(&app.cache, what, who, GUESSES).await
}

/// Takes a guess back that was none.
pub(super) async fn guessed_right(app: &App, what: &str, who: &str) -> Result<(), Problem> {
    rate::take_back(&app.cache, what, who).await
}

/// Hashes a password, with the failure as a problem.
pub(super) async fn hashed(app: &App, password: Redacted<String>) -> Result<String, Problem> {
    password::hash(app, password).await.map_err(|error| {
        tracing::error!(%error, "password");
        Problem::internal()
    })
}

/// Checks a password and starts a session. An unknown address, a wrong password and an account
/// without an organisation give one answer, after the same work.
pub(super) async fn sign_in(
    app: &App,
    email: &str,
    given: Redacted<String>,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<(Me, HeaderValue), Problem> {
    let credentials = match Email::parse(email) {
        Err(_) => None,
        Ok(email) => {
            let mut tx = LookupTx::by_email(&app.db, email.as_str()).await?;
            let found = store::credentials(&mut tx, &email).await?;
            tx.finish().await?;
            found
        }
    };
    let (known, hash) = match credentials {
        Some(known) => (Some((known.user, known.epoch)), Some(known.password_hash)),
        None => (None, None),
    };
    let holds = password::verify(app, given, hash).await.map_err(|error| {
        tracing::error!(%error, "sign-in");
        Problem::internal()
    })?;
    let (user, epoch) = known.filter(|_| holds).ok_or_else(invalid_credentials)?;
    let standing = Standing::of(&app.db, user).await?;
    let standing = standing.ok_or_else(invalid_credentials)?;
    let home = standing
        .home(Factors::PASSWORD)
        .ok_or_else(invalid_credentials)?;
    let arrival = Arrival {
        user,
        org: home.org,
        role: home.role,
        factors: Factors::PASSWORD,
        origin,
        user_agent,
    };
    let tx = WriteTx::begin(&app.db, home.org).await?;
    let event = Event::new(
        app.clock.now(),
        user,
        Action::SignedIn,
        organization(home.org),
    )
    .with(json!({"method": "password"}))
    .from(origin, arrival.factors);
    tx.commit(&app.keys, &event).await?;
    sessions::start_in(app, arrival, &standing, epoch).await
}

/// Ends a session.
pub(super) async fn sign_out(
    app: &App,
    caller: Caller,
    token: Option<SessionToken>,
) -> Result<(), Problem> {
    if let Some((token, id)) = token.zip(sessions::current(&caller)) {
        session::end(&app.cache, caller.user, id, &token).await?;
    }
    let tx = WriteTx::begin(&app.db, caller.org).await?;
    let resource = organization(caller.org);
    let event = Event::by(app.clock.now(), &caller, Action::SignedOut, resource);
    Ok(tx.commit(&app.keys, &event).await?)
}

fn invalid_credentials() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-credentials",
        "That did not work",
        "The address or the password is not right.",
    )
}
