//! `attributes` and `excludedAttributes` (RFC 7644, 3.9): which part of a resource is wanted.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::filter::{Target, find};
use super::schema::Attribute;

/// What is always there.
const ALWAYS: [&str; 2] = ["id", "schemas"];

/// What is wanted, as it stands in a query.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wanted {
    /// Nothing but these.
    attributes: Option<String>,
    /// All but these.
    excluded_attributes: Option<String>,
}

impl Wanted {
    /// Cuts a resource down to what is wanted. What names nothing is left out of account.
    pub(super) fn cut(
        &self,
        resource: Value,
        schema: &str,
        attributes: &'static [Attribute],
    ) -> Value {
        let Value::Object(mut resource) = resource else {
            return resource;
        };
        if let Some(names) = &self.attributes {
            let targets = targets(names, schema, attributes);
            let mut kept = Map::new();
            for (name, value) in resource {
                if ALWAYS.contains(&name.as_str()) {
                    kept.insert(name, value);
                } else if let Some(value) = keep(&name, value, &targets) {
                    kept.insert(name, value);
                }
            }
            resource = kept;
        } else if let Some(names) = &self.excluded_attributes {
            for Target { attribute, part } in targets(names, schema, attributes) {
                match part {
                    None if ALWAYS.contains(&attribute.name) => {}
                    None => {
                        resource.remove(attribute.name);
                    }
                    Some(part) => {
                        if let Some(value) = resource.get_mut(attribute.name) {
                            each(value, &mut |item| {
                                item.remove(part.name);
                            });
                        }
                    }
                }
            }
        }
        Value::Object(resource)
    }

    /// Whether an attribute is wanted at all, so that it need not be looked for.
    pub(super) fn wants(&self, name: &str) -> bool {
        let named = |names: &Option<String>| {
            names.as_deref().map(|names| {
                names
                    .split(',')
                    .any(|one| one.trim().eq_ignore_ascii_case(name))
            })
        };
        match (&self.attributes, named(&self.excluded_attributes)) {
            (Some(_), _) => true,
            (None, excluded) => excluded != Some(true),
        }
    }
}

fn targets(names: &str, schema: &str, attributes: &'static [Attribute]) -> Vec<Target> {
    names
        .split(',')
        .filter_map(|name| find(name.trim(), schema, attributes))
        .collect()
}

fn keep(name: &str, mut value: Value, targets: &[Target]) -> Option<Value> {
    let mut parts = Vec::new();
    for target in targets
        .iter()
        .filter(|target| target.attribute.name == name)
    {
        match target.part {
            None => return Some(value),
            Some(part) => parts.push(part.name),
        }
    }
    if parts.is_empty() {
        return None;
    }
    each(&mut value, &mut |item| {
        item.retain(|name, _| parts.contains(&name.as_str()));
    });
    Some(value)
}

/// Does something with an object, or with each of a list.
fn each(value: &mut Value, act: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(item) => act(item),
        Value::Array(items) => {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                act(item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
