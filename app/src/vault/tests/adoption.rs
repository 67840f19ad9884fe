//! Vaults whose owners are gone.

use serde_json::{Value, json};

use crate::testing::{Answer, Person, Server};

async fn orphaned(by: &Person) -> Value {
    let list = by.get("/organization/orphaned-vaults").await.expect(200);
    list.json()["items"].clone()
}

async fn adopt(by: &Person, vault: &str) -> Answer {
    let path = format!("/organization/orphaned-vaults/{vault}/adopt");
    by.send_proven(http::Method::POST, &path, None).await
}

#[tokio::test]
async fn an_owner_takes_on_a_vault_whose_only_owner_has_left_and_that_is_recorded() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let carol = server.member(ada.org, "carol@example.com", "admin").await;
    let vault = bob.vault("Bob's").await;
    let secret = bob.secret(&vault, "mill", "hunter2").await;
    assert_eq!(orphaned(&ada).await, json!([]));
    bob.post("/organization/leave", Value::Null)
        .await
        .expect(204);
    let list = orphaned(&ada).await;
    assert_eq!(list[0]["id"], json!(vault));
    assert_eq!(list[0]["secretCount"], 1);
    // Knowing of it opens nothing, and an admin does not even know.
    ada.get(&secret).await.expect_problem(404, "not-found");
    for answer in [
        carol.get("/organization/orphaned-vaults").await,
        adopt(&carol, &vault).await,
    ] {
        answer.expect_problem(403, "forbidden");
    }
    adopt(&ada, &vault).await.expect(204);
    ada.get(&secret).await.expect(200);
    assert_eq!(orphaned(&ada).await, json!([]));
    let trail = ada.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "vault.adopted");
    assert_eq!(trail["items"][0]["resource"]["id"], json!(vault));
    let again = adopt(&ada, &vault).await;
    again.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_vault_that_a_member_owns_is_not_taken_from_them() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let vault = bob.vault("Bob's").await;
    let refused = adopt(&ada, &vault).await;
    refused.expect_problem(404, "not-found");
    let path = format!("/members/{}", bob.user);
    ada.post(&format!("{path}/deactivate"), json!({}))
        .await
        .expect(204);
    let stranger = adopt(&eve, &vault).await;
    stranger.expect_problem(404, "not-found");
    assert_eq!(orphaned(&eve).await, json!([]));
    assert_eq!(orphaned(&ada).await[0]["id"], json!(vault));
    ada.post(&format!("{path}/reactivate"), json!({}))
        .await
        .expect(204);
    let refused = adopt(&ada, &vault).await;
    refused.expect_problem(404, "not-found");
}
