//! What is found by which words.

use serde_json::json;

use super::{filled, names, tagged};
use crate::testing::Server;

#[tokio::test]
async fn all_words_have_to_be_there_in_any_order_and_any_spelling() {
    let server = Server::start().await;
    let (ada, _) = filled(&server, &["Müller Production", "mueller staging", "GitHub"]).await;
    assert_eq!(
        names(&ada, "q=PRODUCTION%20muller").await,
        ["Müller Production"]
    );
    assert_eq!(names(&ada, "q=git").await, ["GitHub"]);
    assert_eq!(names(&ada, "q=github%20staging").await, [""; 0]);
    assert_eq!(names(&ada, "q=").await.len(), 3);
}

#[tokio::test]
async fn what_fits_best_comes_first() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["a mill", "millstone"]).await;
    let body = json!({"type": "PASSWORD", "name": "aaa",
                      "fields": {"username": "miller", "password": "x"}});
    ada.store(&vault, body).await;
    assert_eq!(names(&ada, "q=mill").await, ["millstone", "a mill", "aaa"]);
    assert_eq!(
        names(&ada, "q=mill&sort=name").await,
        ["a mill", "aaa", "millstone"]
    );
    assert_eq!(
        names(&ada, "sort=created").await,
        ["aaa", "millstone", "a mill"]
    );
}

#[tokio::test]
async fn types_tags_vaults_and_what_is_kept_at_hand_narrow_it_down() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one", "two"]).await;
    let other = ada.vault("Other").await;
    let key = ada
        .store(&other, tagged("three", &["prod", "eu-west"]))
        .await;
    ada.put(&format!("{key}/favourite"), json!(null))
        .await
        .expect(204);
    assert_eq!(names(&ada, "type=API_KEY").await, ["three"]);
    assert_eq!(names(&ada, "tag=PROD").await, ["three"]);
    // A tag is meant as a whole, and words are not tags.
    assert_eq!(names(&ada, "tag=eu").await, [""; 0]);
    assert_eq!(names(&ada, "tag=one").await, [""; 0]);
    assert_eq!(names(&ada, "q=eu-w").await, ["three"]);
    assert_eq!(
        names(&ada, &format!("vaultId={vault}")).await,
        ["one", "two"]
    );
    assert_eq!(names(&ada, "favourite=true").await, ["three"]);
    assert_eq!(names(&ada, "favourite=false").await, ["one", "two"]);
}

#[tokio::test]
async fn what_is_concealed_is_found_by_nobody() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one"]).await;
    let body = json!({"type": "PASSWORD", "name": "two",
        "fields": {"password": "canary-password", "notes": "canary-notes"},
        "customFields": [{"label": "PIN", "kind": "hidden", "value": "canary-pin"},
                         {"label": "Rack", "kind": "text", "value": "basement"}]});
    ada.store(&vault, body).await;
    for word in ["canary", "hunter2", "canary-pin"] {
        assert_eq!(names(&ada, &format!("q={word}")).await, [""; 0], "{word}");
    }
    assert_eq!(names(&ada, "q=basement%20pin").await, ["two"]);
}

#[tokio::test]
async fn too_much_of_a_query_is_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for query in [
        format!("q={}", "a".repeat(201)),
        format!("q={}", "a%20".repeat(11)),
        "type=NONE".to_owned(),
        "cursor=AAAA".to_owned(),
        "limit=101".to_owned(),
    ] {
        let answer = ada.get(&format!("/secrets?{query}")).await;
        answer.expect_problem(422, "invalid");
    }
    for query in ["sort=size", "vaultId=1", "favourite=perhaps"] {
        let answer = ada.get(&format!("/secrets?{query}")).await;
        answer.expect_problem(400, "bad-request");
    }
}
