//! How each route is asked.

use http::Method;
use serde_json::Value;

use super::super::contract::Operation;
use super::super::step_up;
use super::{Case, Then, Who, account, rest, vaults};
use crate::testing::{Client, Person, Server};

/// A server with an owner, before anything is asked.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) ada: Person,
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(super) async fn with(variables: &[(&str, &str)]) -> Self {
        let server = Server::start_with(variables).await;
        let ada = server.owner().await;
        Self { server, ada }
    }

    /// Ada asks, and one entry comes of it.
    pub(super) fn ada(self, path: &str, body: Option<Value>, action: &'static str) -> Case {
        let ada = self.ada.clone();
        self.by(ada, path, body, action)
    }

    /// Somebody asks, and one entry comes of it.
    pub(super) fn by(
        self,
        person: Person,
        path: &str,
        body: Option<Value>,
        action: &'static str,
    ) -> Case {
        Case {
            server: self.server,
            who: Who::Person(person),
            path: path.to_owned(),
            body,
            version: None,
            folder: None,
            then: Then::One(action),
        }
    }

    /// Somebody who is not signed in asks.
    pub(super) fn visitor(self, visitor: Client, path: &str, body: Value, then: Then) -> Case {
        Case {
            server: self.server,
            who: Who::Visitor(visitor),
            path: path.to_owned(),
            body: Some(body),
            version: None,
            folder: None,
            then,
        }
    }
}

impl Case {
    /// The same, as a change of a secret from a version.
    pub(super) const fn at_version(mut self, version: i32) -> Self {
        self.version = Some(version);
        self
    }

    /// The same, with a folder that has to be there.
    pub(super) fn holding(mut self, folder: tempfile::TempDir) -> Self {
        self.folder = Some(folder);
        self
    }

    /// The same, where nothing comes of it.
    pub(super) fn nothing(mut self) -> Self {
        self.then = Then::Nothing;
        self
    }
}

/// The part of a link that is the secret.
pub(super) fn token_of(link: &str) -> &str {
    link.split_once("#token=").unwrap().1
}

/// What a sensitive route records; how it is asked is known where proofs are tried.
async fn sensitive(operation: &Operation, action: &'static str) -> Case {
    let stage = Stage::new().await;
    let asked = step_up::prepare(&stage.server, &stage.ada, operation).await;
    stage.ada(&asked.path, asked.body, action)
}

/// How a route is asked, and what it records.
pub(super) async fn case(operation: &Operation) -> Case {
    let route = (operation.method.as_str(), operation.path.as_str());
    let action = match route {
        ("POST", "/me/factors/passkeys") => Some("factor.added"),
        ("POST", "/tokens") => Some("token.created"),
        ("PATCH", "/members/{userId}") => Some("member.role-changed"),
        ("DELETE", "/members/{userId}") => Some("member.removed"),
        ("POST", "/members/{userId}/reset-link") => Some("account.reset-link-made"),
        ("DELETE", "/members/{userId}/factors") => Some("factor.all-removed"),
        ("POST", "/organization/transfer") => Some("organization.transferred"),
        ("POST", "/organization/orphaned-vaults/{vaultId}/adopt") => Some("vault.adopted"),
        ("PUT", "/organization/sso") => Some("sso.changed"),
        ("DELETE", "/organization/sso") => Some("sso.removed"),
        ("DELETE", "/vaults/{vaultId}") => Some("vault.deleted"),
        ("POST", "/vaults/{vaultId}/export") => Some("vault.exported"),
        ("DELETE", "/vaults/{vaultId}/trash/{secretId}") => Some("secret.deleted"),
        ("DELETE", "/vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}") => {
            Some("attachment.removed")
        }
        _ => None,
    };
    if let Some(action) = action {
        return sensitive(operation, action).await;
    }
    if route.1.starts_with("/auth/") {
        return account::signing_in(route).await;
    }
    if route.1 == "/me" || route.1.starts_with("/me/") {
        return account::own(route).await;
    }
    if route.1 == "/links/open" {
        return vaults::opening().await;
    }
    if route.1.starts_with("/vaults") {
        return vaults::case(route).await;
    }
    rest::case(route).await
}

/// A route that nobody has thought of here.
pub(super) fn unknown(route: (&str, &str)) -> ! {
    let _method: Method = route.0.parse().unwrap();
    panic!(
        "{} {} may change something: say here what it records",
        route.0, route.1
    )
}
