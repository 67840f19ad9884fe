//! Who may do what: every role at every route.

use serde_json::{Value, json};

use crate::testing::{Person, Server};

/// Role, then the statuses of: read, list, reveal, store, change, keep at hand, look at versions and
/// reveal one, make one what the secret is, put a secret into the trash, look into it, take it out,
/// tag, move, delete for good, rename the vault, delete the vault.
const MATRIX: [(&str, [u16; 17]); 5] = [
    ("none", [404; 17]),
    (
        "VIEWER",
        [
            200, 200, 200, 403, 403, 204, 200, 200, 403, 403, 200, 403, 403, 403, 403, 403, 403,
        ],
    ),
    (
        "EDITOR",
        [
            200, 200, 200, 201, 200, 204, 200, 200, 200, 403, 200, 403, 200, 403, 403, 403, 403,
        ],
    ),
    (
        "ADMIN",
        [
            200, 200, 200, 201, 200, 204, 200, 200, 200, 204, 200, 200, 200, 404, 204, 403, 403,
        ],
    ),
    (
        "OWNER",
        [
            200, 200, 200, 201, 200, 204, 200, 200, 200, 204, 200, 200, 200, 404, 204, 200, 204,
        ],
    ),
];

async fn try_everything(ada: &Person, person: &Person, vault: &str) -> [u16; 17] {
    let path = format!("/vaults/{vault}");
    let kept = ada.secret(vault, "kept", "hunter2").await;
    let changed = ada
        .change(&kept, 1, json!({"fields": {"password": "hunter3"}}))
        .await;
    changed.expect(200);
    let doomed = ada.secret(vault, "doomed", "hunter2").await;
    let trashed = ada.secret(vault, "trashed", "hunter2").await;
    ada.delete(&trashed).await.expect(204);
    let gone = ada.secret(vault, "gone", "hunter2").await;
    ada.delete(&gone).await.expect(204);
    let new = json!({"type": "PASSWORD", "name": "new", "fields": {"password": "x"}});
    let field = json!({"field": "password"});
    let ids = [kept.rsplit('/').next().unwrap()];
    let tag = json!({"action": "tag", "ids": ids, "tag": "x"});
    // A vault that none of them has a role in.
    let elsewhere = ada.vault("Elsewhere").await;
    let moved = json!({"action": "move", "ids": ids, "to": elsewhere});
    let steps: [(&str, String, Value); 17] = [
        ("GET", path.clone(), Value::Null),
        ("GET", format!("{path}/secrets"), Value::Null),
        ("POST", format!("{kept}/reveal"), field.clone()),
        ("POST", format!("{path}/secrets"), new),
        ("PATCH", kept.clone(), json!({"name": "changed"})),
        ("PUT", format!("{kept}/favourite"), Value::Null),
        ("GET", format!("{kept}/versions"), Value::Null),
        ("POST", format!("{kept}/versions/1/reveal"), field),
        ("POST", format!("{kept}/versions/1/restore"), Value::Null),
        ("DELETE", doomed, Value::Null),
        ("GET", format!("{path}/trash"), Value::Null),
        ("POST", format!("{trashed}/restore"), Value::Null),
        ("POST", format!("{path}/secrets/bulk"), tag),
        ("POST", format!("{path}/secrets/bulk"), moved),
        ("DELETE", gone.replace("/secrets/", "/trash/"), Value::Null),
        ("PATCH", path.clone(), json!({"name": "renamed"})),
        ("DELETE", path, Value::Null),
    ];
    let mut statuses = [0; 17];
    for (status, (method, path, body)) in statuses.iter_mut().zip(steps) {
        let body = (!body.is_null()).then_some(body);
        let answer = match (method, path.contains("/secrets/")) {
            ("PATCH", true) => person.change(&path, 2, body.unwrap()).await,
            ("PATCH", false) => person.change(&path, 1, body.unwrap()).await,
            _ => {
                person
                    .send_proven(method.parse().unwrap(), &path, body)
                    .await
            }
        };
        *status = answer.status.as_u16();
    }
    statuses
}

#[tokio::test]
async fn each_role_passes_its_gates_and_no_other() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for (role, expected) in MATRIX {
        let email = format!("{}@example.com", role.to_lowercase());
        let person = server.member(ada.org, &email, "member").await;
        let vault = ada.vault(role).await;
        if role != "none" {
            server.grant(&vault, &person, role).await;
            assert_eq!(person.get("/vaults").await.json()["items"][0]["role"], role);
        }
        assert_eq!(
            try_everything(&ada, &person, &vault).await,
            expected,
            "{role}"
        );
    }
}

#[tokio::test]
async fn managing_an_organisation_opens_no_vault() {
    let server = Server::start().await;
    let ada = server.owner().await;
    for role in ["admin", "owner"] {
        let person = server
            .member(ada.org, &format!("{role}@example.com"), role)
            .await;
        let vault = ada.vault(role).await;
        assert_eq!(
            try_everything(&ada, &person, &vault).await,
            MATRIX[0].1,
            "{role}"
        );
        assert_eq!(
            person.get("/vaults").await.expect(200).json()["items"],
            json!([])
        );
    }
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_with_the_next_request() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    server.grant(&vault, &bob, "EDITOR").await;
    bob.change(&secret, 1, json!({"name": "x"}))
        .await
        .expect(200);
    server.grant(&vault, &bob, "VIEWER").await;
    let refused = bob.change(&secret, 2, json!({"name": "y"})).await;
    refused.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn somebody_in_two_organisations_is_in_one_at_a_time() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let theirs = ada.vault("Ada's").await;
    let secret = ada.secret(&theirs, "mill", "hunter2").await;
    let own = bob.vault("Bob's").await;
    // Bob becomes an admin over there as well, with every right in Ada's vault.
    server
        .join(ada.org, "bob@example.com", "admin", "confirmed")
        .await;
    let mut there = bob.clone();
    there.org = ada.org;
    server.grant(&theirs, &there, "OWNER").await;
    // This session was opened in his own organisation and stays there.
    let me = bob.get("/me").await.expect(200).json();
    assert_eq!(me["organization"]["id"], json!(bob.org));
    assert_eq!(me["role"], "owner");
    let list = bob.get("/vaults").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["items"][0]["id"], json!(own));
    for path in [format!("/vaults/{theirs}"), secret.clone()] {
        bob.get(&path).await.expect_problem(404, "not-found");
        bob.delete(&path).await.expect_problem(404, "not-found");
    }
    bob.reveal(&secret, "password")
        .await
        .expect_problem(404, "not-found");
    let trail = bob.get("/audit-events").await.expect(200).text();
    assert!(!trail.contains("Ada"), "{trail}");
    // Thrown out of his own organisation, the session does not carry over to the other.
    server.member(bob.org, "eve@example.com", "owner").await;
    server
        .join(bob.org, "bob@example.com", "owner", "revoked")
        .await;
    bob.get("/vaults")
        .await
        .expect_problem(401, "not-signed-in");
}
