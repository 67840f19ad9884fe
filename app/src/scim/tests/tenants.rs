//! A directory stays in the organisation of its token, and out of one that is suspended.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use super::attacks::all_refused;
use super::{make, provider, server, user};

const FIELDS: [&str; 3] = ["orgId", "tenantId", "organization"];

#[tokio::test]
async fn tenants_named_in_query_body_and_header_change_nothing() {
    let server = server().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let secret = ada.token_secret(&["scim"]).await;
    let okta = server.browser().with_origin(None);
    let theirs = bob.org.to_string();
    let query: Vec<String> = FIELDS
        .iter()
        .map(|name| format!("{name}={theirs}"))
        .collect();
    let query = query.join("&");
    let send = async |method: Method, path: &str, body: String| {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{path}?{query}"))
            .header("authorization", format!("Bearer {secret}"))
            .header("content-type", "application/scim+json");
        for name in [
            "x-org-id",
            "x-organization-id",
            "x-tenant-id",
            "vaultterm.org_id",
        ] {
            request = request.header(name, &theirs);
        }
        okta.send_request(request.body(Body::from(body)).unwrap())
            .await
    };
    let mut planted = user("grace@example.com");
    for name in FIELDS {
        planted[name] = json!(theirs);
    }
    let made = send(Method::POST, "Users", planted.to_string()).await;
    let id = made.expect(201).id();
    let path = format!("Users/{id}");
    send(Method::PUT, &path, planted.to_string())
        .await
        .expect(200);
    send(Method::GET, &path, String::new()).await.expect(200);
    let list = send(Method::GET, "Users", String::new()).await;
    let list = list.expect(200);
    assert_eq!(list.json()["totalResults"], 2);
    assert!(!list.text().contains("bob@example.com"));
    let path = format!("Users/{}", bob.user);
    for method in [Method::GET, Method::DELETE] {
        let refused = send(method, &path, String::new()).await;
        super::expect_error(refused, 404, None);
    }
    let mut behind = server.database.behind().await;
    let members: i64 = sqlx::query_scalar("SELECT count(*) FROM memberships WHERE org_id = $1")
        .bind(bob.org)
        .fetch_one(&mut behind)
        .await
        .unwrap();
    assert_eq!(members, 1);
}

#[tokio::test]
async fn a_suspended_organisation_is_refused_at_every_address() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    make(&okta, "grace@example.com").await;
    let admin = server.admin("admin@example.com").await;
    let path = format!("/admin/api/organizations/{}/suspend", ada.org);
    admin.post(&path, json!({"reason": ""})).await.expect(200);
    all_refused(&okta, 403).await;
    assert_eq!(server.database.count("users").await, 2);
    // Who has no good token is not told.
    let guess = server.browser().with_origin(None).with_bearer("vt_x");
    all_refused(&guess, 401).await;
}
