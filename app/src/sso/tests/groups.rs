//! What the groups of a provider make of people: roles and teams, at each sign-in.

use serde_json::{Value, json};

use super::stand_in::Says;
use super::{arrive, me, put, session, stage, wanted};
use crate::testing::Person;

const EMAIL: &str = "grace@example.com";

#[tokio::test]
async fn groups_are_applied_at_each_sign_in() {
    let (server, _ada, provider) = stage().await;
    let says = |groups: Value| Says::person("grace", EMAIL).with("groups", groups);
    for (groups, role) in [
        (json!(["staff", "it"]), "admin"),
        (json!(["staff"]), "member"),
        (json!("it"), "admin"),
        (json!([]), "member"),
        (json!(["it"]), "admin"),
        (Value::Null, "member"),
        (json!(["IT", "it "]), "member"),
    ] {
        let me = me(&server, &provider, says(groups.clone())).await;
        assert_eq!(me["role"], role, "{groups}");
    }
}

#[tokio::test]
async fn the_last_owner_is_never_demoted_by_a_mapping_and_nobody_becomes_one() {
    let (server, ada, provider) = stage().await;
    let says = Says::person("ada", "ada@example.com").with("groups", json!(["staff"]));
    let me = me(&server, &provider, says).await;
    assert_eq!(me["role"], "owner");
    let mut body = wanted(&provider);
    body["mappings"] = json!([{"group": "it", "role": "owner"}]);
    let refused = put(&ada, body).await.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["mappings"]);
}

async fn team(person: &Person, name: &str) -> Value {
    let made = person.post("/teams", json!({"name": name})).await;
    made.expect(201).json()["id"].clone()
}

/// The role that somebody has in a team, as its owner sees it.
async fn role_in(owner: &Person, team: &Value, user: &Value) -> Value {
    let path = format!("/teams/{}/members", team.as_str().unwrap());
    let members = owner.get(&path).await.expect(200).json();
    let members = members["items"].as_array().unwrap().clone();
    let found = members
        .into_iter()
        .find(|member| &member["user"]["id"] == user);
    found.map_or(Value::Null, |member| member["role"].clone())
}

#[tokio::test]
async fn groups_put_people_into_teams_and_out_of_them() {
    let (server, ada, provider) = stage().await;
    let [engines, looms, untouched] = [
        team(&ada, "Engines").await,
        team(&ada, "Looms").await,
        team(&ada, "Ours").await,
    ];
    let mut body = wanted(&provider);
    body["mappings"] = json!([
        {"group": "it", "role": "admin", "teams": [{"id": engines, "role": "ADMIN"}]},
        {"group": "staff", "role": null, "teams": [
            {"id": engines, "role": "VIEWER"}, {"id": looms, "role": "EDITOR"},
        ]},
    ]);
    let kept = put(&ada, body.clone()).await.expect(200).json();
    let teams = kept["connection"]["mappings"][1]["teams"].as_array();
    assert_eq!(teams.unwrap().len(), 2, "{kept}");
    let says = |groups: Value| Says::person("grace", EMAIL).with("groups", groups);
    let first = me(&server, &provider, says(json!(["staff"]))).await;
    let grace = first["user"]["id"].clone();
    let by_hand = format!(
        "/teams/{}/members/{}",
        untouched.as_str().unwrap(),
        grace.as_str().unwrap()
    );
    ada.put(&by_hand, json!({"role": "EDITOR"}))
        .await
        .expect(204);
    for (groups, role, within) in [
        (json!(["staff"]), "member", ["VIEWER", "EDITOR"]),
        (json!(["staff", "it"]), "admin", ["ADMIN", "EDITOR"]),
        (json!(["it"]), "admin", ["ADMIN", ""]),
        (json!([]), "member", ["", ""]),
    ] {
        let now = me(&server, &provider, says(groups.clone())).await;
        assert_eq!(now["role"], role, "{groups}");
        for (team, role) in [&engines, &looms].into_iter().zip(within) {
            let found = role_in(&ada, team, &grace).await;
            assert_eq!(found.as_str().unwrap_or_default(), role, "{groups}");
        }
        // No mapping speaks of this one.
        assert_eq!(role_in(&ada, &untouched, &grace).await, "EDITOR");
    }
    // What changed is an entry of its own, before the sign-in; what did not is none.
    let trail = ada.get("/audit-events?limit=2").await.expect(200).json();
    let applied = &trail["items"][1];
    assert_eq!(applied["action"], "sso.groups-applied");
    assert_eq!(
        applied["detail"]["role"],
        json!({"from": "admin", "role": "member"})
    );
    assert_eq!(
        applied["detail"]["teams"],
        json!([{"team": engines, "from": "ADMIN", "role": null}])
    );
    me(&server, &provider, says(json!([]))).await;
    let trail = ada.get("/audit-events?limit=2").await.expect(200).json();
    assert_eq!(trail["items"][1]["action"], "session.signed-in");
}

#[tokio::test]
async fn no_group_makes_or_unmakes_the_owner_of_a_team_or_reaches_another_organisations() {
    let (server, ada, provider) = stage().await;
    let engines = team(&ada, "Engines").await;
    let mut body = wanted(&provider);
    body["mappings"] = json!([
        {"group": "staff", "role": null, "teams": [{"id": engines, "role": "VIEWER"}]},
    ]);
    put(&ada, body.clone()).await.expect(200);
    for groups in [json!(["staff"]), json!([])] {
        let says = Says::person("ada", "ada@example.com").with("groups", groups);
        me(&server, &provider, says).await;
        let role = role_in(&ada, &engines, &json!(ada.user)).await;
        assert_eq!(role, "OWNER");
    }
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    let foreign = team(&bob, "Theirs").await;
    for teams in [
        json!([{"id": engines, "role": "OWNER"}]),
        json!([{"id": engines, "role": "VIEWER"}, {"id": engines, "role": "ADMIN"}]),
        json!([{"id": foreign, "role": "VIEWER"}]),
        json!([{"id": uuid::Uuid::now_v7(), "role": "VIEWER"}]),
    ] {
        body["mappings"] = json!([{"group": "staff", "role": null, "teams": teams}]);
        let answer = put(&ada, body.clone()).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["mappings"], "{teams}");
    }
    // A team that is deleted takes its mapping along, and nobody is kept out by it.
    let path = format!("/teams/{}", engines.as_str().unwrap());
    ada.delete(&path).await.expect(204);
    let says = Says::person("grace", EMAIL).with("groups", json!(["staff"]));
    me(&server, &provider, says).await;
    let seen = ada.get("/organization/sso").await.expect(200).json();
    assert_eq!(seen["connection"]["mappings"][0]["teams"], json!([]));
}

#[tokio::test]
async fn a_demotion_by_groups_withdraws_invitations_beyond_the_new_role() {
    let (server, ada, provider) = stage().await;
    let says = |groups: Value| Says::person("grace", EMAIL).with("groups", groups);
    let answer = arrive(&server, &provider, EMAIL, says(json!(["it"]))).await;
    let grace = session(&server, &answer);
    let guest = json!({"email": "guest@elsewhere.test", "role": "admin"});
    grace.post("/invitations", guest).await.expect(201);
    me(&server, &provider, says(json!([]))).await;
    let open = ada.get("/invitations").await.expect(200).json();
    let open = open["items"].as_array().unwrap().clone();
    let still = open.iter().any(|one| one["state"] == "open");
    assert!(!still, "{open:?}");
}
