//! What a suspension does: nobody gets in, and nothing is touched.

use serde_json::json;

use super::{resume, rows, suspend};
use crate::testing::{PASSWORD, Server};

#[tokio::test]
async fn a_session_of_a_suspended_organisation_is_refused_from_the_next_request_on() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let admin = server.admin("grace@example.com").await;
    let before = rows(&server, ada.org).await;
    suspend(&admin, ada.org).await.expect(200);
    for path in ["/me", "/vaults", "/audit-events", "/me/sessions", &secret] {
        ada.get(path)
            .await
            .expect_problem(403, "organization-suspended");
    }
    ada.reveal(&secret, "password")
        .await
        .expect_problem(403, "organization-suspended");
    assert_eq!(rows(&server, ada.org).await, before, "nothing is touched");
    resume(&admin, ada.org).await.expect(200);
    ada.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn a_sign_in_says_so_to_whoever_has_the_right_password_and_to_nobody_else() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    suspend(&admin, ada.org).await.expect(200);
    let before = rows(&server, ada.org).await;
    let sign_in = async |password: &str| {
        let body = json!({"email": "ada@example.com", "password": password});
        server.visitor().post("/auth/sign-in", body).await
    };
    sign_in(PASSWORD)
        .await
        .expect_problem(403, "organization-suspended");
    sign_in("wrong")
        .await
        .expect_problem(401, "invalid-credentials");
    assert_eq!(
        rows(&server, ada.org).await,
        before,
        "no sign-in is recorded"
    );
}

#[tokio::test]
async fn somebody_who_is_elsewhere_too_goes_on_there() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    server
        .join(bob.org, "ada@example.com", "member", "confirmed")
        .await;
    let admin = server.admin("grace@example.com").await;
    suspend(&admin, ada.org).await.expect(200);
    // Signed in before: over to the other one, and not back.
    let body = json!({"organizationId": bob.org});
    let over = ada
        .post("/auth/switch-organization", body)
        .await
        .expect(200);
    let ada_there = server.visitor().with_cookie(over.cookie());
    ada_there.get("/vaults").await.expect(200);
    let body = json!({"organizationId": ada.org});
    ada_there
        .post("/auth/switch-organization", body)
        .await
        .expect_problem(403, "organization-suspended");
    // A new sign-in enters where the door is open.
    let again = server.sign_in("ada@example.com").await;
    assert_eq!(again.org, bob.org);
}

#[tokio::test]
async fn suspending_is_for_platform_admins_and_for_what_is_open() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    suspend(&server.operator(), ada.org)
        .await
        .expect_problem(403, "session-needed");
    suspend(&server.plane(), ada.org)
        .await
        .expect_problem(401, "not-signed-in");
    resume(&admin, ada.org)
        .await
        .expect_problem(409, "wrong-state");
    suspend(&admin, ada.org).await.expect(200);
    suspend(&admin, ada.org)
        .await
        .expect_problem(409, "wrong-state");
    suspend(&admin, uuid::Uuid::now_v7())
        .await
        .expect_problem(404, "not-found");
    assert_eq!(server.platform_trail().await[0], "organization.suspended");
}
