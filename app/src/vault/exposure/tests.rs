//! What somebody has seen, as a list and in the entry of their departure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::audit::CONCEALED;
use crate::testing::{Person, Server};
use crate::vault::types::SecretType;

#[test]
fn fields_that_conceal_something_are_those_of_the_types() {
    let fields = SecretType::ALL.into_iter().flat_map(SecretType::fields);
    let concealed: BTreeSet<&str> = fields
        .filter(|field| field.concealed)
        .map(|field| field.name)
        .collect();
    assert_eq!(BTreeSet::from(CONCEALED), concealed);
}

struct Stage {
    server: Server,
    ada: Person,
    bob: Person,
    vault: String,
}

/// Ada who owns a vault, and Bob who edits it.
async fn stage() -> Stage {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let vault = ada.vault("Engines").await;
    server.grant(&vault, &bob, "EDITOR").await;
    Stage {
        server,
        ada,
        bob,
        vault,
    }
}

impl Stage {
    fn path(&self) -> String {
        format!("/members/{}/exposure", self.bob.user)
    }

    async fn list(&self) -> Vec<Value> {
        let list = self.ada.get(&self.path()).await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }
}

fn id(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_somebody_saw_is_listed_with_when_how_and_what_it_is_called_now() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let seen = ada.secret(&stage.vault, "mill", "hunter2").await;
    let unseen = ada.secret(&stage.vault, "loom", "hunter3").await;
    assert_eq!(stage.list().await, [Value::Null; 0]);
    bob.get(&unseen).await.expect(200);
    bob.change(&unseen, 1, json!({"name": "another", "tags": ["x"]}))
        .await
        .expect(200);
    for purpose in ["show", "show", "copy"] {
        let asked = json!({"field": "password", "purpose": purpose});
        bob.post(&format!("{seen}/reveal"), asked).await.expect(200);
    }
    let found = stage.list().await;
    assert_eq!(found.len(), 1, "a name is nothing concealed: {found:?}");
    let one = &found[0];
    assert_eq!(one["secretId"], json!(id(&seen)));
    assert_eq!(
        (&one["name"], &one["type"]),
        (&json!("mill"), &json!("PASSWORD"))
    );
    assert_eq!(
        (&one["vaultName"], &one["vaultId"]),
        (&json!("Engines"), &json!(stage.vault))
    );
    assert_eq!((&one["seen"], &one["rotate"]), (&json!(true), &json!(true)));
    assert!(one["firstAt"].as_str() < one["lastAt"].as_str());
    let how = one["how"].as_array().unwrap();
    let words = how
        .iter()
        .map(|how| (how["how"].as_str().unwrap(), how["times"].as_i64().unwrap()));
    assert_eq!(words.collect::<Vec<_>>(), [("copied", 1), ("revealed", 2)]);
    // Whoever changes it has dealt with it, unless it was the one who goes.
    ada.change(
        &seen,
        1,
        json!({"name": "mill two", "fields": {"password": "hunter9"}}),
    )
    .await
    .expect(200);
    let one = &stage.list().await[0];
    assert_eq!(
        (&one["seen"], &one["rotate"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(one["name"], "mill two");
    bob.change(&unseen, 2, json!({"fields": {"password": "his own"}}))
        .await
        .expect(200);
    let found = stage.list().await;
    assert_eq!(found[0]["secretId"], json!(id(&unseen)));
    assert_eq!(found[0]["how"][0]["how"], "written");
    assert_eq!(found[0]["rotate"], true);
    ada.delete_for_good(&unseen).await;
    let gone = &stage.list().await[0];
    assert_eq!(
        (&gone["name"], &gone["rotate"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(gone["seen"], true);
}

#[tokio::test]
async fn the_list_comes_in_pages_and_as_a_table_without_formulas() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    for number in 0..3 {
        let name = format!("=HYPERLINK(\"http://evil.example/{number}\")");
        let secret = ada.secret(&stage.vault, &name, "hunter2").await;
        bob.reveal(&secret, "password").await.expect(200);
    }
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = ada.get(&format!("{}{query}", stage.path())).await;
        let page = page.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(seen, stage.list().await);
    let table = ada
        .with_header("accept", "text/csv")
        .get(&stage.path())
        .await;
    let table = table.expect(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        table.header("content-disposition"),
        "attachment; filename=\"exposure.csv\""
    );
    let text = table.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("\"secretId\",\"name\""));
    for line in &lines[1..] {
        assert!(line.contains(",\"'=HYPERLINK(\"\"http"), "{line}");
        assert!(
            line.contains("\"true\",\"true\"") && line.ends_with("\"revealed 1\""),
            "{line}"
        );
    }
}

#[tokio::test]
async fn the_list_is_for_those_who_manage_and_about_people_of_the_organisation() {
    let stage = stage().await;
    let bob = &stage.bob;
    bob.get(&stage.path())
        .await
        .expect_problem(403, "forbidden");
    let eve = stage
        .server
        .tenant("Difference Engines", "eve@example.com")
        .await;
    eve.get(&stage.path())
        .await
        .expect_problem(404, "not-found");
    let about_eve = format!("/members/{}/exposure", eve.user);
    stage
        .ada
        .get(&about_eve)
        .await
        .expect_problem(404, "not-found");
    let table = eve
        .with_header("accept", "text/csv")
        .get(&stage.path())
        .await;
    table.expect_problem(404, "not-found");
}

/// What the newest entry of an action says of the one who went.
async fn receipt(by: &Person, action: &str) -> Value {
    let trail = by.get("/audit-events?limit=20").await.expect(200).json();
    let mut items = trail["items"].as_array().unwrap().iter();
    let entry = items.find(|entry| entry["action"] == action);
    entry.unwrap_or_else(|| panic!("no {action} in {trail}"))["circumstances"]["exposure"].clone()
}

#[tokio::test]
async fn the_entry_of_a_departure_says_what_the_one_who_goes_has_seen() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let one = ada.secret(&stage.vault, "mill", "hunter2").await;
    bob.reveal(&one, "password").await.expect(200);
    let expected = json!({"seen": [id(&one)], "seenCount": 1, "used": [], "usedCount": 0});
    let member = format!("/members/{}", bob.user);
    ada.post(&format!("{member}/deactivate"), json!({}))
        .await
        .expect(204);
    assert_eq!(receipt(ada, "member.deactivated").await, expected);
    ada.post(&format!("{member}/reactivate"), json!({}))
        .await
        .expect(204);
    assert_eq!(receipt(ada, "member.reactivated").await, Value::Null);
    ada.delete_proven(&member).await.expect(204);
    assert_eq!(receipt(ada, "member.removed").await, expected);
    // The list outlasts the membership.
    assert_eq!(stage.list().await.len(), 1);
    let carol = stage
        .server
        .member(ada.org, "carol@example.com", "member")
        .await;
    carol
        .post("/organization/leave", Value::Null)
        .await
        .expect(204);
    let nothing = json!({"seen": [], "seenCount": 0, "used": [], "usedCount": 0});
    assert_eq!(receipt(ada, "member.left").await, nothing);
}

/// Whoever is about to be removed cannot put it off by revealing one thing after the other.
#[tokio::test]
async fn what_is_seen_between_the_approval_and_the_removal_is_in_the_entry_and_stops_nobody() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let one = ada.secret(&stage.vault, "mill", "hunter2").await;
    let member = format!("/members/{}", bob.user);
    let asked = ada.delete(&member).await;
    let proof = asked
        .expect_problem(403, "step-up-required")
        .string("/stepUp/id");
    let password = json!({"password": crate::testing::PASSWORD});
    ada.post(&format!("/auth/step-up/{proof}"), password)
        .await
        .expect(204);
    bob.reveal(&one, "password").await.expect(200);
    let proved = (**ada).clone().with_step_up(&proof);
    proved.delete(&member).await.expect(204);
    assert_eq!(
        receipt(ada, "member.removed").await["seen"],
        json!([id(&one)])
    );
}

#[tokio::test]
async fn what_was_only_used_is_told_apart_from_what_was_seen() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let seed = "otpauth://totp/Mail:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let body = json!({"type": "TOTP", "name": "Mail", "fields": {"otpauth": seed}});
    let used = ada.store(&stage.vault, body).await;
    bob.post(&format!("{used}/code"), json!({}))
        .await
        .expect(200);
    let one = &stage.list().await[0];
    assert_eq!(
        (&one["seen"], &one["rotate"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(one["how"][0]["how"], "code-shown");
    let seen = ada.secret(&stage.vault, "mill", "hunter2").await;
    bob.reveal(&seen, "password").await.expect(200);
    let member = format!("/members/{}", bob.user);
    let out = format!("{member}/deactivate");
    ada.post(&out, json!({})).await.expect(204);
    let expected = json!({
        "seen": [id(&seen)], "seenCount": 1, "used": [id(&used)], "usedCount": 1,
    });
    assert_eq!(receipt(ada, "member.deactivated").await, expected);
}
