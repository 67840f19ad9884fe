//! Two organisations, each with at least a row in every tenant table.

use http::Method;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::audit;
use crate::kernel::{Clock, OrgId};
use crate::testing::{Person, SecurityKey, Server};

/// Two organisations with something in every table; the ids of both.
pub(in crate::walls) async fn two_tenants(server: &Server) -> [Uuid; 2] {
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    for person in [&ada, &bob] {
        let vault = person.vault("everything").await;
        let secret = record(person, &vault).await;
        person.token(&["vaults:read"]).await;
        let team = serde_json::json!({"name": "Millers"});
        let team = person.post("/teams", team).await.expect(201).id();
        shared(person, (&vault, &secret), &team).await;
        provider(server, person.org).await;
        server.provisioned(person).await;
    }
    for person in [&ada, &bob] {
        let app = &server.app;
        let org = OrgId::from_uuid(person.org);
        audit::seal(&app.db, &app.keys, org).await.unwrap();
        person
            .post("/audit-checkpoints", json!({}))
            .await
            .expect(201);
        // So that something waits, too.
        let renamed = person.patch("/me", json!({"name": "Another"})).await;
        renamed.expect(200);
        let invitation = serde_json::json!({"email": "guest@example.com", "role": "member"});
        person.post("/invitations", invitation).await.expect(201);
        let (person, _) = person.add_passkey(&mut SecurityKey::new(), "Key").await;
        server.enrol(&person).await;
    }
    [ada.org, bob.org]
}

/// A secret with everything that belongs to one, and another that is gone.
async fn record(person: &Person, vault: &str) -> String {
    let fields = json!({"password": "hunter2"});
    let body = json!({"type": "PASSWORD", "name": "mail", "fields": fields});
    let secrets = format!("/vaults/{vault}/secrets");
    let keyed = (**person).clone().with_header("idempotency-key", "one");
    let id = keyed.post(&secrets, body).await.expect(201).id();
    let path = format!("{secrets}/{id}");
    let renamed = person.change(&path, 1, json!({"name": "letters"})).await;
    renamed.expect(200);
    let favourite = format!("{path}/favourite");
    person.send(Method::PUT, &favourite, None).await.expect(204);
    let gone = person.secret(vault, "gone", "hunter2").await;
    person.delete_for_good(&gone).await;
    path
}

/// Shares a vault and a secret with a team, and with oneself.
async fn shared(person: &Person, (vault, secret): (&str, &str), team: &str) {
    for place in [format!("/vaults/{vault}"), secret.to_owned()] {
        let path = format!("{place}/access/teams/{team}");
        let body = json!({"role": "VIEWER"});
        person.put(&path, body.clone()).await.expect(204);
        if place == secret {
            let path = format!("{place}/access/users/{}", person.user);
            person.put(&path, body).await.expect(204);
            let ends = Clock::system().now() + time::Duration::days(1);
            let ends = ends.format(&Rfc3339).unwrap();
            let link = json!({"fields": ["password"], "uses": 1, "expiresAt": ends});
            let path = format!("{place}/links");
            person.post(&path, link).await.expect(201);
            let path = format!("{place}/attachments?name=letter.txt");
            let sent = person.send_raw(Method::POST, &path, None, b"Dear Ada".to_vec());
            sent.await.expect(201);
        }
    }
}

/// An identity provider with everything that belongs to one.
async fn provider(server: &Server, org: Uuid) {
    let mut behind = server.database.behind().await;
    for statement in [
        "INSERT INTO sso_connections (org_id, id, kind, issuer, client_id, secret_version,
             default_role, enabled, created_at, updated_at)
         VALUES ($1, $1, 'oidc', 'https://login.example.com', 'vault', 0, 'member', true, now(), now())",
        "INSERT INTO sso_domains (org_id, domain) VALUES ($1, $1 || '.example.com')",
        "INSERT INTO sso_mappings (org_id, name, role) VALUES ($1, 'it', 'admin')",
        "INSERT INTO sso_mapping_teams (org_id, name, team_id, role)
         SELECT org_id, 'it', id, 'VIEWER' FROM teams WHERE org_id = $1",
        "INSERT INTO sso_identities (org_id, issuer, subject, user_id, linked_at, last_used_at)
         SELECT org_id, 'https://login.example.com', 'one', user_id, now(), now()
         FROM memberships WHERE org_id = $1",
    ] {
        let done = sqlx::query(statement).bind(org).execute(&mut behind).await;
        assert!(done.unwrap().rows_affected() > 0, "{statement}");
    }
}
