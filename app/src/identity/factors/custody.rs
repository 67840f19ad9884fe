//! Seeds as their custodian sees them: sealed. A rotation of the master key wraps their data keys
//! anew, and `vault verify` looks whether each opens where it stands. Nothing is shown, and what opens
//! is looked at by nobody.

use sqlx::Row as _;
use uuid::Uuid;

use super::seed::{self, SealedSeed};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::UserId;
use crate::keys::{KeyId, Keyring, Place, UnsealError};

/// Whose factor, and which: the order in which they are walked through.
pub(crate) type Which = (UserId, Uuid);

/// A transaction that sees what is sealed of all accounts, and nothing else of them.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub(crate) async fn begin(db: &Db) -> Result<PlatformTx, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    sqlx::query("SELECT set_config('vaultterm.custody', 'on', true)")
        .execute(tx.connection())
        .await?;
    Ok(tx)
}

/// Where the data key of a factor stands.
pub(crate) const fn key_place((user, factor): Which) -> Place<'static> {
    seed::key_place(user, factor)
}

/// The next factors and their wrapped data keys.
pub(crate) async fn wrapped_keys(
    tx: &mut PlatformTx,
    (user, factor): Which,
    limit: i64,
) -> Result<Vec<(Which, Vec<u8>)>, DbError> {
    let rows: Vec<(UserId, Uuid, Vec<u8>)> = sqlx::query_as(
        "SELECT user_id, id, wrapped_key FROM account_keys
         WHERE (user_id, id) > ($1, $2) ORDER BY user_id, id LIMIT $3",
    )
    .bind(user)
    .bind(factor)
    .bind(limit)
    .fetch_all(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(user, factor, wrapped)| ((user, factor), wrapped))
        .collect())
}

/// How many data keys of factors a master key has wrapped.
pub(crate) async fn wrapped_count(db: &Db, by: KeyId) -> Result<i64, DbError> {
    let mut tx = begin(db).await?;
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM account_keys WHERE substring(wrapped_key FROM 2 FOR 8) = $1",
    )
    .bind(by.as_bytes().as_slice())
    .fetch_one(tx.connection())
    .await?;
    tx.finish();
    Ok(count)
}

/// Puts newly wrapped keys in place of exactly those that were read; how many. A factor that went
/// meanwhile is none of them. A row that somebody holds is waited for a moment.
pub(crate) async fn rewrapped(
    tx: &mut PlatformTx,
    which: &[Which],
    before: &[Vec<u8>],
    after: &[Vec<u8>],
) -> Result<u64, DbError> {
    let (users, factors): (Vec<Uuid>, Vec<Uuid>) = which
        .iter()
        .map(|(user, factor)| (user.as_uuid(), *factor))
        .unzip();
    sqlx::query("SET LOCAL lock_timeout = '250ms'")
        .execute(tx.connection())
        .await?;
    let updated = sqlx::query(
        "UPDATE account_keys AS k SET wrapped_key = n.after
         FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[])
             AS n (user_id, id, before, after)
         WHERE k.user_id = n.user_id AND k.id = n.id AND k.wrapped_key = n.before",
    )
    .bind(users)
    .bind(factors)
    .bind(before)
    .bind(after)
    .execute(tx.connection())
    .await?;
    Ok(updated.rows_affected())
}

/// A factor as it is stored.
pub(crate) struct StoredSeed {
    pub(crate) which: Which,
    sealed: SealedSeed,
}

impl StoredSeed {
    /// The factors that follow one, whether they have a key or not.
    pub(crate) async fn following(
        tx: &mut PlatformTx,
        (user, factor): Which,
        limit: i64,
    ) -> Result<Vec<Self>, DbError> {
        let rows = sqlx::query(
            "SELECT user_id, id, sealed_seed, wrapped_key
             FROM totp_factors LEFT JOIN account_keys USING (user_id, id)
             WHERE (user_id, id) > ($1, $2) ORDER BY user_id, id LIMIT $3",
        )
        .bind(user)
        .bind(factor)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
        rows.iter()
            .map(|row| {
                let wrapped_key: Option<Vec<u8>> = row.try_get("wrapped_key")?;
                Ok(Self {
                    which: (row.try_get("user_id")?, row.try_get("id")?),
                    sealed: SealedSeed {
                        wrapped_key: wrapped_key.unwrap_or_default(),
                        seed: row.try_get("sealed_seed")?,
                    },
                })
            })
            .collect()
    }

    /// The part that does not open where it stands, if there is one.
    pub(crate) fn closed(&self, keys: &Keyring) -> Option<(&'static str, UnsealError)> {
        let place = key_place(self.which);
        if let Err(error) = keys.unwrap_data_key(&place, &self.sealed.wrapped_key) {
            return Some(("wrapped_key", error));
        }
        let opened = self.sealed.open(keys, self.which);
        opened.err().map(|error| ("sealed_seed", error))
    }
}
