//! What the platform sees of an organisation and of the people in it.

use serde::Serialize;
use time::OffsetDateTime;

use super::standing::{Marks, State};
use crate::kernel::OrgId;

/// An organisation in the directory.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub(super) id: OrgId,
    pub(super) name: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) marks: Marks,
}

/// An organisation in figures.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformOrganization)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantView {
    /// Its id.
    pub(super) id: OrgId,
    /// Its name.
    pub(super) name: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// Where it stands.
    pub(super) state: State,
    /// Since when it is suspended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) suspended_at: Option<OffsetDateTime>,
    /// When it is going to be erased.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) erase_at: Option<OffsetDateTime>,
    /// How many people are members; each takes a seat.
    pub(super) members: i64,
    /// How many are on the way in.
    pub(super) pending: i64,
    /// How many were members.
    pub(super) former: i64,
    /// How many secrets there are.
    pub(super) secrets: i64,
}

/// How many people an organisation has, and how many secrets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) members: i64,
    pub(super) pending: i64,
    pub(super) former: i64,
    pub(super) secrets: i64,
}

impl TenantView {
    pub(super) fn of(tenant: Tenant, figures: Figures) -> Self {
        Self {
            id: tenant.id,
            name: tenant.name,
            created_at: tenant.created_at,
            state: tenant.marks.state(),
            suspended_at: tenant.marks.suspended_at,
            erase_at: tenant.marks.erase_at,
            members: figures.members,
            pending: figures.pending,
            former: figures.former,
            secrets: figures.secrets,
        }
    }
}
