//! Vaults, what is in them, and who may see it.

use serde_json::json;

use super::cases::{Stage, unknown};
use super::{Case, PLANTED};

const BOB: &str = "bob@example.com";

pub(super) async fn case(route: (&str, &str)) -> Case {
    let path = route.1;
    if path.contains("/access/") {
        return access(route).await;
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
