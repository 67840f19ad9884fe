//! Naming a provider.

use http::Method;
use serde_json::{Value, json};
use sqlx::Row as _;

use super::stand_in::{SECRET, Says, Slowness, StandIn};
use super::{arrive, put, refused, session, stage, wanted};
use crate::testing::{PASSWORD, Server};

#[tokio::test]
async fn an_owner_names_a_provider_and_an_admin_sees_it_and_may_not_change_it() {
    let (server, ada, provider) = stage().await;
    let seen = ada.get("/organization/sso").await.expect(200).json();
    assert_eq!(seen["connection"]["kind"], "oidc");
    assert_eq!(seen["connection"]["issuer"], provider.issuer());
    assert_eq!(seen["connection"]["domains"], json!(["example.com"]));
    assert_eq!(seen["connection"]["hasSecret"], true);
    assert_eq!(
        seen["redirectUri"],
        "http://localhost:4000/api/v1/auth/sso/callback"
    );
    // Whoever could name the provider could be anybody, an owner too.
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let same = admin.get("/organization/sso").await.expect(200).json();
    assert_eq!(same, seen);
    put(&admin, wanted(&provider))
        .await
        .expect_problem(403, "forbidden");
    let refused = admin.delete("/organization/sso").await;
    refused.expect_problem(403, "forbidden");
    let member = server.member(ada.org, "member@example.com", "member").await;
    let hidden = member.get("/organization/sso").await;
    hidden.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn the_client_secret_is_sealed_and_shown_to_nobody() {
    let (server, ada, provider) = stage().await;
    let seen = ada.get("/organization/sso").await.expect(200).text();
    let trail = ada.get("/audit-events").await.expect(200).text();
    let changed = put(&ada, wanted(&provider)).await.expect(200).text();
    for text in [seen, trail, changed] {
        assert!(!text.contains("nobody may see"), "{text}");
    }
    let mut behind = server.database.behind().await;
    let rows = sqlx::query("SELECT c::text AS row FROM sso_connections c")
        .fetch_all(&mut behind)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    let row: String = rows[0].get("row");
    assert!(
        !row.contains("nobody may see") && !row.contains(&hex::encode(SECRET)),
        "{row}"
    );
    // Sealed at its place: moved to another organisation it does not open.
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    let mut body = wanted(&provider);
    body["domains"] = json!(["example.org"]);
    put(&bob, body).await.expect(200);
    sqlx::query(
        "UPDATE sso_connections SET sealed_secret =
             (SELECT sealed_secret FROM sso_connections WHERE org_id = $1) WHERE org_id = $2",
    )
    .bind(ada.org)
    .bind(bob.org)
    .execute(&mut behind)
    .await
    .unwrap();
    let says = Says::person("new", "new@example.org");
    let answer = arrive(&server, &provider, "new@example.org", says).await;
    refused(&answer, "sso-failed");
}

#[tokio::test]
async fn a_secret_is_not_sent_to_an_address_that_it_was_not_given_for() {
    let (server, ada, provider) = stage().await;
    let mut kept = wanted(&provider);
    kept["clientSecret"] = Value::Null;
    kept["defaultRole"] = json!("admin");
    put(&ada, kept.clone()).await.expect(200);
    let says = Says::person("new", "new@example.com");
    session(
        &server,
        &arrive(&server, &provider, "new@example.com", says).await,
    );
    let thief = StandIn::start().await;
    for (field, value) in [
        ("issuer", json!(thief.issuer())),
        ("clientId", json!("another client")),
    ] {
        let mut moved = kept.clone();
        moved[field] = value;
        let answer = put(&ada, moved).await.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["clientSecret"]);
    }
}

#[tokio::test]
async fn a_provider_that_is_away_or_names_another_is_said_when_it_is_named() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    let blamed = async |body: Value| {
        let answer = put(&ada, body).await.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["issuer"]);
        answer.text()
    };
    provider.go_down(true);
    assert!(blamed(wanted(&provider)).await.contains("answered 503"));
    // It can be prepared meanwhile.
    let mut off = wanted(&provider);
    off["enabled"] = json!(false);
    put(&ada, off).await.expect(200);
    provider.go_down(false);
    provider.describes(json!({"issuer": "https://login.example.com"}));
    assert!(
        blamed(wanted(&provider))
            .await
            .contains("names another issuer")
    );
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
    ] {
        for bad in [
            "javascript:alert(1)",
            "http://10.0.0.1/",
            "https://169.254.169.254/",
            "file:///",
        ] {
            provider.describes(json!({endpoint: bad}));
            assert!(
                blamed(wanted(&provider))
                    .await
                    .contains("the address is refused"),
                "{bad}"
            );
        }
    }
    let mut nobody = wanted(&provider);
    for issuer in [
        "http://login.example.com",
        "ftp://a.b",
        "login",
        "http://127.0.0.1:1",
    ] {
        nobody["issuer"] = json!(issuer);
        blamed(nobody.clone()).await;
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_not_read() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000")]).await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    provider.describes(json!({"jwks_uri": format!("{}/elsewhere", provider.issuer())}));
    put(&ada, wanted(&provider)).await.expect(200);
    let says = Says::person("new", "new@example.com");
    let answer = arrive(&server, &provider, "new@example.com", says).await;
    refused(&answer, "sso-provider");
    assert_eq!((provider.wanderings(), provider.keys_asked()), (1, 0));
    provider.describes(json!({"padding": "x".repeat(300 * 1024)}));
    let answer = put(&ada, wanted(&provider))
        .await
        .expect_problem(422, "invalid");
    assert!(answer.text().contains("more than 256 KiB"));
}

#[tokio::test]
async fn a_description_that_leads_elsewhere_is_not_followed() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    provider.strays(true);
    let answer = put(&ada, wanted(&provider))
        .await
        .expect_problem(422, "invalid");
    assert!(answer.text().contains("answered 307"), "{}", answer.text());
    assert_eq!(provider.wanderings(), 0);
    // Nor later, when it is fetched anew for somebody who wants to sign in.
    provider.strays(false);
    put(&ada, wanted(&provider)).await.expect(200);
    provider.strays(true);
    let begun = json!({"email": "grace@example.com"});
    let answer = server.visitor().post("/auth/sso/start", begun).await;
    answer.expect_problem(502, "sso-provider");
    assert_eq!(provider.wanderings(), 0);
}

#[tokio::test]
async fn a_description_that_comes_slowly_is_not_waited_for() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    for slowness in [Slowness::Silent, Slowness::Dripping] {
        provider.slows(slowness);
        let began = std::time::Instant::now();
        let answer = put(&ada, wanted(&provider))
            .await
            .expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["issuer"]);
        assert!(answer.text().contains("did not answer"), "{slowness:?}");
        assert!(began.elapsed().as_secs() < 10, "{slowness:?}");
    }
    // Nobody else waits for it meanwhile: no transaction is open.
    let waiting = put(&ada, wanted(&provider));
    let (_, seen) = tokio::join!(waiting, async {
        let began = std::time::Instant::now();
        ada.patch("/organization", json!({"name": "Engines"}))
            .await
            .expect(200);
        began.elapsed()
    });
    assert!(seen.as_secs() < 3, "{seen:?}");
}

#[tokio::test]
async fn a_description_that_is_none_is_said_to_be_none() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    for bad in [
        json!({"issuer": null}),
        json!({"jwks_uri": null}),
        json!({"token_endpoint": 7}),
        json!({"authorization_endpoint": ["https://login.example.com"]}),
    ] {
        provider.describes(bad.clone());
        let answer = put(&ada, wanted(&provider))
            .await
            .expect_problem(422, "invalid");
        assert!(answer.text().contains("of the shape"), "{bad}");
    }
}

#[tokio::test]
async fn settings_want_a_fresh_proof_for_exactly_what_is_kept() {
    let (server, ada, provider) = stage().await;
    let mut body = wanted(&provider);
    body["required"] = json!(true);
    let put_with = async |client: &crate::testing::Client, body: &Value| {
        let body = Some(body.clone());
        client.send(Method::PUT, "/organization/sso", body).await
    };
    // Nothing is asked of the network before the proof.
    let stranger = StandIn::start().await;
    let mut moved = wanted(&stranger);
    moved["domains"] = json!([]);
    let refused = put_with(&ada, &moved).await;
    refused.expect_problem(403, "step-up-required");
    assert_eq!(stranger.described(), 0);
    // A proof for one is none for another, and not for a new secret either.
    let demanded = put_with(&ada, &body).await;
    let id = demanded
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let demand = format!("/auth/step-up/{id}");
    let asked = ada.get(&demand).await.expect(200).json();
    let summary = asked["summary"].as_str().unwrap();
    assert!(summary.contains(&provider.issuer()), "{summary}");
    assert!(summary.contains("everybody but owners"), "{summary}");
    ada.post(&demand, json!({"password": PASSWORD}))
        .await
        .expect(204);
    let proved = (*ada).clone().with_step_up(&id);
    let mut without = body.clone();
    without["clientSecret"] = Value::Null;
    for other in [&moved, &without, &wanted(&provider)] {
        let refused = put_with(&proved, other).await;
        refused.expect_problem(403, "step-up-required");
    }
    put_with(&proved, &body).await.expect(200);
    put_with(&proved, &body)
        .await
        .expect_problem(403, "step-up-required");
    // The trail has the act as it was approved, and the approval with it.
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    let entry = &trail["items"][0];
    assert_eq!(entry["action"], "sso.changed");
    assert_eq!(entry["resource"]["id"], ada.org.to_string());
    assert_eq!(entry["detail"]["required"], true);
    assert_eq!(entry["detail"]["secretVersion"], 2);
    assert_eq!(entry["circumstances"]["approval"]["method"], "password");
    let app = &server.app;
    let report = crate::custody::verify(&app.db, &app.keys).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    // Taking it away wants one, too.
    ada.delete("/organization/sso")
        .await
        .expect_problem(403, "step-up-required");
    assert_eq!(server.database.count("sso_connections").await, 1);
}

#[tokio::test]
async fn a_secret_that_was_taken_away_and_given_again_works() {
    let (server, ada, provider) = stage().await;
    let mut public = wanted(&provider);
    public["clientSecret"] = json!("");
    let seen = put(&ada, public).await.expect(200).json();
    assert_eq!(seen["connection"]["hasSecret"], false);
    assert_eq!(server.database.count("data_keys").await, 0);
    put(&ada, wanted(&provider)).await.expect(200);
    let says = Says::person("new", "new@example.com");
    let answer = arrive(&server, &provider, "new@example.com", says).await;
    session(&server, &answer);
}

#[tokio::test]
async fn in_production_nothing_on_this_host_is_asked() {
    // The rule itself is tested beside it; this is that the settings go through it.
    let server = Server::start().await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    let mut body = wanted(&provider);
    body["issuer"] = json!(format!("https://169.254.169.254:{}", 443));
    let answer = put(&ada, body).await.expect_problem(422, "invalid");
    assert_eq!(answer.wrong_fields(), ["issuer"]);
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let body = json!({
        "issuer": "", "clientId": "a\u{0}b", "clientSecret": "x".repeat(501),
        "defaultRole": "owner", "groupClaim": "x".repeat(201),
        "mappings": [{"group": "a", "role": null}, {"group": "a", "role": "admin"}],
        "domains": ["*"], "enabled": false, "required": false,
    });
    let answer = put(&ada, body).await.expect_problem(422, "invalid");
    assert_eq!(
        answer.wrong_fields(),
        [
            "issuer",
            "clientId",
            "groupClaim",
            "clientSecret",
            "defaultRole",
            "mappings",
            "domains"
        ]
    );
    assert_eq!(server.database.count("sso_connections").await, 0);
}

#[tokio::test]
async fn a_provider_that_is_taken_away_leaves_no_key_and_no_way_in() {
    let (server, ada, provider) = stage().await;
    assert_eq!(server.database.count("data_keys").await, 1);
    let mut body = wanted(&provider);
    body["required"] = json!(true);
    put(&ada, body).await.expect(200);
    ada.delete_proven("/organization/sso").await.expect(204);
    ada.delete("/organization/sso")
        .await
        .expect_problem(404, "not-found");
    let none = ada.get("/organization/sso").await.expect(200).json();
    assert_eq!(none["connection"], Value::Null);
    for table in [
        "sso_connections",
        "sso_domains",
        "sso_mappings",
        "sso_mapping_teams",
        "data_keys",
    ] {
        assert_eq!(server.database.count(table).await, 0, "{table}");
    }
    // Nobody is locked out by what is gone.
    server.member(ada.org, "member@example.com", "member").await;
    let begin = json!({"email": "member@example.com"});
    let answer = server.visitor().post("/auth/sso/start", begin).await;
    answer.expect_problem(404, "sso-not-offered");
}

#[tokio::test]
async fn another_organisations_settings_are_not_seen() {
    let (server, _ada, _provider) = stage().await;
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    let none = bob.get("/organization/sso").await.expect(200).json();
    assert_eq!(none["connection"], Value::Null);
    bob.delete("/organization/sso")
        .await
        .expect_problem(404, "not-found");
    assert_eq!(server.database.count("sso_connections").await, 1);
}
