//! The seeds of authenticator apps, of all accounts: does each open where it stands?
//!
//! The trails know nothing of versions there: a seed is made once and never changed. One that was
//! exchanged, copied or damaged does not open, since its place names the account and the factor.

use uuid::Uuid;

use super::verify::{Finding, PAGE, What};
use crate::identity::factors::custody::{self as factors, StoredSeed};
use crate::infra::db::{Db, DbError};
use crate::kernel::UserId;
use crate::keys::Keyring;

/// How many there are, and those that do not open.
pub(super) async fn look(db: &Db, keys: &Keyring) -> Result<(usize, Vec<Finding>), DbError> {
    let (mut count, mut findings) = (0, Vec::new());
    let mut tx = factors::begin(db).await?;
    let mut after = (UserId::from_uuid(Uuid::nil()), Uuid::nil());
    loop {
        let stored = StoredSeed::following(&mut tx, after, PAGE).await?;
        let Some(last) = stored.last() else { break };
        after = last.which;
        count += stored.len();
        findings.extend(stored.iter().filter_map(|seed| finding(seed, keys)));
    }
    tx.finish();
    Ok((count, findings))
}

fn finding(seed: &StoredSeed, keys: &Keyring) -> Option<Finding> {
    let (part, _) = seed.closed(keys)?;
    let (user, factor) = seed.which;
    Some(Finding {
        organization: None,
        account: Some(user),
        record: Some(factor),
        what: What::Closed { part },
    })
}
