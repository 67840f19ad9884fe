//! Sessions as people know them: they begin, move to another organisation, and end.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use time::OffsetDateTime;

use super::cookie::SessionCookie;
use super::lookups::{Known, Lookups};
use super::model::{Me, SessionList, SessionView};
use super::session::{self, Seen, Session, SessionToken};
use super::standing::Standing;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, UserAgent, Via};
use crate::kernel::{Factors, OrgId, OrgRole, SessionId, StepUpId, UserId};

/// Somebody who has proved who they are.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The account.
    pub user: UserId,
    /// The organisation they enter.
    pub org: OrgId,
    /// What they are there.
    pub role: OrgRole,
    /// What they showed.
    pub factors: Factors,
    /// From where.
    pub origin: Origin,
    /// With what.
    pub user_agent: UserAgent,
}

/// Demands that somebody may enter an organisation by what they have shown, and says what they are
/// there. Asked before it is recorded that they did.
///
/// # Errors
/// 403 `organization-suspended` or `sso-required`; 404 when they are no member there; 503 when the
/// database does not answer.
pub async fn demand_entry(
    app: &App,
    (user, org): (UserId, OrgId),
    factors: Factors,
) -> Result<OrgRole, Problem> {
    let standing = standing(app, user).await?;
    let place = standing.place(org).ok_or_else(Problem::not_found)?;
    place.demand(factors)?;
    Ok(place.role)
}

/// Starts a session: who is signed in now, and the cookie for it.
///
/// # Errors
/// As for [`demand_entry`]; 503 when the cache does not answer, too.
pub async fn start(app: &App, arrival: Arrival) -> Result<(Me, HeaderValue), Problem> {
    let standing = standing(app, arrival.user).await?;
    let epoch = standing.epoch;
    start_in(app, arrival, &standing, epoch).await
}

/// The same in the epoch that was in force when the proof was seen: a password that was changed in
/// between has ended this session before it began.
pub(super) async fn start_in(
    app: &App,
    arrival: Arrival,
    standing: &Standing,
    epoch: i64,
) -> Result<(Me, HeaderValue), Problem> {
    let session = Session {
        id: SessionId::new(),
        user: arrival.user,
        org: arrival.org,
        factors: arrival.factors,
        began: app.clock.now().unix_timestamp(),
        epoch,
        address: arrival.origin.address.to_string(),
        user_agent: arrival.user_agent.as_str().to_owned(),
    };
    issue(app, &session, standing, None).await
}

/// Hands out a token for a session. The one that it replaces opens nothing from then on.
async fn issue(
    app: &App,
    session: &Session,
    standing: &Standing,
    replaced: Option<&SessionToken>,
) -> Result<(Me, HeaderValue), Problem> {
    let place = standing.place(session.org).ok_or_else(Problem::not_found)?;
    place.demand(session.factors)?;
    let now = app.clock.now();
    let token = SessionToken::generate().ok_or_else(Problem::internal)?;
    let lifetime = place.lifetime(&app.security);
    session::store(&app.cache, &token, session, lifetime.idle, (now, replaced)).await?;
    let cookie = SessionCookie::for_server(&app.server)
        .set(&token, lifetime.absolute)
        .ok_or_else(Problem::internal)?;
    Ok((standing.me(place, session.factors, now), cookie))
}

/// Finds out who sent a token: a living session of somebody who is still a confirmed member.
pub(super) async fn recognise(
    app: &App,
    lookups: &Lookups,
    token: &SessionToken,
    (origin, step_up): (Origin, Option<StepUpId>),
) -> Result<Option<(Caller, Arc<Standing>)>, Problem> {
    let now = app.clock.now();
    let Some(Known { seen, standing }) = lookups.session(token.key()).await? else {
        return Ok(None);
    };
    let Seen { session, seen } = &*seen;
    let standing = standing.filter(|standing| standing.epoch == session.epoch);
    let place = standing
        .as_ref()
        .and_then(|standing| Some((standing, standing.place(session.org)?)));
    let living = place.filter(|(_, place)| {
        let lifetime = place.lifetime(&app.security);
        place.admits(session.factors) && lifetime.covers(session.began, *seen, now)
    });
    let began = OffsetDateTime::from_unix_timestamp(session.began);
    let Some(((standing, place), began)) = living.zip(began.ok()) else {
        session::end(&app.cache, session.user, session.id, token).await?;
        return Ok(None);
    };
    let caller = Caller {
        user: session.user,
        org: place.org,
        role: place.role,
        via: Via::Session {
            id: session.id,
            factors: session.factors,
            began,
            step_up,
            must_enrol: standing.must_enrol(place, session.factors, now),
            confined: standing.confines(session.factors),
        },
        origin,
        at: now,
    };
    Ok(Some((caller, Arc::clone(standing))))
}

/// Who is signed in, and where, after something was changed.
pub(super) async fn me(app: &App, caller: &Caller) -> Result<Me, Problem> {
    let standing = standing(app, caller.user).await?;
    view_of(app, caller, &standing)
}

/// The same of a standing that was looked up for this very request.
pub(super) fn view_of(app: &App, caller: &Caller, standing: &Standing) -> Result<Me, Problem> {
    let place = standing.place(caller.org).ok_or_else(Problem::not_found)?;
    let factors = match caller.via {
        Via::Session { factors, .. } => factors,
        Via::Token { .. } => Factors::empty(),
    };
    Ok(standing.me(place, factors, app.clock.now()))
}

/// Goes on in an organisation that somebody has just joined: who is signed in now, and the cookie.
///
/// # Errors
/// 401 without a session of a browser; 404 when they are no member there; 503 when the cache or the
/// database does not answer.
pub async fn enter(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    org: OrgId,
) -> Result<(Me, HeaderValue), Problem> {
    let token = SessionCookie::for_server(&app.server).read(headers);
    switch(app, caller, &token.ok_or_else(not_signed_in)?, org).await
}

/// Goes on in another organisation, under another token: what was open in the first one stays there.
pub(super) async fn switch(
    app: &App,
    caller: &Caller,
    token: &SessionToken,
    org: OrgId,
) -> Result<(Me, HeaderValue), Problem> {
    let standing = standing(app, caller.user).await?;
    let place = standing.place(org).ok_or_else(Problem::not_found)?;
    let session = own(app, token).await?;
    // What one organisation's provider vouches for holds there and nowhere else: not in one that was
    // joined a moment ago, and not where another provider is asked for.
    if session.factors.contains(Factors::SSO) && session.org != org {
        return Err(Problem::own_sign_in_needed());
    }
    place.demand(session.factors)?;
    let tx = WriteTx::begin(&app.db, org).await?;
    let entered = Caller { org, ..*caller };
    let detail = json!({"from": caller.org});
    let event = Event::by(
        app.clock.now(),
        &entered,
        Action::OrganizationSwitched,
        organization(org),
    );
    tx.commit(&app.keys, &event.with(detail)).await?;
    issue(app, &Session { org, ..session }, &standing, Some(token)).await
}

/// Goes on under another token, in the epoch of today: for what changes somebody's privileges.
pub(super) async fn renew(app: &App, token: &SessionToken) -> Result<HeaderValue, Problem> {
    strengthen(app, token, Factors::empty()).await
}

/// The same; from then on the session stands on what was shown now, too.
pub(super) async fn strengthen(
    app: &App,
    token: &SessionToken,
    shown: Factors,
) -> Result<HeaderValue, Problem> {
    let session = own(app, token).await?;
    let standing = standing(app, session.user).await?;
    let session = Session {
        epoch: standing.epoch,
        factors: session.factors | shown,
        ..session
    };
    Ok(issue(app, &session, &standing, Some(token)).await?.1)
}

/// The session of a token that was recognised a moment ago.
async fn own(app: &App, token: &SessionToken) -> Result<Session, Problem> {
    let found = session::find(&app.cache, token, app.clock.now()).await?;
    Ok(found.ok_or_else(not_signed_in)?.session)
}

async fn standing(app: &App, user: UserId) -> Result<Standing, Problem> {
    let found = Standing::of(&app.db, user).await?;
    found.ok_or_else(Problem::not_found)
}

/// The devices that somebody is signed in on.
pub(super) async fn list(app: &App, caller: &Caller) -> Result<SessionList, Problem> {
    let standing = standing(app, caller.user).await?;
    let now = app.clock.now();
    let found = session::list(&app.cache, caller.user).await?;
    let living = found.into_iter().map(|(seen, _)| seen).filter(|found| {
        let place = standing.place(found.session.org);
        let covered = place.is_some_and(|place| {
            let lifetime = place.lifetime(&app.security);
            lifetime.covers(found.session.began, found.seen, now)
        });
        covered && found.session.epoch == standing.epoch
    });
    let items = living.filter_map(|found| view(&found, caller)).collect();
    Ok(SessionList { items })
}

fn view(found: &Seen, caller: &Caller) -> Option<SessionView> {
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
    let session = &found.session;
    Some(SessionView {
        id: session.id,
        current: current(caller) == Some(session.id),
        created_at: at(session.began)?,
        last_seen_at: at(found.seen)?,
        address: session.address.clone(),
        user_agent: session.user_agent.clone(),
        factors: session.factors.names(),
    })
}

pub(super) const fn current(caller: &Caller) -> Option<SessionId> {
    match caller.via {
        Via::Session { id, .. } => Some(id),
        Via::Token { .. } => None,
    }
}

/// Signs one device out.
pub(super) async fn revoke(app: &App, caller: &Caller, id: SessionId) -> Result<(), Problem> {
    if !session::revoke(&app.cache, caller.user, id).await? {
        return Err(Problem::not_found());
    }
    record(app, caller, json!({"session": id})).await
}

/// Signs every other device out.
pub(super) async fn revoke_others(app: &App, caller: &Caller) -> Result<(), Problem> {
    let ended = session::revoke_all(&app.cache, caller.user, current(caller)).await?;
    record(app, caller, json!({"others": ended})).await
}

/// Ends what somebody is signed in with in one organisation. Elsewhere they stay signed in.
///
/// # Errors
/// 503 when the cache does not answer.
pub async fn end_sessions(app: &App, user: UserId, org: OrgId) -> Result<(), Problem> {
    Ok(session::revoke_in(&app.cache, user, org).await?)
}

async fn record(app: &App, caller: &Caller, detail: serde_json::Value) -> Result<(), Problem> {
    let tx = WriteTx::begin(&app.db, caller.org).await?;
    let resource = account(caller.user);
    let event = Event::by(app.clock.now(), caller, Action::SessionsRevoked, resource);
    Ok(tx.commit(&app.keys, &event.with(detail)).await?)
}

/// An account, as what something was done to.
#[must_use]
pub const fn account(user: UserId) -> Resource {
    Resource {
        kind: "user",
        id: user.as_uuid(),
    }
}

/// An organisation, as what something was done to.
pub(super) const fn organization(org: OrgId) -> Resource {
    Resource {
        kind: "organization",
        id: org.as_uuid(),
    }
}

/// Whether somebody could not enter because of how they signed in, and would by another way.
#[must_use]
pub fn wants_another_sign_in(problem: &Problem) -> bool {
    matches!(problem.code(), "sso-required" | "own-sign-in-needed")
}

fn not_signed_in() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "You are not signed in",
        "Sign in and try again.",
    )
}
