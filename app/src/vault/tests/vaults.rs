//! Vaults: made, listed, renamed, deleted.

use serde_json::json;
use uuid::Uuid;

use crate::testing::Server;

#[tokio::test]
async fn a_vault_is_made_read_changed_and_deleted() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let body = json!({"name": "  Engines ", "description": "first line\nsecond line"});
    let made = ada.post("/vaults", body).await.expect(201).json();
    assert_eq!(made["name"], "Engines");
    assert_eq!(made["description"], "first line\nsecond line");
    assert_eq!(made["role"], "OWNER");
    assert_eq!(made["secretCount"], 0);
    assert_eq!(made["createdAt"], made["updatedAt"]);
    let path = format!("/vaults/{}", made["id"].as_str().unwrap());
    assert_eq!(ada.get(&path).await.expect(200).json(), made);
    ada.secret(made["id"].as_str().unwrap(), "mill", "hunter2")
        .await;
    let renamed = ada
        .change(&path, 1, json!({"name": "Mills"}))
        .await
        .expect(200)
        .json();
    assert_eq!(renamed["name"], "Mills");
    assert_eq!(
        renamed["description"], "first line\nsecond line",
        "left as it was"
    );
    assert_eq!(renamed["secretCount"], 1);
    assert!(renamed["updatedAt"].as_str() > made["updatedAt"].as_str());
    let emptied = ada
        .change(&path, 2, json!({"description": ""}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&emptied["name"], &emptied["description"]),
        (&json!("Mills"), &json!(""))
    );
    assert_eq!(
        ada.get("/vaults").await.expect(200).json()["items"],
        json!([emptied])
    );
    let vault = made["id"].as_str().unwrap();
    for name in ["thrown", "away"] {
        let thrown = ada.secret(vault, name, "x").await;
        ada.delete(&thrown).await.expect(204);
    }
    let asked = ada
        .delete(&path)
        .await
        .expect_problem(403, "step-up-required");
    let demand = format!("/auth/step-up/{}", asked.string("/stepUp/id"));
    let demand = ada.get(&demand).await.expect(200).json();
    assert_eq!(
        demand["summary"],
        "Delete the vault “Mills”, with 1 secret and 2 secrets in its trash."
    );
    assert_eq!(ada.delete_proven(&path).await.expect(204).text(), "");
    for answer in [ada.get(&path).await, ada.delete(&path).await] {
        answer.expect_problem(404, "not-found");
    }
    assert_eq!(
        server.database.count("secrets").await,
        0,
        "its secrets and their keys go too"
    );
    assert_eq!(server.database.count("vault_roles").await, 0);
    let trail = ada.get("/audit-events?limit=1").await.expect(200).json();
    assert_eq!(
        trail["items"][0]["detail"],
        json!({"name": "Mills", "secrets": 1, "trashed": 2})
    );
}

#[tokio::test]
async fn names_and_descriptions_have_limits() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = format!("/vaults/{}", ada.vault("Engines").await);
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("   ")),
        ("name", json!("x".repeat(121))),
        ("name", json!("a\u{0}b")),
        ("name", json!("a\nb")),
        ("description", json!("x".repeat(1001))),
        ("description", json!("\u{0}")),
        ("description", json!("\u{1b}[2J")),
    ] {
        let mut body = json!({"name": "good"});
        body[field] = value.clone();
        let made = ada
            .post("/vaults", body.clone())
            .await
            .expect_problem(422, "invalid");
        assert_eq!(made.wrong_fields(), [field], "{value}");
        let changed = ada.patch(&path, body).await.expect_problem(422, "invalid");
        assert_eq!(changed.wrong_fields(), [field], "{value}");
    }
    for name in [
        "x".repeat(120),
        "\u{1f9ee}".repeat(120),
        "'); DROP TABLE vaults;--".to_owned(),
    ] {
        let made = ada.post("/vaults", json!({"name": name})).await.expect(201);
        assert_eq!(made.json()["name"], json!(name));
    }
}

#[tokio::test]
async fn nobody_overwrites_a_change_of_a_vault_that_they_have_not_seen() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let made = ada.post("/vaults", json!({"name": "Engines"})).await;
    assert_eq!(made.header("etag"), "\"1\"");
    let path = format!("/vaults/{}", made.expect(201).id());
    let name = json!({"name": "Mills"});
    ada.patch(&path, name.clone())
        .await
        .expect_problem(428, "precondition-required");
    let first = ada.change(&path, 1, name).await.expect(200);
    assert_eq!(first.header("etag"), "\"2\"");
    ada.change(&path, 1, json!({"description": "lost"}))
        .await
        .expect_problem(412, "version-conflict");
    let read = ada.get(&path).await.expect(200);
    assert_eq!(read.header("etag"), "\"2\"");
    let seen = read.json();
    assert_eq!(
        (&seen["name"], &seen["description"], &seen["version"]),
        (&json!("Mills"), &json!(""), &json!(2))
    );
    let changes = (0..6).map(|n| ada.change(&path, 2, json!({"description": n.to_string()})));
    let answers = futures_util::future::join_all(changes).await;
    let kept = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(kept, 1, "of many at once");
}

#[tokio::test]
async fn fields_that_are_not_for_the_caller_to_set_are_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let path = format!("/vaults/{}", ada.vault("Engines").await);
    for field in ["id", "orgId", "org_id", "role", "createdAt", "secretCount"] {
        let body = json!({"name": "x", field: Uuid::now_v7()});
        ada.post("/vaults", body.clone())
            .await
            .expect_problem(400, "bad-request");
        ada.patch(&path, body)
            .await
            .expect_problem(400, "bad-request");
    }
}

#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.insert(0, ada.vault(&format!("vault {n}")).await);
    }
    let mut walked = Vec::new();
    let mut sizes = Vec::new();
    let mut path = "/vaults?limit=3".to_owned();
    loop {
        let page = ada.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        walked.extend(
            items
                .iter()
                .map(|vault| vault["id"].as_str().unwrap().to_owned()),
        );
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/vaults?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(walked, made);
    assert_eq!(sizes, [3, 3, 1]);
    let exact = ada.get("/vaults?limit=7").await.expect(200).json();
    assert_eq!(
        exact["nextCursor"],
        json!(null),
        "an exactly full page is the last"
    );
}

#[tokio::test]
async fn queries_of_lists_are_checked() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    let id = Uuid::nil().to_string();
    for (list, beyond, cursor) in [
        ("/vaults".to_owned(), "limit=101", &id),
        (format!("/vaults/{vault}/secrets"), "limit=101", &id),
        ("/audit-events".into(), "limit=1001", &"0".to_owned()),
    ] {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            (beyond, "limit"),
            ("limit=9223372036854775807", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=%27%20OR%20true--", "cursor"),
            ("cursor=%00", "cursor"),
        ] {
            let answer = ada
                .get(&format!("{list}?{query}"))
                .await
                .expect_problem(422, "invalid");
            assert_eq!(answer.wrong_fields(), [field], "{list}?{query}");
        }
        for query in [
            "limit=ten",
            "limit=1e3",
            "limit=",
            "limit=99999999999999999999",
            "limit=1&limit=2",
        ] {
            let answer = ada.get(&format!("{list}?{query}")).await;
            answer.expect_problem(400, "bad-request");
        }
        ada.get(&format!("{list}?cursor=&limit=1&unknown=1"))
            .await
            .expect(200);
        ada.get(&format!("{list}?cursor={cursor}"))
            .await
            .expect(200);
    }
}
