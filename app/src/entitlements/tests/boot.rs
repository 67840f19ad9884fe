//! Starting: what is fatal, what is noticed.

use serde_json::json;
use sqlx::Connection as _;

use super::super::{LicenseError, Licensing, MarkRefused, Notice, Place, establish, present};
use super::{behind, panel, row, trail};
use crate::config::AppEnv;
use crate::testing::{Licensed, NOW, Server, issue, licence, payload};

/// Starts as production does, and says what kept it.
async fn start(server: &Server, env: AppEnv) -> Result<Licensing, LicenseError> {
    start_at(server, env, Place::default()).await
}

pub(super) async fn start_at(
    server: &Server,
    env: AppEnv,
    place: Place,
) -> Result<Licensing, LicenseError> {
    let config = &server.license_config;
    let presented = present(config, env, NOW)?;
    establish(presented, config, env, server.app.ground(), place).await
}

async fn refused(server: &Server) -> LicenseError {
    start(server, AppEnv::Production).await.unwrap_err()
}

#[tokio::test]
async fn a_first_start_remembers_the_same_in_both_places() {
    let one = Licensed::start(&licence(3)).await;
    let file = std::fs::read(one.state_path()).unwrap();
    assert_eq!(row(&one.server).await.unwrap(), file);
    assert!(String::from_utf8(file).unwrap().contains("\"counter\":3"));
    let shown = panel(&one.server).await;
    assert_eq!(shown["standing"], "valid");
    assert_eq!(shown["notice"], json!(null));
    let (action, detail) = trail(&one.server).await.remove(0);
    assert_eq!(action, "license.changed");
    assert_eq!(
        (&detail["counter"], &detail["source"]),
        (&json!(3), &json!("file"))
    );
    // Nothing is new at the next start.
    let again = one.restarted(NOW).await;
    assert_eq!(trail(&again).await.len(), 1);
    assert!(again.app.license.notice().is_none());
}

#[tokio::test]
async fn replicas_that_start_at_once_name_the_installation_once() {
    let one = Licensed::start(&licence(3)).await;
    behind(&one.server, "DELETE FROM installation").await;
    std::fs::remove_file(one.state_path()).unwrap();
    let all = (0..4).map(|_| start(&one.server, AppEnv::Production));
    for started in futures_util::future::join_all(all).await {
        started.unwrap();
    }
    assert_eq!(one.server.database.count("installation").await, 1);
    let changes = trail(&one.server).await.into_iter();
    let changes = changes.filter(|(action, _)| action == "license.changed");
    assert_eq!(changes.count(), 2, "before and after, once each");
}

#[tokio::test]
async fn what_is_no_licence_of_the_vendor_is_fatal_in_production_and_unused_in_development() {
    let one = Licensed::start(&licence(3)).await;
    let mut forged = licence(3);
    let middle = forged.len() / 2;
    forged[middle] ^= 1;
    for file in [b"".to_vec(), b"hello".to_vec(), vec![b' '; 70_000], forged] {
        one.put(&file);
        let error = refused(&one.server).await;
        assert!(matches!(error, LicenseError::Refused(..)), "{error:?}");
        assert!(error.to_string().starts_with("LICENSE_PATH: "), "{error}");
    }
    std::fs::remove_file(one.path()).unwrap();
    assert!(matches!(
        refused(&one.server).await,
        LicenseError::Missing(_)
    ));
    std::fs::create_dir(one.path()).unwrap();
    assert!(matches!(
        refused(&one.server).await,
        LicenseError::Unreadable(..)
    ));
    // In development the copy that the database keeps is used, for want of a better one.
    let started = start(&one.server, AppEnv::Development).await.unwrap();
    assert_eq!(started.standing(NOW), "valid");
}

#[tokio::test]
async fn an_older_licence_is_fatal_in_production_whatever_was_deleted() {
    let one = Licensed::start(&licence(5)).await;
    one.put(&licence(4));
    let deletions: [(&str, bool); 3] = [
        ("SELECT 1", false),
        ("SELECT 1", true),
        ("DELETE FROM installation", false),
    ];
    for (statement, file) in deletions {
        let kept = std::fs::read(one.state_path()).unwrap();
        behind(&one.server, statement).await;
        if file {
            std::fs::remove_file(one.state_path()).unwrap();
        }
        let error = refused(&one.server).await;
        let LicenseError::Superseded { counter, seen, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!((counter, seen), (4, 5), "{statement}, {file}");
        std::fs::write(one.state_path(), kept).unwrap();
    }
}

#[tokio::test]
async fn a_deleted_file_beside_a_populated_database_is_noticed_and_made_again() {
    let one = Licensed::start(&licence(3)).await;
    one.server.owner().await;
    std::fs::remove_file(one.state_path()).unwrap();
    let again = one.restarted(NOW).await;
    assert_eq!(again.app.license.notice(), Some(Notice::FileGone));
    assert_eq!(
        std::fs::read(one.state_path()).unwrap(),
        row(&again).await.unwrap()
    );
    let shown = panel(&again).await;
    assert_eq!(shown["notice"]["kind"], "file-gone");
    assert!(
        shown["notice"]["sentence"]
            .as_str()
            .unwrap()
            .contains("LICENSE_STATE_PATH")
    );
    let last = trail(&again).await.pop().unwrap();
    assert_eq!(
        last,
        (
            "license.state-noticed".to_owned(),
            json!({"notice": "file-gone"})
        )
    );
    // Once it is there again, the next start has nothing to say.
    assert!(one.restarted(NOW).await.app.license.notice().is_none());
}

#[tokio::test]
async fn a_database_from_an_older_backup_learns_from_the_file() {
    let one = Licensed::start(&licence(3)).await;
    let older = row(&one.server).await.unwrap();
    one.put(&licence(5));
    let newer = one.restarted(NOW).await;
    let mut connection = newer.database.behind().await;
    sqlx::query("UPDATE installation SET license_state = $1")
        .bind(older)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let again = one.restarted(NOW).await;
    assert_eq!(again.app.license.notice(), Some(Notice::RowBehind));
    one.put(&licence(4));
    assert!(matches!(
        refused(&one.server).await,
        LicenseError::Superseded { seen: 5, .. }
    ));
}

#[tokio::test]
async fn an_older_file_that_was_put_back_is_noticed_and_does_not_count() {
    let one = Licensed::start(&licence(3)).await;
    let older = std::fs::read(one.state_path()).unwrap();
    one.put(&licence(5));
    one.restarted(NOW).await;
    std::fs::write(one.state_path(), older).unwrap();
    let again = one.restarted(NOW).await;
    assert_eq!(again.app.license.notice(), Some(Notice::FileBehind));
    assert_eq!(
        std::fs::read(one.state_path()).unwrap(),
        row(&again).await.unwrap()
    );
}

#[tokio::test]
async fn a_state_of_another_database_or_of_nobody_is_refused_with_its_cure() {
    let one = Licensed::start(&licence(3)).await;
    let other = Licensed::start(&licence(9)).await;
    let own = std::fs::read(one.state_path()).unwrap();
    let copied = std::fs::read(other.state_path()).unwrap();
    let mut changed = own.clone();
    let place = changed
        .windows(11)
        .position(|part| part == b"\"counter\":3")
        .unwrap();
    changed[place + 10] = b'9';
    for (bytes, foreign) in [
        (copied, true),
        (changed, false),
        (b"{}".to_vec(), false),
        (vec![], false),
    ] {
        std::fs::write(one.state_path(), &bytes).unwrap();
        let error = refused(&one.server).await;
        let said = error.to_string();
        assert!(
            said.contains("LICENSE_STATE_PATH") && said.contains("remove it"),
            "{said}"
        );
        match error {
            LicenseError::State(MarkRefused::OtherInstance) => assert!(foreign),
            LicenseError::State(MarkRefused::File(_)) => assert!(!foreign),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            std::fs::read(one.state_path()).unwrap(),
            bytes,
            "left for whoever looks into it"
        );
    }
    // The cure that is named works: the database knows the same.
    std::fs::remove_file(one.state_path()).unwrap();
    let started = start(&one.server, AppEnv::Production).await.unwrap();
    assert_eq!(started.notice(), Some(Notice::FileGone));
    assert_eq!(
        std::fs::read(one.state_path()).unwrap(),
        row(&one.server).await.unwrap()
    );
}

#[tokio::test]
async fn a_row_that_was_changed_is_refused() {
    let one = Licensed::start(&licence(3)).await;
    behind(
        &one.server,
        "UPDATE installation SET license_state = replace(encode(license_state, 'escape'), '\"counter\":3', '\"counter\":1')::bytea",
    )
    .await;
    let error = refused(&one.server).await;
    assert!(
        matches!(error, LicenseError::State(MarkRefused::Row(_))),
        "{error:?}"
    );
    behind(
        &one.server,
        "UPDATE installation SET license_state = NULL, instance = gen_random_uuid()",
    )
    .await;
    let error = refused(&one.server).await;
    assert!(
        matches!(error, LicenseError::State(MarkRefused::OtherInstance)),
        "{error:?}"
    );
}

#[tokio::test]
async fn both_deleted_beside_organisations_is_noticed() {
    let one = Licensed::start(&licence(3)).await;
    one.server.owner().await;
    behind(&one.server, "DELETE FROM installation").await;
    std::fs::remove_file(one.state_path()).unwrap();
    let started = start(&one.server, AppEnv::Production).await.unwrap();
    assert_eq!(started.notice(), Some(Notice::BothGone));
    assert_eq!(trail(&one.server).await[1].1["notice"], "both-gone");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_not_one_that_is_forgotten() {
    let one = Licensed::start(&licence(3)).await;
    std::fs::remove_file(one.state_path()).unwrap();
    std::fs::create_dir(one.state_path()).unwrap();
    let error = refused(&one.server).await;
    assert!(
        matches!(error, LicenseError::StateUnreadable(..)),
        "{error:?}"
    );
    assert!(
        error.to_string().starts_with("LICENSE_STATE_PATH: "),
        "{error}"
    );
}

#[tokio::test]
async fn a_state_that_cannot_be_written_stops_nothing() {
    let one = Licensed::start(&licence(3)).await;
    std::fs::remove_file(one.state_path()).unwrap();
    // In the way of the file beside.
    std::fs::create_dir(one.dir.path().join("license.state.new")).unwrap();
    let started = start(&one.server, AppEnv::Production).await.unwrap();
    assert_eq!(started.standing(NOW), "valid");
}

#[tokio::test]
async fn a_licence_that_is_worth_nothing_here_or_yet_starts_with_the_free_tier() {
    for (word, change) in [
        ("wrong-host", {
            let mut payload = payload(3);
            payload.hosts = vec!["another".into()];
            payload
        }),
        ("not-yet-valid", {
            let mut payload = payload(3);
            payload.not_before = NOW + time::Duration::seconds(1);
            payload
        }),
        ("lapsed", {
            let mut payload = payload(3);
            payload.expires = NOW - time::Duration::days(14);
            payload
        }),
    ] {
        let one = Licensed::start(&issue(&change)).await;
        let started = start(&one.server, AppEnv::Production).await.unwrap();
        assert_eq!(started.standing(NOW), word);
        assert_eq!(
            started.entitlements(NOW),
            super::super::Entitlements::free()
        );
    }
}
