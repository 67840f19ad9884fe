//! Vaults, as they are shown, and who changed something.

use serde::Serialize;
use time::OffsetDateTime;

use crate::kernel::{SecretId, UserId, VaultId, VaultRole};

/// A vault, as somebody with a role in it sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vault {
    /// Its id.
    pub(super) id: VaultId,
    /// Its name.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: String,
    /// What the caller may do in it.
    pub(super) role: VaultRole,
    /// Rises with every change of its name and description; the number in the header `ETag`.
    pub(super) version: i32,
    /// How many secrets it holds, without those in the trash.
    pub(super) secret_count: i64,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// Its last change.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) updated_at: OffsetDateTime,
}

/// A person who changed something.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Person {
    /// The account.
    pub(super) id: UserId,
    /// The person's name.
    pub(super) name: String,
}

/// Which secret in which vault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which {
    pub(super) vault: VaultId,
    pub(super) secret: SecretId,
}
