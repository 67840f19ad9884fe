//! What is given, to whom, and how it is shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::Resource;
use crate::kernel::{SecretId, TeamId, UserId, VaultId, VaultRole};

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// A vault with everything in it.
    Vault(VaultId),
    /// One record of a vault.
    Record(VaultId, SecretId),
}

impl Shared {
    /// The vault, or the one that the record is in: whoever manages it decides.
    pub(super) const fn vault(self) -> VaultId {
        match self {
            Self::Vault(vault) | Self::Record(vault, _) => vault,
        }
    }

    /// The same for the trail.
    pub(super) const fn resource(self) -> Resource {
        match self {
            Self::Vault(vault) => Resource {
                kind: "vault",
                id: vault.as_uuid(),
            },
            Self::Record(_, secret) => Resource {
                kind: "secret",
                id: secret.as_uuid(),
            },
        }
    }
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grantee {
    /// A person.
    User(UserId),
    /// A team: everybody in it, as far as their role there goes.
    Team(TeamId),
}

/// A role, for good or until an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) role: VaultRole,
    pub(super) ends: Option<OffsetDateTime>,
}

/// A role in a vault to be given.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"role": "EDITOR", "expiresAt": "2031-01-31T18:00:00Z"}))]
pub(super) struct VaultAccessGiven {
    /// Which.
    role: VaultRole,
    /// Until when; for good when left out.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// The roles that there are in one record.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum RecordRole {
    /// Reads.
    Viewer,
    /// Writes.
    Editor,
}

/// A role in one record to be given.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"role": "VIEWER", "expiresAt": "2031-01-31T18:00:00Z"}))]
pub(super) struct RecordAccessGiven {
    /// Which.
    role: RecordRole,
    /// Until when; for good when left out.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

impl From<VaultAccessGiven> for Grant {
    fn from(given: VaultAccessGiven) -> Self {
        Self {
            role: given.role,
            ends: given.expires_at.map(storable),
        }
    }
}

impl From<RecordAccessGiven> for Grant {
    fn from(given: RecordAccessGiven) -> Self {
        let role = match given.role {
            RecordRole::Viewer => VaultRole::Viewer,
            RecordRole::Editor => VaultRole::Editor,
        };
        Self {
            role,
            ends: given.expires_at.map(storable),
        }
    }
}

/// An instant to the microsecond: what the database can hold.
fn storable(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(at.nanosecond() / 1000 * 1000)
        .unwrap_or(at)
}

/// A person, as those who manage a vault see them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct VaultPerson {
    /// The account.
    pub(super) id: UserId,
    /// The person's name.
    pub(super) name: String,
    /// The address they sign in with.
    pub(super) email: String,
}

/// A team, by name.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NamedTeam {
    /// Which.
    pub(super) id: TeamId,
    /// What it is called.
    pub(super) name: String,
}

/// Whoever has been given access.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum AccessGrantee {
    /// A person.
    User {
        /// Who.
        #[serde(flatten)]
        person: VaultPerson,
        /// Whether they are a member now; whoever is deactivated opens nothing until they are back.
        active: bool,
    },
    /// A team: everybody in it has the lower of this role and their own in the team.
    Team {
        /// Which.
        #[serde(flatten)]
        team: NamedTeam,
    },
}

/// What somebody was given.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessEntry {
    /// To whom.
    pub(super) grantee: AccessGrantee,
    /// Which role.
    pub(super) role: VaultRole,
    /// Until when; null for good.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) expires_at: Option<OffsetDateTime>,
    /// When it was given; null for whoever made the vault.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) granted_at: Option<OffsetDateTime>,
    /// By whom.
    #[schema(required)]
    pub(super) granted_by: Option<UserId>,
}

impl AccessEntry {
    /// The person or the team: where a page ends.
    pub(super) const fn id(&self) -> Uuid {
        match &self.grantee {
            AccessGrantee::User { person, .. } => person.id.as_uuid(),
            AccessGrantee::Team { team } => team.id.as_uuid(),
        }
    }
}

/// Where a role comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Through {
    /// A role in the vault.
    Vault,
    /// A role in this record alone.
    Record,
}

/// One reason why somebody can see a record.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReaderReason {
    /// Where the role comes from.
    pub(super) through: Through,
    /// The team that has it; null when it is the person's own.
    #[schema(required)]
    pub(super) team: Option<NamedTeam>,
    /// What it comes to for this person.
    pub(super) role: VaultRole,
    /// Until when; null for good.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) expires_at: Option<OffsetDateTime>,
}

/// Somebody who can see a record.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Reader {
    /// Who.
    pub(super) user: VaultPerson,
    /// What they may do with it: the highest of what follows.
    pub(super) role: VaultRole,
    /// Every reason, the highest role first.
    pub(super) why: Vec<ReaderReason>,
}
