//! Members: lists, roles, deactivation, removal.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{Person, Server};

fn at(user: Uuid, act: &str) -> String {
    format!("/members/{user}{act}")
}

async fn give(by: &Person, to: Uuid, role: &str) -> crate::testing::Answer {
    by.patch(&at(to, ""), json!({"role": role})).await
}

/// Addresses with role and state, as a list shows them.
async fn seen(by: &Person) -> Vec<String> {
    let list = by.get("/members").await.expect(200).json();
    let mut lines: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| {
            let word = |pointer: &str| member.pointer(pointer).unwrap().as_str().unwrap();
            format!(
                "{} {} {}",
                word("/user/email"),
                word("/role"),
                word("/state")
            )
        })
        .collect();
    lines.sort();
    lines
}

async fn last_entry(by: &Person) -> Value {
    by.get("/audit-events").await.expect(200).json()["items"][0].clone()
}

#[tokio::test]
async fn those_who_manage_see_who_waits_and_others_see_who_belongs() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for (email, state) in [
        ("carol@example.com", "accepted"),
        ("dan@example.com", "revoked"),
    ] {
        server.account(email).await;
        server.join(ada.org, email, "member", state).await;
    }
    server.tenant("Difference Engines", "eve@example.com").await;
    let members = [
        "ada@example.com owner confirmed",
        "bob@example.com member confirmed",
    ];
    assert_eq!(seen(&bob).await, members);
    assert_eq!(
        seen(&ada).await,
        [
            members[0],
            members[1],
            "carol@example.com member accepted",
            "dan@example.com member deactivated",
        ]
    );
    let first = ada.get("/members?limit=3").await.expect(200).json();
    let rest = format!("/members?cursor={}", first["nextCursor"].as_str().unwrap());
    let rest = ada.get(&rest).await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest["nextCursor"], Value::Null);
}

#[tokio::test]
async fn a_role_changes_what_somebody_may_do_from_one_request_to_the_next() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    bob.get("/audit-events")
        .await
        .expect_problem(403, "forbidden");
    give(&ada, bob.user, "admin").await.expect(204);
    bob.get("/audit-events").await.expect(200);
    let entry = last_entry(&ada).await;
    assert_eq!(entry["action"], "member.role-changed");
    assert_eq!(entry["resource"]["id"], json!(bob.user));
    assert_eq!(entry["detail"], json!({"from": "member", "role": "admin"}));
    give(&ada, bob.user, "member").await.expect(204);
    bob.get("/audit-events")
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn an_admin_cannot_make_themselves_or_anybody_an_owner_nor_touch_one() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    for (whom, role) in [
        (bob.user, "owner"),
        (carol.user, "owner"),
        (ada.user, "admin"),
        (ada.user, "member"),
    ] {
        give(&bob, whom, role)
            .await
            .expect_problem(403, "forbidden");
    }
    for act in ["/deactivate", "/reactivate", "/confirm"] {
        let answer = bob.post(&at(ada.user, act), json!({})).await;
        answer.expect_problem(403, "forbidden");
    }
    bob.delete(&at(ada.user, ""))
        .await
        .expect_problem(403, "forbidden");
    let transfer = json!({"userId": bob.user});
    let answer = bob.post("/organization/transfer", transfer).await;
    answer.expect_problem(403, "forbidden");
    assert_eq!(
        seen(&ada).await,
        [
            "ada@example.com owner confirmed",
            "bob@example.com admin confirmed",
            "carol@example.com member confirmed"
        ]
    );
}

#[tokio::test]
async fn a_member_changes_nobody() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for whom in [ada.user, bob.user] {
        for role in ["owner", "admin", "member"] {
            give(&bob, whom, role)
                .await
                .expect_problem(403, "forbidden");
        }
        let answer = bob.delete(&at(whom, "")).await;
        answer.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn the_last_owner_cannot_be_demoted_deactivated_or_removed_and_cannot_leave() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let carol = server.member(ada.org, "carol@example.com", "owner").await;
    give(&ada, carol.user, "admin").await.expect(204);
    for role in ["member", "admin"] {
        let answer = give(&ada, ada.user, role).await;
        answer.expect_problem(409, "last-owner");
    }
    for answer in [
        ada.post("/organization/leave", json!({})).await,
        ada.post("/organization/leave", Value::Null).await,
    ] {
        answer.expect_problem(409, "last-owner");
    }
    for answer in [
        ada.post(&at(ada.user, "/deactivate"), json!({})).await,
        ada.delete(&at(ada.user, "")).await,
    ] {
        answer.expect_problem(409, "own-membership");
    }
    ada.get("/audit-events").await.expect(200);
    // Neither can anybody behind the code's back.
    let mut behind = server.database.behind().await;
    for change in [
        "UPDATE memberships SET role = 'member'",
        "UPDATE memberships SET state = 'revoked' WHERE role = 'owner'",
        "DELETE FROM memberships",
    ] {
        let refused = sqlx::query(change).execute(&mut behind).await.unwrap_err();
        assert!(refused.to_string().contains("keeps an owner"), "{change}");
    }
}

#[tokio::test]
async fn of_two_owners_who_demote_each_other_at_once_one_stays() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    for _ in 0..10 {
        let answers =
            join_all([give(&ada, bob.user, "admin"), give(&bob, ada.user, "admin")]).await;
        let done = answers.iter().filter(|a| a.status.as_u16() == 204).count();
        assert_eq!(done, 1, "{answers:?}");
        let owners = seen(&ada).await;
        let owners = owners.iter().filter(|line| line.contains("owner"));
        assert_eq!(owners.count(), 1);
        for email in ["ada@example.com", "bob@example.com"] {
            server.join(ada.org, email, "owner", "confirmed").await;
        }
    }
}

#[tokio::test]
async fn of_two_owners_who_step_down_or_leave_at_once_one_stays() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    for _ in 0..5 {
        let (one, other) = tokio::join!(
            give(&ada, ada.user, "member"),
            give(&bob, bob.user, "member")
        );
        let mut answers = [one.status.as_u16(), other.status.as_u16()];
        answers.sort_unstable();
        assert_eq!(answers, [204, 409]);
        for email in ["ada@example.com", "bob@example.com"] {
            server.join(ada.org, email, "owner", "confirmed").await;
        }
    }
    let (one, other) = tokio::join!(
        ada.post("/organization/leave", Value::Null),
        bob.post("/organization/leave", Value::Null)
    );
    let mut answers = [one.status.as_u16(), other.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [204, 409]);
}

#[tokio::test]
async fn deactivation_ends_sessions_at_once_and_they_do_not_come_back() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let vault = bob.vault("Bob's").await;
    let (idle, asking) = (server.sign_in("bob@example.com").await, bob);
    let path = at(idle.user, "/deactivate");
    ada.post(&path, json!({})).await.expect(204);
    asking.get("/me").await.expect_problem(401, "not-signed-in");
    let sign_in = json!({"email": "bob@example.com", "password": crate::testing::PASSWORD});
    let refused = server.visitor().post("/auth/sign-in", sign_in).await;
    refused.expect_problem(401, "invalid-credentials");
    ada.post(&path, json!({}))
        .await
        .expect_problem(409, "member-state");
    let path = at(idle.user, "/reactivate");
    ada.post(&path, json!({})).await.expect(204);
    idle.get("/me").await.expect_problem(401, "not-signed-in");
    // What they have is theirs again.
    let bob = server.sign_in("bob@example.com").await;
    bob.get(&format!("/vaults/{vault}")).await.expect(200);
    ada.post(&path, json!({}))
        .await
        .expect_problem(409, "member-state");
}

#[tokio::test]
async fn a_session_of_before_opens_nothing_after_a_return_even_if_the_cache_was_away() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    ada.post(&at(bob.user, "/deactivate"), json!({}))
        .await
        .expect(204);
    // As if the cache had been away when it happened: the session was not forgotten.
    server
        .join(ada.org, "bob@example.com", "member", "confirmed")
        .await;
    let forgotten = server.sign_in("bob@example.com").await;
    server
        .join(ada.org, "bob@example.com", "member", "revoked")
        .await;
    ada.post(&at(bob.user, "/reactivate"), json!({}))
        .await
        .expect(204);
    for session in [&bob, &forgotten] {
        session
            .get("/me")
            .await
            .expect_problem(401, "not-signed-in");
    }
}

#[tokio::test]
async fn who_is_deactivated_in_one_organisation_goes_on_in_another() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    server
        .join(ada.org, "bob@example.com", "member", "confirmed")
        .await;
    ada.post(&at(bob.user, "/deactivate"), json!({}))
        .await
        .expect(204);
    let me = bob.get("/me").await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 1);
    let switch = json!({"organizationId": ada.org});
    let answer = bob.post("/auth/switch-organization", switch).await;
    answer.expect_problem(404, "not-found");
}

#[tokio::test]
async fn whoever_is_removed_has_nothing_left_and_is_nobody() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let vault = bob.vault("Bob's").await;
    bob.secret(&vault, "mill", "hunter2").await;
    ada.delete(&at(bob.user, "")).await.expect(204);
    assert_eq!(last_entry(&ada).await["action"], "member.removed");
    bob.get("/vaults")
        .await
        .expect_problem(401, "not-signed-in");
    assert_eq!(seen(&ada).await, ["ada@example.com owner confirmed"]);
    assert_eq!(server.database.count("vault_roles").await, 0);
    for act in ["/reactivate", "/deactivate", "/confirm"] {
        let answer = ada.post(&at(bob.user, act), json!({})).await;
        answer.expect_problem(404, "not-found");
    }
    give(&ada, bob.user, "admin")
        .await
        .expect_problem(404, "not-found");
    ada.delete(&at(bob.user, ""))
        .await
        .expect_problem(404, "not-found");
    // The trail still knows who it was.
    let trail = ada.get("/audit-events").await.expect(200).text();
    assert!(trail.contains("bob@example.com"), "{trail}");
}

#[tokio::test]
async fn another_tenants_people_cannot_be_seen_or_changed() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    assert_eq!(seen(&bob).await, ["bob@example.com owner confirmed"]);
    for whom in [ada.user, carol.user] {
        for role in ["owner", "admin", "member"] {
            give(&bob, whom, role)
                .await
                .expect_problem(404, "not-found");
        }
        for act in ["/confirm", "/deactivate", "/reactivate"] {
            let answer = bob.post(&at(whom, act), json!({})).await;
            answer.expect_problem(404, "not-found");
        }
        bob.delete(&at(whom, ""))
            .await
            .expect_problem(404, "not-found");
        // The id of another tenant's member, nested in a body that is the caller's own.
        let transfer = json!({"userId": whom});
        let answer = bob.post("/organization/transfer", transfer).await;
        answer.expect_problem(404, "not-found");
    }
    assert_eq!(
        seen(&ada).await,
        [
            "ada@example.com owner confirmed",
            "carol@example.com member confirmed"
        ]
    );
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for extra in [
        "state",
        "userId",
        "orgId",
        "removedAt",
        "teamsToJoin",
        "vaultRole",
    ] {
        let body = json!({"role": "member", extra: "owner"});
        let answer = ada.patch(&at(bob.user, ""), body).await;
        answer.expect_problem(400, "bad-request");
        let body = json!({"name": "x", extra: ada.org});
        let answer = ada.patch("/organization", body).await;
        answer.expect_problem(400, "bad-request");
    }
    let me = bob
        .patch("/me", json!({"name": "Bob", "role": "owner"}))
        .await;
    me.expect_problem(400, "bad-request");
}
