//! Another licence while the server runs.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;

use super::super::keep::{Seen, keep};
use super::{behind, panel, row, trail};
use crate::testing::{Licensed, NOW, issue, licence, payload};

/// Two turns: the first look at a file and the second.
async fn turns(one: &Licensed) {
    let mut seen = Seen::default();
    let app = &one.server.app;
    app.license.turn(app.ground(), &mut seen).await;
    app.license.turn(app.ground(), &mut seen).await;
}

fn counter(one: &Licensed) -> u64 {
    one.server.app.license.detail().unwrap().counter
}

#[tokio::test]
async fn a_new_file_comes_into_force_and_is_recorded() {
    let one = Licensed::start(&licence(3)).await;
    let mut larger = payload(4);
    larger.seats = 50;
    one.put(&issue(&larger));
    turns(&one).await;
    let shown = panel(&one.server).await;
    assert_eq!(
        (&shown["seats"], &shown["detail"]["counter"]),
        (&json!(50), &json!(4))
    );
    assert_eq!(shown["refused"], json!(null));
    let (action, detail) = trail(&one.server).await.pop().unwrap();
    assert_eq!(action, "license.changed");
    assert_eq!(detail["before"], "licence-3");
    let file = std::fs::read(one.state_path()).unwrap();
    assert_eq!(row(&one.server).await.unwrap(), file);
    assert!(String::from_utf8(file).unwrap().contains("\"counter\":4"));
}

#[tokio::test]
async fn a_bad_file_is_refused_once_and_the_old_one_stays_in_force() {
    let one = Licensed::start(&licence(5)).await;
    let changed = |change: &dyn Fn(&mut license::vtlic::Payload)| {
        let mut payload = payload(6);
        change(&mut payload);
        issue(&payload)
    };
    let mut forged = licence(6);
    let middle = forged.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    let cases = [
        ("forged", forged),
        ("malformed", b"{}".to_vec()),
        ("malformed", vec![b' '; 70_000]),
        ("superseded", licence(4)),
        (
            "lapsed",
            changed(&|payload| payload.expires = NOW - time::Duration::days(14)),
        ),
        (
            "not-yet-valid",
            changed(&|payload| payload.not_before = NOW + time::Duration::days(1)),
        ),
        (
            "wrong-host",
            changed(&|payload| payload.hosts = vec!["another".into()]),
        ),
        (
            "older",
            changed(&|payload| {
                payload.counter = 5;
                payload.issued -= time::Duration::days(1);
            }),
        ),
    ];
    let mut told = trail(&one.server).await.len();
    for (kind, file) in cases {
        one.put(&file);
        turns(&one).await;
        turns(&one).await;
        let shown = panel(&one.server).await;
        assert_eq!(
            (counter(&one), &shown["standing"]),
            (5, &json!("valid")),
            "{kind}"
        );
        assert_eq!(shown["refused"]["kind"], kind, "{shown}");
        assert_eq!(shown["refused"]["source"], "file");
        let recorded = trail(&one.server).await;
        told += 1;
        assert_eq!(recorded.len(), told, "{kind} is recorded once");
        assert_eq!(recorded[told - 1].1["kind"], kind);
    }
    // A good one after that ends it, and what was not in force yet has made nothing old.
    one.put(&licence(6));
    turns(&one).await;
    assert_eq!(
        (counter(&one), &panel(&one.server).await["refused"]),
        (6, &json!(null))
    );
}

#[tokio::test]
async fn a_file_that_is_still_being_copied_is_not_refused() {
    let one = Licensed::start(&licence(3)).await;
    let (app, mut seen) = (&one.server.app, Seen::default());
    let whole = licence(4);
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        one.put(&whole[..length]);
        app.license.turn(app.ground(), &mut seen).await;
        assert!(app.license.refused().is_none(), "{length}");
    }
    one.put(&whole);
    app.license.turn(app.ground(), &mut seen).await;
    assert_eq!(counter(&one), 4);
}

#[tokio::test]
async fn a_file_that_vanishes_is_said_and_changes_nothing() {
    let one = Licensed::start(&licence(3)).await;
    std::fs::remove_file(one.path()).unwrap();
    turns(&one).await;
    assert_eq!(panel(&one.server).await["refused"]["kind"], "missing");
    assert_eq!(counter(&one), 3);
    one.put(&licence(3));
    turns(&one).await;
    assert_eq!(panel(&one.server).await["refused"], json!(null));
}

#[tokio::test]
async fn an_uploaded_licence_reaches_every_replica_and_every_disk() {
    let one = Licensed::start(&licence(3)).await;
    let two = one.elsewhere(&licence(3)).await;
    let file = licence(4);
    let operator = one.server.operator().with_origin(Some("http://evil.test"));
    let crossed = operator.send_raw(Method::POST, "/admin/api/license", None, file.clone());
    crossed.await.expect_problem(403, "origin-refused");
    let stranger = one.server.operator().with_bearer("wrong").with_origin(None);
    let denied = stranger.send_raw(Method::POST, "/admin/api/license", None, file.clone());
    denied.await.expect_problem(401, "admin-token-needed");
    assert_eq!(counter(&one), 3);
    let operator = one.server.operator().with_origin(None);
    let taken = operator.send_raw(Method::POST, "/admin/api/license", None, file.clone());
    let taken = taken.await.expect(200).json();
    assert_eq!(taken["detail"]["counter"], 4);
    assert_eq!(std::fs::read(one.path()).unwrap(), file);
    turns(&two).await;
    assert_eq!(counter(&two), 4);
    assert_eq!(
        std::fs::read(two.path()).unwrap(),
        file,
        "so that its next start finds it"
    );
    let changes = async || {
        let all = trail(&one.server).await.into_iter();
        all.filter(|(action, _)| action == "license.changed")
            .count()
    };
    assert_eq!(changes().await, 2, "one act, one entry");
    // The same again is no news.
    let operator = one.server.operator().with_origin(None);
    let again = operator.send_raw(Method::POST, "/admin/api/license", None, file);
    again.await.expect(200);
    assert_eq!(changes().await, 2);
}

#[tokio::test]
async fn a_bad_upload_says_why_and_leaves_everything() {
    let one = Licensed::start(&licence(5)).await;
    let operator = one.server.operator().with_origin(None);
    let send = |body: Vec<u8>| operator.send_raw(Method::POST, "/admin/api/license", None, body);
    for (body, word) in [
        (b"hello".to_vec(), "not a licence"),
        (licence(4), "counter 4"),
        (vec![], "not a licence"),
    ] {
        let answer = send(body).await.expect_problem(422, "licence-refused");
        assert!(answer.string("/detail").contains(word), "{}", answer.text());
    }
    send(vec![b' '; 300_000])
        .await
        .expect_problem(413, "too-large");
    send(vec![b' '; 65_537])
        .await
        .expect_problem(413, "too-large");
    // In the way of the file beside: LICENSE_PATH cannot be written.
    std::fs::create_dir(one.dir.path().join("license.vtlic.new")).unwrap();
    let answer = send(licence(6))
        .await
        .expect_problem(422, "licence-refused");
    assert!(
        answer.string("/detail").contains("cannot be written"),
        "{}",
        answer.text()
    );
    assert_eq!(counter(&one), 5);
    assert_eq!(std::fs::read(one.path()).unwrap(), licence(5));
    assert_eq!(panel(&one.server).await["refused"]["kind"], "unwritable");
    let refusals = trail(&one.server).await.len() - 1;
    assert_eq!(refusals, 4, "each is an act of its own");
}

#[tokio::test]
async fn it_takes_less_than_five_seconds_on_every_replica_without_a_restart() {
    let one = Licensed::start(&licence(3)).await;
    let two = one.elsewhere(&licence(3)).await;
    let keepers: Vec<_> = [&one, &two]
        .map(|replica| {
            let app = replica.server.app.clone();
            tokio::spawn(async move { match keep(&app.license, app.ground()).await {} })
        })
        .into();
    // In the middle of a turn.
    tokio::time::sleep(Duration::from_millis(700)).await;
    one.put(&licence(4));
    let began = Instant::now();
    while counter(&one) != 4 || counter(&two) != 4 {
        assert!(began.elapsed() < Duration::from_secs(5), "too slow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("both replicas after {:?}", began.elapsed());
    for keeper in keepers {
        keeper.abort();
    }
}

#[tokio::test]
async fn without_the_database_the_licence_stays_as_it_is_and_is_exchanged_afterwards() {
    let one = Licensed::start(&licence(3)).await;
    one.server.line.cut();
    one.put(&licence(4));
    turns(&one).await;
    assert_eq!(
        (counter(&one), one.server.app.license.standing(NOW)),
        (3, "valid")
    );
    one.server.line.mend();
    turns(&one).await;
    assert_eq!(counter(&one), 4);
}

#[tokio::test]
async fn a_database_that_loses_its_licence_is_given_it_again() {
    let one = Licensed::start(&licence(5)).await;
    for loss in [
        "UPDATE installation SET license_file = NULL, license_digest = NULL",
        "DELETE FROM installation",
        "UPDATE installation SET license_file = 'x', license_digest = sha256('x')",
    ] {
        behind(&one.server, loss).await;
        turns(&one).await;
        assert_eq!(counter(&one), 5, "{loss}");
        let there = one
            .server
            .database
            .count("installation WHERE license_file IS NOT NULL")
            .await;
        assert_eq!(there, 1, "{loss}");
        assert!(
            one.restarted(NOW).await.app.license.notice().is_none(),
            "{loss}"
        );
    }
}

#[tokio::test]
async fn refusals_and_standings_are_measured() {
    let one = Licensed::start(&licence(5)).await;
    one.server.owner().await;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    one.put(b"hello");
    let guard = metrics::set_default_local_recorder(&recorder);
    turns(&one).await;
    drop(guard);
    let text = handle.render();
    for line in [
        "license_refused_total{source=\"file\"} 1",
        "license_refused 1",
        "license_honoured 1",
        "license_days_left 199",
        "license_seats_bought 25",
        "license_seats_used 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
