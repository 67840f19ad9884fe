//! Roles of teams.

use serde_json::{Value, json};

use super::{change, newest, reveal, stage, team};

#[tokio::test]
async fn each_member_has_the_lower_of_the_teams_role_and_their_own_in_it() {
    let stage = stage().await;
    let (ada, bob, vault) = (&stage.ada, &stage.bob, &stage.vault);
    let millers = team(ada, "Millers", &[]).await;
    let access = format!("{vault}/access/teams/{millers}");
    let member = format!("/teams/{millers}/members/{}", bob.user);
    let roles = ["VIEWER", "EDITOR", "ADMIN", "OWNER"];
    for (of_team, given) in roles.iter().enumerate() {
        ada.put(&access, json!({"role": given})).await.expect(204);
        for (of_bob, own) in roles.iter().enumerate() {
            ada.put(&member, json!({"role": own})).await.expect(204);
            let role = bob.get(vault).await.expect(200).json()["role"].clone();
            assert_eq!(role, roles[of_team.min(of_bob)], "{given} as {own}");
            let list = bob.get("/vaults").await.expect(200).json();
            assert_eq!(list["items"][0]["role"], role, "{given} as {own}");
        }
    }
    // The highest of all ways counts.
    ada.put(&access, json!({"role": "VIEWER"}))
        .await
        .expect(204);
    super::give(ada, vault, bob, "EDITOR").await.expect(204);
    assert_eq!(bob.get(vault).await.json()["role"], "EDITOR");
    ada.put(&access, json!({"role": "ADMIN"})).await.expect(204);
    assert_eq!(bob.get(vault).await.json()["role"], "ADMIN");
    let list = bob.get("/vaults").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "once: {list}");
    let detail = newest(ada, 1).await.remove(0).1;
    assert_eq!(detail["team"], json!(millers));
    assert_eq!(detail["before"], "VIEWER");
}

#[tokio::test]
async fn who_is_out_of_the_team_is_out_of_its_vaults_with_the_next_request() {
    let stage = stage().await;
    let (ada, bob, vault) = (&stage.ada, &stage.bob, &stage.vault);
    let millers = team(ada, "Millers", &[(bob, "EDITOR")]).await;
    let member = format!("/teams/{millers}/members/{}", bob.user);
    let on = [vault.clone(), stage.secret.clone()]
        .map(|place| format!("{place}/access/teams/{millers}"));
    let out = async || {
        for answer in [
            reveal(bob, &stage.secret).await,
            change(bob, &stage.secret).await,
            bob.get(&stage.secret).await,
        ] {
            answer.expect_problem(404, "not-found");
        }
    };
    for path in &on {
        ada.put(path, json!({"role": "EDITOR"})).await.expect(204);
        bob.get(&stage.secret).await.expect(200);
        ada.delete(&member).await.expect(204);
        out().await;
        ada.put(&member, json!({"role": "EDITOR"}))
            .await
            .expect(204);
        reveal(bob, &stage.secret).await.expect(200);
        ada.delete(path).await.expect(204);
        out().await;
    }
    for path in &on {
        ada.put(path, json!({"role": "EDITOR"})).await.expect(204);
    }
    bob.get(&stage.secret).await.expect(200);
    ada.delete(&format!("/teams/{millers}")).await.expect(204);
    out().await;
    assert_eq!(stage.count("vault_team_roles").await, 0);
    assert_eq!(stage.count("secret_team_roles").await, 0);
}

#[tokio::test]
async fn a_team_that_gives_ownership_makes_nobody_who_adds_people_to_it_an_owner() {
    let stage = stage().await;
    let (ada, bob, carol, vault) = (&stage.ada, &stage.bob, &stage.carol, &stage.vault);
    let millers = team(ada, "Millers", &[(bob, "ADMIN")]).await;
    let access = format!("{vault}/access/teams/{millers}");
    ada.put(&access, json!({"role": "OWNER"})).await.expect(204);
    // He may add people, up to his own role: nobody comes out above it.
    let path = format!("/teams/{millers}/members/{}", carol.user);
    bob.put(&path, json!({"role": "OWNER"}))
        .await
        .expect_problem(403, "forbidden");
    bob.put(&path, json!({"role": "ADMIN"})).await.expect(204);
    assert_eq!(carol.get(vault).await.expect(200).json()["role"], "ADMIN");
    // It is what the team has already.
    let same = json!({"role": "OWNER", "expiresAt": null});
    bob.put(&access, same).await.expect(204);
    bob.put(&access, json!({"role": "VIEWER"}))
        .await
        .expect_problem(403, "beyond-own-role");
    bob.delete(&access)
        .await
        .expect_problem(403, "beyond-own-role");
    assert_eq!(
        ada.get(&format!("{vault}/access")).await.json()["nextCursor"],
        Value::Null
    );
}
