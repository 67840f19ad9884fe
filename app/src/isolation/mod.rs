//! Asks, as one tenant, for what belongs to the others: the wall in the database proves itself while
//! it is used.
//!
//! | question | a hit means |
//! |---|---|
//! | is the own canary there? | the questions below prove nothing |
//! | is another tenant's canary there? | the wall is open to everything |
//! | is a row of another tenant there, in any table? | the wall of that table is open |
//! | is a row there without a tenant? | the wall of that table is open to everybody |
//!
//! All through the pool that serves, as the role that serves. At boot some tenants are asked, and a few
//! more every ten seconds, so that the work does not grow with the number of tenants. A hit makes
//! `/readyz` fail until the same question is answered well.

mod store;
mod watch;

pub use watch::{Breach, Watch};

use std::convert::Infallible;
use std::time::Duration;

use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::OrgId;

/// How many tenants are asked at boot.
const AT_BOOT: i64 = 32;
/// The longest that boot waits for them.
const BOOT_LIMIT: Duration = Duration::from_secs(5);
/// How many tenants are asked in one turn.
const IN_A_TURN: i64 = 8;
/// How long nothing is asked between two turns.
const PAUSE: Duration = Duration::from_secs(10);

/// Asks some tenants, whichever chance picks. A database that does not answer is the matter of others.
pub async fn at_boot(db: &Db, watch: &Watch) {
    let asking = async {
        let tenants = store::some(db, AT_BOOT).await?;
        ask_all(db, watch, &tenants).await
    };
    match tokio::time::timeout(BOOT_LIMIT, asking).await {
        Ok(Ok(asked)) => tracing::info!(asked, "tenants are apart, as far as was asked"),
        Ok(Err(error)) => tracing::warn!(%error, "whether tenants are apart was not asked"),
        Err(_) => tracing::warn!("asking whether tenants are apart took too long"),
    }
}

/// Goes on asking, for ever.
pub async fn keep(db: &Db, watch: &Watch) -> Infallible {
    let mut last = None;
    loop {
        tokio::time::sleep(PAUSE).await;
        match turn(db, watch, last).await {
            Ok(next) => last = next,
            Err(error) => tracing::debug!(%error, "whether tenants are apart was not asked"),
        }
    }
}

/// One turn: whoever saw too much is asked again first, then those that follow. Says who was last;
/// none at the end of the list, which then begins again.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn turn(db: &Db, watch: &Watch, after: Option<OrgId>) -> Result<Option<OrgId>, DbError> {
    if let Some(breach) = watch.breach() {
        ask_all(db, watch, &[breach.seen_by, breach.seen_of]).await?;
    }
    let tenants = store::following(db, after, IN_A_TURN).await?;
    ask_all(db, watch, &tenants).await?;
    Ok(tenants.last().copied())
}

/// Asks each of them for what belongs to the next, and says how many were asked.
async fn ask_all(db: &Db, watch: &Watch, tenants: &[OrgId]) -> Result<usize, DbError> {
    let statement = store::everything(db).await?;
    let others = tenants.iter().cycle().skip(1);
    for (&own, &other) in tenants.iter().zip(others) {
        let found = ask(db, &statement, own, other).await?;
        watch.judge(own, other, found);
    }
    Ok(tenants.len())
}

/// Asks one tenant. The check that failed, and the table where it did.
async fn ask(
    db: &Db,
    statement: &str,
    own: OrgId,
    other: OrgId,
) -> Result<Option<(&'static str, String)>, DbError> {
    let mut tx = TenantTx::begin(db, own).await?;
    let (sees_own, sees_others) = store::canaries(&mut tx).await?;
    let table = if own == other {
        None
    } else {
        store::first_table(tx.connection(), statement, other).await?
    };
    tx.finish();
    let mut tx = PlatformTx::begin(db).await?;
    let open = store::first_table(tx.connection(), statement, own).await?;
    tx.finish();
    let canaries = || "canaries".to_owned();
    Ok(if sees_others {
        Some(("canary-of-another", canaries()))
    } else if let Some(table) = open {
        Some(("rows-without-tenant", table))
    } else if let Some(table) = table {
        Some(("rows-of-another", table))
    } else if sees_own {
        None
    } else {
        Some(("own-canary-missing", canaries()))
    })
}

#[cfg(test)]
mod tests;
