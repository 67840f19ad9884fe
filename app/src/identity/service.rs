//! Signing in and out.

use std::net::IpAddr;
use std::time::Duration;

use http::HeaderValue;
use serde_json::json;

use super::model::SignedIn;
use super::session::{self, SessionToken};
use super::sessions::{self, Arrival, organization};
use super::standing::Standing;
use super::tickets::Ticket;
use super::{credentials, password, second_factor};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, UserAgent, rate};
use crate::kernel::{Factors, Redacted, UserId};

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

/// Starts a session for somebody who has shown their password, or asks for the second factor. An
/// account without an organisation is answered like a wrong password.
pub(super) async fn sign_in(
    app: &App,
    (user, epoch): (UserId, i64),
    (origin, user_agent): (Origin, UserAgent),
) -> Result<(SignedIn, Option<HeaderValue>), Problem> {
    let standing = Standing::of(&app.db, user).await?;
    let standing = standing.ok_or_else(credentials::invalid)?;
    let home = standing.home(Factors::PASSWORD);
    let home = home.ok_or_else(credentials::invalid)?;
    home.demand(Factors::PASSWORD)?;
    if standing.enrolled.any() {
        let ticket = Ticket::new(app, (user, home.org), epoch, Factors::PASSWORD);
        return Ok((second_factor::ask(app, &ticket).await?, None));
    }
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
    let (me, cookie) = sessions::start_in(app, arrival, &standing, epoch).await?;
    Ok((SignedIn::SignedIn { me }, Some(cookie)))
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
