//! The trail on a real database.

use serde_json::json;
use sqlx::Executor as _;
use time::macros::datetime;
use uuid::Uuid;

use super::{Action, Broken, Event, claim, newest, record, verify};
use crate::infra::db::PlatformTx;
use crate::kernel::Redacted;
use crate::keys::Keyring;
use crate::testing::Server;

async fn recorded(server: &Server, count: i64) {
    for number in 0..count {
        let event = Event {
            at: datetime!(2026-11-25 12:00 UTC),
            action: Action::LicenseRefused,
            detail: json!({"number": number}),
        };
        let mut tx = PlatformTx::begin(&server.app.db).await.unwrap();
        claim(&mut tx, Uuid::from_u128(7), event.at).await.unwrap();
        record(&mut tx, &server.app.keys, &event).await.unwrap();
        tx.commit_housekeeping().await.unwrap();
    }
}

#[tokio::test]
async fn entries_are_numbered_and_each_is_verified() {
    let server = Server::start().await;
    let (db, keys) = (&server.app.db, &server.app.keys);
    assert_eq!(verify(db, keys).await.unwrap(), Ok(0));
    recorded(&server, 3).await;
    assert_eq!(verify(db, keys).await.unwrap(), Ok(3));
    let mut tx = PlatformTx::begin(db).await.unwrap();
    let newest = newest(tx.connection(), 2).await.unwrap();
    assert_eq!(
        newest.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [3, 2]
    );
    let other = Keyring::from_master(&Redacted::new([7; 32]));
    assert_eq!(verify(db, &other).await.unwrap(), Err(Broken::OtherKey(1)));
}

#[tokio::test]
async fn what_was_changed_removed_or_cut_is_named() {
    let server = Server::start().await;
    recorded(&server, 3).await;
    let mut behind = server.database.behind().await;
    let refused = behind.execute("DELETE FROM platform_events").await;
    assert!(refused.unwrap_err().to_string().contains("append-only"));
    // Only somebody who owns the table gets past the trigger.
    for (damage, broken) in [
        (
            "UPDATE platform_events SET detail = '{}' WHERE seq = 2",
            Broken::Changed(2),
        ),
        (
            "UPDATE platform_events SET at = now() WHERE seq = 1",
            Broken::Changed(1),
        ),
        (
            "UPDATE platform_events SET at = 'infinity' WHERE seq = 2",
            Broken::Changed(2),
        ),
        (
            "UPDATE platform_events SET detail = '{\"n\": 1e400}' WHERE seq = 3",
            Broken::Changed(3),
        ),
        (
            "UPDATE platform_events SET canonical = 9 WHERE seq = 1",
            Broken::Unknown(1),
        ),
        (
            "DELETE FROM platform_events WHERE seq = 1",
            Broken::Missing(1),
        ),
        (
            "DELETE FROM platform_events WHERE seq = 3",
            Broken::Cut(3, 2),
        ),
        ("UPDATE installation SET last_seq = 2", Broken::Changed(3)),
    ] {
        let mut connection = server.database.behind().await;
        connection
            .execute("CREATE TABLE before AS TABLE platform_events; CREATE TABLE was AS TABLE installation;
                      ALTER TABLE platform_events DISABLE TRIGGER platform_append_only")
            .await
            .unwrap();
        connection.execute(damage).await.unwrap();
        let found = verify(&server.app.db, &server.app.keys).await.unwrap();
        assert_eq!(found, Err(broken), "{damage}");
        connection
            .execute(
                "DELETE FROM platform_events; INSERT INTO platform_events TABLE before;
                      DELETE FROM installation; INSERT INTO installation TABLE was;
                      DROP TABLE before; DROP TABLE was;
                      ALTER TABLE platform_events ENABLE TRIGGER platform_append_only",
            )
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_serving_role_can_add_and_nothing_else() {
    use sqlx::ConnectOptions as _;
    let server = Server::start().await;
    recorded(&server, 1).await;
    let mut plain = server.database.plain().connect().await.unwrap();
    for forbidden in [
        "UPDATE platform_events SET detail = '{}'",
        "DELETE FROM platform_events",
        "TRUNCATE platform_events",
        "DELETE FROM installation",
        "UPDATE installation SET instance = gen_random_uuid()",
    ] {
        assert!(plain.execute(forbidden).await.is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn the_newest_backup_is_the_one_that_is_known() {
    let server = Server::start().await;
    let overview = async || {
        let answer = server.operator().get("/admin/api/overview").await;
        answer.expect(200).json()["backup"].clone()
    };
    assert_eq!(overview().await, json!(null));
    for (at, bytes) in [
        (datetime!(2026-11-25 12:00 UTC), Some(5)),
        (datetime!(2026-11-26 12:00 UTC), None),
        (datetime!(2026-11-20 12:00 UTC), Some(7)),
    ] {
        let mut tx = PlatformTx::begin(&server.app.db).await.unwrap();
        let backup = super::Backup { at, bytes };
        super::note_backup(&mut tx, backup).await.unwrap();
        tx.commit_housekeeping().await.unwrap();
    }
    let newest = json!({"at": "2026-11-26T12:00:00Z", "bytes": null});
    assert_eq!(overview().await, newest);
}
