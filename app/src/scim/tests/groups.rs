//! Groups.

use serde_json::{Value, json};

use super::{expect_error, group, make, operations, provider, server};

#[tokio::test]
async fn a_group_is_a_team_and_back() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let grace = make(&okta, "grace@example.com").await;
    let ed = make(&okta, "ed@example.com").await;
    let body = group("Millers", &[&grace]);
    let made = okta.post("/scim/v2/Groups", body).await.expect(201);
    let (id, path) = (made.id(), format!("/scim/v2/Groups/{}", made.id()));
    let reference = format!("http://localhost:4000/scim/v2/Users/{grace}");
    assert_eq!(
        made.json()["members"],
        json!([{"value": grace, "type": "User", "$ref": reference}])
    );
    let team = ada.get(&format!("/teams/{id}")).await.expect(200).json();
    assert_eq!(
        (team["name"].as_str(), team["memberCount"].as_i64()),
        (Some("Millers"), Some(1))
    );
    let person = okta.get(&format!("/scim/v2/Users/{grace}")).await.json();
    assert_eq!(person["groups"][0]["display"], "Millers");

    // Who has a role in the team keeps it; who comes in by the directory sees.
    let place = format!("/teams/{id}/members/{grace}");
    ada.put(&place, json!({"role": "ADMIN"})).await.expect(204);
    let add = json!({"op": "Add", "path": "members", "value": [{"value": ed}, {"value": grace}]});
    let changed = okta.patch(&path, operations(json!([add]))).await;
    assert_eq!(
        changed.expect(200).json()["members"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let roles = ada.get(&format!("/teams/{id}/members")).await.json();
    let roles: Vec<_> = roles["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["role"].clone())
        .collect();
    assert_eq!(roles, ["ADMIN", "VIEWER"]);
    let remove = json!({"op": "remove", "path": format!("members[value eq \"{grace}\"]")});
    let rename = json!({"op": "replace", "value": {"displayName": "Bakers"}});
    let changed = okta.patch(&path, operations(json!([remove, rename]))).await;
    let changed = changed.expect(200).json();
    assert_eq!(changed["displayName"], "Bakers");
    assert_eq!(changed["members"][0]["value"], ed.as_str());
    let cut = okta.get("/scim/v2/Groups?excludedAttributes=members").await;
    assert_eq!(
        cut.expect(200).json()["Resources"][0]["members"],
        Value::Null
    );
    let found = okta
        .get("/scim/v2/Groups?filter=displayName%20eq%20%22bakers%22")
        .await;
    assert_eq!(found.expect(200).json()["totalResults"], 1);
    okta.put(&path, group("Bakers", &[])).await.expect(200);
    let refused = okta.post("/scim/v2/Groups", group("BAKERS", &[])).await;
    expect_error(refused, 409, Some("uniqueness"));
    okta.delete(&path).await.expect(204);
    expect_error(okta.get(&path).await, 404, None);
    ada.get(&format!("/teams/{id}"))
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_group_member_of_another_tenant_is_no_user_here() {
    let server = server().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let nobody = uuid::Uuid::now_v7();
    let made = okta.post("/scim/v2/Groups", group("Millers", &[])).await;
    let path = format!("/scim/v2/Groups/{}", made.expect(201).id());
    for stranger in [bob.user, nobody] {
        let stranger = stranger.to_string();
        let add = json!({"op": "add", "path": "members", "value": [{"value": stranger}]});
        for answer in [
            okta.post("/scim/v2/Groups", group("Bakers", &[&stranger]))
                .await,
            okta.put(&path, group("Millers", &[&stranger])).await,
            okta.patch(&path, operations(json!([add]))).await,
        ] {
            expect_error(answer, 400, Some("invalidValue"));
        }
    }
    let theirs = bob.post("/teams", json!({"name": "Theirs"})).await;
    let theirs = format!("/scim/v2/Groups/{}", theirs.expect(201).id());
    for answer in [
        okta.get(&theirs).await,
        okta.put(&theirs, group("Mine", &[])).await,
        okta.patch(&theirs, operations(json!([]))).await,
        okta.delete(&theirs).await,
    ] {
        expect_error(answer, 404, None);
    }
    assert_eq!(server.database.count("team_members").await, 1);
}

#[tokio::test]
async fn one_forbidden_member_in_a_hundred_spoils_all_of_them() {
    let server = server().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let mut behind = server.database.behind().await;
    for statement in [
        "INSERT INTO users (id, email, name, password_hash, created_at)
         SELECT gen_random_uuid(), n || '@example.net', 'x', '', now()
         FROM generate_series(1, 99) n WHERE $1::uuid IS NOT NULL",
        "INSERT INTO memberships (org_id, user_id, role, state, created_at)
         SELECT $1, id, 'member', 'confirmed', now() FROM users WHERE name = 'x'",
    ] {
        sqlx::query(statement)
            .bind(ada.org)
            .execute(&mut behind)
            .await
            .unwrap();
    }
    let mut ids: Vec<String> = sqlx::query_scalar("SELECT id::text FROM users WHERE name = 'x'")
        .fetch_all(&mut behind)
        .await
        .unwrap();
    ids.insert(50, bob.user.to_string());
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let before = server.database.count("audit_events").await;
    let refused = okta.post("/scim/v2/Groups", group("Everybody", &all)).await;
    expect_error(refused, 400, Some("invalidValue"));
    assert_eq!(server.database.count("teams").await, 0);
    assert_eq!(server.database.count("team_members").await, 0);
    assert_eq!(server.database.count("audit_events").await, before);
    let good: Vec<&str> = all.iter().copied().filter(|id| *id != ids[50]).collect();
    let made = okta
        .post("/scim/v2/Groups", group("Everybody", &good))
        .await;
    assert_eq!(
        made.expect(201).json()["members"].as_array().unwrap().len(),
        99
    );
}
