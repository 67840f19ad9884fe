//! What somebody may try who has a token, or none.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::{change, expect_error, make, operations, provider, server, state, user};
use crate::testing::Client;

/// Every route of the slice, with an id.
fn routes(id: &str) -> Vec<(Method, String)> {
    let mut all = Vec::new();
    for path in [
        "ServiceProviderConfig",
        "ResourceTypes",
        "ResourceTypes/User",
        "Schemas",
    ] {
        all.push((Method::GET, path.to_owned()));
    }
    for kind in ["Users", "Groups"] {
        all.push((Method::GET, kind.to_owned()));
        all.push((Method::POST, kind.to_owned()));
        all.push((Method::POST, format!("{kind}/.search")));
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            all.push((method, format!("{kind}/{id}")));
        }
    }
    all.push((Method::POST, "Bulk".to_owned()));
    all.push((Method::GET, "nowhere".to_owned()));
    all
}

pub(super) async fn all_refused(client: &Client, status: u16) {
    for (method, path) in routes("018f4e3a-0000-7000-8000-000000000000") {
        let body = (method != Method::GET).then(|| user("planted@example.com"));
        let answer = client.send(method, &format!("/scim/v2/{path}"), body).await;
        expect_error(answer, status, None);
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_token_of_this_scope_whose_maker_manages() {
    let server = server().await;
    let ada = server.owner().await;
    all_refused(&server.browser().with_origin(None).with_bearer("vt_x"), 401).await;
    let everything_else = [
        "vaults:read",
        "vaults:write",
        "people:read",
        "people:write",
        "audit:read",
    ];
    all_refused(&provider(&server, &ada, &everything_else).await, 403).await;
    // A browser's session is not enough, however high the role.
    let session = server
        .browser()
        .with_cookie(ada.cookie().map(str::to_owned));
    all_refused(&session, 403).await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let token = provider(&server, &admin, &["scim"]).await;
    token.get("/scim/v2/Users").await.expect(200);
    server
        .join(ada.org, "admin@example.com", "member", "confirmed")
        .await;
    all_refused(&token, 403).await;
    server
        .join(ada.org, "admin@example.com", "member", "revoked")
        .await;
    all_refused(&token, 401).await;
    // And this scope opens nothing else.
    let scim = provider(&server, &ada, &["scim"]).await;
    for path in ["/api/v1/vaults", "/api/v1/teams", "/api/v1/audit-events"] {
        scim.get(path).await.expect_problem(403, "scope-needed");
    }
    assert_eq!(server.database.count("scim_users").await, 0);
}

#[tokio::test]
async fn people_of_another_tenant_are_nobody() {
    let server = server().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let path = format!("/scim/v2/Users/{}", bob.user);
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    for answer in [
        okta.get(&path).await,
        okta.put(&path, user("bob@example.com")).await,
        okta.patch(&path, operations(off)).await,
        okta.delete(&path).await,
    ] {
        expect_error(answer, 404, None);
    }
    // Nor are they taken in by their address: whoever has an account is invited.
    let refused = okta.post("/scim/v2/Users", user("bob@example.com")).await;
    expect_error(refused, 409, Some("uniqueness"));
    let list = okta
        .get("/scim/v2/Users?filter=userName%20co%20%22bob%22")
        .await;
    assert_eq!(list.expect(200).json()["totalResults"], 0);
    assert_eq!(server.database.count("memberships").await, 2);
    bob.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn a_filter_is_no_way_into_the_database() {
    let server = server().await;
    let ada = server.owner().await;
    server.tenant("Difference Engines", "bob@example.com").await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let evil = [
        r#"userName eq "' OR true --""#,
        r#"userName eq "x' UNION SELECT * FROM users --""#,
        r#"userName co "%""#,
        r#"userName co "_""#,
        r#"externalId eq "'; DROP TABLE users; --""#,
        r#"emails[value co "' OR ''='"]"#,
        r#"displayName eq "\u0000""#,
        r#"userName eq "\u0000""#,
        r#"externalId eq "\u0000""#,
    ];
    for filter in evil {
        let query: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = okta.get(&format!("/scim/v2/Users?filter={query}")).await;
        assert_eq!(found.expect(200).json()["totalResults"], 0, "{filter}");
    }
    for filter in [
        "userName eq 'x' or 1=1",
        "userName eq \"a\"; DROP TABLE users",
        "orgId eq \"x\"",
        "password sw \"a\"",
        "users.password_hash sw \"$\"",
    ] {
        let query: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let refused = okta.get(&format!("/scim/v2/Users?filter={query}")).await;
        expect_error(refused, 400, Some("invalidFilter"));
    }
    // Whatever is asked, nobody of another tenant is found.
    let all = okta
        .get("/scim/v2/Users?filter=not%20(userName%20eq%20%22x%22)")
        .await;
    assert_eq!(all.expect(200).json()["totalResults"], 1);
}

#[tokio::test]
async fn a_hundred_thousand_brackets_are_refused_at_once() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let id = make(&okta, "grace@example.com").await;
    let began = Instant::now();
    for bracket in ["(", "["] {
        // As much of it as an address can carry.
        let query = bracket.repeat(60_000).replace('[', "%5B");
        let query: String = query.chars().take(60_000).collect();
        let refused = okta.get(&format!("/scim/v2/Users?filter={query}")).await;
        expect_error(refused, 400, Some("invalidFilter"));
        for path in [
            bracket.repeat(100_000),
            format!("emails{}", bracket.repeat(100_000)),
            format!("emails[{}", bracket.repeat(3000)),
        ] {
            let bomb = json!({"op": "replace", "path": path, "value": "x"});
            expect_error(change(&okta, &id, bomb).await, 400, Some("invalidPath"));
        }
    }
    // A body of brackets is no JSON to be read either.
    let bomb = "[".repeat(100_000).into_bytes();
    let kind = Some("application/scim+json");
    let refused = okta
        .send_raw(Method::POST, "/scim/v2/Users", kind, bomb)
        .await;
    expect_error(refused, 400, Some("invalidSyntax"));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn fields_that_are_nobodys_to_write_come_to_nothing() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let mut body = user("grace@example.com");
    for (name, value) in [
        ("id", json!(ada.user)),
        ("orgId", json!("018f4e3a-0000-7000-8000-000000000000")),
        ("role", json!("owner")),
        ("roles", json!([{"value": "owner"}])),
        ("state", json!("confirmed")),
        ("password", json!("hunter2hunter2")),
        (
            "groups",
            json!([{"value": "018f4e3a-0000-7000-8000-000000000000"}]),
        ),
        (
            "meta",
            json!({"created": "2000-01-01T00:00:00Z", "location": "https://evil.test"}),
        ),
        ("password_hash", json!("$argon2id$")),
    ] {
        body[name] = value;
    }
    let made = okta.post("/scim/v2/Users", body.clone()).await.expect(201);
    let id = made.id();
    assert_ne!(id, ada.user.to_string());
    let made = made.json();
    for name in ["orgId", "role", "roles", "state", "password", "groups"] {
        assert_eq!(made[name], Value::Null, "{name}");
    }
    assert!(!made["meta"]["location"].as_str().unwrap().contains("evil"));
    okta.put(&format!("/scim/v2/Users/{id}"), body)
        .await
        .expect(200);
    for path in ["id", "meta.created", "groups"] {
        let change_it = json!({"op": "replace", "path": path, "value": "x"});
        expect_error(change(&okta, &id, change_it).await, 400, Some("mutability"));
    }
    for path in ["role", "password", "orgId", "state", "__proto__"] {
        let change_it = json!({"op": "add", "path": path, "value": "owner"});
        expect_error(
            change(&okta, &id, change_it).await,
            400,
            Some("invalidPath"),
        );
    }
    let mut behind = server.database.behind().await;
    let role: String = sqlx::query_scalar("SELECT role FROM memberships WHERE user_id = $1::uuid")
        .bind(&id)
        .fetch_one(&mut behind)
        .await
        .unwrap();
    assert_eq!(role, "member");
}

#[tokio::test]
async fn an_admins_directory_does_not_touch_owners_and_the_last_owner_stays() {
    let server = server().await;
    let ada = server.owner().await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let okta = provider(&server, &admin, &["scim"]).await;
    let owner = ada.user.to_string();
    let path = format!("/scim/v2/Users/{owner}");
    let off = || json!({"op": "replace", "path": "active", "value": false});
    for answer in [
        change(&okta, &owner, off()).await,
        okta.delete(&path).await,
        okta.put(&path, user("ada@example.com")).await,
    ] {
        expect_error(answer, 403, None);
    }
    let okta = provider(&server, &ada, &["scim"]).await;
    expect_error(change(&okta, &owner, off()).await, 409, None);
    expect_error(okta.delete(&path).await, 409, None);
    assert_eq!(state(&server, ada.org, &owner).await, "confirmed");
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_in_the_words_of_the_protocol() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let send = async |kind: Option<&'static str>, body: &str| {
        let body = body.as_bytes().to_vec();
        okta.send_raw(Method::POST, "/scim/v2/Users", kind, body)
            .await
    };
    let json = Some("application/scim+json; charset=utf-8");
    expect_error(send(None, "{}").await, 415, None);
    expect_error(send(Some("text/plain"), "{}").await, 415, None);
    for body in ["", "[]", "{", "null", "\u{feff}{}", r#"{"userName": "a"}"#] {
        expect_error(send(json, body).await, 400, Some("invalidSyntax"));
    }
    let large = format!(r#"{{"userName": "{}"}}"#, "a".repeat(300_000));
    expect_error(send(json, &large).await, 413, None);
    for (field, value) in [
        ("userName", json!("")),
        ("userName", json!(7)),
        ("active", json!("perhaps")),
        ("emails", json!([{"value": "no address"}])),
        ("emails", json!("ada@example.com")),
    ] {
        let mut body = user("grace@example.com");
        body[field] = value;
        let refused = okta.post("/scim/v2/Users", body).await;
        expect_error(refused, 400, Some("invalidValue"));
    }
    assert_eq!(server.database.count("users").await, 1);
}

#[tokio::test]
async fn the_trail_says_what_the_directory_did_and_by_which_token() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let id = make(&okta, "grace@example.com").await;
    let off = json!({"op": "replace", "path": "active", "value": false});
    change(&okta, &id, off).await.expect(200);
    okta.delete(&format!("/scim/v2/Users/{id}"))
        .await
        .expect(204);
    let events = ada.get("/audit-events").await.expect(200).json();
    let events = events["items"].as_array().unwrap();
    let actions: Vec<_> = events
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions[..3],
        [
            "scim.user-deleted",
            "scim.user-updated",
            "scim.user-created"
        ]
    );
    for event in &events[..3] {
        assert!(event["circumstances"]["token"].is_string());
        assert_eq!(event["resource"]["id"], id.as_str());
    }
}
