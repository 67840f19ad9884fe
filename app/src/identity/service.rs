//! Signing in and out.

use std::net::IpAddr;

use http::{HeaderValue, StatusCode};
use serde_json::json;
use time::OffsetDateTime;

use super::cookie::SessionCookie;
use super::model::{Email, Me};
use super::session::{self, Lifetime, Session, SessionToken};
use super::{password, store};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, Via, rate};
use crate::infra::db::{LookupTx, TenantTx};
use crate::kernel::{Factors, OrgId, OrgRole, Redacted, SessionId, StepUpId, UserId};

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
    origin: Origin,
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
    let event = Event::new(app.clock.now(), user, Action::SignedIn, session)
        .with(json!({"method": "password"}))
        .from(origin, Factors::PASSWORD);
    tx.commit(&app.keys, &event).await?;
    let arrival = Arrival {
        user,
        org: home.org,
        role: home.role,
        factors: Factors::PASSWORD,
    };
    start(app, arrival).await
}

/// Somebody who has proved who they are.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The account.
    pub user: UserId,
    /// The organisation they enter.
    pub org: OrgId,
    /// What they are there.
    pub role: OrgRole,
    /// What they showed.
    pub factors: Factors,
}

/// Starts a session: who is signed in now, and the cookie for it.
///
/// # Errors
/// 503 when the cache or the database does not answer.
pub async fn start(app: &App, arrival: Arrival) -> Result<(Me, HeaderValue), Problem> {
    let Arrival {
        user,
        org,
        role,
        factors,
    } = arrival;
    let me = me(app, user, org, role).await?;
    let token = SessionToken::generate().ok_or_else(Problem::internal)?;
    let session = Session {
        id: SessionId::new(),
        user,
        org,
        factors,
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
    let event = Event::by(app.clock.now(), &caller, Action::SignedOut, resource);
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Who is signed in, and where.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn me(app: &App, user: UserId, org: OrgId, role: OrgRole) -> Result<Me, Problem> {
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let found = store::member(&mut tx, user).await?;
    tx.finish().await?;
    let (user, organization) = found.ok_or_else(Problem::not_found)?;
    Ok(Me {
        user,
        organization,
        role,
    })
}

/// Finds out who sent a token: a living session of somebody who is still a confirmed member.
pub(super) async fn recognise(
    app: &App,
    token: &SessionToken,
    origin: Origin,
    step_up: Option<StepUpId>,
) -> Result<Option<Caller>, Problem> {
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
    let began = OffsetDateTime::from_unix_timestamp(session.began);
    Ok(here.zip(began.ok()).map(|(here, began)| Caller {
        user: session.user,
        org: here.org,
        role: here.role,
        via: Via::Session {
            id: session.id,
            factors: session.factors,
            began,
            step_up,
            must_enrol: false,
        },
        origin,
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
