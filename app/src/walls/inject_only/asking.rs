//! Every way in which a route can be asked about a record, made from the document: a route that is added
//! is asked without a line of code.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::contract::Operation;
use super::{Planted, TYPES};

/// Members of a body that say which record is meant.
const NAMING: [&str; 4] = ["ids", "secretIds", "secrets", "secretId"];
/// So many bodies are tried at a route for one record.
const MOST: usize = 80;

/// The path of a route, about a record.
pub(super) fn path(operation: &Operation, planted: &Planted) -> String {
    operation.with(|name| match name {
        "vaultId" => planted.vault.clone(),
        "secretId" => planted.id.clone(),
        "version" => "1".to_owned(),
        "userId" => planted.user.to_string(),
        "attachmentId" => planted.file.clone(),
        "linkId" => planted.link.0.clone(),
        _ => Uuid::now_v7().to_string(),
    })
}

/// Queries that could let a value out, or tell whether one was guessed.
pub(super) fn queries(planted: &Planted) -> Vec<String> {
    let mut all = vec![String::new()];
    for name in &planted.fields {
        all.push(format!("?sort={name}&order=asc&field={name}&fields={name}"));
    }
    all
}

/// Bodies that a route may take, with every choice that it leaves, about a record.
pub(super) fn bodies(operation: &Operation, planted: &Planted) -> Vec<Option<Value>> {
    let Some(first) = operation.body() else {
        return vec![None];
    };
    let mut all = vec![first];
    if operation.method == "PATCH" && operation.path.ends_with("/secrets/{secretId}") {
        all.push(replacing(planted));
    }
    let properties = operation.properties();
    // What names no record of the vault has nothing to do with what kind that is of.
    let named = |(name, _): &(String, Value)| NAMING.contains(&name.as_str());
    let about_it = operation.path.contains("{secretId}") || properties.iter().any(named);
    let thorough = about_it || planted.kind == TYPES[0];
    for (name, schema) in properties {
        let choices = choices(&name, &schema, planted);
        if !thorough || choices.is_empty() || !all.iter().all(Value::is_object) {
            continue;
        }
        let mut more = Vec::new();
        for body in &all {
            for choice in &choices {
                let mut body = body.clone();
                body[&name] = choice.clone();
                more.push(body);
            }
        }
        more.truncate(MOST);
        all = more;
    }
    all.into_iter().map(Some).collect()
}

/// A change that leaves nothing of what is concealed in a record, as it has to be to unset the rule.
fn replacing(planted: &Planted) -> Value {
    let custom = |name: &&String| name.starts_with("custom:");
    let of_type = planted.fields.iter().filter(|name| !custom(name));
    let fields: Map<String, Value> = of_type
        .map(|name| (name.clone(), json!("replaced")))
        .collect();
    json!({"fields": fields, "customFields": []})
}

/// What a field of a body could say about a record.
fn choices(name: &str, schema: &Value, planted: &Planted) -> Vec<Value> {
    let is = |kind: &str| schema["type"] == kind || json!([kind, "null"]) == schema["type"];
    match name {
        "field" => planted.fields.iter().map(|name| json!(name)).collect(),
        "fields" if is("array") => vec![json!(planted.fields)],
        "ids" | "secretIds" | "secrets" if is("array") => vec![json!([planted.id])],
        "secretId" => vec![json!(planted.id)],
        "to" | "vaultId" => vec![json!(planted.other)],
        "vaultIds" if is("array") => vec![json!([planted.vault])],
        "token" => vec![json!(planted.link.1)],
        "injectOnly" => vec![json!(false), json!(true)],
        _ => schema["enum"].as_array().cloned().unwrap_or_default(),
    }
}
