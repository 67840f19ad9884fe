//! The trash: in, out, for good, and what the clock does with it.

use serde_json::{Value, json};
use time::Duration;

use crate::kernel::Clock;
use crate::testing::{Person, Server};
use crate::vault::retention;

/// A record with a version before the newest.
pub(super) async fn one(server: &Server) -> (Person, String, String) {
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = ada.secret(&vault, "mill", "hunter2").await;
    ada.change(&path, 1, json!({"fields": {"password": "hunter3"}}))
        .await
        .expect(200);
    (ada, path, vault)
}

#[tokio::test]
async fn what_is_in_the_trash_is_found_there_alone_and_comes_out_as_it_was() {
    let server = Server::start().await;
    let (ada, path, vault) = one(&server).await;
    let before = ada.get(&path).await.json();
    ada.delete(&path).await.expect(204);
    let trash = ada
        .get(&format!("/vaults/{vault}/trash"))
        .await
        .expect(200)
        .json();
    assert_eq!(trash["items"][0]["name"], "mill");
    assert!(trash["items"][0]["trashedAt"].is_string());
    for answer in [
        ada.get(&path).await,
        ada.change(&path, 2, json!({"name": "x"})).await,
        ada.reveal(&path, "password").await,
        ada.get(&format!("{path}/versions")).await,
        ada.reveal(&format!("{path}/versions/1"), "password").await,
        ada.post(&format!("{path}/versions/1/restore"), Value::Null)
            .await,
        ada.put(&format!("{path}/favourite"), Value::Null).await,
        ada.delete(&path).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    let counts = ada.get("/vaults").await.json();
    assert_eq!(counts["items"][0]["secretCount"], 0);
    let restored = ada.post(&format!("{path}/restore"), Value::Null).await;
    assert_eq!(restored.expect(200).json(), before);
    let again = ada.post(&format!("{path}/restore"), Value::Null).await;
    again.expect_problem(404, "not-found");
    let trash = ada.get(&format!("/vaults/{vault}/trash")).await.json();
    assert_eq!(trash["items"], json!([]));
}

#[tokio::test]
async fn what_is_deleted_for_good_takes_versions_and_key_along() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    // Not before it is in the trash.
    let trash = path.replace("/secrets/", "/trash/");
    let answer = ada.delete_proven(&trash).await;
    answer.expect_problem(404, "not-found");
    ada.delete_for_good(&path).await;
    for table in ["secrets", "data_keys", "secret_versions"] {
        assert_eq!(server.database.count(table).await, 0, "{table}");
    }
    assert_eq!(server.database.count("secret_tombstones").await, 1);
    for answer in [
        ada.get(&path).await,
        ada.post(&format!("{path}/restore"), Value::Null).await,
        ada.delete_proven(&trash).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn after_thirty_days_the_clock_deletes_it_once_however_many_servers_there_are() {
    let server = Server::start().await;
    let (ada, path, vault) = one(&server).await;
    let kept = ada.secret(&vault, "kept", "hunter2").await;
    ada.delete(&path).await.expect(204);
    let later = |days: i64, minutes: i64| {
        let at = Clock::system().now() + Duration::days(days) + Duration::minutes(minutes);
        Clock::fixed(at)
    };
    let early = server.replica(later(29, 0), &[]).await;
    assert_eq!(retention::once(&early.app).await.unwrap(), 0);
    let (one, other) = (
        server.replica(later(30, 1), &[]).await,
        server.replica(later(30, 1), &[]).await,
    );
    let (one, other) = tokio::join!(retention::once(&one.app), retention::once(&other.app));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    ada.get(&kept).await.expect(200);
    assert_eq!(server.database.count("secrets").await, 1);
    assert_eq!(server.database.count("data_keys").await, 1);
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    let entry = &trail["items"][0];
    assert_eq!(entry["action"], "secret.deleted");
    assert_eq!(entry["actor"]["kind"], "system");
    assert_eq!(entry["detail"]["reason"], "retention");
    assert_eq!(entry["resource"]["name"], "mill", "what it was called");
    assert!(path.ends_with(entry["resource"]["id"].as_str().unwrap()));
}

#[tokio::test]
async fn whoever_keeps_a_copy_can_tell_what_changed_and_what_is_gone() {
    let server = Server::start().await;
    let (ada, path, vault) = one(&server).await;
    let newest = async || -> i64 {
        let mut behind = server.database.behind().await;
        sqlx::query_scalar(
            "SELECT max(changed_in)::text::bigint FROM (
                 SELECT changed_in FROM secrets UNION ALL SELECT changed_in FROM secret_tombstones) t",
        )
        .fetch_one(&mut behind)
        .await
        .unwrap()
    };
    let mut last = newest().await;
    let other = ada.vault("Other").await;
    let id = path.rsplit('/').next().unwrap();
    let moved = json!({"action": "move", "ids": [id], "to": other});
    let there = format!("/vaults/{other}/secrets/{id}");
    let mut rises = async || {
        let now = newest().await;
        let rose = now > last;
        last = now;
        rose
    };
    ada.change(&path, 2, json!({"name": "x"})).await.expect(200);
    assert!(rises().await, "a change");
    ada.post(&format!("/vaults/{vault}/secrets/bulk"), moved)
        .await
        .expect(200);
    assert!(rises().await, "a move");
    ada.delete(&there).await.expect(204);
    assert!(rises().await, "into the trash");
    ada.post(&format!("{there}/restore"), Value::Null)
        .await
        .expect(200);
    assert!(rises().await, "out of it");
    ada.delete_proven(&format!("/vaults/{other}"))
        .await
        .expect(204);
    assert!(rises().await, "gone with its vault");
}
