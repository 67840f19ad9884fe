//! Leaving, handing over, and the organisation's name.

use serde_json::{Value, json};

use crate::testing::Server;

#[tokio::test]
async fn whoever_leaves_is_gone_at_once_and_others_stay() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    bob.post("/organization/leave", Value::Null)
        .await
        .expect(204);
    bob.get("/me").await.expect_problem(401, "not-signed-in");
    let trail = ada.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "member.left");
    assert_eq!(trail["items"][0]["actor"]["id"], json!(bob.user));
    assert_eq!(trail["items"][0]["resource"]["id"], json!(bob.user));
    let list = ada.get("/members").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_owner_hands_over_and_becomes_an_admin() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let transfer = json!({"userId": bob.user});
    ada.post("/organization/transfer", transfer.clone())
        .await
        .expect(204);
    let role = async |person: &crate::testing::Person| {
        person.get("/me").await.expect(200).json()["role"].clone()
    };
    assert_eq!(role(&bob).await, "owner");
    assert_eq!(role(&ada).await, "admin");
    let trail = bob.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "organization.transferred");
    assert_eq!(trail["items"][0]["resource"]["id"], json!(bob.user));
    let again = ada.post("/organization/transfer", transfer).await;
    again.expect_problem(403, "forbidden");
    ada.post("/organization/leave", Value::Null)
        .await
        .expect(204);
}

#[tokio::test]
async fn nobody_who_is_not_a_member_is_handed_an_organisation() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for (email, state) in [
        ("bob@example.com", "accepted"),
        ("carol@example.com", "invited"),
        ("dan@example.com", "revoked"),
    ] {
        let user = server.account(email).await;
        server.join(ada.org, email, "member", state).await;
        let answer = ada
            .post("/organization/transfer", json!({"userId": user}))
            .await;
        answer.expect_problem(409, "member-state");
    }
    let own = json!({"userId": ada.user});
    let answer = ada.post("/organization/transfer", own).await;
    answer.expect_problem(409, "member-state");
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!(me["role"], "owner");
}

#[tokio::test]
async fn of_two_handovers_at_once_one_counts() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    let hand = |to: uuid::Uuid| ada.post("/organization/transfer", json!({"userId": to}));
    let (one, other) = tokio::join!(hand(bob.user), hand(carol.user));
    let mut answers = [one.status.as_u16(), other.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [204, 403]);
}

#[tokio::test]
async fn a_new_name_is_seen_by_members_and_by_the_platform() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let name = json!({"name": "  Engines & Söhne "});
    let renamed = ada.patch("/organization", name.clone()).await.expect(200);
    assert_eq!(renamed.string("/name"), "Engines & Söhne");
    assert_eq!(
        bob.get("/organization").await.expect(200).json(),
        renamed.json()
    );
    let mut behind = server.database.behind().await;
    let known: String = sqlx::query_scalar("SELECT name FROM organization_directory")
        .fetch_one(&mut behind)
        .await
        .unwrap();
    assert_eq!(known, "Engines & Söhne");
    bob.patch("/organization", name)
        .await
        .expect_problem(403, "forbidden");
    let answer = ada.patch("/organization", json!({"name": " "})).await;
    assert_eq!(
        answer.expect_problem(422, "invalid").wrong_fields(),
        ["name"]
    );
}
