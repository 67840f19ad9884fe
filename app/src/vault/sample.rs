//! Opening some of what is stored, for nobody to see: proof that the keys and the rows belong together.

use super::seal::Record;
use super::store::secrets as store;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::{OrgId, SecretId};
use crate::keys::Keyring;

/// A secret that does not open.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("secret {secret} of organisation {org} does not open")]
pub(crate) struct Unopened {
    org: OrgId,
    secret: SecretId,
}

/// Opens both parts of secrets that chance picks in an organisation; how many there were.
///
/// # Errors
/// [`DbError`] when the database does not answer; inside, the first secret that does not open.
pub(crate) async fn open_some(
    db: &Db,
    keys: &Keyring,
    org: OrgId,
    most: i64,
) -> Result<Result<usize, Unopened>, DbError> {
    let mut tx = TenantTx::begin(db, org).await?;
    let picked = store::some(&mut tx, most).await?;
    tx.finish();
    for (id, sealed) in &picked {
        let record = Record { keys, org, id: *id };
        if record.open(sealed).is_err() {
            return Ok(Err(Unopened { org, secret: *id }));
        }
    }
    Ok(Ok(picked.len()))
}
