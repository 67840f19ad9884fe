//! Work that may take a second, where it keeps nobody waiting: a key for SSH is opened with its
//! passphrase to be checked.

use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

use crate::infra::db::DbError;
use crate::kernel::FieldProblem;
use crate::vault::problem::Error;
use crate::vault::record::{Content, NewRecord, RecordChange};
use crate::vault::types::SecretType;

/// So many pieces of such work are done at once; the others wait.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

/// Whether checking a record of a type may take so long.
pub(super) fn takes_time(kind: SecretType) -> bool {
    kind == SecretType::SshKey
}

/// A new record, checked and completed. Nobody holds a connection to the database meanwhile.
pub(super) async fn made(new: NewRecord) -> Result<Content, Error> {
    apart(move || Content::new(new)).await
}

/// A record once it is changed, checked and completed. Nobody holds a connection to the database
/// meanwhile.
pub(super) async fn changed(before: &Content, change: RecordChange) -> Result<Content, Error> {
    let before = before.clone();
    apart(move || before.changed(change)).await
}

/// An earlier version, checked and completed as a record is today.
pub(super) async fn restored(version: Content) -> Result<Content, Error> {
    if version.kind != SecretType::SshKey {
        return Ok(version.completed()?);
    }
    apart(move || version.completed()).await
}

async fn apart(
    work: impl FnOnce() -> Result<Content, Vec<FieldProblem>> + Send + 'static,
) -> Result<Content, Error> {
    let cut_off = || DbError::Impossible("work that was cut off");
    let turn = Arc::clone(&TURNS).acquire_owned().await;
    let turn = turn.map_err(|_| cut_off())?;
    // The turn lasts as long as the work, also where nobody waits for it any more.
    let done = tokio::task::spawn_blocking(move || (work(), turn).0).await;
    Ok(done.map_err(|_| cut_off())??)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;
    use serde_json::json;

    use super::TURNS;
    use crate::testing::Server;
    use crate::vault::types::{KeyKind, generate_ssh_key};

    #[tokio::test]
    async fn who_waits_for_a_turn_keeps_no_connection() {
        let server = Server::start_with(&[("DATABASE_MAX_CONNECTIONS", "2")]).await;
        let ada = server.owner().await;
        let vault = ada.vault("Engines").await;
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let key = generate_ssh_key(KeyKind::Ed25519, &mut random).unwrap();
        let fields = json!({"privateKey": key.private.as_str()});
        let record = json!({"type": "SSH_KEY", "name": "key", "fields": fields});
        let secret = ada.store(&vault, record).await;
        let turns = Arc::clone(&TURNS).acquire_many_owned(2).await.unwrap();
        let change = |number: usize| {
            let (ada, secret) = (ada.clone(), secret.clone());
            let notes = json!({"fields": {"notes": format!("{number}")}});
            tokio::spawn(async move { ada.change(&secret, 1, notes).await.status.as_u16() })
        };
        let changes: Vec<_> = (0..4).map(change).collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        ada.get("/vaults").await.expect(200);
        drop(turns);
        let mut statuses = Vec::new();
        for change in changes {
            statuses.push(change.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412]);
    }
}
