//! Signing in and out, and what people do with their accounts.

use serde_json::{Value, json};
use uuid::Uuid;

use super::cases::{Stage, token_of, unknown};
use super::{Case, PLANTED, Then};
use crate::testing::{PASSWORD, Person, Postbox, SecurityKey, Server};

const ADA: &str = "ada@example.com";

pub(super) async fn signing_in(route: (&str, &str)) -> Case {
    match route.1 {
        "/auth/sign-in" => {
            let stage = Stage::new().await;
            let body = json!({"email": ADA, "password": PASSWORD});
            as_visitor(stage, route.1, body, Then::One("session.signed-in"))
        }
        "/auth/sign-out" => Stage::new()
            .await
            .ada(route.1, Some(json!({})), "session.signed-out"),
        "/auth/switch-organization" => {
            let stage = Stage::new().await;
            let other = stage.server.bare_tenant("Difference Engines").await;
            stage.server.join(other, ADA, "member", "confirmed").await;
            let body = json!({"organizationId": other});
            stage.ada(route.1, Some(body), "session.switched")
        }
        "/auth/step-up/{stepUpId}" => {
            let stage = Stage::new().await;
            let vault = stage.ada.vault("Engines").await;
            let asked = stage.ada.delete(&format!("/vaults/{vault}")).await;
            let path = format!("/auth/step-up/{}", asked.string("/stepUp/id"));
            stage.ada(&path, Some(json!({"password": PASSWORD})), "step-up.proved")
        }
        "/auth/sso/start" => {
            let why = "an identity provider answers first: sso/tests/flows.rs";
            let body = json!({"email": "nobody@nowhere.example"});
            as_visitor(Stage::new().await, route.1, body, Then::Elsewhere(why))
        }
        "/auth/invitations/check" | "/auth/invitations/accept" => invitation(route.1).await,
        path if path.starts_with("/auth/passkey") || path.starts_with("/auth/second-factor") => {
            second(path).await
        }
        _ => by_link(route).await,
    }
}

fn as_visitor(stage: Stage, path: &str, body: Value, then: Then) -> Case {
    let visitor = stage.server.visitor();
    stage.visitor(visitor, path, body, then)
}

async fn invitation(path: &str) -> Case {
    let stage = Stage::new().await;
    let body = json!({"email": "bob@example.com", "role": "member", "teamIds": []});
    let sent = stage.ada.post("/invitations", body).await.expect(201);
    let token = token_of(&sent.string("/link")).to_owned();
    if path.ends_with("/check") {
        return as_visitor(stage, path, json!({"token": token}), Then::Nothing);
    }
    let body = json!({"token": token, "name": "Bob Babbage", "password": PASSWORD});
    as_visitor(stage, path, body, Then::One("invitation.accepted"))
}

async fn second(path: &str) -> Case {
    if path == "/auth/second-factor" {
        let server = Server::still().await;
        let ada = server.owner().await;
        let (ada, app) = server.enrol(&ada).await;
        let ticket = server.ticket(ADA).await;
        let body = json!({"ticket": ticket, "totp": app.shows(&server, 0)});
        return as_visitor(
            Stage { server, ada },
            path,
            body,
            Then::One("session.signed-in"),
        );
    }
    let stage = Stage::new().await;
    let mut key = SecurityKey::new();
    stage.ada.add_passkey(&mut key, "Blue key").await;
    let visitor = stage.server.visitor();
    let (options, mut body) = if path.starts_with("/auth/passkey") {
        ("/auth/passkey/options", json!({}))
    } else {
        let ticket = stage.server.ticket(ADA).await;
        (
            "/auth/second-factor/passkey/options",
            json!({"ticket": ticket}),
        )
    };
    if path == options {
        return stage.visitor(visitor, path, body, Then::Nothing);
    }
    let asked = visitor.post(options, body.clone()).await.expect(200).json();
    body["credential"] = key.show(&asked["options"]);
    if let Some(id) = asked.get("id") {
        body["id"] = id.clone();
    }
    stage.visitor(visitor, path, body, Then::One("session.signed-in"))
}

async fn by_link(route: (&str, &str)) -> Case {
    match route.1 {
        "/auth/reset" => {
            let stage = Stage::new().await;
            let bob = stage
                .server
                .member(stage.ada.org, "bob@example.com", "member")
                .await;
            let path = format!("/members/{}/reset-link", bob.user);
            let made = stage.ada.post_proven(&path, json!({})).await.expect(200);
            let token = token_of(&made.string("/url")).to_owned();
            let body = json!({"token": token, "password": format!("{PLANTED} and longer")});
            as_visitor(stage, route.1, body, Then::One("account.password-reset"))
        }
        "/auth/confirm-email" => {
            let stage = Stage::new().await;
            let body = json!({"email": "lovelace@example.com", "password": PASSWORD});
            let made = stage.ada.post("/me/email", body).await.expect(200);
            let body = json!({"token": token_of(&made.string("/link"))});
            as_visitor(stage, route.1, body, Then::One("account.email-changed"))
        }
        // A letter goes out, and nothing is decided before its link is opened.
        "/auth/reset/request" => as_visitor(
            with_mail().await,
            route.1,
            json!({"email": ADA}),
            Then::Nothing,
        ),
        "/auth/sign-up" => {
            let stage = with_mail().await;
            let policy = json!({"signUpDomains": ["open.example"]});
            stage
                .ada
                .patch("/organization/policy", policy)
                .await
                .expect(200);
            let body = json!({"email": "bob@open.example", "name": "Bob", "password": PASSWORD});
            as_visitor(stage, route.1, body, Then::Nothing)
        }
        _ => unknown(route),
    }
}

async fn with_mail() -> Stage {
    let postbox = Postbox::start().await;
    let variables = postbox.variables();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Stage::with(&variables).await
}

pub(super) async fn own(route: (&str, &str)) -> Case {
    if route.1.starts_with("/me/factors") {
        return factors(route).await;
    }
    let stage = Stage::new().await;
    match route {
        ("PATCH", "/me") => stage.ada("/me", Some(json!({"name": "Ada King"})), "account.updated"),
        ("POST", "/me/password") => {
            let body = json!({
                "currentPassword": PASSWORD, "newPassword": format!("{PLANTED} and longer"),
            });
            stage.ada(route.1, Some(body), "account.password-changed")
        }
        ("POST", "/me/email") => {
            let body = json!({"email": "lovelace@example.com", "password": PASSWORD});
            stage.ada(route.1, Some(body), "account.email-requested")
        }
        ("POST", "/me/sessions/revoke-others") => {
            stage.server.sign_in(ADA).await;
            stage.ada(route.1, None, "session.revoked")
        }
        ("DELETE", "/me/sessions/{sessionId}") => {
            stage.server.sign_in(ADA).await;
            let id = another_session(&stage.ada).await;
            stage.ada(&format!("/me/sessions/{id}"), None, "session.revoked")
        }
        _ => unknown(route),
    }
}

async fn another_session(person: &Person) -> String {
    let list = person.get("/me/sessions").await.expect(200).json();
    let sessions = list["items"].as_array().unwrap();
    let other = sessions.iter().find(|session| session["current"] == false);
    other.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn factors(route: (&str, &str)) -> Case {
    let server = Server::still().await;
    let ada = server.owner().await;
    let named = Some(json!({"name": "phone"}));
    match route {
        ("POST", "/me/factors/totp") => Stage { server, ada }.ada(route.1, named, "factor.begun"),
        ("POST", "/me/factors/totp/{factorId}/confirm") => {
            let begun = ada
                .post("/me/factors/totp", json!({"name": "phone"}))
                .await
                .expect(201);
            let secret = begun.string("/secret");
            let code = crate::identity::factors::shown(&secret, server.app.clock.now());
            let path = format!("/me/factors/totp/{}/confirm", begun.id());
            Stage { server, ada }.ada(&path, Some(json!({"code": code})), "factor.added")
        }
        ("POST", "/me/factors/passkeys/options") => Stage { server, ada }
            .ada(route.1, Some(json!({})), "")
            .nothing(),
        ("POST", "/me/factors/recovery-codes") => {
            let (ada, _) = server.enrol(&ada).await;
            Stage { server, ada }.ada(route.1, None, "recovery-codes.made")
        }
        ("PATCH" | "DELETE", "/me/factors/{factorId}") => {
            let (ada, app) = server.enrol(&ada).await;
            let path = format!("/me/factors/{}", app.id.parse::<Uuid>().unwrap());
            let stage = Stage { server, ada };
            if route.0 == "PATCH" {
                stage.ada(&path, named, "factor.renamed")
            } else {
                stage.ada(&path, None, "factor.removed")
            }
        }
        _ => unknown(route),
    }
}
