//! An index in memory shows what is there now, on every server.

use base64::Engine as _;
use serde_json::json;

use super::{filled, names, tagged};
use crate::kernel::{Clock, OrgId};
use crate::testing::Server;
use crate::vault::search::erased;
use crate::vault::search::shelf::Shelf;

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

#[tokio::test]
async fn who_waits_for_an_index_keeps_no_connection() {
    let server = Server::start_with(&[("DATABASE_MAX_CONNECTIONS", "2")]).await;
    let (ada, _) = filled(&server, &["one"]).await;
    let slot = shelf(&server).slot(OrgId::from_uuid(ada.org));
    let held = slot.index.write().await;
    let search = |_| {
        let ada = ada.clone();
        tokio::spawn(async move { names(&ada, "").await })
    };
    let searches: Vec<_> = (0..4).map(search).collect();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    ada.get("/vaults").await.expect(200);
    drop(held);
    for search in searches {
        assert_eq!(search.await.unwrap(), ["one"]);
    }
}

#[tokio::test]
async fn an_index_is_made_to_its_end_when_whoever_asked_goes_away() {
    let server = Server::start().await;
    let (ada, _) = filled(&server, &["one", "two"]).await;
    let mut slow = server.database.behind().await;
    for statement in ["BEGIN", "LOCK TABLE data_keys IN ACCESS EXCLUSIVE MODE"] {
        sqlx::query(statement).execute(&mut slow).await.unwrap();
    }
    let patience = std::time::Duration::from_secs(1);
    let asked = tokio::time::timeout(patience, names(&ada, "")).await;
    assert!(asked.is_err());
    sqlx::query("COMMIT").execute(&mut slow).await.unwrap();
    // Nobody asks again. It may be read once it is whole.
    let slot = shelf(&server).slot(OrgId::from_uuid(ada.org));
    let index = slot.index.read().await;
    assert!(index.fresh.is_some());
    assert_eq!(index.entries.len(), 2);
}

#[tokio::test]
async fn many_changes_at_once_are_read_some_at_a_time() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one"]).await;
    assert_eq!(names(&ada, "").await, ["one"]);
    let rows: String = (0..700)
        .map(|n| format!("n{n},https://a.example,ada,pw{n},\n"))
        .collect();
    let text = format!("name,url,username,password,note\n{rows}");
    let file = base64::engine::general_purpose::STANDARD.encode(text);
    let import = json!({"format": "browser-csv", "file": file});
    ada.post(&format!("/vaults/{vault}/secrets/import"), import)
        .await
        .expect(200);
    assert_eq!(names(&ada, "q=n699").await, ["n699"]);
    let slot = shelf(&server).slot(OrgId::from_uuid(ada.org));
    assert_eq!(slot.index.read().await.entries.len(), 701);
}

#[tokio::test]
async fn an_old_index_is_made_again() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one"]).await;
    let two = ada.secret(&vault, "two", "x").await;
    assert_eq!(names(&ada, "").await, ["one", "two"]);
    ada.delete_for_good(&two).await;
    let mut behind = server.database.behind().await;
    sqlx::query("DELETE FROM secret_tombstones")
        .execute(&mut behind)
        .await
        .unwrap();
    let slot = shelf(&server).slot(OrgId::from_uuid(ada.org));
    let mut index = slot.index.write().await;
    index.fresh.as_mut().unwrap().at -= time::Duration::hours(13);
    drop(index);
    assert_eq!(names(&ada, "").await, ["one"]);
    // Not hidden from the page alone: it is in memory no more.
    assert_eq!(slot.index.read().await.entries.len(), 1);
}

#[tokio::test]
async fn of_an_organisation_that_is_erased_nothing_stays_in_memory() {
    let server = Server::start().await;
    let (ada, _) = filled(&server, &["one"]).await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let (hers, its) = (OrgId::from_uuid(eve.org), OrgId::from_uuid(ada.org));
    assert_eq!(names(&ada, "").await, ["one"]);
    assert_eq!(names(&eve, "").await, [""; 0]);
    let shelf = shelf(&server);
    shelf.slot(OrgId::from_uuid(uuid::Uuid::from_u128(1)));
    erased::once(&server.app).await.unwrap();
    let mut kept = shelf.all();
    kept.sort_unstable();
    let mut both = vec![hers, its];
    both.sort_unstable();
    assert_eq!(kept, both, "what never was is not kept");
    let mut behind = server.database.behind().await;
    for statement in [
        "SET session_replication_role = replica",
        "UPDATE organization_directory SET erase_at = now(), erasing_since = now()
         WHERE name = 'Difference Engines'",
    ] {
        sqlx::query(statement).execute(&mut behind).await.unwrap();
    }
    erased::once(&server.app).await.unwrap();
    assert_eq!(shelf.all(), [its]);
}

fn shelf(server: &Server) -> std::sync::Arc<Shelf> {
    server.app.memory.of::<Shelf>()
}
