//! Files, as they are listed and as they are sealed.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::kernel::AttachmentId;
use crate::vault::model::Person;

/// What is known of a file: sealed whole.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct FileHead {
    pub(super) name: String,
    /// The bytes of it.
    pub(super) size: u64,
}

impl std::fmt::Debug for FileHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A file that is attached to a secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment {
    /// Which.
    pub(super) id: AttachmentId,
    /// Whether what is known of it opens. Where it does not, somebody changed what is stored of it, or it
    /// was damaged: it has no name then, and no size.
    pub(super) readable: bool,
    /// What it is called.
    pub(super) name: String,
    /// How many bytes it has.
    pub(super) size: u64,
    /// Since when it is there.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// Who attached it; null when they are gone.
    #[schema(required)]
    pub(super) created_by: Option<Person>,
}
