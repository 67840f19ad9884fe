//! Who can see a record, and why.

use serde_json::{Value, json};

use super::{give, of_user, stage, team};

fn of<'a>(readers: &'a Value, email: &str) -> &'a Value {
    let mut all = readers["items"].as_array().unwrap().iter();
    all.find(|reader| reader["user"]["email"] == email)
        .unwrap_or_else(|| panic!("{email} is not among {readers}"))
}

#[tokio::test]
async fn each_reader_has_every_reason_and_the_highest_role_of_them() {
    let stage = stage().await;
    let (ada, bob, carol) = (&stage.ada, &stage.bob, &stage.carol);
    let dave = stage
        .server
        .member(ada.org, "dave@example.com", "owner")
        .await;
    let millers = team(ada, "Millers", &[(bob, "VIEWER"), (carol, "OWNER")]).await;
    let end = "2199-01-31T18:00:00Z";
    ada.put(
        &format!("{}/access/teams/{millers}", stage.vault),
        json!({"role": "ADMIN"}),
    )
    .await
    .expect(204);
    ada.put(
        &of_user(&stage.secret, bob),
        json!({"role": "EDITOR", "expiresAt": end}),
    )
    .await
    .expect(204);
    give(ada, &stage.vault, carol, "VIEWER").await.expect(204);
    let path = format!("{}/readers", stage.secret);
    let readers = ada.get(&path).await.expect(200).json();
    assert_eq!(readers["items"].as_array().unwrap().len(), 3, "{readers}");
    let why = |through: &str, team: Value, role: &str, ends: Value| json!({"through": through, "team": team, "role": role, "expiresAt": ends});
    let the_team = json!({"id": millers, "name": "Millers"});
    let ada_is = of(&readers, "ada@example.com");
    assert_eq!(ada_is["role"], "OWNER");
    // She made the team, too, and owns it.
    let expected = json!([
        why("vault", Value::Null, "OWNER", Value::Null),
        why("vault", the_team.clone(), "ADMIN", Value::Null),
    ]);
    assert_eq!(ada_is["why"], expected);
    let bob_is = of(&readers, "bob@example.com");
    assert_eq!(bob_is["role"], "EDITOR");
    let expected = json!([
        why("record", Value::Null, "EDITOR", json!(end)),
        why("vault", the_team.clone(), "VIEWER", Value::Null),
    ]);
    assert_eq!(bob_is["why"], expected);
    let carol_is = of(&readers, "carol@example.com");
    let expected = json!([
        why("vault", the_team, "ADMIN", Value::Null),
        why("vault", Value::Null, "VIEWER", Value::Null),
    ]);
    assert_eq!(
        (&carol_is["role"], &carol_is["why"]),
        (&json!("ADMIN"), &expected)
    );
    // Carol manages it through her team. To own the organisation is no way in.
    assert_eq!(carol.get(&path).await.expect(200).json(), readers);
    dave.get(&path).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn readers_come_in_pages_each_of_them_whole_and_once() {
    let stage = stage().await;
    let (ada, bob, carol) = (&stage.ada, &stage.bob, &stage.carol);
    let millers = team(ada, "Millers", &[(bob, "VIEWER"), (carol, "EDITOR")]).await;
    for place in [&stage.vault, &stage.secret] {
        let path = format!("{place}/access/teams/{millers}");
        ada.put(&path, json!({"role": "EDITOR"})).await.expect(204);
        give(ada, place, bob, "EDITOR").await.expect(204);
    }
    let all = ada.get(&format!("{}/readers", stage.secret)).await.json();
    assert_eq!(
        of(&all, "bob@example.com")["why"].as_array().unwrap().len(),
        4
    );
    let mut seen = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let page = ada.get(&format!("{}/readers{query}", stage.secret)).await;
        let page = page.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        query = format!("?limit=1&cursor={next}");
    }
    assert_eq!(json!(seen), all["items"]);
}
