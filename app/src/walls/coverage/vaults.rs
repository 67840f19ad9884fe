//! Vaults, what is in them, and who may see it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cases::{Stage, unknown};
use super::{Case, PLANTED, Then};

const BOB: &str = "bob@example.com";

pub(super) async fn case(route: (&str, &str)) -> Case {
    let path = route.1;
    if path.contains("/access/") {
        return access(route).await;
    }
    if path.contains("/trash") || path.ends_with("/restore") && !path.contains("/versions/") {
        return trash(route).await;
    }
    if path.contains("/versions/") {
        return versions(route).await;
    }
    if path.contains("/import") || path.ends_with("/code") || path.ends_with("/breach-check") {
        return kinds(route).await;
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
            let body = json!({"name": "Other"});
            stage.ada(&at, Some(body), "vault.updated").at_version(1)
        }
        ("POST", "/vaults/{vaultId}/secrets") => {
            let body = json!({"type": "PASSWORD", "name": "mill", "fields": {"password": PLANTED}});
            stage.ada(&format!("{at}/secrets"), Some(body), "secret.created")
        }
        ("POST", "/vaults/{vaultId}/secrets/bulk") => {
            let id = secret.rsplit('/').next().unwrap();
            let body = json!({"action": "trash", "ids": [id]});
            stage.ada(&format!("{at}/secrets/bulk"), Some(body), "secret.trashed")
        }
        ("PATCH", "/vaults/{vaultId}/secrets/{secretId}") => {
            let body = json!({"fields": {"password": format!("{PLANTED} again")}});
            stage
                .ada(&secret, Some(body), "secret.updated")
                .at_version(1)
        }
        ("DELETE", "/vaults/{vaultId}/secrets/{secretId}") => {
            stage.ada(&secret, None, "secret.trashed")
        }
        ("POST", "/vaults/{vaultId}/secrets/{secretId}/reveal") => {
            let body = json!({"field": "password"});
            stage.ada(&format!("{secret}/reveal"), Some(body), "secret.revealed")
        }
        ("PUT", "/vaults/{vaultId}/secrets/{secretId}/favourite") => {
            stage.ada(&format!("{secret}/favourite"), None, "secret.favourited")
        }
        ("DELETE", "/vaults/{vaultId}/secrets/{secretId}/favourite") => {
            let favourite = format!("{secret}/favourite");
            stage.ada.put(&favourite, Value::Null).await.expect(204);
            stage.ada(&favourite, None, "secret.unfavourited")
        }
        _ => unknown(route),
    }
}

async fn trash(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let secret = stage.ada.secret(&vault, "mill", PLANTED).await;
    stage.ada.delete(&secret).await.expect(204);
    match route {
        ("POST", "/vaults/{vaultId}/secrets/{secretId}/restore") => {
            stage.ada(&format!("{secret}/restore"), None, "secret.restored")
        }
        _ => unknown(route),
    }
}

/// What is done with records of some kind, or with many at once.
async fn kinds(route: (&str, &str)) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    std::fs::write(&list, format!("{}:7\r\n", "A".repeat(40))).unwrap();
    let stage = Stage::with(&[("BREACH_FILE", list.to_str().unwrap())]).await;
    let vault = stage.ada.vault("Engines").await;
    let at = format!("/vaults/{vault}");
    let table =
        format!("name,url,username,password,note\nShop,https://shop.example,ada,{PLANTED},why\n");
    let file = json!({"format": "browser-csv", "file": STANDARD.encode(table)});
    match route.1 {
        "/vaults/{vaultId}/secrets/import/preview" => stage
            .ada(&format!("{at}/secrets/import/preview"), Some(file), "")
            .nothing(),
        "/vaults/{vaultId}/secrets/import" => stage.ada(
            &format!("{at}/secrets/import"),
            Some(file),
            "secret.imported",
        ),
        "/vaults/{vaultId}/breach-check" => {
            let path = format!("{at}/breach-check");
            stage
                .ada(&path, Some(json!({})), "vault.breaches-checked")
                .holding(folder)
        }
        "/vaults/{vaultId}/secrets/{secretId}/code" => {
            let fields = json!({"otpauth": "otpauth://totp/Mail:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"});
            let body = json!({"type": "TOTP", "name": "phone", "fields": fields});
            let path = stage.ada.store(&vault, body).await;
            stage.ada(
                &format!("{path}/code"),
                Some(json!({})),
                "secret.code-shown",
            )
        }
        _ => unknown(route),
    }
}

async fn versions(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let vault = stage.ada.vault("Engines").await;
    let secret = stage.ada.secret(&vault, "mill", PLANTED).await;
    let change = json!({"fields": {"password": format!("{PLANTED} again")}});
    stage.ada.change(&secret, 1, change).await.expect(200);
    let first = format!("{secret}/versions/1");
    match route.1.rsplit('/').next() {
        Some("reveal") => {
            let body = json!({"field": "password"});
            stage.ada(
                &format!("{first}/reveal"),
                Some(body),
                "secret.version-revealed",
            )
        }
        Some("restore") => stage.ada(&format!("{first}/restore"), None, "secret.version-restored"),
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
        ("GET", false) => {
            let added = stage.ada.post(&new, file).await.expect(201).id();
            stage.ada(&format!("{files}/{added}"), None, "attachment.read")
        }
        _ => unknown(route),
    }
}

/// A link to a password, for one use.
fn link() -> Value {
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
