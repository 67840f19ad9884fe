//! Proving once more that it is oneself.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit;
use crate::kernel::OrgId;
use crate::testing::{PASSWORD, Person, Server};

/// What a deletion demands.
async fn demanded(person: &Person, vault: &str) -> String {
    let answer = person.delete(&format!("/vaults/{vault}")).await;
    let problem = answer.expect_problem(403, "step-up-required");
    format!("/auth/step-up/{}", problem.string("/stepUp/id"))
}

fn password(text: &str) -> Value {
    json!({"password": text})
}

#[tokio::test]
async fn a_deletion_waits_for_a_proof_and_the_trail_keeps_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "mill", "hunter2").await;
    let demand = demanded(&ada, &vault).await;
    let seen = ada.get(&demand).await.expect(200).json();
    assert_eq!(
        seen["summary"],
        "Delete the vault “Engines”, with 1 secret."
    );
    assert_eq!(seen["methods"], json!(["password"]));
    assert_eq!(seen["passkeyOptions"], Value::Null);
    let wrong = ada.post(&demand, password("a dry cat")).await;
    let wrong = wrong.expect_problem(422, "invalid");
    assert_eq!(wrong.wrong_fields(), ["password"]);
    ada.get(&format!("/vaults/{vault}")).await.expect(200);

    ada.post(&demand, password(PASSWORD)).await.expect(204);
    ada.get(&demand).await.expect_problem(404, "not-found");
    let id = demand.rsplit('/').next().unwrap();
    let proved = (*ada).clone().with_step_up(id);
    proved.delete(&format!("/vaults/{vault}")).await.expect(204);
    ada.get(&format!("/vaults/{vault}"))
        .await
        .expect_problem(404, "not-found");

    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    let approval = &trail["items"][0]["circumstances"]["approval"];
    assert_eq!(approval["method"], "password", "{trail}");
    assert_eq!(approval["organization"], json!(ada.org));
    for member in ["nonce", "digest"] {
        assert_eq!(approval[member].as_str().unwrap().len(), 64, "{trail}");
    }
    let app = &server.app;
    let verified = audit::verify(&app.db, &app.keys, OrgId::from_uuid(ada.org)).await;
    assert!(verified.unwrap().is_ok());
}

#[tokio::test]
async fn somebody_without_the_role_is_asked_for_no_proof() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let path = format!("/vaults/{vault}");
    bob.delete(&path).await.expect_problem(404, "not-found");
    server.grant(&vault, &bob, "ADMIN").await;
    bob.delete(&path).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_vault_that_changed_since_is_approved_anew() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let demand = demanded(&ada, &vault).await;
    ada.post(&demand, password(PASSWORD)).await.expect(204);
    ada.secret(&vault, "mill", "hunter2").await;
    let id = demand.rsplit('/').next().unwrap();
    let proved = (*ada).clone().with_step_up(id);
    let answer = proved.delete(&format!("/vaults/{vault}")).await;
    answer.expect_problem(403, "step-up-required");
}

#[tokio::test]
async fn a_demand_is_nobody_elses() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let demand = demanded(&ada, &vault).await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let elsewhere = server.sign_in("ada@example.com").await;
    for person in [&bob, &elsewhere] {
        person.get(&demand).await.expect_problem(404, "not-found");
        let answer = person.post(&demand, password(PASSWORD)).await;
        answer.expect_problem(404, "not-found");
    }
    let nobody = server.visitor();
    nobody
        .get(&demand)
        .await
        .expect_problem(401, "not-signed-in");
    ada.get(&demand).await.expect(200);
    let nothing = format!("/auth/step-up/{}", Uuid::now_v7());
    ada.get(&nothing).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn guesses_at_a_proof_are_counted_and_demands_of_nothing_are_no_way_around() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    for _ in 0..10 {
        let demand = demanded(&ada, &vault).await;
        let answer = ada.post(&demand, password("a guess at it")).await;
        answer.expect_problem(422, "invalid");
    }
    let demand = demanded(&ada, &vault).await;
    let answer = ada.post(&demand, password(PASSWORD)).await;
    let answer = answer.expect_problem(429, "rate-limited");
    assert_ne!(answer.header("retry-after"), "");
    let nothing = format!("/auth/step-up/{}", Uuid::now_v7());
    let answer = ada.post(&nothing, password(PASSWORD)).await;
    answer.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_proof_is_one_of_the_kinds_and_no_two() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let demand = demanded(&ada, &vault).await;
    for body in [
        json!({}),
        json!({"password": PASSWORD, "totp": "123456"}),
        json!({"nothing": true}),
        json!("password"),
    ] {
        let answer = ada.send(Method::POST, &demand, Some(body)).await;
        answer.expect_problem(400, "bad-request");
    }
}
