//! What was sent, checked against the schema.
//!
//! Of an object only what the schema knows and lets be written is kept (RFC 7644, 3.3), under the names of
//! the schema: an id, a role, a password or an organisation in it comes to nothing.

use serde_json::{Map, Value};

use super::error::Error;
use super::schema::{Attribute, Kind};

/// The longest text of a value, in characters.
const LONGEST: usize = 1000;
/// How many values a list may have; a group's members come in a list.
const MOST: usize = 5000;

/// Checks a resource: all that is required, nothing of the wrong kind.
pub(super) fn checked(
    sent: &Map<String, Value>,
    attributes: &'static [Attribute],
) -> Result<Map<String, Value>, Error> {
    let document = parts(sent, attributes)?;
    for attribute in attributes.iter().filter(|attribute| attribute.writable) {
        // What has a value of its own when nothing is said is not demanded.
        let demanded = attribute.required && !matches!(attribute.name, "active" | "emails");
        if demanded && !document.contains_key(attribute.name) {
            return Err(Error::value(format!("{} is required.", attribute.name)));
        }
    }
    Ok(document)
}

fn parts(
    sent: &Map<String, Value>,
    attributes: &'static [Attribute],
) -> Result<Map<String, Value>, Error> {
    let mut kept = Map::new();
    for (name, value) in sent {
        let known = attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        let Some(attribute) = known.filter(|attribute| attribute.writable) else {
            continue;
        };
        match value_of(attribute, value)? {
            Some(value) => kept.insert(attribute.name.to_owned(), value),
            None => kept.remove(attribute.name),
        };
    }
    Ok(kept)
}

/// A value of an attribute; none when it is unassigned.
pub(super) fn value_of(
    attribute: &'static Attribute,
    value: &Value,
) -> Result<Option<Value>, Error> {
    if !attribute.multi {
        return single(attribute, value);
    }
    let items: &[Value] = match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    };
    if items.len() > MOST {
        return Err(Error::too_many(format!(
            "{} has too many values.",
            attribute.name
        )));
    }
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        kept.extend(single(attribute, item)?);
    }
    let primary = |item: &&Value| item.get("primary") == Some(&Value::Bool(true));
    if kept.iter().filter(primary).count() > 1 {
        let message = format!("{} has more than one primary value.", attribute.name);
        return Err(Error::value(message));
    }
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

fn single(attribute: &'static Attribute, value: &Value) -> Result<Option<Value>, Error> {
    let wrong = || Error::value(format!("{} is of the wrong kind.", attribute.name));
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        // Microsoft's provisioning sends booleans as text.
        (Kind::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            _other => Err(wrong()),
        },
        (Kind::Text | Kind::Reference | Kind::DateTime, Value::String(text)) => {
            if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                return Err(Error::value(format!(
                    "{} is too long, or has control characters.",
                    attribute.name
                )));
            }
            Ok(Some(value.clone()))
        }
        (Kind::Complex, Value::Object(sent)) => {
            let kept = parts(sent, attribute.parts)?;
            Ok((!kept.is_empty()).then_some(Value::Object(kept)))
        }
        (
            Kind::Text | Kind::Boolean | Kind::DateTime | Kind::Reference | Kind::Complex,
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
        ) => Err(wrong()),
    }
}

/// Demands that a message says what it is.
pub(super) fn says(sent: &Map<String, Value>, urn: &str) -> Result<(), Error> {
    let schemas = sent.get("schemas").and_then(Value::as_array);
    let named = schemas.is_some_and(|schemas| {
        schemas
            .iter()
            .filter_map(Value::as_str)
            .any(|named| named.eq_ignore_ascii_case(urn))
    });
    if named {
        Ok(())
    } else {
        Err(Error::syntax(format!("schemas does not name {urn}.")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::schema::USER;
    use super::checked;

    fn check(sent: Value) -> Option<Value> {
        let Value::Object(sent) = sent else {
            panic!("{sent}");
        };
        let kept = checked(&sent, USER).ok()?;
        Some(Value::Object(kept))
    }

    #[test]
    fn only_what_the_schema_lets_be_written_is_kept() {
        let kept = check(json!({
            "USERNAME": "ada", "id": "7", "meta": {"created": "x"}, "groups": [{"value": "7"}],
            "password": "hunter2", "orgId": "7", "role": "owner", "state": "confirmed",
            "active": "False", "name": {"givenName": "Ada", "role": "owner"},
            "emails": {"value": "ada@example.com", "verified": true}, "displayName": null,
        }));
        let wanted = json!({
            "userName": "ada", "active": false, "name": {"givenName": "Ada"},
            "emails": [{"value": "ada@example.com"}],
        });
        assert_eq!(kept, Some(wanted));
    }

    #[test]
    fn what_is_missing_or_of_the_wrong_kind_is_refused() {
        for bad in [
            json!({}),
            json!({"userName": null}),
            json!({"userName": 7}),
            json!({"userName": "a", "active": 1}),
            json!({"userName": "a", "active": "perhaps"}),
            json!({"userName": "a", "name": "Ada"}),
            json!({"userName": "a", "emails": ["a@example.com"]}),
            json!({"userName": "a\u{0}"}),
            json!({"userName": "a".repeat(1001)}),
            json!({"userName": "a", "emails": [
                {"value": "a@example.com", "primary": true},
                {"value": "b@example.com", "primary": true},
            ]}),
        ] {
            assert_eq!(check(bad.clone()), None, "{bad}");
        }
    }
}
