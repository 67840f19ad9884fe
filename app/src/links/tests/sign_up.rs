//! Signing up where a policy lets a domain in.

use serde_json::{Value, json};

use super::{NEW, arrive, later, visible, with_mail};
use crate::testing::{Answer, Client, PASSWORD, Person, Postbox, Server};

const BOB: &str = "bob@open.example";

/// A server with mail whose organisation lets `open.example` in.
async fn open() -> (Server, Postbox, Person) {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    change(&ada, json!({"signUpDomains": ["open.example"]})).await;
    (server, postbox, ada)
}

async fn change(person: &Person, policy: Value) {
    person
        .patch("/organization/policy", policy)
        .await
        .expect(200);
}

async fn sign_up(client: &Client, email: &str) -> Answer {
    let body = json!({"email": email, "name": "Bob", "password": PASSWORD});
    client.post("/auth/sign-up", body).await
}

async fn confirm(client: &Client, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    client.post("/auth/confirm-email", body).await
}

#[tokio::test]
async fn somebody_whose_domain_is_let_in_becomes_a_member_once_the_address_is_confirmed() {
    let (server, postbox, ada) = open().await;
    let visitor = server.visitor();
    let options = visitor.get("/auth/options").await.expect(200);
    assert_eq!(options.json()["signUp"], true);
    sign_up(&visitor, "Bob@Open.Example.").await.expect(204);
    let letter = postbox.next().await;
    assert_eq!(letter.to, [BOB]);
    assert_eq!(
        server.database.count("users").await,
        1,
        "nobody before the link"
    );
    arrive(&visitor, BOB, PASSWORD).await.expect(401);
    confirm(&visitor, &letter.token(), PASSWORD)
        .await
        .expect(204);
    let me = arrive(&visitor, BOB, PASSWORD).await.expect(200).json();
    assert_eq!(me["me"]["role"], "member");
    assert_eq!(me["me"]["organization"]["id"], ada.org.to_string());
    let trail = ada
        .get("/audit-events")
        .await
        .expect(200)
        .json()
        .to_string();
    assert!(trail.contains("account.signed-up"), "{trail}");
    confirm(&visitor, &letter.token(), PASSWORD)
        .await
        .expect_problem(404, "link-invalid");
}

/// Somebody signs up in another's name, with a password of their own, and hopes for a careless click.
#[tokio::test]
async fn whoever_owns_the_mailbox_and_not_the_password_opens_no_account() {
    let (server, postbox, _ada) = open().await;
    sign_up(&server.visitor(), BOB).await.expect(204);
    let token = postbox.next().await.token();
    let victim = server.visitor();
    let click = victim
        .post("/auth/confirm-email", json!({"token": token}))
        .await;
    assert_eq!(
        click.expect_problem(422, "invalid").wrong_fields(),
        ["password"]
    );
    for _ in 0..10 {
        confirm(&victim, &token, NEW)
            .await
            .expect_problem(422, "invalid");
    }
    confirm(&victim, &token, PASSWORD)
        .await
        .expect_problem(429, "rate-limited");
    assert_eq!(server.database.count("users").await, 1);
}

#[tokio::test]
async fn other_domains_and_addresses_with_an_account_get_the_same_answer() {
    let (server, postbox, ada) = open().await;
    server.member(ada.org, BOB, "member").await;
    for email in [
        "eve@closed.example",
        "eve@sub.open.example",
        "eve@open.example.evil.example",
        "eve@xopen.example",
        "eve@*",
    ] {
        let answer = sign_up(&server.visitor(), email).await;
        let refused = answer.status == 422 && email == "eve@*";
        assert!(answer.status == 204 || refused, "{email} {}", answer.text());
    }
    postbox.stays_empty().await;
    sign_up(&server.visitor(), BOB).await.expect(204);
    let letter = postbox.next().await;
    assert_eq!(letter.to, [BOB]);
    assert!(!letter.text().contains("#token="), "{}", letter.text());
    assert_eq!(server.database.count("account_links").await, 0);
}

#[tokio::test]
async fn without_mail_or_a_domain_nobody_signs_up() {
    let (with, _postbox) = with_mail().await;
    with.owner().await;
    sign_up(&with.visitor(), BOB)
        .await
        .expect_problem(403, "sign-up-closed");
    let without = Server::start().await;
    let ada = without.owner().await;
    change(&ada, json!({"signUpDomains": ["open.example"]})).await;
    sign_up(&without.visitor(), BOB)
        .await
        .expect_problem(403, "sign-up-closed");
    let options = without.visitor().get("/auth/options").await.expect(200);
    assert_eq!(options.json()["signUp"], false);
}

#[tokio::test]
async fn a_sign_up_comes_to_nothing_when_the_policy_changes_the_time_is_over_or_the_address_is_taken()
 {
    let (server, postbox, ada) = open().await;
    let link = async |email: &str| {
        sign_up(&server.visitor(), email).await.expect(204);
        postbox.next().await.token()
    };
    let (bob, eve, late) = (
        link(BOB).await,
        link("eve@open.example").await,
        link("late@open.example").await,
    );
    server.member(ada.org, BOB, "member").await;
    let visitor = server.visitor();
    confirm(&visitor, &bob, PASSWORD)
        .await
        .expect_problem(404, "link-invalid");
    let tomorrow = server.replica(later(24 * 60 + 1), &[]).await.visitor();
    confirm(&tomorrow, &late, PASSWORD)
        .await
        .expect_problem(404, "link-invalid");
    change(&ada, json!({"signUpDomains": []})).await;
    confirm(&visitor, &eve, PASSWORD)
        .await
        .expect_problem(404, "link-invalid");
    assert_eq!(server.database.count("users").await, 2);
}

#[tokio::test]
async fn where_people_are_confirmed_by_hand_a_sign_up_waits() {
    let (server, postbox, ada) = open().await;
    change(&ada, json!({"autoConfirm": false})).await;
    sign_up(&server.visitor(), BOB).await.expect(204);
    let token = postbox.next().await.token();
    confirm(&server.visitor(), &token, PASSWORD)
        .await
        .expect(204);
    arrive(&server.visitor(), BOB, PASSWORD).await.expect(401);
    let user = server.user_of(BOB).await;
    ada.post(&format!("/members/{user}/confirm"), json!({}))
        .await
        .expect(204);
    arrive(&server.visitor(), BOB, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_newer_sign_up_replaces_an_older_one_and_wrong_fields_are_named_at_once() {
    let (server, postbox, _ada) = open().await;
    let visitor = server.visitor();
    sign_up(&visitor, BOB).await.expect(204);
    let older = postbox.next().await.token();
    sign_up(&visitor, BOB).await.expect(204);
    let newer = postbox.next().await.token();
    confirm(&visitor, &older, PASSWORD).await.expect(404);
    assert_eq!(server.database.count("account_links").await, 1);
    let body = json!({"email": BOB, "name": " ", "password": "short"});
    let refused = visitor.post("/auth/sign-up", body).await;
    let refused = refused.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["name", "password"]);
    confirm(&visitor, &newer, PASSWORD).await.expect(204);
}

#[tokio::test]
async fn an_invitation_goes_by_mail_where_there_is_mail() {
    let (server, postbox, ada) = open().await;
    let body = json!({"email": "eve@elsewhere.example", "role": "member", "teamIds": []});
    let sent = ada.post("/invitations", body).await.expect(201).json();
    assert_eq!(sent["link"], Value::Null);
    let letter = postbox.next().await;
    assert_eq!(letter.to, ["eve@elsewhere.example"]);
    let link = letter.link();
    assert!(
        link.starts_with("http://localhost:4000/invitation#token="),
        "{link}"
    );
    let check = json!({"token": letter.token()});
    server
        .visitor()
        .post("/auth/invitations/check", check)
        .await
        .expect(200);
}

/// Of a suspended organisation nobody learns, and nobody comes in: neither with a new sign-up nor with
/// a link of before.
#[tokio::test]
async fn nobody_signs_up_to_a_suspended_organisation_and_nobody_is_told() {
    let (server, postbox, ada) = open().await;
    let bob = server.tenant("Difference Engines", "b@example.com").await;
    change(&bob, json!({"signUpDomains": ["elsewhere.example"]})).await;
    let visitor = server.visitor();
    sign_up(&visitor, BOB).await.expect(204);
    let before = postbox.next().await.token();
    let admin = server.admin("grace@example.com").await;
    let turn = async |how: &str, org: uuid::Uuid| {
        let path = format!("/admin/api/organizations/{org}/{how}");
        let body = match how {
            "suspend" => json!({"reason": ""}),
            _ => json!({}),
        };
        admin.post(&path, body).await.expect(200);
    };
    turn("suspend", ada.org).await;
    let refused = visible(&confirm(&visitor, &before, PASSWORD).await);
    let made_up = visible(&confirm(&visitor, &"ab".repeat(32), PASSWORD).await);
    assert_eq!(refused, made_up);
    let there = visible(&sign_up(&visitor, "carol@open.example").await);
    let nowhere = visible(&sign_up(&visitor, "carol@nowhere.example").await);
    assert_eq!(there, nowhere);
    assert_eq!(there.0, 204);
    postbox.stays_empty().await;
    assert_eq!(server.database.count("users").await, 2);
    // Where no other one lets anybody in, nobody signs up at all.
    turn("suspend", bob.org).await;
    let options = visitor.get("/auth/options").await.expect(200);
    assert_eq!(options.json()["signUp"], false);
    let carol = sign_up(&visitor, "carol@open.example").await;
    carol.expect_problem(403, "sign-up-closed");
    // The link was not used up, and the organisation is as it was.
    turn("resume", ada.org).await;
    confirm(&visitor, &before, PASSWORD).await.expect(204);
    arrive(&visitor, BOB, PASSWORD).await.expect(200);
}
