//! Sessions of platform admins: they begin, are looked at by all of them, and end.

use http::{HeaderValue, header};
use serde_json::json;
use time::OffsetDateTime;

use super::authenticate::Operator;
use super::cookie::PlatformCookie;
use super::model::{Admin, OperatorView, SessionView};
use super::session::{self, ABSOLUTE, Seen, Session};
use super::store;
use super::token::Token;
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent};
use crate::infra::db::PlatformTx;
use crate::kernel::SessionId;
use crate::platform::{self, Action, Event};

/// Who is signed in, and the header that says so to the browser.
pub(super) type Started = (OperatorView, [(header::HeaderName, HeaderValue); 1]);

/// Starts a session in an epoch of an account.
pub(super) async fn start(
    app: &App,
    admin: &Admin,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<Started, Problem> {
    let now = app.clock.now();
    let token = Token::generate().ok_or_else(Problem::internal)?;
    let begun = Session {
        id: SessionId::new(),
        admin: admin.id,
        began: now.unix_timestamp(),
        epoch: admin.epoch,
        address: origin.address.to_string(),
        user_agent: user_agent.as_str().to_owned(),
    };
    session::store(&app.cache, &token, &begun, now).await?;
    let cookie = PlatformCookie::for_server(&app.server).set(&token, ABSOLUTE);
    let cookie = cookie.ok_or_else(Problem::internal)?;
    Ok((admin.named(), [(header::SET_COOKIE, cookie)]))
}

/// Finds out who sent a token: a living session of somebody who is still a platform admin.
pub(super) async fn recognise(
    app: &App,
    token: &Token,
    origin: Origin,
) -> Result<Option<Operator>, Problem> {
    let now = app.clock.now();
    let Some(found) = session::find(&app.cache, token, now).await? else {
        return Ok(None);
    };
    let mut tx = PlatformTx::begin(&app.db).await?;
    let admin = store::by_id(tx.connection(), found.session.admin).await?;
    tx.finish();
    let Some(admin) = admin.filter(|admin| is_of(&found, admin, now)) else {
        session::end(&app.cache, found.session.id).await?;
        return Ok(None);
    };
    Ok(Some(Operator {
        who: admin.named(),
        session: found.session.id,
        origin,
    }))
}

fn is_of(found: &Seen, admin: &Admin, now: OffsetDateTime) -> bool {
    admin.is_active() && admin.epoch == found.session.epoch && found.lives(now)
}

/// The sessions of all platform admins.
pub(super) async fn list(app: &App, operator: &Operator) -> Result<Vec<SessionView>, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let admins = store::all(tx.connection()).await?;
    tx.finish();
    let now = app.clock.now();
    let found = session::list(&app.cache).await?;
    let living = found.iter().filter_map(|found| {
        let admin = admins.iter().find(|one| one.id == found.session.admin)?;
        is_of(found, admin, now).then(|| view(found, admin, operator))?
    });
    Ok(living.collect())
}

fn view(found: &Seen, admin: &Admin, operator: &Operator) -> Option<SessionView> {
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
    let session = &found.session;
    Some(SessionView {
        id: session.id,
        admin: admin.named(),
        current: operator.session == session.id,
        created_at: at(session.began)?,
        last_seen_at: at(found.seen)?,
        address: session.address.clone(),
        user_agent: session.user_agent.clone(),
    })
}

/// Ends a session of anybody.
pub(super) async fn revoke(app: &App, operator: &Operator, id: SessionId) -> Result<(), Problem> {
    if !session::end(&app.cache, id).await? {
        return Err(Problem::not_found());
    }
    let detail = json!({"session": id, "by": operator.as_words()});
    record(app, Action::AdminSessionRevoked, detail).await
}

/// Ends one's own session.
pub(super) async fn sign_out(app: &App, operator: &Operator) -> Result<HeaderValue, Problem> {
    session::end(&app.cache, operator.session).await?;
    let detail = json!({"by": operator.as_words()});
    record(app, Action::AdminSignedOut, detail).await?;
    let cookie = PlatformCookie::for_server(&app.server).clear();
    cookie.ok_or_else(Problem::internal)
}

/// Records what changed nothing in the database.
async fn record(app: &App, action: Action, detail: serde_json::Value) -> Result<(), Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let event = Event {
        at: app.clock.now(),
        action,
        detail,
    };
    platform::record_first(&mut tx, &app.keys, &event).await?;
    Ok(tx.commit_housekeeping().await?)
}
