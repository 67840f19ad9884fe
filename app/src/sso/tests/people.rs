//! Whose account is opened. A provider is whatever an organisation's owner says it is, so these are
//! about a hostile one.

use http::Method;
use serde_json::{Value, json};

use super::stand_in::{Says, StandIn};
use super::{Traveller, arrive, put, refused, session, stage, wanted};
use crate::testing::{Licensed, NOW, PASSWORD, Person, SecurityKey, Server, issue, payload};

const EMAIL: &str = "grace@example.com";

async fn me(server: &Server, provider: &StandIn, says: Says) -> Value {
    let answer = arrive(server, provider, EMAIL, says).await;
    session(server, &answer).get("/me").await.expect(200).json()
}

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
async fn groups_are_applied_at_each_sign_in() {
    let (server, _ada, provider) = stage().await;
    let says = |groups: Value| Says::person("grace", EMAIL).with("groups", groups);
    for (groups, role) in [
        (json!(["staff", "it"]), "admin"),
        (json!(["staff"]), "member"),
        (json!("it"), "admin"),
        (json!([]), "member"),
        (json!(["it"]), "admin"),
        (Value::Null, "member"),
        (json!(["IT", "it "]), "member"),
    ] {
        let me = me(&server, &provider, says(groups.clone())).await;
        assert_eq!(me["role"], role, "{groups}");
    }
}

#[tokio::test]
async fn the_last_owner_is_never_demoted_by_a_mapping_and_nobody_becomes_one() {
    let (server, ada, provider) = stage().await;
    let says = Says::person("ada", "ada@example.com").with("groups", json!(["staff"]));
    let me = me(&server, &provider, says).await;
    assert_eq!(me["role"], "owner");
    let mut body = wanted(&provider);
    body["mappings"] = json!([{"group": "it", "role": "owner"}]);
    let refused = put(&ada, body).await.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["mappings"]);
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

async fn team(person: &Person, name: &str) -> Value {
    let made = person.post("/teams", json!({"name": name})).await;
    made.expect(201).json()["id"].clone()
}

/// The role that somebody has in a team, as its owner sees it.
async fn role_in(owner: &Person, team: &Value, user: &Value) -> Value {
    let path = format!("/teams/{}/members", team.as_str().unwrap());
    let members = owner.get(&path).await.expect(200).json();
    let members = members["items"].as_array().unwrap().clone();
    let found = members
        .into_iter()
        .find(|member| &member["user"]["id"] == user);
    found.map_or(Value::Null, |member| member["role"].clone())
}

#[tokio::test]
async fn groups_put_people_into_teams_and_out_of_them() {
    let (server, ada, provider) = stage().await;
    let [engines, looms, untouched] = [
        team(&ada, "Engines").await,
        team(&ada, "Looms").await,
        team(&ada, "Ours").await,
    ];
    let mut body = wanted(&provider);
    body["mappings"] = json!([
        {"group": "it", "role": "admin", "teams": [{"id": engines, "role": "ADMIN"}]},
        {"group": "staff", "role": null, "teams": [
            {"id": engines, "role": "VIEWER"}, {"id": looms, "role": "EDITOR"},
        ]},
    ]);
    let kept = put(&ada, body.clone()).await.expect(200).json();
    let teams = kept["connection"]["mappings"][1]["teams"].as_array();
    assert_eq!(teams.unwrap().len(), 2, "{kept}");
    let says = |groups: Value| Says::person("grace", EMAIL).with("groups", groups);
    let first = me(&server, &provider, says(json!(["staff"]))).await;
    let grace = first["user"]["id"].clone();
    let by_hand = format!(
        "/teams/{}/members/{}",
        untouched.as_str().unwrap(),
        grace.as_str().unwrap()
    );
    ada.put(&by_hand, json!({"role": "EDITOR"}))
        .await
        .expect(204);
    for (groups, role, within) in [
        (json!(["staff"]), "member", ["VIEWER", "EDITOR"]),
        (json!(["staff", "it"]), "admin", ["ADMIN", "EDITOR"]),
        (json!(["it"]), "admin", ["ADMIN", ""]),
        (json!([]), "member", ["", ""]),
    ] {
        let now = me(&server, &provider, says(groups.clone())).await;
        assert_eq!(now["role"], role, "{groups}");
        for (team, role) in [&engines, &looms].into_iter().zip(within) {
            let found = role_in(&ada, team, &grace).await;
            assert_eq!(found.as_str().unwrap_or_default(), role, "{groups}");
        }
        // No mapping speaks of this one.
        assert_eq!(role_in(&ada, &untouched, &grace).await, "EDITOR");
    }
    // What changed is an entry of its own, before the sign-in; what did not is none.
    let trail = ada.get("/audit-events?limit=2").await.expect(200).json();
    let applied = &trail["items"][1];
    assert_eq!(applied["action"], "sso.groups-applied");
    assert_eq!(
        applied["detail"]["role"],
        json!({"from": "admin", "role": "member"})
    );
    assert_eq!(
        applied["detail"]["teams"],
        json!([{"team": engines, "from": "ADMIN", "role": null}])
    );
    me(&server, &provider, says(json!([]))).await;
    let trail = ada.get("/audit-events?limit=2").await.expect(200).json();
    assert_eq!(trail["items"][1]["action"], "session.signed-in");
}

#[tokio::test]
async fn no_group_makes_or_unmakes_the_owner_of_a_team_or_reaches_another_organisations() {
    let (server, ada, provider) = stage().await;
    let engines = team(&ada, "Engines").await;
    let mut body = wanted(&provider);
    body["mappings"] = json!([
        {"group": "staff", "role": null, "teams": [{"id": engines, "role": "VIEWER"}]},
    ]);
    put(&ada, body.clone()).await.expect(200);
    for groups in [json!(["staff"]), json!([])] {
        let says = Says::person("ada", "ada@example.com").with("groups", groups);
        me(&server, &provider, says).await;
        let role = role_in(&ada, &engines, &json!(ada.user)).await;
        assert_eq!(role, "OWNER");
    }
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    let foreign = team(&bob, "Theirs").await;
    for teams in [
        json!([{"id": engines, "role": "OWNER"}]),
        json!([{"id": engines, "role": "VIEWER"}, {"id": engines, "role": "ADMIN"}]),
        json!([{"id": foreign, "role": "VIEWER"}]),
        json!([{"id": uuid::Uuid::now_v7(), "role": "VIEWER"}]),
    ] {
        body["mappings"] = json!([{"group": "staff", "role": null, "teams": teams}]);
        let answer = put(&ada, body.clone()).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["mappings"], "{teams}");
    }
    // A team that is deleted takes its mapping along, and nobody is kept out by it.
    let path = format!("/teams/{}", engines.as_str().unwrap());
    ada.delete(&path).await.expect(204);
    let says = Says::person("grace", EMAIL).with("groups", json!(["staff"]));
    me(&server, &provider, says).await;
    let seen = ada.get("/organization/sso").await.expect(200).json();
    assert_eq!(seen["connection"]["mappings"][0]["teams"], json!([]));
}

#[tokio::test]
async fn a_demotion_by_groups_withdraws_invitations_beyond_the_new_role() {
    let (server, ada, provider) = stage().await;
    let says = |groups: Value| Says::person("grace", EMAIL).with("groups", groups);
    let answer = arrive(&server, &provider, EMAIL, says(json!(["it"]))).await;
    let grace = session(&server, &answer);
    let guest = json!({"email": "guest@elsewhere.test", "role": "admin"});
    grace.post("/invitations", guest).await.expect(201);
    me(&server, &provider, says(json!([]))).await;
    let open = ada.get("/invitations").await.expect(200).json();
    let open = open["items"].as_array().unwrap().clone();
    let still = open.iter().any(|one| one["state"] == "open");
    assert!(!still, "{open:?}");
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
