//! A rotation that is broken off at each of its points, one after the other, until it is done.

use super::{SECOND, Stage, both, ring, run, run_until};
use crate::custody::{Point, RotateError};
use crate::keys::registry;
use crate::testing::MASTER_KEY;

/// What has to hold whenever nobody is at it.
async fn assert_sound(stage: &Stage, at: usize) {
    let server = stage.replica(MASTER_KEY, Some(SECOND)).await;
    registry::refresh(&server.app.db, &server.app.keys)
        .await
        .unwrap()
        .unwrap();
    stage.assert_all_open(&server).await;
    stage.assert_trails_whole(&server.app.keys).await;
    let done = stage.wrapped_by(SECOND).await;
    assert_eq!(
        stage.recorded().await,
        done,
        "after point {at}: what is done is recorded"
    );
    let all = done + stage.wrapped_by(MASTER_KEY).await;
    assert_eq!(all, i64::try_from(stage.secrets.len()).unwrap());
}

#[tokio::test]
async fn broken_off_at_every_point_it_goes_on_where_it_was() {
    // Stopped at its first point, then at its second, and so on: every point of a whole run.
    let mut last = 0;
    for stop_at in 0.. {
        let stage = Stage::with(4).await;
        let mut seen = 0;
        let keys = both(MASTER_KEY, SECOND);
        let ended = run_until(&stage, &keys, |_| {
            seen += 1;
            seen > stop_at
        })
        .await;
        if ended.is_ok() {
            last = stop_at;
            break;
        }
        assert!(matches!(ended, Err(RotateError::Stopped)), "{ended:?}");
        assert_sound(&stage, stop_at).await;
        // The keys of another process, as after a restart, and given the other way round.
        let outcome = run(&stage, &both(SECOND, MASTER_KEY)).await.unwrap();
        assert_eq!(outcome.to, ring(SECOND).id().to_string());
        assert_sound(&stage, stop_at).await;
        assert_eq!(stage.wrapped_by(SECOND).await, 8);
        let retired = "master_keys WHERE state = 'retired'";
        assert_eq!(stage.server.database.count(retired).await, 1);
    }
    assert!(
        last >= 10,
        "a run has {last} points: begun, counted, two for each batch, retired"
    );
}

#[tokio::test]
async fn broken_off_again_and_again_it_ends() {
    let stage = Stage::with(6).await;
    let mut runs = 0;
    loop {
        // Each run gets one batch further than the one before, or less.
        let keys = both(MASTER_KEY, SECOND);
        let ended = run_until(&stage, &keys, |point| matches!(point, Point::Done(_))).await;
        runs += 1;
        if ended.is_ok() {
            break;
        }
        assert_sound(&stage, runs).await;
    }
    assert_eq!(
        runs, 5,
        "two batches for each of two organisations, and a last run"
    );
    assert_eq!(stage.wrapped_by(MASTER_KEY).await, 0);
}
