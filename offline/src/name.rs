//! Names of members. A name that exists as a value is safe to use below a folder.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// A relative path of plain parts: ASCII letters, digits, `.`, `_`, `-`, separated by `/`. No part
/// begins with a dot but the one well-known file, none is empty, none goes up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryName(String);

/// A text that is no name of a member.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no acceptable name of a member")]
pub struct BadName(String);

/// The one name that begins with a dot.
const TEMPLATE: &str = ".env.example";

impl EntryName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`BadName`] when it is absolute, goes up, is too long, or has unusual characters.
    pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
        let text = text.into();
        let plain = |part: &str| {
            !part.is_empty()
                && (!part.starts_with('.') || part == TEMPLATE)
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if text.len() <= limits::NAME && text.split('/').all(plain) {
            Ok(Self(text))
        } else {
            Err(BadName(text.chars().take(limits::NAME).collect()))
        }
    }

    /// The name of a blob in an OCI layout.
    #[must_use]
    pub fn blob(digest: &crate::Digest) -> Self {
        Self(format!("blobs/sha256/{}", digest.hex()))
    }

    /// The name of the instructions that make a content.
    #[must_use]
    pub fn patch(target: &crate::Digest) -> Self {
        Self(format!("patches/{}", target.hex()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows `files/`, when it is a file.
    #[must_use]
    pub fn file_path(&self) -> Option<&str> {
        self.0.strip_prefix("files/")
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EntryName {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        Self::new(text)
    }
}

impl From<EntryName> for String {
    fn from(name: EntryName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::EntryName;

    #[test]
    fn only_plain_relative_names_exist() {
        for good in [
            "a",
            "files/docs/a-b_c.md",
            "files/.env.example",
            "blobs/sha256/00",
        ] {
            assert!(EntryName::new(good).is_ok(), "{good}");
        }
        let long = "a".repeat(101);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            ".hidden",
            "a\\b",
            "a\0b",
            "a b",
            "ä",
            "~",
            "C:",
            &long,
        ] {
            assert!(EntryName::new(bad).is_err(), "{bad:?}");
        }
    }
}
