//! What came back.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON; null when there is none.
    pub(crate) fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// One string of the body.
    pub(crate) fn string(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("no {pointer} in {json}"))
            .to_owned()
    }

    /// The id of what was made or read.
    pub(crate) fn id(&self) -> String {
        self.string("/id")
    }

    /// Expects a status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Expects a problem, whole: status, code, type, and the media type of RFC 9457.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        let this = self.expect(status);
        let json = this.json();
        assert_eq!(this.header("content-type"), "application/problem+json");
        assert_eq!(json["code"], code, "{json}");
        assert_eq!(json["type"], format!("urn:vaultterm:problem:{code}"));
        assert_eq!(json["status"], status);
        assert_eq!(json["requestId"], this.header("x-request-id"));
        this
    }

    /// The names of the fields that a problem complains of.
    pub(crate) fn wrong_fields(&self) -> Vec<String> {
        let json = self.json();
        let fields = json["fields"].as_array().cloned().unwrap_or_default();
        fields
            .iter()
            .map(|field| field["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// All cookies that were set, as the browser would send them back.
    pub(crate) fn cookies(&self) -> String {
        let lines = self.headers.get_all("set-cookie").iter();
        let pairs = lines.map(|line| line.to_str().unwrap().split(';').next().unwrap());
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// The session cookie that was set, as the browser would send it back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let line = self.headers.get("set-cookie")?.to_str().unwrap();
        Some(line.split(';').next().unwrap_or_default().to_owned())
    }
}
