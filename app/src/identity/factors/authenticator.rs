//! Authenticator apps: added with a first code, and asked for one at each sign-in.

use time::Duration;

use super::enrolment::{Added, event, proved};
use super::model::{FactorAdded, NewTotp, factor_name};
use super::seed::SealedSeed;
use super::store::{self, StoredTotp};
use super::totp::Seed;
use super::{problem, qr};
use crate::audit::{Action, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::identity::session::SessionToken;
use crate::identity::{service, store as accounts};
use crate::infra::db::LookupTx;
use crate::kernel::{FactorId, Factors, FieldProblem, Redacted, UserId};
use crate::keys::registry;

/// Who made the code, as an app shows it.
const ISSUER: &str = "VaultTerm";
/// So long an app may wait for its first code.
const PENDING: Duration = Duration::minutes(15);
/// The most of one account.
const MOST: usize = 5;

/// Begins to add an app. It counts for nothing before its first code.
pub(in crate::identity) async fn begin(
    app: &App,
    caller: &Caller,
    name: &str,
) -> Result<NewTotp, Problem> {
    let name = factor_name(name)?;
    let mut tx = LookupTx::by_user(&app.db, caller.user).await?;
    let confirmed = store::list_totps(tx.connection(), caller.user).await?;
    let email = accounts::email_of(tx.connection(), caller.user).await?;
    tx.finish();
    let email = email.ok_or_else(Problem::not_found)?;
    if confirmed.len() >= MOST {
        return Err(problem::too_many());
    }
    let (id, seed) = (
        FactorId::new(),
        Seed::generate().ok_or_else(Problem::internal)?,
    );
    if let Err(refusal) = store_new(app, caller, id, &name, &seed).await {
        // Another key has become the current one since this server looked last.
        let Refusal::Outdated = refusal else {
            return Err(refusal.into());
        };
        let judged = registry::refresh(&app.db, &app.keys).await?;
        judged.map_err(|wrong| problem::wrong_keys(&wrong))?;
        store_new(app, caller, id, &name, &seed).await?;
    }
    let uri = seed.uri(ISSUER, &email);
    let picture = qr::svg(&uri).ok_or_else(Problem::internal)?;
    Ok(NewTotp {
        id,
        secret: seed.letters().expose().clone(),
        uri: uri.expose().clone(),
        qr_svg: picture.expose().clone(),
    })
}

/// Why a seed was not stored.
enum Refusal {
    /// It was wrapped by a master key that is not the current one any more.
    Outdated,
    Other(Problem),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Outdated => Self::unavailable(),
            Refusal::Other(problem) => problem,
        }
    }
}

impl From<crate::infra::db::DbError> for Refusal {
    fn from(error: crate::infra::db::DbError) -> Self {
        if registry::is_outdated(&error) {
            Self::Outdated
        } else {
            Self::Other(error.into())
        }
    }
}

async fn store_new(
    app: &App,
    caller: &Caller,
    id: FactorId,
    name: &str,
    seed: &Seed,
) -> Result<(), Refusal> {
    let place = (caller.user, id.as_uuid());
    let sealed = SealedSeed::seal(&app.keys, place, seed)
        .map_err(|error| Refusal::Other(problem::unsealable(&error)))?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, caller.user).await?;
    let now = app.clock.now();
    store::insert_totp(connection, (caller.user, id), name, &sealed, now).await?;
    let event = event(app, caller, Action::FactorBegun, id, ("totp", name));
    Ok(tx.commit(&app.keys, &event).await?)
}

/// Confirms an app with its first code.
pub(in crate::identity) async fn confirm(
    app: &App,
    caller: &Caller,
    token: &SessionToken,
    id: FactorId,
    code: &Redacted<String>,
) -> Result<(FactorAdded, http::HeaderValue), Problem> {
    let user = caller.user;
    let mut tx = LookupTx::by_user(&app.db, user).await?;
    let pending = store::totps(tx.connection(), user, Some(id)).await?;
    tx.finish();
    let now = app.clock.now();
    let pending = pending
        .into_iter()
        .find(|one| now - one.created_at < PENDING);
    let pending = pending.ok_or_else(Problem::not_found)?;
    service::limit_guesses(app, "totp-confirm", &user.to_string()).await?;
    let seed = open(app, user, &pending)?;
    let step = seed.step_of(code.expose(), now, None);
    let step = step.ok_or_else(|| wrong_code("code"))?;
    service::guessed_right(app, "totp-confirm", &user.to_string()).await?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, user).await?;
    if !store::confirm(connection, (user, id), step, now).await? {
        return Err(Problem::not_found());
    }
    let added = Added::within(app, &mut tx, user).await?;
    let event = event(
        app,
        caller,
        Action::FactorAdded,
        id,
        ("totp", &pending.name),
    );
    let summary = format!("Add the authenticator app “{}”.", pending.name);
    let event = proved(app, caller, event, summary).await?;
    tx.commit(&app.keys, &event).await?;
    added.go_on(app, caller, token, Factors::TOTP).await
}

/// Takes a code that somebody shows; false when it is of none of their apps, or was taken before.
pub(in crate::identity) async fn take_code(
    app: &App,
    tx: &mut WriteTx,
    user: UserId,
    given: &Redacted<String>,
) -> Result<bool, Problem> {
    let connection = tx.tenant().connection();
    accounts::act_as(&mut *connection, user).await?;
    let now = app.clock.now();
    let mut closed = None;
    for stored in store::totps(&mut *connection, user, None).await? {
        let seed = match open(app, user, &stored) {
            Ok(seed) => seed,
            // Another app, or a recovery code, may still do.
            Err(problem) => {
                closed = Some(problem);
                continue;
            }
        };
        if let Some(step) = seed.step_of(given.expose(), now, stored.last_step) {
            return Ok(store::take_step(connection, (user, stored.id), step, now).await?);
        }
    }
    closed.map_or(Ok(false), Err)
}

/// A code that is not right; the field is the request's.
pub(in crate::identity) fn wrong_code(field: &'static str) -> FieldProblem {
    FieldProblem::new(
        field,
        "is not right, or was used already; wait for the next one",
    )
}

fn open(app: &App, user: UserId, stored: &StoredTotp) -> Result<Seed, Problem> {
    let opened = stored.sealed.open(&app.keys, (user, stored.id.as_uuid()));
    opened.map_err(|error| problem::closed(&error))
}
