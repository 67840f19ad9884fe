//! What may be used and never be seen: planted values of such records, looked for in whatever any route
//! answers, in the log, the trail, the cache and the database.
//!
//! Routes, and the ways in which each can be asked, come from the document. Two things are demanded of
//! every answer: that no planted value stands in it, in any notation, and that it is the same when
//! somebody searches for a planted value as when they search for nonsense.

mod asking;
mod samples;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract::{Operation, operations};
use super::secrecy::{cached, dump};
use crate::testing::{Answer, Log, Person, Server};

const TYPES: [&str; 9] = [
    "PASSWORD",
    "API_KEY",
    "SSH_KEY",
    "ENV_VAR",
    "SECURE_NOTE",
    "TOTP",
    "PAYMENT_CARD",
    "IDENTITY",
    "PASSKEY",
];

/// A record that may only be used, in a vault of its own. It has a file and had a link, both from the time
/// before.
pub(super) struct Planted {
    kind: &'static str,
    vault: String,
    /// Another vault of the same owner.
    other: String,
    id: String,
    user: Uuid,
    /// The version that it is at.
    version: i64,
    /// A file that is attached to it.
    file: String,
    /// A link to everything that is concealed in it, and its token.
    link: (String, String),
    /// The names of what is concealed in it.
    fields: Vec<String>,
    canaries: Vec<String>,
    /// The canaries in every notation.
    needles: Vec<String>,
}

impl Planted {
    async fn of(person: &Person, kind: &'static str) -> Self {
        let (vault, other) = (person.vault("Engines").await, person.vault("Looms").await);
        let path = person.store(&vault, samples::record(kind)).await;
        let stored = person.get(&path).await.expect(200);
        let mut fields = samples::names(kind);
        fields.push(format!("custom:{}", stored.string("/customFields/0/id")));
        let file = format!("{path}/attachments?name=planted.txt");
        let bytes = samples::FILE.into();
        let file = person.send_raw(Method::POST, &file, None, bytes).await;
        let link = samples::link(&fields);
        let link = person.post(&format!("{path}/links"), link).await;
        let link = link.expect(201);
        let token = link.string("/url").split_once('#').unwrap().1.to_owned();
        let closed = json!({"injectOnly": true});
        let closed = person.change(&path, 1, closed).await.expect(200);
        let canaries = samples::canaries(kind);
        let needles = canaries.iter().flat_map(|canary| notations(canary));
        let planted = Self {
            kind,
            id: stored.id(),
            user: person.user,
            version: 2,
            file: file.expect(201).id(),
            link: (link.string("/link/id"), token),
            needles: needles.collect(),
            vault,
            other,
            fields,
            canaries,
        };
        answer_is_silent(&closed, &planted, kind);
        planted
    }

    fn path(&self) -> String {
        format!("/vaults/{}/secrets/{}", self.vault, self.id)
    }

    /// The record as it is after something was done; one that is there no more is planted anew.
    async fn after(self, person: &Person) -> Self {
        let now = person.get(&self.path()).await;
        let kept = now.status == 200 && now.json()["injectOnly"] == true;
        if !kept {
            return Self::of(person, self.kind).await;
        }
        let version = now.json()["version"].as_i64().unwrap();
        Self { version, ..self }
    }
}

/// Every notation in which a text is looked for.
fn notations(text: &str) -> Vec<String> {
    let quoted = serde_json::to_string(text).unwrap();
    let reversed: String = text.chars().rev().collect();
    let mut all = vec![
        text.to_owned(),
        quoted.trim_matches('"').to_owned(),
        reversed,
    ];
    all.push(hex::encode(text));
    // Whatever stands before it: the three ways in which base 64 can begin.
    for before in ["", "x", "xx"] {
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(format!("{before}{text}"));
            let whole = encoded.trim_end_matches('=');
            let (from, to) = (if before.is_empty() { 0 } else { 4 }, whole.len() - 1);
            all.push(whole[from..to].to_owned());
        }
    }
    all
}

#[track_caller]
fn silent(text: &str, planted: &Planted, about: &str) {
    for needle in &planted.needles {
        assert!(!text.contains(needle), "{about}: {needle} stands in {text}");
    }
}

#[track_caller]
fn answer_is_silent(answer: &Answer, planted: &Planted, about: &str) {
    silent(&answer.text(), planted, about);
    silent(&format!("{:?}", answer.headers), planted, about);
    if let Ok(json) = serde_json::from_slice(&answer.body) {
        tells_nothing(&json, planted, about);
    }
}

/// Wherever the record is shown, nothing is that follows from what it conceals.
#[track_caller]
fn tells_nothing(json: &Value, planted: &Planted, about: &str) {
    match json {
        Value::Array(items) => items
            .iter()
            .for_each(|one| tells_nothing(one, planted, about)),
        Value::Object(members) => {
            if members
                .get("id")
                .is_some_and(|id| *id == planted.id.as_str())
            {
                let strength = members.get("strength").unwrap_or(&Value::Null);
                assert!(strength.is_null(), "{about}: {json}");
            }
            for name in ["lastDigits", "brand"] {
                assert!(
                    !members.contains_key(name),
                    "{about}: {name} stands in {json}"
                );
            }
            members
                .values()
                .for_each(|one| tells_nothing(one, planted, about));
        }
        _ => {}
    }
}

/// Routes that change who somebody is or what an organisation demands, and nothing that is in a vault: the
/// session, or what may be asked with it, would be another one afterwards.
fn is_about_people(operation: &Operation) -> bool {
    let people = ["/auth/", "/me", "/members/", "/organization", "/setup"];
    let about = people.iter().any(|start| operation.path.starts_with(start));
    about && !operation.is_safe() && !operation.path.contains("{vaultId}")
}

/// Asks a route in every way; the record is planted anew when a change took it away.
async fn ask(person: &Person, operation: &Operation, mut planted: Planted) -> Planted {
    for at in 0..asking::bodies(operation, &planted).len() {
        // It may be another record than the one before.
        let body = asking::bodies(operation, &planted).swap_remove(at);
        let path = asking::path(operation, &planted);
        let about = format!("{} {path} {body:?}", operation.method);
        let client = person.with_header("if-match", &format!("\"{}\"", planted.version));
        let answer = client
            .send_proven(operation.method.clone(), &path, body)
            .await;
        answer_is_silent(&answer, &planted, &about);
        if !operation.is_safe() && answer.status.is_success() {
            planted = planted.after(person).await;
        }
    }
    if operation.is_safe() {
        ask_in_queries(person, operation, &planted).await;
    }
    planted
}

async fn ask_in_queries(person: &Person, operation: &Operation, planted: &Planted) {
    let path = asking::path(operation, planted);
    for query in asking::queries(planted) {
        let answer = person.get(&format!("{path}{query}")).await;
        answer_is_silent(&answer, planted, &format!("GET {path}{query}"));
    }
    if !operation.asks("q") {
        return;
    }
    // What stands in an address as it is.
    let plain = |text: &&String| text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    for canary in planted.canaries.iter().filter(plain) {
        let nonsense = "q".repeat(canary.len());
        let said = async |text: &str| {
            let answer = person.get(&format!("{path}?q={text}&limit=100")).await;
            let mut json = answer.json();
            if let Some(object) = json.as_object_mut() {
                object.remove("requestId");
            }
            (answer.status, json.to_string().replace(text, ""))
        };
        let found = said(canary.as_str()).await;
        assert_eq!(
            found,
            said(nonsense.as_str()).await,
            "GET {path}?q={canary}"
        );
    }
}

#[tokio::test]
async fn no_route_says_anything_of_what_may_only_be_used() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let limits = [("AUTH_RATE_MAX", "1000000"), ("TOKEN_RATE_MAX", "1000000")];
    let server = Server::start_with(&limits).await;
    let ada = server.owner().await;
    let routes = operations();
    for kind in TYPES {
        let mut planted = Planted::of(&ada, kind).await;
        for operation in routes.iter().filter(|route| !is_about_people(route)) {
            // What is about no vault, and searches nothing, is asked once.
            let about_one = operation.path.contains("{vaultId}") || operation.asks("q");
            if about_one || kind == TYPES[0] {
                planted = ask(&ada, operation, planted).await;
            }
        }
    }
    let (tables, cache, log) = (dump(&server).await, cached().await, log.text());
    assert!(!log.is_empty(), "nothing was logged at all");
    for kind in TYPES {
        for canary in samples::canaries(kind) {
            for (place, text) in [
                ("the log", &log),
                ("a table", &tables),
                ("the cache", &cache),
            ] {
                let known = text.contains(&canary) || text.contains(&hex::encode(&canary));
                assert!(!known, "{canary} stands in {place}");
            }
        }
    }
}

/// Whatever is changed of it, what is concealed stays so: each change, and then everything that shows.
#[tokio::test]
async fn no_change_opens_what_may_only_be_used() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000000")]).await;
    let ada = server.owner().await;
    let routes = operations();
    let shows = |operation: &&Operation| {
        let reveals = operation.rule().scope == Some(crate::kernel::Scope::SecretsReveal);
        let inside = operation.path.contains("{vaultId}") && (operation.is_safe() || reveals);
        inside || operation.path == "/links/open"
    };
    let readers: Vec<&Operation> = routes.iter().filter(shows).collect();
    let changes =
        |operation: &&Operation| operation.path.contains("{vaultId}") && !operation.is_safe();
    let mut planted = Planted::of(&ada, TYPES[0]).await;
    for operation in routes.iter().filter(changes) {
        for at in 0..asking::bodies(operation, &planted).len() {
            let body = asking::bodies(operation, &planted).swap_remove(at);
            let path = asking::path(operation, &planted);
            let about = format!("after {} {path} {body:?}", operation.method);
            let client = ada.with_header("if-match", &format!("\"{}\"", planted.version));
            let changed = client
                .send_proven(operation.method.clone(), &path, body)
                .await;
            answer_is_silent(&changed, &planted, &about);
            if !changed.status.is_success() {
                continue;
            }
            // Where it is now: in its vault or in the trash of that, or in the other.
            let elsewhere = format!("/vaults/{}/secrets/{}", planted.other, planted.id);
            if ada.get(&elsewhere).await.status == 200 {
                planted.vault = planted.other.clone();
            }
            for reader in &readers {
                look(&ada, reader, &planted, &about).await;
            }
            planted = Planted::of(&ada, TYPES[0]).await;
        }
    }
}

/// Asks a route that shows something about a record, where it is now.
async fn look(person: &Person, reader: &Operation, planted: &Planted, about: &str) {
    let path = asking::path(reader, planted);
    for body in asking::bodies(reader, planted) {
        let answer = person.send_proven(reader.method.clone(), &path, body).await;
        let about = format!("{about}: {} {path}", reader.method);
        answer_is_silent(&answer, planted, &about);
    }
}
