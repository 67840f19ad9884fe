//! Imports through the router.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::testing::{Person, Server};

fn file(format: &str, text: &str) -> Value {
    json!({"format": format, "file": STANDARD.encode(text)})
}

fn with(mut file: Value, name: &str, value: Value) -> Value {
    file[name] = value;
    file
}

/// The names in a vault, as its list has them.
async fn names(ada: &Person, vault: &str) -> Vec<String> {
    let list = ada
        .get(&format!("/vaults/{vault}/secrets?limit=100"))
        .await
        .expect(200)
        .json();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

const TABLE: &str = "name,url,username,password,note\n\
                     Shop,https://shop.example,ada,canary-one,why\n\
                     Mail,mail.example,ada,canary-two,\n";

#[tokio::test]
async fn a_preview_stores_nothing_and_an_import_stores_all_of_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let base = format!("/vaults/{vault}/secrets/import");
    let shown = ada
        .post(&format!("{base}/preview"), file("browser-csv", TABLE))
        .await
        .expect(200);
    assert!(!shown.text().contains("canary"), "{}", shown.text());
    let preview = shown.json();
    assert_eq!(
        (preview["ready"].as_u64(), preview["faulty"].as_u64()),
        (Some(2), Some(0))
    );
    assert_eq!(preview["rows"][1]["fields"]["url"], "https://mail.example");
    assert_eq!(
        preview["rows"][0]["concealed"],
        json!(["notes", "password"])
    );
    assert!(names(&ada, &vault).await.is_empty());
    let before = ada.get("/audit-events").await.json()["items"]
        .as_array()
        .unwrap()
        .len();
    let done = ada
        .post(&base, file("browser-csv", TABLE))
        .await
        .expect(200)
        .json();
    assert_eq!(done, json!({"imported": 2, "faulty": 0, "duplicates": 0}));
    assert_eq!(names(&ada, &vault).await, ["Shop", "Mail"]);
    let trail = ada.get("/audit-events").await.expect(200);
    assert!(!trail.text().contains("canary"));
    let trail = trail.json();
    let new = trail["items"].as_array().unwrap();
    assert_eq!(new.len() - before, 2);
    for entry in new.iter().take(2) {
        assert_eq!(entry["action"], "secret.imported");
        assert_eq!(entry["detail"]["version"], 1);
        assert_eq!(entry["detail"]["digest"].as_str().unwrap().len(), 64);
    }
    // What was stored opens.
    let list = ada.get(&format!("/vaults/{vault}/secrets")).await.json();
    let items = list["items"].as_array().unwrap();
    let shop = items.iter().find(|item| item["name"] == "Shop").unwrap();
    let path = format!("/vaults/{vault}/secrets/{}", shop["id"].as_str().unwrap());
    assert_eq!(
        ada.reveal(&path, "password").await.expect(200).json()["value"],
        "canary-one"
    );
}

#[tokio::test]
async fn what_is_there_already_is_left_out_unless_it_is_wanted_twice() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let base = format!("/vaults/{vault}/secrets/import");
    let doubled = format!("{TABLE}Shop,https://shop.example,ada,canary-one,other notes\n");
    let done = ada
        .post(&base, file("browser-csv", &doubled))
        .await
        .expect(200)
        .json();
    assert_eq!(done, json!({"imported": 2, "faulty": 0, "duplicates": 1}));
    let preview = ada
        .post(&format!("{base}/preview"), file("browser-csv", &doubled))
        .await
        .json();
    assert_eq!(preview["duplicates"], 3);
    assert!(preview["rows"][0]["duplicateOf"].is_string());
    let again = ada
        .post(&base, file("browser-csv", &doubled))
        .await
        .expect(200)
        .json();
    assert_eq!(again["imported"], 0);
    let keep = with(file("browser-csv", TABLE), "duplicates", json!("keep"));
    assert_eq!(
        ada.post(&base, keep).await.expect(200).json()["imported"],
        2
    );
    // Another password is another record.
    let changed = TABLE.replace("canary-one", "canary-three");
    let done = ada
        .post(&base, file("browser-csv", &changed))
        .await
        .expect(200)
        .json();
    assert_eq!(done, json!({"imported": 1, "faulty": 0, "duplicates": 1}));
}

/// Whichever processor seals which of them.
#[tokio::test]
async fn records_are_listed_as_the_file_has_them() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let given: Vec<String> = (0..60).map(|at| format!("V{}", at * 37 % 60)).collect();
    let text: String = given.iter().map(|name| format!("{name}=x\n")).collect();
    let base = format!("/vaults/{vault}/secrets/import");
    ada.post(&base, file("dotenv", &text)).await.expect(200);
    assert_eq!(names(&ada, &vault).await, given);
}

#[tokio::test]
async fn notes_of_the_same_name_are_not_the_same_note() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let base = format!("/vaults/{vault}/secrets/import");
    let note =
        |text: &str| json!({"type": 2, "name": "Note", "notes": text, "secureNote": {"type": 0}});
    let items = json!({"items": [note("one"), note("two"), note("one")]}).to_string();
    let done = ada
        .post(&base, file("bitwarden-json", &items))
        .await
        .expect(200)
        .json();
    assert_eq!(done, json!({"imported": 2, "faulty": 0, "duplicates": 1}));
    let again = ada
        .post(&base, file("bitwarden-json", &items))
        .await
        .expect(200)
        .json();
    assert_eq!(again, json!({"imported": 0, "faulty": 0, "duplicates": 3}));
}

#[tokio::test]
async fn an_import_of_guesses_does_not_tell_what_a_closed_record_holds() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let closed = json!({
        "type": "PASSWORD", "name": "Shop", "injectOnly": true,
        "fields": {"username": "ada", "url": "https://shop.example", "password": "canary-one"},
    });
    ada.store(&vault, closed).await;
    let path = format!("/vaults/{vault}/secrets/import/preview");
    let right = ada
        .post(&path, file("browser-csv", TABLE))
        .await
        .expect(200)
        .json();
    let wrong = TABLE.replace("canary-one", "canary-0");
    let wrong = ada
        .post(&path, file("browser-csv", &wrong))
        .await
        .expect(200)
        .json();
    assert_eq!(right["rows"][0], wrong["rows"][0]);
}

#[tokio::test]
async fn one_faulty_row_keeps_all_out_unless_it_is_left_out() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let base = format!("/vaults/{vault}/secrets/import");
    let faulty = format!("{TABLE}Bad,,x,y,z,too,many\n");
    let refused = ada.post(&base, file("browser-csv", &faulty)).await;
    assert_eq!(
        refused.expect_problem(422, "invalid").wrong_fields(),
        ["rows.4"]
    );
    assert!(names(&ada, &vault).await.is_empty());
    let leave = with(file("browser-csv", &faulty), "leaveOutFaulty", json!(true));
    let done = ada.post(&base, leave).await.expect(200).json();
    assert_eq!(done, json!({"imported": 2, "faulty": 1, "duplicates": 0}));
}

#[tokio::test]
async fn only_editors_import_and_files_that_cannot_be_read_say_so() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let base = format!("/vaults/{vault}/secrets/import");
    for path in [base.clone(), format!("{base}/preview")] {
        for (wrong, field) in [
            (json!({"format": "browser-csv", "file": "!"}), "file"),
            (file("bitwarden-json", "{}"), "file"),
            (file("keepass-kdbx", "nonsense"), "file"),
            (file("1password-1pux", "nonsense"), "file"),
            (
                with(
                    file("csv", TABLE),
                    "mapping",
                    json!({"type": "PASSWORD", "columns": {"x": "name"}}),
                ),
                "mapping",
            ),
            (
                with(file("keepass-kdbx", "x"), "keyFile", json!("!")),
                "keyFile",
            ),
        ] {
            let refused = ada.post(&path, wrong).await.expect_problem(422, "invalid");
            assert_eq!(refused.wrong_fields(), [field]);
        }
        let bob = server
            .member(ada.org, &format!("bob{}@example.com", path.len()), "member")
            .await;
        bob.post(&path, file("browser-csv", TABLE))
            .await
            .expect_problem(404, "not-found");
        server.grant(&vault, &bob, "VIEWER").await;
        bob.post(&path, file("browser-csv", TABLE))
            .await
            .expect_problem(403, "forbidden");
    }
    assert!(names(&ada, &vault).await.is_empty());
}

#[tokio::test]
async fn a_file_may_be_larger_than_other_requests_and_no_larger_than_its_limit() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = format!("/vaults/{vault}/secrets/import/preview");
    let long = format!(
        "name,url,username,password,note\nA,,a,pw,{}\n",
        "x".repeat(9 * 1024 * 1024)
    );
    let preview = ada
        .post(&path, file("browser-csv", &long))
        .await
        .expect(200)
        .json();
    assert_eq!(preview["faulty"], 1);
    let longer = "x".repeat(14 * 1024 * 1024);
    let refused = ada.post(&path, file("browser-csv", &longer)).await;
    refused.expect_problem(413, "too-large");
}
