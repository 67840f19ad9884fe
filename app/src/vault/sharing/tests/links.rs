//! Links for outsiders: made, opened, withdrawn.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Stage, give, in_days, newest, stage};
use crate::testing::{Answer, Person};

/// A link to the password of a record, for one use.
fn once() -> Value {
    json!({"fields": ["password"], "uses": 1, "expiresAt": in_days(1)})
}

async fn make(by: &Person, secret: &str, body: Value) -> Answer {
    by.send_proven(Method::POST, &format!("{secret}/links"), Some(body))
        .await
}

/// Makes a link, and says its token.
async fn token(by: &Person, secret: &str, body: Value) -> String {
    let made = make(by, secret, body).await.expect(201);
    let url = made.string("/url");
    let (page, token) = url.split_once('#').unwrap();
    assert_eq!(page, "http://localhost:4000/l");
    token.to_owned()
}

/// Opens a link as somebody whom nobody knows, from an address of their own.
async fn open(stage: &Stage, token: &str, passphrase: Option<&str>) -> Answer {
    let body = json!({"token": token, "passphrase": passphrase});
    stage.server.visitor().post("/links/open", body).await
}

#[tokio::test]
async fn whoever_has_a_link_sees_its_fields_and_nothing_else_as_often_as_it_says() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let body = json!({"fields": ["password"], "uses": 2, "expiresAt": in_days(30)});
    let token = token(ada, secret, body).await;
    let seen = open(&stage, &token, None).await.expect(200);
    assert_eq!(seen.header("cache-control"), "no-store");
    let seen = seen.json();
    let field = json!({"name": "password", "label": "Password", "value": "hunter2"});
    assert_eq!(seen["fields"], json!([field]));
    assert_eq!(
        (&seen["name"], &seen["type"]),
        (&json!("mill"), &json!("PASSWORD"))
    );
    assert_eq!(seen["organization"], "Analytical Engines");
    assert_eq!(seen["remaining"], 1);
    let list = format!("{secret}/links");
    let link = ada.get(&list).await.expect(200).json()["items"][0].clone();
    assert_eq!((&link["uses"], &link["remaining"]), (&json!(2), &json!(1)));
    assert!(
        link["openedAt"].is_string() && link.get("url").is_none(),
        "{link}"
    );
    open(&stage, &token, None).await.expect(200);
    open(&stage, &token, None)
        .await
        .expect_problem(404, "link-invalid");
    let left = ada.get(&list).await.expect(200).json()["items"][0]["remaining"].clone();
    assert_eq!(left, 0);
    let gone = stage.count("secret_links WHERE sealed_value IS NULL").await;
    assert_eq!(gone, 1, "the last use took the value along");
}

#[tokio::test]
async fn the_trail_has_each_making_and_opening_and_where_it_came_from_and_no_value() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let token = token(ada, secret, once()).await;
    let id = ada
        .get(&format!("{secret}/links"))
        .await
        .string("/items/0/id");
    open(&stage, &token, None).await.expect(200);
    let trail = ada.get("/audit-events?limit=2").await.expect(200);
    let (opened, made) = (&trail.json()["items"][0], &trail.json()["items"][1]);
    assert_eq!(opened["action"], "link.opened");
    assert_eq!(opened["actor"]["kind"], "guest");
    assert_eq!(opened["actor"]["id"], Value::Null);
    assert_eq!(opened["resource"]["id"], json!(stage.secret_id()));
    assert!(opened["circumstances"]["address"].is_string());
    let detail = json!({"vaultId": stage.id, "link": id, "remaining": 0});
    assert_eq!(opened["detail"], detail);
    assert_eq!(made["action"], "link.made");
    assert_eq!(made["circumstances"]["made"], json!(id));
    assert_eq!(made["detail"]["fields"], json!(["password"]));
    assert_eq!(made["detail"]["passphrase"], false);
    for secret in ["hunter2", token.as_str()] {
        assert!(!trail.text().contains(secret), "{}", trail.text());
    }
}

#[tokio::test]
async fn of_a_hundred_who_open_a_link_for_one_at_once_exactly_one_sees_it() {
    let stage = stage().await;
    let token = token(&stage.ada, &stage.secret, once()).await;
    let mut openings = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (visitor, token) = (stage.server.visitor(), token.clone());
        openings.spawn(async move {
            let answer = visitor.post("/links/open", json!({"token": token})).await;
            answer.status.as_u16()
        });
    }
    let statuses = openings.join_all().await;
    let seen = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 404).count();
    assert_eq!((seen, refused), (1, 99), "{statuses:?}");
    let recorded = "audit_events WHERE action = 'link.opened'";
    assert_eq!(stage.count(recorded).await, 1);
}

#[tokio::test]
async fn a_link_for_many_is_opened_by_no_more_of_those_who_come_at_once() {
    let stage = stage().await;
    let body = json!({"fields": ["password"], "uses": 7, "expiresAt": in_days(1)});
    let token = token(&stage.ada, &stage.secret, body).await;
    let mut openings = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (visitor, token) = (stage.server.visitor(), token.clone());
        openings.spawn(async move {
            let answer = visitor.post("/links/open", json!({"token": token})).await;
            answer.status.as_u16() == 200
        });
    }
    let seen = openings.join_all().await.into_iter().filter(|seen| *seen);
    assert_eq!(seen.count(), 7);
}

#[tokio::test]
async fn a_link_that_does_not_work_says_the_same_whatever_is_wrong_with_it() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    give(ada, &stage.vault, bob, "OWNER").await.expect(204);
    let mut answers = Vec::new();
    for nothing in ["", "x", &"0".repeat(64), &"F".repeat(64), &"é".repeat(32)] {
        answers.push(open(&stage, nothing, None).await);
    }
    let withdrawn = token(ada, &stage.secret, once()).await;
    let list = format!("{}/links", stage.secret);
    let id = ada.get(&list).await.string("/items/0/id");
    let path = format!("{list}/{id}");
    ada.delete(&path).await.expect(204);
    ada.delete(&path).await.expect_problem(404, "not-found");
    answers.push(open(&stage, &withdrawn, None).await);
    assert_eq!(newest(ada, 1).await[0].0, "link.withdrawn");
    let ended = token(ada, &stage.secret, once()).await;
    let mut behind = stage.server.database.behind().await;
    sqlx::query("UPDATE secret_links SET expires_at = now() - interval '1 second'")
        .execute(&mut behind)
        .await
        .unwrap();
    answers.push(open(&stage, &ended, None).await);
    let gone = ada.secret(&stage.id, "loom", "hunter3").await;
    let of_gone = token(ada, &gone, once()).await;
    assert_eq!(
        stage.count("secret_links").await,
        1,
        "the ended one was forgotten"
    );
    ada.delete(&gone).await.expect(204);
    answers.push(open(&stage, &of_gone, None).await);
    let of_bob = token(bob, &stage.secret, once()).await;
    let member = format!("/members/{}", bob.user);
    let out = format!("{member}/deactivate");
    ada.post(&out, json!({})).await.expect(204);
    answers.push(open(&stage, &of_bob, None).await);
    let back = format!("{member}/reactivate");
    ada.post(&back, json!({})).await.expect(204);
    ada.delete_proven(&member).await.expect(204);
    answers.push(open(&stage, &of_bob, None).await);
    let suspended = token(ada, &stage.secret, once()).await;
    let admin = stage.server.admin("grace@example.com").await;
    let path = format!("/admin/api/organizations/{}/suspend", ada.org);
    admin.post(&path, json!({"reason": ""})).await.expect(200);
    answers.push(open(&stage, &suspended, None).await);
    let without_id = |answer: Answer| {
        let mut json = answer.expect_problem(404, "link-invalid").json();
        json.as_object_mut().unwrap().remove("requestId");
        json
    };
    let mut said: Vec<Value> = answers.into_iter().map(without_id).collect();
    said.dedup();
    assert_eq!(said.len(), 1, "{said:#?}");
}

#[tokio::test]
async fn what_may_only_be_used_has_no_links_and_one_made_before_opens_no_more() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let before = token(ada, secret, once()).await;
    ada.change(secret, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    make(ada, secret, once())
        .await
        .expect_problem(403, "inject-only");
    open(&stage, &before, None)
        .await
        .expect_problem(404, "link-invalid");
    assert_eq!(stage.count("secret_links").await, 0, "it ended");
    let (action, detail) = newest(ada, 1).await.remove(0);
    assert_eq!(
        (action.as_str(), &detail["linksEnded"]),
        ("secret.updated", &json!(1))
    );
}

#[tokio::test]
async fn a_link_from_before_shows_nothing_when_the_record_is_opened_again() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let before = token(ada, secret, once()).await;
    let mut behind = stage.server.database.behind().await;
    // One that was being made at the very moment at which the record was closed.
    sqlx::query("CREATE TABLE kept AS SELECT * FROM secret_links")
        .execute(&mut behind)
        .await
        .unwrap();
    ada.change(secret, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    let opening = json!({"injectOnly": false, "fields": {"password": "fresh"}});
    ada.change(secret, 2, opening).await.expect(200);
    for put_back in [false, true] {
        if put_back {
            sqlx::query("INSERT INTO secret_links SELECT * FROM kept")
                .execute(&mut behind)
                .await
                .unwrap();
        }
        open(&stage, &before, None)
            .await
            .expect_problem(404, "link-invalid");
    }
    let after = token(ada, secret, once()).await;
    let seen = open(&stage, &after, None).await.expect(200);
    assert_eq!(seen.string("/fields/0/value"), "fresh");
}

/// Restoring a version that may only be used closes the record as well.
#[tokio::test]
async fn a_restored_version_that_may_only_be_used_ends_links() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    ada.change(secret, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    let opening = json!({"injectOnly": false, "fields": {"password": "fresh"}});
    ada.change(secret, 2, opening).await.expect(200);
    token(ada, secret, once()).await;
    let restore = format!("{secret}/versions/2/restore");
    let back = ada.post(&restore, json!({}));
    assert_eq!(back.await.expect(200).json()["injectOnly"], true);
    assert_eq!(stage.count("secret_links").await, 0);
}

#[tokio::test]
async fn a_later_change_does_not_show_through() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let token = token(ada, secret, once()).await;
    ada.change(
        secret,
        1,
        json!({"name": "other", "fields": {"password": "hunter9"}}),
    )
    .await
    .expect(200);
    let seen = open(&stage, &token, None).await.expect(200);
    assert_eq!(seen.string("/fields/0/value"), "hunter2");
    assert_eq!(seen.string("/name"), "mill");
}

#[tokio::test]
async fn a_passphrase_is_asked_for_and_wrong_ones_are_counted_and_recorded() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let mut body = once();
    body["passphrase"] = json!("by telephone");
    body["uses"] = json!(5);
    let token = token(ada, secret, body).await;
    open(&stage, &token, None)
        .await
        .expect_problem(403, "passphrase-needed");
    open(&stage, &token, Some("by telephone "))
        .await
        .expect_problem(403, "passphrase-wrong");
    let refused = "audit_events WHERE action = 'link.refused' AND result = 'denied'";
    assert!(stage.count(refused).await > 0);
    let seen = open(&stage, &token, Some("by telephone")).await.expect(200);
    assert_eq!(seen.json()["remaining"], 4, "a wrong one costs no use");
    let mut last = 0;
    for _ in 0..12 {
        let answer = open(&stage, &token, Some("another guess")).await;
        last = answer.status.as_u16();
    }
    assert_eq!(last, 429, "from as many addresses as they like");
    open(&stage, &token, Some("by telephone"))
        .await
        .expect_problem(429, "rate-limited");
    assert_eq!(
        stage
            .count("audit_events WHERE action = 'link.refused'")
            .await,
        10
    );
}

#[tokio::test]
async fn what_a_link_is_to_be_is_checked_at_once_and_whole() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let wrong = json!({"fields": [], "uses": 0, "expiresAt": in_days(31), "passphrase": "short"});
    let answer = make(ada, secret, wrong)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(
        answer.wrong_fields(),
        ["fields", "uses", "expiresAt", "passphrase"]
    );
    for (field, value) in [
        ("fields", json!(["password", "password"])),
        ("fields", json!(["nothing"])),
        ("fields", json!(["username"])),
        ("fields", json!([format!("custom:{}", Uuid::now_v7())])),
        ("fields", json!(vec!["password"; 51])),
        ("uses", json!(-1)),
        ("uses", json!(101)),
        ("expiresAt", json!(in_days(-1))),
        ("expiresAt", json!("9999-12-31T23:59:59Z")),
        ("passphrase", json!("x".repeat(201))),
    ] {
        let mut body = once();
        body[field] = value.clone();
        let answer = make(ada, secret, body).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), [field], "{value}");
    }
    assert_eq!(stage.count("secret_links").await, 0);
}

#[tokio::test]
async fn links_are_for_those_who_manage_the_vault() {
    let stage = stage().await;
    let (ada, bob, secret) = (&stage.ada, &stage.bob, &stage.secret);
    let kept = token(ada, secret, once()).await;
    let list = format!("{secret}/links");
    let id = ada.get(&list).await.string("/items/0/id");
    let all = async |status, code: &str| {
        for answer in [
            make(bob, secret, once()).await,
            bob.get(&list).await,
            bob.delete(&format!("{list}/{id}")).await,
        ] {
            answer.expect_problem(status, code);
        }
    };
    all(404, "not-found").await;
    give(ada, secret, bob, "EDITOR").await.expect(204);
    all(404, "not-found").await;
    give(ada, &stage.vault, bob, "EDITOR").await.expect(204);
    all(403, "forbidden").await;
    give(ada, &stage.vault, bob, "ADMIN").await.expect(204);
    make(bob, secret, once()).await.expect(201);
    // A link's id in the path of another record names nothing.
    let other = ada.secret(&stage.id, "loom", "hunter3").await;
    bob.delete(&format!("{other}/links/{id}"))
        .await
        .expect_problem(404, "not-found");
    open(&stage, &kept, None).await.expect(200);
}

#[tokio::test]
async fn a_link_lasts_no_longer_than_the_role_of_whoever_makes_it() {
    let stage = stage().await;
    let (ada, bob, secret) = (&stage.ada, &stage.bob, &stage.secret);
    let body = json!({"role": "ADMIN", "expiresAt": in_days(3)});
    let role = super::of_user(&stage.vault, bob);
    ada.put(&role, body).await.expect(204);
    let until = |days| json!({"fields": ["password"], "uses": 1, "expiresAt": in_days(days)});
    make(bob, secret, until(4))
        .await
        .expect_problem(403, "beyond-own-role");
    assert_eq!(stage.count("secret_links").await, 0);
    make(bob, secret, until(2)).await.expect(201);
    make(ada, secret, until(30)).await.expect(201);
}

#[tokio::test]
async fn a_link_opens_only_while_whoever_made_it_could_make_it() {
    let stage = stage().await;
    let (ada, bob, secret) = (&stage.ada, &stage.bob, &stage.secret);
    give(ada, &stage.vault, bob, "ADMIN").await.expect(204);
    let body = json!({"fields": ["password"], "uses": 9, "expiresAt": in_days(9)});
    let token = token(bob, secret, body).await;
    open(&stage, &token, None).await.expect(200);
    let closed = async || {
        open(&stage, &token, None)
            .await
            .expect_problem(404, "link-invalid");
    };
    give(ada, &stage.vault, bob, "EDITOR").await.expect(204);
    closed().await;
    let path = super::of_user(&stage.vault, bob);
    ada.delete(&path).await.expect(204);
    closed().await;
    let body = json!({"role": "ADMIN", "expiresAt": in_days(1)});
    ada.put(&path, body).await.expect(204);
    open(&stage, &token, None).await.expect(200);
    stage.time_passes().await;
    closed().await;
    // Through a team it is as good.
    let millers = super::team(ada, "Millers", &[(bob, "ADMIN")]).await;
    let path = format!("{}/access/teams/{millers}", stage.vault);
    ada.put(&path, json!({"role": "ADMIN"})).await.expect(204);
    open(&stage, &token, None).await.expect(200);
}

#[tokio::test]
async fn a_secret_of_high_sensitivity_wants_a_fresh_proof_for_a_link() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    ada.change(secret, 1, json!({"highSensitivity": true}))
        .await
        .expect(200);
    let path = format!("{secret}/links");
    ada.post(&path, once())
        .await
        .expect_problem(403, "step-up-required");
    assert_eq!(stage.count("secret_links").await, 0);
    let body = once();
    let made = make(ada, secret, body).await.expect(201);
    assert_eq!(made.json()["link"]["remaining"], 1);
}

#[tokio::test]
async fn only_the_digest_of_a_token_is_kept_and_the_database_opens_nothing() {
    let stage = stage().await;
    let mut body = once();
    body["passphrase"] = json!("told by telephone");
    let token = token(&stage.ada, &stage.secret, body).await;
    let mut behind = stage.server.database.behind().await;
    let row: String =
        sqlx::query_scalar("SELECT l::text || encode(sealed_value, 'escape') FROM secret_links l")
            .fetch_one(&mut behind)
            .await
            .unwrap();
    for known in [token.as_str(), "hunter2", "mill", "told by telephone"] {
        assert!(
            !row.contains(known) && !row.contains(&hex::encode(known)),
            "{known}"
        );
    }
    let keys = stage.count("data_keys").await;
    assert_eq!(
        keys, 1,
        "the record's: a link has none that a master key opens"
    );
}

#[tokio::test]
async fn guesses_at_tokens_are_counted_by_network() {
    let stage = stage().await;
    let visitor = stage.server.visitor();
    let mut last = 0;
    for _ in 0..31 {
        let body = json!({"token": "0".repeat(64)});
        last = visitor.post("/links/open", body).await.status.as_u16();
    }
    assert_eq!(last, 429);
}
