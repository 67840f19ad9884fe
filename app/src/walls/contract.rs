//! The routes, as the OpenAPI document lists them.

use http::Method;
use serde_json::Value;

use crate::boot;

/// What anybody may call. Everything else needs a session.
const PUBLIC: [(&str, &str); 4] = [
    ("GET", "/meta"),
    ("POST", "/auth/sign-in"),
    ("POST", "/setup"),
    ("POST", "/setup/check"),
];

/// One method of one path.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    /// Below `/api/v1`, with its parameters in braces.
    pub(super) path: String,
    pub(super) has_body: bool,
    responses: Vec<u16>,
}

impl Operation {
    pub(super) fn is_public(&self) -> bool {
        PUBLIC.contains(&(self.method.as_str(), self.path.as_str()))
    }

    pub(super) fn is_safe(&self) -> bool {
        self.method == Method::GET
    }

    pub(super) fn has_parameters(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with its parameters filled in.
    pub(super) fn at(&self, vault: &str, secret: &str) -> String {
        let path = self
            .path
            .replace("{vaultId}", vault)
            .replace("{secretId}", secret);
        assert!(
            !path.contains('{'),
            "{path} has a parameter that no test knows"
        );
        path
    }

    /// A body that the operation accepts.
    pub(super) fn body(&self) -> Option<Value> {
        use serde_json::json;
        let new = json!({"type": "PASSWORD", "name": "planted", "password": "planted"});
        self.has_body
            .then(|| match (self.method.as_str(), self.path.as_str()) {
                ("POST", "/vaults") | ("PATCH", "/vaults/{vaultId}") => json!({"name": "planted"}),
                ("POST", "/vaults/{vaultId}/secrets") => new,
                ("PATCH", "/vaults/{vaultId}/secrets/{secretId}") => {
                    json!({"version": 1, "name": "planted", "password": "planted"})
                }
                ("POST", "/auth/sign-in") => json!({"email": "x@example.com", "password": "x"}),
                ("POST", "/setup/check") => json!({"token": "x"}),
                ("POST", "/setup") => json!({
                    "token": "x", "organizationName": "x", "name": "x", "email": "x@example.com",
                    "password": "x",
                }),
                other => panic!("{other:?} has a body that no test knows"),
            })
    }
}

/// Every operation of the tenant API.
pub(super) fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(boot::tenant_api().1).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .strip_prefix("/api/v1")
            .unwrap_or_else(|| panic!("{path}"))
            .to_owned();
        for (method, operation) in methods.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            let responses = operation["responses"].as_object().unwrap();
            found.push(Operation {
                method,
                path: path.clone(),
                has_body: operation.get("requestBody").is_some(),
                responses: responses
                    .keys()
                    .map(|status| status.parse().unwrap())
                    .collect(),
            });
        }
    }
    assert!(found.len() >= 15, "{found:#?}");
    found
}

#[test]
fn the_routes_are_those_that_the_tests_know() {
    let mut table: Vec<String> = operations()
        .iter()
        .map(|operation| {
            let who = if operation.is_public() {
                "anybody"
            } else {
                "session"
            };
            format!("{who} {} {}", operation.method, operation.path)
        })
        .collect();
    table.sort();
    let expected = [
        "anybody GET /meta",
        "anybody POST /auth/sign-in",
        "anybody POST /setup",
        "anybody POST /setup/check",
        "session DELETE /vaults/{vaultId}",
        "session DELETE /vaults/{vaultId}/secrets/{secretId}",
        "session GET /audit-events",
        "session GET /license",
        "session GET /me",
        "session GET /vaults",
        "session GET /vaults/{vaultId}",
        "session GET /vaults/{vaultId}/secrets",
        "session GET /vaults/{vaultId}/secrets/{secretId}",
        "session PATCH /vaults/{vaultId}",
        "session PATCH /vaults/{vaultId}/secrets/{secretId}",
        "session POST /auth/sign-out",
        "session POST /vaults",
        "session POST /vaults/{vaultId}/secrets",
        "session POST /vaults/{vaultId}/secrets/{secretId}/reveal",
    ];
    assert_eq!(
        table, expected,
        "a new route needs a line here, and its place in these tests"
    );
}

#[test]
fn every_route_documents_how_it_refuses() {
    for operation in operations() {
        let must = |status: u16| {
            let documented = operation.responses.contains(&status);
            assert!(
                documented,
                "{} {} does not say {status}",
                operation.method, operation.path
            );
        };
        if !operation.is_public() {
            must(401);
        }
        if operation.has_parameters() {
            must(404);
        }
    }
}
