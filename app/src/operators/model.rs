//! Platform admins, as they see each other.

use serde::Serialize;
use time::OffsetDateTime;

use crate::identity::Email;
use crate::kernel::{PlatformAdminId, SessionId};

/// A platform admin as the database keeps one.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    pub(super) id: PlatformAdminId,
    pub(super) email: String,
    pub(super) name: String,
    /// Sessions of an earlier epoch are over.
    pub(super) epoch: i64,
    pub(super) created_at: OffsetDateTime,
    pub(super) last_signed_in_at: Option<OffsetDateTime>,
    pub(super) deactivated_at: Option<OffsetDateTime>,
}

/// One to be made.
#[derive(Clone, Debug)]
pub(super) struct NewAdmin {
    pub(super) email: Email,
    pub(super) name: String,
    pub(super) password_hash: String,
}

/// A platform admin by name: who is signed in, or who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Operator)]
pub struct OperatorView {
    /// Which.
    pub id: PlatformAdminId,
    /// The person's name.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
}

/// A platform admin with everything that the others see.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformAdmin)]
#[serde(rename_all = "camelCase")]
pub struct AdminView {
    /// Who.
    #[serde(flatten)]
    pub who: OperatorView,
    /// Whether it is the one who asks.
    pub current: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When they signed in last; null when they never have.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_signed_in_at: Option<OffsetDateTime>,
    /// Since when they are none any more; null while they are.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deactivated_at: Option<OffsetDateTime>,
}

/// A device that a platform admin is signed in on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformSession)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionView {
    /// Which.
    pub(super) id: SessionId,
    /// Whose.
    pub(super) admin: OperatorView,
    /// Whether it is the one that asks.
    pub(super) current: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// When it was last used.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) last_seen_at: OffsetDateTime,
    /// The address that it began from.
    pub(super) address: String,
    /// What the browser calls itself.
    pub(super) user_agent: String,
}

impl Admin {
    /// Whether they may still sign in.
    pub(super) const fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }

    /// By name.
    pub(super) fn named(&self) -> OperatorView {
        OperatorView {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
        }
    }

    /// As the others see them; `asking` is the one who looks.
    pub(super) fn view(&self, asking: Option<PlatformAdminId>) -> AdminView {
        AdminView {
            who: self.named(),
            current: asking == Some(self.id),
            created_at: self.created_at,
            last_signed_in_at: self.last_signed_in_at,
            deactivated_at: self.deactivated_at,
        }
    }
}
