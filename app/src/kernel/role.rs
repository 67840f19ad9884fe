//! Roles: of people in an organisation, and of people in a vault.

use serde::{Deserialize, Serialize};

/// A stored role that this version does not know.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown role {0:?}")]
pub struct UnknownRole(String);

/// What a person is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrgRole {
    /// Uses what is shared with them.
    Member,
    /// Manages people and sees the audit trail.
    Admin,
    /// May do everything, and is the last to leave.
    Owner,
}

impl OrgRole {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether this role may do everything in the organisation.
    #[must_use]
    pub const fn owns(self) -> bool {
        matches!(self, Self::Owner)
    }

    /// Whether this role manages the organisation.
    #[must_use]
    pub const fn manages(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }
}

impl std::str::FromStr for OrgRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            other => Err(UnknownRole(other.to_owned())),
        }
    }
}

/// What a person may do in a vault. Strictly ordered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum VaultRole {
    /// Reads.
    Viewer,
    /// Writes.
    Editor,
    /// Deletes, and manages who has access.
    Admin,
    /// Manages the vault itself.
    Owner,
}

impl VaultRole {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Admin, Self::Owner];

    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Editor => "EDITOR",
            Self::Admin => "ADMIN",
            Self::Owner => "OWNER",
        }
    }
}

impl std::str::FromStr for VaultRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
