//! Rotations that are broken off anywhere, and records that were tampered with, on a real database.

mod accounts;
mod beside;
mod client_secrets;
mod crashes;
mod pruned;
mod refusals;
mod rotation;
mod verifying;

use std::ops::ControlFlow;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use uuid::Uuid;

use super::{Outcome, Pace, Point, RotateError, rotate};
use crate::infra::db::Db;
use crate::kernel::{Clock, OrgId, Redacted};
use crate::keys::{Keyring, registry};
use crate::testing::{Person, Server};

/// The keys that follow the one that the servers under test begin with.
const SECOND: &str = "1f2e3d4c5b6a79880796a5b4c3d2e1f0102030405060708090a0b0c0d0e0f1a2";
const THIRD: &str = "5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b";

fn master(text: &str) -> Redacted<[u8; 32]> {
    Redacted::new(hex::decode(text).unwrap().try_into().unwrap())
}

fn ring(key: &str) -> Keyring {
    Keyring::from_master(&master(key))
}

fn both(key: &str, next: &str) -> Keyring {
    Keyring::from_masters(&master(key), Some(&master(next)))
}

/// Few records at a time, so that there are many places to break off at.
const SLOW: Pace = Pace {
    batch: 3,
    per_second: 1_000_000,
};

/// A server that has noted its key, with two organisations and some secrets in each.
struct Stage {
    server: Server,
    people: Vec<Person>,
    secrets: Vec<(usize, String)>,
}

impl Stage {
    async fn with(count: usize) -> Self {
        Self::on(Server::start().await, count).await
    }

    async fn on(server: Server, count: usize) -> Self {
        claim(&server.app.db, &server.app.keys).await;
        let ada = server.owner().await;
        let bob = server.tenant("Difference Engines", "bob@example.com").await;
        let people = vec![ada, bob];
        let mut secrets = Vec::new();
        for (owner, person) in people.iter().enumerate() {
            let vault = person.vault("Engines").await;
            for number in 0..count {
                let name = format!("secret {number}");
                let path = person.secret(&vault, &name, &password(owner, number)).await;
                secrets.push((owner, path));
            }
        }
        Self {
            server,
            people,
            secrets,
        }
    }

    /// Another server on the same database, with keys of its own.
    async fn replica(&self, key: &str, next: Option<&str>) -> Server {
        let mut variables = vec![("MASTER_KEY", key)];
        variables.extend(next.map(|next| ("MASTER_KEY_NEXT", next)));
        self.server.replica(Clock::system(), &variables).await
    }

    /// The same person at another server.
    fn at(&self, server: &Server, person: usize) -> Person {
        self.people[person].at(server)
    }

    /// Every secret is revealed at a server as it was stored.
    async fn assert_all_open(&self, server: &Server) {
        let count = self.secrets.len() / self.people.len();
        for (number, (owner, path)) in self.secrets.iter().enumerate() {
            let person = self.at(server, *owner);
            let revealed = person.reveal(path, "password").await;
            let revealed = revealed.expect(200).json();
            assert_eq!(revealed["value"], password(*owner, number % count));
        }
    }

    /// Every trail is whole, read with these keys.
    async fn assert_trails_whole(&self, keys: &Keyring) {
        for person in &self.people {
            let org = OrgId::from_uuid(person.org);
            let found = crate::audit::verify(&self.server.app.db, keys, org).await;
            assert!(found.unwrap().is_ok(), "{found:?}", found = person.org);
        }
    }

    /// How many data keys a master key has wrapped.
    async fn wrapped_by(&self, key: &str) -> i64 {
        let mut behind = self.server.database.behind().await;
        let count = sqlx::query_scalar(
            "SELECT count(*) FROM data_keys WHERE substring(wrapped_key FROM 2 FOR 8) = $1",
        )
        .bind(ring(key).id().as_bytes().as_slice())
        .fetch_one(&mut behind)
        .await
        .unwrap();
        behind.close().await.unwrap();
        count
    }

    /// How many records the trails say were wrapped anew.
    async fn recorded(&self) -> i64 {
        let mut behind = self.server.database.behind().await;
        let sum = sqlx::query_scalar(
            "SELECT coalesce(sum((detail->>'records')::bigint), 0)::bigint FROM audit_events
             WHERE action = 'data-keys.rewrapped'",
        )
        .fetch_one(&mut behind)
        .await
        .unwrap();
        behind.close().await.unwrap();
        sum
    }

    /// What somebody with all rights does who also switches the triggers off.
    async fn tamper(&self, statement: &str) -> u64 {
        let mut behind = self.server.database.behind().await;
        behind
            .execute("SET session_replication_role = replica")
            .await
            .unwrap();
        let done = behind
            .execute(AssertSqlSafe(statement.to_owned()))
            .await
            .unwrap();
        behind.close().await.unwrap();
        done.rows_affected()
    }

    fn id(&self, number: usize) -> Uuid {
        let (_, path) = &self.secrets[number];
        path.rsplit('/').next().unwrap().parse().unwrap()
    }
}

fn password(owner: usize, number: usize) -> String {
    format!("password {number} of {owner}")
}

async fn claim(db: &Db, keys: &Keyring) {
    let now = Clock::system().now();
    registry::claim(db, keys, now).await.unwrap().unwrap();
}

/// A rotation that runs to its end.
async fn run(stage: &Stage, keys: &Keyring) -> Result<Outcome, RotateError> {
    run_until(stage, keys, |_| false).await
}

/// A rotation that breaks off at the first point that is wanted, as if it had been killed: nothing
/// of it runs after that.
async fn run_until(
    stage: &Stage,
    keys: &Keyring,
    mut stop: impl FnMut(Point) -> bool + Send,
) -> Result<Outcome, RotateError> {
    let mut watch = |point| {
        if stop(point) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let db = Db::prepare(&stage.server.database.plain(), 3);
    let ended = rotate(&db, keys, &Clock::system(), SLOW, &mut watch).await;
    db.close().await;
    ended
}
