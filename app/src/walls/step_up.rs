//! Sensitive routes: each demands a fresh proof, for this very request of this very person.
//!
//! A route that is marked as sensitive in `authz/policy.rs` needs a line in [`prepare`], which makes
//! what the route is asked to do away with, and says how it is asked.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::testing::{Client, PASSWORD, Person, SecurityKey, Server};

/// A request that would be granted but for the proof.
pub(super) struct Prepared {
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// Makes everything that a sensitive route needs, anew each time.
pub(super) async fn prepare(server: &Server, owner: &Person, operation: &Operation) -> Prepared {
    match (operation.method.as_str(), operation.path.as_str()) {
        ("DELETE", "/vaults/{vaultId}") => Prepared {
            path: format!("/vaults/{}", owner.vault("Engines").await),
            body: None,
        },
        ("DELETE", "/vaults/{vaultId}/trash/{secretId}") => {
            let vault = owner.vault("Engines").await;
            let secret = owner.secret(&vault, "mill", "rather secret").await;
            owner.delete(&secret).await.expect(204);
            Prepared {
                path: secret.replace("/secrets/", "/trash/"),
                body: None,
            }
        }
        ("DELETE", "/vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}") => {
            let vault = owner.vault("Engines").await;
            let secret = owner.secret(&vault, "mill", "rather secret").await;
            let files = format!("{secret}/attachments");
            let file = owner.post(&format!("{files}?name=x"), json!({})).await;
            Prepared {
                path: format!("{files}/{}", file.expect(201).id()),
                body: None,
            }
        }
        ("POST", "/members/{userId}/reset-link") => {
            let email = format!("{}@example.com", Uuid::now_v7());
            let member = server.member(owner.org, &email, "member").await;
            Prepared {
                path: format!("/members/{}/reset-link", member.user),
                body: None,
            }
        }
        ("DELETE", "/members/{userId}/factors") => {
            let member = somebody(server, owner).await;
            let (member, _) = server.enrol(&member).await;
            Prepared {
                path: format!("/members/{}/factors", member.user),
                body: None,
            }
        }
        ("POST", "/me/factors/passkeys") => Prepared {
            path: operation.path.clone(),
            body: Some(owner.make_passkey(&mut SecurityKey::new(), "Key").await),
        },
        ("PATCH", "/members/{userId}") => Prepared {
            path: format!("/members/{}", somebody(server, owner).await.user),
            body: Some(json!({"role": "admin"})),
        },
        ("DELETE", "/members/{userId}") => Prepared {
            path: format!("/members/{}", somebody(server, owner).await.user),
            body: None,
        },
        ("POST", "/organization/transfer") => Prepared {
            path: "/organization/transfer".to_owned(),
            body: Some(json!({"userId": somebody(server, owner).await.user})),
        },
        ("POST", "/organization/orphaned-vaults/{vaultId}/adopt") => {
            let member = somebody(server, owner).await;
            let vault = member.vault("Engines").await;
            member
                .send(Method::POST, "/organization/leave", None)
                .await
                .expect(204);
            Prepared {
                path: format!("/organization/orphaned-vaults/{vault}/adopt"),
                body: None,
            }
        }
        // Switched off, so that nobody is asked whether it is there.
        ("PUT", "/organization/sso") => Prepared {
            path: operation.path.clone(),
            body: Some(provider(&format!("https://{}.example.com", Uuid::now_v7()))),
        },
        ("DELETE", "/organization/sso") => {
            let issuer = format!("https://{}.example.com", Uuid::now_v7());
            let path = operation.path.clone();
            let named = owner.send_proven(Method::PUT, &path, Some(provider(&issuer)));
            named.await.expect(200);
            Prepared { path, body: None }
        }
        ("POST", "/vaults/{vaultId}/export") => Prepared {
            path: format!("/vaults/{}/export", owner.vault("Engines").await),
            body: Some(json!({"passphrase": "ferret-lantern-quartz-mild"})),
        },
        ("POST", "/tokens") => Prepared {
            path: "/tokens".to_owned(),
            body: Some(json!({"name": Uuid::now_v7(), "scopes": ["vaults:read"]})),
        },
        (method, path) => panic!("{method} {path} is sensitive: say here how it is asked"),
    }
}

/// An identity provider that lets nobody in.
fn provider(issuer: &str) -> Value {
    json!({
        "issuer": issuer, "clientId": "vaultterm", "clientSecret": "secret", "defaultRole": "member",
        "groupClaim": null, "mappings": [], "domains": [], "enabled": false, "required": false,
    })
}

/// A member whom nobody has met.
async fn somebody(server: &Server, owner: &Person) -> Person {
    let email = format!("{}@example.com", Uuid::now_v7().simple());
    server.member(owner.org, &email, "member").await
}

fn sensitive() -> Vec<Operation> {
    let all = operations().into_iter();
    all.filter(|operation| operation.rule().sensitive).collect()
}

/// What wants a second factor to be there, or begins anew what was begun: the tests of factors try it.
const OF_FACTORS: [(&str, &str); 3] = [
    ("POST", "/me/factors/totp/{factorId}/confirm"),
    ("DELETE", "/me/factors/{factorId}"),
    ("POST", "/me/factors/recovery-codes"),
];

async fn ask(client: &Client, method: &Method, asked: &Prepared) -> crate::testing::Answer {
    client
        .send(method.clone(), &asked.path, asked.body.clone())
        .await
}

/// The id of the proof that is demanded, after it was proved.
async fn proved(person: &Person, method: &Method, asked: &Prepared) -> String {
    let answer = ask(person, method, asked).await;
    let id = answer
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let demand = format!("/auth/step-up/{id}");
    person
        .post(&demand, json!({"password": PASSWORD}))
        .await
        .expect(204);
    id
}

#[tokio::test]
async fn every_sensitive_route_demands_a_proof_for_this_very_request() {
    let tried_here = |operation: &Operation| {
        let route = (operation.method.as_str(), operation.path.as_str());
        !OF_FACTORS.contains(&route)
    };
    for operation in sensitive().into_iter().filter(tried_here) {
        // Some of them change how their person proves who they are.
        let server = Server::start().await;
        let ada = server.owner().await;
        let (method, name) = (&operation.method, &operation.path);
        let one = prepare(&server, &ada, &operation).await;
        let other = prepare(&server, &ada, &operation).await;
        ask(&ada, method, &one)
            .await
            .expect_problem(403, "step-up-required");
        let invented = (*ada).clone().with_step_up(&Uuid::now_v7().to_string());
        ask(&invented, method, &one)
            .await
            .expect_problem(403, "step-up-required");

        let proof = proved(&ada, method, &one).await;
        let proved = (*ada).clone().with_step_up(&proof);
        if (&one.path, &one.body) != (&other.path, &other.body) {
            ask(&proved, method, &other)
                .await
                .expect_problem(403, "step-up-required");
        }
        let elsewhere = server.sign_in("ada@example.com").await;
        let stolen = (*elsewhere).clone().with_step_up(&proof);
        // It demands a proof of its own, or is not even begun in another session.
        let refused = ask(&stolen, method, &one).await;
        assert!(matches!(refused.status.as_u16(), 403 | 422), "{name}");
        let done = ask(&proved, method, &one).await;
        assert!(done.status.is_success(), "{name}: {}", done.text());
        let again = ask(&proved, method, &one).await;
        assert!(again.status.is_client_error(), "{name}: {}", again.text());

        // Where it has changed what the session stands on, it goes on under another token.
        let ada = match done.cookie() {
            Some(cookie) => ada.with(Some(cookie)),
            None => ada,
        };
        let trail = ada.get("/audit-events?limit=3").await.expect(200).json();
        let entries = trail["items"].as_array().unwrap();
        let approved = |entry: &&Value| {
            entry["circumstances"]["approval"]["method"] == "password"
                && entry["circumstances"]["session"].is_string()
        };
        assert!(
            entries.iter().any(|entry| approved(&entry)),
            "{name}: {trail}"
        );
    }
}

#[test]
fn sensitive_routes_are_called_by_people_and_say_so() {
    assert!(!sensitive().is_empty());
    for operation in sensitive() {
        let name = &operation.path;
        assert_eq!(operation.rule().scope, None, "{name} is open to tokens");
        assert!(operation.documents(403), "{name} does not say 403");
    }
}
