//! What was shared with somebody on its own.

use serde_json::{Value, json};

use super::{give, in_days, of_user, stage, team};
use crate::testing::Person;

async fn mine(by: &Person) -> Vec<Value> {
    let list = by.get("/shared-secrets").await.expect(200).json();
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn records_that_somebody_has_on_their_own_are_listed_and_no_others() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let other = ada.secret(&stage.id, "loom", "hunter3").await;
    assert_eq!(mine(bob).await, [Value::Null; 0]);
    assert_eq!(mine(ada).await, [Value::Null; 0], "she has the vault");
    give(ada, &stage.secret, bob, "VIEWER").await.expect(204);
    let millers = team(ada, "Millers", &[(bob, "EDITOR")]).await;
    let end = "2199-01-31T18:00:00Z";
    for place in [&stage.secret, &other] {
        let path = format!("{place}/access/teams/{millers}");
        let body = json!({"role": "EDITOR", "expiresAt": end});
        ada.put(&path, body).await.expect(204);
    }
    let found = mine(bob).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0]["secret"]["name"], "loom");
    assert_eq!(found[0]["expiresAt"], end);
    assert_eq!(found[1]["secret"], bob.get(&stage.secret).await.json());
    assert_eq!(
        (&found[1]["role"], &found[1]["expiresAt"]),
        (&json!("EDITOR"), &Value::Null)
    );
    let page = bob.get("/shared-secrets?limit=1").await.expect(200).json();
    let next = page["nextCursor"].as_str().unwrap();
    let path = format!("/shared-secrets?limit=1&cursor={next}");
    let page = bob.get(&path).await.expect(200).json();
    assert_eq!(page["items"][0]["secret"]["name"], "mill");
    // Whoever has the vault has no need of the list.
    let body = json!({"role": "VIEWER", "expiresAt": in_days(1)});
    ada.put(&of_user(&stage.vault, bob), body).await.expect(204);
    assert_eq!(mine(bob).await, [Value::Null; 0]);
    stage.time_passes().await;
    let left = mine(bob).await;
    assert_eq!(left.len(), 1, "the vault and the team's are over: {left:?}");
    ada.delete(&stage.secret).await.expect(204);
    assert_eq!(mine(bob).await, [Value::Null; 0], "in the trash");
}
