//! One record that does not open hides no other, and is never left out without a word.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::kernel::Clock;
use crate::keys::registry;
use crate::testing::{Log, Person, Server};

/// What somebody with the database in their hands may do to a record so that its list cannot show it.
const SPOILT: [&str; 6] = [
    "UPDATE secrets SET sealed_meta = set_byte(sealed_meta, 60, get_byte(sealed_meta, 60) # 1)",
    "UPDATE secrets SET sealed_meta = ''",
    "UPDATE secrets SET version = version + 1",
    "UPDATE secrets SET type = 'TOTP'",
    // The name of the master key above it.
    "UPDATE data_keys SET wrapped_key = set_byte(wrapped_key, 3, get_byte(wrapped_key, 3) # 1)",
    "DELETE FROM data_keys",
];

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// A server whose database knows its master key, as after any start.
async fn claimed() -> Server {
    let server = Server::start().await;
    let now = server.app.clock.now();
    let claimed = registry::claim(&server.app.db, &server.app.keys, now).await;
    claimed.unwrap().unwrap();
    server
}

async fn spoil(server: &Server, change: &str, path: &str) {
    let mut behind = server.database.behind().await;
    // Whoever may do anything switches off what would stop them.
    let unguarded = "SET session_replication_role = replica";
    behind.execute(unguarded).await.unwrap();
    let statement = format!("{change} WHERE id = '{}'", id(path));
    let done = behind.execute(AssertSqlSafe(statement)).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{change}");
}

/// Names of a list, in its order; of what does not open, its id.
async fn seen(person: &Person, path: &str) -> Vec<String> {
    let page = person.get(path).await.expect(200).json();
    let items = page["items"].as_array().unwrap().iter();
    let shown = |item: &Value| {
        let item = item.get("secret").unwrap_or(item);
        if item["readable"] == true {
            return item["name"].as_str().unwrap().to_owned();
        }
        for (nothing, of) in [
            (json!(""), "name"),
            (json!({}), "fields"),
            (json!([]), "tags"),
        ] {
            assert_eq!(item[of], nothing, "{item}");
        }
        assert_eq!(
            (&item["concealed"], &item["strength"]),
            (&json!([]), &Value::Null)
        );
        item["id"].as_str().unwrap().to_owned()
    };
    items.map(shown).collect()
}

#[tokio::test]
async fn every_list_shows_the_others_and_names_the_one() {
    let server = claimed().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    for change in SPOILT {
        let vault = ada.vault("Engines").await;
        let mut paths = Vec::new();
        for name in ["one", "two", "three"] {
            let fields = json!({"password": "x"});
            let body = json!({"type": "PASSWORD", "name": name, "fields": fields, "tags": ["red"]});
            paths.push(ada.store(&vault, body).await);
        }
        let bad = id(&paths[1]);
        let role = json!({"role": "VIEWER"});
        for path in &paths {
            let grant = format!("{path}/access/users/{}", bob.user);
            let granted = ada.put(&grant, role.clone()).await;
            assert!(granted.status.is_success(), "{}", granted.text());
        }
        // Once in memory before it is spoilt, and once after it.
        let everything = format!("/secrets?vaultId={vault}&sort=created&order=asc");
        assert_eq!(seen(&ada, &everything).await, ["one", "two", "three"]);
        spoil(&server, change, &paths[1]).await;
        let list = format!("/vaults/{vault}/secrets");
        assert_eq!(seen(&ada, &list).await, ["three", bad, "one"], "{change}");
        assert_eq!(
            seen(&ada, &format!("{list}?tag=red")).await,
            ["three", bad, "one"]
        );
        assert_eq!(
            seen(&ada, &everything).await,
            ["one", bad, "three"],
            "{change}"
        );
        // Those of the rounds before follow.
        let shared = seen(&bob, "/shared-secrets").await;
        assert_eq!(shared[..3], ["three", bad, "one"], "{change}");
        let anew = server.replica(Clock::system(), &[]).await;
        let there = anew.sign_in("ada@example.com").await;
        assert_eq!(
            seen(&there, &everything).await,
            ["one", bad, "three"],
            "{change}"
        );
        let words = format!("/secrets?vaultId={vault}&q=three");
        assert_eq!(
            seen(&there, &words).await,
            ["three", bad],
            "it may be what is looked for"
        );
        let names = format!("/secrets?vaultId={vault}&sort=name");
        assert_eq!(seen(&there, &names).await, ["one", "three", bad]);
        // Alone it is an answer of its own, which says what to do.
        let alone = ada.get(&paths[1]).await;
        assert!(alone.status == 500 || alone.status == 503, "{change}");
        let bulk = |action: &str| json!({"action": action, "ids": [bad], "tag": "blue"});
        let path = format!("{list}/bulk");
        let refused = ada
            .post(&path, bulk("tag"))
            .await
            .expect_problem(422, "invalid");
        assert!(refused.text().contains(bad), "{}", refused.text());
        // It is thrown away, comes back, and goes for good all the same.
        let trash = format!("/vaults/{vault}/trash");
        ada.post(&path, bulk("trash")).await.expect(200);
        ada.delete(&paths[0]).await.expect(204);
        assert_eq!(seen(&ada, &trash).await, [bad, "one"], "{change}");
        let back = ada.post(&format!("{}/restore", paths[1]), json!({})).await;
        assert_eq!(back.expect(200).json()["readable"], false);
        let favourite = format!("{}/favourite", paths[1]);
        ada.put(&favourite, Value::Null).await.expect(204);
        assert_eq!(seen(&ada, &format!("{list}?favourite=true")).await, [bad]);
        ada.delete_for_good(&paths[1]).await;
        assert_eq!(seen(&ada, &list).await, ["three"], "{change}");
    }
}

#[tokio::test]
async fn a_server_without_the_key_says_so_and_calls_nothing_unreadable() {
    let server = claimed().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "one", "x").await;
    let other = "11".repeat(16) + &"2e".repeat(16);
    let stranger = server
        .replica(Clock::system(), &[("MASTER_KEY", &other)])
        .await;
    let cookie = ada.cookie().map(str::to_owned);
    let there = stranger.visitor().with_cookie(cookie);
    for path in [
        format!("/vaults/{vault}/secrets"),
        format!("/vaults/{vault}/health"),
        "/secrets".to_owned(),
    ] {
        there.get(&path).await.expect_problem(503, "key-not-loaded");
    }
    assert_eq!(seen(&ada, "/secrets").await, ["one"]);
}

#[tokio::test]
async fn health_breaches_and_imports_name_what_they_could_not_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    std::fs::write(&list, format!("{}:7\r\n", "AB".repeat(20))).unwrap();
    let server = Server::start_with(&[("BREACH_FILE", list.to_str().unwrap())]).await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "one", "letmein1").await;
    let bad = ada.secret(&vault, "two", "letmein1").await;
    let half = ada.secret(&vault, "three", "letmein1").await;
    spoil(&server, SPOILT[0], &bad).await;
    spoil(&server, "UPDATE secrets SET sealed_value = ''", &half).await;
    let health = ada.get(&format!("/vaults/{vault}/health")).await;
    let health = health.expect(200).json();
    assert_eq!(health["unreadable"], json!([id(&bad)]));
    assert_eq!(
        (&health["unreadableCount"], &health["checked"]),
        (&json!(1), &json!(2))
    );
    let check = format!("/vaults/{vault}/breach-check");
    let report = ada.post(&check, json!({})).await.expect(200).json();
    assert_eq!(report["unreadable"], json!([id(&half), id(&bad)]));
    assert_eq!(report["checked"], 1);
    let file = STANDARD.encode("name,url,username,password\none,,,letmein1\n");
    let preview = format!("/vaults/{vault}/secrets/import/preview");
    let body = json!({"format": "browser-csv", "file": file});
    let preview = ada.post(&preview, body).await.expect(200).json();
    assert_eq!(
        (&preview["duplicates"], &preview["uncompared"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_version_that_does_not_open_hides_no_other() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let path = ada.secret(&vault, "one", "first").await;
    for (version, password) in [(1, "second"), (2, "third")] {
        let change = json!({"fields": {"password": password}});
        ada.change(&path, version, change).await.expect(200);
    }
    let mut behind = server.database.behind().await;
    let spoil = "UPDATE secret_versions SET sealed_meta = '' WHERE version = 2";
    behind.execute(spoil).await.unwrap();
    let versions = ada
        .get(&format!("{path}/versions"))
        .await
        .expect(200)
        .json();
    let of = |at: usize| {
        let version = &versions["items"][at];
        (
            version["readable"].as_bool().unwrap(),
            version["name"].as_str().unwrap(),
        )
    };
    assert_eq!(
        [of(0), of(1), of(2)],
        [(true, "one"), (false, ""), (true, "one")]
    );
    assert_eq!(versions["items"][1]["revealable"], false);
}

/// Whoever runs the server reads of it, with which one it is and nothing of what was in it.
#[test]
fn it_is_noticed() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::ERROR)
        .with_writer(log.clone())
        .finish();
    let path = tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(&recorder, || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = Server::start().await;
                let ada = server.owner().await;
                let vault = ada.vault("Engines").await;
                let bad = ada.secret(&vault, "canary-name", "canary-value").await;
                spoil(&server, SPOILT[0], &bad).await;
                ada.get(&format!("/vaults/{vault}/secrets"))
                    .await
                    .expect(200);
                bad
            })
        })
    });
    let text = log.text();
    assert!(
        text.contains("ERROR") && text.contains("a record does not open"),
        "{text}"
    );
    assert!(
        text.contains(id(&path)) && !text.contains("canary"),
        "{text}"
    );
    assert!(
        handle.render().contains("vault_unreadable_total 1"),
        "{}",
        handle.render()
    );
}

#[tokio::test]
async fn a_file_that_does_not_open_hides_no_other() {
    let server = claimed().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let secret = ada.secret(&vault, "mill", "hunter2").await;
    let mut ids = Vec::new();
    for name in ["first", "spoilt", "last"] {
        let path = format!("{secret}/attachments?name={name}");
        let added = ada.send_raw(Method::POST, &path, None, b"x".to_vec()).await;
        ids.push(added.expect(201).id());
    }
    let change = "UPDATE attachments SET sealed_head = set_byte(sealed_head, 60, get_byte(sealed_head, 60) # 1)";
    spoil(&server, change, &ids[1]).await;
    let list = ada.get(&format!("{secret}/attachments")).await;
    let list = list.expect(200).json();
    let shown = list["items"].as_array().unwrap().iter();
    let shown: Vec<Value> = shown
        .map(|file| json!([file["readable"], file["name"]]))
        .collect();
    let expected = [
        json!([true, "last"]),
        json!([false, ""]),
        json!([true, "first"]),
    ];
    assert_eq!(shown, expected);
    // It goes as any other does.
    let path = format!("{secret}/attachments/{}", ids[1]);
    ada.delete_proven(&path).await.expect(204);
}
