//! A vault keeps an owner, and goes to nobody's taking while it has one.

use serde_json::{Value, json};

use super::{give, in_days, of_user, stage, take, team};
use crate::testing::Person;

async fn orphaned(by: &Person) -> usize {
    let list = by.get("/organization/orphaned-vaults").await.expect(200);
    list.json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_last_owner_for_good_stays_one_and_neither_a_team_nor_a_time_takes_their_place() {
    let stage = stage().await;
    let (ada, bob, carol, vault) = (&stage.ada, &stage.bob, &stage.carol, &stage.vault);
    let for_a_time = json!({"role": "OWNER", "expiresAt": in_days(1)});
    ada.put(&of_user(vault, bob), for_a_time.clone())
        .await
        .expect(204);
    let owners = team(ada, "Owners", &[(carol, "OWNER")]).await;
    let path = format!("{vault}/access/teams/{owners}");
    ada.put(&path, json!({"role": "OWNER"})).await.expect(204);
    assert_eq!(carol.get(vault).await.expect(200).json()["role"], "OWNER");
    for answer in [
        take(ada, vault, ada).await,
        take(carol, vault, ada).await,
        give(ada, vault, ada, "ADMIN").await,
        ada.put(&of_user(vault, ada), for_a_time).await,
    ] {
        answer.expect_problem(409, "last-owner");
    }
    give(ada, vault, carol, "OWNER").await.expect(204);
    take(ada, vault, ada).await.expect(204);
    take(carol, vault, carol)
        .await
        .expect_problem(409, "last-owner");
}

#[tokio::test]
async fn of_owners_who_give_up_a_vault_at_the_same_time_one_stays() {
    let stage = stage().await;
    let (ada, bob, carol, vault) = (&stage.ada, &stage.bob, &stage.carol, &stage.vault);
    for _ in 0..5 {
        give(ada, vault, bob, "OWNER").await.expect(204);
        give(ada, vault, carol, "OWNER").await.expect(204);
        let answers = tokio::join!(
            take(ada, vault, ada),
            take(bob, vault, bob),
            take(carol, vault, carol)
        );
        let statuses = [answers.0, answers.1, answers.2].map(|answer| answer.status.as_u16());
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(204), count(409)), (2, 1), "{statuses:?}");
        let left = stage.count("vault_roles WHERE role = 'OWNER'").await;
        assert_eq!(left, 1);
        stage.server.grant(&stage.id, ada, "OWNER").await;
    }
}

#[tokio::test]
async fn a_vault_that_somebody_owns_through_a_team_or_for_a_time_is_not_taken_from_them() {
    let stage = stage().await;
    let (ada, bob, carol) = (&stage.ada, &stage.bob, &stage.carol);
    let mine = bob.vault("Bob's").await;
    let path = format!("/vaults/{mine}");
    let owners = team(ada, "Owners", &[(carol, "OWNER")]).await;
    bob.put(
        &format!("{path}/access/teams/{owners}"),
        json!({"role": "OWNER"}),
    )
    .await
    .expect(204);
    // Whoever makes a team owns it: that is not what this is about.
    let own = format!("/teams/{owners}/members/{}", ada.user);
    ada.delete(&own).await.expect(204);
    bob.post("/organization/leave", Value::Null)
        .await
        .expect(204);
    assert_eq!(carol.get(&path).await.expect(200).json()["role"], "OWNER");
    assert_eq!(orphaned(ada).await, 0, "Carol owns it through her team");
    let until = json!({"role": "OWNER", "expiresAt": in_days(1)});
    carol
        .put(&format!("{path}/access/teams/{owners}"), until)
        .await
        .expect(204);
    assert_eq!(orphaned(ada).await, 0);
    stage.time_passes().await;
    assert_eq!(orphaned(ada).await, 1);
    let adopt = format!("/organization/orphaned-vaults/{mine}/adopt");
    ada.send_proven(http::Method::POST, &adopt, None)
        .await
        .expect(204);
    assert_eq!(ada.get(&path).await.expect(200).json()["role"], "OWNER");
    take(ada, &path, ada)
        .await
        .expect_problem(409, "last-owner");
}

#[tokio::test]
async fn the_role_of_somebody_deactivated_can_be_taken_and_counts_again_when_they_are_back() {
    let stage = stage().await;
    let (ada, bob, carol) = (&stage.ada, &stage.bob, &stage.carol);
    let mine = format!("/vaults/{}", bob.vault("Bob's").await);
    give(bob, &mine, carol, "OWNER").await.expect(204);
    let member = format!("/members/{}", carol.user);
    let (out, back) = (
        format!("{member}/deactivate"),
        format!("{member}/reactivate"),
    );
    ada.post(&out, json!({})).await.expect(204);
    take(bob, &mine, bob)
        .await
        .expect_problem(409, "last-owner");
    let list = bob.get(&format!("{mine}/access")).await.expect(200).json();
    assert_eq!(list["items"][0]["grantee"]["active"], false);
    ada.post(&back, json!({})).await.expect(204);
    let carol = stage.server.sign_in("carol@example.com").await;
    assert_eq!(carol.get(&mine).await.expect(200).json()["role"], "OWNER");
    ada.post(&out, json!({})).await.expect(204);
    take(bob, &mine, &carol).await.expect(204);
}
