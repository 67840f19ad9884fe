//! What a request says it has seen, and under which key it wants to be known again.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderName, StatusCode, header};

use super::Problem;

/// The name of the header that makes a request known again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest key.
const LONGEST_KEY: usize = 200;

/// The header of a version: its number in quotation marks (RFC 9110, 8.8.3).
#[must_use]
pub fn etag(version: i32) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}

/// The versions from which a change may be made: the header `If-Match` (RFC 9110, 13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(Option<Seen>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Any,
    These(Vec<i32>),
}

impl IfMatch {
    /// Demands that the header is there, so that nobody overwrites what they have not seen.
    ///
    /// # Errors
    /// 428 without it.
    pub fn demanded(&self) -> Result<(), Problem> {
        if self.0.is_some() {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition-required",
            "Say which version you have seen",
            "Send the ETag of what you have read in the header If-Match.",
        ))
    }

    /// Whether a change may be made from a version. Without the header, from any.
    #[must_use]
    pub fn allows(&self, version: i32) -> bool {
        match &self.0 {
            None | Some(Seen::Any) => true,
            Some(Seen::These(versions)) => versions.contains(&version),
        }
    }

    fn parse(text: &str) -> Option<Seen> {
        if text.trim() == "*" {
            return Some(Seen::Any);
        }
        let mut versions = Vec::new();
        for tag in text.split(',').map(str::trim) {
            let strong = tag.strip_prefix("W/").unwrap_or(tag);
            let inner = strong.strip_prefix('"')?.strip_suffix('"')?;
            // A weak one matches nothing, and neither does one that was never given out.
            if strong == tag
                && let Ok(version) = inner.parse()
            {
                versions.push(version);
            }
        }
        Some(Seen::These(versions))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let seen = value.to_str().ok().and_then(Self::parse);
        let seen = seen.ok_or_else(|| {
            Problem::bad_request("The header If-Match holds no ETag: a text in quotation marks.")
        })?;
        Ok(Self(Some(seen)))
    }
}

/// The key under which a request wants to be known again: the header `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// The key, if there is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Ok(Self(None));
        };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(Problem::bad_request(
                "The header Idempotency-Key has to hold 1 to 200 visible characters.",
            ));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(header: &str) -> Option<bool> {
        IfMatch::parse(header).map(|seen| IfMatch(Some(seen)).allows(3))
    }

    #[test]
    fn only_the_tag_of_the_version_matches() {
        for good in ["\"3\"", " \"3\" ", "\"1\", \"3\"", "*"] {
            assert_eq!(allows(good), Some(true), "{good}");
        }
        for stale in [
            "\"2\"",
            "W/\"3\"",
            "\"\"",
            "\"x\"",
            "\"3.0\"",
            "\"99999999999\"",
        ] {
            assert_eq!(allows(stale), Some(false), "{stale}");
        }
        for broken in ["3", "", "\"3", "3\"", "\"3\" \"4\"", "\"3\",", "\"3\";"] {
            assert_ne!(allows(broken), Some(true), "{broken}");
        }
        assert!(IfMatch(None).allows(3) && IfMatch(None).demanded().is_err());
    }
}
