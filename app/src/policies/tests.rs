//! The policy through its routes, on a real database.

use serde_json::{Value, json};

use crate::testing::Server;

fn complete(policy: &Value) -> Value {
    let mut policy = policy.clone();
    policy
        .as_object_mut()
        .unwrap()
        .remove("secondFactorRequiredAt");
    policy
}

#[tokio::test]
async fn a_change_keeps_what_it_leaves_out_and_null_takes_a_limit_away() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = "/organization/policy";
    let before = ada.get(path).await.expect(200).json();
    assert_eq!(before["autoConfirm"], true);
    let change = json!({
        "sessionIdleMin": 30, "sessionAbsoluteHours": 8, "secondFactorGraceDays": 0,
        "signUpDomains": ["Example.COM.", "example.com", "example.org"],
    });
    let after = ada.patch(path, change).await.expect(200).json();
    assert_eq!(
        complete(&after),
        json!({
            "requireSecondFactor": false, "secondFactorGraceDays": 0, "sessionIdleMin": 30,
            "sessionAbsoluteHours": 8, "signUpDomains": ["example.com", "example.org"],
            "autoConfirm": true,
        })
    );
    let again = ada
        .patch(path, json!({"sessionIdleMin": null, "autoConfirm": false}))
        .await;
    let again = again.expect(200).json();
    assert_eq!(again["sessionIdleMin"], Value::Null);
    assert_eq!(again["sessionAbsoluteHours"], 8);
    assert_eq!(ada.get(path).await.expect(200).json(), again);
    let trail = ada.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "organization.policy-changed");
    assert_eq!(trail["items"][0]["detail"]["to"]["autoConfirm"], false);
    assert_eq!(trail["items"][0]["detail"]["from"]["sessionIdleMin"], 30);
}

#[tokio::test]
async fn the_days_of_grace_begin_once() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = "/organization/policy";
    let demand = json!({"requireSecondFactor": true});
    let since = async |body: Value| {
        let policy = ada.patch(path, body).await.expect(200).json();
        policy["secondFactorRequiredAt"].clone()
    };
    let first = since(demand.clone()).await;
    assert!(first.is_string());
    let change = json!({"requireSecondFactor": true, "secondFactorGraceDays": 30});
    assert_eq!(since(change).await, first);
    assert_eq!(
        since(json!({"requireSecondFactor": false})).await,
        Value::Null
    );
    assert_ne!(since(demand).await, first);
}

#[tokio::test]
async fn values_out_of_bounds_are_all_named_and_nothing_is_changed() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = "/organization/policy";
    let before = ada.get(path).await.expect(200).json();
    let wrong = json!({
        "requireSecondFactor": true, "secondFactorGraceDays": 366, "sessionIdleMin": 0,
        "sessionAbsoluteHours": i64::MAX, "signUpDomains": ["*"],
    });
    let answer = ada.patch(path, wrong).await.expect_problem(422, "invalid");
    assert_eq!(
        answer.wrong_fields(),
        [
            "secondFactorGraceDays",
            "sessionIdleMin",
            "sessionAbsoluteHours",
            "signUpDomains"
        ]
    );
    let many: Vec<String> = (0..51).map(|n| format!("d{n}.example")).collect();
    let answer = ada.patch(path, json!({"signUpDomains": many})).await;
    answer.expect_problem(422, "invalid");
    for field in ["orgId", "org_id", "secondFactorRequiredAt"] {
        let answer = ada.patch(path, json!({field: "x"})).await;
        answer.expect_problem(400, "bad-request");
    }
    assert_eq!(ada.get(path).await.expect(200).json(), before);
}

#[tokio::test]
async fn a_policy_holds_in_its_organisation_and_in_no_other() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let path = "/organization/policy";
    let before = bob.get(path).await.expect(200).json();
    ada.patch(path, json!({"sessionIdleMin": 5}))
        .await
        .expect(200);
    assert_eq!(bob.get(path).await.expect(200).json(), before);
    let carol = server.member(ada.org, "carol@example.com", "member").await;
    carol.get(path).await.expect_problem(403, "forbidden");
    let answer = carol.patch(path, json!({"sessionIdleMin": null})).await;
    answer.expect_problem(403, "forbidden");
}
