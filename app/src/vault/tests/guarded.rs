//! Secrets that demand more of whoever wants to see them, and secrets that nobody sees.

use serde_json::{Value, json};

use crate::testing::{Answer, Person, Server};

async fn record(server: &Server, flags: Value) -> (Person, String, String) {
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let mut body = json!({
        "type": "PASSWORD", "name": "root",
        "fields": {"username": "root", "password": "canary-password", "notes": "canary-notes"},
        "customFields": [{"label": "PIN", "kind": "hidden", "value": "canary-pin"}],
    });
    for (name, value) in flags.as_object().unwrap() {
        body[name] = value.clone();
    }
    let path = ada.store(&vault, body).await;
    (ada, path, vault)
}

async fn proven(ada: &Person, path: &str, field: &str) -> Answer {
    ada.post_proven(&format!("{path}/reveal"), json!({"field": field}))
        .await
}

#[tokio::test]
async fn high_sensitivity_demands_a_proof_for_each_reveal_and_no_token_has_one() {
    let server = Server::start().await;
    let (ada, path, _) = record(&server, json!({"highSensitivity": true})).await;
    let refused = ada.reveal(&path, "password").await;
    refused.expect_problem(403, "step-up-required");
    let token = ada.token(&["secrets:reveal", "vaults:read"]).await;
    let refused = token.reveal(&path, "password").await;
    refused.expect_problem(403, "session-needed");
    assert_eq!(
        proven(&ada, &path, "password").await.expect(200).json()["value"],
        "canary-password"
    );
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    let entry = &trail["items"][0];
    assert_eq!(entry["action"], "secret.revealed");
    assert_eq!(entry["circumstances"]["approval"]["method"], "password");
    ada.reveal(&path, "password")
        .await
        .expect_problem(403, "step-up-required");
    // A proof for one field is none for another.
    let asked = ada.reveal(&path, "password").await;
    let id = asked
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let password = json!({"password": crate::testing::PASSWORD});
    ada.post(&format!("/auth/step-up/{id}"), password)
        .await
        .expect(204);
    let proved = (*ada).clone().with_step_up(&id);
    proved
        .reveal(&path, "notes")
        .await
        .expect_problem(403, "step-up-required");
    proved.reveal(&path, "password").await.expect(200);
    // Neither is it got around by way of an earlier version.
    ada.change(&path, 1, json!({"fields": {"password": "other"}}))
        .await
        .expect(200);
    let earlier = ada.reveal(&format!("{path}/versions/1"), "password").await;
    earlier.expect_problem(403, "step-up-required");
}

#[tokio::test]
async fn high_sensitivity_goes_only_with_a_proof_and_the_trail_knows_what_was_sealed() {
    let server = Server::start().await;
    let (ada, path, _) = record(&server, json!({"highSensitivity": true})).await;
    let lower = json!({"highSensitivity": false});
    let refused = ada.change(&path, 1, lower.clone()).await;
    let id = refused
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    assert_eq!(ada.get(&path).await.json()["version"], 1);
    let password = json!({"password": crate::testing::PASSWORD});
    ada.post(&format!("/auth/step-up/{id}"), password)
        .await
        .expect(204);
    let proved = (*ada).clone().with_step_up(&id);
    let changed = proved.change(&path, 1, lower).await.expect(200).json();
    assert_eq!(changed["highSensitivity"], false);
    ada.reveal(&path, "password").await.expect(200);
    let app = &server.app;
    let report = crate::custody::verify(&app.db, &app.keys).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    // Restoring what it was makes it demand a proof again.
    ada.post(&format!("{path}/versions/1/restore"), Value::Null)
        .await
        .expect(200);
    ada.reveal(&path, "password")
        .await
        .expect_problem(403, "step-up-required");
}

/// Every way to what is concealed is closed, and none of them says a word of it.
async fn closed(ada: &Person, path: &str) {
    let pin = ada.get(path).await.expect(200);
    let pin = pin.json()["customFields"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for field in ["password", "notes", &format!("custom:{pin}")] {
        for purpose in ["show", "copy"] {
            let asked = json!({"field": field, "purpose": purpose});
            let answer = ada.post(&format!("{path}/reveal"), asked.clone()).await;
            let answer = answer.expect_problem(403, "inject-only");
            assert!(!answer.text().contains("canary"), "{}", answer.text());
            for version in 1..=ada.get(path).await.json()["version"].as_i64().unwrap() {
                let answer = ada
                    .post(&format!("{path}/versions/{version}/reveal"), asked.clone())
                    .await;
                answer.expect_problem(403, "inject-only");
            }
        }
    }
    for read in [path.to_owned(), format!("{path}/versions")] {
        let answer = ada.get(&read).await.expect(200);
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
}

#[tokio::test]
async fn what_may_only_be_used_is_shown_by_no_way() {
    let server = Server::start().await;
    let (ada, path, _) = record(&server, json!({"injectOnly": true})).await;
    closed(&ada, &path).await;
    // Whatever is changed of it, and whoever tries to change the rule.
    ada.change(&path, 1, json!({"name": "other"}))
        .await
        .expect(200);
    let part = json!({"injectOnly": false, "fields": {"password": "known"}});
    for attempt in [json!({"injectOnly": false}), part] {
        let refused = ada
            .change(&path, 2, attempt)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(refused.wrong_fields(), ["injectOnly"]);
    }
    closed(&ada, &path).await;
    let reveals = "audit_events WHERE result = 'success'
        AND (action LIKE 'secret.%reveal%' OR action = 'secret.copied')";
    assert_eq!(server.database.count(reveals).await, 0);
}

/// Nor is anything told that follows from it: how strong it is, its last digits, or whether a guess is right.
#[tokio::test]
async fn what_follows_from_a_closed_value_is_as_closed() {
    let server = Server::start().await;
    let (ada, path, vault) = record(&server, json!({"injectOnly": true})).await;
    let card = json!({
        "type": "PAYMENT_CARD", "name": "card",
        "fields": {"number": "4000056655665556", "expiry": "2031-05", "cardholder": "Ada"},
    });
    let card = ada.store(&vault, card).await;
    let open = ada.get(&card).await.expect(200).json();
    assert_eq!(open["fields"]["lastDigits"], "5556");
    ada.change(&card, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    let shown = json!({"cardholder": "Ada", "expiry": "2031-05"});
    let list = ada
        .get(&format!("/vaults/{vault}/secrets"))
        .await
        .expect(200)
        .json();
    let found = ada.get("/secrets?q=card").await.expect(200).json();
    let versions = ada
        .get(&format!("{card}/versions"))
        .await
        .expect(200)
        .json();
    for fields in [
        &ada.get(&card).await.json()["fields"],
        &list["items"][0]["fields"],
        &found["items"][0]["fields"],
        &versions["items"][0]["fields"],
        &versions["items"][1]["fields"],
    ] {
        assert_eq!(*fields, shown);
    }
    assert_eq!(list["items"][1]["strength"], Value::Null);
    for telling in ["5556", "visa"] {
        let found = ada.get(&format!("/secrets?q={telling}")).await.json();
        assert_eq!(found["items"], json!([]), "{telling}");
    }
    // A guess makes a version, right or wrong, and what is said of it is the same.
    let pin = ada.get(&path).await.json()["customFields"][0]["id"].clone();
    let custom =
        |value: &str| json!([{"id": pin, "label": "PIN", "kind": "hidden", "value": value}]);
    let guesses = [
        json!({"fields": {"password": "canary-password"}, "customFields": custom("canary-pin")}),
        json!({"fields": {"password": "another"}, "customFields": custom("another")}),
    ];
    for (version, guess) in (1..).zip(guesses) {
        let answer = ada.change(&path, version, guess).await.expect(200).json();
        assert_eq!(answer["version"], version + 1);
        let made = ada.get(&format!("{path}/versions?limit=1")).await.json();
        let mut changed: Vec<String> =
            serde_json::from_value(made["items"][0]["changed"].clone()).unwrap();
        changed.sort_unstable();
        let pin = format!("custom:{}", pin.as_str().unwrap());
        assert_eq!(changed, [pin, "password".to_owned()]);
    }
    // The same digits at the end, or the same brand, are not told either.
    let guess = json!({"fields": {"number": "4111111111111111"}});
    ada.change(&card, 2, guess).await.expect(200);
    let made = ada.get(&format!("{card}/versions?limit=1")).await.json();
    assert_eq!(made["items"][0]["changed"], json!(["number"]));
}

#[tokio::test]
async fn a_secret_that_becomes_inject_only_takes_its_versions_along_for_ever() {
    let server = Server::start().await;
    let (ada, path, _) = record(&server, json!({})).await;
    ada.reveal(&path, "password").await.expect(200);
    ada.change(&path, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    closed(&ada, &path).await;
    // Restoring the version before does not open it again.
    ada.change(&path, 2, json!({"name": "other"}))
        .await
        .expect(200);
    let restored = ada
        .post(&format!("{path}/versions/1/restore"), Value::Null)
        .await;
    assert_eq!(restored.expect(200).json()["injectOnly"], true);
    closed(&ada, &path).await;
    // Once everything is replaced it may be seen, and what was before still may not.
    let replaced = json!({
        "injectOnly": false, "fields": {"password": "fresh", "notes": null}, "customFields": [],
    });
    let open = ada.change(&path, 4, replaced).await.expect(200).json();
    assert_eq!(open["injectOnly"], false);
    assert_eq!(
        ada.reveal(&path, "password").await.expect(200).json()["value"],
        "fresh"
    );
    for version in 1..=4 {
        let answer = ada
            .reveal(&format!("{path}/versions/{version}"), "password")
            .await;
        answer.expect_problem(403, "inject-only");
    }
    let list = ada.get(&format!("{path}/versions")).await.json();
    let items = list["items"].as_array().unwrap();
    let revealable: Vec<bool> = items.iter().map(|one| one["revealable"] == true).collect();
    assert_eq!(revealable, [true, false, false, false, false]);
    let back = ada
        .post(&format!("{path}/versions/4/restore"), Value::Null)
        .await;
    assert_eq!(back.expect(200).json()["injectOnly"], true);
}

/// What a change leaves behind, without what differs in any case.
async fn left_by(ada: &Person, path: &str, version: i32, change: Value) -> Value {
    let answer = ada.change(path, version, change).await.expect(200);
    let newest = ada.get(&format!("{path}/versions?limit=1")).await.json();
    let known = ada.get(&format!("/members/{}/exposure", ada.user)).await;
    let known = known.json()["items"][0].clone();
    let since = known["secretSince"].clone();
    let first = &newest["items"][0];
    assert_eq!(since, first["madeAt"], "the main secret counts as new");
    let trail = ada.get("/audit-events?limit=1").await.json();
    let entry = &trail["items"][0];
    json!([
        answer.json()["version"] == version + 1,
        first["changed"],
        entry["action"],
        entry["detail"]["fields"],
        known["parts"],
        known["rotate"],
    ])
}

/// Whoever may change what may only be used could try one value after the other.
#[tokio::test]
async fn a_guess_at_what_may_only_be_used_is_told_from_no_other() {
    let server = Server::start().await;
    let (ada, path, _) = record(&server, json!({})).await;
    // Seen once, so that it stands in the list of what somebody knows.
    ada.reveal(&path, "password").await.expect(200);
    let read = ada.get(&path).await;
    let pin = read.string("/customFields/0/id");
    ada.change(&path, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    let guess = |password: &str, notes: &str, number: &str| {
        let pin = json!({"id": pin, "label": "PIN", "kind": "hidden", "value": number});
        json!({"fields": {"password": password, "notes": notes}, "customFields": [pin]})
    };
    let right = guess("canary-password", "canary-notes", "canary-pin");
    let right = left_by(&ada, &path, 2, right).await;
    for (version, change) in (3..).zip([
        guess("wrong", "canary-notes", "canary-pin"),
        guess("wrong", "wrong", "canary-pin"),
        guess("again", "again", "again"),
    ]) {
        assert_eq!(left_by(&ada, &path, version, change).await, right);
    }
    let told: Vec<&str> = right[1]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(told.len(), 3);
    for name in ["password", "notes", &format!("custom:{pin}")] {
        assert!(told.contains(&name), "{told:?}");
    }
    // What says nothing of what is concealed says so.
    ada.change(&path, 6, json!({"name": "other"}))
        .await
        .expect(200);
    let newest = ada.get(&format!("{path}/versions?limit=1")).await.json();
    assert_eq!(newest["items"][0]["changed"], json!(["name"]));
}

/// A key that does not open with what somebody writes would tell them that this is not its passphrase.
#[tokio::test]
async fn a_key_that_may_only_be_used_changes_together_with_its_passphrase() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let made = ada
        .post(
            "/generate",
            json!({"kind": "ssh-key", "algorithm": "ed25519"}),
        )
        .await;
    let made = made.expect(200).json();
    let key = made["value"].as_str().unwrap();
    let body = json!({
        "type": "SSH_KEY", "name": "mill", "fields": {"privateKey": key}, "injectOnly": true,
    });
    let path = ada.store(&vault, body).await;
    for (given, missing) in [
        (json!({"passphrase": "a guess"}), "fields.privateKey"),
        (json!({"passphrase": null}), "fields.privateKey"),
        (json!({"privateKey": key}), "fields.passphrase"),
    ] {
        let refused = ada.change(&path, 1, json!({"fields": given})).await;
        let refused = refused.expect_problem(422, "invalid");
        assert_eq!(refused.wrong_fields(), [missing]);
    }
    let both = json!({"fields": {"privateKey": key, "passphrase": null}});
    ada.change(&path, 1, both).await.expect(200);
}

/// A version that nobody sees is not compared with what somebody writes, by restoring it.
#[tokio::test]
async fn restoring_what_may_only_be_used_tells_no_guess() {
    let mut told = Vec::new();
    for guess in ["canary-password", "wrong"] {
        let server = Server::start().await;
        let (ada, path, _) = record(&server, json!({"injectOnly": true})).await;
        let open = json!({
            "injectOnly": false, "fields": {"password": guess, "notes": null}, "customFields": [],
        });
        ada.change(&path, 1, open).await.expect(200);
        let restore = format!("{path}/versions/1/restore");
        let back = ada.post(&restore, Value::Null);
        assert_eq!(back.await.expect(200).json()["injectOnly"], true);
        let newest = ada.get(&format!("{path}/versions?limit=1")).await.json();
        let mut changed = newest["items"][0]["changed"].as_array().unwrap().clone();
        changed.retain(|name| !name.as_str().unwrap().starts_with("custom:"));
        told.push(changed);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn the_rules_are_sealed_with_the_secret_and_not_for_the_database_to_change() {
    let server = Server::start().await;
    let (ada, path, _) = record(&server, json!({"injectOnly": true})).await;
    let mut behind = server.database.behind().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'secrets'",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    assert!(
        !columns
            .iter()
            .any(|name| name.contains("inject") || name.contains("sens"))
    );
    sqlx::query("UPDATE secrets SET type = 'SECURE_NOTE'")
        .execute(&mut behind)
        .await
        .unwrap();
    for answer in [ada.get(&path).await, ada.reveal(&path, "password").await] {
        answer.expect_problem(500, "unreadable");
    }
}
