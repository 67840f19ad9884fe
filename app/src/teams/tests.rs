//! Teams, through the router, on a real database.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{Answer, Person, Server};

async fn team(person: &Person, name: &str) -> String {
    let made = person.post("/teams", json!({"name": name})).await;
    format!("/teams/{}", made.expect(201).id())
}

async fn put(person: &Person, team: &str, user: Uuid, role: &str) -> Answer {
    let path = format!("{team}/members/{user}");
    person.put(&path, json!({"role": role})).await
}

async fn take_out(person: &Person, team: &str, user: Uuid) -> Answer {
    person.delete(&format!("{team}/members/{user}")).await
}

/// Who is in a team, as `name role`.
async fn members(person: &Person, team: &str) -> Vec<String> {
    let list = person.get(&format!("{team}/members")).await.expect(200);
    let mut found: Vec<String> = list.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| {
            let name = member["user"]["email"].as_str().unwrap();
            let (name, _) = name.split_once('@').unwrap();
            format!("{name} {}", member["role"].as_str().unwrap())
        })
        .collect();
    found.sort();
    found
}

async fn actions(person: &Person) -> Vec<String> {
    let events = person.get("/audit-events").await.expect(200).json();
    let events = events["items"].as_array().unwrap().clone();
    let action = |event: &Value| event["action"].as_str().unwrap().to_owned();
    events.iter().map(action).collect()
}

#[tokio::test]
async fn a_team_is_made_renamed_filled_emptied_and_deleted() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let body = json!({"name": "  Millers ", "description": "They turn the mill."});
    let made = ada.post("/teams", body).await.expect(201).json();
    assert_eq!(made["name"], "Millers");
    assert_eq!(made["memberCount"], 1);
    assert_eq!(made["role"], "OWNER");
    let path = format!("/teams/{}", made["id"].as_str().unwrap());

    put(&ada, &path, bob.user, "VIEWER").await.expect(204);
    assert_eq!(members(&bob, &path).await, ["ada OWNER", "bob VIEWER"]);
    put(&ada, &path, bob.user, "EDITOR").await.expect(204);
    assert_eq!(members(&ada, &path).await, ["ada OWNER", "bob EDITOR"]);
    let seen = bob.get("/teams").await.expect(200).json();
    assert_eq!(seen["items"][0]["role"], "EDITOR");
    let changed = ada.patch(&path, json!({"description": ""})).await;
    assert_eq!(changed.expect(200).json()["name"], "Millers");
    take_out(&ada, &path, bob.user).await.expect(204);
    assert_eq!(bob.get("/teams").await.json()["items"], json!([]));
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.expect_problem(404, "not-found");
    assert_eq!(
        actions(&ada).await[..6],
        [
            "team.deleted",
            "team.member-removed",
            "team.updated",
            "team.member-changed",
            "team.member-added",
            "team.created",
        ]
    );
}

/// What each role may do: see, take people in, change the team.
#[tokio::test]
async fn the_gates_of_a_team_are_those_of_the_published_table() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = team(&ada, "Millers").await;
    let guest = server.member(ada.org, "guest@example.com", "member").await;
    for (role, statuses) in [
        ("VIEWER", [200, 403, 403]),
        ("EDITOR", [200, 403, 403]),
        ("ADMIN", [200, 204, 403]),
        ("OWNER", [200, 204, 200]),
    ] {
        let email = format!("{}@example.com", role.to_lowercase());
        let person = server.member(ada.org, &email, "member").await;
        person.get(&path).await.expect_problem(404, "not-found");
        put(&ada, &path, person.user, role).await.expect(204);
        let answers = [
            person.get(&path).await,
            put(&person, &path, guest.user, "VIEWER").await,
            person.patch(&path, json!({"name": "Millers"})).await,
        ];
        assert_eq!(
            answers.map(|answer| answer.status.as_u16()),
            statuses,
            "{role}"
        );
        put(&ada, &path, guest.user, "EDITOR").await.expect(204);
    }
    // Whoever manages the organisation manages every team, also one that they are not in.
    let admin = server.member(ada.org, "boss@example.com", "admin").await;
    admin
        .patch(&path, json!({"name": "Grinders"}))
        .await
        .expect(200);
    assert_eq!(admin.get(&path).await.json()["role"], Value::Null);
    guest.delete(&path).await.expect_problem(403, "forbidden");
    let refused = guest.post("/teams", json!({"name": "mine"})).await;
    refused.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn nobody_gives_a_role_above_their_own_or_takes_one_away_there() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = team(&ada, "Millers").await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    put(&ada, &path, bob.user, "ADMIN").await.expect(204);
    put(&ada, &path, carol.user, "OWNER").await.expect(204);
    for answer in [
        put(&bob, &path, bob.user, "OWNER").await,
        put(&bob, &path, carol.user, "VIEWER").await,
        take_out(&bob, &path, carol.user).await,
    ] {
        answer.expect_problem(403, "forbidden");
    }
    assert_eq!(
        members(&ada, &path).await,
        ["ada OWNER", "bob ADMIN", "carol OWNER"]
    );
}

#[tokio::test]
async fn the_last_owner_of_a_team_stays_and_everybody_else_may_leave() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = team(&ada, "Millers").await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    put(&ada, &path, bob.user, "VIEWER").await.expect(204);
    for answer in [
        take_out(&ada, &path, ada.user).await,
        put(&ada, &path, ada.user, "ADMIN").await,
    ] {
        answer.expect_problem(409, "last-owner");
    }
    take_out(&bob, &path, bob.user).await.expect(204);
    put(&ada, &path, bob.user, "OWNER").await.expect(204);
    take_out(&ada, &path, ada.user).await.expect(204);
    assert_eq!(members(&bob, &path).await, ["bob OWNER"]);
}

#[tokio::test]
async fn of_two_owners_who_leave_at_once_one_stays() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for _ in 0..8 {
        let path = team(&ada, &Uuid::now_v7().to_string()).await;
        put(&ada, &path, bob.user, "OWNER").await.expect(204);
        let (one, other) = tokio::join!(
            take_out(&ada, &path, ada.user),
            put(&bob, &path, bob.user, "VIEWER"),
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
    }
}

#[tokio::test]
async fn who_is_removed_from_the_organisation_leaves_every_team_in_the_same_step() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let teams = [team(&ada, "Millers").await, team(&ada, "Bakers").await];
    for path in &teams {
        put(&ada, path, bob.user, "OWNER").await.expect(204);
    }
    let theirs = format!("team_members WHERE user_id = '{}'", bob.user);
    let theirs: &'static str = theirs.leak();
    assert_eq!(server.database.count(theirs).await, 2);
    let mut behind = server.database.behind().await;
    sqlx::query("DELETE FROM memberships WHERE user_id = $1")
        .bind(bob.user)
        .execute(&mut behind)
        .await
        .unwrap();
    assert_eq!(server.database.count(theirs).await, 0);
}

#[tokio::test]
async fn somebody_deactivated_counts_in_no_team_until_they_are_back() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let path = team(&ada, "Millers").await;
    put(&ada, &path, bob.user, "OWNER").await.expect(204);
    let join = async |state| {
        server
            .join(ada.org, "bob@example.com", "member", state)
            .await;
    };
    join("revoked").await;
    assert_eq!(members(&ada, &path).await, ["ada OWNER"]);
    assert_eq!(ada.get(&path).await.json()["memberCount"], 1);
    let refused = take_out(&ada, &path, ada.user).await;
    refused.expect_problem(409, "last-owner");
    join("confirmed").await;
    assert_eq!(members(&ada, &path).await, ["ada OWNER", "bob OWNER"]);
}

#[tokio::test]
async fn a_team_member_from_another_tenant_is_nobody_in_path_and_body() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let own = team(&ada, "Millers").await;
    let theirs = team(&bob, "Millers").await;
    let nobody = Uuid::now_v7();
    for user in [bob.user, nobody] {
        for answer in [
            put(&ada, &own, user, "VIEWER").await,
            take_out(&ada, &own, user).await,
            put(&ada, &theirs, user, "VIEWER").await,
            put(&ada, &theirs, ada.user, "OWNER").await,
            take_out(&ada, &theirs, user).await,
        ] {
            answer.expect_problem(404, "not-found");
        }
    }
    // Names of a tenant, a team or a person in the body are fields that nobody asked for.
    let path = format!("{own}/members/{}", ada.user);
    for field in ["userId", "user_id", "teamId", "orgId", "organizationId"] {
        let mut body = json!({"role": "OWNER"});
        body[field] = json!(bob.user);
        let refused = ada.put(&path, body).await;
        refused.expect_problem(400, "bad-request");
    }
    assert_eq!(members(&bob, &theirs).await, ["bob OWNER"]);
    assert_eq!(members(&ada, &own).await, ["ada OWNER"]);
    // A person of both is a member here by the membership here.
    server
        .join(ada.org, "bob@example.com", "member", "confirmed")
        .await;
    put(&ada, &own, bob.user, "VIEWER").await.expect(204);
    assert_eq!(members(&bob, &theirs).await, ["bob OWNER"]);
}

#[tokio::test]
async fn only_confirmed_members_come_into_a_team() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = team(&ada, "Millers").await;
    let user = server.account("bob@example.com").await;
    for state in ["invited", "accepted", "revoked"] {
        server
            .join(ada.org, "bob@example.com", "member", state)
            .await;
        let refused = put(&ada, &path, user, "VIEWER").await;
        refused.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn names_are_checked_and_taken_once_in_an_organisation() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    team(&ada, "Millers").await;
    team(&bob, "Millers").await;
    let second = team(&ada, "Bakers").await;
    for answer in [
        ada.post("/teams", json!({"name": "MILLERS"})).await,
        ada.patch(&second, json!({"name": "millers"})).await,
        ada.post("/teams", json!({"name": " "})).await,
        ada.post("/teams", json!({"name": "x".repeat(121)})).await,
    ] {
        assert_eq!(
            answer.expect_problem(422, "invalid").wrong_fields(),
            ["name"]
        );
    }
    for field in ["id", "orgId", "memberCount", "role", "createdAt"] {
        let mut body = json!({"name": "planted"});
        body[field] = json!("OWNER");
        let refused = ada.post("/teams", body).await;
        refused.expect_problem(400, "bad-request");
    }
    let bad = put(&ada, &second, ada.user, "ROOT").await;
    bad.expect_problem(400, "bad-request");
}

#[tokio::test]
async fn lists_of_teams_and_members_come_in_pages() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut path = String::new();
    for number in 0..3 {
        path = team(&ada, &format!("team {number}")).await;
    }
    for number in 0..2 {
        let email = format!("m{number}@example.com");
        let user = server.account(&email).await;
        server.join(ada.org, &email, "member", "confirmed").await;
        put(&ada, &path, user, "VIEWER").await.expect(204);
    }
    for (list, count) in [("/teams".to_owned(), 3), (format!("{path}/members"), 3)] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ada.get(&format!("{list}?limit=2&cursor={cursor}")).await;
            let page = page.expect(200).json();
            found.extend(page["items"].as_array().unwrap().clone());
            match page["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        let distinct: std::collections::BTreeSet<String> =
            found.iter().map(ToString::to_string).collect();
        assert_eq!((found.len(), distinct.len()), (count, count), "{list}");
    }
}

#[tokio::test]
async fn a_token_sees_and_changes_teams_within_its_scope() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = team(&ada, "Millers").await;
    let reader = ada.token(&["people:read"]).await;
    reader.get(&path).await.expect(200);
    reader.get(&format!("{path}/members")).await.expect(200);
    for answer in [
        reader.patch(&path, json!({"name": "x"})).await,
        reader.delete(&path).await,
        reader.post("/teams", json!({"name": "x"})).await,
    ] {
        answer.expect_problem(403, "scope-needed");
    }
    let writer = ada.token(&["people:write"]).await;
    writer
        .patch(&path, json!({"name": "Bakers"}))
        .await
        .expect(200);
}
