//! Sharing through the router, on a real database.

mod ending;
mod links;
mod mine;
mod owners;
mod readers;
mod records;
mod teams;
mod vaults;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{Answer, Person, Server};

/// Where a person's role in a vault or a record stands.
fn of_user(place: &str, person: &Person) -> String {
    format!("{place}/access/users/{}", person.user)
}

async fn give(by: &Person, place: &str, to: &Person, role: &str) -> Answer {
    by.put(&of_user(place, to), json!({"role": role})).await
}

async fn take(by: &Person, place: &str, from: &Person) -> Answer {
    by.delete(&of_user(place, from)).await
}

async fn reveal(by: &Person, secret: &str) -> Answer {
    by.reveal(secret, "password").await
}

/// Changes a secret from its first version.
async fn change(by: &Person, secret: &str) -> Answer {
    by.change(secret, 1, json!({"name": "changed"})).await
}

/// An instant so many days from now.
fn in_days(days: i64) -> String {
    let at = crate::kernel::Clock::system().now() + time::Duration::days(days);
    let text = at.format(&time::format_description::well_known::Rfc3339);
    text.unwrap()
}

/// Makes a team with people in it.
async fn team(by: &Person, name: &str, people: &[(&Person, &str)]) -> String {
    let made = by.post("/teams", json!({"name": name})).await;
    let team = made.expect(201).id();
    for (person, role) in people {
        let path = format!("/teams/{team}/members/{}", person.user);
        by.put(&path, json!({"role": role})).await.expect(204);
    }
    team
}

/// The newest entries of what was done, without what was refused: action and detail.
async fn newest(by: &Person, many: usize) -> Vec<(String, Value)> {
    let trail = by
        .get(&format!("/audit-events?limit={many}&result=success"))
        .await;
    let items = trail.expect(200).json()["items"].clone();
    let entries = items.as_array().unwrap().iter();
    let entry = |item: &Value| {
        let action = item["action"].as_str().unwrap().to_owned();
        (action, item["detail"].clone())
    };
    entries.map(entry).collect()
}

/// Ada who owns a vault with a secret in it, and Bob and Carol who are members.
struct Stage {
    server: Server,
    ada: Person,
    bob: Person,
    carol: Person,
    /// The vault's id.
    id: String,
    vault: String,
    secret: String,
}

async fn stage() -> Stage {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    let id = ada.vault("Engines").await;
    let secret = ada.secret(&id, "mill", "hunter2").await;
    Stage {
        server,
        ada,
        bob,
        carol,
        vault: format!("/vaults/{id}"),
        id,
        secret,
    }
}

impl Stage {
    /// Everything that was given until some instant has ended.
    async fn time_passes(&self) {
        let mut behind = self.server.database.behind().await;
        for table in [
            "vault_roles",
            "vault_team_roles",
            "secret_roles",
            "secret_team_roles",
        ] {
            let statement = format!(
                "UPDATE {table} SET expires_at = now() - interval '1 second'
                 WHERE expires_at IS NOT NULL"
            );
            sqlx::query(sqlx::AssertSqlSafe(statement))
                .execute(&mut behind)
                .await
                .unwrap();
        }
    }

    async fn count(&self, from: &'static str) -> i64 {
        self.server.database.count(from).await
    }

    fn secret_id(&self) -> Uuid {
        let id = self.secret.rsplit('/').next().unwrap();
        id.parse().unwrap()
    }
}
