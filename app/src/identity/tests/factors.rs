//! Second factors: how they come and go, and what an organisation demands.

use serde_json::{Value, json};
use time::Duration;

use crate::testing::{PASSWORD, Person, Server};

async fn factors(person: &Person) -> Value {
    person.get("/me/factors").await.expect(200).json()
}

/// Makes an organisation demand a second factor, with so many days of grace from now on.
async fn demand(server: &Server, person: &Person, days: i32) {
    let mut behind = server.database.behind().await;
    // The server's clock stands, and the database's goes on.
    let earlier = "UPDATE memberships SET created_at = created_at - interval '1 hour'";
    sqlx::query(earlier).execute(&mut behind).await.unwrap();
    sqlx::query(
        "UPDATE organization_policies SET require_second_factor = true,
             second_factor_grace_days = $2, second_factor_required_at = now() - interval '1 hour'
         WHERE org_id = $1",
    )
    .bind(person.org)
    .bind(days)
    .execute(&mut behind)
    .await
    .unwrap();
}

#[tokio::test]
async fn an_authenticator_app_is_added_with_its_first_code() {
    let server = Server::still().await;
    let ada = server.owner().await;
    assert_eq!(
        factors(&ada).await,
        json!({"totp": [], "passkeys": [], "recoveryCodes": {"left": 0}})
    );
    let name = json!({"name": " my phone "});
    let begun = ada.post("/me/factors/totp", name).await.expect(201);
    assert_eq!(begun.header("cache-control"), "no-store");
    let secret = begun.string("/secret");
    assert_eq!(secret.len(), 32, "160 bits");
    let uri = begun.string("/uri");
    assert!(
        uri.starts_with("otpauth://totp/VaultTerm:ada%40example.com?"),
        "{uri}"
    );
    assert!(uri.contains(&format!("secret={secret}&")), "{uri}");
    assert!(begun.string("/qrSvg").starts_with("<svg "));
    assert_eq!(
        factors(&ada).await["totp"],
        json!([]),
        "it counts for nothing yet"
    );
    server.sign_in("ada@example.com").await;

    let path = format!("/me/factors/totp/{}/confirm", begun.id());
    let refused = ada.post(&path, json!({"code": "000 00"})).await;
    let refused = refused.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["code"]);
    let now = server.app.clock.now();
    let code = crate::identity::factors::shown(&secret, now);
    let answer = ada.post_proven(&path, json!({"code": code})).await;
    let answer = answer.expect(200);
    let codes = answer.json()["recoveryCodes"].as_array().unwrap().len();
    assert_eq!(codes, 10);
    let ada = ada.with(answer.cookie());
    let mine = factors(&ada).await;
    assert_eq!(mine["totp"][0]["name"], "my phone");
    assert_eq!(mine["totp"][0]["lastUsedAt"], Value::Null);
    assert_eq!(mine["recoveryCodes"]["left"], 10);
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!(me["secondFactor"]["enrolled"], true);
    let again = ada.post(&path, json!({"code": code})).await;
    again.expect_problem(404, "not-found");
}

#[tokio::test]
async fn with_the_first_factor_the_session_goes_on_under_another_token_and_all_others_end() {
    let server = Server::still().await;
    let before = server.owner().await;
    let elsewhere = server.sign_in("ada@example.com").await;
    let (ada, _) = server.enrol(&before).await;
    assert_ne!(ada.cookie(), before.cookie());
    for over in [&before, &elsewhere] {
        over.get("/me").await.expect_problem(401, "not-signed-in");
    }
    let sessions = ada.get("/me/sessions").await.expect(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1, "{sessions}");
    let shown = json!(["password", "totp", "link"]);
    assert_eq!(sessions["items"][0]["factors"], shown, "set up by link");
    // A second one ends nobody's session, and leaves the codes as they are.
    let (again, second) = server.enrol(&ada).await;
    assert!(second.recovery_codes.is_empty());
    ada.get("/me").await.expect_problem(401, "not-signed-in");
    assert_eq!(factors(&again).await["totp"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_app_that_waits_too_long_for_its_code_is_forgotten() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let begin = || ada.post("/me/factors/totp", json!({"name": "phone"}));
    let first = begin().await.expect(201);
    let second = begin().await.expect(201);
    let confirm = async |begun: &crate::testing::Answer, server: &Server| {
        let code =
            crate::identity::factors::shown(&begun.string("/secret"), server.app.clock.now());
        let path = format!("/me/factors/totp/{}/confirm", begun.id());
        let person = server
            .visitor()
            .with_cookie(ada.cookie().map(str::to_owned));
        person.post(&path, json!({"code": code})).await
    };
    confirm(&first, &server).await.expect(404);
    let late = server.later(Duration::minutes(15)).await;
    confirm(&second, &late).await.expect(404);
    let early = server.later(Duration::minutes(14)).await;
    confirm(&second, &early)
        .await
        .expect_problem(403, "step-up-required");
}

#[tokio::test]
async fn factors_are_named_and_removed_by_their_owner_alone() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let (ada, app) = server.enrol(&ada).await;
    let path = format!("/me/factors/{}", app.id);
    for answer in [
        bob.patch(&path, json!({"name": "mine"})).await,
        bob.delete(&path).await,
        bob.post(
            &format!("/me/factors/totp/{}/confirm", app.id),
            json!({"code": app.shows(&server, 0)}),
        )
        .await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    ada.patch(&path, json!({"name": "work phone"}))
        .await
        .expect(204);
    ada.patch(&path, json!({"name": " "})).await.expect(422);
    assert_eq!(factors(&ada).await["totp"][0]["name"], "work phone");
    ada.delete(&path)
        .await
        .expect_problem(403, "step-up-required");
    ada.delete_proven(&path).await.expect(204);
    ada.delete(&path).await.expect(404);
    assert_eq!(
        factors(&ada).await,
        json!({"totp": [], "passkeys": [], "recoveryCodes": {"left": 0}})
    );
    // Where there is no factor, the password is enough again.
    server.sign_in("ada@example.com").await;
    assert_eq!(server.database.count("account_keys").await, 0);
}

#[tokio::test]
async fn new_recovery_codes_end_the_earlier_ones() {
    let server = Server::still().await;
    let ada = server.owner().await;
    ada.post("/me/factors/recovery-codes", json!({}))
        .await
        .expect_problem(409, "no-second-factor");
    let (ada, app) = server.enrol(&ada).await;
    ada.post("/me/factors/recovery-codes", json!({}))
        .await
        .expect_problem(403, "step-up-required");
    let made = ada
        .post_proven("/me/factors/recovery-codes", json!({}))
        .await;
    let codes = made.expect(200).json()["codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let ticket = server.ticket("ada@example.com").await;
    let visitor = server.visitor();
    let old = &app.recovery_codes[0];
    let refused = visitor.prove(&ticket, "recoveryCode", old).await;
    assert_eq!(refused.expect(422).wrong_fields(), ["recoveryCode"]);
    let new = codes[0].as_str().unwrap();
    let came = visitor.prove(&ticket, "recoveryCode", new).await;
    let came = ada.with(came.expect(200).cookie());
    assert_eq!(factors(&came).await["recoveryCodes"]["left"], 9);
}

#[tokio::test]
async fn who_must_set_up_a_second_factor_sets_one_up_and_goes_on() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    demand(&server, &ada, 0).await;
    bob.get("/vaults")
        .await
        .expect_problem(403, "second-factor-required");
    let (bob, app) = server.enrol(&bob).await;
    bob.get("/vaults").await.expect(200);
    let me = bob.get("/me").await.expect(200).json();
    let expected = json!({"enrolled": true, "requiredFrom": null, "mustEnrol": false});
    assert_eq!(me["secondFactor"], expected);
    // The last one stays, in the grace as well as after it, and whichever organisation demands it.
    let path = format!("/me/factors/{}", app.id);
    bob.delete(&path)
        .await
        .expect_problem(409, "last-second-factor");
    demand(&server, &ada, 30).await;
    bob.delete(&path)
        .await
        .expect_problem(409, "last-second-factor");
    let (bob, _) = server.enrol(&bob).await;
    bob.delete_proven(&path).await.expect(204);
    // And Ada, who has set up none, is still asked to.
    demand(&server, &ada, 0).await;
    ada.get("/vaults")
        .await
        .expect_problem(403, "second-factor-required");
}

#[tokio::test]
async fn the_last_factor_stays_when_another_organisation_demands_it() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    server
        .join(bob.org, "ada@example.com", "member", "confirmed")
        .await;
    demand(&server, &bob, 7).await;
    let (ada, app) = server.enrol(&ada).await;
    ada.delete(&format!("/me/factors/{}", app.id))
        .await
        .expect_problem(409, "last-second-factor");
}

#[tokio::test]
async fn two_removals_at_once_leave_the_last_factor_that_is_demanded() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let (ada, first) = server.enrol(&ada).await;
    let (ada, second) = server.enrol(&ada).await;
    demand(&server, &ada, 0).await;
    let [a, b] = [first, second].map(|app| format!("/me/factors/{}", app.id));
    let (a, b) = tokio::join!(ada.delete_proven(&a), ada.delete_proven(&b));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    assert_eq!(factors(&ada).await["totp"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_but_the_name_and_the_code_can_be_assigned() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for (field, value) in [
        ("secret", json!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")),
        ("userId", json!(ada.user)),
        ("id", json!(ada.user)),
        ("confirmed", json!(true)),
    ] {
        let mut body = json!({"name": "phone"});
        body[field] = value.clone();
        bob.post("/me/factors/totp", body.clone()).await.expect(400);
        let mut body = json!({"ticket": "x", "totp": "123456"});
        body[field] = value;
        server
            .visitor()
            .post("/auth/second-factor", body)
            .await
            .expect(400);
    }
    let (bob, app) = server.enrol(&bob).await;
    let path = format!("/me/factors/{}", app.id);
    for more in ["lastStep", "createdAt", "kind"] {
        let mut body = json!({"name": "phone"});
        body[more] = json!(0);
        bob.patch(&path, body).await.expect(400);
    }
}

#[tokio::test]
async fn a_person_has_a_handful_of_apps_and_no_more() {
    let server = Server::still().await;
    let mut ada = server.owner().await;
    for _ in 0..5 {
        ada = server.enrol(&ada).await.0;
    }
    ada.post("/me/factors/totp", json!({"name": "sixth"}))
        .await
        .expect_problem(409, "too-many-factors");
}

#[tokio::test]
async fn seeds_and_codes_stand_in_no_table_and_the_trail_says_what_was_done() {
    let server = Server::still().await;
    let ada = server.owner().await;
    let begun = ada
        .post("/me/factors/totp", json!({"name": "phone"}))
        .await
        .expect(201);
    let secret = begun.string("/secret");
    let code = crate::identity::factors::shown(&secret, server.app.clock.now());
    let path = format!("/me/factors/totp/{}/confirm", begun.id());
    let answer = ada.post_proven(&path, json!({"code": code})).await;
    let answer = answer.expect(200);
    let recovery = answer.json()["recoveryCodes"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let ada = ada.with(answer.cookie());
    ada.patch(
        &format!("/me/factors/{}", begun.id()),
        json!({"name": "work phone"}),
    )
    .await
    .expect(204);
    let mut behind = server.database.behind().await;
    let seed = data_encoding::BASE32_NOPAD
        .decode(secret.as_bytes())
        .unwrap();
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT encode(t::text::bytea, 'escape') FROM totp_factors t
         UNION ALL SELECT t::text FROM recovery_codes t UNION ALL SELECT t::text FROM audit_events t",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    let all = rows.join("\n");
    for plain in [&secret, &hex::encode(&seed), &recovery, PASSWORD] {
        assert!(!all.contains(plain), "{plain}");
    }
    let events = ada.get("/audit-events").await.expect(200).json();
    let actions: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["action"].as_str().unwrap(), &event["detail"]))
        .filter(|(action, _)| *action != "step-up.proved")
        .take(3)
        .collect();
    let phone = json!({"kind": "totp", "name": "phone"});
    let work = json!({"kind": "totp", "name": "work phone"});
    assert_eq!(
        actions,
        [
            ("factor.renamed", &work),
            ("factor.added", &phone),
            ("factor.begun", &phone)
        ]
    );
}
