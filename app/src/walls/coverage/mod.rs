//! Every act leaves one entry in the trail: who, in which organisation, to what, with which result,
//! from where, in which request, and never a secret.
//!
//! Every route that is no GET, and every GET that opens what is concealed, is asked in such a way that it
//! does what it is there for. A route that is added needs a line in [`cases`], or its test panics and says
//! so: what it records, or that it changes nothing and opens nothing, and why. What is refused of what
//! would open something leaves one, too ([`refusals`]).

mod account;
mod cases;
mod refusals;
mod rest;
mod vaults;

use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use super::contract::{Operation, operations};
use crate::kernel::Scope;
use crate::testing::{Answer, Client, PASSWORD, Person, Server};

/// What stands in bodies as a secret; [`PASSWORD`] is one, too.
pub(super) const PLANTED: &str = "planted-value-7f3a";

/// What a request leaves in the trail.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// One entry with this action.
    One(&'static str),
    /// Nothing: it changes nothing that is anybody's and opens nothing.
    Nothing,
    /// Another test asks it, because somebody else has to answer first.
    Elsewhere(&'static str),
}

/// Who asks.
enum Who {
    /// Somebody who is signed in.
    Person(Person),
    /// Somebody who is on the way in.
    Visitor(Client),
}

/// A request that does what its route is there for.
struct Case {
    /// Holds the lines to its services.
    server: Server,
    who: Who,
    path: String,
    body: Option<Value>,
    /// The version of a secret that it changes.
    version: Option<i32>,
    /// What is on the disk for it.
    folder: Option<tempfile::TempDir>,
    then: Then,
}

/// An entry as it is stored.
#[derive(Debug)]
struct Entry {
    id: Uuid,
    org: Uuid,
    actor: Option<Uuid>,
    action: String,
    resource: Option<String>,
    resource_id: Option<Uuid>,
    /// Whether it says what the resource is called: sealed, or among its words.
    named: bool,
    result: String,
    reason: Option<String>,
    detail: Value,
    circumstances: Value,
    whole: String,
}

async fn entries(server: &Server) -> Vec<Entry> {
    let mut behind = server.database.behind().await;
    // Bytes are shown as they are, so that text in them would be found.
    let rows =
        sqlx::query("SELECT *, encode(t::text::bytea, 'escape') AS whole FROM audit_events t")
            .fetch_all(&mut behind)
            .await
            .unwrap();
    rows.iter()
        .map(|row| Entry {
            named: is_named(row),
            resource_id: row.get("resource_id"),
            reason: row.get("reason"),
            detail: row.get("detail"),
            id: row.get("id"),
            org: row.get("org_id"),
            actor: row.get("actor_id"),
            action: row.get("action"),
            resource: row.get("resource_type"),
            result: row.get("result"),
            circumstances: row.get("circumstances"),
            whole: row.get("whole"),
        })
        .collect()
}

/// Whether an entry says what it is about is called.
fn is_named(row: &sqlx::postgres::PgRow) -> bool {
    let (detail, circumstances): (Value, Value) = (row.get("detail"), row.get("circumstances"));
    let told = detail["name"].is_string() && circumstances.get("made").is_none();
    row.get::<Option<Vec<u8>>, _>("name").is_some() || told
}

async fn ask(case: &Case, operation: &Operation) -> Answer {
    let (method, path, body) = (operation.method.clone(), &case.path, case.body.clone());
    match &case.who {
        Who::Person(person) if operation.rule().sensitive => {
            person.send_proven(method, path, body).await
        }
        Who::Person(person) => match case.version {
            Some(version) => person.change(path, version, body.unwrap()).await,
            None => person.send(method, path, body).await,
        },
        Who::Visitor(visitor) => visitor.send(method, path, body).await,
    }
}

/// Asks, and looks at what was added to the trails of all organisations.
async fn look(operation: &Operation, case: Case) {
    let name = format!("{} {}", operation.method, operation.path);
    let before: Vec<Uuid> = entries(&case.server)
        .await
        .iter()
        .map(|entry| entry.id)
        .collect();
    let answer = ask(&case, operation).await;
    drop(case.folder);
    if !matches!(case.then, Then::Elsewhere(_)) {
        assert!(answer.status.is_success(), "{name}: {}", answer.text());
    }
    let mut added = entries(&case.server).await;
    added.retain(|entry| !before.contains(&entry.id));
    for entry in &added {
        keeps_secrets(&name, entry, &answer);
    }
    if operation.rule().sensitive {
        // That it was refused at first, and that it was proved.
        added.retain(|entry| entry.action != "step-up.proved" && entry.result != "denied");
    }
    let Then::One(action) = case.then else {
        assert!(
            added.is_empty(),
            "{name} is said to change nothing: {added:#?}"
        );
        return;
    };
    let [entry] = added.as_slice() else {
        panic!("{name} leaves {} entries: {added:#?}", added.len());
    };
    assert_eq!(
        (entry.action.as_str(), entry.result.as_str()),
        (action, "success"),
        "{name}"
    );
    let resource = entry.resource.as_deref();
    assert!(resource.is_some(), "{name} was done to nothing");
    let nameless = resource.is_some_and(|kind| NAMELESS.contains(&kind));
    assert!(
        entry.named || nameless,
        "{name} does not say what it was done to: {entry:#?}"
    );
    let address = match &case.who {
        Who::Person(person) => {
            assert_eq!(entry.actor, Some(person.user), "{name}");
            person.address()
        }
        Who::Visitor(visitor) => {
            // Whoever opens a link is somebody whom nobody knows.
            let known = name != "POST /links/open";
            assert_eq!(entry.actor.is_some(), known, "{name}: by whom?");
            visitor.address()
        }
    };
    assert_eq!(
        entry.circumstances["address"],
        address.to_string(),
        "{name}"
    );
    let request = answer.header("x-request-id");
    assert_eq!(entry.circumstances["request"], request, "{name}");
    belongs(&name, entry, &case.who);
}

/// Whoever is signed in is in the organisation that the entry belongs to.
fn belongs(name: &str, entry: &Entry, who: &Who) {
    match who {
        Who::Person(person) if name != "POST /auth/switch-organization" => {
            assert_eq!(entry.org, person.org, "{name}");
        }
        Who::Person(_) | Who::Visitor(_) => assert!(!entry.org.is_nil(), "{name}"),
    }
}

/// Nothing that was sent or answered as a secret stands in an entry.
fn keeps_secrets(name: &str, entry: &Entry, answer: &Answer) {
    let mut secrets = vec![PLANTED.to_owned(), PASSWORD.to_owned()];
    if answer.header("content-type") == "application/json" {
        secret_parts(&answer.json(), &mut secrets);
    }
    for secret in secrets {
        let found = entry.whole.contains(&secret) || entry.whole.contains(&hex::encode(&secret));
        assert!(!found, "{name}: {secret} stands in {entry:#?}");
    }
}

/// What an answer says that nobody else may know, by the names that it has.
fn secret_parts(value: &Value, found: &mut Vec<String>) {
    const NAMES: [&str; 10] = [
        "secret",
        "link",
        "url",
        "ticket",
        "recoveryCodes",
        "password",
        "value",
        "code",
        "uri",
        "token",
    ];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if NAMES.contains(&name.as_str()) {
                    strings(member, found);
                } else {
                    secret_parts(member, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| secret_parts(item, found)),
        _ => {}
    }
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        // A link's own path is known; what follows `#token=` is not.
        Value::String(text) => {
            let parts = text.split(['=', '&']).filter(|part| part.len() >= 16);
            found.extend(parts.map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        _ => {}
    }
}

/// Whether a route may change or open something. What is concealed is opened under a scope of its own,
/// or with a fresh proof, whatever the method is.
fn leaves_something(operation: &Operation) -> bool {
    let rule = operation.rule();
    !operation.is_safe() || rule.sensitive || rule.scope == Some(Scope::SecretsReveal)
}

/// A GET whose answer is no JSON is a file or a page: what it opens has to be known here.
#[test]
fn what_is_read_in_the_clear_is_among_the_routes_that_leave_something() {
    let files: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| operation.is_safe() && operation.answers_bytes())
        .collect();
    assert!(!files.is_empty());
    for operation in files {
        assert!(leaves_something(&operation), "GET {}", operation.path);
    }
}

/// The routes of one area that may change or open something, in turn.
async fn all(area: impl Fn(&str) -> bool) {
    let routes = operations();
    let acts = routes
        .iter()
        .filter(|operation| leaves_something(operation) && area(&operation.path));
    let mut tried = 0;
    for operation in acts {
        let case = cases::case(operation).await;
        if let Then::Elsewhere(why) = case.then {
            assert!(!why.is_empty());
        }
        look(operation, case).await;
        tried += 1;
    }
    assert!(tried > 0);
}

/// What has no name.
const NAMELESS: [&str; 4] = ["checkpoint", "step-up", "sso", "oidc"];

const AREAS: [&str; 4] = ["/auth/", "/me", "/vaults", "/members"];

#[tokio::test]
async fn signing_in_and_out_leaves_one_entry_each() {
    all(|path| path.starts_with(AREAS[0])).await;
}

#[tokio::test]
async fn what_people_do_with_their_accounts_leaves_one_entry_each() {
    all(|path| path.starts_with(AREAS[1]) && !path.starts_with(AREAS[3])).await;
}

#[tokio::test]
async fn what_is_done_in_vaults_leaves_one_entry_each() {
    all(|path| path.starts_with(AREAS[2])).await;
}

#[tokio::test]
async fn everything_else_leaves_one_entry_each() {
    all(|path| {
        let elsewhere = AREAS[..3].iter().any(|area| path.starts_with(area));
        !elsewhere || path.starts_with(AREAS[3])
    })
    .await;
}
