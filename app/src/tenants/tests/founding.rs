//! Organisations that the platform makes, and the way in of their first owner.

use serde_json::json;

use super::{ask_erasure, shown, suspend};
use crate::testing::{Answer, Client, PASSWORD, Server};
use crate::{audit, platform};

async fn found(admin: &Client, name: &str, email: &str) -> Answer {
    let body = json!({"name": name, "ownerEmail": email});
    admin.post("/admin/api/organizations", body).await
}

fn token_of(founded: &Answer) -> String {
    let url = founded.string("/link/url");
    let (page, token) = url.split_once("#token=").unwrap();
    assert!(page.ends_with("/invitation"), "{url}");
    token.to_owned()
}

async fn accept(server: &Server, token: &str) -> Answer {
    let body = json!({"token": token, "name": "Mary Somerville", "password": PASSWORD});
    server
        .visitor()
        .post("/auth/invitations/accept", body)
        .await
}

#[tokio::test]
async fn an_organisation_waits_for_its_first_owner_who_comes_once() {
    let server = Server::start().await;
    let admin = server.admin("grace@example.com").await;
    let founded = found(&admin, "  Mechanism of the Heavens ", "mary@example.com").await;
    let founded = founded.expect(201);
    let id = founded.string("/organization/id").parse().unwrap();
    assert_eq!(shown(&admin, id).await["members"], 0);
    let token = token_of(&founded);
    let accepted = accept(&server, &token).await.expect(200).json();
    assert_eq!(accepted["me"]["role"], "owner", "{accepted}");
    assert_eq!(
        accepted["me"]["organization"]["name"],
        "Mechanism of the Heavens"
    );
    accept(&server, &token)
        .await
        .expect_problem(404, "invitation-invalid");
    assert_eq!(shown(&admin, id).await["members"], 1);
    let path = format!("/admin/api/organizations/{id}/owner-link");
    let body = json!({"ownerEmail": "mallory@example.com"});
    admin
        .post(&path, body)
        .await
        .expect_problem(409, "wrong-state");
    let org = crate::kernel::OrgId::from_uuid(id);
    let (db, keys) = (&server.app.db, &server.app.keys);
    audit::verify(db, keys, org).await.unwrap().unwrap();
    platform::verify(db, keys).await.unwrap().unwrap();
    let trail = server.platform_trail().await;
    assert!(trail.iter().any(|action| action == "organization.created"));
}

#[tokio::test]
async fn another_link_ends_the_one_before_and_none_leads_into_a_suspended_organisation() {
    let server = Server::start().await;
    let admin = server.admin("grace@example.com").await;
    let founded = found(&admin, "Heavens", "mary@example.com")
        .await
        .expect(201);
    let id = founded.string("/organization/id").parse().unwrap();
    let early = token_of(&founded);
    let path = format!("/admin/api/organizations/{id}/owner-link");
    let body = json!({"ownerEmail": "caroline@example.com"});
    let again = admin.post(&path, body).await.expect(200);
    let late = token_of(&again);
    accept(&server, &early)
        .await
        .expect_problem(404, "invitation-invalid");
    suspend(&admin, id).await.expect(200);
    accept(&server, &late)
        .await
        .expect_problem(404, "invitation-invalid");
    super::resume(&admin, id).await.expect(200);
    accept(&server, &late).await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once_and_only_platform_admins_found() {
    let server = Server::start().await;
    let admin = server.admin("grace@example.com").await;
    let wrong = found(&admin, " ", "nobody").await.expect(422);
    assert_eq!(wrong.wrong_fields(), ["name", "ownerEmail"]);
    found(&server.operator(), "X", "x@example.com")
        .await
        .expect_problem(403, "session-needed");
    assert_eq!(server.database.count("organization_directory").await, 0);
}

#[tokio::test]
async fn one_that_nobody_came_to_can_be_erased() {
    let server = Server::start().await;
    let admin = server.admin("grace@example.com").await;
    let founded = found(&admin, "Heavens", "mary@example.com")
        .await
        .expect(201);
    let id = founded.string("/organization/id").parse().unwrap();
    ask_erasure(&admin, id, "Heavens").await.expect(200);
    super::wait_out(&server, id).await;
    super::super::erase::all_due(&server.app, 100)
        .await
        .unwrap();
    assert_eq!(server.database.count("organizations").await, 0);
    assert_eq!(server.database.count("invitations").await, 0);
}
