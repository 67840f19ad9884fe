//! A suspended organisation, in every route of the document.

use serde_json::json;
use uuid::Uuid;

use super::contract::operations;
use crate::testing::Server;

/// What somebody who is signed in there may still do: leave.
const LEAVING: [&str; 2] = ["/auth/sign-out", "/auth/switch-organization"];

#[tokio::test]
async fn every_route_that_demands_somebody_refuses_a_suspended_organisation() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    let path = format!("/admin/api/organizations/{}/suspend", ada.org);
    admin.post(&path, json!({"reason": ""})).await.expect(200);
    for operation in operations() {
        let leaves = LEAVING.contains(&operation.path.as_str());
        if operation.is_public() || leaves {
            continue;
        }
        let path = operation.with(|_| Uuid::now_v7().to_string());
        let body = operation.has_body.then(|| json!({}));
        let answer = ada.send(operation.method.clone(), &path, body).await;
        answer.expect_problem(403, "organization-suspended");
    }
    ada.post("/auth/sign-out", json!({})).await.expect(204);
}
