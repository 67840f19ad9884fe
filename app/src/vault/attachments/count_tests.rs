//! How many files a record has, through the router.

use serde_json::Value;
use uuid::Uuid;

use super::tests::{attach, attached, stage};

#[tokio::test]
async fn files_that_come_at_the_same_moment_are_counted_one_after_the_other() {
    let stage = stage().await;
    let id = stage.secret.rsplit('/').next().unwrap();
    let id: Uuid = id.parse().unwrap();
    let mut other = stage.server.database.behind().await;
    for statement in [
        "BEGIN",
        "SELECT FROM secrets WHERE id = $1 FOR NO KEY UPDATE",
        "INSERT INTO attachments (org_id, id, secret_id, created_at, created_by)
         SELECT org_id, gen_random_uuid(), id, now(), updated_by
         FROM secrets, generate_series(1, 50) WHERE id = $1",
    ] {
        let done = match statement {
            "BEGIN" => sqlx::query(statement),
            _ => sqlx::query(statement).bind(id),
        };
        done.execute(&mut other).await.unwrap();
    }
    let (ada, secret) = (stage.ada.clone(), stage.secret.clone());
    let fiftyfirst = tokio::spawn(async move { attach(&ada, &secret, "x", b"x").await });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!fiftyfirst.is_finished());
    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
    let refused = fiftyfirst.await.unwrap().expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["name"]);
}

#[tokio::test]
async fn a_record_has_fifty_files_and_no_more() {
    let stage = stage().await;
    for _ in 0..49 {
        attached(&stage.ada, &stage.secret, "x", b"x").await;
    }
    let under = |key: &str| stage.ada.with_header("idempotency-key", key);
    let last = attached(&under("the last"), &stage.secret, "x", b"x").await;
    for person in [&stage.ada, &under("one more")] {
        let refused = attach(person, &stage.secret, "x", b"x").await;
        assert_eq!(
            refused.expect_problem(422, "invalid").wrong_fields(),
            ["name"]
        );
    }
    // The answer to the last may have been lost.
    let again = attached(&under("the last"), &stage.secret, "x", b"x").await;
    assert_eq!(again, last);
    assert_eq!(stage.server.database.count("attachments").await, 50);
    let list = stage
        .ada
        .get(&format!("{}/attachments?limit=40", stage.secret))
        .await;
    let list = list.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 40);
    assert_ne!(list["nextCursor"], Value::Null);
}
