//! `rotate-master`: every data key is wrapped anew, with the next master key.
//!
//! The vault stays in use meanwhile. Every step is one transaction, and what is done is seen from
//! the rows themselves: whoever runs this again after it broke off, at whatever point, goes on.
//!
//! 1. Wait until every running server holds both keys. Those that do not would meet data keys that
//!    they cannot unwrap.
//! 2. Make the new key the current one, and keep what the old one has authenticated verifiable.
//!    From here on the database takes no data key that the old one has wrapped, so what is left to
//!    do only becomes less.
//! 3. Wait until every running server wraps with the new key.
//! 4. Wrap anew, organisation by organisation, in batches, each recorded in the trail.
//! 5. Look that nothing is left, and retire the old key: the database takes nothing more in its
//!    name.
//! 6. Close each trail for the old key, the installation's own too.

mod closing;
mod outcome;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde_json::json;
use uuid::Uuid;

pub use outcome::{Outcome, Pace, Point, RotateError};

use crate::audit::{Action, Event, WriteTx};
use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::{Clock, OrgId};
use crate::keys::registry::{self, Begun, Refused, RotationError, Standing};
use crate::keys::{KeyId, Keyring, RewrapError, master_key_of};
use crate::{orgs, vault};

/// Only one rotation at a time: "VTROTATE" in ASCII.
const LOCK: i64 = 0x5654_524f_5441_5445;
/// So many organisations are asked for at a time.
const PAGE: i64 = 500;
/// How long servers are waited for; one that is gone is forgotten sooner.
const SERVERS_LIMIT: Duration = Duration::from_secs(60);
/// How often something that may come right by itself is tried.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(250);
/// So many records that do not open are named.
const NAMED: usize = 20;

/// Replaces the master key, or goes on with that. `watch` sees each point and may stop.
///
/// # Errors
/// [`RotateError`]; whatever it is, running it again goes on.
pub async fn rotate(
    db: &Db,
    keys: &Keyring,
    clock: &Clock,
    pace: Pace,
    watch: &mut (dyn FnMut(Point) -> ControlFlow<()> + Send),
) -> Result<Outcome, RotateError> {
    let held = lock(db).await?;
    let ended = run(db, keys, clock, pace, watch).await;
    release(held).await;
    ended
}

async fn run(
    db: &Db,
    keys: &Keyring,
    clock: &Clock,
    pace: Pace,
    watch: &mut (dyn FnMut(Point) -> ControlFlow<()> + Send),
) -> Result<Outcome, RotateError> {
    registry::refresh(db, keys).await??;
    let mut run = Run {
        db,
        keys,
        clock,
        pace,
        watch,
        records: 0,
        took: Duration::ZERO,
        closed: Vec::new(),
        closed_count: 0,
    };
    let (from, to) = match registry::standing(db, keys).await?? {
        Standing::Begun(step) => {
            run.begin(step).await?;
            run.all(step.from).await?;
            run.retire(step.from).await?;
            (step.from, step.to)
        }
        Standing::Ended { from, to, as_next } => {
            if run.close_trails(from, to).await? == 0 && as_next {
                return Err(Refused::Retired(from).into());
            }
            (from, to)
        }
    };
    run.close_trails(from, to).await?;
    Ok(Outcome {
        from: from.to_string(),
        to: to.to_string(),
        records: run.records,
        millis: u64::try_from(run.took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Held by a connection of its own: it ends with the process, however that ends.
async fn lock(db: &Db) -> Result<sqlx::PgConnection, RotateError> {
    let connection = db.pool().acquire().await.map_err(DbError::from)?;
    let mut connection = connection.detach();
    let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(&mut connection)
        .await
        .map_err(DbError::from)?;
    if free {
        Ok(connection)
    } else {
        Err(RotateError::Locked)
    }
}

/// Said rather than left to the connection's end, which PostgreSQL notices a moment later: whoever
/// runs this again at once is not told that somebody is at it.
async fn release(mut held: sqlx::PgConnection) {
    let _freed_in_any_case = sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(&mut held)
        .await;
}

struct Run<'a> {
    db: &'a Db,
    keys: &'a Keyring,
    clock: &'a Clock,
    pace: Pace,
    watch: &'a mut (dyn FnMut(Point) -> ControlFlow<()> + Send),
    records: i64,
    took: Duration,
    closed: Vec<(OrgId, Uuid)>,
    closed_count: usize,
}

impl Run<'_> {
    fn at(&mut self, point: Point) -> Result<(), RotateError> {
        match (self.watch)(point) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RotateError::Stopped),
        }
    }

    async fn begin(&mut self, step: Begun) -> Result<(), RotateError> {
        self.wait_for_servers(|(lacking, _)| lacking, step.to, Point::Lacking)
            .await?
            .map_err(RotateError::Lacking)?;
        if !step.resumed {
            for _ in 0..TRIES {
                let now = self.clock.now();
                if registry::begin(self.db, self.keys, step, now)
                    .await?
                    .is_ok()
                {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        registry::refresh(self.db, self.keys).await??;
        if self.keys.id() != step.to {
            return Err(RotateError::Busy);
        }
        self.at(Point::Begun(step))?;
        self.wait_for_servers(|(_, behind)| behind, step.to, Point::Behind)
            .await?
            .map_err(RotateError::Behind)
    }

    /// Waits until no running server is counted; inside, how many are still.
    async fn wait_for_servers(
        &mut self,
        which: fn((i64, i64)) -> i64,
        key: KeyId,
        point: fn(i64) -> Point,
    ) -> Result<Result<(), i64>, RotateError> {
        let began = Instant::now();
        loop {
            let count = which(registry::lagging(self.db, key).await?);
            if count == 0 {
                return Ok(Ok(()));
            }
            self.at(point(count))?;
            if began.elapsed() >= SERVERS_LIMIT {
                return Ok(Err(count));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn orgs(&self, after: Option<OrgId>) -> Result<Vec<OrgId>, DbError> {
        let mut tx = PlatformTx::begin(self.db).await?;
        let page = orgs::ids(tx.connection(), after, PAGE).await?;
        tx.finish().await?;
        Ok(page)
    }

    /// Every organisation.
    async fn all(&mut self, from: KeyId) -> Result<(), RotateError> {
        let left = self.count(from).await?;
        self.at(Point::Counted(left))?;
        let began = Instant::now();
        let mut after = None;
        loop {
            let page = self.orgs(after).await?;
            for &org in &page {
                self.organization(org, from).await?;
            }
            after = page.last().copied();
            if after.is_none() {
                self.took = began.elapsed();
                return Ok(());
            }
        }
    }

    async fn count(&self, from: KeyId) -> Result<i64, DbError> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.orgs(after).await?;
            for &org in &page {
                let mut tx = TenantTx::begin(self.db, org).await?;
                count += vault::wrapped_count(&mut tx, from).await?;
                tx.finish().await?;
            }
            after = page.last().copied();
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    async fn organization(&mut self, org: OrgId, from: KeyId) -> Result<(), RotateError> {
        let mut after = Uuid::nil();
        let mut tries = 0;
        loop {
            let began = Instant::now();
            let batch = match self.batch(org, from, after).await {
                Ok(batch) => batch,
                // Somebody holds one of the rows; whoever asks from outside goes first.
                Err(RotateError::Database(error)) if is_in_the_way(&error) && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            tries = 0;
            let Some(Batch { last, records }) = batch else {
                return Ok(());
            };
            after = last;
            if records > 0 {
                self.records = self.records.saturating_add(records);
                self.at(Point::Done(self.records))?;
                tokio::time::sleep(self.pace.rest(records, began.elapsed())).await;
            }
        }
    }

    /// One transaction: the next records of an organisation, and what the trail says of them.
    async fn batch(
        &mut self,
        org: OrgId,
        from: KeyId,
        after: Uuid,
    ) -> Result<Option<Batch>, RotateError> {
        let mut tx = WriteTx::begin(self.db, org).await?;
        vault::wait_briefly(tx.tenant()).await?;
        let rows = vault::wrapped_keys(tx.tenant(), after, self.pace.batch).await?;
        let Some((last, _)) = rows.last() else {
            return Ok(None);
        };
        let last = *last;
        let (mut ids, mut before, mut anew) = (Vec::new(), Vec::new(), Vec::new());
        let to_do = |(_, wrapped): &(Uuid, Vec<u8>)| master_key_of(wrapped) == Some(from);
        for (id, wrapped) in rows.into_iter().filter(to_do) {
            match self.keys.rewrap(&vault::key_places(org, id), &wrapped) {
                Ok(again) => {
                    ids.push(id);
                    before.push(wrapped);
                    anew.push(again);
                }
                Err(RewrapError::Unseal(_)) => self.note_closed(org, id),
                Err(RewrapError::Seal(error)) => {
                    return Err(RotationError::Keep(RewrapError::Seal(error)).into());
                }
            }
        }
        if ids.is_empty() {
            return Ok(Some(Batch { last, records: 0 }));
        }
        let changed = vault::rewrapped(tx.tenant(), &ids, &before, &anew).await?;
        let records = i64::try_from(changed).unwrap_or(i64::MAX);
        self.at(Point::Written)?;
        if records > 0 {
            let to = self.keys.id();
            let detail = json!({
                "records": records,
                "from": from.to_string(), "to": to.to_string(),
            });
            let action = Action::DataKeysRewrapped;
            let event = Event::of_system(self.clock.now(), action, detail);
            tx.commit(self.keys, &event).await?;
        }
        Ok(Some(Batch { last, records }))
    }

    fn note_closed(&mut self, org: OrgId, record: Uuid) {
        self.closed_count += 1;
        if self.closed.len() < NAMED {
            self.closed.push((org, record));
        }
    }

    async fn retire(&mut self, from: KeyId) -> Result<(), RotateError> {
        if self.closed_count > 0 {
            return Err(RotateError::Closed {
                count: self.closed_count,
                named: std::mem::take(&mut self.closed),
            });
        }
        // A record that somebody held for too long, or that was in no batch for another reason.
        if self.count(from).await? > 0 {
            return Err(RotateError::Busy);
        }
        for _ in 0..TRIES {
            let now = self.clock.now();
            if registry::retire(self.db, from, now).await?.is_ok() {
                return self.at(Point::Retired);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(RotateError::Busy)
    }
}

/// A batch that is done.
struct Batch {
    last: Uuid,
    records: i64,
}

/// A lock that was not had in time, or a deadlock that was resolved against this side.
fn is_in_the_way(error: &DbError) -> bool {
    matches!(error, DbError::Sqlx(sqlx::Error::Database(error))
        if matches!(error.code().as_deref(), Some("55P03" | "40P01")))
}
