//! Where single sign-on is the only way in, or where nobody is let in at all.

use serde_json::json;

use super::stand_in::Says;
use super::{Traveller, me, put, refused, stage, wanted};
use crate::testing::{PASSWORD, SecurityKey};

const EMAIL: &str = "grace@example.com";

#[tokio::test]
async fn where_single_sign_on_is_required_only_owners_come_in_by_their_own_means() {
    let (server, ada, provider) = stage().await;
    let grace = server.member(ada.org, EMAIL, "admin").await;
    let mut body = wanted(&provider);
    body["required"] = json!(true);
    put(&ada, body.clone()).await.expect(200);
    grace.get("/me").await.expect_problem(401, "not-signed-in");
    ada.get("/me").await.expect(200);
    let sign_in = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        server.visitor().post("/auth/sign-in", body).await
    };
    sign_in(EMAIL, PASSWORD)
        .await
        .expect_problem(403, "sso-required");
    // A wrong password learns nothing of it.
    sign_in(EMAIL, "a wet dog on the mat")
        .await
        .expect_problem(401, "invalid-credentials");
    sign_in("ada@example.com", PASSWORD).await.expect(200);
    me(&server, &provider, Says::person("grace", EMAIL)).await;
    // Elsewhere she may come in as she likes, and from there she does not get in here.
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    server.join(bob.org, EMAIL, "member", "confirmed").await;
    let elsewhere = sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(elsewhere.string("/me/organization/id"), bob.org.to_string());
    let elsewhere = server.visitor().with_cookie(elsewhere.cookie());
    elsewhere
        .post(
            "/auth/switch-organization",
            json!({"organizationId": ada.org}),
        )
        .await
        .expect_problem(403, "sso-required");
    // Without a provider it is required of nobody.
    body["enabled"] = json!(false);
    put(&ada, body).await.expect(200);
    elsewhere
        .post(
            "/auth/switch-organization",
            json!({"organizationId": ada.org}),
        )
        .await
        .expect(200);
}

#[tokio::test]
async fn where_single_sign_on_is_required_no_passkey_second_factor_or_invitation_gets_around_it() {
    let (server, ada, provider) = stage().await;
    let mut key = SecurityKey::new();
    let grace = server.member(ada.org, EMAIL, "member").await;
    grace.add_passkey(&mut key, "Key").await;
    let entries = async || {
        let trail = ada.get("/audit-events?limit=100").await.expect(200).json();
        let entries = trail["items"].as_array().unwrap().clone().into_iter();
        let entered = entries.filter(|entry| entry["action"] == "session.signed-in");
        entered.count()
    };
    let before = entries().await;
    // Half way in when it becomes required.
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let half = server.visitor().post("/auth/sign-in", body.clone()).await;
    let ticket = half.expect(200).string("/ticket");
    let mut required = wanted(&provider);
    required["required"] = json!(true);
    put(&ada, required).await.expect(200);
    let visitor = server.visitor();
    let options = visitor
        .post(
            "/auth/second-factor/passkey/options",
            json!({"ticket": ticket}),
        )
        .await;
    let credential = key.show(&options.expect(200).json()["options"]);
    let shown = json!({"ticket": ticket, "credential": credential});
    let refused = visitor.post("/auth/second-factor/passkey", shown).await;
    refused.expect_problem(403, "sso-required");
    let whole = server.visitor().post("/auth/sign-in", body).await;
    whole.expect_problem(403, "sso-required");
    let begun = visitor.post("/auth/passkey/options", json!({})).await;
    let begun = begun.expect(200).json();
    let shown = json!({"id": begun["id"], "credential": key.show(&begun["options"])});
    let refused = visitor.post("/auth/passkey", shown).await;
    refused.expect_problem(403, "sso-required");
    // What is refused is not recorded as done.
    assert_eq!(entries().await, before);
    me(&server, &provider, Says::person("grace", EMAIL)).await;
}

#[tokio::test]
async fn a_suspended_organisation_is_entered_by_nobody_through_its_provider() {
    let (server, ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, Says::person("grace", EMAIL));
    let mut behind = server.database.behind().await;
    sqlx::query("UPDATE organization_directory SET suspended_at = now() WHERE id = $1")
        .bind(ada.org)
        .execute(&mut behind)
        .await
        .unwrap();
    refused(&traveller.back(&code).await, "sso-expired");
    let begin = json!({"email": EMAIL});
    let answer = server.visitor().post("/auth/sso/start", begin).await;
    answer.expect_problem(404, "sso-not-offered");
    assert_eq!(server.database.count("users").await, 1);
}

#[tokio::test]
async fn whoever_accepts_an_invitation_where_single_sign_on_is_required_goes_to_its_door() {
    let (server, ada, provider) = stage().await;
    let mut required = wanted(&provider);
    required["required"] = json!(true);
    put(&ada, required).await.expect(200);
    let invitation = json!({"email": "new@example.com", "role": "member"});
    let made = ada.post("/invitations", invitation).await.expect(201);
    let link = made.string("/link");
    let token = link.split_once('#').unwrap().1;
    let token = token.rsplit('=').next().unwrap();
    let accepted = json!({
        "token": token, "name": "New", "password": "another wet cat on a mat",
    });
    let answer = server
        .visitor()
        .post("/auth/invitations/accept", accepted)
        .await;
    let answer = answer.expect(200);
    assert_eq!(answer.string("/kind"), "sign-in", "{}", answer.text());
    assert_eq!(answer.cookie(), None);
    let says = Says::person("new", "new@example.com");
    let me = me(&server, &provider, says).await;
    assert_eq!(me["user"]["name"], "New");
}
