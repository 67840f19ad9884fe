//! What belongs to accounts is sealed under the master key, too, and goes along with it.

use serde_json::json;
use sqlx::Executor as _;
use uuid::Uuid;

use super::{SECOND, Stage, both, claim, ring, run, run_until};
use crate::custody::{Point, RotateError, What, verify};
use crate::testing::{Authenticator, MASTER_KEY, Person, Server};

/// Two people with an authenticator app each, and a secret in each organisation.
async fn stage() -> (Stage, Vec<(Person, Authenticator)>) {
    let mut stage = Stage::on(Server::still().await, 1).await;
    let mut enrolled = Vec::new();
    for person in &mut stage.people {
        let (again, app) = stage.server.enrol(person).await;
        *person = again.clone();
        enrolled.push((again, app));
    }
    (stage, enrolled)
}

async fn seeds_wrapped_by(stage: &Stage, key: &str) -> i64 {
    let mut behind = stage.server.database.behind().await;
    sqlx::query_scalar(
        "SELECT count(*) FROM account_keys WHERE substring(wrapped_key FROM 2 FOR 8) = $1",
    )
    .bind(ring(key).id().as_bytes().as_slice())
    .fetch_one(&mut behind)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_new_master_key_takes_second_factors_along() {
    let (stage, enrolled) = stage().await;
    let outcome = run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    assert_eq!(outcome.records, 4, "two secrets and two seeds");
    assert_eq!(seeds_wrapped_by(&stage, SECOND).await, 2);
    let next = stage.replica(SECOND, None).await;
    claim(&next.app.db, &next.app.keys).await;
    let ticket = next.ticket("ada@example.com").await;
    let code = enrolled[0].1.shows(&next, 0);
    next.visitor()
        .prove(&ticket, "totp", &code)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_rotation_that_broke_off_among_second_factors_goes_on_there() {
    let (stage, enrolled) = stage().await;
    let keys = both(MASTER_KEY, SECOND);
    // The secrets are done, and the batch of seeds is written but not kept.
    let mut written = 0;
    let stopped = run_until(&stage, &keys, |point| {
        written += i32::from(point == Point::Written);
        written == 3
    });
    assert!(matches!(stopped.await, Err(RotateError::Stopped)));
    assert_eq!(stage.wrapped_by(MASTER_KEY).await, 0);
    assert_eq!(seeds_wrapped_by(&stage, MASTER_KEY).await, 2);
    // Meanwhile a server with both keys lets people in, and takes new apps.
    let between = stage.replica(MASTER_KEY, Some(SECOND)).await;
    let ticket = between.ticket("ada@example.com").await;
    let code = enrolled[0].1.shows(&between, 0);
    let came = between.visitor().prove(&ticket, "totp", &code).await;
    let ada = between.visitor().with_cookie(came.expect(200).cookie());
    ada.post("/me/factors/totp", json!({"name": "new phone"}))
        .await
        .expect(201);
    assert_eq!(seeds_wrapped_by(&stage, SECOND).await, 1);
    run(&stage, &keys).await.unwrap();
    assert_eq!(seeds_wrapped_by(&stage, MASTER_KEY).await, 0);
}

#[tokio::test]
async fn a_server_that_has_not_noticed_the_new_key_notices_it_when_an_app_is_added() {
    let (stage, _) = stage().await;
    let early = stage.replica(MASTER_KEY, Some(SECOND)).await;
    claim(&early.app.db, &early.app.keys).await;
    run_until(&stage, &both(MASTER_KEY, SECOND), |point| {
        matches!(point, Point::Done(_))
    })
    .await
    .unwrap_err();
    assert_eq!(early.app.keys.id(), ring(MASTER_KEY).id());
    let ada = stage.at(&early, 0);
    ada.post("/me/factors/totp", json!({"name": "new phone"}))
        .await
        .expect(201);
    assert_eq!(early.app.keys.id(), ring(SECOND).id());
}

#[tokio::test]
async fn a_seed_that_does_not_open_keeps_the_old_key_and_is_named() {
    let (stage, enrolled) = stage().await;
    let statement = format!(
        "UPDATE account_keys SET wrapped_key = set_byte(wrapped_key, 60, 255 - get_byte(wrapped_key, 60))
         WHERE user_id = '{}'",
        enrolled[1].0.user
    );
    assert_eq!(stage.tamper(&statement).await, 1);
    let keys = both(MASTER_KEY, SECOND);
    let refused = run(&stage, &keys).await.unwrap_err().to_string();
    let id = &enrolled[1].1.id;
    assert!(
        refused.contains(&format!("second factor {id}")),
        "{refused}"
    );
    assert_eq!(seeds_wrapped_by(&stage, SECOND).await, 1);
}

#[tokio::test]
async fn the_database_refuses_a_seeds_key_that_a_retired_master_key_has_wrapped() {
    let (stage, _) = stage().await;
    let mut behind = stage.server.database.behind().await;
    behind
        .execute("CREATE TABLE keep AS SELECT * FROM account_keys")
        .await
        .unwrap();
    run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    let back = "UPDATE account_keys AS k SET wrapped_key = keep.wrapped_key FROM keep
                WHERE keep.id = k.id";
    let refused = behind.execute(back).await.unwrap_err();
    let refused = refused.into_database_error().unwrap();
    assert_eq!(refused.constraint(), Some("wrapped_by_current_key"));
}

#[tokio::test]
async fn seeds_that_were_exchanged_or_damaged_are_named() {
    let (stage, enrolled) = stage().await;
    let app = &stage.server.app;
    let report = verify(&app.db, &app.keys).await.unwrap();
    assert_eq!((report.factors, report.findings.len()), (2, 0));
    let exchange = "UPDATE totp_factors AS own SET sealed_seed = other.sealed_seed
                    FROM totp_factors AS other WHERE own.id <> other.id";
    assert_eq!(stage.tamper(exchange).await, 2);
    let lost = format!(
        "DELETE FROM account_keys WHERE user_id = '{}'",
        enrolled[1].0.user
    );
    assert_eq!(stage.tamper(&lost).await, 1);
    let report = verify(&app.db, &app.keys).await.unwrap();
    let mut found: Vec<(Uuid, &What)> = report
        .findings
        .iter()
        .map(|finding| (finding.account.unwrap().as_uuid(), &finding.what))
        .collect();
    found.sort_by_key(|(account, _)| *account);
    let mut expected = vec![
        (
            enrolled[0].0.user,
            &What::Closed {
                part: "sealed_seed",
            },
        ),
        (
            enrolled[1].0.user,
            &What::Closed {
                part: "wrapped_key",
            },
        ),
    ];
    expected.sort_by_key(|(account, _)| *account);
    assert_eq!(found, expected);
}
