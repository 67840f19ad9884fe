//! Teams as people see them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::kernel::{TeamId, UserId, VaultRole};

/// A team.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Team {
    /// Which.
    pub(super) id: TeamId,
    /// What it is called; no two of an organisation are called the same.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: String,
    /// How many are in it.
    pub(super) member_count: i64,
    /// The caller's own role; null for those who are not in it and manage the organisation.
    #[schema(required)]
    pub(super) role: Option<VaultRole>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// When its name or description was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) updated_at: OffsetDateTime,
}

/// Somebody in a team.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TeamMember {
    /// The person.
    pub(super) user: TeamPerson,
    /// What they are there.
    pub(super) role: VaultRole,
}

/// A person, as their colleagues see them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TeamPerson {
    /// The account.
    pub(super) id: UserId,
    /// The person's name.
    pub(super) name: String,
    /// The address they sign in with.
    pub(super) email: String,
}

/// A role to be given.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamRoleGiven {
    /// Which.
    pub(super) role: VaultRole,
}
