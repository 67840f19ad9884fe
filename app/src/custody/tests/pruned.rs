//! Where the beginning of a trail was pruned: what is still found, and what is said of the rest.

use std::ops::ControlFlow;

use http::Method;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::verifying::assert_found;
use super::{SECOND, SLOW, Stage, both, claim, ring};
use crate::audit;
use crate::custody::{Older, rotate, verify};
use crate::infra::db::Db;
use crate::kernel::{Clock, OrgId};
use crate::testing::{MASTER_KEY, Server};

/// Two records with a file each, and a link, made sixty days ago; the trail reaches back to today.
async fn stage() -> (Stage, Server) {
    let now = Clock::system().now();
    let before = Server::start_at(Clock::fixed(now - Duration::days(60)), &[]).await;
    let stage = Stage::on(before, 4).await;
    for number in [0, 1] {
        let (owner, path) = &stage.secrets[number];
        let path = format!("{path}/attachments?name=letter.txt");
        let added = stage.people[*owner]
            .send_raw(Method::POST, &path, None, vec![7; 9])
            .await;
        added.expect(201);
    }
    let app = &stage.server.app;
    for person in &stage.people {
        let maker = audit::Maker {
            db: &app.db,
            keys: &app.keys,
            now: app.clock.now(),
        };
        audit::make(maker, OrgId::from_uuid(person.org), None)
            .await
            .unwrap();
    }
    let today = stage.server.replica(Clock::fixed(now), &[]).await;
    (stage, today)
}

async fn prune(stage: &Stage, today: &Server) {
    stage
        .tamper("UPDATE audit_checkpoints SET made_at = made_at - interval '60 days'")
        .await;
    let org = OrgId::from_uuid(stage.people[0].org);
    audit::seal(&today.app.db, &today.app.keys, org)
        .await
        .unwrap();
    assert!(audit::prune_if_due(&today.app, org).await.unwrap() > 0);
    audit::seal(&today.app.db, &today.app.keys, org)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_older_than_the_trail_is_counted_and_what_is_not_is_still_compared() {
    let (stage, today) = stage().await;
    let ada = today.sign_in("ada@example.com").await;
    let ids: Vec<Uuid> = (0..4).map(|number| stage.id(number)).collect();
    stage
        .tamper("CREATE TABLE keep AS SELECT * FROM secrets JOIN data_keys USING (org_id, id)")
        .await;
    // Today one is changed twice, and one is deleted.
    for version in 1..3 {
        let change = json!({"fields": {"password": format!("rotated {version}")}});
        ada.change(&stage.secrets[2].1, version, change)
            .await
            .expect(200);
    }
    ada.delete_for_good(&stage.secrets[3].1).await;
    prune(&stage, &today).await;
    assert_found(&stage, &[]).await;
    let report = verify(&today.app.db, &today.app.keys).await.unwrap();
    let older = Older {
        records: 2,
        versions: 1,
        attachments: 2,
        links: 0,
    };
    assert_eq!(report.older_than_trail, older);
    // Of those that are older it is still seen that what is sealed is theirs.
    let swap = format!(
        "UPDATE secrets AS own SET sealed_value = other.sealed_value FROM secrets AS other
         WHERE own.id = '{}' AND other.id = '{}'",
        ids[0], ids[1]
    );
    assert_eq!(stage.tamper(&swap).await, 1);
    // What the trail knows since is held to it, and what it says was deleted stays so.
    let back = format!(
        "UPDATE secrets SET version = keep.version, sealed_meta = keep.sealed_meta,
             sealed_value = keep.sealed_value
         FROM keep WHERE keep.id = secrets.id AND secrets.id = '{}'",
        ids[2]
    );
    assert_eq!(stage.tamper(&back).await, 1);
    let again = format!(
        "WITH record AS (
             INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value,
                 changed, created_at, updated_at, updated_by)
             SELECT org_id, id, vault_id, type, version, sealed_meta, sealed_value, changed,
                 created_at, updated_at, updated_by
             FROM keep WHERE id = '{0}')
         INSERT INTO data_keys SELECT org_id, id, wrapped_key FROM keep WHERE id = '{0}'",
        ids[3]
    );
    assert_eq!(stage.tamper(&again).await, 1);
    let expected = [
        (ids[0], super::verifying::belongs(&stage, "sealed_value", 1)),
        (
            ids[2],
            "rolled back to version 1; the trail knows version 3".to_owned(),
        ),
        (
            ids[3],
            "it is in no entry of the trail, or was deleted".to_owned(),
        ),
    ];
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn a_replaced_key_counts_for_nothing_when_the_entry_that_says_so_is_pruned() {
    let now = Clock::system().now();
    let then = Clock::fixed(now - Duration::days(60));
    let stage = Stage::on(Server::start_at(then.clone(), &[]).await, 1).await;
    let db = Db::prepare(&stage.server.database.plain(), 3);
    let mut on = |_| ControlFlow::Continue(());
    rotate(&db, &both(MASTER_KEY, SECOND), &then, SLOW, &mut on)
        .await
        .unwrap();
    db.close().await;
    let next = stage.replica(SECOND, None).await;
    claim(&next.app.db, &next.app.keys).await;
    let org = OrgId::from_uuid(stage.people[0].org);
    let app = &next.app;
    let maker = audit::Maker {
        db: &app.db,
        keys: &app.keys,
        now,
    };
    audit::make(maker, org, None).await.unwrap();
    let ada = next.sign_in("ada@example.com").await;
    ada.vault("today").await;
    prune(&stage, &next).await;
    let rotated = "audit_events WHERE action = 'master-key.rotated'";
    let left = stage.server.database.count(rotated).await;
    assert_eq!(left, 1, "that of the other organisation");
    stage.assert_trails_whole(&app.keys).await;
    // Written and placed with the key that somebody still has.
    let last = stage.forge_entry(&ring(MASTER_KEY), org).await;
    let found = audit::verify(&app.db, &app.keys, org).await.unwrap();
    assert_eq!(found, Err(audit::Broken::RetiredKey(last)));
    let made = audit::make(maker, org, None).await;
    let refused = audit::Broken::RetiredKey(last);
    assert!(
        matches!(&made, Err(audit::MakeError::Broken(broken)) if *broken == refused),
        "{made:?}"
    );
    // Nor does a server of today give such a one its place.
    let tx = audit::WriteTx::begin(&app.db, org).await.unwrap();
    let event = audit::Event::of_system(now, audit::Action::SecretRevealed, json!({}));
    tx.commit(&ring(MASTER_KEY), &event).await.unwrap();
    assert_eq!(audit::seal(&app.db, &app.keys, org).await.unwrap(), 0);
}
