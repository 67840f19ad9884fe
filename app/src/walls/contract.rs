//! The routes, as the OpenAPI document lists them.

use http::Method;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::authz::policy::{self, Access, Rule};
use crate::boot;
use crate::kernel::Clock;

/// One method of one path.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    /// Below `/api/v1`, with its parameters in braces.
    pub(super) path: String,
    /// Of JSON; what else a route takes is tried by its own tests.
    pub(super) has_body: bool,
    /// What the document says of the body, its references followed.
    schema: Value,
    /// The names that a query may have.
    queries: Vec<String>,
    responses: Vec<u16>,
    answers_bytes: bool,
}

impl Operation {
    pub(super) fn rule(&self) -> &'static Rule {
        policy::rule(&self.method, &self.path)
            .unwrap_or_else(|| panic!("{} is not in the table", self.path))
    }

    pub(super) fn is_public(&self) -> bool {
        self.rule().access == Access::Public
    }

    pub(super) fn is_safe(&self) -> bool {
        self.method == Method::GET
    }

    /// Whether it answers with bytes that are no JSON.
    pub(super) const fn answers_bytes(&self) -> bool {
        self.answers_bytes
    }

    /// Whether the document lists a name for the query.
    pub(super) fn asks(&self, name: &str) -> bool {
        self.queries.iter().any(|known| known == name)
    }

    /// Whether the document says that it may answer so.
    pub(super) fn documents(&self, status: u16) -> bool {
        self.responses.contains(&status)
    }

    pub(super) fn has_parameters(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with its first parameter filled in, and every other one.
    pub(super) fn at(&self, first: &str, other: &str) -> String {
        let mut ids = std::iter::once(first).chain(std::iter::repeat(other));
        self.with(|_| ids.next().unwrap().to_owned())
    }

    /// The path with each parameter filled in by its name.
    pub(super) fn with(&self, mut id: impl FnMut(&str) -> String) -> String {
        let parts = self.path.split('/').map(|part| {
            match part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'))
            {
                Some(name) => id(name),
                None => part.to_owned(),
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A body of the right shape, made from the document.
    pub(super) fn body(&self) -> Option<Value> {
        self.has_body
            .then(|| match (self.method.as_str(), self.path.as_str()) {
                ("POST", "/vaults/{vaultId}/secrets") => {
                    let fields = json!({"password": "planted"});
                    json!({"type": "PASSWORD", "name": "planted", "fields": fields})
                }
                ("PATCH", "/vaults/{vaultId}/secrets/{secretId}") => {
                    json!({"name": "planted", "fields": {"password": "planted"}})
                }
                ("POST", "/generate") => json!({"kind": "password"}),
                ("POST", path) if path.contains("/secrets/import") => {
                    // `A=planted`.
                    json!({"format": "dotenv", "file": "QT1wbGFudGVk"})
                }
                ("POST", "/vaults/{vaultId}/export") => {
                    json!({"passphrase": "planted-lantern-quartz-mild"})
                }
                _ => example(&self.schema, ""),
            })
    }

    /// The most bytes that the route takes.
    pub(super) fn largest_body(&self) -> usize {
        match (self.method.as_str(), self.path.as_str()) {
            ("POST", "/vaults/{vaultId}/secrets")
            | ("PATCH", "/vaults/{vaultId}/secrets/{secretId}") => 1024 * 1024,
            ("POST", path) if path.contains("/secrets/import") => 15 * 1024 * 1024,
            _ => 256 * 1024,
        }
    }

    /// Whether the document lists a field of the body.
    pub(super) fn knows(&self, field: &str) -> bool {
        let properties = self.schema.get("properties");
        properties.is_some_and(|properties| properties.get(field).is_some())
    }

    /// The fields of the body, each with what the document says of it.
    pub(super) fn properties(&self) -> Vec<(String, Value)> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        let properties = properties.into_iter().flatten();
        properties
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect()
    }

    /// Whether a field of the body could be of the type of a value.
    pub(super) fn takes(&self, field: &str, value: &Value) -> bool {
        let kinds = self
            .schema
            .pointer(&format!("/properties/{field}"))
            .map(kinds)
            .unwrap_or_default();
        let has = |kind: &str| kinds.iter().any(|known| known == kind);
        kinds.is_empty()
            || match value {
                Value::Object(_) | Value::Array(_) => has("object") || has("array"),
                Value::Bool(_) => has("boolean"),
                Value::Number(_) => has("integer") || has("number"),
                Value::String(_) => has("string"),
                Value::Null => true,
            }
    }
}

/// The types that a schema allows.
fn kinds(schema: &Value) -> Vec<String> {
    let mut found: Vec<String> = match &schema["type"] {
        Value::String(kind) => vec![kind.clone()],
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(|kind| kind.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array();
        found.extend(choices.into_iter().flatten().flat_map(kinds));
    }
    found
}

/// A value that a schema allows.
fn example(schema: &Value, name: &str) -> Value {
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array();
        let mut choices = choices.into_iter().flatten();
        if let Some(choice) = choices.find(|choice| choice["type"] != "null") {
            return example(choice, name);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let kind = kinds(schema).into_iter().find(|kind| kind != "null");
    match kind.as_deref() {
        Some("string") => json!(word(schema["format"].as_str(), name)),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ => {
            let properties = schema["properties"].as_object().cloned();
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let wanted = |name: &String| required.is_empty() || required.contains(&json!(name));
            let members: Map<String, Value> = properties
                .unwrap_or_default()
                .into_iter()
                .filter(|(name, _)| wanted(name))
                .map(|(name, schema)| (name.clone(), example(&schema, &name)))
                .collect();
            Value::Object(members)
        }
    }
}

fn word(format: Option<&str>, name: &str) -> String {
    match (format, name) {
        (Some("uuid"), _) => Uuid::now_v7().to_string(),
        (Some("date-time"), _) => (Clock::system().now() + time::Duration::days(7))
            .format(&Rfc3339)
            .unwrap(),
        (_, "email") => "nobody@example.com".to_owned(),
        _ => "planted".to_owned(),
    }
}

/// Follows every reference of a schema, but not for ever.
fn followed(schema: &Value, document: &Value, depth: usize) -> Value {
    if let Some(target) = schema["$ref"].as_str().filter(|_| depth < 8) {
        let target = document.pointer(target.trim_start_matches('#')).unwrap();
        return followed(target, document, depth + 1);
    }
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), followed(value, document, depth)))
            .collect(),
        Value::Array(items) => items
            .iter()
            .map(|item| followed(item, document, depth))
            .collect(),
        plain => plain.clone(),
    }
}

/// The names that the query of an operation may have.
fn queries(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let named = parameters.filter(|parameter| parameter["in"] == "query");
    named
        .filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned()))
        .collect()
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
            let schema = operation.pointer("/requestBody/content/application~1json/schema");
            let bytes = "/responses/200/content/application~1octet-stream";
            found.push(Operation {
                method,
                path: path.clone(),
                has_body: schema.is_some(),
                schema: followed(schema.unwrap_or(&Value::Null), &document, 0),
                queries: queries(operation),
                answers_bytes: operation.pointer(bytes).is_some(),
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
        if matches!(operation.rule().access, Access::Manage | Access::Owner) {
            must(403);
        }
    }
}
