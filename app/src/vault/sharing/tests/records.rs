//! Single records, shared on their own.

use serde_json::json;
use sqlx::Connection as _;
use uuid::Uuid;

use super::{change, give, newest, of_user, reveal, stage, take, team};

#[tokio::test]
async fn somebody_with_one_record_opens_it_and_nothing_else() {
    let stage = stage().await;
    let (ada, bob, secret) = (&stage.ada, &stage.bob, &stage.secret);
    let other = ada.secret(&stage.id, "loom", "hunter3").await;
    let own = bob.vault("Bob's").await;
    give(ada, secret, bob, "VIEWER").await.expect(204);
    assert_eq!(bob.get(secret).await.expect(200).json()["name"], "mill");
    assert!(
        reveal(bob, secret)
            .await
            .expect(200)
            .text()
            .contains("hunter2")
    );
    change(bob, secret).await.expect_problem(403, "forbidden");
    let elsewhere = format!("/vaults/{own}/secrets/{}", stage.secret_id());
    for answer in [
        bob.get(&stage.vault).await,
        bob.get(&format!("{}/secrets", stage.vault)).await,
        bob.get(&other).await,
        reveal(bob, &other).await,
        change(bob, &other).await,
        bob.get(&elsewhere).await,
        reveal(bob, &elsewhere).await,
        bob.get(&format!("{}/access", stage.vault)).await,
        bob.get(&format!("{secret}/access")).await,
        bob.get(&format!("{secret}/readers")).await,
        give(bob, secret, &stage.carol, "VIEWER").await,
        give(bob, secret, bob, "EDITOR").await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    // They see it, and may not have it away.
    let away = bob.delete(secret).await;
    away.expect_problem(403, "forbidden");
    let vaults = bob.get("/vaults").await.expect(200).json();
    assert_eq!(vaults["items"].as_array().unwrap().len(), 1, "{vaults}");
    give(ada, secret, bob, "EDITOR").await.expect(204);
    change(bob, secret).await.expect(200);
    let (action, detail) = newest(ada, 2).await.remove(1);
    assert_eq!(action, "secret.shared");
    let expected = json!({
        "vaultId": stage.id, "user": bob.user, "role": "EDITOR", "expiresAt": null, "before": "VIEWER",
    });
    assert_eq!(detail, expected);
    // They may give it up themselves.
    take(bob, secret, bob).await.expect(204);
    bob.get(secret).await.expect_problem(404, "not-found");
    let entry = newest(ada, 1).await.remove(0);
    let expected = json!({"vaultId": stage.id, "user": bob.user, "before": "EDITOR"});
    assert_eq!(entry, ("secret.unshared".to_owned(), expected));
}

#[tokio::test]
async fn a_record_makes_a_viewer_an_editor_of_it_and_lowers_nobody() {
    let stage = stage().await;
    let (ada, bob, carol, secret) = (&stage.ada, &stage.bob, &stage.carol, &stage.secret);
    let other = ada.secret(&stage.id, "loom", "hunter3").await;
    give(ada, &stage.vault, bob, "VIEWER").await.expect(204);
    give(ada, secret, bob, "EDITOR").await.expect(204);
    change(bob, secret).await.expect(200);
    change(bob, &other).await.expect_problem(403, "forbidden");
    give(ada, &stage.vault, carol, "ADMIN").await.expect(204);
    give(ada, secret, carol, "VIEWER").await.expect(204);
    carol.delete_for_good(secret).await;
    assert_eq!(stage.count("secret_roles").await, 0, "they went with it");
}

#[tokio::test]
async fn a_record_has_readers_and_writers_and_nobody_who_manages_it() {
    let stage = stage().await;
    for role in ["ADMIN", "OWNER"] {
        let answer = give(&stage.ada, &stage.secret, &stage.bob, role).await;
        answer.expect_problem(400, "bad-request");
    }
    let millers = team(&stage.ada, "Millers", &[(&stage.bob, "OWNER")]).await;
    let path = format!("{}/access/teams/{millers}", stage.secret);
    let body = json!({"role": "EDITOR"});
    stage.ada.put(&path, body).await.expect(204);
    change(&stage.bob, &stage.secret).await.expect(200);
    stage
        .bob
        .delete(&stage.secret)
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn the_vault_in_the_path_is_the_one_that_the_record_is_in() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let own = bob.vault("Bob's").await;
    // Bob manages his own vault, and names Ada's record in it.
    let mixed = format!("/vaults/{own}/secrets/{}", stage.secret_id());
    let nothing = format!("/vaults/{own}/secrets/{}", Uuid::now_v7());
    for place in [mixed, nothing] {
        for answer in [
            give(bob, &place, bob, "VIEWER").await,
            take(bob, &place, bob).await,
            bob.get(&format!("{place}/access")).await,
            bob.get(&format!("{place}/readers")).await,
            reveal(bob, &place).await,
        ] {
            answer.expect_problem(404, "not-found");
        }
    }
    assert_eq!(stage.count("secret_roles").await, 0);
    ada.get(&stage.secret).await.expect(200);
    // Nor does he give up by that way what he was given in it.
    give(ada, &stage.secret, bob, "VIEWER").await.expect(204);
    let mixed = format!("/vaults/{own}/secrets/{}", stage.secret_id());
    take(bob, &mixed, bob)
        .await
        .expect_problem(404, "not-found");
    assert_eq!(stage.count("secret_roles").await, 1);
    take(bob, &stage.secret, bob).await.expect(204);
}

/// What is given while a record is on its way to another vault is not brought along.
#[tokio::test]
async fn what_is_given_while_a_record_moves_waits_and_finds_it_gone() {
    let stage = stage().await;
    let target = stage.ada.vault("Looms").await;
    let mut behind = stage.server.database.behind().await;
    let mut moving = behind.begin().await.unwrap();
    sqlx::query("UPDATE secrets SET vault_id = $1 WHERE id = $2")
        .bind(target.parse::<Uuid>().unwrap())
        .bind(stage.secret_id())
        .execute(&mut *moving)
        .await
        .unwrap();
    let (ada, bob, secret) = (stage.ada.clone(), stage.bob.clone(), stage.secret.clone());
    let given = tokio::spawn(async move { give(&ada, &secret, &bob, "VIEWER").await });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!given.is_finished());
    moving.commit().await.unwrap();
    given.await.unwrap().expect_problem(404, "not-found");
    assert_eq!(stage.count("secret_roles").await, 0);
}

#[tokio::test]
async fn what_was_given_in_a_record_stays_behind_when_it_moves_to_another_vault() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    give(ada, &stage.secret, bob, "EDITOR").await.expect(204);
    let millers = team(ada, "Millers", &[(bob, "EDITOR")]).await;
    let path = format!("{}/access/teams/{millers}", stage.secret);
    ada.put(&path, json!({"role": "VIEWER"})).await.expect(204);
    let target = ada.vault("Looms").await;
    let mut behind = stage.server.database.behind().await;
    sqlx::query("UPDATE secrets SET vault_id = $1 WHERE id = $2")
        .bind(target.parse::<Uuid>().unwrap())
        .bind(stage.secret_id())
        .execute(&mut behind)
        .await
        .unwrap();
    let moved = format!("/vaults/{target}/secrets/{}", stage.secret_id());
    ada.get(&moved).await.expect(200);
    for path in [&moved, &stage.secret] {
        bob.get(path).await.expect_problem(404, "not-found");
    }
    assert_eq!(stage.count("secret_roles").await, 0);
    assert_eq!(stage.count("secret_team_roles").await, 0);
    let path = of_user(&moved, bob);
    ada.put(&path, json!({"role": "VIEWER"})).await.expect(204);
    bob.get(&moved).await.expect(200);
}
