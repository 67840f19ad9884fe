//! What a password costs: the same for everybody, and more as machines get faster.

use std::time::{Duration, Instant};

use super::credentials;
use crate::testing::Server;

async fn attempt(server: &Server, email: &str) -> Duration {
    let visitor = server.visitor();
    let body = credentials(email, "not the password");
    let started = Instant::now();
    visitor.post("/auth/sign-in", body).await.expect(401);
    started.elapsed()
}

/// Taken in turn, and the shortest of each compared: what else the machine does lengthens single
/// attempts, and shortens none. Taken again when it does not fit, as long as a loaded machine may need.
/// Without the password's work an attempt takes a twentieth; without what a cheaper hash lacks, a third.
#[tokio::test]
async fn unknown_addresses_take_as_long_as_known_ones_and_as_those_with_an_older_hash() {
    let server = Server::start().await;
    server.owner().await;
    server.account("old@example.com").await;
    server.app.passwords.rise_to(4);
    server.sign_in("ada@example.com").await;
    let emails = [
        "ada@example.com",
        "nobody@example.com",
        "no address",
        "old@example.com",
    ];
    let mut shortest = [Duration::MAX; 4];
    for round in 0..9 {
        for (email, shortest) in emails.iter().zip(&mut shortest) {
            *shortest = attempt(&server, email).await.min(*shortest);
        }
        if round >= 2 && alike(&shortest) {
            return;
        }
    }
    panic!("{shortest:?} for {emails:?}");
}

fn alike(times: &[Duration]) -> bool {
    let shortest = times.iter().min().unwrap().as_secs_f64();
    let longest = times.iter().max().unwrap().as_secs_f64();
    longest / shortest < 1.35
}

async fn stored(server: &Server, email: &str) -> String {
    let mut behind = server.database.behind().await;
    sqlx::query_scalar("SELECT password_hash FROM users WHERE email = $1")
        .bind(email)
        .fetch_one(&mut behind)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_hash_that_costs_too_little_is_replaced_at_the_next_sign_in_and_nobody_is_signed_out() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let before = stored(&server, "ada@example.com").await;
    assert!(
        before.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{before}"
    );
    server.sign_in("ada@example.com").await;
    assert_eq!(stored(&server, "ada@example.com").await, before);
    server.app.passwords.rise_to(2);
    let wrong = credentials("ada@example.com", "not the password");
    server
        .visitor()
        .post("/auth/sign-in", wrong)
        .await
        .expect(401);
    assert_eq!(stored(&server, "ada@example.com").await, before);
    server.sign_in("ada@example.com").await;
    let after = stored(&server, "ada@example.com").await;
    assert!(
        after.starts_with("$argon2id$v=19$m=36864,t=2,p=1$"),
        "{after}"
    );
    server.sign_in("ada@example.com").await;
    assert_eq!(stored(&server, "ada@example.com").await, after);
    ada.get("/me").await.expect(200);
}

#[tokio::test]
async fn an_installation_that_has_reached_a_step_does_not_go_back() {
    let server = Server::start().await;
    let mut behind = server.database.behind().await;
    sqlx::query("UPDATE installation SET password_step = 10")
        .execute(&mut behind)
        .await
        .unwrap();
    let argon = crate::identity::calibrate(&server.app.db).await.unwrap();
    assert_eq!(argon.step(), 10);
}
