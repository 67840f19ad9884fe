//! What cannot be opened, or cannot be counted, keeps nobody from the rest.

use serde_json::{Value, json};

use super::tests::{id, stage};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::kernel::{OrgId, UserId};

#[tokio::test]
async fn a_secret_that_does_not_open_hides_no_other_and_counts_as_known() {
    let stage = stage().await;
    let mut ids = Vec::new();
    for name in ["mill", "loom", "mule"] {
        let path = stage.ada.secret(&stage.vault, name, "hunter2").await;
        stage.bob.reveal(&path, "password").await.expect(200);
        ids.push(id(&path));
    }
    let mut behind = stage.server.database.behind().await;
    sqlx::query(
        "UPDATE secrets SET sealed_meta = set_byte(sealed_meta, 60, get_byte(sealed_meta, 60) # 1)
         WHERE id = $1",
    )
    .bind(ids[1].parse::<uuid::Uuid>().unwrap())
    .execute(&mut behind)
    .await
    .unwrap();
    let list = stage.list().await;
    let told: Vec<Value> = list
        .iter()
        .map(|one| json!([one["secretId"], one["name"], one["seen"], one["rotate"]]))
        .collect();
    let expected = [
        json!([ids[2], "mule", true, true]),
        json!([ids[1], null, true, true]),
        json!([ids[0], "mill", true, true]),
    ];
    assert_eq!(told, expected);
    let ada = stage.ada.with_header("accept", "text/csv");
    let table = ada.get(&stage.path()).await.expect(200);
    assert_eq!(table.text().lines().count(), 4);
}

/// Somebody else has the trail to themselves for longer than the counting may take.
#[tokio::test]
async fn whoever_did_too_much_to_be_counted_is_removed_all_the_same() {
    let stage = stage().await;
    let (app, org) = (&stage.server.app, OrgId::from_uuid(stage.ada.org));
    let mut tx = WriteTx::begin(&app.db, org).await.unwrap();
    sqlx::query("UPDATE memberships SET state = 'revoked' WHERE user_id = $1")
        .bind(stage.bob.user)
        .execute(tx.tenant().connection())
        .await
        .unwrap();
    let mut behind = stage.server.database.behind().await;
    let held = "BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(held).execute(&mut behind).await.unwrap();
    let resource = Resource {
        kind: "member",
        id: stage.bob.user,
    };
    let by = UserId::from_uuid(stage.ada.user);
    let event = Event::new(app.clock.now(), by, Action::MemberRemoved, resource);
    let end = async {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        sqlx::raw_sql("COMMIT").execute(&mut behind).await.unwrap();
    };
    let (removed, ()) = tokio::join!(tx.commit(&app.keys, &event), end);
    removed.unwrap();
    let trail = stage.ada.get("/audit-events?limit=1").await.expect(200);
    let entry = &trail.json()["items"][0];
    assert_eq!(entry["action"], "member.removed");
    let circumstances = entry["circumstances"].as_object().unwrap();
    assert_eq!(circumstances.get("exposure"), Some(&Value::Null));
}
