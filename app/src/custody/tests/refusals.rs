//! When a rotation does not begin, or does not end.

use sqlx::Executor as _;

use super::{SECOND, Stage, THIRD, both, ring, run, run_until};
use crate::custody::{Point, RotateError};
use crate::keys::registry::{self, Refused};
use crate::testing::{MASTER_KEY, Server};

#[tokio::test]
async fn without_a_new_key_or_with_one_that_was_replaced_it_does_not_begin() {
    let stage = Stage::with(2).await;
    let refused = run(&stage, &ring(MASTER_KEY)).await.unwrap_err();
    assert!(
        matches!(refused, RotateError::Refused(Refused::NoNext)),
        "{refused}"
    );
    let refused = run(&stage, &ring(SECOND)).await.unwrap_err();
    assert!(matches!(refused, RotateError::Wrong(_)), "{refused}");
    let keys = both(MASTER_KEY, SECOND);
    let stopped = run_until(&stage, &keys, |point| point == Point::Done(2)).await;
    stopped.unwrap_err();
    // In the middle of one there is no other.
    let refused = run(&stage, &both(SECOND, THIRD)).await.unwrap_err();
    assert!(matches!(refused, RotateError::Wrong(_)), "{refused}");
    run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap();
    let refused = run(&stage, &both(SECOND, MASTER_KEY)).await.unwrap_err();
    assert!(
        matches!(refused, RotateError::Refused(Refused::Retired(_))),
        "{refused}"
    );
}

#[tokio::test]
async fn a_database_that_knows_no_key_has_nothing_to_rotate() {
    let server = Server::start().await;
    let keys = both(MASTER_KEY, SECOND);
    let refused = registry::standing(&server.app.db, &keys).await.unwrap();
    assert_eq!(refused, Err(Refused::Unclaimed));
}

#[tokio::test]
async fn it_waits_for_running_servers_that_lack_the_new_key() {
    let stage = Stage::with(1).await;
    let old = &stage.server.app;
    // A server that runs says which keys it holds.
    let watching = tokio::spawn({
        let app = old.clone();
        async move { registry::watch(&app.db, &app.keys).await }
    });
    let holders = "master_key_holders";
    while stage.server.database.count(holders).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let keys = both(MASTER_KEY, SECOND);
    let stopped = run_until(&stage, &keys, |point| point == Point::Lacking(1)).await;
    assert!(matches!(stopped, Err(RotateError::Stopped)), "{stopped:?}");
    let rotating = "master_keys WHERE state = 'outgoing'";
    assert_eq!(
        stage.server.database.count(rotating).await,
        0,
        "nothing has begun"
    );
    // It goes, and is not waited for.
    watching.abort();
    registry::leave(&old.db, &old.keys).await.unwrap();
    // Another one comes that holds both, and takes the new key into use by itself.
    let new = stage.replica(MASTER_KEY, Some(SECOND)).await;
    let watching = tokio::spawn({
        let app = new.app.clone();
        async move { registry::watch(&app.db, &app.keys).await }
    });
    while stage.server.database.count(holders).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    run(&stage, &keys).await.unwrap();
    assert_eq!(new.app.keys.id(), ring(SECOND).id());
    watching.abort();
}

#[tokio::test]
async fn there_is_one_rotation_at_a_time() {
    let stage = Stage::with(1).await;
    let mut behind = stage.server.database.behind().await;
    behind
        .execute("SELECT pg_advisory_lock(6220687485974959173)")
        .await
        .unwrap();
    let locked: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            .fetch_one(&mut behind)
            .await
            .unwrap();
    assert!(locked > 0);
    let refused = run(&stage, &both(MASTER_KEY, SECOND)).await.unwrap_err();
    assert!(matches!(refused, RotateError::Locked), "{refused}");
}

#[tokio::test]
async fn a_data_key_that_does_not_open_keeps_the_old_key_and_is_named() {
    let stage = Stage::with(4).await;
    let (damaged, moved) = (stage.id(1), stage.id(5));
    for id in [damaged, moved] {
        let statement = format!(
            "UPDATE data_keys SET wrapped_key = set_byte(wrapped_key, 60, 255 - get_byte(wrapped_key, 60))
             WHERE id = '{id}'"
        );
        assert_eq!(stage.tamper(&statement).await, 1);
    }
    let keys = both(MASTER_KEY, SECOND);
    let refused = run(&stage, &keys).await.unwrap_err();
    let text = refused.to_string();
    assert!(
        matches!(refused, RotateError::Closed { count: 2, .. }),
        "{text}"
    );
    assert!(
        text.contains(&damaged.to_string()) && text.contains(&moved.to_string()),
        "{text}"
    );
    assert_eq!(stage.wrapped_by(SECOND).await, 6, "the others are done");
    // What cannot be saved is deleted, as any secret is, and the rotation ends.
    for number in [1, 5] {
        let (owner, path) = &stage.secrets[number];
        let server = stage.replica(MASTER_KEY, Some(SECOND)).await;
        registry::refresh(&server.app.db, &server.app.keys)
            .await
            .unwrap()
            .unwrap();
        stage.at(&server, *owner).delete_for_good(path).await;
    }
    run(&stage, &keys).await.unwrap();
    assert_eq!(stage.wrapped_by(MASTER_KEY).await, 0);
}
