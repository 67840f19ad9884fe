//! The health of a vault through the router.

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use crate::testing::Server;

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn weak_and_repeated_secrets_are_named_and_closed_ones_are_left_out() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let strong = "kX9#vQ2!mZ7&pL4w";
    ada.secret(&vault, "weak", "letmein1").await;
    ada.secret(&vault, "one", strong).await;
    ada.secret(&vault, "two", strong).await;
    ada.secret(&vault, "other", "wD4$hN8@tB1*yC6e").await;
    let closed = json!({"type": "PASSWORD", "name": "closed", "injectOnly": true, "fields": {"password": strong}});
    ada.store(&vault, closed).await;
    let path = format!("/vaults/{vault}/health");
    let answer = ada.get(&path).await.expect(200);
    assert!(!answer.text().contains(strong));
    let health = answer.json();
    assert_eq!(names(&health["weak"]), ["weak"]);
    let mut reused = names(&health["reused"][0]);
    reused.sort_unstable();
    assert_eq!(reused, ["one", "two"]);
    assert_eq!(
        (health["checked"].as_u64(), health["leftOut"].as_u64()),
        (Some(4), Some(1))
    );
    assert_eq!(health["oldCount"], 0);
    for wrong in ["0", "-1", "3651", "x", "99999999999999999999"] {
        let refused = ada.get(&format!("{path}?oldAfterDays={wrong}")).await;
        assert_eq!(
            refused.expect_problem(422, "invalid").wrong_fields(),
            ["oldAfterDays"]
        );
    }
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    bob.get(&path).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn breached_passwords_are_found_in_the_list_and_the_trail_says_that_they_were_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let mut lines: Vec<String> = (0..500)
        .map(|number| hex::encode_upper(Sha1::digest(format!("breached {number}"))))
        .map(|digest| format!("{digest}:7\r\n"))
        .collect();
    lines.sort_unstable();
    std::fs::write(&path, lines.concat()).unwrap();
    let server = Server::start_with(&[("BREACH_FILE", path.to_str().unwrap())]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "known", "breached 123").await;
    ada.secret(&vault, "kept", "nowhere to be found").await;
    let closed = json!({"type": "PASSWORD", "name": "closed", "injectOnly": true, "fields": {"password": "breached 7"}});
    ada.store(&vault, closed).await;
    let check = format!("/vaults/{vault}/breach-check");
    let report = ada.post(&check, json!({})).await.expect(200).json();
    assert_eq!(names(&report["breached"]), ["known"]);
    assert_eq!(report["breached"][0]["count"], 7);
    assert_eq!(
        (report["checked"].as_u64(), report["leftOut"].as_u64()),
        (Some(2), Some(1))
    );
    let trail = ada.get("/audit-events?limit=1").await.expect(200);
    assert!(!trail.text().contains("known"));
    let entry = &trail.json()["items"][0];
    assert_eq!(entry["action"], "vault.breaches-checked");
    assert_eq!(entry["detail"], json!({"checked": 2}));
    assert_eq!(entry["resource"]["name"], "Engines");
}

#[tokio::test]
async fn without_a_list_there_is_no_check() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let refused = ada
        .post(&format!("/vaults/{vault}/breach-check"), json!({}))
        .await;
    refused.expect_problem(409, "no-breach-list");
}
