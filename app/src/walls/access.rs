//! Who gets past the door of which route: every route of the document, tried as everybody.
//!
//! `access.golden.txt` is the outcome, for an auditor to read. It is written anew by this test when
//! `VAULTTERM_BLESS` is set; a change of it in a review is a change of who may do what.

use serde_json::json;
use std::fmt::Write as _;
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::authz::policy::Access;
use crate::testing::{Answer, Client, Person, Server};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/walls/access.golden.txt");

const HEAD: &str = "\
Who gets past the door of which route. Written by app/src/walls/access.rs, which tries them all.

yes  past the door: what is said there, an id that names nothing or a body of the wrong shape, is not
     a matter of who asks. Where `inside` names something, the role in it decides further.
401  not signed in. Invited, waiting and revoked people are strangers, from one request to the next.
403  the role is too low

Columns: nobody; a person invited, accepted and not yet confirmed, revoked; a confirmed member, admin,
owner; then what a route demands besides: the scope of a token for the API (without one, no token may
call it), a step-up proof, and who decides inside.

";

/// Everybody who knocks, in the order of the columns.
const PEOPLE: [(&str, &str); 6] = [
    ("invited", "member"),
    ("accepted", "member"),
    ("revoked", "owner"),
    ("confirmed", "member"),
    ("confirmed", "admin"),
    ("confirmed", "owner"),
];

/// Knocks, with ids of nothing and a body that no route takes.
async fn knock(client: &Client, operation: &Operation) -> Answer {
    let path = operation.with(|_| Uuid::now_v7().to_string());
    let body = operation.has_body.then(|| json!("nothing that fits"));
    client.send(operation.method.clone(), &path, body).await
}

/// What the door said; everything that is said behind it counts as `yes`.
fn said(answer: &Answer) -> &'static str {
    let code = answer.json()["code"].as_str().unwrap_or("").to_owned();
    match (answer.status.as_u16(), code.as_str()) {
        (401, "not-signed-in") => "401",
        (403, "forbidden") => "403",
        (403, "step-up-required") => "yes",
        (200..=299 | 303 | 400..=499, _) => "yes",
        (status, code) => panic!("{status} {code}"),
    }
}

async fn person(server: &Server, org: Uuid, state: &str, role: &str) -> Person {
    let email = format!("{role}-{state}@example.com");
    server.join(org, &email, role, "confirmed").await;
    let person = server.sign_in(&email).await;
    server.join(org, &email, role, state).await;
    person
}

/// Whether a knock changes who the person is: then the next one needs a fresh session.
fn ends_something(operation: &Operation) -> bool {
    !operation.is_safe() && !operation.has_body && !operation.has_parameters()
}

fn inside(operation: &Operation) -> &'static str {
    match operation.rule().access {
        Access::Vault => "vault",
        _ => "",
    }
}

#[tokio::test]
async fn the_doors_are_those_of_the_golden_table() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "100000")]).await;
    let ada = server.owner().await;
    let mut people = Vec::new();
    for (state, role) in PEOPLE {
        server.account(&format!("{role}-{state}@example.com")).await;
        people.push(person(&server, ada.org, state, role).await);
    }
    let mut lines = Vec::new();
    for operation in operations() {
        let mut cells = vec![said(&knock(&server.visitor(), &operation).await)];
        for (at, (state, role)) in PEOPLE.into_iter().enumerate() {
            cells.push(said(&knock(&people[at], &operation).await));
            if ends_something(&operation) {
                people[at] = person(&server, ada.org, state, role).await;
            }
        }
        lines.push(line(&operation, &cells));
    }
    lines.sort();
    let mut table = HEAD.to_owned();
    writeln!(
        table,
        "{:<70}{:<7}{:<8}{:<9}{:<8}{:<7}{:<6}{:<6}{:<16}{:<8}inside",
        "",
        "nobody",
        "invited",
        "accepted",
        "revoked",
        "member",
        "admin",
        "owner",
        "scope",
        "step-up"
    )
    .unwrap();
    table.push_str(&lines.concat());
    compare(&table);
}

fn line(operation: &Operation, cells: &[&str]) -> String {
    let rule = operation.rule();
    let mut line = format!("{:<70}", format!("{} {}", operation.path, operation.method));
    for (cell, width) in cells.iter().zip([7, 8, 9, 8, 7, 6, 6]) {
        write!(line, "{cell:<width$}").unwrap();
    }
    let scope = rule.scope.map_or("", |scope| scope.as_str());
    let step_up = if rule.sensitive { "step-up" } else { "" };
    write!(line, "{scope:<16}{step_up:<8}{}", inside(operation)).unwrap();
    format!("{}\n", line.trim_end())
}

fn compare(table: &str) {
    #[expect(clippy::disallowed_methods, reason = "the rim of the tests")]
    let bless = std::env::var_os("VAULTTERM_BLESS").is_some();
    if bless {
        std::fs::write(GOLDEN, table).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert_eq!(
        table, golden,
        "who may do what has changed: look at it, then VAULTTERM_BLESS=1 writes the table anew"
    );
}
