//! Files through the router, on a real database.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, Request};
use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::chunk::SIZE;
use crate::kernel::OrgId;
use crate::testing::{Answer, ORIGIN, Person, Server};

pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) ada: Person,
    pub(super) vault: String,
    pub(super) secret: String,
}

async fn stage_with(variables: &[(&str, &str)]) -> Stage {
    let server = Server::start_with(variables).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    Stage {
        server,
        ada,
        vault,
        secret,
    }
}

pub(super) async fn stage() -> Stage {
    stage_with(&[]).await
}

pub(super) async fn attach(by: &Person, secret: &str, name: &str, bytes: &[u8]) -> Answer {
    let path = format!("{secret}/attachments?name={name}");
    by.send_raw(Method::POST, &path, None, bytes.to_vec()).await
}

pub(super) async fn attached(by: &Person, secret: &str, name: &str, bytes: &[u8]) -> String {
    let id = attach(by, secret, name, bytes).await.expect(201).id();
    format!("{secret}/attachments/{id}")
}

/// Bytes of which no piece is like another.
pub(super) fn content(size: usize) -> Vec<u8> {
    let word = |at: usize| {
        u64::try_from(at)
            .unwrap()
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
    };
    (0..size / 8 + 1)
        .flat_map(|at| word(at).to_le_bytes())
        .take(size)
        .collect()
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_whatever_its_length() {
    let stage = stage().await;
    for size in [0, 1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE, 40 * SIZE + 77] {
        let bytes = content(size);
        let path = attached(&stage.ada, &stage.secret, "engine.bin", &bytes).await;
        let back = stage.ada.get(&path).await.expect(200);
        assert_eq!(back.header("content-length"), size.to_string());
        assert!(back.body == bytes, "{size} bytes");
    }
    let list = stage
        .ada
        .get(&format!("{}/attachments", stage.secret))
        .await;
    let list = list.expect(200).json();
    let mut sizes = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["size"]);
    assert_eq!(sizes.next_back().unwrap(), 0);
    assert_eq!(list["items"][0]["name"], "engine.bin");
    assert_eq!(list["items"][0]["createdBy"]["name"], "Ada Lovelace");
}

#[tokio::test]
async fn hostile_content_is_a_download_in_a_sandbox_and_runs_nowhere() {
    let stage = stage().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for name in ["logo.svg", "page.html", "x.js", "%C3%9Cber%22%3B.svg"] {
        let path = attached(&stage.ada, &stage.secret, name, svg).await;
        let back = stage.ada.get(&path).await.expect(200);
        assert_eq!(back.header("content-type"), "application/octet-stream");
        assert!(
            back.header("content-disposition")
                .starts_with("attachment; filename=\"")
        );
        assert_eq!(back.header("x-content-type-options"), "nosniff");
        assert_eq!(
            back.header("content-security-policy"),
            "default-src 'none'; sandbox"
        );
        assert_eq!(back.header("cache-control"), "no-store");
    }
    for name in ["", "..", "a%2Fb", "a%5Cb", "a%0Ab", "%E2%80%AEfdp.exe"] {
        let refused = attach(&stage.ada, &stage.secret, name, svg).await;
        let refused = refused.expect_problem(422, "invalid");
        assert_eq!(refused.wrong_fields(), ["name"], "{name}");
    }
}

#[tokio::test]
async fn names_and_content_stand_nowhere_in_the_clear_and_go_with_the_record() {
    let stage = stage().await;
    let words = b"canary-content-4f6a in a file";
    let path = attached(&stage.ada, &stage.secret, "canary-name-7b2c.txt", words).await;
    let mut behind = stage.server.database.behind().await;
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT a::text || encode(sealed_head, 'escape') FROM attachments a
         UNION ALL SELECT c::text || encode(sealed, 'escape') FROM attachment_chunks c
         UNION ALL SELECT e::text FROM audit_events e",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    let all = rows.concat();
    for canary in ["canary-content-4f6a", "canary-name-7b2c"] {
        assert!(
            !all.contains(canary) && !all.contains(&hex::encode(canary)),
            "{canary}"
        );
    }
    stage.ada.delete(&stage.secret).await.expect(204);
    stage.ada.get(&path).await.expect_problem(404, "not-found");
    let trash = stage.secret.replace("/secrets/", "/trash/");
    stage.ada.delete_proven(&trash).await.expect(204);
    for table in ["attachments", "attachment_chunks", "data_keys"] {
        let left: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&mut behind)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

/// Reads a file; none when it breaks off.
async fn read(by: &Person, path: &str) -> Option<Bytes> {
    let request = Request::get(format!("/api/v1{path}"))
        .header("cookie", by.cookie().unwrap())
        .header("host", "localhost:4000")
        .body(Body::empty())
        .unwrap();
    by.read_request(request).await
}

#[tokio::test]
async fn pieces_that_are_cut_off_swapped_changed_or_taken_from_elsewhere_do_not_open() {
    let stage = stage().await;
    let (one, other) = (content(3 * SIZE), content(2 * SIZE));
    for tamper in [
        "DELETE FROM attachment_chunks WHERE attachment_id = $1 AND number = 2",
        "DELETE FROM attachment_chunks WHERE attachment_id = $1 AND number = 0",
        "DELETE FROM attachment_chunks WHERE attachment_id = $1",
        "WITH cut AS (DELETE FROM attachment_chunks WHERE attachment_id = $1 AND number = 2)
         UPDATE attachments SET chunks = 2 WHERE id = $1",
        "UPDATE attachments SET chunks = 0 WHERE id = $1",
        "UPDATE attachment_chunks c SET sealed = d.sealed FROM attachment_chunks d
         WHERE c.attachment_id = $1 AND d.attachment_id = $1 AND c.number = 1 - d.number
           AND d.number IN (0, 1)",
        "UPDATE attachment_chunks c SET sealed = d.sealed FROM attachment_chunks d
         WHERE c.attachment_id = $1 AND c.number = 0 AND d.attachment_id = $2 AND d.number = 0",
        "UPDATE attachment_chunks SET sealed = set_byte(sealed, length(sealed) - 20,
             get_byte(sealed, length(sealed) - 20) # 1)
         WHERE attachment_id = $1 AND number = 1",
    ] {
        let path = attached(&stage.ada, &stage.secret, "one", &one).await;
        let elsewhere = attached(&stage.ada, &stage.secret, "other", &other).await;
        assert_eq!(read(&stage.ada, &path).await.unwrap(), one);
        let id = |path: &str| path.rsplit('/').next().unwrap().parse::<Uuid>().unwrap();
        let mut behind = stage.server.database.behind().await;
        let tampered = sqlx::query(tamper)
            .bind(id(&path))
            .bind(id(&elsewhere))
            .execute(&mut behind)
            .await;
        // A statement that names one file takes one.
        if tampered.is_err() {
            let done = sqlx::query(tamper).bind(id(&path)).execute(&mut behind);
            assert!(done.await.unwrap().rows_affected() > 0, "{tamper}");
        }
        let back = read(&stage.ada, &path).await;
        assert!(
            back.is_none(),
            "{tamper}: {:?} bytes",
            back.map(|bytes| bytes.len())
        );
        assert_eq!(read(&stage.ada, &elsewhere).await.unwrap(), other);
        for path in [path, elsewhere] {
            stage.ada.delete_proven(&path).await.expect(204);
        }
    }
}

#[tokio::test]
async fn who_may_read_a_record_reads_its_files_and_who_may_change_it_attaches_them() {
    let stage = stage().await;
    let ada = &stage.ada;
    let bob = stage
        .server
        .member(ada.org, "bob@example.com", "member")
        .await;
    let path = attached(ada, &stage.secret, "letter.txt", b"Dear Bob").await;
    let list = format!("{}/attachments", stage.secret);
    for answer in [
        bob.get(&list).await,
        bob.get(&path).await,
        attach(&bob, &stage.secret, "x", b"x").await,
        bob.delete(&path).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    let role = format!("{}/access/users/{}", stage.secret, bob.user);
    ada.put(&role, json!({"role": "VIEWER"})).await.expect(204);
    bob.get(&list).await.expect(200);
    assert_eq!(bob.get(&path).await.expect(200).text(), "Dear Bob");
    for answer in [
        attach(&bob, &stage.secret, "x", b"x").await,
        bob.delete(&path).await,
    ] {
        answer.expect_problem(403, "forbidden");
    }
    ada.put(&role, json!({"role": "EDITOR"})).await.expect(204);
    let own = attached(&bob, &stage.secret, "x", b"x").await;
    bob.delete_proven(&own)
        .await
        .expect_problem(403, "forbidden");
    ada.delete(&own)
        .await
        .expect_problem(403, "step-up-required");
    let token = ada.token(&["vaults:write", "secrets:reveal"]).await;
    token
        .delete(&own)
        .await
        .expect_problem(403, "session-needed");
    ada.delete_proven(&own).await.expect(204);
    ada.delete_proven(&own)
        .await
        .expect_problem(404, "not-found");
    // A file's id in the path of another record names nothing.
    let other = ada.secret(&stage.vault, "loom", "hunter3").await;
    let id = path.rsplit('/').next().unwrap();
    ada.get(&format!("{other}/attachments/{id}"))
        .await
        .expect_problem(404, "not-found");
    let trail = ada.get("/audit-events?limit=6&result=success").await;
    let trail = trail.expect(200).json();
    let actions: Vec<&str> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    let expected = [
        "secret.created",
        "attachment.removed",
        "step-up.proved",
        "token.created",
        "step-up.proved",
        "attachment.added",
    ];
    assert_eq!(actions, expected);
    let reads = "audit_events WHERE action = 'attachment.read' AND result = 'success'";
    assert_eq!(stage.server.database.count(reads).await, 1);
    let exposure = ada.get(&format!("/members/{}/exposure", bob.user)).await;
    let exposure = exposure.json();
    let ways = exposure["items"][0]["how"].as_array().unwrap();
    let ways: Vec<&str> = ways
        .iter()
        .map(|way| way["how"].as_str().unwrap())
        .collect();
    // Bob read one file and attached another, which he has had to know.
    assert_eq!(ways, ["written", "attachment-read"]);
}

#[tokio::test]
async fn files_of_what_may_only_be_used_go_nowhere_and_high_sensitivity_wants_a_proof() {
    let stage = stage().await;
    let ada = &stage.ada;
    let path = attached(ada, &stage.secret, "letter.txt", b"Dear Ada").await;
    ada.change(&stage.secret, 1, json!({"highSensitivity": true}))
        .await
        .expect(200);
    ada.get(&path).await.expect_problem(403, "step-up-required");
    let proven = ada.send_proven(Method::GET, &path, None);
    assert_eq!(proven.await.expect(200).text(), "Dear Ada");
    ada.change(&stage.secret, 2, json!({"injectOnly": true}))
        .await
        .expect(200);
    ada.get(&path).await.expect_problem(403, "inject-only");
}

/// Who may change a record unsets the rule by giving it new values. The file would be as it was.
#[tokio::test]
async fn what_may_only_be_used_is_not_opened_while_a_file_is_attached() {
    let stage = stage().await;
    let (ada, secret) = (&stage.ada, &stage.secret);
    let path = attached(ada, secret, "letter.txt", b"Dear Ada").await;
    ada.change(secret, 1, json!({"injectOnly": true}))
        .await
        .expect(200);
    let opening = json!({"injectOnly": false, "fields": {"password": "fresh"}});
    let refused = ada.change(secret, 2, opening.clone()).await;
    let refused = refused.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["injectOnly"]);
    assert!(refused.text().contains("remove the files"));
    ada.get(&path).await.expect_problem(403, "inject-only");
    ada.delete_proven(&path).await.expect(204);
    ada.change(secret, 2, opening).await.expect(200);
    let fresh = attached(ada, secret, "fresh.txt", b"fresh").await;
    assert_eq!(ada.get(&fresh).await.expect(200).text(), "fresh");
}

/// A file that comes in parts.
async fn send_parts(
    by: &Person,
    secret: &str,
    parts: Vec<Result<Bytes, std::io::Error>>,
) -> Answer {
    let request = Request::post(format!("/api/v1{secret}/attachments?name=parts"))
        .header("cookie", by.cookie().unwrap())
        .header("host", "localhost:4000")
        .header("origin", ORIGIN)
        .body(Body::from_stream(stream::iter(parts)))
        .unwrap();
    by.send_request(request).await
}

#[tokio::test]
async fn what_is_too_large_or_does_not_come_whole_leaves_nothing() {
    let stage = stage_with(&[("ATTACHMENT_MAX_MIB", "1")]).await;
    let whole = content(1024 * 1024);
    attached(&stage.ada, &stage.secret, "just", &whole).await;
    let mut more = whole.clone();
    more.push(0);
    attach(&stage.ada, &stage.secret, "more", &more)
        .await
        .expect_problem(413, "too-large");
    let parts = || {
        whole
            .chunks(1000)
            .map(|part| Ok(Bytes::copy_from_slice(part)))
    };
    let mut broken: Vec<_> = parts().take(700).collect();
    broken.push(Err(std::io::Error::other("gone")));
    send_parts(&stage.ada, &stage.secret, broken)
        .await
        .expect_problem(400, "bad-request");
    send_parts(&stage.ada, &stage.secret, parts().collect())
        .await
        .expect(201);
    let count = async |from| stage.server.database.count(from).await;
    assert_eq!(count("attachments").await, 2);
    assert_eq!(count("attachment_chunks").await, 2 * 16);
    let added = "audit_events WHERE action = 'attachment.added'";
    assert_eq!(count(added).await, 2);
    // What was left behind by a server that stopped is no file, and swept up.
    let mut behind = stage.server.database.behind().await;
    sqlx::query(
        "INSERT INTO attachments (org_id, id, secret_id, created_at, created_by)
         SELECT org_id, gen_random_uuid(), secret_id, now() - interval '2 hours', created_by
         FROM attachments LIMIT 1",
    )
    .execute(&mut behind)
    .await
    .unwrap();
    let list = stage
        .ada
        .get(&format!("{}/attachments", stage.secret))
        .await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 2);
    assert_eq!(count("attachments").await, 3);
    let swept = super::sweep(&stage.server.app, OrgId::from_uuid(stage.ada.org));
    assert_eq!(swept.await.unwrap(), 1);
    assert_eq!(count("attachments").await, 2);
}

/// An upload that stands still after so many bytes.
fn stalled(by: &Person, secret: &str, bytes: usize) -> JoinHandle<Answer> {
    let whole = content(bytes);
    let parts: Vec<_> = whole
        .chunks(1000)
        .map(|part| Ok::<_, std::io::Error>(Bytes::copy_from_slice(part)))
        .collect();
    let body = Body::from_stream(stream::iter(parts).chain(stream::pending()));
    let path = format!("{secret}/attachments?name=stalled");
    let request = by.request(Method::POST, &path, None, body);
    let by = by.clone();
    tokio::spawn(async move { by.send_request(request).await })
}

/// Waits until a table has so many rows.
async fn until(server: &Server, from: &'static str, count: i64) {
    for _ in 0..100 {
        if server.database.count(from).await == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{from} never had {count}");
}

#[tokio::test]
async fn what_came_of_a_file_is_forgotten_when_its_sender_goes() {
    let stage = stage().await;
    let sending = stalled(&stage.ada, &stage.secret, 2 * 1024 * 1024);
    until(&stage.server, "attachment_chunks", 16).await;
    // As when a connection ends: nobody is left to say what went wrong.
    sending.abort();
    until(&stage.server, "attachments", 0).await;
    assert_eq!(stage.server.database.count("attachment_chunks").await, 0);
}

#[tokio::test]
async fn somebody_sends_a_few_files_at_a_time_and_no_more() {
    let stage = stage().await;
    let sending: Vec<_> = (0..4)
        .map(|_| stalled(&stage.ada, &stage.secret, 10))
        .collect();
    until(&stage.server, "attachments", 4).await;
    let refused = attach(&stage.ada, &stage.secret, "x", b"x").await;
    refused.expect_problem(429, "busy");
    let bob = stage
        .server
        .member(stage.ada.org, "bob@example.com", "member")
        .await;
    let role = format!("{}/access/users/{}", stage.secret, bob.user);
    let shared = stage.ada.put(&role, json!({"role": "EDITOR"})).await;
    shared.expect(204);
    attached(&bob, &stage.secret, "x", b"x").await;
    for upload in &sending {
        upload.abort();
    }
    until(&stage.server, "attachments", 1).await;
    attached(&stage.ada, &stage.secret, "x", b"x").await;
}
