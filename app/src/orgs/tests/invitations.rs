//! Inviting: who may, to what, and whom it reaches.

use serde_json::{Value, json};
use uuid::Uuid;

use super::acceptance::{ACCEPT, CHECK, invite, is_dead, newcomer, open, token_of};
use crate::testing::{ORIGIN, Person, Postbox, Server};

#[tokio::test]
async fn an_invitation_is_worth_no_more_than_the_one_who_sent_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let (_, as_owner) = invite(&bob, "carol@example.com", "owner").await;
    let (_, as_member) = invite(&bob, "dan@example.com", "member").await;
    let path = format!("/members/{}", bob.user);
    let demote = json!({"role": "admin"});
    ada.send_proven(http::Method::PATCH, &path, Some(demote))
        .await
        .expect(204);
    is_dead(&server, &as_owner).await;
    let visitor = server.visitor();
    let still = visitor.post(CHECK, json!({"token": as_member})).await;
    still.expect(200);
    ada.delete_proven(&path).await.expect(204);
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
async fn an_invitation_leads_into_its_teams_and_into_no_other_tenants() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let team = async |person: &Person, name: &str| {
        let body = json!({"name": name, "description": ""});
        person.post("/teams", body).await.expect(201).id()
    };
    let (one, gone) = (team(&ada, "Mill").await, team(&ada, "Store").await);
    let theirs = team(&eve, "Mill").await;
    let body =
        |teams: &[&String]| json!({"email": "bob@example.com", "role": "member", "teamIds": teams});
    let answer = ada.post("/invitations", body(&[&one, &theirs])).await;
    let answer = answer.expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["teamIds"]);
    let sent = ada.post("/invitations", body(&[&one, &gone, &one])).await;
    let token = token_of(&sent.expect(201));
    ada.delete(&format!("/teams/{gone}")).await.expect(204);
    let visitor = server.visitor();
    let answer = visitor.post(ACCEPT, newcomer(&token)).await.expect(200);
    let bob = visitor.with_cookie(answer.cookie());
    let teams = bob.get("/teams").await.expect(200).json();
    assert_eq!(teams["items"].as_array().unwrap().len(), 1, "{teams}");
    assert_eq!(teams["items"][0]["id"], json!(one));
}

#[tokio::test]
async fn with_mail_the_link_goes_to_the_address_and_not_to_the_one_who_invites() {
    let postbox = Postbox::start().await;
    let variables = postbox.variables();
    let variables: Vec<_> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let server = Server::start_with(&variables).await;
    let ada = server.owner().await;
    let body = json!({"email": "bob@example.com", "role": "member", "teamIds": []});
    let sent = ada.post("/invitations", body).await.expect(201).json();
    assert_eq!(sent["link"], Value::Null);
    let letter = postbox.next().await;
    assert_eq!(letter.to, ["bob@example.com"]);
    assert!(
        !letter.text().contains("Analytical"),
        "no words of a stranger"
    );
    let first = letter.token();
    let id = sent["invitation"]["id"].as_str().unwrap();
    let again = format!("/invitations/{id}/resend");
    let again = ada.post(&again, json!({})).await.expect(200).json();
    assert_eq!(again["link"], Value::Null);
    let second = postbox.next().await.token();
    is_dead(&server, &first).await;
    let visitor = server.visitor();
    visitor.post(ACCEPT, newcomer(&second)).await.expect(200);
}
