//! Invitations: what they are, and how they are shown.

use serde::Serialize;
use time::OffsetDateTime;

use crate::kernel::{InvitationId, OrgId, OrgRole, TeamId};

/// How long an invitation is good for.
pub(super) const LIFETIME: time::Duration = time::Duration::days(7);

/// An invitation as it is stored. Its token is not.
#[derive(Clone, Debug)]
pub(super) struct Invitation {
    pub(super) org: OrgId,
    pub(super) id: InvitationId,
    pub(super) email: String,
    pub(super) role: OrgRole,
    pub(super) teams: Vec<TeamId>,
    pub(super) expires_at: OffsetDateTime,
}

impl Invitation {
    pub(super) fn is_open(&self, now: OffsetDateTime) -> bool {
        now < self.expires_at
    }

    pub(super) fn view(&self, now: OffsetDateTime) -> InvitationView {
        InvitationView {
            id: self.id,
            email: self.email.clone(),
            role: self.role,
            expires_at: self.expires_at,
            state: if self.is_open(now) {
                InvitationState::Open
            } else {
                InvitationState::Expired
            },
        }
    }
}

/// Whether an invitation still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvitationState {
    /// It does.
    Open,
    /// Its time is over; it can be sent again.
    Expired,
}

/// An invitation that was not answered yet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Invitation)]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// Which.
    pub id: InvitationId,
    /// The address it is for.
    pub email: String,
    /// What whoever accepts it is to be.
    pub role: OrgRole,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Whether it still works.
    pub state: InvitationState,
}

/// An invitation that was made or sent again.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InvitationSent {
    /// The invitation.
    pub(super) invitation: InvitationView,
    /// The link to hand over, shown this once; null when it went by mail.
    #[schema(required)]
    pub(super) link: Option<String>,
}

/// An invitation as whoever brings its token sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationSeen {
    /// The organisation's name.
    pub(super) organization: String,
    /// The address it is for.
    pub(super) email: String,
    /// Who invites.
    #[schema(required)]
    pub(super) inviter: Option<String>,
    /// What whoever accepts it is to be.
    pub(super) role: OrgRole,
    /// Whether the address has an account here, whose password is asked for then.
    pub(super) has_account: bool,
}
