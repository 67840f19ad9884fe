//! What somebody is to an organisation. Each state is a type of its own, and only a confirmed
//! [`Membership`] is worth anything: nothing turns one of the others into it but [`super::store::members`],
//! which demands a seat for it.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::infra::db::DbError;
use crate::kernel::{OrgRole, UserId};

/// A confirmed member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    user: UserId,
    role: OrgRole,
}

/// Somebody who is to become a member, and is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applicant {
    user: UserId,
    role: OrgRole,
}

/// Somebody who was a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Former {
    user: UserId,
    role: OrgRole,
    removed: bool,
}

/// Anybody whom the organisation knows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Person {
    /// Was asked, and has not answered; or has answered, and waits to be confirmed.
    Applicant(Applicant),
    /// Belongs here.
    Member(Membership),
    /// Was deactivated or removed.
    Former(Former),
}

impl Membership {
    pub(super) const fn user(&self) -> UserId {
        self.user
    }

    pub(super) const fn role(&self) -> OrgRole {
        self.role
    }
}

impl Applicant {
    pub(super) const fn user(&self) -> UserId {
        self.user
    }
}

impl Former {
    pub(super) const fn user(&self) -> UserId {
        self.user
    }

    /// Whether they are gone for good: they have no way back but a new invitation.
    pub(super) const fn is_removed(&self) -> bool {
        self.removed
    }
}

impl Person {
    /// Reads a row of `memberships`: `user_id`, `role`, `state`, `removed_at`.
    pub(super) fn of(row: &PgRow) -> Result<Self, DbError> {
        let user = row.try_get("user_id")?;
        let role: String = row.try_get("role")?;
        let role = role
            .parse()
            .map_err(|_| DbError::Impossible("memberships.role"))?;
        let state: String = row.try_get("state")?;
        let removed: Option<OffsetDateTime> = row.try_get("removed_at")?;
        match state.as_str() {
            "invited" | "accepted" => Ok(Self::Applicant(Applicant { user, role })),
            "confirmed" => Ok(Self::Member(Membership { user, role })),
            "revoked" => Ok(Self::Former(Former {
                user,
                role,
                removed: removed.is_some(),
            })),
            _ => Err(DbError::Impossible("memberships.state")),
        }
    }

    pub(super) const fn user(&self) -> UserId {
        match self {
            Self::Applicant(Applicant { user, .. })
            | Self::Member(Membership { user, .. })
            | Self::Former(Former { user, .. }) => *user,
        }
    }

    /// What they are, are to be, or were.
    pub(super) const fn role(&self) -> OrgRole {
        match self {
            Self::Applicant(Applicant { role, .. })
            | Self::Member(Membership { role, .. })
            | Self::Former(Former { role, .. }) => *role,
        }
    }
}

/// Where somebody stands, as lists show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MemberState {
    /// Was asked to join.
    Invited,
    /// Has said yes, and waits to be confirmed.
    Accepted,
    /// Belongs here.
    Confirmed,
    /// Was deactivated, and can be let in again.
    Deactivated,
}

impl MemberState {
    /// Reads `memberships.state` of somebody who was not removed.
    pub(super) fn of(state: &str) -> Result<Self, DbError> {
        match state {
            "invited" => Ok(Self::Invited),
            "accepted" => Ok(Self::Accepted),
            "confirmed" => Ok(Self::Confirmed),
            "revoked" => Ok(Self::Deactivated),
            _ => Err(DbError::Impossible("memberships.state")),
        }
    }
}
