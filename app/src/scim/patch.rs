//! PATCH (RFC 7644, 3.5.2): operations on a document. The document is checked anew afterwards, whole.

use serde_json::{Map, Value};

use super::document::{says, value_of};
use super::error::Error;
use super::matching::fits;
use super::path::Path;
use super::schema::Attribute;

const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// How many operations one request may have.
const MOST: usize = 1000;

/// What is done with what a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// Applies every operation of a message, in order; none of them, when one cannot be.
pub(super) fn apply(
    document: &mut Map<String, Value>,
    message: &Map<String, Value>,
    schema: &str,
    attributes: &'static [Attribute],
) -> Result<(), Error> {
    says(message, PATCH_URN)?;
    let operations = member(message, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| Error::syntax("Operations is missing."))?;
    if operations.len() > MOST {
        return Err(Error::too_many("There are too many operations."));
    }
    for operation in operations {
        let operation = operation
            .as_object()
            .ok_or_else(|| Error::syntax("An operation is no object."))?;
        let verb = verb(operation)?;
        let value = member(operation, "value").unwrap_or(&Value::Null);
        match member(operation, "path") {
            Some(Value::String(path)) => {
                let path = Path::parse(path, schema, attributes)?;
                one(document, verb, &path, value)?;
            }
            Some(Value::Null) | None => whole(document, verb, value, schema, attributes)?,
            Some(_) => return Err(Error::path("A path is text.")),
        }
    }
    Ok(())
}

/// A member of an object by its name, in any case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn verb(operation: &Map<String, Value>) -> Result<Verb, Error> {
    let word = member(operation, "op").and_then(Value::as_str);
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Ok(Verb::Add),
        Some("replace") => Ok(Verb::Replace),
        Some("remove") => Ok(Verb::Remove),
        Some(_) | None => Err(Error::syntax("op is add, replace or remove.")),
    }
}

/// An operation without a path: each member of its value is one. What the schema does not know is left
/// out, as in a document.
fn whole(
    document: &mut Map<String, Value>,
    verb: Verb,
    value: &Value,
    schema: &str,
    attributes: &'static [Attribute],
) -> Result<(), Error> {
    if verb == Verb::Remove {
        return Err(Error::no_target("A removal names what it removes."));
    }
    let value = value
        .as_object()
        .ok_or_else(|| Error::value("Without a path the value is an object."))?;
    for (name, value) in value {
        match Path::parse(name, schema, attributes) {
            Ok(path) if path.is_writable() => one(document, verb, &path, value)?,
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

fn one(
    document: &mut Map<String, Value>,
    verb: Verb,
    path: &Path,
    value: &Value,
) -> Result<(), Error> {
    if !path.is_writable() {
        let message = format!("{} is not to be changed.", path.attribute.name);
        return Err(Error::mutability(message));
    }
    if let Some(filter) = &path.filter {
        let fitting = |item: &Value| item.as_object().is_some_and(|item| fits(filter, item));
        return some_of(document, verb, path, value, &fitting);
    }
    match (path.part, verb) {
        (None, Verb::Remove) => remove(document, path.attribute, value),
        (None, Verb::Add | Verb::Replace) => put(document, verb, path.attribute, value),
        (Some(_), _) if path.attribute.multi => some_of(document, verb, path, value, &|_| true),
        (Some(part), _) => {
            let name = path.attribute.name.to_owned();
            let inside = document
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inside) = inside {
                put_part(inside, verb, part, value)?;
            }
            Ok(())
        }
    }
}

/// Removes an attribute. Of a list only the values that are named, where any are: Microsoft's
/// provisioning says it so.
fn remove(
    document: &mut Map<String, Value>,
    attribute: &'static Attribute,
    value: &Value,
) -> Result<(), Error> {
    if attribute.required {
        return Err(Error::mutability(format!(
            "{} is required.",
            attribute.name
        )));
    }
    let named: Vec<&Value> = match value {
        Value::Array(items) => items.iter().filter_map(|item| item.get("value")).collect(),
        _ => Vec::new(),
    };
    match document.get_mut(attribute.name) {
        Some(Value::Array(items)) if !named.is_empty() => {
            items.retain(|item| {
                item.get("value")
                    .is_none_or(|value| !named.contains(&value))
            });
        }
        _ => {
            document.remove(attribute.name);
        }
    }
    Ok(())
}

fn put(
    document: &mut Map<String, Value>,
    verb: Verb,
    attribute: &'static Attribute,
    value: &Value,
) -> Result<(), Error> {
    let Some(value) = value_of(attribute, value)? else {
        // Assigning nothing is removing, and adding nothing is nothing.
        return if verb == Verb::Replace {
            remove(document, attribute, &Value::Null)
        } else {
            Ok(())
        };
    };
    match (document.get_mut(attribute.name), value) {
        (Some(Value::Object(found)), Value::Object(parts)) => found.extend(parts),
        (Some(Value::Array(found)), Value::Array(items)) if verb == Verb::Add => {
            for item in items {
                add_item(found, item);
            }
        }
        (_, value) => {
            document.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(())
}

/// Adds a value to a list, once. A primary one makes the others plain.
fn add_item(found: &mut Vec<Value>, item: Value) {
    if found.contains(&item) {
        return;
    }
    if is_primary(&item) {
        for other in found.iter_mut().filter_map(Value::as_object_mut) {
            other.remove("primary");
        }
    }
    found.push(item);
}

fn is_primary(item: &Value) -> bool {
    item.get("primary") == Some(&Value::Bool(true))
}

/// Changes those values of a list that fit.
fn some_of(
    document: &mut Map<String, Value>,
    verb: Verb,
    path: &Path,
    value: &Value,
    fitting: &dyn Fn(&Value) -> bool,
) -> Result<(), Error> {
    let found = document.get_mut(path.attribute.name);
    let mut none = Vec::new();
    let items = found.and_then(Value::as_array_mut).unwrap_or(&mut none);
    if verb == Verb::Remove && path.part.is_none() {
        items.retain(|item| !fitting(item));
        if items.is_empty() {
            return remove(document, path.attribute, &Value::Null);
        }
        return Ok(());
    }
    let mut met = false;
    for item in items.iter_mut().filter(|item| fitting(item)) {
        met = true;
        let Value::Object(inside) = item else {
            continue;
        };
        match (path.part, value) {
            (Some(part), value) => put_part(inside, verb, part, value)?,
            (None, value) => match value_of(path.attribute, value)? {
                Some(Value::Array(given)) => {
                    let given = given.into_iter().filter_map(|one| match one {
                        Value::Object(parts) => Some(parts),
                        _ => None,
                    });
                    inside.extend(given.flatten());
                }
                _ => return Err(Error::value("The value is of the wrong kind.")),
            },
        }
    }
    if met || verb == Verb::Remove {
        Ok(())
    } else {
        Err(Error::no_target("No value fits the path."))
    }
}

fn put_part(
    inside: &mut Map<String, Value>,
    verb: Verb,
    part: &'static Attribute,
    value: &Value,
) -> Result<(), Error> {
    let value = if verb == Verb::Remove {
        None
    } else {
        value_of(part, value)?
    };
    match value {
        Some(value) => inside.insert(part.name.to_owned(), value),
        None => inside.remove(part.name),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::super::schema::{GROUP, GROUP_URN, USER, USER_URN};
    use super::{PATCH_URN, apply};

    fn patched(document: Value, operations: Value) -> Option<Value> {
        let mut message = Map::new();
        message.insert("schemas".to_owned(), json!([PATCH_URN]));
        message.insert("Operations".to_owned(), operations);
        let Value::Object(mut document) = document else {
            panic!("{document}");
        };
        let (urn, attributes) = if document.contains_key("members") {
            (GROUP_URN, GROUP)
        } else {
            (USER_URN, USER)
        };
        apply(&mut document, &message, urn, attributes).ok()?;
        Some(Value::Object(document))
    }

    fn user() -> Value {
        json!({
            "userName": "ada", "active": true, "name": {"givenName": "Ada"},
            "emails": [
                {"value": "a@example.com", "type": "work", "primary": true},
                {"value": "b@example.com", "type": "home"},
            ],
        })
    }

    #[test]
    fn operations_do_what_the_standard_says() {
        let cases = [
            (
                json!([{"op": "Replace", "path": "active", "value": "False"}]),
                json!({"active": false}),
            ),
            (
                json!([{"op": "replace", "value": {"active": false, "displayName": "A", "id": "7"}}]),
                json!({"active": false, "displayName": "A"}),
            ),
            (
                json!([{"op": "add", "path": "name.familyName", "value": "L"}]),
                json!({"name": {"givenName": "Ada", "familyName": "L"}}),
            ),
            (
                json!([{"op": "replace", "path": "name", "value": {"familyName": "L"}}]),
                json!({"name": {"givenName": "Ada", "familyName": "L"}}),
            ),
            (
                json!([{"op": "remove", "path": "name.givenName"}]),
                json!({"name": {}}),
            ),
            (
                json!([{"op": "add", "path": "emails", "value": [{"value": "c@example.com", "primary": true}]}]),
                json!({"emails": [
                   {"value": "a@example.com", "type": "work"},
                   {"value": "b@example.com", "type": "home"},
                   {"value": "c@example.com", "primary": true},
                ]}),
            ),
            (
                json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "d@example.com"}]),
                json!({"emails": [
                   {"value": "d@example.com", "type": "work", "primary": true},
                   {"value": "b@example.com", "type": "home"},
                ]}),
            ),
            (
                json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]),
                json!({"emails": [{"value": "a@example.com", "type": "work", "primary": true}]}),
            ),
        ];
        for (operations, changed) in cases {
            let mut wanted = user();
            for (name, value) in changed.as_object().unwrap() {
                wanted[name] = value.clone();
            }
            let found = patched(user(), operations.clone());
            assert_eq!(found, Some(wanted), "{operations}");
        }
    }

    #[test]
    fn members_come_and_go() {
        let group = json!({"displayName": "g", "members": [{"value": "1"}, {"value": "2"}]});
        for (operation, left) in [
            (
                json!({"op": "remove", "path": "members[value eq \"1\"]"}),
                json!(["2"]),
            ),
            (
                json!({"op": "remove", "path": "members", "value": [{"value": "1"}]}),
                json!(["2"]),
            ),
            (
                json!({"op": "remove", "path": "members[value eq \"9\"]"}),
                json!(["1", "2"]),
            ),
            (
                json!({"op": "add", "path": "members", "value": [{"value": "3"}, {"value": "1"}]}),
                json!(["1", "2", "3"]),
            ),
            (
                json!({"op": "replace", "path": "members", "value": [{"value": "3"}]}),
                json!(["3"]),
            ),
        ] {
            let found = patched(group.clone(), json!([operation])).unwrap();
            let members = found["members"].as_array().unwrap();
            let values: Vec<_> = members
                .iter()
                .map(|member| member["value"].clone())
                .collect();
            assert_eq!(json!(values), left, "{operation}");
        }
        let gone = patched(group, json!([{"op": "remove", "path": "members"}])).unwrap();
        assert_eq!(gone, json!({"displayName": "g"}));
    }

    #[test]
    fn what_cannot_be_done_is_refused_whole() {
        for bad in [
            json!({"op": "replace", "path": "id", "value": "7"}),
            json!({"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}),
            json!({"op": "add", "path": "groups", "value": [{"value": "7"}]}),
            json!({"op": "remove", "path": "groups"}),
            json!({"op": "remove", "path": "userName"}),
            json!({"op": "replace", "path": "userName", "value": null}),
            json!({"op": "remove"}),
            json!({"op": "move", "path": "active", "value": true}),
            json!({"path": "active", "value": true}),
            json!({"op": "replace", "path": "role", "value": "owner"}),
            json!({"op": "replace", "path": "password", "value": "hunter2"}),
            json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}),
            json!({"op": "replace", "path": "active", "value": {"value": true}}),
            json!({"op": "replace", "path": 7, "value": true}),
            json!({"op": "replace", "value": "x"}),
            json!("replace"),
        ] {
            let operations = json!([{"op": "replace", "path": "active", "value": false}, bad]);
            assert_eq!(patched(user(), operations), None, "{bad}");
        }
    }
}
