//! Whoever is no confirmed member reaches nothing: every state and role that a membership can have, in
//! every route of the document.
//!
//! A session that is refused is forgotten with that, so each is put back before the next knock: what is
//! tried is the membership, not the lack of a session.

use redis::AsyncCommands as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::testing::{Answer, Client, Person, Server, redis};

/// Every state but the one that is worth something; whoever was removed has left nothing.
const STATES: [&str; 4] = ["invited", "accepted", "revoked", "removed"];
const ROLES: [&str; 3] = ["member", "admin", "owner"];

/// A living session, as it lies in the cache.
struct Kept {
    key: String,
    fields: Vec<(String, String)>,
}

impl Kept {
    async fn of(person: &Person) -> Self {
        let (_, token) = person.cookie().unwrap().split_once('=').unwrap();
        let key = format!("vt:session:{}", hex::encode(Sha256::digest(token)));
        let fields: Vec<(String, String)> = redis().await.hgetall(&key).await.unwrap();
        assert!(!fields.is_empty(), "there is no such session");
        Self { key, fields }
    }

    async fn put_back(&self) {
        let stored = redis().await.hset_multiple(&self.key, &self.fields).await;
        let () = stored.unwrap();
    }
}

/// Knocks with ids that are there, and with a body of the right shape.
async fn knock(client: &Client, operation: &Operation, vault: &str, user: Uuid) -> Answer {
    let path = operation.with(|name| match name {
        "userId" => user.to_string(),
        "vaultId" => vault.to_owned(),
        _ => Uuid::now_v7().to_string(),
    });
    client
        .send(operation.method.clone(), &path, operation.body())
        .await
}

async fn becomes(server: &Server, org: Uuid, email: &str, role: &str, state: &str) {
    let stored = if state == "removed" { "revoked" } else { state };
    server.join(org, email, role, stored).await;
    if state == "removed" {
        let mut behind = server.database.behind().await;
        sqlx::query("UPDATE memberships SET removed_at = now() WHERE state = 'revoked'")
            .execute(&mut behind)
            .await
            .unwrap();
    }
}

/// Everything that a request could have changed.
async fn everything(server: &Server) -> Vec<String> {
    let mut behind = server.database.behind().await;
    sqlx::query_scalar(
        "SELECT t::text FROM vaults t UNION ALL SELECT t::text FROM vault_roles t
         UNION ALL SELECT t::text FROM memberships t UNION ALL SELECT t::text FROM invitations t
         UNION ALL SELECT t::text FROM organizations t UNION ALL SELECT t::text FROM users t
         UNION ALL SELECT t::text FROM organization_policies t
         UNION ALL SELECT t::text FROM audit_events t ORDER BY 1",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap()
}

#[tokio::test]
async fn invited_accepted_deactivated_and_removed_people_reach_nothing() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let routes = operations();
    for role in ROLES {
        let email = format!("{role}@example.com");
        let person = server.member(ada.org, &email, role).await;
        let vault = person.vault("Engines").await;
        for state in STATES {
            becomes(&server, ada.org, &email, role, "confirmed").await;
            let session = server.sign_in(&email).await;
            let kept = Kept::of(&session).await;
            // What is put back is a session: it opens the door of whoever is confirmed.
            kept.put_back().await;
            session.get("/me").await.expect(200);
            becomes(&server, ada.org, &email, role, state).await;
            let before = everything(&server).await;
            for operation in routes.iter().filter(|operation| !operation.is_public()) {
                kept.put_back().await;
                let answer = knock(&session, operation, &vault, ada.user).await;
                let code = answer.json()["code"].clone();
                assert_eq!(
                    (answer.status.as_u16(), code.as_str().unwrap_or_default()),
                    (401, "not-signed-in"),
                    "{state} {role}: {} {}",
                    operation.method,
                    operation.path
                );
            }
            assert_eq!(everything(&server).await, before, "{state} {role}");
        }
    }
}
