//! An index in memory shows what is there now, on every server.

use serde_json::json;

use super::{filled, names, tagged};
use crate::kernel::Clock;
use crate::testing::Server;

#[tokio::test]
async fn what_was_committed_before_is_found_on_every_server() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one"]).await;
    let replica = server.replica(Clock::system(), &[]).await;
    let there = ada.at(&replica);
    assert_eq!(names(&ada, "").await, ["one"]);
    assert_eq!(names(&there, "").await, ["one"]);
    let two = ada.secret(&vault, "two", "x").await;
    assert_eq!(names(&there, "q=two").await, ["two"]);
    there
        .change(&two, 1, json!({"name": "zwei"}))
        .await
        .expect(200);
    assert_eq!(names(&ada, "q=two").await, [""; 0]);
    assert_eq!(names(&ada, "q=zwei").await, ["zwei"]);
    there.delete(&two).await.expect(204);
    assert_eq!(names(&ada, "").await, ["one"]);
    ada.post(&format!("{two}/restore"), json!(null))
        .await
        .expect(200);
    assert_eq!(names(&there, "").await, ["one", "zwei"]);
    ada.delete_for_good(&two).await;
    assert_eq!(names(&there, "").await, ["one"]);
    assert_eq!(names(&ada, "").await, ["one"]);
}

#[tokio::test]
async fn a_vault_that_is_deleted_takes_its_records_along() {
    let server = Server::start().await;
    let (ada, _) = filled(&server, &["one"]).await;
    let other = ada.vault("Other").await;
    ada.store(&other, tagged("two", &[])).await;
    assert_eq!(names(&ada, "").await, ["one", "two"]);
    ada.delete_proven(&format!("/vaults/{other}"))
        .await
        .expect(204);
    assert_eq!(names(&ada, "").await, ["one"]);
}

#[tokio::test]
async fn a_change_that_ends_after_a_search_began_is_found_by_the_next_one() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one", "two"]).await;
    assert_eq!(names(&ada, "").await, ["one", "two"]);
    let mut slow = server.database.behind().await;
    sqlx::query("BEGIN").execute(&mut slow).await.unwrap();
    sqlx::query("UPDATE secrets SET trashed_at = now(), trashed_by = updated_by WHERE id = $1")
        .bind(id_of(
            &ada.get(&format!("/vaults/{vault}/secrets")).await.json(),
        ))
        .execute(&mut slow)
        .await
        .unwrap();
    // Later transactions end meanwhile, and are searched.
    ada.secret(&vault, "three", "x").await;
    assert_eq!(names(&ada, "").await, ["one", "three", "two"]);
    sqlx::query("COMMIT").execute(&mut slow).await.unwrap();
    assert_eq!(names(&ada, "").await, ["one", "three"]);
}

fn id_of(page: &serde_json::Value) -> uuid::Uuid {
    page["items"][0]["id"].as_str().unwrap().parse().unwrap()
}
