//! Work that may take a second, where it keeps nobody waiting: a key for SSH is opened with its
//! passphrase to be checked.

use std::sync::LazyLock;
use std::time::Duration;

use crate::edge::Caller;
use crate::infra::db::DbError;
use crate::infra::turns::Turns;
use crate::kernel::FieldProblem;
use crate::vault::problem::Error;
use crate::vault::record::{Content, NewRecord, RecordChange};
use crate::vault::types::SecretType;

/// So many pieces of such work are done at once; the others wait. Of one person one, and of one organisation
/// two, so that who has many keys to be checked keeps nobody else waiting.
static TURNS: LazyLock<Turns> = LazyLock::new(|| Turns::new(AT_ONCE));
const AT_ONCE: usize = 3;
const OF_A_PERSON: usize = 1;
const OF_AN_ORGANIZATION: usize = 2;
/// For how long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(6);

/// Whether checking a record of a type may take so long.
pub(super) fn takes_time(kind: SecretType) -> bool {
    kind == SecretType::SshKey
}

/// A new record, checked and completed. Nobody holds a connection to the database meanwhile.
pub(super) async fn made(caller: Caller, new: NewRecord) -> Result<Content, Error> {
    apart(caller, move || Content::new(new)).await
}

/// A record once it is changed, checked and completed. Nobody holds a connection to the database
/// meanwhile.
pub(super) async fn changed(
    caller: Caller,
    before: &Content,
    change: RecordChange,
) -> Result<Content, Error> {
    let before = before.clone();
    apart(caller, move || before.changed(change)).await
}

/// An earlier version, checked and completed as a record is today. Nobody holds a connection to the database
/// meanwhile.
pub(super) async fn restored(caller: Caller, version: Content) -> Result<Content, Error> {
    apart(caller, move || version.completed()).await
}

async fn apart(
    caller: Caller,
    work: impl FnOnce() -> Result<Content, Vec<FieldProblem>> + Send + 'static,
) -> Result<Content, Error> {
    let cut_off = || DbError::Impossible("work that was cut off");
    let shares = [
        (caller.user.as_uuid(), OF_A_PERSON),
        (caller.org.as_uuid(), OF_AN_ORGANIZATION),
    ];
    let turn = TURNS.within(PATIENCE, &shares).await;
    let turn = turn.ok_or(Error::Busy)?;
    // The turn lasts as long as the work, also where nobody waits for it any more.
    let done = tokio::task::spawn_blocking(move || (work(), turn).0).await;
    Ok(done.map_err(|_| cut_off())??)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;
    use serde_json::{Value, json};
    use tokio::task::JoinHandle;

    use super::{AT_ONCE, OF_A_PERSON, TURNS};
    use crate::infra::turns::Turn;
    use crate::testing::{Person, Server};
    use crate::vault::types::{KeyKind, generate_ssh_key};

    /// A server with few connections, and a key in a vault.
    async fn stage() -> (Server, Person, String) {
        let server = Server::start_with(&[("DATABASE_MAX_CONNECTIONS", "2")]).await;
        let ada = server.owner().await;
        let vault = ada.vault("Engines").await;
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let key = generate_ssh_key(KeyKind::Ed25519, &mut random).unwrap();
        let fields = json!({"privateKey": key.private.as_str()});
        let record = json!({"type": "SSH_KEY", "name": "key", "fields": fields});
        let secret = ada.store(&vault, record).await;
        (server, ada, secret)
    }

    fn all_turns() -> Vec<Turn> {
        (0..AT_ONCE).map(|_| TURNS.at_once(&[]).unwrap()).collect()
    }

    /// Many who wait for a turn, while others go on; what they are told once there are turns.
    async fn waited(ada: &Person, request: impl Fn(usize) -> JoinHandle<u16>) -> Vec<u16> {
        let turns = all_turns();
        let waiting: Vec<_> = (0..4).map(request).collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        ada.get("/vaults").await.expect(200);
        drop(turns);
        let mut statuses = Vec::new();
        for one in waiting {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        statuses
    }

    #[tokio::test]
    async fn who_waits_for_a_turn_keeps_no_connection() {
        let (_server, ada, secret) = stage().await;
        let change = |number: usize| {
            let (ada, secret) = (ada.clone(), secret.clone());
            let notes = json!({"fields": {"notes": format!("{number}")}});
            tokio::spawn(async move { ada.change(&secret, 1, notes).await.status.as_u16() })
        };
        assert_eq!(waited(&ada, change).await, [200, 412, 412, 412]);
        // The same where a version is put back.
        let restore = |_| {
            let (ada, path) = (ada.clone(), format!("{secret}/versions/1/restore"));
            tokio::spawn(async move {
                let restored = ada.post(&path, Value::Null).await;
                restored.status.as_u16()
            })
        };
        assert_eq!(waited(&ada, restore).await, [200, 412, 412, 412]);
    }

    #[tokio::test]
    async fn one_person_does_not_have_all_turns() {
        let (server, ada, secret) = stage().await;
        let bob = server.member(ada.org, "bob@example.com", "member").await;
        let (vault, _) = secret.split_once("/secrets/").unwrap();
        let vault = vault.rsplit('/').next().unwrap();
        server.grant(vault, &bob, "EDITOR").await;
        let _held = TURNS.at_once(&[(ada.user, OF_A_PERSON)]).unwrap();
        let change = json!({"fields": {"notes": "x"}});
        let changing = ada.change(&secret, 1, change.clone());
        let waits = tokio::time::timeout(Duration::from_secs(1), changing).await;
        assert!(waits.is_err());
        bob.change(&secret, 1, change).await.expect(200);
    }
}
