//! Search through the router, on a real database.

mod fresh;
mod pages;
mod walls;
mod words;

use serde_json::{Value, json};

use crate::testing::{Person, Server};

/// The names that a search finds, in its order.
async fn names(person: &Person, query: &str) -> Vec<String> {
    let page = person.get(&format!("/secrets?{query}")).await.expect(200);
    names_of(&page.json())
}

fn names_of(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

/// An owner with a vault in which records of these names are.
async fn filled(server: &Server, records: &[&str]) -> (Person, String) {
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    for name in records {
        ada.secret(&vault, name, "hunter2").await;
    }
    (ada, vault)
}

fn tagged(name: &str, tags: &[&str]) -> Value {
    json!({"type": "API_KEY", "name": name, "tags": tags,
           "fields": {"service": "Stripe", "key": "sk_live_canary"}})
}
