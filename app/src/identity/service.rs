//! Signing in and out.

use std::net::IpAddr;

use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::cookie::SessionCookie;
use super::model::{Email, Me};
use super::session::{self, Lifetime, Session, SessionToken};
use super::{password, store};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem, rate};
use crate::infra::db::{LookupTx, TenantTx};
use crate::kernel::{OrgId, OrgRole, Redacted, UserId};

/// Counts an attempt at an endpoint that anybody may call.
///
/// # Errors
/// 429 past the limit, 503 when it cannot be counted.
pub async fn limit_attempts(app: &App, client: IpAddr) -> Result<(), Problem> {
    let limit = rate::Limit {
        max: app.security.auth_rate_max,
        window: app.security.auth_rate_window,
    };
    rate::attempt(&app.cache, "auth", &client.to_string(), limit).await
}

/// Checks a password and starts a session. An unknown address, a wrong password and an account
/// without an organisation give one answer, after the same work.
pub(super) async fn sign_in(
    app: &App,
    email: &str,
    given: Redacted<String>,
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
    let (user, hash) = match credentials {
        Some(known) => (Some(known.user), Some(known.password_hash)),
        None => (None, None),
    };
    let holds = password::verify(app, given, hash).await.map_err(|error| {
        tracing::error!(%error, "sign-in");
        Problem::internal()
    })?;
    let user = user.filter(|_| holds).ok_or_else(invalid_credentials)?;
    let mut tx = LookupTx::by_user(&app.db, user).await?;
    let memberships = store::memberships(&mut tx, user).await?;
    tx.finish().await?;
    let home = *memberships.first().ok_or_else(invalid_credentials)?;
    let tx = WriteTx::begin(&app.db, home.org).await?;
    let session = Resource {
        kind: "organization",
        id: home.org.as_uuid(),
    };
    let event = Event::new(app.clock.now(), user, Action::SignedIn, session);
    tx.commit(&app.keys, &event.with(json!({"method": "password"})))
        .await?;
    start_session(app, user, home.org, home.role).await
}

/// Starts a session: who is signed in now, and the cookie for it.
///
/// # Errors
/// 503 when the cache or the database does not answer.
pub async fn start_session(
    app: &App,
    user: UserId,
    org: OrgId,
    role: OrgRole,
) -> Result<(Me, HeaderValue), Problem> {
    let me = me(app, Caller { user, org, role }).await?;
    let token = SessionToken::generate().ok_or_else(Problem::internal)?;
    let session = Session {
        user,
        org,
        began: app.clock.now().unix_timestamp(),
    };
    session::store(&app.cache, &token, &session, lifetime(app)).await?;
    let cookie = SessionCookie::for_server(&app.server)
        .set(&token, app.security.session_absolute)
        .ok_or_else(Problem::internal)?;
    Ok((me, cookie))
}

/// Ends a session.
pub(super) async fn sign_out(
    app: &App,
    caller: Caller,
    token: Option<SessionToken>,
) -> Result<(), Problem> {
    if let Some(token) = token {
        session::end(&app.cache, &token).await?;
    }
    let tx = WriteTx::begin(&app.db, caller.org).await?;
    let resource = Resource {
        kind: "organization",
        id: caller.org.as_uuid(),
    };
    let event = Event::new(app.clock.now(), caller.user, Action::SignedOut, resource);
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Who is signed in, and where.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn me(app: &App, caller: Caller) -> Result<Me, Problem> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let found = store::member(&mut tx, caller.user).await?;
    tx.finish().await?;
    let (user, organization) = found.ok_or_else(Problem::not_found)?;
    Ok(Me {
        user,
        organization,
        role: caller.role,
    })
}

/// Finds out who sent a token: a living session of somebody who is still a confirmed member.
pub(super) async fn recognise(app: &App, token: &SessionToken) -> Result<Option<Caller>, Problem> {
    let found = session::find(&app.cache, token, lifetime(app), app.clock.now()).await?;
    let Some(session) = found else {
        return Ok(None);
    };
    let mut tx = LookupTx::by_user(&app.db, session.user).await?;
    let memberships = store::memberships(&mut tx, session.user).await?;
    tx.finish().await?;
    let here = memberships
        .into_iter()
        .find(|membership| membership.org == session.org);
    Ok(here.map(|here| Caller {
        user: session.user,
        org: here.org,
        role: here.role,
    }))
}

fn lifetime(app: &App) -> Lifetime {
    Lifetime {
        idle: app.security.session_idle,
        absolute: app.security.session_absolute,
    }
}

fn invalid_credentials() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-credentials",
        "That did not work",
        "The address or the password is not right.",
    )
}
