//! Files that come and go while what somebody may do changes.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::chunk::SIZE;
use super::tests::{Stage, attached, content, stage};
use crate::testing::{Answer, Person};

/// What may happen meanwhile.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    Deactivated,
    RoleEnds,
    RoleTaken,
    Closed,
}

/// Bob, who may change what is in the vault.
async fn bob(stage: &Stage) -> Person {
    let org = stage.ada.org;
    let bob = stage.server.member(org, "bob@example.com", "member").await;
    stage.server.grant(&stage.vault, &bob, "EDITOR").await;
    bob
}

async fn happen(stage: &Stage, bob: &Person, what: Meanwhile) {
    let ada = &stage.ada;
    match what {
        Meanwhile::Deactivated => {
            let path = format!("/members/{}/deactivate", bob.user);
            ada.post(&path, Value::Null).await.expect(204);
        }
        Meanwhile::RoleEnds => {
            let mut behind = stage.server.database.behind().await;
            let ends =
                "UPDATE vault_roles SET expires_at = clock_timestamp() WHERE role <> 'OWNER'";
            sqlx::query(ends).execute(&mut behind).await.unwrap();
        }
        Meanwhile::RoleTaken => {
            let path = format!("/vaults/{}/access/users/{}", stage.vault, bob.user);
            ada.delete(&path).await.expect(204);
        }
        Meanwhile::Closed => {
            let closed = json!({"injectOnly": true});
            ada.change(&stage.secret, 1, closed).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_download_breaks_off_once_it_may_not_be_seen_any_more() {
    for what in [
        Meanwhile::Deactivated,
        Meanwhile::RoleEnds,
        Meanwhile::RoleTaken,
        Meanwhile::Closed,
    ] {
        let stage = stage().await;
        let bob = bob(&stage).await;
        let bytes = content(40 * SIZE);
        let path = attached(&stage.ada, &stage.secret, "engine.bin", &bytes).await;
        let request = bob.raw_request(Method::GET, &path, Body::empty());
        let mut body = bob.answer(request).await.into_body();
        let first = body.frame().await.unwrap().unwrap();
        let mut seen = first.into_data().unwrap().len();
        happen(&stage, &bob, what).await;
        let broken = loop {
            match body.frame().await {
                Some(Ok(frame)) => seen += frame.into_data().unwrap().len(),
                Some(Err(_)) => break true,
                None => break false,
            }
        };
        assert!(broken && seen < bytes.len() / 2, "{what:?}: {seen} bytes");
    }
}

/// Sends a file in two parts, between which something happens.
async fn send_while(stage: Stage, bob: Person, what: Meanwhile) -> (Stage, Answer) {
    let path = format!("{}/attachments?name=parts", stage.secret);
    let (done, answered) = tokio::sync::oneshot::channel();
    let part = || Ok::<_, std::io::Error>(Bytes::from(content(20 * SIZE)));
    let sender = bob.clone();
    let second = async move {
        happen(&stage, &bob, what).await;
        drop(done.send(stage));
        part()
    };
    let parts = stream::iter([part()]).chain(stream::once(second));
    let request = sender.raw_request(Method::POST, &path, Body::from_stream(parts));
    let answer = sender.send_request(request).await;
    (answered.await.ok().unwrap(), answer)
}

#[tokio::test]
async fn an_upload_is_attached_by_whoever_may_attach_when_it_ends() {
    for what in [
        Meanwhile::Deactivated,
        Meanwhile::RoleEnds,
        Meanwhile::RoleTaken,
    ] {
        let stage = stage().await;
        let bob = bob(&stage).await;
        let (stage, answer) = send_while(stage, bob, what).await;
        answer.expect_problem(404, "not-found");
        for table in ["attachments", "attachment_chunks"] {
            let left = stage.server.database.count(table).await;
            assert_eq!(left, 0, "{what:?}: nothing of it is kept in {table}");
        }
    }
}
