//! `selftest`: proof of life of the whole path, leaving nothing behind. What an installer says about
//! an upgrade or a restore rests on it, so it opens secrets that are stored, not only one of its own.

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::output::{complain, print};
use crate::boot;
use crate::config::Env;
use crate::edge::error_chain;
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::OrgId;
use crate::keys::provider::{self, TransitError};
use crate::keys::registry::{self, WrongKeys};
use crate::keys::{Keyring, Place};
use crate::{orgs, vault};

/// So many organisations are looked into, and so many secrets of each are opened.
const SAMPLE: (i64, i64) = (32, 8);

/// What did not work.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the tenant transaction failed")]
    Database(#[from] DbError),
    #[error(transparent)]
    OtherKey(#[from] WrongKeys),
    #[error(transparent)]
    Provider(#[from] TransitError),
    #[error(transparent)]
    Unopened(#[from] vault::Unopened),
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
    let outcome = async {
        let keys = provider::keyring(config.keys).await?;
        registry::refresh(&db, &keys).await??;
        canary(&db, &keys).await?;
        let opened = stored(&db, &keys).await?;
        Cache::prepare(&config.cache)?.ping().await?;
        Ok::<usize, Failed>(opened)
    };
    match outcome.await {
        Ok(opened) => print(&format!(
            "selftest passed: keys, tenant transaction, rollback, cache; {opened} stored secrets opened"
        )),
        Err(error) => complain(&error_chain(&error)),
    }
}

/// Opens some of what is stored; how many secrets there were.
async fn stored(db: &Db, keys: &Keyring) -> Result<usize, Failed> {
    let mut tx = PlatformTx::begin(db).await?;
    let picked = orgs::some_ids(tx.connection(), SAMPLE.0).await?;
    tx.finish();
    let mut opened = 0;
    for org in picked {
        opened += vault::open_some(db, keys, org, SAMPLE.1).await??;
    }
    Ok(opened)
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
    let sealed = key.seal(&place, b"canary").map_err(|_| Failed::Keys)?;
    let mut tx = TenantTx::begin(db, org).await?;
    sqlx::query(
        "INSERT INTO organizations (org_id, id, name, created_at) VALUES ($1, $1, $2, now())",
    )
    .bind(org)
    .bind(STANDARD.encode(&sealed))
    .execute(tx.connection())
    .await
    .map_err(DbError::from)?;
    let stored: String = sqlx::query_scalar("SELECT name FROM organizations WHERE id = $1")
        .bind(org)
        .fetch_one(tx.connection())
        .await
        .map_err(DbError::from)?;
    tx.finish();
    let bytes = STANDARD.decode(stored).map_err(|_| Failed::Keys)?;
    let again = keys
        .unwrap_data_key(&place, &wrapped)
        .map_err(|_| Failed::Keys)?;
    let opened = again.open(&place, &bytes).map_err(|_| Failed::Keys)?;
    if opened.expose() != b"canary" {
        return Err(Failed::Keys);
    }
    let mut tx = TenantTx::begin(db, org).await?;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM organizations WHERE id = $1")
        .bind(org)
        .fetch_one(tx.connection())
        .await
        .map_err(DbError::from)?;
    tx.finish();
    if left == 0 {
        Ok(())
    } else {
        Err(Failed::NotRolledBack)
    }
}

#[cfg(test)]
mod tests {
    use super::{Failed, canary, stored};
    use crate::kernel::Redacted;
    use crate::keys::Keyring;
    use crate::testing::Server;

    #[tokio::test]
    async fn it_opens_what_is_stored_and_says_what_it_cannot_open() {
        let server = Server::start().await;
        let (db, keys) = (&server.app.db, &server.app.keys);
        assert_eq!(stored(db, keys).await.unwrap(), 0);
        let ada = server.owner().await;
        let bob = server.tenant("Difference Engines", "bob@example.com").await;
        for person in [&ada, &bob] {
            let vault = person.vault("Engines").await;
            person.secret(&vault, "mill", "hunter2").await;
            person.secret(&vault, "store", "hunter2").await;
        }
        canary(db, keys).await.unwrap();
        assert_eq!(stored(db, keys).await.unwrap(), 4);
        let other = Keyring::from_master(&Redacted::new([7; 32]));
        assert!(matches!(stored(db, &other).await, Err(Failed::Unopened(_))));
        let mut behind = server.database.behind().await;
        sqlx::query("UPDATE secrets SET sealed_value = sealed_meta WHERE org_id = $1")
            .bind(bob.org)
            .execute(&mut behind)
            .await
            .unwrap();
        let failed = stored(db, keys).await.unwrap_err().to_string();
        assert!(failed.contains(&bob.org.to_string()), "{failed}");
        assert!(!failed.contains("hunter2"), "{failed}");
    }
}
