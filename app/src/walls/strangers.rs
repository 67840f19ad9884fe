//! Another tenant's ids, no session, another site: in every route of the document.

use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::testing::{Answer, Client, Person, Server};

/// Everything of an answer that a stranger could compare.
fn visible(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut body = answer.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("requestId");
    }
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), body, names)
}

async fn call(client: &Client, operation: &Operation, vault: &str, secret: &str) -> Answer {
    let path = operation.at(vault, secret);
    client
        .send(operation.method.clone(), &path, operation.body())
        .await
}

/// What is in the tables of content, whole, and what was done. That somebody was refused is recorded, too;
/// where that stands, and what it tells, is looked at in `coverage/refusals`.
async fn content(server: &Server) -> Vec<String> {
    let mut behind = server.database.behind().await;
    sqlx::query_scalar(
        "SELECT t::text FROM vaults t UNION ALL SELECT t::text FROM secrets t
         UNION ALL SELECT t::text FROM vault_roles t UNION ALL SELECT t::text FROM audit_events t
         WHERE t.result <> 'denied' ORDER BY 1",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap()
}

struct Stage {
    server: Server,
    bob: Person,
    colleague: Person,
    /// A vault and a secret of Ada's, and of Bob's.
    theirs: (String, String),
    own: (String, String),
}

async fn stage() -> Stage {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let colleague = server.member(ada.org, "carol@example.com", "owner").await;
    let one = async |person: &Person| {
        let vault = person.vault("Engines").await;
        let secret = person.secret(&vault, "mill", "hunter2").await;
        (vault, secret.rsplit('/').next().unwrap().to_owned())
    };
    let (theirs, own) = (one(&ada).await, one(&bob).await);
    Stage {
        server,
        bob,
        colleague,
        theirs,
        own,
    }
}

#[tokio::test]
async fn another_tenants_ids_are_like_ids_of_nothing() {
    let Stage {
        server,
        bob,
        colleague,
        theirs,
        own,
    } = stage().await;
    let before = content(&server).await;
    let nothing = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    for operation in operations()
        .iter()
        .filter(|operation| operation.has_parameters())
    {
        let name = format!("{} {}", operation.method, operation.path);
        let reference = call(&bob, operation, &nothing.0, &nothing.1).await;
        let reference = visible(&reference.expect_problem(404, "not-found"));
        let mut attempts = vec![
            (&bob, &theirs.0, &theirs.1),
            (&bob, &theirs.0, &own.1),
            (&bob, &theirs.0, &nothing.1),
            (&colleague, &theirs.0, &theirs.1),
            (&colleague, &own.0, &own.1),
        ];
        if operation.path.contains("{secretId}") {
            attempts.push((&bob, &own.0, &theirs.1));
            attempts.push((&bob, &own.0, &nothing.1));
        }
        for (person, vault, secret) in attempts {
            let answer = call(person, operation, vault, secret).await;
            assert_eq!(visible(&answer), reference, "{name} with {vault} {secret}");
        }
    }
    assert_eq!(
        content(&server).await,
        before,
        "nothing was changed or done"
    );
}

#[tokio::test]
async fn ids_in_strange_clothes_are_ids_of_nothing_too() {
    // The server holds the lines to its services.
    let Stage {
        server: _server,
        bob,
        theirs,
        own,
        ..
    } = stage().await;
    let strange = [
        format!("{}%00", own.0),
        format!("{}%20", own.0),
        "%27%20OR%20true--".to_owned(),
        "..%2f..%2fadmin".to_owned(),
        "%ff%fe".to_owned(),
        "null".to_owned(),
        "0".to_owned(),
        "*".to_owned(),
        format!("{}%2Fsecrets", own.0),
        "a".repeat(4000),
        theirs.0.to_uppercase(),
        theirs.0.replace('-', ""),
        format!("urn:uuid:{}", theirs.0),
    ];
    for operation in operations()
        .iter()
        .filter(|operation| operation.has_parameters())
    {
        for id in &strange {
            call(&bob, operation, id, &own.1)
                .await
                .expect_problem(404, "not-found");
            if operation.path.contains("{secretId}") {
                call(&bob, operation, &own.0, id)
                    .await
                    .expect_problem(404, "not-found");
            }
        }
    }
}

#[tokio::test]
async fn tenants_named_in_query_or_header_change_nothing() {
    let Stage {
        server,
        bob,
        theirs,
        ..
    } = stage().await;
    let ada: Uuid = {
        let mut behind = server.database.behind().await;
        sqlx::query_scalar("SELECT org_id FROM vaults WHERE id = $1")
            .bind(theirs.0.parse::<Uuid>().unwrap())
            .fetch_one(&mut behind)
            .await
            .unwrap()
    };
    let plain = bob.get("/vaults").await.expect(200).json();
    for path in [
        format!("/vaults?orgId={ada}"),
        format!("/vaults?org_id={ada}&vaultterm.org_id={ada}"),
        format!("/vaults?cursor=&organization={ada}"),
    ] {
        assert_eq!(bob.get(&path).await.expect(200).json(), plain, "{path}");
    }
    for header in [
        "x-org-id",
        "x-organization-id",
        "x-tenant-id",
        "x-vaultterm-org",
    ] {
        let request = http::Request::get("/api/v1/vaults")
            .header("cookie", bob.cookie().unwrap())
            .header(header, ada.to_string())
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(
            bob.send_request(request).await.expect(200).json(),
            plain,
            "{header}"
        );
    }
}

#[tokio::test]
async fn without_a_session_only_the_public_routes_answer() {
    let Stage { server, theirs, .. } = stage().await;
    let before = content(&server).await;
    let mut seen = Vec::new();
    for operation in operations()
        .iter()
        .filter(|operation| !operation.is_public())
    {
        let visitor = server.visitor();
        let answer = call(&visitor, operation, &theirs.0, &theirs.1).await;
        seen.push(visible(&answer.expect_problem(401, "not-signed-in")));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(content(&server).await, before);
}

#[tokio::test]
async fn requests_from_other_sites_change_nothing() {
    let Stage {
        server, bob, own, ..
    } = stage().await;
    let before = content(&server).await;
    let origins = [
        None,
        Some("null"),
        Some("https://localhost:4000"),
        Some("http://localhost"),
        Some("http://localhost:4001"),
        Some("http://localhost:4000.evil.test"),
        Some("http://evil.test/?http://localhost:4000"),
        Some("http://LOCALHOST:4000"),
    ];
    for operation in operations().iter().filter(|operation| !operation.is_safe()) {
        for origin in origins {
            let client = (*bob).clone().with_origin(origin);
            let answer = call(&client, operation, &own.0, &own.1).await;
            answer.expect_problem(403, "origin-refused");
        }
    }
    assert_eq!(content(&server).await, before);
    for operation in operations().iter().filter(|operation| operation.is_safe()) {
        let client = (*bob).clone().with_origin(Some("https://evil.test"));
        let answer = call(&client, operation, &own.0, &own.1).await;
        // The ids are those of a vault and a secret: elsewhere they name nothing.
        assert!(
            matches!(answer.status.as_u16(), 200 | 303 | 404),
            "{}",
            answer.text()
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "",
            "nobody else may read it"
        );
    }
}

/// Asks for both in turns until their shortest times agree. Other work of the machine lengthens some
/// attempts and shortens none: the shortest come closer with every round, unless one costs more.
async fn assert_equally_fast(client: &Client, paths: [String; 2]) {
    let mut shortest = [Duration::MAX; 2];
    for round in 1..=1000 {
        for (path, shortest) in paths.iter().zip(&mut shortest) {
            let started = Instant::now();
            client.get(path).await.expect(404);
            *shortest = started.elapsed().min(*shortest);
        }
        let [one, other] = shortest.map(|time| time.as_secs_f64());
        if round > 60 && one.max(other) / one.min(other) < 1.25 {
            return;
        }
    }
    panic!("{shortest:?} for {paths:?}");
}

#[tokio::test]
async fn time_does_not_tell_another_tenants_ids_from_ids_of_nothing() {
    // The server holds the lines to its services.
    let Stage {
        server: _server,
        bob,
        theirs,
        own,
        ..
    } = stage().await;
    let nothing = Uuid::now_v7().to_string();
    let vault = |id: &str| format!("/vaults/{id}");
    let secret = |id: &str| format!("/vaults/{}/secrets/{id}", own.0);
    assert_equally_fast(&bob, [vault(&theirs.0), vault(&nothing)]).await;
    assert_equally_fast(&bob, [secret(&theirs.1), secret(&nothing)]).await;
}
