//! What a file does not hold, and why. The file says it at its end.

use serde::Serialize;

use crate::kernel::SecretId;

/// Why a record is not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reason {
    /// It may only be used.
    InjectOnly,
    /// It does not open.
    Unreadable,
    /// It was thrown away, moved or deleted while the file was written.
    Gone,
}

/// A record that is not in the file.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct LeftOut {
    pub(super) id: SecretId,
    pub(super) reason: Reason,
}
