//! Whether a resource fits a filter.

use std::cmp::Ordering;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::filter::{Comparison, Filter, Target};
use super::schema::{Attribute, Kind};

/// Whether a resource, or one value of a list, fits.
pub(super) fn fits(filter: &Filter, resource: &Map<String, Value>) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|filter| fits(filter, resource)),
        Filter::Or(all) => all.iter().any(|filter| fits(filter, resource)),
        Filter::Not(filter) => !fits(filter, resource),
        Filter::Present(target) => values(*target, resource)
            .into_iter()
            .any(|value| !is_unassigned(value)),
        Filter::Within(attribute, filter) => items(resource.get(attribute.name))
            .into_iter()
            .filter_map(Value::as_object)
            .any(|item| fits(filter, item)),
        Filter::Compare(target, Comparison::NotEqual, wanted) => {
            !compares(*target, Comparison::Equal, wanted, resource)
        }
        Filter::Compare(target, comparison, wanted) => {
            compares(*target, *comparison, wanted, resource)
        }
    }
}

fn compares(
    target: Target,
    comparison: Comparison,
    wanted: &Value,
    resource: &Map<String, Value>,
) -> bool {
    let found = values(target, resource);
    if wanted.is_null() {
        return comparison == Comparison::Equal && found.into_iter().all(is_unassigned);
    }
    let attribute = compared(target);
    found
        .into_iter()
        .any(|value| holds(attribute, comparison, value, wanted))
}

/// What is compared: of a list of complex values, their `value`.
fn compared(target: Target) -> &'static Attribute {
    let last = target.last();
    last.parts
        .iter()
        .find(|part| part.name == "value")
        .unwrap_or(last)
}

/// Every value that a target names.
fn values(target: Target, resource: &Map<String, Value>) -> Vec<&Value> {
    let part = target.part.unwrap_or_else(|| compared(target));
    items(resource.get(target.attribute.name))
        .into_iter()
        .filter_map(|item| match item {
            Value::Object(parts) if !std::ptr::eq(part, target.attribute) => parts.get(part.name),
            other => Some(other),
        })
        .collect()
}

fn items(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn holds(attribute: &Attribute, comparison: Comparison, found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => {
            if attribute.kind == Kind::DateTime {
                let at = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
                return at(found)
                    .zip(at(wanted))
                    .is_some_and(|(found, wanted)| orders(comparison, found.cmp(&wanted)));
            }
            let (found, wanted) = if attribute.case_exact {
                (found.clone(), wanted.clone())
            } else {
                (found.to_lowercase(), wanted.to_lowercase())
            };
            match comparison {
                Comparison::Contains => found.contains(&wanted),
                Comparison::StartsWith => found.starts_with(&wanted),
                Comparison::EndsWith => found.ends_with(&wanted),
                Comparison::Equal
                | Comparison::NotEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual
                | Comparison::Less
                | Comparison::LessOrEqual => orders(comparison, found.cmp(&wanted)),
            }
        }
        (found, wanted) => comparison == Comparison::Equal && found == wanted,
    }
}

const fn orders(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::filter::Filter;
    use super::super::schema::{USER, USER_URN};
    use super::fits;

    #[test]
    fn resources_fit_as_the_standard_says() {
        let user = json!({
            "userName": "Ada@example.com",
            "externalId": "A7",
            "active": true,
            "name": {"familyName": "Lovelace"},
            "emails": [
                {"value": "ada@example.com", "type": "work", "primary": true},
                {"value": "ada@home.example", "type": "home"},
            ],
            "meta": {"created": "2026-01-02T03:04:05Z"},
        });
        let user = user.as_object().unwrap();
        let judge = |text: &str| fits(&Filter::parse(text, USER_URN, USER).unwrap(), user);
        for yes in [
            r#"userName eq "ada@EXAMPLE.com""#,
            r#"externalId eq "A7""#,
            r#"active eq true"#,
            r#"active ne false"#,
            r#"name.familyName sw "love""#,
            r#"name.familyName ew "LACE" and userName co "@""#,
            r#"emails co "home""#,
            r#"emails.type eq "home""#,
            r#"emails[type eq "work" and value ew "example.com"]"#,
            r#"emails[primary eq true]"#,
            r#"displayName eq null"#,
            r#"not (displayName pr)"#,
            r#"displayName ne "x""#,
            r#"meta.created gt "2026-01-02T04:04:04+01:00""#,
            r#"userName gt "a" and userName lt "b""#,
        ] {
            assert!(judge(yes), "{yes}");
        }
        for no in [
            r#"externalId eq "a7""#,
            r#"active eq "true""#,
            r#"emails[type eq "home" and value ew "example.com"]"#,
            r#"displayName pr"#,
            r#"userName eq null"#,
            r#"userName eq """#,
            r#"meta.created lt "2026-01-01T00:00:00Z""#,
            r#"meta.created gt "yesterday""#,
        ] {
            assert!(!judge(no), "{no}");
        }
    }
}
