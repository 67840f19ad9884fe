//! Somebody with all rights on the database was there: what do they leave, and is it named?

use serde_json::json;
use uuid::Uuid;

use super::Stage;
use crate::custody::{Finding, What, verify};

/// A table of what is stored now, to put back later.
async fn keep(stage: &Stage) {
    stage
        .tamper("CREATE TABLE keep AS SELECT * FROM secrets JOIN data_keys USING (org_id, id)")
        .await;
}

/// What is found, each as the record's id and the words.
async fn found(stage: &Stage) -> Vec<(Option<Uuid>, String)> {
    let app = &stage.server.app;
    let report = verify(&app.db, &app.keys).await.unwrap();
    assert_eq!(report.organizations, 2);
    let words = |finding: Finding| (finding.record, finding.what.to_string());
    let mut found: Vec<_> = report.findings.into_iter().map(words).collect();
    found.sort();
    found
}

pub(super) async fn assert_found(stage: &Stage, expected: &[(Uuid, String)]) {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(id, words)| (Some(*id), words.clone()))
        .collect();
    expected.sort();
    assert_eq!(found(stage).await, expected);
}

pub(super) fn belongs(stage: &Stage, part: &str, number: usize) -> String {
    let (owner, _) = stage.secrets[number];
    let org = stage.people[owner].org;
    let id = stage.id(number);
    format!("{part} is that of secret {id} of organisation {org}")
}

const PARTS: [&str; 3] = ["wrapped_key", "sealed_meta", "sealed_value"];

/// Exchanges columns of two records.
async fn exchange(stage: &Stage, a: usize, b: usize, columns: &[&str]) {
    let (a, b) = (stage.id(a), stage.id(b));
    for column in columns {
        let table = table(column);
        let statement = format!(
            "UPDATE {table} AS own SET {column} = other.{column} FROM {table} AS other
             WHERE (own.id, other.id) IN (('{a}', '{b}'), ('{b}', '{a}'))"
        );
        assert_eq!(stage.tamper(&statement).await, 2);
    }
}

/// Where a column stands.
fn table(column: &str) -> &'static str {
    if column == "wrapped_key" {
        "data_keys"
    } else {
        "secrets"
    }
}

#[tokio::test]
async fn an_honest_vault_has_no_findings() {
    let stage = Stage::with(3).await;
    let (_, path) = &stage.secrets[0];
    let ada = &stage.people[0];
    ada.change(path, 1, json!({"fields": {"password": "rotated"}}))
        .await
        .expect(200);
    ada.delete_for_good(&stage.secrets[1].1).await;
    let vault = ada.vault("Short-lived").await;
    ada.secret(&vault, "gone with it", "x").await;
    ada.delete_proven(&format!("/vaults/{vault}"))
        .await
        .expect(204);
    assert_found(&stage, &[]).await;
    let app = &stage.server.app;
    assert_eq!(verify(&app.db, &app.keys).await.unwrap().records, 5);
}

#[tokio::test]
async fn values_exchanged_between_records_are_named_with_their_owner() {
    let stage = Stage::with(3).await;
    exchange(&stage, 0, 1, &["sealed_value"]).await;
    let (a, b) = (stage.id(0), stage.id(1));
    let expected = [
        (a, belongs(&stage, "sealed_value", 1)),
        (b, belongs(&stage, "sealed_value", 0)),
    ];
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn whole_records_exchanged_between_tenants_are_named_with_their_owner() {
    let stage = Stage::with(2).await;
    // The first of Ada's and the first of Bob's: everything that is sealed, keys and all.
    exchange(&stage, 0, 2, &PARTS).await;
    let mut expected = Vec::new();
    for part in PARTS {
        expected.push((stage.id(0), belongs(&stage, part, 2)));
        expected.push((stage.id(2), belongs(&stage, part, 0)));
    }
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn a_value_copied_over_another_is_named_with_its_owner() {
    let stage = Stage::with(2).await;
    let (a, b) = (stage.id(0), stage.id(3));
    let statement = format!(
        "UPDATE secrets SET sealed_meta = other.sealed_meta FROM secrets AS other
         WHERE secrets.id = '{a}' AND other.id = '{b}'"
    );
    assert_eq!(stage.tamper(&statement).await, 1);
    assert_found(&stage, &[(a, belongs(&stage, "sealed_meta", 3))]).await;
}

#[tokio::test]
async fn a_record_rolled_back_as_a_whole_is_named_with_both_versions() {
    let stage = Stage::with(2).await;
    keep(&stage).await;
    let (owner, path) = &stage.secrets[0];
    for version in 1..4 {
        let change = json!({"fields": {"password": format!("rotated {version}")}});
        let changed = stage.people[*owner].change(path, version, change).await;
        changed.expect(200);
    }
    let id = stage.id(0);
    let back = format!(
        "UPDATE secrets SET version = keep.version,
             sealed_meta = keep.sealed_meta, sealed_value = keep.sealed_value
         FROM keep WHERE keep.id = secrets.id AND secrets.id = '{id}'"
    );
    assert_eq!(stage.tamper(&back).await, 1);
    // It opens, and shows the password that was rotated away: only the trail knows better.
    let person = &stage.people[*owner];
    let revealed = person.reveal(path, "password").await;
    assert_eq!(revealed.expect(200).json()["value"], super::password(0, 0));
    let words = "rolled back to version 1; the trail knows version 4".to_owned();
    assert_found(&stage, &[(id, words)]).await;
}

#[tokio::test]
async fn an_earlier_value_under_a_new_record_is_named_with_its_version() {
    let stage = Stage::with(1).await;
    keep(&stage).await;
    let (owner, path) = &stage.secrets[0];
    let change = json!({"fields": {"password": "rotated"}});
    let changed = stage.people[*owner].change(path, 1, change).await;
    changed.expect(200);
    let id = stage.id(0);
    let back = format!(
        "UPDATE secrets SET sealed_value = keep.sealed_value FROM keep
         WHERE keep.id = secrets.id AND secrets.id = '{id}'"
    );
    assert_eq!(stage.tamper(&back).await, 1);
    assert_found(&stage, &[(id, "sealed_value is of version 1".to_owned())]).await;
    let swap = format!("UPDATE secrets SET sealed_value = sealed_meta WHERE id = '{id}'");
    assert_eq!(stage.tamper(&swap).await, 1);
    let words = "sealed_value holds what belongs into sealed_meta".to_owned();
    assert_found(&stage, &[(id, words)]).await;
}

#[tokio::test]
async fn records_deleted_invented_moved_or_damaged_behind_the_app_are_named() {
    let stage = Stage::with(4).await;
    let ada = &stage.people[0];
    keep(&stage).await;
    let other: Uuid = ada.vault("Another").await.parse().unwrap();
    let ids: Vec<Uuid> = (0..4).map(|number| stage.id(number)).collect();
    let home: Uuid = stage.secrets[1]
        .1
        .split('/')
        .nth(2)
        .unwrap()
        .parse()
        .unwrap();
    ada.delete_for_good(&stage.secrets[3].1).await;
    for statement in [
        format!("DELETE FROM secrets WHERE id = '{}'", ids[0]),
        format!("UPDATE secrets SET vault_id = '{other}' WHERE id = '{}'", ids[1]),
        format!(
            "UPDATE secrets SET sealed_value = set_byte(sealed_value, 60, 255 - get_byte(sealed_value, 60))
             WHERE id = '{}'",
            ids[2]
        ),
        // Deleted by its owner, and put back by somebody else.
        format!(
            "WITH record AS (
                 INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta,
                     sealed_value, changed, created_at, updated_at, updated_by)
                 SELECT org_id, id, vault_id, type, version, sealed_meta,
                     sealed_value, changed, created_at, updated_at, updated_by
                 FROM keep WHERE id = '{0}')
             INSERT INTO data_keys SELECT org_id, id, wrapped_key FROM keep WHERE id = '{0}'",
            ids[3]
        ),
    ] {
        assert_eq!(stage.tamper(&statement).await, 1, "{statement}");
    }
    let expected = [
        (
            ids[0],
            "it is gone, and nobody deleted it; the trail knows version 1".to_owned(),
        ),
        (
            ids[1],
            format!("it stands in vault {other}, and was stored in {home}"),
        ),
        (
            ids[2],
            "sealed_value does not open, and belongs to no record that is here".to_owned(),
        ),
        (
            ids[3],
            "it is in no entry of the trail, or was deleted".to_owned(),
        ),
    ];
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn a_version_that_nobody_wrote_and_a_trail_that_is_broken_are_named() {
    let stage = Stage::with(1).await;
    let id = stage.id(0);
    let ahead = format!("UPDATE secrets SET version = 7 WHERE id = '{id}'");
    assert_eq!(stage.tamper(&ahead).await, 1);
    let words = |part: &str| format!("{part} is of version 1");
    let expected = [
        (
            id,
            "at version 7, which the trail does not know; its newest is 1".to_owned(),
        ),
        (id, words("sealed_meta")),
        (id, words("sealed_value")),
    ];
    assert_found(&stage, &expected).await;
    let org = stage.people[0].org;
    let app = &stage.server.app;
    crate::audit::seal(&app.db, &app.keys, crate::kernel::OrgId::from_uuid(org))
        .await
        .unwrap();
    let cut = format!("DELETE FROM audit_links WHERE org_id = '{org}' AND seq > 1");
    assert!(stage.tamper(&cut).await > 0);
    let report = verify(&app.db, &app.keys).await.unwrap();
    let trail = report
        .findings
        .iter()
        .find(|finding| finding.record.is_none());
    assert!(
        matches!(trail.unwrap().what, What::Trail { .. }),
        "{report:?}"
    );
    assert_eq!(trail.unwrap().organization.unwrap().as_uuid(), org);
}

#[tokio::test]
async fn rolled_back_keys_of_a_retired_master_key_are_named() {
    let stage = Stage::with(1).await;
    keep(&stage).await;
    let keys = super::both(crate::testing::MASTER_KEY, super::SECOND);
    super::run(&stage, &keys).await.unwrap();
    let back =
        "UPDATE data_keys AS k SET wrapped_key = keep.wrapped_key FROM keep WHERE keep.id = k.id";
    assert_eq!(stage.tamper(back).await, 2);
    let next = stage.replica(super::SECOND, None).await;
    super::claim(&next.app.db, &next.app.keys).await;
    let report = verify(&next.app.db, &next.app.keys).await.unwrap();
    assert_eq!(report.findings.len(), 2, "{report:?}");
    assert!(report.findings.iter().all(|finding| {
        matches!(
            finding.what,
            What::Damaged {
                part: "wrapped_key"
            }
        )
    }));
}

#[tokio::test]
async fn kept_versions_that_were_swapped_cut_out_or_invented_are_named() {
    let stage = Stage::with(2).await;
    for (owner, path) in &stage.secrets {
        for version in 1..4 {
            let change = json!({"fields": {"password": format!("rotated {version}")}});
            let changed = stage.people[*owner].change(path, version, change).await;
            changed.expect(200);
        }
    }
    assert_found(&stage, &[]).await;
    let ids: Vec<Uuid> = (0..4).map(|number| stage.id(number)).collect();
    let of = |id: Uuid| format!("secret_id = '{id}'");
    for statement in [
        // Of one record, two versions in each other's place.
        format!(
            "UPDATE secret_versions AS own
             SET sealed_meta = other.sealed_meta, sealed_value = other.sealed_value
             FROM secret_versions AS other
             WHERE own.{0} AND other.{0} AND (own.version, other.version) IN ((1, 2), (2, 1))",
            of(ids[0])
        ),
        // Of another, one cut out, and the newest one put in behind it a second time.
        format!(
            "DELETE FROM secret_versions WHERE {} AND version = 2",
            of(ids[1])
        ),
        format!(
            "INSERT INTO secret_versions (org_id, secret_id, version, sealed_meta, sealed_value,
                 changed, made_at, made_by)
             SELECT org_id, id, 9, sealed_meta, sealed_value, changed, updated_at, updated_by
             FROM secrets WHERE id = '{}'",
            ids[1]
        ),
        // What was one record's becomes another's.
        format!(
            "UPDATE secret_versions AS own SET sealed_value = other.sealed_value
             FROM secret_versions AS other
             WHERE own.{} AND other.{} AND own.version = 3 AND other.version = 3",
            of(ids[2]),
            of(ids[3])
        ),
    ] {
        assert!(stage.tamper(&statement).await > 0, "{statement}");
    }
    let kept = |version: i32, words: &str| format!("version {version}, as it is kept: {words}");
    let expected = [
        (ids[0], kept(1, "sealed_meta is of version 2")),
        (ids[0], kept(1, "sealed_value is of version 2")),
        (ids[0], kept(2, "sealed_meta is of version 1")),
        (ids[0], kept(2, "sealed_value is of version 1")),
        (ids[1], kept(2, "it is gone, and nobody deleted it")),
        (
            ids[1],
            kept(9, "it is in no entry of the trail, or was deleted"),
        ),
        (ids[1], kept(9, "sealed_meta is of version 4")),
        (ids[1], kept(9, "sealed_value is of version 4")),
        (ids[2], kept(3, &belongs(&stage, "sealed_value", 3))),
    ];
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn a_record_put_into_the_trash_or_taken_out_by_nobody_is_named() {
    let stage = Stage::with(2).await;
    let ada = &stage.people[0];
    ada.delete(&stage.secrets[0].1).await.expect(204);
    assert_found(&stage, &[]).await;
    let (out, into) = (stage.id(0), stage.id(1));
    let statement =
        format!("UPDATE secrets SET trashed_at = NULL, trashed_by = NULL WHERE id = '{out}'");
    assert_eq!(stage.tamper(&statement).await, 1);
    let statement = format!(
        "UPDATE secrets SET trashed_at = now(), trashed_by = updated_by WHERE id = '{into}'"
    );
    assert_eq!(stage.tamper(&statement).await, 1);
    let expected = [
        (
            out,
            "it is not in the trash any more, and nobody took it out".to_owned(),
        ),
        (
            into,
            "it is in the trash, and nobody put it there".to_owned(),
        ),
    ];
    assert_found(&stage, &expected).await;
}

/// The trail of an older backup under the vault of today: whole in itself, and behind what is stored.
#[tokio::test]
async fn a_trail_that_was_put_back_or_emptied_lacks_what_is_stored() {
    let stage = Stage::with(2).await;
    let (owner, path) = &stage.secrets[0];
    let person = &stage.people[*owner];
    let tables = [
        "audit_events",
        "audit_links",
        "audit_heads",
        "audit_pending",
    ];
    for table in tables {
        stage
            .tamper(&format!(
                "CREATE TABLE old_{table} AS SELECT * FROM {table}"
            ))
            .await;
    }
    let change = json!({"fields": {"password": "rotated"}});
    person.change(path, 1, change).await.expect(200);
    let vault = path.split('/').nth(2).unwrap();
    let new = person.secret(vault, "new", "x").await;
    let new: Uuid = new.rsplit('/').next().unwrap().parse().unwrap();
    for table in tables {
        stage.tamper(&format!("DELETE FROM {table}")).await;
        stage
            .tamper(&format!("INSERT INTO {table} SELECT * FROM old_{table}"))
            .await;
    }
    let words = |text: &str| text.to_owned();
    let invented = words("it is in no entry of the trail, or was deleted");
    let expected = [
        (
            stage.id(0),
            words("at version 2, which the trail does not know; its newest is 1"),
        ),
        (new, invented),
    ];
    assert_found(&stage, &expected).await;
    for table in tables {
        stage.tamper(&format!("DELETE FROM {table}")).await;
    }
    // Of both organisations: nothing that is stored is held against such a trail.
    let emptied = words("the audit trail is broken: entry 1 is missing");
    assert_eq!(
        found(&stage).await,
        [(None, emptied.clone()), (None, emptied)]
    );
}

/// From a backup of the same day: another second version than the one that the trail knows, sealed by
/// this very server under the record's own key. It opens, and its number is right.
#[tokio::test]
async fn the_same_version_sealed_another_time_is_told_from_the_one_that_was_recorded() {
    let stage = Stage::with(1).await;
    let (owner, path) = &stage.secrets[0];
    let person = &stage.people[*owner];
    keep(&stage).await;
    let change = |to: &str| json!({"fields": {"password": to}});
    person
        .change(path, 1, change("one branch"))
        .await
        .expect(200);
    stage
        .tamper("CREATE TABLE branch AS SELECT * FROM secrets WHERE version = 2")
        .await;
    let id = stage.id(0);
    // The backup comes back, and with it the day goes another way.
    stage
        .tamper(&format!(
            "DELETE FROM secret_versions WHERE secret_id = '{id}'"
        ))
        .await;
    let back = format!(
        "UPDATE secrets SET version = 1, sealed_meta = keep.sealed_meta,
             sealed_value = keep.sealed_value
         FROM keep WHERE keep.id = secrets.id AND secrets.id = '{id}'"
    );
    assert_eq!(stage.tamper(&back).await, 1);
    person
        .change(path, 1, change("another branch"))
        .await
        .expect(200);
    assert_found(&stage, &[]).await;
    let swap = format!(
        "UPDATE secrets SET sealed_meta = branch.sealed_meta, sealed_value = branch.sealed_value
         FROM branch WHERE branch.id = secrets.id AND secrets.id = '{id}'"
    );
    assert_eq!(stage.tamper(&swap).await, 1);
    let words = "version 2 is another one than the trail knows".to_owned();
    assert_found(&stage, &[(id, words)]).await;
}
