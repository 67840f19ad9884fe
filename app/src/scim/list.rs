//! Lists: which part of one is wanted, and how it is sent (RFC 7644, 3.4.2).

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;

/// How many resources an answer holds when nothing is asked.
const USUAL: i64 = 100;
/// How many it may hold.
pub(super) const MOST: i64 = 200;
/// How many resources a filter is tried on before it is refused as too much.
pub(super) const TRIED: i64 = 20_000;

/// The query of a list, as it was sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListQuery {
    pub(super) filter: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
}

/// Which part is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The first, counted from one.
    pub(super) start: i64,
    /// How many.
    pub(super) count: i64,
}

impl ListQuery {
    /// Which part is wanted: below one is one, a negative count is none (RFC 7644, 3.4.2.4).
    pub(super) fn window(&self) -> Window {
        Window {
            start: self.start_index.unwrap_or(1).max(1),
            count: self.count.unwrap_or(USUAL).clamp(0, MOST),
        }
    }
}

/// Collects what fits, and counts it.
#[derive(Debug)]
pub(super) struct Collected {
    window: Window,
    pub(super) total: i64,
    pub(super) resources: Vec<Value>,
    tried: i64,
}

impl Collected {
    pub(super) const fn new(window: Window) -> Self {
        Self {
            window,
            total: 0,
            resources: Vec::new(),
            tried: 0,
        }
    }

    /// Takes what fits, if it is in the window.
    pub(super) fn take(&mut self, resource: Value) {
        self.total += 1;
        let end = self.window.start.saturating_add(self.window.count);
        if (self.window.start..end).contains(&self.total) {
            self.resources.push(resource);
        }
    }

    /// Counts what was tried.
    pub(super) fn tried(&mut self, count: usize) -> Result<(), Error> {
        self.tried += i64::try_from(count).unwrap_or(i64::MAX);
        if self.tried > TRIED {
            return Err(Error::too_many(
                "The filter is tried on too many resources.",
            ));
        }
        Ok(())
    }
}

/// A list as it is sent.
pub(super) fn response(total: i64, start: i64, resources: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
