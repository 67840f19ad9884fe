//! Provisioning, through the router, on a real database.

mod attacks;
mod compliance;
mod groups;
mod tenants;
mod users;

use serde_json::{Value, json};
use uuid::Uuid;

use super::schema::{GROUP_URN, USER_URN};
use crate::testing::{Answer, Client, Person, Server};

const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A server on which anybody may be a member.
async fn server() -> Server {
    Server::start_with(&[("DEPLOYMENT_MODE", "saas")]).await
}

/// The identity provider of somebody's organisation.
async fn provider(server: &Server, person: &Person, scopes: &[&str]) -> Client {
    let secret = person.token_secret(scopes).await;
    let client = server.browser().with_origin(None);
    client.with_bearer(&secret)
}

fn user(name: &str) -> Value {
    json!({
        "schemas": [USER_URN], "userName": name, "externalId": format!("there-{name}"),
        "name": {"givenName": "Grace", "familyName": "Hopper"},
        "emails": [{"value": name, "type": "work", "primary": true}], "active": true,
    })
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"schemas": [GROUP_URN], "displayName": name, "members": members})
}

fn operations(operations: Value) -> Value {
    let mut message = json!({"schemas": [PATCH_URN]});
    message["Operations"] = operations;
    message
}

async fn make(provider: &Client, name: &str) -> String {
    let made = provider.post("/scim/v2/Users", user(name)).await;
    made.expect(201).id()
}

async fn change(provider: &Client, id: &str, operation: Value) -> Answer {
    let path = format!("/scim/v2/Users/{id}");
    provider.patch(&path, operations(json!([operation]))).await
}

/// Expects an error of the protocol's own shape.
#[track_caller]
fn expect_error(answer: Answer, status: u16, kind: Option<&str>) {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), "application/scim+json");
    let body = answer.json();
    let urn = "urn:ietf:params:scim:api:messages:2.0:Error";
    assert_eq!(body["schemas"], json!([urn]), "{body}");
    assert_eq!(body["status"], status.to_string(), "{body}");
    assert_eq!(body["scimType"].as_str(), kind, "{body}");
}

/// What the database says of somebody's membership.
async fn state(server: &Server, org: Uuid, id: &str) -> String {
    let mut behind = server.database.behind().await;
    sqlx::query_scalar("SELECT state FROM memberships WHERE org_id = $1 AND user_id = $2")
        .bind(org)
        .bind(id.parse::<Uuid>().unwrap())
        .fetch_one(&mut behind)
        .await
        .unwrap()
}
