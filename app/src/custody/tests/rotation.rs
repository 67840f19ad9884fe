//! What a rotation does and does not.

use serde_json::{Value, json};
use sqlx::Executor as _;

use super::{SECOND, Stage, THIRD, both, ring, run, run_until};
use crate::audit::Broken;
use crate::custody::Point;
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::OrgId;
use crate::keys::registry::{self, WrongKeys};
use crate::platform;
use crate::testing::{MASTER_KEY, Server};

/// Everything that is stored of secrets but what wraps their keys.
async fn values(server: &Server) -> Vec<(uuid::Uuid, i32, Vec<u8>, Vec<u8>)> {
    let mut behind = server.database.behind().await;
    sqlx::query_as("SELECT id, version, sealed_meta, sealed_value FROM secrets ORDER BY id")
        .fetch_all(&mut behind)
        .await
        .unwrap()
}

async fn ready(server: &Server) -> Value {
    let answer = server.browser().get("/readyz").await.json();
    answer["checks"]["masterKey"].clone()
}

#[tokio::test]
async fn every_data_key_is_wrapped_anew_and_no_value_is_touched() {
    let stage = Stage::with(7).await;
    let before = values(&stage.server).await;
    let outcome = run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    assert_eq!(outcome.records, 14);
    assert_eq!(outcome.from, ring(MASTER_KEY).id().to_string());
    assert_eq!(outcome.to, ring(SECOND).id().to_string());
    assert_eq!(values(&stage.server).await, before);
    assert_eq!(stage.wrapped_by(SECOND).await, 14);
    assert_eq!(stage.wrapped_by(MASTER_KEY).await, 0);
    assert_eq!(stage.recorded().await, 14);

    // The next boot needs the new key alone, and knows what the old one has authenticated.
    let next = stage.replica(SECOND, None).await;
    super::claim(&next.app.db, &next.app.keys).await;
    stage.assert_all_open(&next).await;
    stage.assert_trails_whole(&next.app.keys).await;
    assert_eq!(ready(&next).await["ok"], true);
    let again = run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    assert_eq!(again.records, 0, "there is nothing left to do");
    let closing = "audit_events WHERE action = 'master-key.rotated'";
    assert_eq!(
        stage.server.database.count(closing).await,
        2,
        "once for each trail"
    );
}

#[tokio::test]
async fn meanwhile_both_keys_work_on_every_server_that_holds_both() {
    let stage = Stage::with(5).await;
    let early = stage.replica(MASTER_KEY, Some(SECOND)).await;
    super::claim(&early.app.db, &early.app.keys).await;
    let rotating = both(MASTER_KEY, SECOND);
    let stopped = run_until(&stage, &rotating, |point| point == Point::Done(3)).await;
    assert!(stopped.is_err());
    assert_eq!(stage.wrapped_by(SECOND).await, 3);
    // It has not looked since the rotation began: it still wraps with the old key, is refused by
    // the database, looks, and does it again.
    assert_eq!(early.app.keys.id(), ring(MASTER_KEY).id());
    let ada = stage.at(&early, 0);
    let (_, path) = &stage.secrets[4];
    let secrets = path.rsplit_once('/').unwrap().0;
    let new = json!({"type": "PASSWORD", "name": "new", "fields": {"password": "new"}});
    let made = ada.post(secrets, new).await.expect(201).id();
    assert_eq!(early.app.keys.id(), ring(SECOND).id());
    assert_eq!(stage.wrapped_by(SECOND).await, 4);
    stage.assert_all_open(&early).await;
    // A change of a record that is not done yet leaves its key as it is.
    ada.change(path, 1, json!({"fields": {"notes": "changed"}}))
        .await
        .expect(200);
    assert_eq!(stage.wrapped_by(MASTER_KEY).await, 7);
    assert_eq!(ready(&early).await["ok"], true);
    stage.assert_trails_whole(&early.app.keys).await;

    // Who runs it again goes on, and what was made meanwhile is not done twice.
    let outcome = run(&stage, &both(SECOND, MASTER_KEY)).await.unwrap();
    assert_eq!(outcome.records, 7);
    stage.assert_all_open(&early).await;
    ada.reveal(&format!("{secrets}/{made}"), "password")
        .await
        .expect(200);
    assert_eq!(stage.recorded().await, 10);
}

#[tokio::test]
async fn a_server_that_was_not_given_the_new_key_says_so_and_loses_nothing() {
    let stage = Stage::with(3).await;
    let rotating = both(MASTER_KEY, SECOND);
    let stopped = run_until(&stage, &rotating, |point| point == Point::Done(3)).await;
    assert!(stopped.is_err());
    let old = &stage.server;
    let check = ready(old).await;
    assert_eq!(
        (&check["ok"], &check["reason"]),
        (&json!(false), &json!("other-key"))
    );
    let first = stage.at(old, 0);
    let answer = first.reveal(&stage.secrets[0].1, "password").await;
    answer.expect_problem(503, "key-not-loaded");
    let new = json!({"type": "PASSWORD", "name": "new", "fields": {"password": "new"}});
    let secrets = stage.secrets[0].1.rsplit_once('/').unwrap().0;
    first
        .post(secrets, new)
        .await
        .expect_problem(503, "key-not-loaded");
    // The other half is not done yet, and opens.
    let second = stage.at(old, 1);
    let left = &stage.secrets[3].1;
    second.reveal(left, "password").await.expect(200);

    // And who has the new key alone is told that the old one is still needed.
    let alone = stage.replica(SECOND, None).await;
    let wrong = registry::refresh(&alone.app.db, &alone.app.keys)
        .await
        .unwrap();
    let outgoing = ring(MASTER_KEY).id();
    assert_eq!(wrong, Err(WrongKeys::Outgoing { outgoing }));
    assert_eq!(ready(&alone).await["ok"], false);
}

#[tokio::test]
async fn the_database_refuses_what_a_retired_key_has_wrapped_or_authenticated() {
    let stage = Stage::with(2).await;
    let mut behind = stage.server.database.behind().await;
    behind
        .execute("CREATE TABLE keep AS SELECT * FROM data_keys")
        .await
        .unwrap();
    run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    behind
        .execute("ALTER TABLE audit_links DROP CONSTRAINT audit_links_org_id_event_id_key")
        .await
        .unwrap();
    for (statement, constraint) in [
        (
            "UPDATE data_keys SET wrapped_key = keep.wrapped_key FROM keep WHERE keep.id = data_keys.id",
            "wrapped_by_current_key",
        ),
        (
            "WITH record AS (
                 INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value,
                     changed, created_at, updated_at, updated_by)
                 SELECT org_id, gen_random_uuid(), vault_id, type, version, sealed_meta, sealed_value,
                     changed, created_at, updated_at, updated_by
                 FROM secrets RETURNING org_id, id)
             INSERT INTO data_keys SELECT record.org_id, record.id, wrapped_key
             FROM record, (SELECT wrapped_key FROM keep LIMIT 1)",
            "wrapped_by_current_key",
        ),
        (
            "INSERT INTO audit_events (org_id, id, at, action, result, detail, circumstances, server,
                 monotonic, canonical, key_id, mac)
             SELECT org_id, gen_random_uuid(), now(), 'x', 'success', '{}', '{}', server, 1, 1, key_id, mac
             FROM audit_events ORDER BY id LIMIT 1",
            "authenticated_by_key_in_use",
        ),
        (
            "INSERT INTO audit_links (org_id, seq, event_id, hash, key_id, mac)
             SELECT l.org_id, 9999, l.event_id, l.hash, e.key_id, l.mac
             FROM audit_links l JOIN audit_events e ON e.id = l.event_id WHERE seq = 1 LIMIT 1",
            "authenticated_by_key_in_use",
        ),
    ] {
        let refused = behind.execute(statement).await.unwrap_err();
        let found = refused
            .as_database_error()
            .and_then(|error| error.constraint());
        assert_eq!(found, Some(constraint), "{statement}: {refused}");
    }
    for state in ["current", "outgoing"] {
        let statement = format!("UPDATE master_keys SET state = '{state}' WHERE state = 'retired'");
        let refused = behind.execute(sqlx::AssertSqlSafe(statement)).await;
        assert!(refused.is_err(), "a retired key stays retired");
    }
    // A server that still writes with it is refused, and says so.
    let (owner, path) = &stage.secrets[0];
    let person = stage.at(&stage.server, *owner);
    let answer = person.reveal(path, "password").await;
    answer.expect_problem(503, "key-not-loaded");
}

#[tokio::test]
async fn who_still_has_the_old_key_can_add_nothing_to_a_trail() {
    let stage = Stage::with(1).await;
    run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    let next = stage.replica(SECOND, None).await;
    super::claim(&next.app.db, &next.app.keys).await;
    stage.assert_trails_whole(&next.app.keys).await;
    // Triggers off, the head moved on: an entry that is authentic by itself, after its key's end.
    let org = OrgId::from_uuid(stage.people[0].org);
    let last = stage.forge_entry(&ring(MASTER_KEY), org).await;
    let found = crate::audit::verify(&next.app.db, &next.app.keys, org)
        .await
        .unwrap();
    assert_eq!(found, Err(Broken::RetiredKey(last)));
    // Nor to the installation's own.
    let db = &next.app.db;
    let whole = platform::verify(db, &next.app.keys).await.unwrap();
    let last = whole.unwrap() + 1;
    let own = ring(MASTER_KEY);
    assert!(forge_platform_entry(db, &own).await.is_err());
    stage
        .tamper("ALTER TABLE platform_events DISABLE TRIGGER ALL")
        .await;
    forge_platform_entry(db, &own).await.unwrap();
    let found = platform::verify(db, &next.app.keys).await.unwrap();
    assert_eq!(found, Err(Broken::RetiredKey(last)));
}

/// Writes an entry into the installation's own trail as a server with this key would.
async fn forge_platform_entry(db: &Db, keys: &crate::keys::Keyring) -> Result<(), DbError> {
    let event = platform::Event {
        at: crate::kernel::Clock::system().now(),
        action: platform::Action::LicenseChanged,
        detail: json!({}),
    };
    let mut tx = PlatformTx::begin(db).await?;
    platform::record(&mut tx, keys, &event).await?;
    tx.commit_housekeeping().await
}

impl Stage {
    /// Writes an entry as the server with this key would, behind its back, and gives it its place;
    /// its number.
    pub(super) async fn forge_entry(&self, keys: &crate::keys::Keyring, org: OrgId) -> i64 {
        use crate::audit::{Action, Event, WriteTx, seal};
        for table in ["audit_events", "audit_links"] {
            self.tamper(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL"))
                .await;
        }
        let db = &self.server.app.db;
        let tx = WriteTx::begin(db, org).await.unwrap();
        let now = crate::kernel::Clock::system().now();
        let event = Event::of_system(now, Action::SecretRevealed, json!({}));
        tx.commit(keys, &event).await.unwrap();
        seal(db, keys, org).await.unwrap();
        let mut behind = self.server.database.behind().await;
        sqlx::query_scalar("SELECT last_seq FROM audit_heads WHERE org_id = $1")
            .bind(org)
            .fetch_one(&mut behind)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_second_rotation_keeps_what_the_first_key_authenticated() {
    let stage = Stage::with(2).await;
    run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    run(&stage, &both(SECOND, THIRD)).await.unwrap();
    let next = stage.replica(THIRD, None).await;
    super::claim(&next.app.db, &next.app.keys).await;
    stage.assert_all_open(&next).await;
    stage.assert_trails_whole(&next.app.keys).await;
    let states = next.app.keys.license_state_keys();
    for earlier in [MASTER_KEY, SECOND] {
        let key = ring(earlier).license_state_key();
        assert!(
            states.iter().any(|state| state.expose() == key.expose()),
            "{earlier}"
        );
    }
    // A kept key that was changed is not taken for another.
    stage
        .tamper("UPDATE kept_keys SET sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))")
        .await;
    let wrong = registry::refresh(&next.app.db, &next.app.keys)
        .await
        .unwrap();
    assert!(matches!(wrong, Err(WrongKeys::Kept(_))), "{wrong:?}");
}
