//! Whoever is refused what is concealed leaves one entry: who, for what, why, and in whose trail.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Entry, PLANTED, entries};
use crate::audit::How;
use crate::kernel::Clock;
use crate::testing::{Answer, Client, Person, Server};

/// A record of each kind that is needed, with a file and an earlier version.
#[derive(Clone)]
struct Records {
    vault: String,
    password: String,
    totp: String,
    file: String,
}

/// One way in which what is concealed would leave.
struct Way {
    method: Method,
    path: String,
    body: Option<Value>,
    action: &'static str,
}

impl Records {
    async fn of(person: &Person, flags: Value) -> Self {
        let vault = person.vault("Engines").await;
        let password = person.secret(&vault, "mill", PLANTED).await;
        let added = person
            .post(
                &format!("{password}/attachments?name=letter.txt"),
                json!({}),
            )
            .await;
        let file = added.expect(201).id();
        let otpauth = "otpauth://totp/Mail:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let body = json!({"type": "TOTP", "name": "phone", "fields": {"otpauth": otpauth}});
        let totp = person.store(&vault, body).await;
        let change = json!({"fields": {"password": format!("{PLANTED} again")}});
        person.change(&password, 1, change).await.expect(200);
        if flags.is_object() {
            person.change(&password, 2, flags.clone()).await.expect(200);
            person.change(&totp, 1, flags).await.expect(200);
        }
        Self {
            vault,
            password,
            totp,
            file,
        }
    }

    /// As if they stood in another place.
    fn elsewhere(&self, vault: &str, secret: &str) -> Self {
        let path = format!("/vaults/{vault}/secrets/{secret}");
        Self {
            vault: vault.to_owned(),
            password: path.clone(),
            totp: path,
            file: self.file.clone(),
        }
    }

    fn ways(&self) -> Vec<Way> {
        let ends = Clock::system().now() + time::Duration::days(1);
        let ends = ends.format(&time::format_description::well_known::Rfc3339);
        let link = json!({"fields": ["password"], "uses": 1, "expiresAt": ends.unwrap()});
        let post = |path: String, body: Value, action| Way {
            method: Method::POST,
            path,
            body: Some(body),
            action,
        };
        let secret = &self.password;
        vec![
            post(
                format!("{secret}/reveal"),
                json!({"field": "password"}),
                "secret.revealed",
            ),
            post(
                format!("{secret}/reveal"),
                json!({"field": "password", "purpose": "copy"}),
                "secret.copied",
            ),
            post(
                format!("{secret}/versions/1/reveal"),
                json!({"field": "password"}),
                "secret.version-revealed",
            ),
            post(
                format!("{}/code", self.totp),
                json!({}),
                "secret.code-shown",
            ),
            post(format!("{secret}/links"), link, "link.made"),
            Way {
                method: Method::GET,
                path: format!("{secret}/attachments/{}", self.file),
                body: None,
                action: "attachment.read",
            },
            self.export(),
        ]
    }

    fn export(&self) -> Way {
        Way {
            method: Method::POST,
            path: format!("/vaults/{}/export", self.vault),
            body: Some(json!({"passphrase": "ferret-lantern-quartz-mild"})),
            action: "vault.exported",
        }
    }
}

/// Asks, and says what was added to the trails of all organisations.
async fn asked(server: &Server, person: &Client, way: &Way) -> (Answer, Vec<Entry>) {
    let before: Vec<Uuid> = entries(server).await.iter().map(|entry| entry.id).collect();
    let answer = person
        .send(way.method.clone(), &way.path, way.body.clone())
        .await;
    let mut added = entries(server).await;
    added.retain(|entry| !before.contains(&entry.id));
    (answer, added)
}

/// Asks, is refused, and that is one entry in the trail of whoever asked.
async fn refused(
    server: &Server,
    person: &Person,
    way: &Way,
    (status, code, reason, named): (u16, &str, &str, bool),
) -> Entry {
    let name = format!("{} {}", way.method, way.path);
    let (answer, mut added) = asked(server, person, way).await;
    let request = answer.header("x-request-id").to_owned();
    answer.expect_problem(status, code);
    assert_eq!(added.len(), 1, "{name}: {added:#?}");
    let entry = added.remove(0);
    let said = (
        entry.action.as_str(),
        entry.result.as_str(),
        entry.reason.as_deref(),
    );
    assert_eq!(said, (way.action, "denied", Some(reason)), "{name}");
    assert_eq!(
        (entry.org, entry.actor),
        (person.org, Some(person.user)),
        "{name}"
    );
    let asked_for = entry.resource_id.unwrap().to_string();
    assert!(way.path.contains(&asked_for), "{name}: {entry:#?}");
    assert_eq!(entry.named, named, "{name}: {entry:#?}");
    assert_eq!(entry.circumstances["request"], request, "{name}");
    assert_eq!(
        entry.circumstances["address"],
        person.address().to_string(),
        "{name}"
    );
    assert!(!entry.whole.contains(PLANTED), "{name}: {entry:#?}");
    entry
}

/// Whatever is a way out by what the trail says of somebody who goes has to be tried here.
#[test]
fn every_way_out_is_among_those_that_are_refused() {
    let some = Records {
        vault: String::new(),
        password: String::new(),
        totp: String::new(),
        file: String::new(),
    };
    let tried: Vec<&str> = some.ways().iter().map(|way| way.action).collect();
    for action in How::ways_out() {
        // What leaves with a file is refused with the file.
        let action = action.replace("secret.exported", "vault.exported");
        assert!(tried.contains(&action.as_str()), "{action}");
    }
}

/// Whoever has no role asks for what is there, for what is nowhere, and for what is another tenant's: each
/// leaves the same in their own trail, and nothing in another.
#[tokio::test]
async fn whoever_has_no_right_leaves_an_entry_that_does_not_tell_what_there_is() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let (own, theirs) = (
        Records::of(&ada, json!(null)).await,
        Records::of(&eve, json!(null)).await,
    );
    let (vault, secret) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let nowhere = own.elsewhere(&vault, &secret);
    let not_found = (404, "not-found", "not-found", false);
    for ((own, nowhere), theirs) in own.ways().iter().zip(nowhere.ways()).zip(theirs.ways()) {
        let of_own = refused(&server, &bob, own, not_found).await;
        let of_nothing = refused(&server, &bob, &nowhere, not_found).await;
        let of_theirs = refused(&server, &bob, &theirs, not_found).await;
        let names = |entry: &Entry| -> Vec<String> {
            entry.detail.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(names(&of_nothing), names(&of_theirs), "{}", own.path);
        assert_eq!(names(&of_nothing), names(&of_own), "{}", own.path);
    }
}

#[tokio::test]
async fn what_may_only_be_used_and_what_wants_a_proof_leave_an_entry_with_a_name() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let used = Records::of(&ada, json!({"injectOnly": true})).await;
    for way in used
        .ways()
        .iter()
        .filter(|way| way.action != "vault.exported")
    {
        refused(
            &server,
            &ada,
            way,
            (403, "inject-only", "inject-only", true),
        )
        .await;
    }
    let high = Records::of(&ada, json!({"highSensitivity": true})).await;
    let pretending = ada.with_header("vaultterm-step-up", &Uuid::now_v7().to_string());
    for way in &high.ways() {
        // Whoever is asked for a proof has been refused nothing yet.
        let (answer, added) = asked(&server, &ada, way).await;
        answer.expect_problem(403, "step-up-required");
        assert!(added.is_empty(), "{added:#?}");
        let unproven = (403, "step-up-required", "step-up-required", true);
        refused(&server, &pretending, way, unproven).await;
    }
    // A version that is not there, and what a role does not go to.
    let mut way = high.ways().remove(2);
    way.path = way.path.replace("/versions/1/", "/versions/77/");
    let entry = refused(&server, &ada, &way, (404, "not-found", "not-found", true)).await;
    assert_eq!(entry.detail["version"], 77);
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    server.grant(&high.vault, &bob, "VIEWER").await;
    let role = (403, "forbidden", "role", true);
    refused(&server, &bob, &high.export(), role).await;
    refused(&server, &bob, &high.ways()[4], role).await;
}

/// A token that may not show anything, and a way that no token goes.
#[tokio::test]
async fn what_a_token_may_not_open_leaves_an_entry_too() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let own = Records::of(&ada, json!(null)).await;
    let token = ada.token(&["vaults:read"]).await;
    for way in own.ways() {
        let before: Vec<Uuid> = entries(&server)
            .await
            .iter()
            .map(|entry| entry.id)
            .collect();
        let answer = token
            .send(way.method.clone(), &way.path, way.body.clone())
            .await;
        let code = answer.expect(403).string("/code");
        let mut added = entries(&server).await;
        added.retain(|entry| !before.contains(&entry.id));
        let name = format!("{} {}", way.method, way.path);
        assert_eq!(added.len(), 1, "{name}: {added:#?}");
        let entry = &added[0];
        assert_eq!(
            (entry.result.as_str(), entry.reason.as_deref()),
            ("denied", Some(code.as_str())),
            "{name}"
        );
        assert!(
            ["scope-needed", "session-needed"].contains(&code.as_str()),
            "{name}: {code}"
        );
        assert!(
            way.path.contains(&entry.resource_id.unwrap().to_string()),
            "{name}"
        );
        assert_eq!((entry.actor, entry.named), (Some(ada.user), true), "{name}");
        let showing = way.action.replace("secret.copied", "secret.revealed");
        assert_eq!(entry.action, showing, "{name}");
        assert!(entry.circumstances["token"].is_string(), "{name}");
    }
    // The same place, written in another way.
    let way = &own.ways()[0];
    let path = way.path.replacen("/vaults/0", "/vaults/%30", 1);
    assert_ne!(path, way.path);
    let way = Way {
        method: way.method.clone(),
        path: path.clone(),
        body: way.body.clone(),
        action: way.action,
    };
    let (answer, added) = asked(&server, &token, &way).await;
    answer.expect_problem(403, "scope-needed");
    assert_eq!(added.len(), 1, "{path}");
    let head = Way {
        method: Method::HEAD,
        body: None,
        ..own.ways().remove(5)
    };
    let (_, added) = asked(&server, &token, &head).await;
    assert_eq!(added.len(), 1, "{}", head.path);
}

/// The trail is no place that somebody fills up: past a bound they are not answered.
#[tokio::test]
async fn whoever_is_refused_too_often_waits_and_writes_nothing_more() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let own = Records::of(&ada, json!(null)).await;
    let way = &own.ways()[0];
    let before = entries(&server).await.len();
    for _ in 0..100 {
        bob.send(Method::POST, &way.path, way.body.clone())
            .await
            .expect(404);
    }
    let too_many = bob.send(Method::POST, &way.path, way.body.clone()).await;
    too_many.expect_problem(429, "rate-limited");
    assert_eq!(entries(&server).await.len(), before + 100);
    // Somebody else is answered as ever, and so is whoever may see it.
    ada.reveal(&own.password, "password").await.expect(200);
}
