//! Pages that stay in order while others write.

use super::{filled, names_of};
use crate::testing::{Person, Server};

const RECORDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

async fn all(ada: &Person, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/secrets?limit=2&{query}{next}");
        let page = ada.get(&path).await.expect(200).json();
        found.extend(names_of(&page));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn every_order_shows_each_record_once() {
    let server = Server::start().await;
    let (ada, _) = filled(&server, &RECORDS).await;
    let backwards: Vec<_> = RECORDS.into_iter().rev().collect();
    for query in [
        "",
        "sort=name",
        "sort=updated&order=asc",
        "sort=created&order=asc",
    ] {
        assert_eq!(all(&ada, query).await, RECORDS, "{query}");
    }
    for query in [
        "sort=best&order=desc",
        "sort=name&order=desc",
        "sort=updated",
        "sort=created",
    ] {
        assert_eq!(all(&ada, query).await, backwards, "{query}");
    }
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended_even_if_that_record_is_gone() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &RECORDS).await;
    let first = ada
        .get("/secrets?limit=2&sort=name")
        .await
        .expect(200)
        .json();
    assert_eq!(names_of(&first), ["a", "b"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    // What a cursor says is sealed: it travels in addresses.
    assert!(!cursor.contains('"') && cursor.len() > 60, "{cursor}");
    let gone = first["items"][1]["id"].as_str().unwrap();
    ada.delete(&format!("/vaults/{vault}/secrets/{gone}"))
        .await
        .expect(204);
    ada.secret(&vault, "aa", "x").await;
    ada.secret(&vault, "bb", "x").await;
    let path = format!("/secrets?limit=2&sort=name&cursor={cursor}");
    let second = ada.get(&path).await.expect(200).json();
    assert_eq!(names_of(&second), ["bb", "c"]);
    // It is a place in this order, and of this organisation.
    let other = ada
        .get(&format!("/secrets?sort=updated&cursor={cursor}"))
        .await;
    other.expect_problem(422, "invalid");
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let stolen = eve
        .get(&format!("/secrets?sort=name&cursor={cursor}"))
        .await;
    stolen.expect_problem(422, "invalid");
}
