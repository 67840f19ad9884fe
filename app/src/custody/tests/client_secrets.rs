//! The secrets that identity providers know this server by: they go along with a new master key, and
//! what somebody with all rights on the database does to them is named.

use http::Method;
use serde_json::{Value, json};

use super::{SECOND, Stage, both, claim, run};
use crate::custody::verify;
use crate::testing::{MASTER_KEY, Person};

/// Names a provider that nobody asks anything, with a secret, with the one before, or without one.
async fn name(person: &Person, secret: Value) {
    let body = json!({
        "issuer": "https://login.example.com", "clientId": "vaultterm", "clientSecret": secret,
        "defaultRole": "member", "groupClaim": null, "mappings": [], "domains": [],
        "enabled": false, "required": false,
    });
    let named = person.send_proven(Method::PUT, "/organization/sso", Some(body));
    named.await.expect(200);
}

async fn stage() -> Stage {
    let stage = Stage::with(1).await;
    for (number, person) in stage.people.iter().enumerate() {
        name(person, json!(format!("client secret {number}"))).await;
    }
    stage
}

/// What is found, in words.
async fn found(stage: &Stage) -> Vec<String> {
    let app = &stage.server.app;
    let report = verify(&app.db, &app.keys).await.unwrap();
    let findings = report.findings.iter();
    findings.map(|finding| finding.what.to_string()).collect()
}

async fn assert_found(stage: &Stage, problem: &str) {
    let expected = format!("the client secret of its identity provider: {problem}");
    assert_eq!(found(stage).await, [expected]);
}

#[tokio::test]
async fn a_new_master_key_takes_client_secrets_along() {
    let stage = stage().await;
    let outcome = run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    assert_eq!(outcome.records, 4, "two secrets and two client secrets");
    assert_eq!(stage.wrapped_by(MASTER_KEY).await, 0);
    let next = stage.replica(SECOND, None).await;
    claim(&next.app.db, &next.app.keys).await;
    let report = verify(&next.app.db, &next.app.keys).await.unwrap();
    assert_eq!(report.client_secrets, 2);
    assert!(report.findings.is_empty(), "{report:?}");
}

#[tokio::test]
async fn honest_changes_of_a_client_secret_have_no_findings() {
    let stage = stage().await;
    let ada = &stage.people[0];
    for secret in [json!("another"), Value::Null, json!(""), json!("again")] {
        name(ada, secret).await;
        assert_eq!(found(&stage).await, [""; 0]);
    }
    ada.delete_proven("/organization/sso").await.expect(204);
    assert_eq!(found(&stage).await, [""; 0]);
    name(ada, json!("of another provider")).await;
    assert_eq!(found(&stage).await, [""; 0]);
}

#[tokio::test]
async fn a_client_secret_of_another_organisation_is_named() {
    let stage = stage().await;
    let [ada, bob] = [stage.people[0].org, stage.people[1].org];
    let copied = format!(
        "UPDATE sso_connections SET sealed_secret =
             (SELECT sealed_secret FROM sso_connections WHERE org_id = '{bob}')
         WHERE org_id = '{ada}'"
    );
    assert_eq!(stage.tamper(&copied).await, 1);
    assert_found(&stage, "sealed_secret does not open where it stands").await;
    let key = format!(
        "UPDATE data_keys SET wrapped_key = other.wrapped_key FROM data_keys AS other
         WHERE other.id = (SELECT id FROM sso_connections WHERE org_id = '{bob}')
           AND data_keys.id = (SELECT id FROM sso_connections WHERE org_id = '{ada}')"
    );
    assert_eq!(stage.tamper(&key).await, 1);
    assert_found(&stage, "wrapped_key does not open where it stands").await;
}

#[tokio::test]
async fn a_client_secret_that_was_put_back_is_named_with_both_versions() {
    let stage = stage().await;
    let ada = &stage.people[0];
    let keep =
        "CREATE TABLE keep AS SELECT * FROM sso_connections JOIN data_keys USING (org_id, id)";
    stage.tamper(keep).await;
    name(ada, json!("rotated")).await;
    let back = "UPDATE sso_connections AS c SET sealed_secret = keep.sealed_secret,
                    secret_version = keep.secret_version
                FROM keep WHERE keep.id = c.id";
    assert_eq!(stage.tamper(back).await, 2);
    assert_found(
        &stage,
        "rolled back to version 1; the trail knows version 2",
    )
    .await;
    // With a provider that was taken away and named again, too: its number is not given again.
    ada.delete_proven("/organization/sso").await.expect(204);
    name(ada, json!("of another provider")).await;
    let org = ada.org;
    for statement in [
        format!("DELETE FROM sso_connections WHERE org_id = '{org}'"),
        format!(
            "INSERT INTO sso_connections (org_id, id, kind, issuer, client_id, sealed_secret,
                 secret_version, default_role, enabled, created_at, updated_at)
             SELECT org_id, id, kind, issuer, client_id, sealed_secret, secret_version,
                 default_role, enabled, created_at, updated_at FROM keep WHERE org_id = '{org}'"
        ),
        format!(
            "INSERT INTO data_keys SELECT org_id, id, wrapped_key FROM keep WHERE org_id = '{org}'"
        ),
    ] {
        assert_eq!(stage.tamper(&statement).await, 1, "{statement}");
    }
    assert_found(
        &stage,
        "rolled back to version 1; the trail knows version 3",
    )
    .await;
}

#[tokio::test]
async fn a_client_secret_that_was_taken_away_or_invented_is_named() {
    let stage = stage().await;
    let [ada, bob] = [&stage.people[0], &stage.people[1]];
    let gone = format!(
        "UPDATE sso_connections SET sealed_secret = NULL WHERE org_id = '{}'",
        ada.org
    );
    assert_eq!(stage.tamper(&gone).await, 1);
    let words = "it is gone, and nobody deleted it; the trail knows version 1";
    assert_found(&stage, words).await;
    name(ada, json!("again")).await;
    let keep = "CREATE TABLE keep AS SELECT * FROM sso_connections";
    stage.tamper(keep).await;
    bob.delete_proven("/organization/sso").await.expect(204);
    let org = bob.org;
    let back = format!("INSERT INTO sso_connections SELECT * FROM keep WHERE org_id = '{org}'");
    assert_eq!(stage.tamper(&back).await, 1);
    let mut found = found(&stage).await;
    found.sort();
    let of = |problem: &str| format!("the client secret of its identity provider: {problem}");
    assert_eq!(
        found,
        [
            of("it is in no entry of the trail, or was deleted"),
            of("wrapped_key does not open where it stands"),
        ]
    );
}
