//! `selftest`: proof of life of the whole path, leaving nothing behind.

use std::process::ExitCode;

use super::output::{complain, print};
use crate::boot;
use crate::config::Env;
use crate::edge::error_chain;
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::registry::{self, OtherMasterKey};
use crate::keys::{Keyring, Place};

/// What did not work.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the tenant transaction failed")]
    Database(#[from] DbError),
    #[error(transparent)]
    OtherKey(#[from] OtherMasterKey),
    #[error("a canary was sealed and did not open")]
    Keys,
    #[error("a row that was rolled back is still there")]
    NotRolledBack,
    #[error("the cache failed")]
    Cache(#[from] crate::infra::cache::CacheDown),
}

/// Runs it.
pub(super) async fn run(env: &Env) -> ExitCode {
    let config = match boot::configure(env) {
        Ok(config) => config,
        Err(fatal) => return complain(&error_chain(&fatal)),
    };
    let db = Db::prepare(&config.database.app, 1);
    let keys = Keyring::from_master(&config.keys.master_key);
    let outcome = async {
        registry::compare(&db, &keys).await??;
        canary(&db, &keys).await?;
        Cache::prepare(&config.cache)?.ping().await?;
        Ok::<(), Failed>(())
    };
    match outcome.await {
        Ok(()) => print("selftest passed: keys, tenant transaction, rollback, cache"),
        Err(error) => complain(&error_chain(&error)),
    }
}

/// Writes an organisation that exists only inside a transaction, with a sealed name, reads it
/// back, opens it, and rolls back.
async fn canary(db: &Db, keys: &Keyring) -> Result<(), Failed> {
    let org = OrgId::new();
    let place = Place {
        org,
        table: "organizations",
        record: org.as_uuid(),
        field: "canary",
        version: 1,
    };
    let (key, wrapped) = keys.new_data_key(&place).map_err(|_| Failed::Keys)?;
    let sealed = keys
        .seal(&key, &place, b"canary")
        .map_err(|_| Failed::Keys)?;
    let mut tx = TenantTx::begin(db, org).await?;
    sqlx::query(
        "INSERT INTO organizations (org_id, id, name, created_at) VALUES ($1, $1, $2, now())",
    )
    .bind(org)
    .bind(hex::encode(&sealed))
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    let stored: String = sqlx::query_scalar("SELECT name FROM organizations WHERE id = $1")
        .bind(org)
        .fetch_one(tx.connection())
        .await
        .map_err(DbError::from)?;
    tx.finish().await?;
    let bytes = hex::decode(stored).map_err(|_| Failed::Keys)?;
    let again = keys
        .unwrap_data_key(&place, &wrapped)
        .map_err(|_| Failed::Keys)?;
    let opened = keys
        .open(&again, &place, &bytes)
        .map_err(|_| Failed::Keys)?;
    if opened.expose() != b"canary" {
        return Err(Failed::Keys);
    }
    let mut tx = TenantTx::begin(db, org).await?;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM organizations WHERE id = $1")
        .bind(org)
        .fetch_one(tx.connection())
        .await
        .map_err(DbError::from)?;
    tx.finish().await?;
    if left == 0 {
        Ok(())
    } else {
        Err(Failed::NotRolledBack)
    }
}
