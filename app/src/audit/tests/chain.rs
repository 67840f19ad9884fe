//! The chain of a trail, and what verifying finds after somebody with all rights on the database.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use uuid::Uuid;

use super::super::{Broken, keep_sealed, seal, verify};
use super::event;
use crate::audit::WriteTx;
use crate::kernel::OrgId;
use crate::testing::{Person, Server};

/// An organisation with seven entries, all of them in their places, and a superuser beside it.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) ada: Person,
    pub(super) org: OrgId,
    behind: PgConnection,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let server = Server::start().await;
        let ada = server.owner().await;
        for number in 0..6 {
            ada.vault(&format!("vault {number}")).await;
        }
        let org = OrgId::from_uuid(ada.org);
        let behind = server.database.behind().await;
        let stage = Self {
            server,
            ada,
            org,
            behind,
        };
        assert_eq!(stage.seal().await, 7);
        stage
    }

    pub(super) async fn seal(&self) -> usize {
        let app = &self.server.app;
        seal(&app.db, &app.keys, self.org).await.unwrap()
    }

    pub(super) async fn verified(&self) -> Result<i64, Broken> {
        let app = &self.server.app;
        verify(&app.db, &app.keys, self.org).await.unwrap()
    }

    /// Runs statements behind the server's back, with the triggers and foreign keys off.
    pub(super) async fn tamper(&mut self, statements: &str) {
        let all = format!("SET session_replication_role = replica; {statements}");
        self.behind.execute(AssertSqlSafe(all)).await.unwrap();
    }

    pub(super) async fn write(&self) {
        let app = &self.server.app;
        let tx = WriteTx::begin(&app.db, self.org).await.unwrap();
        tx.commit(&app.keys, &event(&self.ada)).await.unwrap();
    }

    async fn entry(&mut self, seq: i64) -> Uuid {
        sqlx::query_scalar("SELECT event_id FROM audit_links WHERE seq = $1")
            .bind(seq)
            .fetch_one(&mut self.behind)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_trail_that_was_tampered_with_does_not_verify() {
    let event_of = |seq: i64| format!("(SELECT event_id FROM audit_links WHERE seq = {seq})");
    let link_of = |seq: i64| format!("DELETE FROM audit_links WHERE seq = {seq}");
    let tampered = [
        (String::new(), Ok(7)),
        (
            format!(
                "UPDATE audit_events SET detail = '{{\"name\": \"x\"}}' WHERE id = {}",
                event_of(3)
            ),
            Err(Broken::Changed(3)),
        ),
        (
            format!(
                "UPDATE audit_events SET actor_id = NULL WHERE id = {}",
                event_of(4)
            ),
            Err(Broken::Changed(4)),
        ),
        (
            format!(
                "UPDATE audit_events SET resource_type = NULL WHERE id = {}",
                event_of(4)
            ),
            Err(Broken::Changed(4)),
        ),
        (
            format!(
                "UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = {}",
                event_of(1)
            ),
            Err(Broken::Changed(1)),
        ),
        (
            format!(
                "UPDATE audit_events SET key_id = '\\x0000000000000000' WHERE id = {}",
                event_of(2)
            ),
            Err(Broken::OtherKey(2)),
        ),
        (
            format!(
                "UPDATE audit_events SET canonical = 2 WHERE id = {}",
                event_of(6)
            ),
            Err(Broken::Unknown(6)),
        ),
        // An entry with its link; its neighbours closed up behind it.
        (
            format!(
                "DELETE FROM audit_events WHERE id = {}; {}",
                event_of(5),
                link_of(5)
            ),
            Err(Broken::Missing(5)),
        ),
        (
            format!("DELETE FROM audit_events WHERE id = {}", event_of(5)),
            Err(Broken::Missing(5)),
        ),
        (
            format!(
                "DELETE FROM audit_events WHERE id = {}; {};
                 UPDATE audit_links SET seq = seq - 1 WHERE seq = 6;
                 UPDATE audit_links SET seq = seq - 1 WHERE seq = 7;
                 UPDATE audit_heads SET last_seq = 6",
                event_of(5),
                link_of(5)
            ),
            Err(Broken::Moved(5)),
        ),
        // Two entries changed places.
        (
            "CREATE TEMP TABLE was AS SELECT * FROM audit_links WHERE seq IN (3, 4);
             DELETE FROM audit_links WHERE seq IN (3, 4);
             INSERT INTO audit_links SELECT org_id, 7 - seq, event_id, hash, key_id, mac FROM was"
                .to_owned(),
            Err(Broken::Moved(3)),
        ),
        // The last ones are gone, with and without the head.
        (
            "DELETE FROM audit_links WHERE seq > 5".to_owned(),
            Err(Broken::Cut(7, 5)),
        ),
        (
            "UPDATE audit_links SET seq = 8 WHERE seq = 7".to_owned(),
            Err(Broken::Changed(8)),
        ),
        (
            "UPDATE audit_links SET mac = set_byte(mac, 0, 255 - get_byte(mac, 0)) WHERE seq = 2"
                .to_owned(),
            Err(Broken::Moved(2)),
        ),
        (
            format!("UPDATE audit_events SET result = 'denied' WHERE id = {}", event_of(2)),
            Err(Broken::Changed(2)),
        ),
        (
            format!("UPDATE audit_events SET reason = 'x' WHERE id = {}", event_of(2)),
            Err(Broken::Changed(2)),
        ),
        (
            format!("UPDATE audit_events SET name = '\\x01' WHERE id = {}", event_of(2)),
            Err(Broken::Changed(2)),
        ),
        (
            format!("UPDATE audit_events SET monotonic = monotonic + 1 WHERE id = {}", event_of(2)),
            Err(Broken::Changed(2)),
        ),
        (
            format!("UPDATE audit_events SET server = gen_random_uuid() WHERE id = {}", event_of(2)),
            Err(Broken::Changed(2)),
        ),
        (
            "UPDATE audit_links SET hash = set_byte(hash, 0, 255 - get_byte(hash, 0)) WHERE seq = 2"
                .to_owned(),
            Err(Broken::Unlike(2)),
        ),
        (
            "UPDATE audit_links SET key_id = '\\x0000000000000000' WHERE seq = 2".to_owned(),
            Err(Broken::OtherKey(2)),
        ),
        // Whatever gives a number next finds it taken.
        ("DELETE FROM audit_heads".to_owned(), Err(Broken::Changed(1))),
        (EMPTIED.to_owned(), Err(Broken::Missing(1))),
    ];
    for (statements, expected) in tampered {
        let mut stage = Stage::new().await;
        stage.tamper(&statements).await;
        assert_eq!(stage.verified().await, expected, "{statements}");
    }
}

/// Nothing left at all, as if nothing had ever been written.
const EMPTIED: &str = "TRUNCATE audit_events, audit_links, audit_heads, audit_pending,
     audit_checkpoints";

#[tokio::test]
async fn a_trail_that_was_emptied_is_not_whole_when_it_goes_on() {
    let mut stage = Stage::new().await;
    stage.tamper(EMPTIED).await;
    stage.write().await;
    assert_eq!(stage.verified().await, Err(Broken::Missing(1)));
    assert_eq!(stage.seal().await, 1);
    assert_eq!(stage.verified().await, Err(Broken::Missing(1)));
    // What is in the directory alone has none.
    let known =
        "INSERT INTO organization_directory VALUES (gen_random_uuid(), 'x', now()) RETURNING id";
    let known: Uuid = sqlx::query_scalar(known)
        .fetch_one(&mut stage.behind)
        .await
        .unwrap();
    let app = &stage.server.app;
    let found = verify(&app.db, &app.keys, OrgId::from_uuid(known)).await;
    assert_eq!(found.unwrap(), Ok(0));
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named_and_holds_nobody_up() {
    for change in [
        "at = 'infinity'",
        "at = '-infinity'",
        "at = '10000-06-01'",
        "at = '4000-01-01 BC'",
        "detail = '{\"n\": 1e400}'",
        "circumstances = (repeat('[', 200) || repeat(']', 200))::jsonb",
        // No result that there is, and no code that could be one: the database takes them.
        "result = 'perhaps'",
        "mac = '\\x01'",
        "mac = ''",
    ] {
        let mut stage = Stage::new().await;
        stage.write().await;
        // One that waits, so that it is refused its place; then one that has it.
        let waits = "(SELECT event_id FROM audit_pending)";
        let id: Uuid = sqlx::query_scalar("SELECT event_id FROM audit_pending")
            .fetch_one(&mut stage.behind)
            .await
            .unwrap();
        let bend = |which| format!("UPDATE audit_events SET {change} WHERE id = {which}");
        stage.tamper(&bend(waits)).await;
        stage.write().await;
        assert_eq!(stage.seal().await, 1, "{change}");
        assert_eq!(stage.verified().await, Err(Broken::Forged(id)), "{change}");
        let third = "(SELECT event_id FROM audit_links WHERE seq = 3)";
        stage.tamper(&bend(third)).await;
        assert_eq!(stage.verified().await, Err(Broken::Changed(3)), "{change}");
        let trail = stage.ada.get("/audit-events?limit=100").await.expect(200);
        // A time so long ago is not shown any more.
        let shown = trail.json()["items"].as_array().unwrap().len();
        assert!(shown >= 7, "{change}");
    }
}

/// The columns of an entry, for statements that copy one.
const REST: &str = "at, actor_id, action, resource_type, resource_id, detail, name, result, reason,
     circumstances, server, monotonic, canonical, key_id, mac";

#[tokio::test]
async fn whatever_is_changed_in_an_entry_it_is_named() {
    let changes = [
        "action = 'vault.updated'",
        "resource_id = gen_random_uuid()",
        "resource_type = 'team'",
        "circumstances = circumstances || '{\"address\": \"192.0.2.99\"}'",
        "mac = set_byte(mac, 31, 255 - get_byte(mac, 31))",
        "name = NULL",
        "id = gen_random_uuid()",
    ];
    for change in changes {
        let mut stage = Stage::new().await;
        stage.ada.vault("Engines").await;
        stage.seal().await;
        let event = "(SELECT event_id FROM audit_links WHERE seq = 8)";
        let statement = format!("UPDATE audit_events SET {change} WHERE id = {event}");
        stage.tamper(&statement).await;
        // An entry under another id is none of its link's.
        let expected = if change.starts_with("id") {
            Broken::Missing(8)
        } else {
            Broken::Changed(8)
        };
        assert_eq!(stage.verified().await, Err(expected), "{change}");
    }
}

#[tokio::test]
async fn names_exchanged_between_entries_are_named() {
    let mut stage = Stage::new().await;
    for name in ["Engines", "Mills"] {
        stage.ada.vault(name).await;
    }
    stage.seal().await;
    let (one, other) = (stage.entry(8).await, stage.entry(9).await);
    stage
        .tamper(&format!(
            "UPDATE audit_events AS own SET name = other.name FROM audit_events AS other
             WHERE (own.id, other.id) IN (('{one}', '{other}'), ('{other}', '{one}'))"
        ))
        .await;
    assert_eq!(stage.verified().await, Err(Broken::Changed(8)));
}

#[tokio::test]
async fn an_entry_that_was_inserted_with_a_link_is_named_wherever_it_comes_from() {
    // A copy of an entry of this trail, in the middle, and everything behind it moved on.
    let mut stage = Stage::new().await;
    let copy = Uuid::now_v7();
    let second = stage.entry(2).await;
    stage
        .tamper(&format!(
            "UPDATE audit_links SET seq = seq + 100 WHERE seq >= 4;
             UPDATE audit_links SET seq = seq - 99 WHERE seq > 100;
             INSERT INTO audit_events (org_id, id, {REST}) SELECT org_id, '{copy}', {REST}
             FROM audit_events WHERE id = '{second}';
             INSERT INTO audit_links (org_id, seq, event_id, hash, key_id, mac)
             SELECT org_id, 4, '{copy}', hash, key_id, mac FROM audit_links WHERE seq = 5;
             UPDATE audit_heads SET last_seq = 8"
        ))
        .await;
    assert_eq!(stage.verified().await, Err(Broken::Changed(4)));
    // The same entry twice, under one id.
    let mut stage = Stage::new().await;
    stage
        .tamper(
            "ALTER TABLE audit_links DROP CONSTRAINT audit_links_org_id_event_id_key;
             INSERT INTO audit_links (org_id, seq, event_id, hash, key_id, mac)
             SELECT org_id, 8, event_id, hash, key_id, mac FROM audit_links WHERE seq = 7;
             UPDATE audit_heads SET last_seq = 8",
        )
        .await;
    assert_eq!(stage.verified().await, Err(Broken::Moved(8)));
    // A genuine entry of another tenant, at the end.
    let mut stage = Stage::new().await;
    let eve = stage
        .server
        .tenant("Difference Engines", "eve@example.com")
        .await;
    let app = stage.server.app.clone();
    seal(&app.db, &app.keys, OrgId::from_uuid(eve.org))
        .await
        .unwrap();
    let (own, theirs) = (stage.org, eve.org);
    stage
        .tamper(&format!(
            "INSERT INTO audit_events (org_id, id, {REST}) SELECT '{own}', e.id, {REST}
             FROM audit_events e
             WHERE e.id = (SELECT event_id FROM audit_links WHERE org_id = '{theirs}' AND seq = 1);
             INSERT INTO audit_links (org_id, seq, event_id, hash, key_id, mac)
             SELECT '{own}', 8, event_id, hash, key_id, mac
             FROM audit_links WHERE org_id = '{theirs}' AND seq = 1;
             UPDATE audit_heads SET last_seq = 8 WHERE org_id = '{own}'"
        ))
        .await;
    assert_eq!(stage.verified().await, Err(Broken::Changed(8)));
}

#[tokio::test]
async fn what_is_beside_the_chain_is_named_by_its_id() {
    let mut stage = Stage::new().await;
    let last = stage.entry(7).await;
    // Cut from the end, head and all, but left among the entries.
    stage
        .tamper("DELETE FROM audit_links WHERE seq = 7; UPDATE audit_heads SET last_seq = 6")
        .await;
    assert_eq!(stage.verified().await, Err(Broken::Unchained(last)));
    // A copy of a genuine entry is not genuine in another place, and gets none.
    let mut stage = Stage::new().await;
    let copy = Uuid::now_v7();
    let forge = format!(
        "INSERT INTO audit_events SELECT org_id, '{copy}', at, actor_id, action, resource_type,
             resource_id, detail, name, result, reason, circumstances, server, monotonic, canonical,
             key_id, mac FROM audit_events LIMIT 1;
         INSERT INTO audit_pending VALUES ('{}', '{copy}')",
        stage.org
    );
    stage.tamper(&forge).await;
    assert_eq!(stage.verified().await, Err(Broken::Forged(copy)));
    stage.write().await;
    assert_eq!(stage.seal().await, 1, "the genuine one is not held up");
    assert_eq!(stage.verified().await, Err(Broken::Forged(copy)));
}

/// More than are sealed at a time, before every genuine one and behind it: forged ones hold nobody up.
#[tokio::test]
async fn however_many_entries_are_forged_the_genuine_ones_are_sealed_and_shown() {
    let mut stage = Stage::new().await;
    let forge = format!(
        "CREATE TEMP TABLE forged AS
             SELECT gen_random_uuid() AS id FROM generate_series(1, 1000);
         INSERT INTO forged SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
             FROM generate_series(1, 1100) AS n;
         INSERT INTO audit_events SELECT e.org_id, f.id, at, actor_id, action, resource_type,
             resource_id, detail, name, result, reason, circumstances, server, monotonic, canonical,
             key_id, mac FROM forged f, (SELECT * FROM audit_events LIMIT 1) e;
         INSERT INTO audit_pending SELECT '{}', id FROM forged",
        stage.org
    );
    stage.tamper(&forge).await;
    stage.write().await;
    assert_eq!(stage.seal().await, 1);
    let vault = stage.ada.vault("after the attack").await;
    let trail = stage.ada.get("/audit-events?limit=1").await.expect(200);
    assert_eq!(trail.json()["items"][0]["resource"]["id"], json!(vault));
    assert_eq!(stage.seal().await, 0);
    assert_eq!(stage.server.database.count("audit_links").await, 9);
    assert_eq!(stage.server.database.count("audit_pending").await, 2100);
    let first = Uuid::from_u128(0x7000_8000_0000_0000_0001);
    assert_eq!(stage.verified().await, Err(Broken::Forged(first)));
}

#[tokio::test]
async fn an_entry_counts_from_the_moment_it_is_written_and_is_sealed_within_a_second() {
    let stage = Stage::new().await;
    stage.write().await;
    assert_eq!(stage.verified().await, Ok(8), "before it has a number");
    let app = stage.server.app.clone();
    let sealer = tokio::spawn(async move { match keep_sealed(&app).await {} });
    let waits = || stage.server.database.count("audit_pending");
    let begun = tokio::time::Instant::now();
    while waits().await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody seals");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    sealer.abort();
    assert_eq!(stage.server.database.count("audit_links").await, 8);
    assert_eq!(stage.verified().await, Ok(8));
}

/// Under load something always comes; a transaction for each few of them costs more than they tell.
#[tokio::test]
async fn what_comes_while_some_are_sealed_gathers_until_the_next_time() {
    let mut stage = Stage::new().await;
    stage.write().await;
    stage.write().await;
    // One of the two comes at the moment in which the other gets its place.
    let late = "CREATE TABLE late AS
             SELECT * FROM audit_pending ORDER BY event_id DESC LIMIT 1;
         DELETE FROM audit_pending USING late WHERE audit_pending.event_id = late.event_id;
         GRANT SELECT, DELETE ON late TO vaultterm_app;
         CREATE FUNCTION come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             WITH comes AS (DELETE FROM late RETURNING *)
             INSERT INTO audit_pending SELECT * FROM comes;
             RETURN NULL;
         END $$;
         CREATE TRIGGER come AFTER INSERT ON audit_links
             FOR EACH STATEMENT EXECUTE FUNCTION come()";
    stage.tamper(late).await;
    assert_eq!(stage.seal().await, 1);
    assert_eq!(stage.server.database.count("audit_pending").await, 1);
    assert_eq!(stage.seal().await, 1);
    assert_eq!(stage.verified().await, Ok(9));
}

#[tokio::test]
async fn many_who_write_and_seal_at_once_make_one_chain_without_gaps() {
    let stage = Stage::new().await;
    let write_and_seal = async |_| {
        stage.write().await;
        stage.seal().await
    };
    futures_util::future::join_all((0..24).map(write_and_seal)).await;
    assert_eq!(stage.seal().await, 0);
    assert_eq!(stage.verified().await, Ok(31));
}
