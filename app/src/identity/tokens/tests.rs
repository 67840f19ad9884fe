//! Tokens for the API, through the router, on a real database.

use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::kernel::Clock;
use crate::testing::{Answer, Client, Person, Server};

const ALL: [&str; 7] = [
    "vaults:read",
    "vaults:write",
    "secrets:reveal",
    "audit:read",
    "people:read",
    "people:write",
    "scim",
];

async fn create(person: &Person, body: Value) -> Answer {
    person.post_proven("/tokens", body).await
}

/// A client with a token that was shown, and nothing else.
fn bearer(server: &Server, secret: &str) -> Client {
    server.visitor().with_origin(None).with_bearer(secret)
}

async fn trail(person: &Person) -> Vec<Value> {
    let events = person.get("/audit-events").await.expect(200).json();
    events["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_token_is_shown_once_and_acts_for_its_maker() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let body = json!({"name": " deploy ", "scopes": ["vaults:read", "vaults:read"],
        "expiresAt": "2100-01-01T00:00:00Z"});
    let made = create(&ada, body).await.expect(201);
    assert_eq!(made.header("cache-control"), "no-store");
    let secret = made.string("/secret");
    let token = made.json()["token"].clone();
    assert_eq!(token["name"], "deploy");
    assert_eq!(token["scopes"], json!(["vaults:read"]));
    assert_eq!(token["expiresAt"], "2100-01-01T00:00:00Z");
    assert_eq!(token["lastUsedAt"], Value::Null);
    assert_eq!(
        token["user"],
        json!({"id": ada.user, "name": "Ada Lovelace"})
    );

    let listed = ada.get("/tokens").await.expect(200);
    assert_eq!(listed.json()["items"], json!([token]));
    assert!(!listed.text().contains(&secret));
    let machine = bearer(&server, &secret);
    let seen = machine.get("/vaults").await.expect(200).json();
    assert_eq!(seen["items"][0]["id"], vault.as_str());
    let used = ada.get("/tokens").await.expect(200).json();
    assert!(used["items"][0]["lastUsedAt"].is_string(), "{used}");
}

#[tokio::test]
async fn only_the_digest_of_a_token_is_kept() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = create(&ada, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let secret = made.expect(201).string("/secret");
    let mut behind = server.database.behind().await;
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT t::text FROM api_tokens t UNION ALL SELECT e::text FROM audit_events e",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    for row in rows {
        assert!(!row.contains(&secret[3..]), "{row}");
        assert!(!row.contains(&hex::encode(&secret)), "{row}");
    }
}

#[tokio::test]
async fn a_token_beyond_its_scope_is_refused_on_every_route() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let reader = ada.token(&["vaults:read"]).await;
    reader.get(&secret).await.expect(200);
    let refused = [
        reader.post("/vaults", json!({"name": "x"})).await,
        reader.reveal(&secret, "password").await,
        reader.get("/audit-events").await,
        reader.change(&secret, 1, json!({"name": "x"})).await,
    ];
    for answer in refused {
        answer.expect_problem(403, "scope-needed");
    }
    // No scope opens what is about people's own accounts, or about tokens.
    let everything = ada.token(&ALL).await;
    let own = create(&ada, json!({"name": "y", "scopes": ["scim"]})).await;
    let id = own.expect(201).string("/token/id");
    for answer in [
        everything.get("/me").await,
        everything.get("/me/sessions").await,
        everything.get("/tokens").await,
        everything
            .post("/tokens", json!({"name": "more", "scopes": ALL}))
            .await,
        everything.delete(&format!("/tokens/{id}")).await,
        everything
            .delete(&secret.replace("/secrets/", "/trash/"))
            .await,
        everything.delete(&format!("/vaults/{vault}")).await,
        everything.post("/auth/sign-out", json!({})).await,
    ] {
        answer.expect_problem(403, "session-needed");
    }
}

#[tokio::test]
async fn a_token_may_not_do_what_its_maker_may_not() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let machine = bob.token(&ALL).await;
    let path = format!("/vaults/{vault}");
    machine.get(&path).await.expect_problem(404, "not-found");
    machine.get("/audit-events").await.expect(200);
    // The role of today counts, not that of the day on which the token was made.
    server
        .join(ada.org, "bob@example.com", "member", "confirmed")
        .await;
    let refused = machine.get("/audit-events").await;
    refused.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = create(&ada, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let made = made.expect(201);
    let machine = bearer(&server, &made.string("/secret"));
    machine.get("/vaults").await.expect(200);
    let path = format!("/tokens/{}", made.string("/token/id"));
    ada.delete(&path).await.expect(204);
    let refused = machine.get("/vaults").await;
    refused.expect_problem(401, "token-invalid");
    ada.delete(&path).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let end = (server.app.clock.now() + Duration::days(7))
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let body = json!({"name": "x", "scopes": ["vaults:read"], "expiresAt": end});
    let secret = create(&ada, body).await.expect(201).string("/secret");
    bearer(&server, &secret).get("/vaults").await.expect(200);
    let later = server
        .replica(
            Clock::fixed(server.app.clock.now() + Duration::days(8)),
            &[],
        )
        .await;
    let refused = bearer(&later, &secret).get("/vaults").await;
    refused.expect_problem(401, "token-invalid");
}

#[tokio::test]
async fn the_token_of_a_removed_member_is_refused_and_does_not_come_back_with_them() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    for state in ["revoked", "accepted", "invited"] {
        let machine = bob.token(&["vaults:read"]).await;
        machine.get("/vaults").await.expect(200);
        server
            .join(ada.org, "bob@example.com", "admin", state)
            .await;
        let refused = machine.get("/vaults").await;
        refused.expect_problem(401, "token-invalid");
        server
            .join(ada.org, "bob@example.com", "admin", "confirmed")
            .await;
        let refused = machine.get("/vaults").await;
        refused.expect_problem(401, "token-invalid");
    }
    assert_eq!(server.database.count("api_tokens").await, 0);
}

#[tokio::test]
async fn a_token_of_another_tenant_opens_its_own_and_nothing_else() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let theirs = ada.vault("Engines").await;
    let secret = ada.secret(&theirs, "mill", "hunter2").await;
    let made = create(&ada, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let id = made.expect(201).string("/token/id");
    let machine = bob.token(&ALL).await;
    for path in [format!("/vaults/{theirs}"), secret] {
        machine.get(&path).await.expect_problem(404, "not-found");
    }
    assert_eq!(
        machine.get("/vaults").await.expect(200).json()["items"],
        json!([])
    );
    let refused = bob.delete(&format!("/tokens/{id}")).await;
    refused.expect_problem(404, "not-found");
    assert_eq!(
        bob.get("/tokens").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_member_of_two_organisations_has_a_token_in_each() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    server
        .join(ada.org, "bob@example.com", "admin", "confirmed")
        .await;
    let machine = bob.token(&["vaults:read"]).await;
    machine.get("/vaults").await.expect(200);
    // The membership that ended is the other one.
    server
        .join(ada.org, "bob@example.com", "admin", "revoked")
        .await;
    machine.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn a_token_and_a_cookie_together_are_the_token_alone() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = create(&ada, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let secret = made.expect(201).string("/secret");
    let both = (*ada).clone().with_bearer(&secret);
    both.get("/vaults").await.expect(200);
    let refused = both.get("/me").await;
    refused.expect_problem(403, "session-needed");
    // One that is no token does not fall back on the cookie, nor past the look at the origin.
    let wrong = (*ada).clone().with_bearer("vt_nonsense").with_origin(None);
    let refused = wrong.post("/vaults", json!({"name": "planted"})).await;
    refused.expect_problem(401, "token-invalid");
    assert_eq!(server.database.count("vaults").await, 0);
}

#[tokio::test]
async fn what_looks_like_a_token_is_none() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = create(&ada, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let secret = made.expect(201).string("/secret");
    let mut stored: Vec<u8> = sqlx::query_scalar("SELECT digest FROM api_tokens")
        .fetch_one(&mut server.database.behind().await)
        .await
        .unwrap();
    stored.truncate(32);
    for text in [
        "",
        " ",
        "vt_",
        "null",
        "' OR true --",
        &hex::encode(stored),
        &secret[..51],
        &secret.to_uppercase(),
        &format!("{secret} {secret}"),
        &"v".repeat(8000),
    ] {
        let answer = bearer(&server, text).get("/vaults").await;
        assert_eq!(answer.status, 401, "{text}: {}", answer.text());
    }
}

#[tokio::test]
async fn requests_with_a_token_are_counted_for_each_token() {
    let server = Server::start_with(&[("TOKEN_RATE_MAX", "3")]).await;
    let ada = server.owner().await;
    let (one, other) = (
        ada.token(&["vaults:read"]).await,
        ada.token(&["vaults:read"]).await,
    );
    for _ in 0..3 {
        one.get("/vaults").await.expect(200);
    }
    let refused = one.get("/vaults").await.expect_problem(429, "rate-limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 60);
    // Another address is the same token; another token is another count.
    let moved = one.clone().with_address("192.0.2.77".parse().unwrap());
    moved
        .get("/vaults")
        .await
        .expect_problem(429, "rate-limited");
    other.get("/vaults").await.expect(200);
    ada.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn without_the_cache_no_token_is_served() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let machine = ada.token(&["vaults:read"]).await;
    server.cache.cut();
    machine
        .get("/vaults")
        .await
        .expect_problem(503, "unavailable");
    server.cache.mend();
    machine.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = create(&ada, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let secret = made.expect(201).string("/secret");
    let now = server.app.clock.now();
    let mut noted = Vec::new();
    for seconds in [0, 30, 59, 61, 90] {
        let clock = Clock::fixed(now + Duration::seconds(seconds));
        let replica = server.replica(clock, &[]).await;
        bearer(&replica, &secret).get("/vaults").await.expect(200);
        let listed = ada.get("/tokens").await.json();
        noted.push(
            listed["items"][0]["lastUsedAt"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(noted[0], noted[2], "{noted:?}");
    assert_ne!(noted[2], noted[3], "{noted:?}");
    assert_eq!(noted[3], noted[4], "{noted:?}");
}

#[tokio::test]
async fn where_a_second_factor_is_demanded_the_token_of_who_has_none_ends_with_the_grace() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let machine = ada.token(&["vaults:read"]).await;
    let mut behind = server.database.behind().await;
    for (days, status) in [(7, 200), (0, 403)] {
        sqlx::query(
            "UPDATE organization_policies SET require_second_factor = true,
                 second_factor_required_at = now(), second_factor_grace_days = $2
             WHERE org_id = $1",
        )
        .bind(ada.org)
        .bind(days)
        .execute(&mut behind)
        .await
        .unwrap();
        sqlx::query("UPDATE memberships SET created_at = now() - interval '1 day'")
            .execute(&mut behind)
            .await
            .unwrap();
        machine.get("/vaults").await.expect(status);
    }
    let refused = machine.get("/vaults").await;
    refused.expect_problem(403, "second-factor-required");
}

#[tokio::test]
async fn the_trail_names_the_token_that_acted() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = create(&ada, json!({"name": "deploy", "scopes": ["vaults:write"]})).await;
    let made = made.expect(201);
    let id = made.string("/token/id");
    let machine = bearer(&server, &made.string("/secret"));
    machine
        .post("/vaults", json!({"name": "Engines"}))
        .await
        .expect(201);
    ada.delete(&format!("/tokens/{id}")).await.expect(204);
    let events = trail(&ada).await;
    let actions: Vec<_> = events
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions[..3],
        ["token.revoked", "vault.created", "token.created"]
    );
    assert_eq!(events[1]["circumstances"]["token"], id.as_str());
    assert_eq!(events[1]["actor"]["id"], json!(ada.user));
    assert_eq!(
        events[2]["resource"],
        json!({"type": "user", "id": ada.user, "name": "Ada Lovelace"})
    );
    assert_eq!(events[2]["circumstances"]["made"], id.as_str());
    assert_eq!(events[2]["detail"]["name"], "deploy");
    assert_eq!(events[2]["detail"]["scopes"], json!(["vaults:write"]));
}

#[tokio::test]
async fn members_see_and_revoke_their_own_and_managers_all() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    let made = create(&bob, json!({"name": "x", "scopes": ["vaults:read"]})).await;
    let path = format!("/tokens/{}", made.expect(201).string("/token/id"));
    assert_eq!(
        carol.get("/tokens").await.expect(200).json()["items"],
        json!([])
    );
    carol.delete(&path).await.expect_problem(404, "not-found");
    let all = ada.get("/tokens").await.expect(200).json();
    assert_eq!(all["items"][0]["user"]["name"], "bob@example.com");
    ada.delete(&path).await.expect(204);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_to_be_made_is_said_at_once() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bad = json!({"name": "", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z"});
    let refused = create(&ada, bad).await.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["name", "scopes", "expiresAt"]);
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for scope in ["scim", "audit:read"] {
        let refused = create(&bob, json!({"name": "x", "scopes": ["vaults:read", scope]})).await;
        assert_eq!(refused.expect(422).wrong_fields(), ["scopes"]);
    }
    for body in [
        json!({"name": "x", "scopes": ["root"]}),
        json!({"name": "x", "scopes": ["vaults:read"], "userId": ada.user}),
        json!({"name": "x", "scopes": ["vaults:read"], "orgId": Uuid::now_v7()}),
        json!({"name": "x", "scopes": ["vaults:read"], "secret": "vt_mine"}),
        json!({"name": "x", "scopes": ["vaults:read"], "expiresAt": "tomorrow"}),
    ] {
        create(&ada, body).await.expect_problem(400, "bad-request");
    }
}

#[tokio::test]
async fn a_member_has_at_most_a_hundred_tokens() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut behind = server.database.behind().await;
    sqlx::query(
        "INSERT INTO api_tokens (org_id, id, user_id, name, digest, scopes, created_at)
         SELECT $1, gen_random_uuid(), $2, 'x', sha256(n::text::bytea), '{scim}', now()
         FROM generate_series(1, 100) n",
    )
    .bind(ada.org)
    .bind(ada.user)
    .execute(&mut behind)
    .await
    .unwrap();
    let refused = create(&ada, json!({"name": "x", "scopes": ["scim"]})).await;
    refused.expect_problem(409, "too-many-tokens");
}
