//! Inviting, and taking invitations up.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kernel::Clock;
use crate::testing::{Answer, Client, ORIGIN, PASSWORD, Person, Server};

const CHECK: &str = "/auth/invitations/check";
const ACCEPT: &str = "/auth/invitations/accept";

/// Invites an address; the invitation's id and its token.
async fn invite(by: &Person, email: &str, role: &str) -> (String, String) {
    let body = json!({"email": email, "role": role, "teamIds": []});
    let sent = by.post("/invitations", body).await.expect(201);
    (sent.string("/invitation/id"), token_of(&sent))
}

fn token_of(sent: &Answer) -> String {
    let link = sent.string("/link");
    let prefix = format!("{ORIGIN}/invitation#token=");
    link.strip_prefix(&prefix).unwrap().to_owned()
}

fn newcomer(token: &str) -> Value {
    json!({"token": token, "name": "Bob Babbage", "password": PASSWORD})
}

async fn accept(client: &Client, token: &str) -> Answer {
    client.post(ACCEPT, json!({"token": token})).await
}

async fn open(by: &Person) -> usize {
    let list = by.get("/invitations").await.expect(200).json();
    list["items"].as_array().unwrap().len()
}

/// The token opens nothing, whoever brings it in whichever way.
async fn is_dead(server: &Server, token: &str) {
    let visitor = server.visitor();
    let answer = visitor.post(CHECK, json!({"token": token})).await;
    answer.expect_problem(404, "invitation-invalid");
    let answer = visitor.post(ACCEPT, newcomer(token)).await;
    answer.expect_problem(404, "invitation-invalid");
}

#[tokio::test]
async fn somebody_new_makes_an_account_and_is_in() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (_, token) = invite(&ada, " Bob@Example.com ", "admin").await;
    let visitor = server.visitor();
    let seen = visitor
        .post(CHECK, json!({"token": token}))
        .await
        .expect(200);
    assert_eq!(
        seen.json(),
        json!({
            "organization": "Analytical Engines", "email": "bob@example.com",
            "inviter": "Ada Lovelace", "role": "admin", "hasAccount": false,
        })
    );
    let answer = visitor.post(ACCEPT, newcomer(&token)).await.expect(200);
    assert_eq!(answer.json()["kind"], "signed-in");
    assert_eq!(answer.string("/me/user/email"), "bob@example.com");
    assert_eq!(answer.string("/me/role"), "admin");
    let bob = visitor.with_cookie(answer.cookie());
    let trail = bob.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "invitation.accepted");
    assert_eq!(trail["items"][0]["actor"]["name"], "Bob Babbage");
    assert_eq!(
        trail["items"][0]["circumstances"]["factors"],
        json!(["link"])
    );
    assert_eq!(trail["items"][1]["action"], "invitation.created");
    assert_eq!(open(&ada).await, 0);
    server.sign_in("bob@example.com").await;
}

#[tokio::test]
async fn somebody_who_is_signed_in_goes_on_in_the_other_organisation() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let (_, token) = invite(&ada, "bob@example.com", "member").await;
    let answer = accept(&bob, &token).await.expect(200);
    assert_eq!(answer.json()["kind"], "signed-in");
    assert_eq!(answer.string("/me/organization/id"), ada.org.to_string());
    assert_eq!(answer.string("/me/role"), "member");
    let old = bob.get("/me").await;
    old.expect_problem(401, "not-signed-in");
    let there = (*bob).clone().with_cookie(answer.cookie());
    let me = there.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 2);
    there
        .get("/invitations")
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn somebody_with_an_account_shows_its_password_and_signs_in_by_the_front_door() {
    let server = Server::start().await;
    let ada = server.owner().await;
    server.tenant("Difference Engines", "bob@example.com").await;
    let (_, token) = invite(&ada, "bob@example.com", "member").await;
    let visitor = server.visitor();
    let seen = visitor
        .post(CHECK, json!({"token": token}))
        .await
        .expect(200);
    assert_eq!(seen.json()["hasAccount"], true);
    let answer = accept(&visitor, &token)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["password"]);
    let wrong = json!({"token": token, "password": "a wet dog on the mat"});
    let answer = visitor.post(ACCEPT, wrong).await;
    let answer = answer.expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["password"]);
    let right = json!({"token": token, "password": PASSWORD});
    let answer = visitor.post(ACCEPT, right).await.expect(200);
    assert_eq!(answer.json(), json!({"kind": "sign-in"}));
    assert_eq!(
        answer.cookie(),
        None,
        "a second factor may be asked for there"
    );
    let bob = server.sign_in("bob@example.com").await;
    let me = bob.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn with_confirmation_nobody_is_in_before_they_are_confirmed() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let policy = json!({"autoConfirm": false});
    ada.patch("/organization/policy", policy).await.expect(200);
    let (_, token) = invite(&ada, "bob@example.com", "member").await;
    let visitor = server.visitor();
    let answer = visitor.post(ACCEPT, newcomer(&token)).await.expect(200);
    assert_eq!(answer.json(), json!({"kind": "awaiting-confirmation"}));
    assert_eq!(answer.cookie(), None);
    let sign_in = json!({"email": "bob@example.com", "password": PASSWORD});
    let refused = visitor.post("/auth/sign-in", sign_in).await;
    refused.expect_problem(401, "invalid-credentials");
    let list = ada.get("/members").await.expect(200).json();
    assert_eq!(list["items"][0]["state"], "accepted");
    assert_eq!(list["items"][0]["joinedAt"], Value::Null);
    let bob = server.user_of("bob@example.com").await;
    let confirm = format!("/members/{bob}/confirm");
    ada.post(&confirm, json!({})).await.expect(204);
    server.sign_in("bob@example.com").await;
    let again = ada.post(&confirm, json!({})).await;
    again.expect_problem(409, "member-state");
    let trail = ada.get("/audit-events").await.expect(200).json();
    let confirmed = trail["items"].as_array().unwrap().iter();
    let confirmed = confirmed.filter(|entry| entry["action"] == "member.confirmed");
    assert_eq!(confirmed.count(), 1);
}

#[tokio::test]
async fn an_invitation_is_not_used_twice() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (_, token) = invite(&ada, "bob@example.com", "member").await;
    let visitor = server.visitor();
    visitor.post(ACCEPT, newcomer(&token)).await.expect(200);
    is_dead(&server, &token).await;
    let (_, token) = invite(&ada, "carol@example.com", "member").await;
    let attempts = (0..8).map(|_| {
        let visitor = server.visitor();
        let body = newcomer(&token);
        async move { visitor.post(ACCEPT, body).await.status.as_u16() }
    });
    let mut statuses = join_all(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(
        statuses[1..]
            .iter()
            .all(|status| [404, 409, 422].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(server.database.count("users").await, 3);
    assert_eq!(server.database.count("memberships").await, 3);
}

#[tokio::test]
async fn an_invitation_is_not_used_by_another_person() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    server.account("carol@example.com").await;
    for email in ["bob@example.com", "carol@example.com"] {
        let (_, token) = invite(&ada, email, "owner").await;
        let answer = accept(&eve, &token).await;
        answer.expect_problem(403, "invitation-for-another");
        // No field says for whom it is to be.
        for field in ["email", "userId", "role", "orgId", "organizationId"] {
            let mut body = newcomer(&token);
            body[field] = json!("eve@example.com");
            let answer = eve.post(ACCEPT, body).await;
            answer.expect_problem(400, "bad-request");
        }
        let seen = eve.post(CHECK, json!({"token": token})).await.expect(200);
        assert_eq!(seen.string("/email"), email, "it stays as it was");
    }
    let me = eve.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(server.database.count("memberships").await, 2);
}

#[tokio::test]
async fn an_invitation_is_not_used_after_its_time_and_can_be_sent_again() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (id, token) = invite(&ada, "bob@example.com", "member").await;
    let now = Clock::system().now();
    let in_time = Clock::fixed(now + time::Duration::hours(7 * 24 - 1));
    let in_time = server.replica(in_time, &[]).await.visitor();
    in_time
        .post(CHECK, json!({"token": token}))
        .await
        .expect(200);
    let late = Clock::fixed(now + time::Duration::hours(7 * 24 + 1));
    let late = server.replica(late, &[]).await;
    is_dead(&late, &token).await;
    let ada = late.sign_in_again(&ada).await;
    let list = ada.get("/invitations").await.expect(200).json();
    assert_eq!(list["items"][0]["state"], "expired");
    let again = format!("/invitations/{id}/resend");
    let sent = ada.post(&again, json!({})).await.expect(200);
    assert_eq!(sent.json()["invitation"]["state"], "open");
    let fresh = token_of(&sent);
    assert_ne!(fresh, token);
    is_dead(&late, &token).await;
    late.visitor()
        .post(ACCEPT, newcomer(&fresh))
        .await
        .expect(200);
}

#[tokio::test]
async fn an_invitation_is_not_used_after_it_was_withdrawn() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (id, token) = invite(&ada, "bob@example.com", "member").await;
    let path = format!("/invitations/{id}");
    ada.delete(&path).await.expect(204);
    is_dead(&server, &token).await;
    ada.delete(&path).await.expect_problem(404, "not-found");
    let again = ada.post(&format!("{path}/resend"), json!({})).await;
    again.expect_problem(404, "not-found");
    assert_eq!(open(&ada).await, 0);
    invite(&ada, "bob@example.com", "member").await;
}

#[tokio::test]
async fn an_invitation_is_worth_no_more_than_the_one_who_sent_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let (_, as_owner) = invite(&bob, "carol@example.com", "owner").await;
    let (_, as_member) = invite(&bob, "dan@example.com", "member").await;
    let path = format!("/members/{}", bob.user);
    let demote = json!({"role": "admin"});
    ada.patch(&path, demote).await.expect(204);
    is_dead(&server, &as_owner).await;
    let visitor = server.visitor();
    let still = visitor.post(CHECK, json!({"token": as_member})).await;
    still.expect(200);
    ada.delete(&path).await.expect(204);
    is_dead(&server, &as_member).await;
    assert_eq!(open(&ada).await, 0);
}

#[tokio::test]
async fn nobody_invites_to_more_than_they_are() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    let body = |role: &str| json!({"email": "dan@example.com", "role": role, "teamIds": []});
    let refused = bob.post("/invitations", body("owner")).await;
    refused.expect_problem(403, "forbidden");
    for role in ["member", "admin", "owner"] {
        let refused = carol.post("/invitations", body(role)).await;
        refused.expect_problem(403, "forbidden");
    }
    // Neither does an admin send an owner's invitation again, to see its link, or withdraw it.
    let (id, token) = invite(&ada, "eve@example.com", "owner").await;
    let resent = bob
        .post(&format!("/invitations/{id}/resend"), json!({}))
        .await;
    resent.expect_problem(403, "forbidden");
    bob.delete(&format!("/invitations/{id}"))
        .await
        .expect_problem(403, "forbidden");
    let seen = server.visitor().post(CHECK, json!({"token": token})).await;
    seen.expect(200);
}

#[tokio::test]
async fn whom_the_organisation_knows_is_not_invited_again() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for (email, state, code) in [
        ("bob@example.com", "confirmed", "already-member"),
        ("carol@example.com", "accepted", "member-state"),
        ("dan@example.com", "revoked", "member-deactivated"),
    ] {
        server.account(email).await;
        server.join(ada.org, email, "member", state).await;
        let body = json!({"email": email, "role": "member", "teamIds": []});
        let refused = ada.post("/invitations", body).await;
        refused.expect_problem(409, code);
    }
    invite(&ada, "eve@example.com", "member").await;
    let body = json!({"email": "EVE@example.com", "role": "member", "teamIds": []});
    let refused = ada.post("/invitations", body).await;
    refused.expect_problem(409, "already-invited");
    assert_eq!(open(&ada).await, 1);
}

#[tokio::test]
async fn inviting_does_not_tell_whether_an_address_has_an_account() {
    let server = Server::start().await;
    let ada = server.owner().await;
    server.tenant("Difference Engines", "bob@example.com").await;
    let ask = async |email: &str| {
        let body = json!({"email": email, "role": "member", "teamIds": []});
        let mut sent = ada.post("/invitations", body).await.expect(201).json();
        sent["link"] = json!(sent["link"].as_str().unwrap().len());
        sent["invitation"]["id"] = Value::Null;
        sent["invitation"]["email"] = Value::Null;
        sent["invitation"]["expiresAt"] = Value::Null;
        sent
    };
    assert_eq!(
        ask("bob@example.com").await,
        ask("nobody@example.com").await
    );
    let list = ada.get("/members").await.expect(200).text();
    assert!(!list.contains("bob@example.com"), "{list}");
}

#[tokio::test]
async fn another_tenants_invitations_and_teams_are_out_of_reach() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let (id, token) = invite(&ada, "carol@example.com", "member").await;
    assert_eq!(open(&bob).await, 0);
    bob.delete(&format!("/invitations/{id}"))
        .await
        .expect_problem(404, "not-found");
    let resent = bob
        .post(&format!("/invitations/{id}/resend"), json!({}))
        .await;
    resent.expect_problem(404, "not-found");
    for team in [Uuid::now_v7(), ada.org] {
        let body = json!({"email": "dan@example.com", "role": "member", "teamIds": [team]});
        let answer = bob.post("/invitations", body).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["teamIds"]);
    }
    assert_eq!(open(&bob).await, 0);
    let seen = server.visitor().post(CHECK, json!({"token": token})).await;
    seen.expect(200);
}

#[tokio::test]
async fn only_the_digest_of_an_invitation_is_stored_and_the_link_names_our_own_address() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let body = json!({"email": "bob@example.com", "role": "member", "teamIds": []});
    let request = http::Request::post("/api/v1/invitations")
        .header("cookie", ada.cookie().unwrap())
        .header("content-type", "application/json")
        .header("origin", ORIGIN)
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    let sent = ada.send_request(request).await.expect(201);
    let token = token_of(&sent);
    assert!(token.len() >= 64, "256 bits");
    let mut behind = server.database.behind().await;
    let stored: String = sqlx::query_scalar("SELECT i::text FROM invitations i")
        .fetch_one(&mut behind)
        .await
        .unwrap();
    assert!(!stored.contains(&token));
    let trail = ada.get("/audit-events").await.expect(200).text();
    assert!(!trail.contains(&token), "{trail}");
    let list = ada.get("/invitations").await.expect(200).text();
    assert!(!list.contains(&token), "{list}");
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once_and_the_invitation_stays() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (_, token) = invite(&ada, "bob@example.com", "member").await;
    let visitor = server.visitor();
    let body = json!({"token": token, "name": " ", "password": "short"});
    let answer = visitor.post(ACCEPT, body).await;
    let answer = answer.expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["name", "password"]);
    let answer = accept(&visitor, &token)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["name", "password"]);
    visitor.post(ACCEPT, newcomer(&token)).await.expect(200);
}

#[tokio::test]
async fn whoever_was_removed_comes_back_by_an_invitation_and_with_nothing() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let vault = bob.vault("Bob's").await;
    ada.delete(&format!("/members/{}", bob.user))
        .await
        .expect(204);
    let (_, token) = invite(&ada, "bob@example.com", "member").await;
    let right = json!({"token": token, "password": PASSWORD});
    server.visitor().post(ACCEPT, right).await.expect(200);
    bob.get("/me").await.expect_problem(401, "not-signed-in");
    let bob = server.sign_in("bob@example.com").await;
    assert_eq!(bob.get("/me").await.expect(200).json()["role"], "member");
    bob.get(&format!("/vaults/{vault}"))
        .await
        .expect_problem(404, "not-found");
}
