//! Making a checkpoint.

use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::signer::{self, SignerError};
use super::statement::{Checkpoint, Statement};
use super::store;
use crate::audit::chain::{self, Hash};
use crate::audit::model::{Action, Event, Resource};
use crate::audit::verify::{self, Broken};
use crate::audit::write::WriteTx;
use crate::edge::Caller;
use crate::entitlements::remembered_counter;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;

/// So often a trail that grows gets one by itself.
const EVERY: Duration = Duration::hours(1);

/// There is no new checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The key that signs cannot be had.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The trail is not the one that was written: signing it would bless what was done to it.
    #[error("the trail is broken, and nothing of it is signed: {0}")]
    Broken(#[from] Broken),
}

/// With what one is made.
#[derive(Clone, Copy, Debug)]
pub struct Maker<'a> {
    /// The database.
    pub db: &'a Db,
    /// Keys.
    pub keys: &'a Keyring,
    /// What time it is.
    pub now: OffsetDateTime,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Made {
    /// One was made.
    New(Uuid, Checkpoint),
    /// Nothing was written since this one.
    Already(Uuid, Checkpoint),
    /// There is nothing to be covered, or another server has made one at the same moment.
    Nothing,
}

/// Makes one for a trail that has grown for an hour. Of several servers one makes it.
///
/// # Errors
/// [`MakeError`] when there is to be one and it could not be made.
pub async fn make_if_due(with: Maker<'_>, org: OrgId) -> Result<bool, MakeError> {
    let mut tx = TenantTx::begin(with.db, org).await?;
    let newest = store::last(&mut tx).await?;
    tx.finish();
    if newest.is_some_and(|newest| with.now - newest.made_at < EVERY) {
        return Ok(false);
    }
    let made = make(with, org, None).await?;
    Ok(matches!(made, Made::New(..)))
}

/// Makes one now. When somebody asks for it, the trail says so behind it.
///
/// # Errors
/// [`MakeError`] when there is to be one and it could not be made.
pub async fn make(with: Maker<'_>, org: OrgId, asked: Option<&Caller>) -> Result<Made, MakeError> {
    chain::seal(with.db, with.keys, org).await?;
    let key = signer::signer(with.db, with.keys, with.now).await?;
    let mut tx = WriteTx::begin(with.db, org).await?;
    let before = match store::last(tx.tenant()).await? {
        None => None,
        Some(stored) => {
            let public = key.public().ok_or(DbError::Impossible("signing_keys"))?;
            Some((stored.id, verify::opened(&stored, org, &public)?))
        }
    };
    let from = start(org, before.as_ref().map(|(_, checkpoint)| checkpoint))?;
    let at = verify::range(tx.tenant(), with.keys, from).await??;
    if at.0 == from.0 {
        return Ok(before.map_or(Made::Nothing, |(id, one)| Made::Already(id, one)));
    }
    let counter = remembered_counter(tx.tenant().connection(), with.keys).await?;
    let before = before.map(|(_, checkpoint)| checkpoint);
    let statement = statement((org, with.now), before.as_ref(), (from, at), counter);
    let checkpoint = Checkpoint::sign(statement, &key);
    let checkpoint = checkpoint.ok_or(DbError::Impossible("signing_keys"))?;
    keep(with, tx, checkpoint, asked).await
}

fn statement(
    (organization, now): (OrgId, OffsetDateTime),
    before: Option<&Checkpoint>,
    ((from, hash), (last, at_last)): ((i64, Hash), (i64, Hash)),
    license_counter: Option<u64>,
) -> Statement {
    Statement {
        version: Statement::version(),
        organization,
        number: before.map_or(1, |before| before.number().saturating_add(1)),
        first: from.saturating_add(1),
        last,
        before: hex::encode(hash),
        hash: hex::encode(at_last),
        previous: before.map(Checkpoint::digest),
        license_counter,
        at: now.format(&Rfc3339).unwrap_or_default(),
    }
}

async fn keep(
    with: Maker<'_>,
    mut tx: WriteTx,
    checkpoint: Checkpoint,
    asked: Option<&Caller>,
) -> Result<Made, MakeError> {
    let id = Uuid::now_v7();
    if !store::insert(tx.tenant(), id, &checkpoint).await? {
        return Ok(Made::Nothing);
    }
    match asked {
        // An entry for each would make every trail grow by itself: a checkpoint is its own record.
        None => tx.commit_checkpoint().await?,
        Some(caller) => {
            let resource = Resource {
                kind: "checkpoint",
                id,
            };
            let detail = json!({"number": checkpoint.number(), "last": checkpoint.last()});
            let event = Event::by(with.now, caller, Action::CheckpointMade, resource).with(detail);
            tx.commit(with.keys, &event).await?;
        }
    }
    Ok(Made::New(id, checkpoint))
}

/// Behind which entry the next one begins.
fn start(org: OrgId, before: Option<&Checkpoint>) -> Result<(i64, Hash), DbError> {
    match before {
        None => Ok((0, chain::start(org))),
        Some(before) => {
            let hash = before
                .hash()
                .ok_or(DbError::Impossible("audit_checkpoints.body"))?;
            Ok((before.last(), hash))
        }
    }
}
