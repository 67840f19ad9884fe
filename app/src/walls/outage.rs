//! A cache that restarts, forgets, freezes or is full. People sign in again, and nothing else breaks;
//! while it is away nobody gets past the door, and when it is back the server finds it by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::testing::{PASSWORD, Person, RedisServer, Server};

struct Stage {
    cache: RedisServer,
    server: Server,
    ada: Person,
    vault: String,
}

/// A server on a cache of its own, with something in it.
async fn stage() -> Stage {
    let cache = RedisServer::start().await;
    let server = Server::start_with(&[("REDIS_URL", &cache.url())]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "mill", "hunter2").await;
    Stage {
        cache,
        server,
        ada,
        vault,
    }
}

fn credentials() -> Value {
    json!({"email": "ada@example.com", "password": PASSWORD})
}

impl Stage {
    /// Nobody gets in, with a session or without; what needs nobody goes on.
    async fn assert_closed(&self) {
        let began = Instant::now();
        for path in ["/me", "/vaults", "/audit-events"] {
            self.ada.get(path).await.expect_problem(503, "unavailable");
        }
        let body = json!({"name": "made meanwhile"});
        let made = self.ada.post("/vaults", body).await;
        made.expect_problem(503, "unavailable");
        let visitor = self.server.visitor();
        let refused = visitor.post("/auth/sign-in", credentials()).await;
        let refused = refused.expect_problem(503, "unavailable");
        assert!(refused.cookie().is_none());
        assert!(!refused.header("retry-after").is_empty());
        visitor
            .get("/me")
            .await
            .expect_problem(401, "not-signed-in");
        visitor.get("/meta").await.expect(200);
        let browser = self.server.browser();
        browser.get("/health").await.expect(200);
        let ready = browser.get("/readyz").await.expect(503).json();
        assert_eq!(ready["checks"]["cache"]["ok"], false, "{ready}");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(14), "it hangs: {took:?}");
    }

    /// Without a hand on the server it is ready again.
    async fn assert_recovers(&self) {
        let began = Instant::now();
        while self.server.browser().get("/readyz").await.status != 200 {
            let waited = began.elapsed();
            assert!(waited < Duration::from_secs(20), "it stays away");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Who was signed in is not any more, signs in again, and finds everything as it was.
    async fn assert_signs_in_again(&self) {
        self.ada
            .get("/me")
            .await
            .expect_problem(401, "not-signed-in");
        let ada = self.server.sign_in("ada@example.com").await;
        let devices = ada.get("/me/sessions").await.expect(200).json();
        assert_eq!(devices["items"].as_array().unwrap().len(), 1, "{devices}");
        let vaults = ada.get("/vaults").await.expect(200).json();
        assert_eq!(vaults["items"].as_array().unwrap().len(), 1, "{vaults}");
        let secrets = format!("/vaults/{}/secrets", self.vault);
        let secrets = ada.get(&secrets).await.expect(200).json();
        assert_eq!(secrets["items"][0]["name"], "mill", "{secrets}");
        ada.post("/auth/sign-out", json!({})).await.expect(204);
    }
}

#[tokio::test]
async fn a_cache_that_is_killed_closes_the_door_and_is_found_again_empty() {
    let mut stage = stage().await;
    stage.cache.kill();
    stage.assert_closed().await;
    stage.cache.start_again().await;
    stage.assert_recovers().await;
    stage.assert_signs_in_again().await;
}

#[tokio::test]
async fn a_cache_that_restarts_between_two_requests_signs_people_out() {
    let mut stage = stage().await;
    for _ in 0..2 {
        stage.cache.kill();
        stage.cache.start_again().await;
        stage.assert_recovers().await;
        stage.assert_signs_in_again().await;
    }
}

#[tokio::test]
async fn a_cache_that_is_flushed_signs_people_out_at_once() {
    let stage = stage().await;
    stage.ada.get("/me").await.expect(200);
    stage.cache.command(&["FLUSHALL"]).await;
    stage.assert_signs_in_again().await;
}

#[tokio::test]
async fn a_cache_that_forgets_its_scripts_is_told_again() {
    let stage = stage().await;
    stage.cache.command(&["SCRIPT", "FLUSH"]).await;
    stage.ada.get("/me").await.expect(200);
    let visitor = stage.server.visitor();
    stage.cache.command(&["SCRIPT", "FLUSH"]).await;
    visitor
        .post("/auth/sign-in", credentials())
        .await
        .expect(200);
}

#[tokio::test]
async fn a_cache_that_answers_nothing_closes_the_door_and_keeps_the_sessions() {
    let stage = stage().await;
    stage.cache.freeze();
    stage.assert_closed().await;
    stage.cache.thaw();
    stage.assert_recovers().await;
    stage.ada.get("/me").await.expect(200);
    assert_eq!(stage.server.database.count("vaults").await, 1);
}

/// What cannot be counted must not be passed, and what cannot be stored is no session.
#[tokio::test]
async fn a_cache_that_is_full_lets_nobody_in_and_nobody_guess() {
    let stage = stage().await;
    stage
        .cache
        .command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"])
        .await;
    stage
        .cache
        .command(&["CONFIG", "SET", "maxmemory", "1"])
        .await;
    let visitor = stage.server.visitor();
    let refused = visitor.post("/auth/sign-in", credentials()).await;
    let refused = refused.expect_problem(503, "unavailable");
    assert!(refused.cookie().is_none());
    let wrong = json!({"email": "ada@example.com", "password": "not the password"});
    visitor
        .post("/auth/sign-in", wrong)
        .await
        .expect_problem(503, "unavailable");
    stage
        .cache
        .command(&["CONFIG", "SET", "maxmemory", "0"])
        .await;
    visitor
        .post("/auth/sign-in", credentials())
        .await
        .expect(200);
}
