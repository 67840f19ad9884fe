//! Acts that are cut off in the middle, ciphertexts of other tenants, and notes without end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

use crate::testing::{Answer, Person, Server};

/// What is done to records.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Store,
    Change,
    Tag,
    Move,
    Import,
    Reveal,
}

/// Two records in a vault, and another vault.
struct Ground {
    vault: String,
    other: String,
    paths: [String; 2],
}

impl Ground {
    async fn of(ada: &Person) -> Self {
        let (vault, other) = (ada.vault("Engines").await, ada.vault("Looms").await);
        let paths = [
            ada.secret(&vault, "one", "x").await,
            ada.secret(&vault, "two", "x").await,
        ];
        Self {
            vault,
            other,
            paths,
        }
    }

    fn ids(&self) -> [&str; 2] {
        self.paths
            .each_ref()
            .map(|path| path.rsplit('/').next().unwrap())
    }

    async fn act(&self, ada: &Person, deed: Deed) -> Answer {
        let secrets = format!("/vaults/{}/secrets", self.vault);
        let bulk = format!("{secrets}/bulk");
        match deed {
            Deed::Store => {
                let fields = json!({"password": "x"});
                let body = json!({"type": "PASSWORD", "name": "three", "fields": fields});
                ada.post(&secrets, body).await
            }
            Deed::Change => {
                let change = json!({"fields": {"password": "y"}});
                ada.change(&self.paths[0], 1, change).await
            }
            Deed::Tag => {
                let body = json!({"action": "tag", "ids": self.ids(), "tag": "red"});
                ada.post(&bulk, body).await
            }
            Deed::Move => {
                let body = json!({"action": "move", "ids": self.ids(), "to": self.other});
                ada.post(&bulk, body).await
            }
            Deed::Import => {
                let body = json!({"format": "dotenv", "file": STANDARD.encode("A=x\nB=y\n")});
                ada.post(&format!("{secrets}/import"), body).await
            }
            Deed::Reveal => ada.reveal(&self.paths[0], "password").await,
        }
    }

    /// What came of it: what lists show of both vaults, and how many entries the trail has.
    async fn state(&self, server: &Server, ada: &Person) -> (Vec<Value>, i64) {
        let mut all = Vec::new();
        for vault in [&self.vault, &self.other] {
            let list = ada.get(&format!("/vaults/{vault}/secrets")).await;
            let list = list.expect(200).json();
            let told = |item: &Value| json!([item["name"], item["version"], item["tags"]]);
            let items = list["items"].as_array().unwrap().iter();
            all.push(json!(items.map(told).collect::<Vec<_>>()));
        }
        (all, server.database.count("audit_events").await)
    }
}

/// Asks until nothing is left of the connections that were cut.
async fn recovered(ada: &Person) {
    let mut good = 0;
    for _ in 0..200 {
        good = match ada.get("/vaults").await.status.as_u16() {
            200 => good + 1,
            _ => 0,
        };
        if good == 8 {
            return;
        }
    }
    panic!("it never comes back");
}

/// Each act is cut off at its first question to the database, then at its second, and so on: before the
/// database has heard it, and after it has and nobody hears the answer. What was done and what the trail
/// says of it are both there, whole, or neither is.
#[tokio::test]
async fn cut_off_between_any_two_statements_an_act_and_its_entries_are_there_or_not() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let deeds = [
        Deed::Store,
        Deed::Change,
        Deed::Tag,
        Deed::Move,
        Deed::Import,
        Deed::Reveal,
    ];
    for deed in deeds {
        let whole = Ground::of(&ada).await;
        let (_, before) = whole.state(&server, &ada).await;
        whole.act(&ada, deed).await;
        let (done, after) = whole.state(&server, &ada).await;
        let entries = after - before;
        assert!(entries > 0, "{deed:?}");
        for heard in [false, true] {
            let mut cuts = 0;
            loop {
                let ground = Ground::of(&ada).await;
                let (untouched, before) = ground.state(&server, &ada).await;
                server.line.cut_at(cuts + 1, heard);
                let answer = ground.act(&ada, deed).await;
                let was_cut = server.line.mend();
                recovered(&ada).await;
                let (now, after) = ground.state(&server, &ada).await;
                let about = format!("{deed:?}, {heard}, cut {cuts}: {}", answer.text());
                match after - before {
                    0 => assert_eq!(now, untouched, "{about}"),
                    some => assert_eq!((some, &now), (entries, &done), "{about}"),
                }
                if answer.status.is_success() {
                    assert_eq!(now, done, "{about}");
                    assert_eq!(after - before, entries, "{about}");
                } else {
                    assert_eq!(answer.status, 503, "{about}");
                }
                if !was_cut {
                    break;
                }
                cuts += 1;
            }
            assert!(cuts >= 4, "{deed:?} asks {cuts} questions");
        }
    }
    // Each version of each record has its entry, with the digest of what was sealed, and no other has one.
    let app = &server.app;
    let report = crate::custody::verify(&app.db, &app.keys).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
}

/// Whatever somebody with the database in their hands puts of one tenant's record into another's, nobody
/// reads it there.
#[tokio::test]
async fn a_ciphertext_of_another_tenant_does_not_open() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let (mine, theirs) = (ada.vault("Engines").await, eve.vault("Engines").await);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let from = id(&ada.secret(&mine, "canary-name", "canary-value").await);
    let to = eve.secret(&theirs, "own", "own").await;
    let mut behind = server.database.behind().await;
    let keep = "CREATE TABLE keep AS SELECT * FROM secrets JOIN data_keys USING (org_id, id)";
    behind.execute(keep).await.unwrap();
    let parts = ["wrapped_key", "sealed_meta", "sealed_value"];
    // Each part alone, each two, and all of them.
    for chosen in 1_u8..8 {
        let chosen: Vec<&str> = (0..3)
            .filter(|bit| chosen & (1 << bit) != 0)
            .map(|bit| parts[bit])
            .collect();
        for (part, source) in chosen.iter().map(|part| (part, &from)) {
            copy(&mut behind, part, source, &id(&to)).await;
        }
        let answers = [
            eve.get(&to).await,
            eve.reveal(&to, "password").await,
            eve.get(&format!("/vaults/{theirs}/secrets")).await,
            eve.get("/secrets?q=canary").await,
        ];
        for answer in &answers {
            assert!(!answer.text().contains("canary"), "{chosen:?}");
        }
        assert_eq!(answers[1].status, 500, "{chosen:?}");
        for part in parts {
            copy(&mut behind, part, &id(&to), &id(&to)).await;
        }
        eve.reveal(&to, "password").await.expect(200);
    }
}

/// Puts what a record was sealed as into another's place.
async fn copy(behind: &mut sqlx::PgConnection, part: &str, from: &str, to: &str) {
    let table = if part == "wrapped_key" {
        "data_keys"
    } else {
        "secrets"
    };
    let statement = format!(
        "UPDATE {table} AS t SET {part} = keep.{part} FROM keep
         WHERE keep.id = '{from}' AND t.id = '{to}'"
    );
    let done = behind.execute(AssertSqlSafe(statement)).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
}

#[tokio::test]
async fn a_note_of_ten_mebibytes_is_refused_by_every_way_in() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secrets = format!("/vaults/{vault}/secrets");
    let note =
        |text: String| json!({"type": "SECURE_NOTE", "name": "note", "fields": {"body": text}});
    let path = ada.store(&vault, note("short".to_owned())).await;
    let long = "x".repeat(10 * 1024 * 1024);
    let whole = ada.post(&secrets, note(long.clone())).await;
    whole.expect_problem(413, "too-large");
    let change = json!({"fields": {"body": long}});
    let change = ada.change(&path, 1, change).await;
    change.expect_problem(413, "too-large");
    // Just within what a request may hold, and beyond what a note may.
    let many = note("x".repeat(200_001));
    let refused = ada
        .post(&secrets, many)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["fields.body"]);
    let item =
        json!({"type": 2, "name": "n", "notes": "x".repeat(2_000_000), "secureNote": {"type": 0}});
    let file = STANDARD.encode(json!({"items": [item]}).to_string());
    let import = json!({"format": "bitwarden-json", "file": file});
    let refused = ada.post(&format!("{secrets}/import"), import).await;
    refused.expect_problem(422, "invalid");
    let all = ada.get(&secrets).await.expect(200).json();
    assert_eq!(
        all["items"].as_array().unwrap().len(),
        1,
        "nothing was stored"
    );
}

/// A request that names what it makes may be sent by many at once, and names that only look the same are not
/// mistaken for one another.
#[tokio::test]
async fn of_many_who_store_under_one_name_at_once_each_has_a_record_of_its_own() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secrets = format!("/vaults/{vault}/secrets");
    let fields = json!({"password": "x"});
    let body = json!({"type": "PASSWORD", "name": "same", "fields": fields, "tags": ["same"]});
    let all = (0..20).map(|_| ada.send(Method::POST, &secrets, Some(body.clone())));
    let made = futures_util::future::join_all(all).await;
    let mut ids: Vec<Uuid> = made
        .into_iter()
        .map(|answer| answer.expect(201).id().parse().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    let list = ada.get(&format!("{secrets}?tag=same&limit=100")).await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 20);
    // What somebody keeps at hand is so once, however many say it at once.
    let favourite = format!("{secrets}/{}/favourite", ids[0]);
    let all = (0..10).map(|_| ada.put(&favourite, Value::Null));
    for answer in futures_util::future::join_all(all).await {
        answer.expect(204);
    }
    let marks = "audit_events WHERE action = 'secret.favourited'";
    assert_eq!(server.database.count(marks).await, 1);
}
