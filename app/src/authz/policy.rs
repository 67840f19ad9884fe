//! Who may call which route: the whole table.
//!
//! A route that is missing here answers nobody. What a vault's role allows is decided where the vault
//! is known, by [`super::Permit`].

use http::Method;

use crate::kernel::Scope;

/// What stands before every path of the table.
pub const PREFIX: &str = "/api/v1";

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Confirmed members, even while they still have to set up a second factor.
    Enrolling,
    /// Confirmed members.
    SignedIn,
    /// Those who manage the organisation.
    Manage,
    /// Its owners.
    Owner,
    /// Confirmed members; their role in the vault decides.
    Vault,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The method.
    pub method: &'static str,
    /// The path below [`PREFIX`], with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What a token needs to call it; without one, no token may.
    pub scope: Option<Scope>,
    /// Whether it demands a step-up proof; see [`super::step_up`].
    pub sensitive: bool,
    /// Whether somebody whose organisation is suspended may call it: to leave.
    pub leaving: bool,
}

impl Rule {
    /// Whether the route is about the person's account, and not about one organisation: everything
    /// below `/me`, and going elsewhere. By path, so that a route that is added is in it.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        let reads_who = self.path == "/me" && self.method == "GET";
        let own = self.path == "/me" || self.path.starts_with("/me/");
        (own && !reads_who) || self.path == "/auth/switch-organization"
    }

    const fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    const fn leaving(mut self) -> Self {
        self.leaving = true;
        self
    }

    const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }
}

const fn rule_of(method: &'static str, path: &'static str, access: Access) -> Rule {
    Rule {
        method,
        path,
        access,
        scope: None,
        sensitive: false,
        leaving: false,
    }
}

const fn get(path: &'static str, access: Access) -> Rule {
    rule_of("GET", path, access)
}

const fn post(path: &'static str, access: Access) -> Rule {
    rule_of("POST", path, access)
}

const fn patch(path: &'static str, access: Access) -> Rule {
    rule_of("PATCH", path, access)
}

const fn put(path: &'static str, access: Access) -> Rule {
    rule_of("PUT", path, access)
}

const fn delete(path: &'static str, access: Access) -> Rule {
    rule_of("DELETE", path, access)
}

use Access::{Enrolling, Manage, Owner, Public, SignedIn, Vault};

/// The table.
pub const TABLE: &[Rule] = &[
    // The installation
    get("/meta", Public),
    post("/setup", Public),
    post("/setup/check", Public),
    get("/license", Manage),
    // Sessions
    post("/auth/sign-in", Public),
    post("/auth/invitations/check", Public),
    post("/auth/invitations/accept", Public),
    post("/auth/second-factor", Public),
    post("/auth/second-factor/passkey/options", Public),
    post("/auth/second-factor/passkey", Public),
    post("/auth/passkey/options", Public),
    post("/auth/passkey", Public),
    post("/auth/sign-out", Enrolling).leaving(),
    post("/auth/switch-organization", Enrolling).leaving(),
    get("/auth/step-up/{stepUpId}", Enrolling),
    post("/auth/step-up/{stepUpId}", Enrolling),
    get("/auth/options", Public),
    post("/auth/reset/request", Public),
    post("/auth/reset", Public),
    post("/auth/confirm-email", Public),
    post("/auth/sign-up", Public),
    get("/me", Enrolling),
    patch("/me", SignedIn),
    post("/me/password", Enrolling),
    get("/me/factors", Enrolling),
    post("/me/factors/totp", Enrolling),
    post("/me/factors/totp/{factorId}/confirm", Enrolling).sensitive(),
    post("/me/factors/recovery-codes", Enrolling).sensitive(),
    post("/me/factors/passkeys/options", Enrolling),
    post("/me/factors/passkeys", Enrolling).sensitive(),
    patch("/me/factors/{factorId}", SignedIn),
    delete("/me/factors/{factorId}", SignedIn).sensitive(),
    get("/me/sessions", Enrolling),
    delete("/me/sessions/{sessionId}", Enrolling),
    post("/me/sessions/revoke-others", Enrolling),
    // Tokens for the API: none is made or revoked with a token
    get("/tokens", SignedIn),
    post("/tokens", SignedIn).sensitive(),
    delete("/tokens/{tokenId}", SignedIn),
    // Teams: the role in the team decides, and whoever manages the organisation manages them all
    get("/teams", SignedIn).scope(Scope::PeopleRead),
    post("/teams", Manage).scope(Scope::PeopleWrite),
    get("/teams/{teamId}", SignedIn).scope(Scope::PeopleRead),
    patch("/teams/{teamId}", SignedIn).scope(Scope::PeopleWrite),
    delete("/teams/{teamId}", SignedIn).scope(Scope::PeopleWrite),
    get("/teams/{teamId}/members", SignedIn).scope(Scope::PeopleRead),
    put("/teams/{teamId}/members/{userId}", SignedIn).scope(Scope::PeopleWrite),
    delete("/teams/{teamId}/members/{userId}", SignedIn).scope(Scope::PeopleWrite),
    post("/me/email", SignedIn),
    post("/members/{userId}/reset-link", Manage).sensitive(),
    delete("/members/{userId}/factors", Manage).sensitive(),
    // The organisation and its people
    get("/organization", SignedIn).scope(Scope::PeopleRead),
    patch("/organization", Manage),
    get("/organization/policy", Manage),
    patch("/organization/policy", Manage),
    post("/organization/leave", Enrolling),
    post("/organization/transfer", Owner).sensitive(),
    get("/organization/orphaned-vaults", Owner),
    post("/organization/orphaned-vaults/{vaultId}/adopt", Owner).sensitive(),
    get("/members", SignedIn).scope(Scope::PeopleRead),
    patch("/members/{userId}", Manage).sensitive(),
    delete("/members/{userId}", Manage).sensitive(),
    post("/members/{userId}/confirm", Manage).scope(Scope::PeopleWrite),
    post("/members/{userId}/deactivate", Manage).scope(Scope::PeopleWrite),
    post("/members/{userId}/reactivate", Manage).scope(Scope::PeopleWrite),
    get("/members/{userId}/exposure", Manage).scope(Scope::AuditRead),
    get("/invitations", Manage).scope(Scope::PeopleRead),
    post("/invitations", Manage).scope(Scope::PeopleWrite),
    post("/invitations/{invitationId}/resend", Manage).scope(Scope::PeopleWrite),
    delete("/invitations/{invitationId}", Manage).scope(Scope::PeopleWrite),
    // Sign-in through an identity provider
    post("/auth/sso/start", Public),
    get("/auth/sso/callback", Public),
    get("/organization/sso", Manage),
    put("/organization/sso", Owner).sensitive(),
    delete("/organization/sso", Owner).sensitive(),
    // Vaults and what is in them
    get("/vaults", SignedIn).scope(Scope::VaultsRead),
    post("/vaults", SignedIn).scope(Scope::VaultsWrite),
    get("/vaults/{vaultId}", Vault).scope(Scope::VaultsRead),
    patch("/vaults/{vaultId}", Vault).scope(Scope::VaultsWrite),
    delete("/vaults/{vaultId}", Vault).sensitive(),
    get("/secret-types", SignedIn).scope(Scope::VaultsRead),
    get("/secrets", SignedIn).scope(Scope::VaultsRead),
    get("/vaults/{vaultId}/secrets", Vault).scope(Scope::VaultsRead),
    post("/vaults/{vaultId}/secrets", Vault).scope(Scope::VaultsWrite),
    get("/vaults/{vaultId}/secrets/{secretId}", Vault).scope(Scope::VaultsRead),
    patch("/vaults/{vaultId}/secrets/{secretId}", Vault).scope(Scope::VaultsWrite),
    delete("/vaults/{vaultId}/secrets/{secretId}", Vault).scope(Scope::VaultsWrite),
    post("/vaults/{vaultId}/secrets/{secretId}/restore", Vault).scope(Scope::VaultsWrite),
    post("/vaults/{vaultId}/secrets/bulk", Vault).scope(Scope::VaultsWrite),
    put("/vaults/{vaultId}/secrets/{secretId}/favourite", Vault).scope(Scope::VaultsWrite),
    delete("/vaults/{vaultId}/secrets/{secretId}/favourite", Vault).scope(Scope::VaultsWrite),
    get("/vaults/{vaultId}/trash", Vault).scope(Scope::VaultsRead),
    delete("/vaults/{vaultId}/trash/{secretId}", Vault).sensitive(),
    get("/vaults/{vaultId}/secrets/{secretId}/versions", Vault).scope(Scope::VaultsRead),
    post(
        "/vaults/{vaultId}/secrets/{secretId}/versions/{version}/reveal",
        Vault,
    )
    .scope(Scope::SecretsReveal),
    post(
        "/vaults/{vaultId}/secrets/{secretId}/versions/{version}/restore",
        Vault,
    )
    .scope(Scope::VaultsWrite),
    post("/vaults/{vaultId}/secrets/{secretId}/reveal", Vault).scope(Scope::SecretsReveal),
    // Who may see what. That is about people: a token that only writes to vaults shares nothing
    get("/vaults/{vaultId}/access", Vault).scope(Scope::PeopleRead),
    put("/vaults/{vaultId}/access/users/{userId}", Vault).scope(Scope::PeopleWrite),
    delete("/vaults/{vaultId}/access/users/{userId}", Vault).scope(Scope::PeopleWrite),
    put("/vaults/{vaultId}/access/teams/{teamId}", Vault).scope(Scope::PeopleWrite),
    delete("/vaults/{vaultId}/access/teams/{teamId}", Vault).scope(Scope::PeopleWrite),
    get("/vaults/{vaultId}/secrets/{secretId}/access", Vault).scope(Scope::PeopleRead),
    put(
        "/vaults/{vaultId}/secrets/{secretId}/access/users/{userId}",
        Vault,
    )
    .scope(Scope::PeopleWrite),
    delete(
        "/vaults/{vaultId}/secrets/{secretId}/access/users/{userId}",
        Vault,
    )
    .scope(Scope::PeopleWrite),
    put(
        "/vaults/{vaultId}/secrets/{secretId}/access/teams/{teamId}",
        Vault,
    )
    .scope(Scope::PeopleWrite),
    delete(
        "/vaults/{vaultId}/secrets/{secretId}/access/teams/{teamId}",
        Vault,
    )
    .scope(Scope::PeopleWrite),
    get("/vaults/{vaultId}/secrets/{secretId}/readers", Vault).scope(Scope::PeopleRead),
    get("/shared-secrets", SignedIn).scope(Scope::VaultsRead),
    get("/vaults/{vaultId}/secrets/{secretId}/links", Vault).scope(Scope::PeopleRead),
    post("/vaults/{vaultId}/secrets/{secretId}/links", Vault).scope(Scope::SecretsReveal),
    delete("/vaults/{vaultId}/secrets/{secretId}/links/{linkId}", Vault).scope(Scope::PeopleWrite),
    post("/links/open", Public),
    get("/vaults/{vaultId}/secrets/{secretId}/attachments", Vault).scope(Scope::VaultsRead),
    post("/vaults/{vaultId}/secrets/{secretId}/attachments", Vault).scope(Scope::VaultsWrite),
    get(
        "/vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}",
        Vault,
    )
    .scope(Scope::SecretsReveal),
    delete(
        "/vaults/{vaultId}/secrets/{secretId}/attachments/{attachmentId}",
        Vault,
    )
    .sensitive(),
    post("/vaults/{vaultId}/secrets/{secretId}/code", Vault).scope(Scope::SecretsReveal),
    post("/vaults/{vaultId}/secrets/import/preview", Vault).scope(Scope::VaultsWrite),
    post("/vaults/{vaultId}/secrets/import", Vault).scope(Scope::VaultsWrite),
    post("/vaults/{vaultId}/export", Vault).sensitive(),
    get("/vaults/{vaultId}/health", Vault).scope(Scope::VaultsRead),
    post("/vaults/{vaultId}/breach-check", Vault).scope(Scope::SecretsReveal),
    post("/generate", SignedIn).scope(Scope::VaultsRead),
    // The trail
    get("/audit-events", Manage).scope(Scope::AuditRead),
    post("/audit-events/export", Manage).scope(Scope::AuditRead),
    get("/events", Manage).scope(Scope::AuditRead),
    get("/audit-checkpoints", Manage).scope(Scope::AuditRead),
    post("/audit-checkpoints", Manage),
    get("/audit-checkpoints/{checkpointId}", Manage).scope(Scope::AuditRead),
    post("/audit/verify", Manage),
    get("/audit/verify", Manage),
];

/// Paths outside of [`PREFIX`] that are lines of the table by another name.
const ELSEWHERE: &[(&str, &str)] = &[("/events/v1", "/events")];

/// The path of a route as the table has it.
#[must_use]
pub fn listed(path: &str) -> Option<&str> {
    let elsewhere = ELSEWHERE.iter().find(|(outside, _)| *outside == path);
    elsewhere.map_or_else(|| path.strip_prefix(PREFIX), |(_, line)| Some(line))
}

/// The line of a route.
#[must_use]
pub fn rule(method: &Method, path: &str) -> Option<&'static Rule> {
    TABLE
        .iter()
        .find(|rule| rule.path == path && rule.method == method.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PREFIX, TABLE};
    use crate::boot;

    #[test]
    fn every_route_has_one_line_and_no_line_is_about_nothing() {
        let document = serde_json::to_value(boot::tenant_api().1).unwrap();
        let mut routes = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let path = path.strip_prefix(PREFIX).unwrap();
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let lines: Vec<String> = TABLE
            .iter()
            .map(|rule| format!("{} {}", rule.method, rule.path))
            .collect();
        let listed: BTreeSet<String> = lines.iter().cloned().collect();
        assert_eq!(listed.len(), lines.len(), "a route is listed twice");
        assert_eq!(listed, routes);
    }
}
