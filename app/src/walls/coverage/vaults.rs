//! Vaults, what is in them, and who may see it.

use serde_json::json;

use super::cases::{Stage, unknown};
use super::{Case, PLANTED, Then};

const BOB: &str = "bob@example.com";

pub(super) async fn case(route: (&str, &str)) -> Case {
    let path = route.1;
    if path.contains("/access/") {
        return access(route).await;
    }
    if path.contains("/links") || path.contains("/attachments") {
        return besides(route).await;
    }
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let secret = stage.ada.secret(&vault, "mill", PLANTED).await;
    let at = format!("/vaults/{vault}");
    match route {
        ("POST", "/vaults") => stage.ada(path, Some(json!({"name": "More"})), "vault.created"),
        ("PATCH", "/vaults/{vaultId}") => {
            stage.ada(&at, Some(json!({"name": "Other"})), "vault.updated")
        }
        ("POST", "/vaults/{vaultId}/secrets") => {
            let body = json!({"type": "PASSWORD", "name": "mill", "password": PLANTED});
            stage.ada(&format!("{at}/secrets"), Some(body), "secret.created")
        }
        ("PATCH", "/vaults/{vaultId}/secrets/{secretId}") => {
            let body = json!({"version": 1, "password": format!("{PLANTED} again")});
            stage.ada(&secret, Some(body), "secret.updated")
        }
        ("POST", "/vaults/{vaultId}/secrets/{secretId}/reveal") => {
            stage.ada(&format!("{secret}/reveal"), None, "secret.revealed")
        }
        _ => unknown(route),
    }
}

async fn access(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let secret = stage.ada.secret(&vault, "mill", PLANTED).await;
    let (place, shared, unshared) = if route.1.contains("{secretId}") {
        (secret, "secret.shared", "secret.unshared")
    } else {
        (format!("/vaults/{vault}"), "vault.shared", "vault.unshared")
    };
    let whom = if route.1.contains("/teams/") {
        let team = stage
            .ada
            .post("/teams", json!({"name": "Engineers"}))
            .await
            .expect(201);
        format!("{place}/access/teams/{}", team.id())
    } else {
        let bob = stage.server.member(stage.ada.org, BOB, "member").await;
        format!("{place}/access/users/{}", bob.user)
    };
    let role = json!({"role": "VIEWER"});
    match route.0 {
        "PUT" => stage.ada(&whom, Some(role), shared),
        "DELETE" => {
            let given = stage.ada.put(&whom, role).await;
            assert!(given.status.is_success(), "{}", given.text());
            stage.ada(&whom, None, unshared)
        }
        _ => unknown(route),
    }
}

/// Links to a secret, and files of it.
async fn besides(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let secret = stage.ada.secret(&vault, "mill", PLANTED).await;
    let (links, files) = (format!("{secret}/links"), format!("{secret}/attachments"));
    let new = format!("{files}?name=letter.txt");
    let file = json!({"words": PLANTED});
    match (route.0, route.1.contains("/links")) {
        ("POST", true) => stage.ada(&links, Some(link()), "link.made"),
        ("DELETE", true) => {
            let made = stage.ada.post(&links, link()).await.expect(201);
            let path = format!("{links}/{}", made.string("/link/id"));
            stage.ada(&path, None, "link.withdrawn")
        }
        ("POST", false) => stage.ada(&new, Some(file), "attachment.added"),
        ("DELETE", false) => {
            let added = stage.ada.post(&new, file).await.expect(201).id();
            stage.ada(&format!("{files}/{added}"), None, "attachment.removed")
        }
        _ => unknown(route),
    }
}

/// A link to a password, for one use.
fn link() -> serde_json::Value {
    let ends = crate::kernel::Clock::system().now() + time::Duration::days(1);
    let ends = ends.format(&time::format_description::well_known::Rfc3339);
    json!({"fields": ["password"], "uses": 1, "expiresAt": ends.unwrap()})
}

/// Somebody outside opens a link.
pub(super) async fn opening() -> Case {
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let secret = stage.ada.secret(&vault, "mill", PLANTED).await;
    let made = stage.ada.post(&format!("{secret}/links"), link()).await;
    let url = made.expect(201).string("/url");
    let token = url.split_once('#').unwrap().1;
    let (visitor, body) = (stage.server.visitor(), json!({"token": token}));
    stage.visitor(visitor, "/links/open", body, Then::One("link.opened"))
}
