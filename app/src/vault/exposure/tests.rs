//! What somebody has seen, as a list and in the entry of their departure.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::audit::{Action, CONCEALED, Event, Resource, WriteTx};
use crate::kernel::{OrgId, UserId};
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

pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) ada: Person,
    pub(super) bob: Person,
    pub(super) vault: String,
}

/// Ada who owns a vault, and Bob who edits it.
pub(super) async fn stage() -> Stage {
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
    pub(super) fn path(&self) -> String {
        format!("/members/{}/exposure", self.bob.user)
    }

    pub(super) async fn list(&self) -> Vec<Value> {
        let list = self.ada.get(&self.path()).await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }
}

pub(super) fn id(path: &str) -> String {
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
    // A new name tells nobody what is concealed, and neither does what was refused.
    bob.change(&used, 1, json!({"name": "Mail two"}))
        .await
        .expect(200);
    refused(&stage, &used).await;
    let one = &stage.list().await[0];
    assert_eq!(
        (&one["seen"], &one["rotate"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(one["parts"], json!([]));
    assert_eq!(one["how"].as_array().unwrap().len(), 1);
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

/// Notes that Bob was refused what a secret conceals.
async fn refused(stage: &Stage, secret: &str) {
    let app = &stage.server.app;
    let resource = Resource {
        kind: "secret",
        id: id(secret).parse().unwrap(),
    };
    let user = UserId::from_uuid(stage.bob.user);
    let event = Event::new(app.clock.now(), user, Action::SecretRevealed, resource)
        .with(json!({"version": 1, "field": "otpauth"}))
        .denied("role");
    let org = OrgId::from_uuid(stage.ada.org);
    let tx = WriteTx::begin(&app.db, org).await.unwrap();
    tx.commit(&app.keys, &event).await.unwrap();
}

/// Each part that somebody saw, and whether it is still that.
fn parts(secret: &Value) -> Vec<(&str, bool)> {
    let parts = secret["parts"].as_array().unwrap().iter();
    parts
        .map(|part| {
            let name = part["label"].as_str().or(part["name"].as_str());
            (name.unwrap(), part["present"].as_bool().unwrap())
        })
        .collect()
}

impl Stage {
    /// The only secret of the list: what is to be done about it.
    async fn only(&self) -> Value {
        let list = self.list().await;
        assert_eq!(list.len(), 1, "{list:?}");
        list.into_iter().next().unwrap()
    }

    async fn card(&self) -> String {
        let body = json!({
            "type": "PAYMENT_CARD", "name": "Card",
            "fields": {"number": "4111111111111111", "cvv": "123", "pin": "4711", "notes": "by the door"},
            "customFields": [
                {"label": "Limit", "kind": "hidden", "value": "1000"},
                {"label": "Bank", "kind": "text", "value": "Lloyd"},
            ],
        });
        self.ada.store(&self.vault, body).await
    }
}

#[tokio::test]
async fn whether_they_still_know_it_is_told_for_each_field_by_what_it_holds() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    let card = stage.card().await;
    for field in ["pin", "notes"] {
        bob.reveal(&card, field).await.expect(200);
    }
    let change = async |version: i32, fields: Value| {
        let change = json!({"fields": fields});
        ada.change(&card, version, change).await.expect(200);
        stage.only().await
    };
    // The number alone: that is what this type is about, and not what Bob saw.
    let one = change(1, json!({"number": "5555555555554444"})).await;
    assert_eq!(one["rotate"], true);
    assert_eq!(parts(&one), [("Notes", true), ("PIN", true)]);
    let one = change(2, json!({"pin": "0815"})).await;
    assert_eq!(one["rotate"], true);
    assert_eq!(parts(&one), [("Notes", true), ("PIN", false)]);
    let one = change(3, json!({"notes": null})).await;
    assert_eq!(one["rotate"], false);
    assert_eq!(parts(&one), [("Notes", false), ("PIN", false)]);
    // What they saw is put back, by restoring it or by typing it in.
    let one = change(4, json!({"pin": "4711"})).await;
    assert_eq!(parts(&one), [("PIN", true), ("Notes", false)]);
    let one = change(5, json!({"pin": "1234"})).await;
    assert_eq!(one["rotate"], false);
    ada.with_header("if-match", "\"6\"")
        .post(&format!("{card}/versions/1/restore"), Value::Null)
        .await
        .expect(200);
    let one = stage.only().await;
    assert_eq!(one["rotate"], true);
    assert_eq!(parts(&one), [("Notes", true), ("PIN", true)]);
    // A version that was seen later counts as well, and so does what they typed in themselves.
    ada.change(&card, 7, json!({"fields": {"notes": null, "pin": "0815"}}))
        .await
        .expect(200);
    assert_eq!(stage.only().await["rotate"], false);
    bob.reveal(&format!("{card}/versions/3"), "pin")
        .await
        .expect(200);
    assert_eq!(parts(&stage.only().await)[0], ("PIN", true));
    bob.change(&card, 8, json!({"fields": {"cvv": "999"}}))
        .await
        .expect(200);
    ada.change(&card, 9, json!({"fields": {"pin": "4242"}}))
        .await
        .expect(200);
    let one = stage.only().await;
    let expected = [("Security code", true), ("Notes", false), ("PIN", false)];
    assert_eq!(parts(&one), expected);
}

#[tokio::test]
async fn links_and_files_tell_what_they_hold() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    stage.server.grant(&stage.vault, bob, "ADMIN").await;
    let card = stage.card().await;
    let link = |fields: &[&str]| {
        let until = stage.server.app.clock.now() + Duration::hours(1);
        let until = until.format(&Rfc3339).unwrap();
        json!({"fields": fields, "uses": 1, "expiresAt": until})
    };
    let links = format!("{card}/links");
    bob.post(&links, link(&["lastDigits"])).await.expect(201);
    let nothing: [Value; 0] = [];
    assert_eq!(
        stage.list().await,
        nothing,
        "a link that shows what all see"
    );
    bob.post(&links, link(&["pin", "lastDigits"]))
        .await
        .expect(201);
    let one = stage.only().await;
    assert_eq!(parts(&one), [("PIN", true)]);
    // A file that they read, and one that they brought.
    let upload = async |by: &Person, name: &str| {
        let path = format!("{card}/attachments?name={name}");
        let made = by.send_raw(Method::POST, &path, None, name.into()).await;
        format!("{card}/attachments/{}", made.expect(201).id())
    };
    let (read, unread) = (upload(ada, "deed.pdf").await, upload(ada, "will.pdf").await);
    let brought = upload(bob, "key.pem").await;
    bob.get(&read).await.expect(200);
    let known = |one: &Value| {
        let parts = parts(one).into_iter();
        let mut parts: Vec<_> = parts.map(|(name, so)| (name.to_owned(), so)).collect();
        parts.sort();
        parts
    };
    let owned = |parts: &[(&str, bool)]| -> Vec<(String, bool)> {
        let parts = parts.iter();
        parts.map(|(name, so)| ((*name).to_owned(), *so)).collect()
    };
    let all = [("PIN", true), ("deed.pdf", true), ("key.pem", true)];
    assert_eq!(known(&stage.only().await), owned(&all));
    ada.change(&card, 1, json!({"fields": {"pin": "0815"}}))
        .await
        .expect(200);
    assert_eq!(stage.only().await["rotate"], true, "the files are the same");
    for file in [&read, &unread, &brought] {
        ada.delete_proven(file).await.expect(204);
    }
    let one = stage.only().await;
    assert_eq!(one["rotate"], false);
    assert!(parts(&one).iter().all(|(_, present)| !present), "{one}");
}

/// An export holds all that is concealed.
#[tokio::test]
async fn an_export_tells_every_field_and_the_table_names_them() {
    let stage = stage().await;
    let (ada, bob) = (&stage.ada, &stage.bob);
    stage.server.grant(&stage.vault, bob, "ADMIN").await;
    let card = stage.card().await;
    let asked = json!({"passphrase": "ferret-lantern-quartz-mild"});
    let export = format!("/vaults/{}/export", stage.vault);
    bob.post_proven(&export, asked).await.expect(200);
    ada.change(&card, 1, json!({"fields": {"cvv": "999"}}))
        .await
        .expect(200);
    let one = stage.only().await;
    let still: Vec<_> = parts(&one).into_iter().filter(|(_, so)| *so).collect();
    let expected = ["Limit", "Notes", "Number", "PIN"];
    let mut still: Vec<&str> = still.into_iter().map(|(name, _)| name).collect();
    still.sort_unstable();
    assert_eq!(still, expected);
    let table = ada
        .with_header("accept", "text/csv")
        .get(&stage.path())
        .await;
    let table = table.expect(200).text();
    assert!(table.contains(",\"toChange\",\"changedSince\",\"how\""));
    assert!(table.contains("Security code"), "{table}");
}
