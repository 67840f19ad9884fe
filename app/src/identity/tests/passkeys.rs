//! Passkeys: made, shown, copied, and shown where they should not be.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{Client, PASSWORD, Person, SecurityKey, Server};

/// Signs in by a passkey alone.
async fn sign_in(client: &Client, key: &mut SecurityKey) -> crate::testing::Answer {
    let asked = client.post("/auth/passkey/options", json!({})).await;
    let asked = asked.expect(200).json();
    let body = json!({"id": asked["id"], "credential": key.show(&asked["options"])});
    client.post("/auth/passkey", body).await
}

/// The ticket of somebody whose password was right.
async fn ticket(client: &Client) -> Value {
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = client.post("/auth/sign-in", body).await.expect(200).json();
    assert_eq!(answer["kind"], "second-factor", "{answer}");
    answer
}

async fn second(client: &Client, ticket: &Value, key: &mut SecurityKey) -> crate::testing::Answer {
    let body = json!({"ticket": ticket["ticket"]});
    let path = "/auth/second-factor/passkey";
    let asked = client.post(&format!("{path}/options"), body).await;
    let asked = asked.expect(200).json();
    let credential = key.show(&asked["options"]);
    let body = json!({"ticket": ticket["ticket"], "credential": credential});
    client.post(path, body).await
}

async fn passkeys(person: &Person) -> Vec<Value> {
    let list = person.get("/me/factors").await.expect(200).json();
    list["passkeys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in_alone() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut key = SecurityKey::new();
    let (ada, codes) = ada.add_passkey(&mut key, "Blue key").await;
    assert_eq!(codes.as_array().unwrap().len(), 10, "with the first factor");
    let mut other = SecurityKey::new();
    let (ada, codes) = ada.add_another(&mut key, &mut other, "Laptop").await;
    assert_eq!(codes, Value::Null);
    let list = passkeys(&ada).await;
    let names: Vec<&Value> = list.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Blue key", "Laptop"]);
    // The first one has proved that the second may come.
    assert_ne!(list[0]["lastUsedAt"], Value::Null);
    assert_eq!(list[1]["lastUsedAt"], Value::Null);

    for key in [&mut key, &mut other] {
        let answer = sign_in(&server.visitor(), key).await.expect(200);
        assert_eq!(answer.json()["kind"], "signed-in");
        let person = server.visitor().with_cookie(answer.cookie());
        let me = person.get("/me").await.expect(200).json();
        assert_eq!(me["user"]["email"], "ada@example.com");
        assert_eq!(me["secondFactor"]["enrolled"], true);
    }
    assert_ne!(passkeys(&ada).await[1]["lastUsedAt"], Value::Null);
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    assert_eq!(trail["items"][0]["detail"], json!({"method": "passkey"}));
    assert_eq!(
        trail["items"][0]["circumstances"]["factors"],
        json!(["passkey"])
    );
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_after_the_password() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut key = SecurityKey::new();
    ada.add_passkey(&mut key, "Blue key").await;
    let visitor = server.visitor();
    let asked = ticket(&visitor).await;
    assert_eq!(asked["methods"], json!(["passkey", "recovery-code"]));
    let answer = second(&visitor, &asked, &mut key).await.expect(200);
    assert_eq!(answer.json()["kind"], "signed-in");
    let again = json!({"ticket": asked["ticket"]});
    let path = "/auth/second-factor/passkey/options";
    let answer = visitor.post(path, again).await;
    answer.expect_problem(401, "ticket-over");
    let stranger = &mut SecurityKey::new();
    let asked = ticket(&visitor).await;
    let answer = second(&visitor, &asked, stranger).await;
    answer.expect_problem(422, "invalid");
}

#[tokio::test]
async fn adding_a_passkey_demands_a_fresh_proof_in_the_session_that_began_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let begun = ada.post("/me/factors/passkeys/options", json!({})).await;
    let begun = begun.expect(200).json();
    let options = &begun["options"]["publicKey"];
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(
        options["authenticatorSelection"]["residentKey"],
        "preferred"
    );
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "required"
    );
    let credential = SecurityKey::new().make(&begun["options"]);
    let body = json!({"id": begun["id"], "name": "Blue", "credential": credential});
    let path = "/me/factors/passkeys";
    let elsewhere = server.sign_in("ada@example.com").await;
    let answer = elsewhere.post(path, body.clone()).await;
    assert_eq!(answer.expect_problem(422, "invalid").wrong_fields(), ["id"]);
    let answer = ada.post(path, body.clone()).await;
    answer.expect_problem(403, "step-up-required");
    assert!(passkeys(&ada).await.is_empty());
    let added = ada
        .send_proven(http::Method::POST, path, Some(body.clone()))
        .await;
    let ada = ada.with(added.expect(200).cookie());
    let again = ada.post(path, body).await;
    assert_eq!(again.expect_problem(422, "invalid").wrong_fields(), ["id"]);
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    let entry = &trail["items"][0];
    assert_eq!(entry["action"], "factor.added");
    assert_eq!(entry["detail"]["publicKey"]["crv"], "P-256", "{entry}");
    assert_eq!(entry["circumstances"]["approval"]["method"], "password");
}

#[tokio::test]
async fn a_replayed_assertion_signs_nobody_in() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut key = SecurityKey::new();
    ada.add_passkey(&mut key, "Blue key").await;
    let client = server.visitor();
    let asked = client.post("/auth/passkey/options", json!({})).await.json();
    let credential = key.show(&asked["options"]);
    let body = json!({"id": asked["id"], "credential": credential});
    client.post("/auth/passkey", body.clone()).await.expect(200);
    let answer = client.post("/auth/passkey", body.clone()).await;
    answer.expect_problem(401, "invalid-credentials");
    // Nor for the challenge of another ceremony, nor as a second factor.
    let asked = client.post("/auth/passkey/options", json!({})).await.json();
    let other = json!({"id": asked["id"], "credential": body["credential"]});
    let answer = client.post("/auth/passkey", other).await;
    answer.expect_problem(401, "invalid-credentials");
    let ticket = ticket(&client).await;
    let path = "/auth/second-factor/passkey";
    let begin = json!({"ticket": ticket["ticket"]});
    client
        .post(&format!("{path}/options"), begin)
        .await
        .expect(200);
    let replayed = json!({"ticket": ticket["ticket"], "credential": body["credential"]});
    let answer = client.post(path, replayed).await;
    answer.expect_problem(422, "invalid");
}

#[tokio::test]
async fn an_assertion_for_another_site_or_without_its_person_signs_nobody_in() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut good = SecurityKey::new();
    ada.add_passkey(&mut good, "Blue key").await;
    type Bend = fn(&mut SecurityKey);
    let bent: [(&str, Bend); 6] = [
        ("another origin", |key| {
            key.origin = "https://evil.test".into();
        }),
        ("another port", |key| {
            key.origin = "http://localhost:4001".into();
        }),
        ("another scheme", |key| {
            key.origin = "https://localhost:4000".into();
        }),
        ("below", |key| key.origin = "http://a.localhost:4000".into()),
        ("another domain", |key| key.domain = "evil.test".into()),
        ("nobody was verified", |key| key.verifies = false),
    ];
    for (name, bend) in bent {
        let mut key = good.clone();
        key.counter += 10;
        bend(&mut key);
        let answer = sign_in(&server.visitor(), &mut key).await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text());
        answer.expect_problem(401, "invalid-credentials");
    }
    sign_in(&server.visitor(), &mut good).await.expect(200);
}

#[tokio::test]
async fn a_registration_at_another_site_or_of_another_challenge_is_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = "/me/factors/passkeys";
    let begin = async || {
        let begun = ada.post("/me/factors/passkeys/options", json!({})).await;
        begun.expect(200).json()
    };
    let (one, other) = (begin().await, begin().await);
    let mut bent = SecurityKey::new();
    bent.origin = "https://evil.test".into();
    let mut elsewhere = SecurityKey::new();
    elsewhere.domain = "evil.test".into();
    let mut careless = SecurityKey::new();
    careless.verifies = false;
    let credentials = [
        bent.make(&one["options"]),
        elsewhere.make(&one["options"]),
        careless.make(&one["options"]),
        SecurityKey::new().make(&other["options"]),
        json!({}),
    ];
    for credential in credentials {
        let body = json!({"id": one["id"], "name": "x", "credential": credential});
        let answer = ada.post(path, body).await.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["credential"]);
    }
    assert!(passkeys(&ada).await.is_empty());
}

#[tokio::test]
async fn a_credential_that_another_account_has_is_not_registered() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let mut key = SecurityKey::new();
    ada.add_passkey(&mut key, "Blue key").await;
    let mut thief = SecurityKey::new().posing_as(&key);
    let made = bob.make_passkey(&mut thief, "Mine").await;
    let path = "/me/factors/passkeys";
    let answer = bob.send_proven(http::Method::POST, path, Some(made)).await;
    answer.expect_problem(409, "passkey-known");
    assert!(passkeys(&bob).await.is_empty());
    let answer = sign_in(&server.visitor(), &mut thief).await;
    answer.expect_problem(401, "invalid-credentials");
    sign_in(&server.visitor(), &mut key).await.expect(200);
}

#[tokio::test]
async fn a_counter_that_goes_back_suspends_the_passkey() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut key = SecurityKey::new();
    let (ada, _) = ada.add_passkey(&mut key, "Blue key").await;
    let mut copy = key.clone();
    sign_in(&server.visitor(), &mut key).await.expect(200);
    let answer = sign_in(&server.visitor(), &mut copy).await;
    answer.expect_problem(403, "passkey-suspended");
    let answer = sign_in(&server.visitor(), &mut key).await;
    answer.expect_problem(401, "invalid-credentials");
    let list = passkeys(&ada).await;
    assert_eq!(list[0]["suspended"], true, "{list:?}");
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "factor.suspended");
    // The password alone opens nothing for the thief.
    let asked = ticket(&server.visitor()).await;
    assert_eq!(asked["kind"], "second-factor");
}

#[tokio::test]
async fn a_passkey_without_a_counter_stays_good() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut key = SecurityKey::new();
    key.counts = false;
    ada.add_passkey(&mut key, "Phone").await;
    for _ in 0..3 {
        sign_in(&server.visitor(), &mut key).await.expect(200);
    }
}

#[tokio::test]
async fn a_passkey_that_was_removed_signs_nobody_in() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut key = SecurityKey::new();
    let (ada, _) = ada.add_passkey(&mut key, "Blue key").await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let path = format!(
        "/me/factors/{}",
        passkeys(&ada).await[0]["id"].as_str().unwrap()
    );
    let name = json!({"name": "Green key"});
    bob.patch(&path, name.clone())
        .await
        .expect_problem(404, "not-found");
    ada.patch(&path, name).await.expect(204);
    assert_eq!(passkeys(&ada).await[0]["name"], "Green key");
    let removed = ada.prove_with(&mut key, http::Method::DELETE, &path, None);
    removed.await.expect(204);
    let answer = sign_in(&server.visitor(), &mut key).await;
    answer.expect_problem(401, "invalid-credentials");
    let nothing = json!({"id": Uuid::now_v7(), "credential": {}});
    let answer = server.visitor().post("/auth/passkey", nothing).await;
    answer.expect_problem(422, "invalid");
}

#[tokio::test]
async fn at_a_number_or_without_tls_there_are_no_passkeys() {
    for address in [
        "http://192.0.2.7:4000",
        "https://[2001:db8::7]",
        "http://vault.example.com",
    ] {
        let server = Server::start_with(&[("APP_BASE_URL", address)]).await;
        let visitor = server.visitor().with_origin(Some(address));
        let answer = visitor.post("/auth/passkey/options", json!({})).await;
        answer.expect_problem(409, "passkeys-unavailable");
    }
}
