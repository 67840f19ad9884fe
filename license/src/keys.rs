//! Whom this build trusts: the vendor's public keys, compiled in.
//!
//! The files are named at build time (see `build.rs`). Each may hold several keys. That for releases
//! may hold a chain of [roots](crate::root) instead, which a bundle can continue: then a rotation
//! needs no new program.

use crate::KeyFileError;
use crate::trust::{Trust, TrustFileError};
use crate::vtlic::LicensePublicKey;

const LICENSE_TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/license.pub"));
const RELEASE_TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/release.pub"));

/// The word in a key's comment that marks it as made for development.
pub const DEVELOPMENT_MARK: &str = "development";

/// What keys a build carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysKind {
    /// The vendor's own.
    Vendor,
    /// Made on a developer's host: whoever has that host can sign anything.
    Development,
    /// None at all: trust has to be given by configuration.
    Absent,
}

impl KeysKind {
    /// The word used in `/health`, `/meta` and JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Development => "development",
            Self::Absent => "absent",
        }
    }

    /// What a version line adds, empty for the vendor's own keys.
    #[must_use]
    pub const fn version_suffix(self) -> &'static str {
        match self {
            Self::Vendor => "",
            Self::Development => " (development keys)",
            Self::Absent => " (no vendor keys)",
        }
    }
}

/// The version of this build, as `--version` prints it: what it trusts is part of what it is. All
/// programs of a release share one version.
#[must_use]
pub fn version() -> &'static str {
    match kind() {
        KeysKind::Vendor => env!("CARGO_PKG_VERSION"),
        KeysKind::Development => concat!(env!("CARGO_PKG_VERSION"), " (development keys)"),
        KeysKind::Absent => concat!(env!("CARGO_PKG_VERSION"), " (no vendor keys)"),
    }
}

/// Whose releases are believed, as it was compiled in: keys, or a chain of roots.
///
/// # Errors
/// [`TrustFileError`] when the file named at build time held something else.
pub fn release_trust() -> Result<Trust, TrustFileError> {
    if RELEASE_TEXT.is_empty() {
        return Ok(Trust::in_keys(Vec::new()));
    }
    Trust::from_text(RELEASE_TEXT)
}

/// The licence keys compiled in.
///
/// # Errors
/// [`KeyFileError`] when the file named at build time held something else.
pub fn license_keys() -> Result<Vec<LicensePublicKey>, KeyFileError> {
    if LICENSE_TEXT.is_empty() {
        return Ok(Vec::new());
    }
    LicensePublicKey::all_from_text(LICENSE_TEXT)
}

/// What kind of keys this build carries. One development key makes it a development build.
#[must_use]
pub fn kind() -> KeysKind {
    classify([LICENSE_TEXT, RELEASE_TEXT])
}

fn classify(texts: [&str; 2]) -> KeysKind {
    // In a chain of roots the comments stand in strings, behind a quotation mark.
    let marked = |text: &str| {
        text.split(['\n', '"'])
            .filter(|line| line.starts_with("untrusted comment:"))
            .any(|line| line.contains(DEVELOPMENT_MARK))
    };
    if texts.iter().any(|text| marked(text)) {
        KeysKind::Development
    } else if texts.iter().any(|text| text.is_empty()) {
        KeysKind::Absent
    } else {
        KeysKind::Vendor
    }
}

#[cfg(test)]
mod tests {
    use super::{KeysKind, classify, license_keys, release_trust};

    #[test]
    fn one_development_key_marks_the_build() {
        let vendor = "untrusted comment: VaultTerm release key\nAAAA\n";
        let development = "untrusted comment: development licence key\nAAAA\n";
        assert_eq!(classify([vendor, vendor]), KeysKind::Vendor);
        assert_eq!(classify([vendor, development]), KeysKind::Development);
        assert_eq!(classify([development, ""]), KeysKind::Development);
        assert_eq!(classify([vendor, ""]), KeysKind::Absent);
        assert!(super::version().ends_with(super::kind().version_suffix()));
    }

    #[test]
    fn what_was_compiled_in_is_readable() {
        assert!(release_trust().is_ok() && license_keys().is_ok());
    }
}
