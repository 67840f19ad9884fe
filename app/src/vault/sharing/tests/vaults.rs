//! Roles of people in vaults: given, changed, taken away.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{change, give, in_days, newest, of_user, reveal, stage, take};

#[tokio::test]
async fn a_role_is_given_changed_and_taken_away_and_each_time_there_is_one_entry() {
    let stage = stage().await;
    let (ada, bob, vault) = (&stage.ada, &stage.bob, &stage.vault);
    bob.get(vault).await.expect_problem(404, "not-found");
    give(ada, vault, bob, "VIEWER").await.expect(204);
    assert_eq!(bob.get(vault).await.expect(200).json()["role"], "VIEWER");
    change(bob, &stage.secret)
        .await
        .expect_problem(403, "forbidden");
    give(ada, vault, bob, "EDITOR").await.expect(204);
    let before = stage.count("audit_events").await;
    give(ada, vault, bob, "EDITOR").await.expect(204);
    assert_eq!(stage.count("audit_events").await, before, "nothing changed");
    change(bob, &stage.secret).await.expect(200);
    let list = bob.get("/vaults").await.expect(200).json();
    assert_eq!(list["items"][0]["role"], "EDITOR");
    take(ada, vault, bob).await.expect(204);
    for answer in [
        bob.get(vault).await,
        reveal(bob, &stage.secret).await,
        take(ada, vault, bob).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
    let list = bob.get("/vaults").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    let user = json!(bob.user);
    let entries = newest(ada, 4).await;
    let taken = json!({"user": user, "before": "EDITOR"});
    assert_eq!(entries[0], ("vault.unshared".to_owned(), taken));
    let raised = json!({"user": user, "role": "EDITOR", "expiresAt": null, "before": "VIEWER"});
    assert_eq!(entries[2], ("vault.shared".to_owned(), raised));
    let given = json!({"user": user, "role": "VIEWER", "expiresAt": null, "before": null});
    assert_eq!(entries[3], ("vault.shared".to_owned(), given));
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_or_touches_somebody_above_them() {
    let stage = stage().await;
    let (ada, bob, carol, vault) = (&stage.ada, &stage.bob, &stage.carol, &stage.vault);
    for low in ["VIEWER", "EDITOR"] {
        give(ada, vault, bob, low).await.expect(204);
        for answer in [
            give(bob, vault, carol, "VIEWER").await,
            give(bob, vault, bob, "OWNER").await,
            take(bob, vault, ada).await,
            bob.get(&format!("{vault}/access")).await,
            bob.get(&format!("{}/access", stage.secret)).await,
            bob.get(&format!("{}/readers", stage.secret)).await,
        ] {
            answer.expect_problem(403, "forbidden");
        }
    }
    give(ada, vault, bob, "ADMIN").await.expect(204);
    give(bob, vault, carol, "ADMIN").await.expect(204);
    for answer in [
        give(bob, vault, carol, "OWNER").await,
        give(bob, vault, bob, "OWNER").await,
        give(bob, vault, ada, "VIEWER").await,
        take(bob, vault, ada).await,
    ] {
        answer.expect_problem(403, "beyond-own-role");
    }
    take(bob, vault, carol).await.expect(204);
    assert_eq!(ada.get(vault).await.json()["role"], "OWNER");
}

#[tokio::test]
async fn whoever_has_a_vault_for_a_time_gives_it_for_no_longer_and_to_nobody_for_good() {
    let stage = stage().await;
    let (ada, bob, carol, vault) = (&stage.ada, &stage.bob, &stage.carol, &stage.vault);
    let (own, friend) = (of_user(vault, bob), of_user(vault, carol));
    let admin = |end: &Value| json!({"role": "ADMIN", "expiresAt": end});
    let week = json!(in_days(7));
    ada.put(&own, admin(&week)).await.expect(204);
    for end in [Value::Null, json!(in_days(8))] {
        for path in [&own, &friend] {
            let answer = bob.put(path, admin(&end)).await;
            answer.expect_problem(403, "beyond-own-role");
        }
        let reading = json!({"role": "VIEWER", "expiresAt": end});
        let answer = bob.put(&friend, reading).await;
        answer.expect_problem(403, "beyond-own-role");
    }
    bob.put(&friend, admin(&week)).await.expect(204);
    let shorter = json!({"role": "VIEWER", "expiresAt": in_days(1)});
    bob.put(&own, shorter).await.expect(204);
    bob.put(&own, admin(&week))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn roles_go_to_members_of_this_organisation_and_to_nobody_else() {
    let stage = stage().await;
    let (ada, bob, vault) = (&stage.ada, &stage.bob, &stage.vault);
    let eve = stage
        .server
        .tenant("Difference Engines", "eve@example.com")
        .await;
    let path = format!("/members/{}/deactivate", bob.user);
    ada.post(&path, json!({})).await.expect(204);
    for nobody in [eve.user, bob.user, Uuid::now_v7(), ada.org] {
        for place in [vault, &stage.secret] {
            let user = format!("{place}/access/users/{nobody}");
            let team = format!("{place}/access/teams/{nobody}");
            for path in [user, team] {
                let answer = ada.put(&path, json!({"role": "VIEWER"})).await;
                answer.expect_problem(404, "not-found");
                ada.delete(&path).await.expect_problem(404, "not-found");
            }
        }
    }
    assert_eq!(stage.count("vault_roles").await, 1);
}

#[tokio::test]
async fn what_is_given_has_to_be_a_role_and_an_instant_to_come() {
    let stage = stage().await;
    let path = of_user(&stage.vault, &stage.bob);
    for body in [
        json!({}),
        json!({"role": "viewer"}),
        json!({"role": "ROOT"}),
        json!({"role": "VIEWER", "expiresAt": "tomorrow"}),
        json!({"role": "VIEWER", "expiresAt": 7}),
        json!({"role": "VIEWER", "userId": stage.ada.user}),
    ] {
        let answer = stage.ada.put(&path, body).await;
        answer.expect_problem(400, "bad-request");
    }
    for past in [in_days(-1), "1970-01-01T00:00:00Z".to_owned()] {
        let body = json!({"role": "VIEWER", "expiresAt": past});
        let answer = stage.ada.put(&path, body).await;
        let answer = answer.expect_problem(422, "invalid");
        assert_eq!(answer.wrong_fields(), ["expiresAt"]);
    }
    let far = json!({"role": "VIEWER", "expiresAt": "9999-12-31T23:59:59.999999999Z"});
    stage.ada.put(&path, far).await.expect(204);
    stage.bob.get(&stage.vault).await.expect(200);
}

#[tokio::test]
async fn the_list_says_who_has_what_until_when_and_by_whom() {
    let stage = stage().await;
    let (ada, bob, vault) = (&stage.ada, &stage.bob, &stage.vault);
    let end = "2199-01-31T18:00:00Z";
    let body = json!({"role": "ADMIN", "expiresAt": end});
    ada.put(&of_user(vault, bob), body).await.expect(204);
    let team = super::team(ada, "Millers", &[]).await;
    let path = format!("{vault}/access/teams/{team}");
    ada.put(&path, json!({"role": "EDITOR"})).await.expect(204);
    let list = format!("{vault}/access");
    let all = bob.get(&list).await.expect(200).json();
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    let grantee = json!({"type": "team", "id": team, "name": "Millers"});
    assert_eq!(items[0]["grantee"], grantee);
    assert_eq!(items[0]["grantedBy"], json!(ada.user));
    assert_eq!(items[0]["expiresAt"], Value::Null);
    let person = &items[1]["grantee"];
    assert_eq!(person["email"], "bob@example.com");
    assert_eq!(
        (&person["type"], &person["active"]),
        (&json!("user"), &json!(true))
    );
    assert_eq!(
        (&items[1]["role"], &items[1]["expiresAt"]),
        (&json!("ADMIN"), &json!(end))
    );
    assert_eq!(
        (&items[2]["role"], &items[2]["grantedAt"]),
        (&json!("OWNER"), &Value::Null)
    );
    // In pages, each once.
    let mut seen = Vec::new();
    let mut path = format!("{list}?limit=1");
    loop {
        let page = ada.get(&path).await.expect(200).json();
        seen.push(page["items"][0].clone());
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("{list}?limit=1&cursor={next}");
    }
    assert_eq!(json!(seen), all["items"]);
}
