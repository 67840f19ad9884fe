//! What was deleted and is not all gone yet, and what the clock sweeps up.

use http::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use time::Duration;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::trash::one;
use crate::custody::verify;
use crate::infra::db::TenantTx;
use crate::kernel::{Clock, OrgId};
use crate::testing::{Person, Server};
use crate::vault::retention;

const DELETIONS: &str = "audit_events WHERE action = 'secret.deleted'";

/// Another server, to which so much time has passed.
async fn later(server: &Server, passed: Duration) -> Server {
    let clock = Clock::fixed(Clock::system().now() + passed);
    server.replica(clock, &[]).await
}

/// Nothing of an organisation goes from a table any more, as if the server died each time.
async fn stuck(behind: &mut PgConnection, table: &str, org: Uuid) {
    let function = format!(
        "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF OLD.org_id = '{org}' THEN RAISE EXCEPTION 'it goes wrong'; END IF;
             IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
             RETURN NEW;
         END $$"
    );
    let trigger = format!(
        "CREATE TRIGGER stuck BEFORE DELETE OR UPDATE ON {table}
         FOR EACH ROW EXECUTE FUNCTION stuck()"
    );
    for statement in [function, trigger] {
        behind.execute(AssertSqlSafe(statement)).await.unwrap();
    }
}

/// It does again, and whoever comes next is the one to do it.
async fn freed(behind: &mut PgConnection) {
    for statement in ["DROP FUNCTION stuck CASCADE", "DELETE FROM leases"] {
        behind.execute(statement).await.unwrap();
    }
}

/// Attaches a file; where it is.
async fn attached(by: &Person, secret: &str) -> String {
    let path = format!("{secret}/attachments?name=letter.txt");
    let bytes = vec![7; 100_000];
    let added = by.send_raw(Method::POST, &path, None, bytes).await;
    format!("{secret}/attachments/{}", added.expect(201).id())
}

async fn assert_honest(server: &Server) {
    let report = verify(&server.app.db, &server.app.keys).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test]
async fn a_record_is_gone_for_everybody_at_once_whatever_is_left_of_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let (path, due) = (
        ada.secret(&vault, "mill", "hunter2").await,
        ada.secret(&vault, "loom", "hunter2").await,
    );
    ada.change(&path, 1, json!({"fields": {"password": "hunter3"}}))
        .await
        .expect(200);
    let file = attached(&ada, &path).await;
    attached(&ada, &due).await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let role = format!("{path}/access/users/{}", bob.user);
    ada.put(&role, json!({"role": "VIEWER"})).await.expect(204);
    bob.get(&path).await.expect(200);
    ada.delete(&due).await.expect(204);
    let mut behind = server.database.behind().await;
    stuck(&mut behind, "attachments", ada.org).await;
    // One by its owner, and one by the clock.
    let trash = ada.delete_for_good(&path).await;
    let late = later(&server, Duration::days(31)).await;
    assert_eq!(retention::once(&late.app).await.unwrap(), 1);
    // Whoever looks again says it of neither once more.
    behind.execute("DELETE FROM leases").await.unwrap();
    assert_eq!(retention::once(&late.app).await.unwrap(), 0);
    assert_eq!(server.database.count("secrets").await, 2);
    assert_eq!(server.database.count("attachments").await, 2);
    assert_eq!(server.database.count("data_keys").await, 0, "destroyed");
    for answer in [
        ada.get(&path).await,
        bob.get(&path).await,
        ada.get(&file).await,
        ada.reveal(&path, "password").await,
        ada.post(&format!("{path}/restore"), Value::Null).await,
        ada.post(&format!("{due}/restore"), Value::Null).await,
        ada.delete_proven(&trash).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    for list in ["/secrets".to_owned(), format!("/vaults/{vault}/trash")] {
        let list = ada.get(&list).await.expect(200).json();
        assert_eq!(list["items"], json!([]));
    }
    let vaults = ada.get("/vaults").await.expect(200).json();
    assert_eq!(vaults["items"].as_array().unwrap().len(), 1);
    let orphaned = ada.get("/organization/orphaned-vaults").await.expect(200);
    assert!(!orphaned.text().contains("deleted"));
    assert_eq!(server.database.count(DELETIONS).await, 2);
    assert_honest(&server).await;
    freed(&mut behind).await;
    assert_eq!(retention::once(&server.app).await.unwrap(), 0);
    for table in [
        "secrets",
        "secret_versions",
        "attachments",
        "attachment_chunks",
    ] {
        assert_eq!(server.database.count(table).await, 0, "{table}");
    }
    assert_eq!(server.database.count("vaults").await, 1);
    assert_eq!(server.database.count("secret_tombstones").await, 2);
    assert_eq!(server.database.count(DELETIONS).await, 2);
    assert_honest(&server).await;
}

#[tokio::test]
async fn what_a_record_was_before_goes_some_at_a_time_and_only_when_the_record_does() {
    let server = Server::start().await;
    let (ada, path, _) = one(&server).await;
    let mut behind = server.database.behind().await;
    for statement in [
        "INSERT INTO secret_versions SELECT org_id, secret_id, n, sealed_meta, sealed_value, changed,
             made_at, made_by FROM secret_versions, generate_series(1000, 1400) AS n",
        "CREATE FUNCTION few() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF (SELECT count(*) FROM departed) > 100 THEN RAISE EXCEPTION 'too many'; END IF;
             RETURN NULL;
         END $$",
        "CREATE TRIGGER few AFTER DELETE ON secret_versions REFERENCING OLD TABLE AS departed
         FOR EACH STATEMENT EXECUTE FUNCTION few()",
    ] {
        behind.execute(statement).await.unwrap();
    }
    // The server itself takes none away from a record that is there.
    let org = OrgId::from_uuid(ada.org);
    let mut tx = TenantTx::begin(&server.app.db, org).await.unwrap();
    let none = tx.connection().execute("DELETE FROM secret_versions");
    assert_eq!(none.await.unwrap().rows_affected(), 0);
    tx.finish();
    ada.delete_for_good(&path).await;
    for table in ["secrets", "secret_versions"] {
        assert_eq!(server.database.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn where_one_organisation_fails_the_next_ones_trash_is_emptied() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    for person in [&ada, &eve] {
        let vault = person.vault("Engines").await;
        let path = person.secret(&vault, "mill", "hunter2").await;
        person.delete(&path).await.expect(204);
    }
    let mut behind = server.database.behind().await;
    let first = ada.org.min(eve.org);
    stuck(&mut behind, "secrets", first).await;
    let late = later(&server, Duration::days(31)).await;
    assert_eq!(retention::once(&late.app).await.unwrap(), 1);
    assert_eq!(server.database.count("secrets").await, 1);
    freed(&mut behind).await;
    assert_eq!(retention::once(&late.app).await.unwrap(), 1);
    assert_eq!(server.database.count("secrets").await, 0);
    assert_eq!(server.database.count(DELETIONS).await, 2);
}

#[tokio::test]
async fn what_a_link_shows_is_forgotten_when_its_time_is_over_and_nobody_makes_another() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = ada.secret(&vault, "mill", "hunter2").await;
    let short = Duration::seconds(3);
    for lasts in [short, Duration::days(1)] {
        let end = (Clock::system().now() + lasts).format(&Rfc3339).unwrap();
        let body = json!({"fields": ["password"], "uses": 2, "expiresAt": end});
        ada.post(&format!("{path}/links"), body).await.expect(201);
    }
    assert_eq!(retention::once(&server.app).await.unwrap(), 0);
    assert_eq!(server.database.count("secret_links").await, 2);
    tokio::time::sleep(short.try_into().unwrap()).await;
    let late = later(&server, Duration::minutes(20)).await;
    assert_eq!(retention::once(&late.app).await.unwrap(), 0);
    assert_eq!(server.database.count("secret_links").await, 1);
    // It is gone honestly; the other one would not be.
    assert_honest(&server).await;
    let mut behind = server.database.behind().await;
    behind.execute("DELETE FROM secret_links").await.unwrap();
    let report = verify(&server.app.db, &server.app.keys).await.unwrap();
    assert_eq!(report.findings.len(), 1);
}
