//! Fresh proofs by second factors: what a passkey signs is the act itself.

use http::Method;
use serde_json::{Value, json};

use crate::audit;
use crate::cli::examine;
use crate::kernel::OrgId;
use crate::testing::{Answer, Person, SecurityKey, Server};

struct Stage {
    server: Server,
    ada: Person,
    key: SecurityKey,
}

impl Stage {
    async fn new() -> Self {
        let server = Server::start().await;
        let ada = server.owner().await;
        let mut key = SecurityKey::new();
        let (ada, _) = ada.add_passkey(&mut key, "Blue key").await;
        Self { server, ada, key }
    }

    /// What a deletion demands.
    async fn demanded(&self, vault: &str) -> String {
        let answer = self.ada.delete(&format!("/vaults/{vault}")).await;
        let problem = answer.expect_problem(403, "step-up-required");
        problem.string("/stepUp/id")
    }

    async fn options(&self, demand: &str) -> Value {
        let seen = self.ada.get(&format!("/auth/step-up/{demand}")).await;
        seen.expect(200).json()["passkeyOptions"].clone()
    }

    async fn prove(&self, demand: &str, credential: &Value) -> Answer {
        let body = json!({"credential": credential});
        self.ada
            .post(&format!("/auth/step-up/{demand}"), body)
            .await
    }

    /// Deletes a vault with a passkey, and gives back the entry.
    async fn deleted(&mut self) -> Value {
        let vault = self.ada.vault("Engines").await;
        let path = format!("/vaults/{vault}");
        let done = self
            .ada
            .prove_with(&mut self.key, Method::DELETE, &path, None);
        done.await.expect(204);
        let trail = self.ada.get("/audit-events?limit=1").await;
        trail.expect(200).json()["items"][0].clone()
    }

    async fn verified(&self) -> bool {
        let app = &self.server.app;
        let org = OrgId::from_uuid(self.ada.org);
        audit::verify(&app.db, &app.keys, org)
            .await
            .unwrap()
            .is_ok()
    }
}

#[tokio::test]
async fn the_challenge_of_the_passkey_is_the_digest_of_the_act() {
    let mut stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let demand = stage.demanded(&vault).await;
    let seen = stage.ada.get(&format!("/auth/step-up/{demand}")).await;
    let seen = seen.expect(200).json();
    assert_eq!(seen["methods"], json!(["passkey", "recovery-code"]));
    let entry = stage.deleted().await;
    let approval = &entry["circumstances"]["approval"];
    assert_eq!(approval["method"], "passkey", "{entry}");
    let text = |value: &Value| {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        engine.decode(value.as_str().unwrap()).unwrap()
    };
    let said: Value =
        serde_json::from_slice(&text(&approval["assertion"]["clientDataJSON"])).unwrap();
    assert_eq!(hex::encode(text(&said["challenge"])), approval["digest"]);
    assert!(stage.verified().await);
}

#[tokio::test]
async fn an_auditor_checks_an_entry_with_the_key_of_the_registration_and_nothing_else() {
    let mut stage = Stage::new().await;
    let trail = stage.ada.get("/audit-events?limit=1").await.json();
    let registration = &trail["items"][0]["detail"];
    let (key, fingerprint) = (&registration["publicKey"], &registration["fingerprint"]);
    let entry = stage.deleted().await;
    let found = examine(
        &entry.to_string(),
        Some(&key.to_string()),
        Some("localhost"),
    );
    let found = serde_json::to_value(found.unwrap()).unwrap();
    assert_eq!(&found["fingerprint"], fingerprint);
    assert_eq!(found["action"], "vault.deleted");
    assert_eq!(found["person"], json!(stage.ada.user));
    examine(&entry.to_string(), None, None).unwrap();

    let refuse = |entry: &Value, key: Option<&Value>, domain: Option<&str>| {
        let key = key.map(ToString::to_string);
        examine(&entry.to_string(), key.as_deref(), domain).unwrap_err()
    };
    let mut other = key.clone();
    other["x"] = key["y"].clone();
    assert!(refuse(&entry, Some(&other), None).contains("another key"));
    assert!(refuse(&entry, None, Some("evil.test")).contains("bound to"));
    let mut unapproved = entry;
    unapproved["circumstances"] = json!({"session": null});
    assert!(refuse(&unapproved, None, None).contains("no approval"));
}

/// Whatever is altered in an approved entry, the check without a server notices it.
#[tokio::test]
async fn an_altered_audit_approval_does_not_check() {
    let mut stage = Stage::new().await;
    let (entry, other) = (stage.deleted().await, stage.deleted().await);
    let at = |pointer: &str, value: Value| {
        let mut bent = entry.clone();
        *bent.pointer_mut(pointer).unwrap() = value;
        (pointer.to_owned(), bent)
    };
    let approval = "/circumstances/approval";
    let theirs = |name: &str| {
        other
            .pointer(&format!("{approval}/{name}"))
            .unwrap()
            .clone()
    };
    let nobody = json!(uuid::Uuid::now_v7());
    let bent = [
        at("/action", json!("vault.updated")),
        at("/actor/id", nobody.clone()),
        at("/resource/id", nobody.clone()),
        at("/resource/type", json!("team")),
        at("/detail/name", json!("Mills")),
        at("/circumstances/session", nobody.clone()),
        at(&format!("{approval}/organization"), nobody),
        at(&format!("{approval}/nonce"), theirs("nonce")),
        at(&format!("{approval}/digest"), theirs("digest")),
        at(&format!("{approval}/assertion"), theirs("assertion")),
        at(approval, other.pointer(approval).unwrap().clone()),
        at(&format!("{approval}/method"), json!("password")),
        at(&format!("{approval}/assertion/domain"), json!("evil.test")),
        at(
            &format!("{approval}/assertion/origin"),
            json!("https://evil.test"),
        ),
        at(
            &format!("{approval}/assertion/signature"),
            theirs("assertion/signature"),
        ),
        at(
            &format!("{approval}/assertion/authenticatorData"),
            theirs("assertion/authenticatorData"),
        ),
        at(
            &format!("{approval}/assertion/clientDataJSON"),
            theirs("assertion/clientDataJSON"),
        ),
    ];
    examine(&entry.to_string(), None, None).unwrap();
    for (name, bent) in bent {
        assert!(examine(&bent.to_string(), None, None).is_err(), "{name}");
    }
}

#[tokio::test]
async fn an_assertion_for_another_act_or_from_a_sign_in_meets_no_demand() {
    let mut stage = Stage::new().await;
    let (one, other) = (stage.ada.vault("One").await, stage.ada.vault("Two").await);
    let (first, second) = (stage.demanded(&one).await, stage.demanded(&other).await);
    let options = stage.options(&first).await;
    let credential = stage.key.show(&options);
    let answer = stage.prove(&second, &credential).await;
    assert_eq!(
        answer.expect_problem(422, "invalid").wrong_fields(),
        ["credential"]
    );
    let visitor = stage.server.visitor();
    let asked = visitor
        .post("/auth/passkey/options", json!({}))
        .await
        .json();
    let signed_in = stage.key.show(&asked["options"]);
    let answer = stage.prove(&first, &signed_in).await;
    answer.expect_problem(422, "invalid");
    // The other way round, neither.
    let body = json!({"id": asked["id"], "credential": credential});
    let answer = visitor.post("/auth/passkey", body).await;
    answer.expect_problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_replayed_assertion_approves_nothing_more() {
    let mut stage = Stage::new().await;
    // Without a counter nothing but the challenge tells them apart.
    let mut key = SecurityKey::new();
    key.counts = false;
    let ada = stage.ada.clone();
    let (ada, _) = ada.add_another(&mut stage.key, &mut key, "Phone").await;
    stage.ada = ada;
    let vault = stage.ada.vault("Engines").await;
    let demand = stage.demanded(&vault).await;
    let credential = key.show(&stage.options(&demand).await);
    stage.prove(&demand, &credential).await.expect(204);
    let answer = stage.prove(&demand, &credential).await;
    answer.expect_problem(404, "not-found");
    let again = stage.demanded(&vault).await;
    let answer = stage.prove(&again, &credential).await;
    answer.expect_problem(422, "invalid");
    // The same person in another session has another digest.
    let visitor = stage.server.visitor();
    let asked = visitor
        .post("/auth/passkey/options", json!({}))
        .await
        .json();
    let body = json!({"id": asked["id"], "credential": key.show(&asked["options"])});
    let elsewhere = visitor.post("/auth/passkey", body).await.expect(200);
    let elsewhere = stage.ada.with(elsewhere.cookie());
    let path = format!("/vaults/{vault}");
    let answer = (*elsewhere)
        .clone()
        .with_step_up(&demand)
        .delete(&path)
        .await;
    let theirs = answer
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let body = json!({"credential": credential});
    let answer = elsewhere
        .post(&format!("/auth/step-up/{theirs}"), body)
        .await;
    answer.expect_problem(422, "invalid");
}

#[tokio::test]
async fn an_assertion_for_another_site_or_by_another_key_meets_no_demand() {
    let mut stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let demand = stage.demanded(&vault).await;
    let options = stage.options(&demand).await;
    let mut elsewhere = stage.key.clone();
    elsewhere.origin = "https://evil.test".into();
    let mut other = stage.key.clone();
    other.domain = "evil.test".into();
    let mut careless = stage.key.clone();
    careless.verifies = false;
    let mut forged = SecurityKey::new().posing_as(&stage.key);
    for key in [&mut elsewhere, &mut other, &mut careless, &mut forged] {
        let credential = key.show(&options);
        let answer = stage.prove(&demand, &credential).await;
        answer.expect_problem(422, "invalid");
    }
    let credential = stage.key.show(&options);
    stage.prove(&demand, &credential).await.expect(204);
}

#[tokio::test]
async fn a_copied_passkey_is_suspended_when_it_approves() {
    let mut stage = Stage::new().await;
    let mut copy = stage.key.clone();
    stage.deleted().await;
    let vault = stage.ada.vault("Engines").await;
    let demand = stage.demanded(&vault).await;
    let credential = copy.show(&stage.options(&demand).await);
    let answer = stage.prove(&demand, &credential).await;
    answer.expect_problem(403, "passkey-suspended");
    let seen = stage.ada.get(&format!("/auth/step-up/{demand}")).await;
    let seen = seen.expect(200).json();
    assert_eq!(seen["methods"], json!(["recovery-code"]));
    assert_eq!(seen["passkeyOptions"], Value::Null);
}

#[tokio::test]
async fn whoever_has_a_second_factor_proves_nothing_by_the_password() {
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let demand = stage.demanded(&vault).await;
    let body = json!({"password": crate::testing::PASSWORD});
    let answer = stage
        .ada
        .post(&format!("/auth/step-up/{demand}"), body)
        .await;
    assert_eq!(
        answer.expect_problem(422, "invalid").wrong_fields(),
        ["password"]
    );
}
