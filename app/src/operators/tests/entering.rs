//! Links, signing in and out, sessions, and the end of an account.

use serde_json::json;
use time::Duration;

use super::sign_in;
use crate::kernel::Clock;
use crate::operators;
use crate::testing::{Client, PASSWORD, Server};

#[tokio::test]
async fn the_first_platform_admin_comes_from_a_link_and_signs_in_again() {
    let server = Server::start().await;
    let token = server.admin_token_for("grace@example.com").await;
    let check = json!({"token": token});
    let whose = server.plane().post("/admin/api/link/check", check).await;
    assert_eq!(
        whose.expect(200).json(),
        json!({"email": "grace@example.com", "name": null})
    );
    let entered = server.enter(&token, "Grace Hopper").await.expect(201);
    assert!(entered.header("set-cookie").contains("SameSite=Strict"));
    let grace = server.plane().with_cookie(entered.cookie());
    let me = grace.get("/admin/api/me").await.expect(200);
    assert_eq!(me.json()["name"], "Grace Hopper");
    let again = sign_in(&server, " Grace@Example.com ", PASSWORD).await;
    let again = server.plane().with_cookie(again.expect(200).cookie());
    let devices = again.get("/admin/api/sessions").await.expect(200).json();
    let own = devices["items"].as_array().unwrap().iter();
    let own = own.filter(|one| one["admin"]["email"] == "grace@example.com");
    assert_eq!(own.count(), 2);
    assert_eq!(
        server.platform_trail().await,
        ["admin.signed-in", "admin.entered", "admin.link-made"]
    );
}

#[tokio::test]
async fn signing_out_ends_this_device_and_no_other() {
    let server = Server::start().await;
    let one = server.admin("grace@example.com").await;
    let two = sign_in(&server, "grace@example.com", PASSWORD).await;
    let two = server.plane().with_cookie(two.expect(200).cookie());
    let gone = one.post("/admin/api/sign-out", json!({})).await.expect(204);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    one.get("/admin/api/me")
        .await
        .expect_problem(401, "not-signed-in");
    two.get("/admin/api/me").await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let server = Server::start().await;
    let one = server.admin("grace@example.com").await;
    let two = sign_in(&server, "grace@example.com", PASSWORD).await;
    let two = server.plane().with_cookie(two.expect(200).cookie());
    let change = |current: &str, new: &str| {
        let body = json!({"currentPassword": current, "newPassword": new});
        let two = two.clone();
        async move { two.post("/admin/api/me/password", body).await }
    };
    let wrong = change("wrong", "another wet cat here").await.expect(422);
    assert_eq!(wrong.wrong_fields(), ["currentPassword"]);
    let weak = change(PASSWORD, "short").await.expect(422);
    assert_eq!(weak.wrong_fields(), ["newPassword"]);
    let changed = change(PASSWORD, "another wet cat here").await.expect(204);
    one.get("/admin/api/me").await.expect(401);
    two.get("/admin/api/me").await.expect(401);
    let goes_on = server.plane().with_cookie(changed.cookie());
    goes_on.get("/admin/api/me").await.expect(200);
    sign_in(&server, "grace@example.com", PASSWORD)
        .await
        .expect_problem(401, "invalid-credentials");
}

/// The id of a platform admin, as another one sees it.
async fn id_of(asking: &Client, email: &str) -> String {
    let admins = asking.get("/admin/api/admins").await.expect(200).json();
    let found = admins["items"].as_array().unwrap().iter();
    let found = found.clone().find(|admin| admin["email"] == email).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_platform_admin_who_is_ended_is_out_everywhere_at_once() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    let alan = server.admin("alan@example.com").await;
    // A link that lies about is no way back.
    let spare = server.admin_token_for("alan@example.com").await;
    let own = id_of(&grace, "grace@example.com").await;
    let end = async |id: &str| {
        let path = format!("/admin/api/admins/{id}/deactivate");
        grace.post(&path, json!({})).await
    };
    end(&own).await.expect_problem(409, "not-yourself");
    let id = id_of(&grace, "alan@example.com").await;
    end(&id).await.expect(204);
    end(&id).await.expect(204);
    alan.get("/admin/api/me").await.expect(401);
    sign_in(&server, "alan@example.com", PASSWORD)
        .await
        .expect_problem(401, "invalid-credentials");
    server.enter(&spare, "Alan").await.expect(404);
    let ended = server.platform_trail().await;
    let ended = ended.iter().filter(|action| *action == "admin.deactivated");
    assert_eq!(ended.count(), 1, "one act, one entry");
    // Break-glass: a link from the host lets them in again.
    let token = server.admin_token_for("alan@example.com").await;
    server.enter(&token, "Alan Turing").await.expect(201);
}

#[tokio::test]
async fn of_two_who_end_each_other_at_once_one_remains() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    let alan = server.admin("alan@example.com").await;
    let path = |id: String| format!("/admin/api/admins/{id}/deactivate");
    let one = path(id_of(&grace, "alan@example.com").await);
    let two = path(id_of(&grace, "grace@example.com").await);
    let (one, two) = tokio::join!(grace.post(&one, json!({})), alan.post(&two, json!({})));
    let done = [&one, &two].iter().filter(|a| a.status == 204).count();
    assert_eq!(done, 1, "{} {}", one.text(), two.text());
    let active = "platform_admins WHERE deactivated_at IS NULL";
    assert_eq!(server.database.count(active).await, 1);
}

#[tokio::test]
async fn a_session_of_anybody_can_be_ended_and_an_old_one_ends_by_itself() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    let alan = server.admin("alan@example.com").await;
    let devices = grace.get("/admin/api/sessions").await.expect(200).json();
    let devices = devices["items"].as_array().unwrap();
    let his = devices
        .iter()
        .find(|one| one["admin"]["email"] == "alan@example.com");
    let his = format!(
        "/admin/api/sessions/{}",
        his.unwrap()["id"].as_str().unwrap()
    );
    grace.delete(&his).await.expect(204);
    grace.delete(&his).await.expect(404);
    alan.get("/admin/api/me").await.expect(401);
    for hours in [1, 9] {
        let later = server.app.clock.now() + Duration::hours(hours);
        let later = server.replica(Clock::fixed(later), &[]).await;
        let cookie = grace.cookie().map(str::to_owned);
        let grace = later.plane().with_cookie(cookie);
        grace.get("/admin/api/me").await.expect(401);
    }
}

#[tokio::test]
async fn the_host_lists_and_ends_platform_admins_and_the_trail_knows() {
    let server = Server::start().await;
    let grace = server.admin("grace@example.com").await;
    let parts = (&server.app.db, &server.app.keys, &server.app.clock);
    let admins = operators::list_on_host(&server.app.db).await.unwrap();
    assert_eq!(admins.len(), 1);
    let ended = operators::deactivate_on_host(parts, "GRACE@example.com").await;
    assert!(ended.unwrap());
    let nobody = operators::deactivate_on_host(parts, "nobody@example.com").await;
    assert!(!nobody.unwrap());
    grace.get("/admin/api/me").await.expect(401);
    assert_eq!(
        server.platform_trail().await.first().unwrap(),
        "admin.deactivated"
    );
}
