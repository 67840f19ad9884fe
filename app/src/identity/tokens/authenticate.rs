//! From what a request shows to the member for whom it acts.

use std::time::Duration;

use http::StatusCode;

use super::secret::TokenSecret;
use super::store::{self, Found};
use crate::context::App;
use crate::edge::{Asking, Caller, Origin, Problem, Via, error_chain, rate};
use crate::identity::standing::Standing;
use crate::infra::db::{DbError, LookupTx, PlatformTx};
use crate::kernel::Factors;

/// The time of the last use is noted so often, and not at every request.
const NOTED_EVERY: time::Duration = time::Duration::minutes(1);

/// Finds out for whom a token acts. Whatever is wrong with one, the answer is the same.
pub(in crate::identity) async fn recognise(app: &App, shown: &str, origin: Origin) -> Asking {
    match find(app, shown, origin).await {
        Ok(Some(caller)) => Asking::Known(caller),
        Ok(None) => Asking::Refused(invalid()),
        Err(problem) => Asking::Refused(problem),
    }
}

async fn find(app: &App, shown: &str, origin: Origin) -> Result<Option<Caller>, Problem> {
    let Some(secret) = TokenSecret::parse(shown) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let Some((token, standing)) = look_up(app, &secret).await? else {
        return Ok(None);
    };
    let Some(place) = standing.place(token.org) else {
        return Ok(None);
    };
    if token.expires_at.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    // Only who has a good token is told so.
    place.demand_open()?;
    let limit = rate::Limit {
        max: app.security.token_rate_max,
        window: Duration::from_secs(60),
    };
    rate::attempt(&app.cache, "token", &token.id.to_string(), limit).await?;
    if token
        .last_used_at
        .is_none_or(|last| now - last >= NOTED_EVERY)
        && let Err(error) = note_use(app, &secret).await
    {
        tracing::warn!(
            error = error_chain(&error),
            "the use of a token was not noted"
        );
    }
    Ok(Some(Caller {
        user: token.user,
        org: place.org,
        role: place.role,
        via: Via::Token {
            id: token.id,
            scopes: token.scopes,
            // Nobody shows a factor with a token: what counts is whether its maker has one.
            must_enrol: standing.must_enrol(place, Factors::empty(), now),
        },
        origin,
        at: now,
    }))
}

/// The token and what its maker is now.
async fn look_up(app: &App, secret: &TokenSecret) -> Result<Option<(Found, Standing)>, DbError> {
    let mut tx = LookupTx::by_token(&app.db, &secret.digest()).await?;
    let Some(token) = store::find(&mut tx, secret).await? else {
        tx.finish();
        return Ok(None);
    };
    tx.finish();
    let standing = Standing::of(&app.db, token.user).await?;
    Ok(standing.map(|standing| (token, standing)))
}

async fn note_use(app: &App, secret: &TokenSecret) -> Result<(), DbError> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    store::note_use(tx.connection(), secret, app.clock.now()).await?;
    tx.commit_housekeeping().await
}

fn invalid() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "token-invalid",
        "The token is not valid",
        "It is unknown, was revoked or has ended, or whoever made it is no member any more.",
    )
}
