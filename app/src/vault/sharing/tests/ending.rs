//! Access ends by itself, and with whoever has it.

use serde_json::{Value, json};

use super::{change, give, in_days, of_user, reveal, stage, take, team};

#[tokio::test]
async fn what_was_given_until_an_instant_is_over_at_that_instant_however_it_was_given() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let millers = team(ada, "Millers", &[(bob, "EDITOR")]).await;
    let team_in = |place: &str| format!("{place}/access/teams/{millers}");
    for path in [
        of_user(&stage.vault, bob),
        team_in(&stage.vault),
        of_user(&stage.secret, bob),
        team_in(&stage.secret),
    ] {
        let body = json!({"role": "EDITOR", "expiresAt": in_days(1)});
        ada.put(&path, body.clone()).await.expect(204);
        reveal(bob, &stage.secret).await.expect(200);
        stage.time_passes().await;
        for answer in [
            bob.get(&stage.vault).await,
            bob.get(&format!("{}/secrets", stage.vault)).await,
            bob.get(&stage.secret).await,
            reveal(bob, &stage.secret).await,
            change(bob, &stage.secret).await,
            take(bob, &stage.vault, bob).await,
            take(bob, &stage.secret, bob).await,
            ada.delete(&path).await,
        ] {
            answer.expect_problem(404, "not-found");
        }
        let list = bob.get("/vaults").await.expect(200).json();
        assert_eq!(list["items"], json!([]));
        let place = path.rsplit_once("/access").unwrap().0;
        let list = ada.get(&format!("{place}/access")).await.expect(200).text();
        assert!(!list.contains("EDITOR"), "{list}");
        // It can be given again.
        ada.put(&path, body).await.expect(204);
        bob.get(&stage.secret).await.expect(200);
        ada.delete(&path).await.expect(204);
    }
}

#[tokio::test]
async fn an_ended_role_above_somebody_is_no_obstacle_to_them() {
    let stage = stage().await;
    let (ada, bob, carol, vault) = (&stage.ada, &stage.bob, &stage.carol, &stage.vault);
    let body = json!({"role": "OWNER", "expiresAt": in_days(1)});
    ada.put(&of_user(vault, carol), body).await.expect(204);
    give(ada, vault, bob, "ADMIN").await.expect(204);
    give(bob, vault, carol, "VIEWER")
        .await
        .expect_problem(403, "beyond-own-role");
    stage.time_passes().await;
    give(bob, vault, carol, "VIEWER").await.expect(204);
    assert_eq!(carol.get(vault).await.expect(200).json()["role"], "VIEWER");
}

#[tokio::test]
async fn whoever_is_removed_or_leaves_has_nothing_left_and_gets_nothing_back_by_returning() {
    let stage = stage().await;
    let (ada, bob, carol) = (&stage.ada, &stage.bob, &stage.carol);
    let millers = team(ada, "Millers", &[(bob, "EDITOR"), (carol, "EDITOR")]).await;
    for person in [bob, carol] {
        give(ada, &stage.vault, person, "EDITOR").await.expect(204);
        give(ada, &stage.secret, person, "EDITOR").await.expect(204);
    }
    for place in [&stage.vault, &stage.secret] {
        let path = format!("{place}/access/teams/{millers}");
        ada.put(&path, json!({"role": "EDITOR"})).await.expect(204);
    }
    let member = format!("/members/{}", bob.user);
    ada.delete_proven(&member).await.expect(204);
    carol
        .post("/organization/leave", Value::Null)
        .await
        .expect(204);
    for person in [bob, carol] {
        let answer = reveal(person, &stage.secret).await;
        answer.expect_problem(401, "not-signed-in");
    }
    assert_eq!(stage.count("vault_roles").await, 1, "Ada's");
    assert_eq!(stage.count("secret_roles").await, 0);
    for email in ["bob@example.com", "carol@example.com"] {
        stage
            .server
            .join(ada.org, email, "member", "confirmed")
            .await;
        let back = stage.server.sign_in(email).await;
        let answer = reveal(&back, &stage.secret).await;
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn whoever_is_deactivated_opens_nothing_and_has_it_back_when_they_are_let_in_again() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    give(ada, &stage.secret, bob, "VIEWER").await.expect(204);
    let member = format!("/members/{}", bob.user);
    let out = format!("{member}/deactivate");
    ada.post(&out, json!({})).await.expect(204);
    let answer = reveal(bob, &stage.secret).await;
    answer.expect_problem(401, "not-signed-in");
    let readers = ada.get(&format!("{}/readers", stage.secret)).await;
    assert!(!readers.expect(200).text().contains("bob@example.com"));
    let back = format!("{member}/reactivate");
    ada.post(&back, json!({})).await.expect(204);
    let bob = stage.server.sign_in("bob@example.com").await;
    reveal(&bob, &stage.secret).await.expect(200);
}
