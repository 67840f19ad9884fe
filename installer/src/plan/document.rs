//! A plan in a file: what is agreed to by others, on another day. It is carried out as it was agreed
//! to, or refused with what has changed since.

use std::path::PathBuf;

use console::bytes;
use offline::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::choices::Wishes;
use crate::steps::Kind;

/// What the file is.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.vaultterm.plan+json";
/// The most of it that is read, in bytes.
pub(crate) const LIMIT: u64 = 4 << 20;
/// So many differences are told; the rest is counted.
const TOLD: usize = 12;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    /// Where the bundle was.
    pub(crate) bundle: PathBuf,
    /// Where the licence was; the installed one when it is not there.
    pub(crate) license: Option<PathBuf>,
    pub(crate) project: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) bind: Option<String>,
    pub(crate) app_port: Option<u16>,
    pub(crate) admin_port: Option<u16>,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) media_type: String,
    pub(crate) request: Request,
    /// For people.
    pub(crate) changes: Vec<String>,
    /// What the plan depends on: bundle, facts, configuration, checks.
    pub(crate) bound: Value,
    /// SHA-256 over all of the above as JSON with sorted keys and no spaces.
    pub(crate) digest: String,
}

impl Document {
    pub(crate) fn new(request: Request, changes: Vec<String>, bound: Value) -> Self {
        let mut document = Self {
            media_type: MEDIA_TYPE.to_owned(),
            request,
            changes,
            bound,
            digest: String::new(),
        };
        document.digest = document.computed();
        document
    }

    /// Reads one; why it is none, in words.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let document: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if document.media_type != MEDIA_TYPE {
            return Err("it is no plan".to_owned());
        }
        if document.computed() != document.digest {
            return Err("it was changed after it was written".to_owned());
        }
        Ok(document)
    }

    fn computed(&self) -> String {
        let rest = Self {
            digest: String::new(),
            ..self.clone()
        };
        // serde_json's map is sorted.
        let value = serde_json::to_value(rest).unwrap_or_default();
        Digest::of(value.to_string().as_bytes()).to_string()
    }

    /// What is not any more as it was planned.
    pub(crate) fn drift(&self, now: &Value) -> Vec<String> {
        let mut found = Vec::new();
        compare("", &self.bound, now, &mut found);
        if found.len() > TOLD {
            let more = found.len() - TOLD;
            found.truncate(TOLD);
            found.push(format!("and {more} more"));
        }
        found
    }
}

impl Request {
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes {
            project: self.project.clone(),
            base_url: self.base_url.clone(),
            bind: self.bind.clone(),
            app_port: self.app_port,
            admin_port: self.admin_port,
        }
    }
}

fn compare(path: &str, was: &Value, is: &Value, found: &mut Vec<String>) {
    let empty = serde_json::Map::new();
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            let names: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for name in names {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(name).cloned().unwrap_or_default()
                };
                compare(&path, &of(was), &of(is), found);
            }
        }
        (Value::Object(_), Value::Null) | (Value::Null, Value::Object(_)) => {
            let of = |value: &Value| Value::Object(value.as_object().unwrap_or(&empty).clone());
            compare(path, &of(was), &of(is), found);
        }
        (was, is) if was != is => {
            found.push(format!("{path} was {}, is {}", shown(was), shown(is)));
        }
        _ => {}
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "not there".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.len() > 200 {
        format!("{} of text", bytes(text.len() as u64))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Document, Request};
    use crate::steps::Kind;

    fn document() -> Document {
        let request = Request {
            kind: Kind::Upgrade,
            bundle: "/mnt/next.vtb".into(),
            license: None,
            project: Some("vaultterm".into()),
            base_url: None,
            bind: None,
            app_port: Some(4000),
            admin_port: None,
        };
        let bound = json!({"bundle": "sha256:1", "engine": {"version": "20.10"}, "pending": [5]});
        Document::new(request, vec!["do this".into()], bound)
    }

    #[test]
    fn a_plan_that_was_edited_is_none() {
        let text = serde_json::to_string(&document()).unwrap();
        assert_eq!(Document::parse(text.as_bytes()).unwrap(), document());
        for (from, to) in [
            ("4000", "4001"),
            ("do this", "do that"),
            ("sha256:1", "sha256:2"),
        ] {
            let edited = text.replace(from, to);
            assert!(Document::parse(edited.as_bytes()).is_err(), "{from}");
        }
        assert!(Document::parse(b"{}").is_err());
    }

    #[test]
    fn what_has_changed_is_named() {
        let plan = document();
        assert!(plan.drift(&plan.bound).is_empty());
        let now = json!({"bundle": "sha256:1", "engine": {"version": "24.0"}, "pending": [5, 6], "env": "x"});
        assert_eq!(
            plan.drift(&now),
            [
                "engine.version was 20.10, is 24.0",
                "env was not there, is x",
                "pending was [5], is [5,6]"
            ]
        );
    }
}
