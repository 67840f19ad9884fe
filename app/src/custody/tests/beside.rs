//! Somebody with all rights on the database was at files and links: is it named?

use http::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};
use uuid::Uuid;

use super::Stage;
use super::verifying::assert_found;
use crate::custody::verify;
use crate::kernel::Clock;

/// Two pieces and a bit.
const SIZE: usize = 2 * 64 * 1024 + 7;

/// Attaches a file to a secret.
async fn attach(stage: &Stage, number: usize, byte: u8) -> Uuid {
    let (owner, path) = &stage.secrets[number];
    let path = format!("{path}/attachments?name=letter.txt");
    let person = &stage.people[*owner];
    let added = person
        .send_raw(Method::POST, &path, None, vec![byte; SIZE])
        .await;
    added.expect(201).id().parse().unwrap()
}

/// Whether a file still comes back as it was.
async fn reads(stage: &Stage, number: usize, file: Uuid) -> bool {
    let (owner, path) = &stage.secrets[number];
    let cookie = stage.people[*owner].cookie().unwrap().to_owned();
    let request = http::Request::get(format!("/api/v1{path}/attachments/{file}"))
        .header("cookie", cookie)
        .header("host", "localhost:4000");
    let request = request.body(axum::body::Body::empty()).unwrap();
    let read = stage.people[*owner].read_request(request).await;
    read.is_some_and(|bytes| bytes.len() == SIZE)
}

fn of(file: Uuid, words: &str) -> String {
    format!("attachment {file}: {words}")
}

fn in_days(days: i64) -> String {
    let at = Clock::system().now() + time::Duration::days(days);
    at.format(&time::format_description::well_known::Rfc3339)
        .unwrap()
}

/// Makes a link to a secret; its id and its token.
async fn link(stage: &Stage, number: usize, more: Value) -> (Uuid, String) {
    let (owner, path) = &stage.secrets[number];
    let mut body = json!({"fields": ["password"], "uses": 2, "expiresAt": in_days(2)});
    let (Value::Object(body), Value::Object(more)) = (&mut body, more) else {
        unreachable!()
    };
    body.extend(more);
    let made = stage.people[*owner]
        .post(&format!("{path}/links"), json!(body))
        .await
        .expect(201);
    let (_, token) = made
        .string("/url")
        .split_once('#')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    (made.string("/link/id").parse().unwrap(), token)
}

async fn open(stage: &Stage, token: &str) -> u16 {
    let body = json!({"token": token});
    let answer = stage.server.visitor().post("/links/open", body).await;
    answer.status.as_u16()
}

async fn withdraw(stage: &Stage, number: usize, link: Uuid) {
    let (owner, path) = &stage.secrets[number];
    let path = format!("{path}/links/{link}");
    stage.people[*owner].delete(&path).await.expect(204);
}

#[tokio::test]
async fn honest_files_and_links_have_no_findings_however_they_end() {
    let stage = Stage::with(4).await;
    let ada = &stage.people[0];
    attach(&stage, 0, 1).await;
    let gone = attach(&stage, 0, 2).await;
    let path = &stage.secrets[0].1;
    ada.delete_proven(&format!("{path}/attachments/{gone}"))
        .await
        .expect(204);
    // With their records: one is deleted, one goes with its vault, one is moved and keeps its file.
    for number in 1..4 {
        attach(&stage, number, 3).await;
        link(&stage, number, json!({})).await;
    }
    ada.delete_for_good(&stage.secrets[1].1).await;
    let other = ada.vault("Another").await;
    let home = stage.secrets[2]
        .1
        .split("/secrets/")
        .next()
        .unwrap()
        .to_owned();
    let deed = json!({"action": "move", "ids": [stage.id(2)], "to": other});
    ada.post(&format!("{home}/secrets/bulk"), deed)
        .await
        .expect(200);
    // One that is used up, one that is withdrawn, one whose time is over, and one whose maker goes.
    let (_, used) = link(&stage, 0, json!({"uses": 1})).await;
    assert_eq!(open(&stage, &used).await, 200);
    let (withdrawn, _) = link(&stage, 0, json!({})).await;
    withdraw(&stage, 0, withdrawn).await;
    let (_, often) = link(&stage, 0, json!({"passphrase": null})).await;
    assert_eq!(open(&stage, &often).await, 200);
    let bob = stage
        .server
        .member(ada.org, "carl@example.com", "member")
        .await;
    stage
        .server
        .grant(home.rsplit('/').next().unwrap(), &bob, "ADMIN")
        .await;
    let body = json!({"fields": ["password"], "uses": 1, "expiresAt": in_days(1)});
    bob.post(&format!("{path}/links"), body).await.expect(201);
    ada.delete_proven(&format!("/members/{}", bob.user))
        .await
        .expect(204);
    assert_found(&stage, &[]).await;
    let late = stage.server.replica(
        Clock::fixed(Clock::system().now() + time::Duration::days(3)),
        &[],
    );
    let late = late.await;
    let ada = late.sign_in("ada@example.com").await;
    let body = json!({"fields": ["password"], "uses": 1, "expiresAt": in_days(5)});
    ada.post(&format!("{path}/links"), body).await.expect(201);
    assert_found(&stage, &[]).await;
    let report = verify(&late.app.db, &late.app.keys).await.unwrap();
    assert_eq!((report.attachments, report.links), (3, 1), "{report:?}");
    assert!(!report.older_than_trail.is_any());
}

#[tokio::test]
async fn links_that_end_since_a_record_may_only_be_used_are_missed_by_nobody() {
    let stage = Stage::with(1).await;
    let (ended, _) = link(&stage, 0, json!({})).await;
    stage
        .tamper("CREATE TABLE kept AS SELECT * FROM secret_links")
        .await;
    let closed = json!({"injectOnly": true});
    stage.people[0]
        .change(&stage.secrets[0].1, 1, closed)
        .await
        .expect(200);
    assert_found(&stage, &[]).await;
    let back = "INSERT INTO secret_links SELECT * FROM kept";
    assert_eq!(stage.tamper(back).await, 1);
    let invented = format!("link {ended}: it is in no entry of the trail, or was deleted");
    assert_found(&stage, &[(stage.id(0), invented)]).await;
}

/// Two files' columns in each other's place.
async fn exchange(
    stage: &Stage,
    table: &str,
    id: &str,
    column: &str,
    (a, b): (Uuid, Uuid),
    rest: &str,
) {
    let statement = format!(
        "UPDATE {table} AS own SET {column} = other.{column} FROM {table} AS other
         WHERE (own.{id}, other.{id}) IN (('{a}', '{b}'), ('{b}', '{a}')) {rest}"
    );
    assert_eq!(stage.tamper(&statement).await, 2, "{statement}");
}

#[tokio::test]
async fn pieces_and_heads_exchanged_between_files_records_and_tenants_are_named() {
    let stage = Stage::with(2).await;
    // Two of one record, one of another, and one of another tenant.
    let (a, b) = (attach(&stage, 0, 1).await, attach(&stage, 0, 2).await);
    let (c, d) = (attach(&stage, 1, 3).await, attach(&stage, 2, 4).await);
    let piece = |number: i32| format!("AND own.number = {number} AND other.number = {number}");
    let chunks = ("attachment_chunks", "attachment_id", "sealed");
    exchange(&stage, chunks.0, chunks.1, chunks.2, (a, b), &piece(0)).await;
    exchange(&stage, chunks.0, chunks.1, chunks.2, (c, d), &piece(1)).await;
    exchange(&stage, "attachments", "id", "sealed_head", (b, d), "").await;
    assert!(!reads(&stage, 0, a).await && !reads(&stage, 2, d).await);
    let belongs = |part: &str, number: usize| super::verifying::belongs(&stage, part, number);
    let at = |number: i32, words: &str| format!("piece {number}: {words}");
    let that = |file: Uuid| format!("sealed is that of attachment {file}");
    let expected = [
        (stage.id(0), of(a, &at(0, &that(b)))),
        (stage.id(0), of(b, &at(0, &that(a)))),
        (stage.id(0), of(b, &belongs("sealed_head", 2))),
        (stage.id(1), of(c, &at(1, &belongs("sealed", 2)))),
        (stage.id(2), of(d, &at(1, &belongs("sealed", 1)))),
        (stage.id(2), of(d, &belongs("sealed_head", 0))),
    ];
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn files_cut_off_lengthened_reordered_or_damaged_are_named_piece_by_piece() {
    let stage = Stage::with(2).await;
    let mut files = Vec::new();
    for byte in 0..5 {
        files.push(attach(&stage, 0, byte).await);
    }
    let chunk = |file: Uuid, number: i32| format!("attachment_id = '{file}' AND number = {number}");
    for statement in [
        // The end goes, and the count with it.
        format!("DELETE FROM attachment_chunks WHERE {}", chunk(files[0], 2)),
        format!("UPDATE attachments SET chunks = 2 WHERE id = '{}'", files[0]),
        // A piece is put behind the last.
        format!(
            "INSERT INTO attachment_chunks SELECT org_id, attachment_id, 3, sealed
             FROM attachment_chunks WHERE {}",
            chunk(files[1], 0)
        ),
        format!("UPDATE attachments SET chunks = 4 WHERE id = '{}'", files[1]),
        // Two change places.
        format!(
            "UPDATE attachment_chunks AS own SET sealed = other.sealed FROM attachment_chunks AS other
             WHERE own.attachment_id = '{0}' AND other.attachment_id = '{0}'
               AND (own.number, other.number) IN ((0, 1), (1, 0))",
            files[2]
        ),
        // One is missing, and a byte of one is another.
        format!("DELETE FROM attachment_chunks WHERE {}", chunk(files[3], 1)),
        format!(
            "UPDATE attachment_chunks SET sealed = set_byte(sealed, 60, 255 - get_byte(sealed, 60))
             WHERE {}",
            chunk(files[4], 2)
        ),
    ] {
        assert!(stage.tamper(&statement).await > 0, "{statement}");
    }
    for file in &files {
        assert!(!reads(&stage, 0, *file).await, "{file}");
    }
    let at = |file: usize, number: i32, words: &str| {
        let words = format!("piece {number}: {words}");
        (stage.id(0), of(files[file], &words))
    };
    let expected = [
        at(0, 1, "it is not the last one: what followed was cut off"),
        at(1, 2, "it is the last one, and more is said to follow"),
        at(1, 3, "it is piece 0"),
        at(2, 0, "it is piece 1"),
        at(2, 1, "it is piece 0"),
        at(3, 1, "it is gone, and nobody took it away"),
        at(
            4,
            2,
            "sealed does not open, and belongs to no record that is here",
        ),
    ];
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn files_deleted_put_back_slipped_in_or_given_to_another_record_are_named() {
    let stage = Stage::with(2).await;
    let ada = &stage.people[0];
    let path = &stage.secrets[0].1;
    let mut files = Vec::new();
    for byte in 0..4 {
        files.push(attach(&stage, 0, byte).await);
    }
    stage
        .tamper("CREATE TABLE kept AS SELECT * FROM attachments")
        .await;
    stage
        .tamper("CREATE TABLE kept_chunks AS SELECT * FROM attachment_chunks")
        .await;
    ada.delete_proven(&format!("{path}/attachments/{}", files[0]))
        .await
        .expect(204);
    let copy = Uuid::now_v7();
    let copied = |id: Uuid, of: Uuid| {
        [
            format!(
                "INSERT INTO attachments (org_id, id, secret_id, sealed_head, chunks, created_at, created_by)
                 SELECT org_id, '{id}', secret_id, sealed_head, chunks, created_at, created_by
                 FROM kept WHERE id = '{of}'"
            ),
            format!(
                "INSERT INTO attachment_chunks SELECT org_id, '{id}', number, sealed
                 FROM kept_chunks WHERE attachment_id = '{of}'"
            ),
        ]
    };
    let [head, chunks] = copied(files[0], files[0]);
    let [other_head, other_chunks] = copied(copy, files[1]);
    for statement in [
        // Taken off by its owner, and put back by somebody else.
        head,
        chunks,
        // A copy under another id.
        other_head,
        other_chunks,
        // Gone, as a whole or from sight.
        format!("DELETE FROM attachments WHERE id = '{}'", files[1]),
        format!(
            "UPDATE attachments SET sealed_head = NULL WHERE id = '{}'",
            files[2]
        ),
        // Given to another record.
        format!(
            "UPDATE attachments SET secret_id = '{}' WHERE id = '{}'",
            stage.id(1),
            files[3]
        ),
    ] {
        assert!(stage.tamper(&statement).await > 0, "{statement}");
    }
    // It opens where it stands: only the trail knows better.
    assert!(reads(&stage, 0, files[0]).await);
    let gone = "it is gone, and nobody took it away";
    let invented = "it is in no entry of the trail, or was deleted";
    let (own, other) = (stage.id(0), stage.id(1));
    let belongs = |part: &str| super::verifying::belongs(&stage, part, 0);
    let elsewhere = format!("it stands with secret {other}, and belongs to secret {own}");
    let mut expected = vec![
        (own, of(files[0], invented)),
        (own, of(copy, invented)),
        (own, of(files[1], gone)),
        (own, of(files[2], gone)),
        (other, of(files[3], &elsewhere)),
        (other, of(files[3], &belongs("sealed_head"))),
    ];
    // Bound to the id under which it was sealed; the one that it was copied from is not there any more.
    let damaged = "does not open, and belongs to no record that is here";
    expected.push((own, of(copy, &format!("sealed_head {damaged}"))));
    for number in 0..3 {
        let (copied, moved) = (
            format!("piece {number}: sealed {damaged}"),
            belongs("sealed"),
        );
        expected.push((own, of(copy, &copied)));
        expected.push((other, of(files[3], &format!("piece {number}: {moved}"))));
    }
    assert_found(&stage, &expected).await;
}

#[tokio::test]
async fn links_counted_back_put_back_prolonged_or_freed_of_their_passphrase_are_named() {
    let stage = Stage::with(1).await;
    let mut links = Vec::new();
    for _ in 0..5 {
        links.push(link(&stage, 0, json!({})).await);
    }
    links.push(link(&stage, 0, json!({"passphrase": "told by telephone"})).await);
    links.push(link(&stage, 0, json!({"uses": 1})).await);
    stage
        .tamper("CREATE TABLE kept AS SELECT * FROM secret_links")
        .await;
    for number in [0, 4, 6] {
        assert_eq!(open(&stage, &links[number].1).await, 200);
    }
    assert_eq!(open(&stage, &links[6].1).await, 404, "it is used up");
    withdraw(&stage, 0, links[1].0).await;
    let id = |number: usize| links[number].0;
    for statement in [
        format!("UPDATE secret_links SET remaining = 2 WHERE id = '{}'", id(0)),
        format!("INSERT INTO secret_links SELECT * FROM kept WHERE id = '{}'", id(1)),
        format!("DELETE FROM secret_links WHERE id = '{}'", id(2)),
        format!(
            "UPDATE secret_links SET expires_at = expires_at + interval '20 days' WHERE id = '{}'",
            id(3)
        ),
        format!(
            "UPDATE secret_links AS l SET sealed_value = kept.sealed_value FROM kept
             WHERE l.id = '{}' AND kept.id = '{}'",
            id(4),
            id(3)
        ),
        format!("UPDATE secret_links SET passphrase_hash = NULL WHERE id = '{}'", id(5)),
        format!(
            "UPDATE secret_links AS l SET remaining = kept.remaining, sealed_value = kept.sealed_value
             FROM kept WHERE l.id = kept.id AND l.id = '{}'",
            id(6)
        ),
    ] {
        assert_eq!(stage.tamper(&statement).await, 1, "{statement}");
    }
    let record = stage.id(0);
    let of = |number: usize, words: &str| (record, format!("link {}: {words}", id(number)));
    let changed = "it is another one than the trail knows";
    let expected = [
        of(0, "it can be opened 2 times; by the trail it is 1"),
        of(1, "it is in no entry of the trail, or was deleted"),
        of(2, "it is gone, and nobody took it away"),
        of(3, changed),
        of(4, changed),
        of(5, changed),
        of(6, "it can be opened 1 times; by the trail it is 0"),
    ];
    assert_found(&stage, &expected).await;
    // Who has the token sees it again, and the one that holds another's value opens for nobody.
    assert_eq!(open(&stage, &links[6].1).await, 200);
    assert_ne!(open(&stage, &links[4].1).await, 200);
}

#[tokio::test]
async fn a_vault_that_is_still_being_emptied_has_no_findings() {
    let stage = Stage::with(1).await;
    attach(&stage, 0, 1).await;
    link(&stage, 0, json!({})).await;
    let (owner, path) = &stage.secrets[0];
    let (home, _) = path.split_once("/secrets/").unwrap();
    // Whoever clears up goes past what somebody else holds, and ends before it.
    let mut behind = stage.server.database.behind().await;
    let mut held = behind.begin().await.unwrap();
    held.execute("SELECT FROM secrets FOR UPDATE")
        .await
        .unwrap();
    held.execute("SELECT FROM attachments FOR UPDATE")
        .await
        .unwrap();
    let person = &stage.people[*owner];
    person.delete_proven(home).await.expect(204);
    person.get(path).await.expect_problem(404, "not-found");
    for table in ["attachments", "secret_links"] {
        assert_eq!(stage.server.database.count(table).await, 1, "{table}");
    }
    assert_found(&stage, &[]).await;
    held.rollback().await.unwrap();
    behind.close().await.unwrap();
    // The next vault that is deleted takes along what was left.
    let other = person.vault("Another").await;
    person
        .delete_proven(&format!("/vaults/{other}"))
        .await
        .expect(204);
    assert_eq!(stage.server.database.count("secret_links").await, 0);
    assert_found(&stage, &[]).await;
}
