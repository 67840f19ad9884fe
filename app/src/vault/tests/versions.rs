//! What a secret was before.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kernel::{OrgId, SecretId};
use crate::testing::{Person, Server};
use crate::vault::record::Content;
use crate::vault::seal::Head;
use crate::vault::secrets;
use crate::vault::types::SecretType;

async fn three_versions(server: &Server) -> (Person, String) {
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = ada.secret(&vault, "mill", "first").await;
    let change = json!({"fields": {"password": "second", "username": "ada"}});
    ada.change(&path, 1, change).await.expect(200);
    ada.change(&path, 2, json!({"name": "store"}))
        .await
        .expect(200);
    (ada, path)
}

async fn versions(ada: &Person, path: &str) -> Vec<Value> {
    let list = ada.get(&format!("{path}/versions")).await.expect(200);
    list.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_change_keeps_what_was_there_and_who_did_what_when() {
    let server = Server::start().await;
    let (ada, path) = three_versions(&server).await;
    let list = versions(&ada, &path).await;
    let of = |name: &str| list.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("version"), [json!(3), json!(2), json!(1)]);
    let changed = [json!(["name"]), json!(["password", "username"]), json!([])];
    assert_eq!(of("changed"), changed);
    assert_eq!(of("name"), [json!("store"), json!("mill"), json!("mill")]);
    assert_eq!(list[2]["fields"], json!({}));
    assert_eq!(list[1]["fields"], json!({"username": "ada"}));
    assert_eq!(list[2]["madeBy"]["name"], "Ada Lovelace");
    assert!(list[2]["madeAt"].as_str() < list[1]["madeAt"].as_str());
    assert!(list.iter().all(|one| one["revealable"] == true));
    let first = ada.reveal(&format!("{path}/versions/1"), "password").await;
    assert_eq!(first.expect(200).json()["value"], "first");
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    let entry = &trail["items"][0];
    assert_eq!(entry["action"], "secret.version-revealed");
    assert_eq!(entry["detail"]["version"], 1);
    for nothing in ["0", "4", "-1", "01", "+1", "x", "99999999999"] {
        let answer = ada
            .reveal(&format!("{path}/versions/{nothing}"), "password")
            .await;
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn versions_come_in_pages() {
    let server = Server::start().await;
    let (ada, path) = three_versions(&server).await;
    let first = ada
        .get(&format!("{path}/versions?limit=2"))
        .await
        .expect(200)
        .json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert_eq!(first["nextCursor"], "2");
    // What is written meanwhile does not shift the next page.
    ada.change(&path, 3, json!({"name": "x"})).await.expect(200);
    let second = ada.get(&format!("{path}/versions?limit=2&cursor=2")).await;
    let second = second.expect(200).json();
    assert_eq!(second["items"][0]["version"], 1);
    assert_eq!(second["nextCursor"], Value::Null);
    for (query, field) in [("limit=0", "limit"), ("cursor=x", "cursor")] {
        let answer = ada.get(&format!("{path}/versions?{query}")).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), [field]);
    }
}

#[tokio::test]
async fn a_version_is_restored_as_a_new_one() {
    let server = Server::start().await;
    let (ada, path) = three_versions(&server).await;
    let restore = format!("{path}/versions/1/restore");
    let stale = (*ada).clone().with_header("if-match", "\"2\"");
    let stale = stale.post(&restore, Value::Null).await;
    stale.expect_problem(412, "version-conflict");
    let restored = ada.post(&restore, Value::Null).await.expect(200);
    assert_eq!(restored.header("etag"), "\"4\"");
    assert_eq!(restored.json()["name"], "mill");
    assert_eq!(restored.json()["fields"], json!({}));
    assert_eq!(ada.reveal(&path, "password").await.json()["value"], "first");
    let list = versions(&ada, &path).await;
    assert_eq!(list.len(), 4, "nothing is lost by it");
    assert_eq!(list[0]["changed"], json!(["name", "password", "username"]));
    let again = ada.post(&restore, Value::Null).await.expect(200).json();
    assert_eq!(again["version"], 4, "it is so already");
}

#[tokio::test]
async fn a_version_in_another_ones_place_does_not_open() {
    let server = Server::start().await;
    let (ada, path) = three_versions(&server).await;
    let mut behind = server.database.behind().await;
    let swap = "UPDATE secret_versions AS own SET sealed_value = other.sealed_value
                FROM secret_versions AS other WHERE own.version = 1 AND other.version = 2";
    sqlx::query(swap).execute(&mut behind).await.unwrap();
    let answer = ada.reveal(&format!("{path}/versions/1"), "password").await;
    answer.expect_problem(500, "unreadable");
    // What was cut out of the middle is not there, and the rest is.
    let cut = "DELETE FROM secret_versions WHERE version = 2";
    sqlx::query(cut).execute(&mut behind).await.unwrap();
    let answer = ada.reveal(&format!("{path}/versions/2"), "password").await;
    answer.expect_problem(404, "not-found");
    assert_eq!(
        ada.reveal(&path, "password").await.expect(200).json()["value"],
        "second"
    );
}

/// As it was stored by a release that asked for less.
#[tokio::test]
async fn a_restored_version_has_to_be_what_is_asked_of_a_record_today() {
    let server = Server::start().await;
    let (ada, path) = three_versions(&server).await;
    let mut behind = server.database.behind().await;
    let (version, wrapped_key, meta): (i32, Vec<u8>, Vec<u8>) = sqlx::query_as(
        "SELECT version, wrapped_key, sealed_meta FROM secrets JOIN data_keys USING (org_id, id)",
    )
    .fetch_one(&mut behind)
    .await
    .unwrap();
    let newest = Head {
        version,
        wrapped_key,
        meta,
    };
    let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
    let (org, id) = (OrgId::from_uuid(ada.org), SecretId::from_uuid(id));
    let record = secrets::record(&server.app, org, id);
    let meta = record.open_meta(&newest).unwrap();
    let content = Content {
        kind: SecretType::Password,
        name: "knaB\u{202e}".to_owned(),
        fields: [("odd", "x"), ("password", "x")]
            .map(|(name, value)| (name.to_owned(), value.to_owned().into()))
            .into(),
        custom: Vec::new(),
        tags: Vec::new(),
        high_sensitivity: false,
        inject_only: false,
    };
    let before = Head {
        version: 0,
        ..newest
    };
    let now = server.app.clock.now();
    let sealed = record.seal_next((&before, &meta), (&content, &[]), now);
    let sealed = sealed.unwrap();
    sqlx::query("UPDATE secret_versions SET sealed_meta = $1, sealed_value = $2 WHERE version = 1")
        .bind(&sealed.head.meta)
        .bind(&sealed.value)
        .execute(&mut behind)
        .await
        .unwrap();
    let restore = format!("{path}/versions/1/restore");
    let refused = ada.post(&restore, Value::Null).await;
    let refused = refused.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["name", "fields.odd"]);
    let second = format!("{path}/versions/2/restore");
    ada.post(&second, Value::Null).await.expect(200);
}
