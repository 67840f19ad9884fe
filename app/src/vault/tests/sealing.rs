//! What the database holds of a secret, and what happens when somebody moves it about.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::kernel::Clock;
use crate::testing::{Person, Server};

async fn pair(server: &Server) -> (Person, [String; 2]) {
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let first = ada.secret(&vault, "first", "hunter2").await;
    let second = ada.secret(&vault, "second", "letmein").await;
    (ada, [first, second])
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// Where a column stands.
fn table(column: &str) -> &'static str {
    if column.starts_with("wrapped_key") {
        "data_keys"
    } else {
        "secrets"
    }
}

const KEEP: &str = "CREATE TABLE keep AS SELECT * FROM secrets JOIN data_keys USING (org_id, id)";

async fn tamper(server: &Server, statement: String) {
    let mut behind = server.database.behind().await;
    let done = behind
        .execute(AssertSqlSafe(statement.clone()))
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1, "{statement}");
}

#[tokio::test]
async fn every_record_has_a_key_of_its_own_and_every_sealing_a_nonce() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    for _ in 0..3 {
        ada.secret(&vault, "same", "same").await;
    }
    for column in ["wrapped_key", "sealed_meta", "sealed_value"] {
        let mut behind = server.database.behind().await;
        let statement = AssertSqlSafe(format!(
            "SELECT count(DISTINCT {column}) FROM {}",
            table(column)
        ));
        let different: i64 = sqlx::query_scalar(statement)
            .fetch_one(&mut behind)
            .await
            .unwrap();
        assert_eq!(different, 3, "{column}");
    }
}

#[tokio::test]
async fn a_ciphertext_that_was_moved_or_changed_does_not_open() {
    let server = Server::start().await;
    let (ada, [first, second]) = pair(&server).await;
    let (a, b) = (id(&first), id(&second));
    server.database.behind().await.execute(KEEP).await.unwrap();
    let flips = ["wrapped_key", "sealed_meta", "sealed_value"]
        .into_iter()
        .flat_map(|column| {
            [0, 5, 11, 20, 35, 60].map(|at| {
                format!("{column} = set_byte({column}, {at}, get_byte({column}, {at}) # 1)")
            })
        });
    let from = |column: &str| format!("{column} = (SELECT {column} FROM keep WHERE id = '{b}')");
    let moves = [
        from("sealed_value"),
        from("sealed_meta"),
        from("wrapped_key"),
        format!("{}, {}", from("sealed_meta"), from("sealed_value")),
        "sealed_value = sealed_meta".to_owned(),
        "sealed_meta = sealed_value".to_owned(),
        "version = 2".to_owned(),
        "sealed_value = ''".to_owned(),
        "wrapped_key = ''".to_owned(),
        "sealed_meta = ''".to_owned(),
    ];
    for change in flips.chain(moves) {
        tamper(
            &server,
            format!("UPDATE {} SET {change} WHERE id = '{a}'", table(&change)),
        )
        .await;
        let answers = [ada.get(&first).await, ada.reveal(&first, "password").await];
        assert!(
            answers.iter().any(|answer| answer.status.is_server_error()),
            "{change} went unnoticed"
        );
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            // A wrapped key that names another master key looks like one of a rotation.
            if answer.status == 503 && change.starts_with("wrapped_key") {
                answer.clone().expect_problem(503, "key-not-loaded");
            } else {
                answer.clone().expect_problem(500, "unreadable");
            }
            assert!(!answer.text().contains("seal"), "{}", answer.text());
        }
        for column in ["wrapped_key", "sealed_meta", "sealed_value", "version"] {
            let back = format!(
                "UPDATE {} AS t SET {column} = keep.{column} FROM keep
                 WHERE keep.id = t.id AND t.id = '{a}'",
                table(column)
            );
            tamper(&server, back).await;
        }
        ada.reveal(&first, "password").await.expect(200);
    }
}

#[tokio::test]
async fn a_failed_reveal_is_not_recorded_as_one() {
    let server = Server::start().await;
    let (ada, [first, _]) = pair(&server).await;
    let a = id(&first);
    tamper(
        &server,
        format!("UPDATE secrets SET sealed_value = '' WHERE id = '{a}'"),
    )
    .await;
    ada.reveal(&first, "password")
        .await
        .expect_problem(500, "unreadable");
    let reveals = server
        .database
        .count("audit_events WHERE action = 'secret.revealed'")
        .await;
    assert_eq!(reveals, 0);
}

#[tokio::test]
async fn an_earlier_version_put_back_does_not_open() {
    let server = Server::start().await;
    let (ada, [first, _]) = pair(&server).await;
    let a = id(&first);
    server.database.behind().await.execute(KEEP).await.unwrap();
    ada.change(&first, 1, json!({"fields": {"password": "rotated"}}))
        .await
        .expect(200);
    let back = format!(
        "UPDATE secrets SET sealed_value = keep.sealed_value FROM keep
         WHERE keep.id = secrets.id AND secrets.id = '{a}'"
    );
    tamper(&server, back).await;
    ada.reveal(&first, "password")
        .await
        .expect_problem(500, "unreadable");
}

#[tokio::test]
async fn another_master_key_opens_nothing_and_says_nothing() {
    let server = Server::start().await;
    let (ada, [first, _]) = pair(&server).await;
    let other = "11".repeat(16) + &"2e".repeat(16);
    let stranger = server
        .replica(Clock::system(), &[("MASTER_KEY", &other)])
        .await;
    let cookie = ada.cookie().map(str::to_owned);
    let there = stranger.visitor().with_cookie(cookie);
    let answer = there.reveal(&first, "password").await;
    let answer = answer.expect_problem(503, "key-not-loaded");
    for id in [stranger.app.keys.id(), server.app.keys.id()] {
        assert!(
            !answer.text().contains(&id.to_string()),
            "{}",
            answer.text()
        );
    }
    ada.reveal(&first, "password").await.expect(200);
}
