//! Whose account is opened. A provider is whatever an organisation's owner says it is, so these are
//! about a hostile one.

use http::Method;
use serde_json::{Value, json};

use super::stand_in::{Says, StandIn};
use super::{Traveller, arrive, me, put, refused, session, stage, wanted};
use crate::testing::{Licensed, NOW, PASSWORD, issue, payload};

const EMAIL: &str = "grace@example.com";

#[tokio::test]
async fn an_unverified_email_opens_and_makes_nothing() {
    let (server, ada, provider) = stage().await;
    server.member(ada.org, EMAIL, "member").await;
    for address in [EMAIL, "somebody.new@example.com"] {
        for verified in [
            json!(false),
            json!("true"),
            json!(1),
            Value::Null,
            json!("yes"),
        ] {
            let says = Says::person("one", address).with("email_verified", verified);
            refused(
                &arrive(&server, &provider, EMAIL, says).await,
                "sso-not-admitted",
            );
        }
        let says = Says::person("one", address).with("email", Value::Null);
        refused(
            &arrive(&server, &provider, EMAIL, says).await,
            "sso-not-admitted",
        );
    }
    assert_eq!(server.database.count("users").await, 2);
    assert_eq!(server.database.count("sso_identities").await, 0);
}

#[tokio::test]
async fn a_member_is_linked_by_a_verified_email_and_known_by_the_subject_afterwards() {
    let (server, ada, provider) = stage().await;
    let grace = server.member(ada.org, EMAIL, "member").await;
    let first = me(&server, &provider, Says::person("grace", EMAIL)).await;
    assert_eq!(first["user"]["id"], grace.user.to_string());
    // Later the address changes, or is not verified, or is somebody else's: the subject counts.
    for says in [
        Says::person("grace", "grace.hopper@example.com"),
        Says::person("grace", EMAIL).with("email_verified", json!(false)),
        Says::person("grace", "ada@example.com"),
    ] {
        let again = me(&server, &provider, says).await;
        assert_eq!(again["user"]["id"], grace.user.to_string());
    }
    assert_eq!(server.database.count("sso_identities").await, 1);
}

#[tokio::test]
async fn an_account_outside_of_the_organisation_is_never_opened_by_its_provider() {
    let (server, _ada, _honest) = stage().await;
    // Mallory owns an organisation, lists the domain of the one she is after, and her provider says
    // that she is Ada.
    let mallory = server.tenant("Malice", "mallory@evil.test").await;
    let hostile = StandIn::start().await;
    let mut body = wanted(&hostile);
    body["domains"] = json!(["example.net", "evil.test"]);
    put(&mallory, body).await.expect(200);
    server.account("loner@example.net").await;
    for victim in ["ada@example.com", "loner@example.net"] {
        let body = json!({"organizationId": mallory.org});
        let traveller = Traveller::begin(&server, body).await;
        let code = hostile.code(&traveller.url, Says::person("any", victim));
        refused(&traveller.back(&code).await, "sso-not-admitted");
    }
    assert_eq!(server.database.count("sso_identities").await, 0);
    assert_eq!(server.database.count("memberships").await, 2);
}

#[tokio::test]
async fn a_domain_of_another_organisation_makes_no_account() {
    let (server, _ada, _honest) = stage().await;
    let mallory = server.tenant("Malice", "mallory@evil.test").await;
    let hostile = StandIn::start().await;
    let mut body = wanted(&hostile);
    // One domain has one organisation.
    let taken = put(&mallory, body.clone())
        .await
        .expect_problem(422, "invalid");
    assert_eq!(taken.wrong_fields(), ["domains"]);
    body["domains"] = json!(["evil.test"]);
    put(&mallory, body).await.expect(200);
    for address in [
        "new@example.com",
        "new@sub.evil.test",
        "new@evil.test.example.com",
    ] {
        let traveller = Traveller::begin(&server, json!({"organizationId": mallory.org})).await;
        let code = hostile.code(&traveller.url, Says::person("new", address));
        refused(&traveller.back(&code).await, "sso-not-admitted");
    }
    assert_eq!(server.database.count("users").await, 2);
}

#[tokio::test]
async fn a_session_that_a_provider_vouched_for_is_confined_to_its_organisation() {
    let (server, ada, _honest) = stage().await;
    // Ada is a member of Mallory's organisation, too: its provider may say that she is there, and that
    // is all that it may.
    let mallory = server.tenant("Malice", "mallory@evil.test").await;
    server
        .join(mallory.org, "ada@example.com", "member", "confirmed")
        .await;
    let hostile = StandIn::start().await;
    let mut body = wanted(&hostile);
    body["domains"] = json!(["evil.test"]);
    put(&mallory, body).await.expect(200);
    let traveller = Traveller::begin(&server, json!({"organizationId": mallory.org})).await;
    let code = hostile.code(&traveller.url, Says::person("ada", "ada@example.com"));
    let false_ada = session(&server, &traveller.back(&code).await);
    let me = false_ada.get("/me").await.expect(200).json();
    assert_eq!(me["user"]["id"], ada.user.to_string());
    assert_eq!(me["organization"]["id"], mallory.org.to_string());
    assert_eq!(me["organizations"].as_array().unwrap().len(), 1, "{me}");
    let switch = json!({"organizationId": ada.org});
    let password = json!({"currentPassword": PASSWORD, "newPassword": "another wet cat on a mat"});
    for (method, path, body) in [
        (Method::POST, "/auth/switch-organization", Some(switch)),
        (Method::POST, "/me/password", Some(password)),
        (Method::PATCH, "/me", Some(json!({"name": "Mallory"}))),
        (Method::GET, "/me/sessions", None),
        (Method::POST, "/me/sessions/revoke-others", None),
    ] {
        let answer = false_ada.send(method, path, body).await;
        answer.expect_problem(403, "own-sign-in-needed");
    }
    // Ada herself, with her password, goes where she likes.
    let own = server.sign_in("ada@example.com").await;
    let me = own.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 2);
    own.post(
        "/auth/switch-organization",
        json!({"organizationId": mallory.org}),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn a_second_subject_with_the_address_of_the_first_is_somebody_else() {
    let (server, _ada, provider) = stage().await;
    me(&server, &provider, Says::person("grace", EMAIL)).await;
    let says = Says::person("successor", EMAIL);
    refused(
        &arrive(&server, &provider, EMAIL, says).await,
        "sso-not-admitted",
    );
}

#[tokio::test]
async fn a_subject_of_one_issuer_is_nobody_of_another() {
    let (server, ada, provider) = stage().await;
    me(&server, &provider, Says::person("grace", EMAIL)).await;
    let other = StandIn::start().await;
    put(&ada, wanted(&other)).await.expect(200);
    let says = Says::person("grace", "somebody.else@example.com");
    let answer = arrive(&server, &other, EMAIL, says).await;
    let me = session(&server, &answer)
        .get("/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["user"]["email"], "somebody.else@example.com");
}

#[tokio::test]
async fn whoever_is_not_in_force_as_a_member_is_not_let_in() {
    let (server, ada, provider) = stage().await;
    me(&server, &provider, Says::person("grace", EMAIL)).await;
    for state in ["revoked", "invited", "accepted"] {
        server.join(ada.org, EMAIL, "member", state).await;
        let answer = arrive(&server, &provider, EMAIL, Says::person("grace", EMAIL)).await;
        refused(&answer, "sso-not-admitted");
        // Nor by the address, as if they had never come before.
        server.account("waiting@example.com").await;
        server
            .join(ada.org, "waiting@example.com", "admin", state)
            .await;
        let says = Says::person("waiting", "waiting@example.com");
        refused(
            &arrive(&server, &provider, EMAIL, says).await,
            "sso-not-admitted",
        );
        let mut behind = server.database.behind().await;
        for statement in [
            "DELETE FROM memberships m USING users u WHERE u.id = m.user_id AND u.email LIKE 'waiting%'",
            "DELETE FROM users WHERE email LIKE 'waiting%'",
        ] {
            sqlx::query(statement).execute(&mut behind).await.unwrap();
        }
    }
}

#[tokio::test]
async fn details_that_the_token_lacks_are_fetched_and_must_be_of_the_same_person() {
    let (server, _ada, provider) = stage().await;
    let bare = Says::person("grace", EMAIL)
        .with("email", Value::Null)
        .with("email_verified", Value::Null);
    let details = json!({"sub": "somebody else", "email": EMAIL, "email_verified": true});
    let says = bare.clone().details(details);
    refused(
        &arrive(&server, &provider, EMAIL, says).await,
        "sso-refused",
    );
    let details = json!({
        "sub": "grace", "email": EMAIL, "email_verified": true, "groups": ["it"],
        "iss": "https://evil.test",
    });
    let me = me(&server, &provider, bare.details(details)).await;
    assert_eq!(me["role"], "admin");
}

#[tokio::test]
async fn an_address_and_the_word_that_it_is_verified_come_from_one_place() {
    let (server, _ada, provider) = stage().await;
    let says = Says::person("grace", EMAIL)
        .with("email_verified", Value::Null)
        .details(json!({"sub": "grace", "email": "own@evil.test", "email_verified": true}));
    refused(
        &arrive(&server, &provider, EMAIL, says).await,
        "sso-not-admitted",
    );
}

#[tokio::test]
async fn without_a_seat_nobody_new_is_made() {
    let mut one_seat = payload(3);
    one_seat.seats = 1;
    let licensed = Licensed::start(&issue(&one_seat)).await;
    let server = &licensed.server;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    put(&ada, wanted(&provider)).await.expect(200);
    // The clock of this server stands still, and tokens are of its time.
    let now = NOW.unix_timestamp();
    let says = |subject: &str, email: &str| {
        Says::person(subject, email)
            .with("iat", json!(now))
            .with("exp", json!(now + 300))
    };
    let answer = arrive(server, &provider, EMAIL, says("grace", EMAIL)).await;
    refused(&answer, "sso-no-seat");
    assert_eq!(server.database.count("users").await, 1);
    assert_eq!(server.database.count("sso_identities").await, 0);
    let known = says("ada", "ada@example.com");
    session(server, &arrive(server, &provider, EMAIL, known).await);
}

#[tokio::test]
async fn what_a_provider_vouched_for_does_not_hold_in_an_organisation_that_is_joined_later() {
    let (server, _ada, provider) = stage().await;
    let answer = arrive(&server, &provider, EMAIL, Says::person("grace", EMAIL)).await;
    let grace = session(&server, &answer);
    grace.get("/me/sessions").await.expect(200);
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    server.join(bob.org, EMAIL, "admin", "confirmed").await;
    let elsewhere = json!({"organizationId": bob.org});
    let answer = grace.post("/auth/switch-organization", elsewhere).await;
    answer.expect_problem(403, "own-sign-in-needed");
    let sessions = grace.get("/me/sessions").await;
    sessions.expect_problem(403, "own-sign-in-needed");
    let me = grace.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn two_first_sign_ins_at_once_make_one_account() {
    let (server, _ada, provider) = stage().await;
    let attempts = (0..4).map(|_| arrive(&server, &provider, EMAIL, Says::person("grace", EMAIL)));
    let answers = futures_util::future::join_all(attempts).await;
    let inside = answers
        .iter()
        .filter(|answer| answer.header("location").ends_with("/vaults"));
    assert!(inside.count() >= 1);
    assert_eq!(server.database.count("users").await, 2);
    assert_eq!(server.database.count("memberships").await, 2);
    me(&server, &provider, Says::person("grace", EMAIL)).await;
}
