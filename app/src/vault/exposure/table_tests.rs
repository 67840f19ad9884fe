//! The list as pages and as a table.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::tests::stage;

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
async fn a_table_breaks_off_once_whoever_reads_it_does_not_manage_any_more() {
    let stage = stage().await;
    let secret = stage.ada.secret(&stage.vault, "mill", "hunter2").await;
    stage.bob.reveal(&secret, "password").await.expect(200);
    let carol = stage
        .server
        .member(stage.ada.org, "carol@example.com", "admin")
        .await;
    let table = carol.with_header("accept", "text/csv");
    let answer = table.begin(Method::GET, &stage.path(), &Value::Null).await;
    let mut body = answer.into_body();
    let head = body.frame().await.unwrap().unwrap();
    assert!(head.into_data().unwrap().starts_with(b"\"secretId\""));
    let path = format!("/members/{}", carol.user);
    let change = Some(json!({"role": "member"}));
    let changed = stage.ada.send_proven(Method::PATCH, &path, change).await;
    changed.expect(204);
    assert!(body.frame().await.unwrap().is_err());
}
