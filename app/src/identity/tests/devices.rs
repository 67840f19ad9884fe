//! Devices, other organisations, and what a new password does to all of them.

use serde_json::{Value, json};

use crate::kernel::Clock;
use crate::testing::{PASSWORD, Person, Server};

const NEW: &str = "three dry dogs by the door";

fn change(current: &str, new: &str) -> Value {
    json!({"currentPassword": current, "newPassword": new})
}

async fn devices(person: &Person) -> Vec<Value> {
    let list = person.get("/me/sessions").await.expect(200).json();
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_person_sees_their_devices_and_signs_them_out() {
    let server = Server::start().await;
    let first = server.owner().await;
    let second = server.sign_in("ada@example.com").await;
    let third = server.sign_in("ada@example.com").await;
    let bob = server.member(first.org, "bob@example.com", "admin").await;
    let seen = devices(&first).await;
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!(seen.iter().filter(|one| one["current"] == true).count(), 1);
    assert!(seen.iter().all(|one| one["address"] != ""));
    assert!(seen.iter().any(|one| one["factors"] == json!(["password"])));
    let of = |person: Person| async move {
        let all = devices(&person).await;
        let own = all.into_iter().find(|one| one["current"] == true).unwrap();
        format!("/me/sessions/{}", own["id"].as_str().unwrap())
    };
    let path = of(second.clone()).await;
    bob.delete(&path).await.expect_problem(404, "not-found");
    second.get("/me").await.expect(200);
    first.delete(&path).await.expect(204);
    second.get("/me").await.expect_problem(401, "not-signed-in");
    first.delete(&path).await.expect_problem(404, "not-found");
    first
        .post("/me/sessions/revoke-others", json!({}))
        .await
        .expect(204);
    third.get("/me").await.expect_problem(401, "not-signed-in");
    first.get("/me").await.expect(200);
    bob.get("/me").await.expect(200);
    assert_eq!(devices(&first).await.len(), 1);
}

#[tokio::test]
async fn a_stolen_session_is_over_when_the_password_changes() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let stolen = server
        .visitor()
        .with_cookie(ada.cookie().map(str::to_owned));
    let elsewhere = server.sign_in("ada@example.com").await;
    stolen.get("/me").await.expect(200);
    let answer = ada.post("/me/password", change(PASSWORD, NEW)).await;
    let fresh = answer.expect(204).cookie();
    stolen.get("/me").await.expect_problem(401, "not-signed-in");
    elsewhere
        .get("/me")
        .await
        .expect_problem(401, "not-signed-in");
    let ada = server.visitor().with_cookie(fresh);
    ada.get("/me").await.expect(200);
    let old = json!({"email": "ada@example.com", "password": PASSWORD});
    let new = json!({"email": "ada@example.com", "password": NEW});
    let visitor = server.visitor();
    visitor
        .post("/auth/sign-in", old)
        .await
        .expect_problem(401, "invalid-credentials");
    visitor.post("/auth/sign-in", new).await.expect(200);
}

/// The cache may be away at the very moment that the password changes: the database has ended the
/// sessions already.
#[tokio::test]
async fn a_new_password_ends_sessions_that_the_cache_still_holds() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut behind = server.database.behind().await;
    sqlx::query("UPDATE users SET session_epoch = session_epoch + 1")
        .execute(&mut behind)
        .await
        .unwrap();
    ada.get("/me").await.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_is_a_good_one() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let refused = ada
        .post("/me/password", change("not the password", NEW))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["currentPassword"]);
    let refused = ada
        .post("/me/password", change(PASSWORD, "short"))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["newPassword"]);
    ada.get("/me").await.expect(200);
    for _ in 0..9 {
        ada.post("/me/password", change("not the password", NEW))
            .await;
    }
    let refused = ada.post("/me/password", change(PASSWORD, NEW)).await;
    let refused = refused.expect_problem(429, "rate-limited");
    assert_ne!(refused.header("retry-after"), "");
    // Who guesses with a stolen session does not keep the person from signing in.
    server.sign_in("ada@example.com").await;
}

#[tokio::test]
async fn a_person_goes_on_in_another_organisation_under_another_token() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let switch = |org| json!({"organizationId": org});
    for strange in [bob.org, uuid::Uuid::now_v7()] {
        ada.post("/auth/switch-organization", switch(strange))
            .await
            .expect_problem(404, "not-found");
    }
    server
        .join(bob.org, "ada@example.com", "member", "invited")
        .await;
    ada.post("/auth/switch-organization", switch(bob.org))
        .await
        .expect_problem(404, "not-found");
    server
        .join(bob.org, "ada@example.com", "member", "confirmed")
        .await;
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 2, "{me}");
    let moved = ada.post("/auth/switch-organization", switch(bob.org)).await;
    let moved = moved.expect(200);
    assert_eq!(moved.string("/organization/id"), bob.org.to_string());
    assert_eq!(moved.string("/role"), "member");
    ada.get("/me").await.expect_problem(401, "not-signed-in");
    let there = server.visitor().with_cookie(moved.cookie());
    let me = there.get("/me").await.expect(200).json();
    assert_eq!(me["organization"]["name"], "Difference Engines");
    there
        .get("/audit-events")
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn an_organisation_may_have_shorter_sessions() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut behind = server.database.behind().await;
    let mut policy = async |minutes: Option<i32>, hours: Option<i32>| {
        sqlx::query(
            "INSERT INTO organization_policies (org_id, session_idle_min, session_absolute_hours)
             VALUES ($1, $2, $3) ON CONFLICT (org_id) DO UPDATE
             SET session_idle_min = $2, session_absolute_hours = $3",
        )
        .bind(ada.org)
        .bind(minutes)
        .bind(hours)
        .execute(&mut behind)
        .await
        .unwrap();
    };
    let later = |minutes| Clock::fixed(Clock::system().now() + time::Duration::minutes(minutes));
    let seen_later = async |person: &Person, minutes| {
        let server = server.replica(later(minutes), &[]).await;
        let visitor = server
            .visitor()
            .with_cookie(person.cookie().map(str::to_owned));
        visitor.get("/me").await.status.as_u16()
    };
    policy(Some(30), None).await;
    assert_eq!(seen_later(&ada, 20).await, 200);
    assert_eq!(seen_later(&ada, 60).await, 401);
    policy(None, Some(1)).await;
    let ada = server.sign_in("ada@example.com").await;
    assert_eq!(seen_later(&ada, 45).await, 200);
    assert_eq!(seen_later(&ada, 61).await, 401);
}

/// The grace is over, and there is no second factor: nothing but setting one up is left.
#[tokio::test]
async fn who_must_set_up_a_second_factor_can_do_nothing_else() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut behind = server.database.behind().await;
    sqlx::query(
        "UPDATE organization_policies SET require_second_factor = true,
             second_factor_grace_days = 7, second_factor_required_at = now() WHERE org_id = $1",
    )
    .bind(ada.org)
    .execute(&mut behind)
    .await
    .unwrap();
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!(me["secondFactor"]["mustEnrol"], false);
    assert_ne!(me["secondFactor"]["requiredFrom"], Value::Null);
    ada.get("/vaults").await.expect(200);
    let sooner = "UPDATE organization_policies SET second_factor_grace_days = 0";
    sqlx::query(sooner).execute(&mut behind).await.unwrap();
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!(me["secondFactor"]["mustEnrol"], true);
    ada.get("/vaults")
        .await
        .expect_problem(403, "second-factor-required");
}

#[tokio::test]
async fn a_flushed_cache_signs_people_out_and_breaks_nothing() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut cache = crate::testing::redis().await;
    // All that it holds of this account; other tests use the same cache.
    let token = ada.cookie().unwrap().split_once('=').unwrap().1;
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(token));
    let keys = [
        format!("vt:session:{digest}"),
        format!("vt:sessions:{}", ada.user),
    ];
    redis::cmd("DEL")
        .arg(&keys)
        .query_async::<i64>(&mut cache)
        .await
        .unwrap();
    ada.get("/me").await.expect_problem(401, "not-signed-in");
    let ada = server.sign_in("ada@example.com").await;
    assert_eq!(devices(&ada).await.len(), 1);
}

#[tokio::test]
async fn only_the_name_can_be_assigned() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for (field, value) in [
        ("role", json!("owner")),
        ("email", json!("ada@example.com")),
        ("id", json!(ada.user)),
        ("passwordHash", json!("x")),
        ("sessionEpoch", json!(0)),
    ] {
        let mut body = json!({"name": "Robert"});
        body[field] = value;
        bob.patch("/me", body).await.expect(400);
    }
    let me = bob.patch("/me", json!({"name": " Robert "})).await;
    let me = me.expect(200).json();
    assert_eq!(me["user"]["name"], "Robert");
    assert_eq!(me["role"], "member");
    bob.patch("/me", json!({"name": ""})).await.expect(422);
}
