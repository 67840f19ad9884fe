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
//! 4. Wrap anew, organisation by organisation and then for the accounts, in batches, each recorded
//!    in the trail.
//! 5. Look that nothing is left, and retire the old key: the database takes nothing more in its
//!    name.
//! 6. Close each trail for the old key, the installation's own too.

mod closing;
mod outcome;
mod wrapping;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

pub use outcome::{Outcome, Pace, Point, Record, RotateError};
use wrapping::Whose;

use crate::identity::factors::custody as factors;
use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::{Clock, OrgId};
use crate::keys::registry::{self, Begun, Refused, Standing};
use crate::keys::{KeyId, Keyring};
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
    closed: Vec<Record>,
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
        tx.finish();
        Ok(page)
    }

    /// Every organisation, and every account.
    async fn all(&mut self, from: KeyId) -> Result<(), RotateError> {
        let left = self.count(from).await?;
        self.at(Point::Counted(left))?;
        let began = Instant::now();
        let mut after = None;
        loop {
            let page = self.orgs(after).await?;
            for &org in &page {
                self.wrap_anew(Whose::Organization(org), from).await?;
            }
            after = page.last().copied();
            if after.is_none() {
                break;
            }
        }
        self.wrap_anew(Whose::Accounts, from).await?;
        self.took = began.elapsed();
        Ok(())
    }

    async fn count(&self, from: KeyId) -> Result<i64, DbError> {
        let mut count = factors::wrapped_count(self.db, from).await?;
        let mut after = None;
        loop {
            let page = self.orgs(after).await?;
            for &org in &page {
                let mut tx = TenantTx::begin(self.db, org).await?;
                count += vault::wrapped_count(&mut tx, from).await?;
                tx.finish();
            }
            after = page.last().copied();
            if after.is_none() {
                return Ok(count);
            }
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
