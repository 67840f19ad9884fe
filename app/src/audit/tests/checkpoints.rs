//! Checkpoints, and what they show of attacks that codes alone do not show.

use serde_json::{Value, json};
use time::Duration;

use super::super::checkpoint::{Made, Maker, make, make_if_due};
use super::super::verify::verify_against;
use super::super::{Broken, Checkpoint, canonical, seal};
use super::chain::Stage;
use crate::audit::store::{COLUMNS, Stored};
use crate::kernel::{Clock, OrgId};
use crate::testing::Server;

/// Has a checkpoint made, as the server does by itself.
pub(super) async fn checkpoint(server: &Server, org: OrgId) -> Checkpoint {
    let with = maker(server);
    match make(with, org, None).await.unwrap() {
        Made::New(_, one) => one,
        other => panic!("{other:?}"),
    }
}

fn maker(server: &Server) -> Maker<'_> {
    Maker {
        db: &server.app.db,
        keys: &server.app.keys,
        now: server.app.clock.now(),
    }
}

async fn against(stage: &Stage, kept: &[Checkpoint]) -> Result<i64, Broken> {
    let app = &stage.server.app;
    verify_against(&app.db, &app.keys, stage.org, kept)
        .await
        .unwrap()
}

/// A trail with two checkpoints, at entries 7 and 10, and two entries behind them.
pub(super) async fn stage() -> (Stage, [Checkpoint; 2]) {
    let stage = Stage::new().await;
    let first = checkpoint(&stage.server, stage.org).await;
    for _ in 0..3 {
        stage.write().await;
    }
    let second = checkpoint(&stage.server, stage.org).await;
    for _ in 0..2 {
        stage.write().await;
    }
    stage.seal().await;
    (stage, [first, second])
}

#[tokio::test]
async fn a_checkpoint_is_made_on_demand_listed_and_kept_as_a_file() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let none = ada.get("/audit-checkpoints").await.expect(200).json();
    assert_eq!(
        none,
        json!({"items": [], "nextCursor": null, "publicKey": null})
    );
    let made = ada.post("/audit-checkpoints", json!({})).await.expect(201);
    assert_eq!(
        (&made.json()["number"], &made.json()["first"]),
        (&json!(1), &json!(1))
    );
    ada.post("/audit-checkpoints", json!({})).await.expect(201);
    let list = ada
        .get("/audit-checkpoints?limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&list["items"][0]["number"], &list["nextCursor"]),
        (&json!(2), &json!("2"))
    );
    let list = ada
        .get("/audit-checkpoints?cursor=2")
        .await
        .expect(200)
        .json();
    assert_eq!(list["items"][0], made.json());
    let path = format!("/audit-checkpoints/{}", made.id());
    let file = ada.get(&path).await.expect(200);
    assert!(
        file.header("content-disposition")
            .contains("vaultterm-checkpoint-")
    );
    assert_eq!(file.json()["publicKey"], list["publicKey"]);
    let read = Checkpoint::from_file(&file.body).unwrap();
    assert_eq!((read.number(), read.organization().as_uuid()), (1, ada.org));
    // Laid out in another way it is the same, and with one digit changed it is none.
    let pretty = serde_json::to_vec_pretty(&file.json()).unwrap();
    assert_eq!(Checkpoint::from_file(&pretty), Ok(read));
    let mut bent = file.json();
    bent["body"]["last"] = json!(2);
    assert!(Checkpoint::from_file(bent.to_string().as_bytes()).is_err());
    let trail = ada.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "checkpoint.made");
    assert_eq!(
        server.platform_trail().await,
        ["audit-key.made"],
        "one key, and it is recorded"
    );
    let member = server.member(ada.org, "bob@example.com", "member").await;
    member.get(&path).await.expect(403);
    let other = server.tenant("Difference Engines", "eve@example.com").await;
    other.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_growing_trail_gets_one_an_hour_however_many_servers_there_are() {
    let stage = Stage::new().await;
    let servers = [
        stage.server.clone(),
        stage.server.replica(Clock::system(), &[]).await,
        stage.server.replica(Clock::system(), &[]).await,
    ];
    let all = servers
        .iter()
        .map(|server| make_if_due(maker(server), stage.org));
    let made = futures_util::future::join_all(all).await;
    let made: Vec<bool> = made.into_iter().map(Result::unwrap_or_default).collect();
    assert!(made.iter().filter(|made| **made).count() <= 1, "{made:?}");
    // Two servers that make the installation's key at once: one of them finds it a moment later.
    make_if_due(maker(&stage.server), stage.org).await.unwrap();
    assert_eq!(stage.server.database.count("audit_checkpoints").await, 1);
    stage.write().await;
    assert!(!make_if_due(maker(&stage.server), stage.org).await.unwrap());
    let later = Clock::fixed(Clock::system().now() + Duration::minutes(61));
    let later = stage.server.replica(later, &[]).await;
    assert!(make_if_due(maker(&later), stage.org).await.unwrap());
    assert!(!make_if_due(maker(&later), stage.org).await.unwrap());
    assert_eq!(stage.server.database.count("signing_keys").await, 1);
    assert_eq!(stage.verified().await, Ok(8));
}

/// What somebody with all rights on the database may do to checkpoints, or to a trail that has some.
#[tokio::test]
async fn whoever_bends_checkpoints_or_what_they_cover_is_found_out() {
    let bent = [
        (String::new(), Ok(12)),
        (
            "UPDATE audit_checkpoints SET body = replace(body, '\"last\":7', '\"last\":6') WHERE number = 1"
                .to_owned(),
            Err(Broken::Checkpoint(1)),
        ),
        (
            "UPDATE audit_checkpoints SET last_seq = 9 WHERE number = 2".to_owned(),
            Err(Broken::Checkpoint(2)),
        ),
        (
            "UPDATE audit_checkpoints SET signature = set_byte(signature, 5, 1 + get_byte(signature, 5) / 2)"
                .to_owned(),
            Err(Broken::Checkpoint(1)),
        ),
        // The second in the place of the first.
        (
            "DELETE FROM audit_checkpoints WHERE number = 1; UPDATE audit_checkpoints SET number = 1"
                .to_owned(),
            Err(Broken::Checkpoint(1)),
        ),
        ("DELETE FROM audit_checkpoints WHERE number = 1".to_owned(), Err(Broken::CheckpointMissing(1))),
        (
            "UPDATE signing_keys SET public = set_byte(public, 0, 255 - get_byte(public, 0))".to_owned(),
            Err(Broken::SigningKey),
        ),
        ("DELETE FROM signing_keys".to_owned(), Err(Broken::Checkpoint(1))),
        // The end cut off, head and entries and all, but not what states it.
        (
            "DELETE FROM audit_events e USING audit_links l WHERE l.event_id = e.id AND l.seq > 8;
             DELETE FROM audit_links WHERE seq > 8; UPDATE audit_heads SET last_seq = 8"
                .to_owned(),
            Err(Broken::CutBelow(2, 10, 8)),
        ),
        // The beginning taken away, as if it had been pruned.
        (
            "DELETE FROM audit_events e USING audit_links l WHERE l.event_id = e.id AND l.seq <= 7;
             DELETE FROM audit_links WHERE seq <= 7"
                .to_owned(),
            Err(Broken::Unpruned(7)),
        ),
        (
            "DELETE FROM audit_events e USING audit_links l WHERE l.event_id = e.id AND l.seq <= 5;
             DELETE FROM audit_links WHERE seq <= 5"
                .to_owned(),
            Err(Broken::Missing(1)),
        ),
    ];
    for (statements, expected) in bent {
        let (mut stage, _) = stage().await;
        stage.tamper(&statements).await;
        assert_eq!(stage.verified().await, expected, "{statements}");
    }
}

/// The whole trail written anew, with all keys: only what was signed and what was kept shows it.
async fn write_anew(stage: &mut Stage) {
    let app = stage.server.app.clone();
    let mut behind = stage.server.database.behind().await;
    let third = format!(
        "SELECT {COLUMNS} FROM audit_events e JOIN audit_links l ON l.event_id = e.id WHERE l.seq = 3"
    );
    let rows: Vec<Stored> = sqlx::query_as(sqlx::AssertSqlSafe(third))
        .fetch_all(&mut behind)
        .await
        .unwrap();
    let mut entry = rows.into_iter().next().unwrap();
    entry.detail = json!({"name": "another"});
    let text = entry.text(stage.org);
    let mac = app
        .keys
        .audit_key()
        .code(&[canonical::LABEL, text.as_bytes()]);
    let anew = format!(
        "UPDATE audit_events SET detail = '{}', mac = '\\x{}' WHERE id = '{}';
         DELETE FROM audit_links; UPDATE audit_heads SET last_seq = 0;
         INSERT INTO audit_pending SELECT org_id, id FROM audit_events",
        entry.detail,
        hex::encode(mac),
        entry.id
    );
    stage.tamper(&anew).await;
    seal(&app.db, &app.keys, stage.org).await.unwrap();
}

#[tokio::test]
async fn a_history_that_was_written_anew_with_all_keys_is_contradicted() {
    let (mut stage, [first, second]) = stage().await;
    write_anew(&mut stage).await;
    assert_eq!(stage.verified().await, Err(Broken::Checkpoint(1)));
    // Who also takes the checkpoints away is contradicted by whoever kept one.
    stage.tamper("DELETE FROM audit_checkpoints").await;
    assert_eq!(
        stage.verified().await,
        Ok(12),
        "nobody can tell from the database alone"
    );
    assert_eq!(
        against(&stage, &[first]).await,
        Err(Broken::Contradicted(1, 7))
    );
    assert_eq!(
        against(&stage, &[second]).await,
        Err(Broken::Contradicted(2, 10))
    );
}

#[tokio::test]
async fn an_older_state_that_was_put_back_lacks_what_was_kept() {
    let (mut stage, kept) = stage().await;
    assert_eq!(against(&stage, &kept).await, Ok(12));
    let tables = [
        "audit_events",
        "audit_links",
        "audit_heads",
        "audit_pending",
        "audit_checkpoints",
    ];
    let copy = tables.map(|table| format!("CREATE TABLE old_{table} AS SELECT * FROM {table};"));
    stage.tamper(&copy.concat()).await;
    for _ in 0..2 {
        stage.write().await;
    }
    let third = checkpoint(&stage.server, stage.org).await;
    let back = tables.map(|table| {
        format!("TRUNCATE {table} CASCADE; INSERT INTO {table} SELECT * FROM old_{table};")
    });
    stage.tamper(&back.concat()).await;
    assert_eq!(
        stage.verified().await,
        Ok(12),
        "an older state is whole in itself"
    );
    assert_eq!(
        against(&stage, &[third]).await,
        Err(Broken::CutBelow(3, 14, 12))
    );
    // Nothing left at all, as if nothing had ever been written.
    let gone = tables.map(|table| format!("TRUNCATE {table} CASCADE;"));
    stage.tamper(&gone.concat()).await;
    assert_eq!(against(&stage, &kept).await, Err(Broken::CutBelow(1, 7, 0)));
    // A checkpoint of another installation says nothing about this one.
    let elsewhere = Stage::new().await;
    let foreign = checkpoint(&elsewhere.server, elsewhere.org).await;
    assert_eq!(
        against(&stage, &[foreign]).await,
        Err(Broken::OtherSigner(1))
    );
}

#[tokio::test]
async fn a_broken_trail_is_not_signed_and_the_portal_says_what_is_wrong() {
    let mut stage = Stage::new().await;
    let intact = stage
        .ada
        .post("/audit/verify", json!({"checkpoints": []}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        intact,
        json!({"state": "ended", "read": 7, "of": 7, "intact": true, "entries": 7, "broken": null})
    );
    let file = checkpoint(&stage.server, stage.org).await.to_file();
    let held = stage
        .ada
        .post("/audit/verify", json!({"checkpoints": [file]}))
        .await;
    assert_eq!(held.expect(200).json()["intact"], true);
    stage.seal().await;
    stage
        .tamper("UPDATE audit_events SET result = 'denied' WHERE id = (SELECT event_id FROM audit_links WHERE seq = 9)")
        .await;
    let broken = stage
        .ada
        .post("/audit/verify", json!({"checkpoints": []}))
        .await
        .expect(200)
        .json();
    let said = json!({
        "state": "ended", "read": 8, "of": 9, "intact": false, "entries": null,
        "broken": "entry 9 was changed or added",
    });
    assert_eq!(broken, said);
    let refused = stage.ada.post("/audit-checkpoints", json!({})).await;
    refused.expect_problem(409, "trail-broken");
    let trail = stage
        .ada
        .get("/audit-events?action=audit.verified&result=failed")
        .await;
    assert_eq!(
        trail.expect(200).json()["items"][0]["detail"]["broken"],
        said["broken"]
    );
    for wrong in [json!([{}]), json!(["x"]), Value::from(vec![json!({}); 21])] {
        let body = json!({"checkpoints": wrong});
        let refused = stage
            .ada
            .post("/audit/verify", body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(refused.wrong_fields(), ["checkpoints"]);
    }
}

/// Somebody else has the entries to themselves for longer than whoever asks waits.
#[tokio::test]
async fn a_reading_that_takes_long_goes_on_by_itself_and_can_be_asked_after() {
    let stage = Stage::new().await;
    let ada = &stage.ada;
    let ask = || ada.post("/audit/verify", json!({"checkpoints": []}));
    ada.get("/audit/verify")
        .await
        .expect_problem(404, "not-found");
    let mut behind = stage.server.database.behind().await;
    let held = "BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(held).execute(&mut behind).await.unwrap();
    let begun = ask().await.expect(202).json();
    let running = json!({
        "state": "running", "read": 0, "of": 7, "intact": null, "entries": null, "broken": null,
    });
    assert_eq!(begun, running);
    assert_eq!(ada.get("/audit/verify").await.expect(200).json(), running);
    ask().await.expect_problem(409, "verification-running");
    sqlx::raw_sql("COMMIT").execute(&mut behind).await.unwrap();
    let mut seen = running;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        seen = ada.get("/audit/verify").await.expect(200).json();
        if seen["state"] == "ended" {
            break;
        }
    }
    let ended = json!({
        "state": "ended", "read": 7, "of": 7, "intact": true, "entries": 7, "broken": null,
    });
    assert_eq!(seen, ended);
    // It was recorded before that was told, once, for whoever asked.
    let recorded = "audit_events WHERE action = 'audit.verified'";
    assert_eq!(stage.server.database.count(recorded).await, 1);
    ask().await.expect(200);
}
