//! What a token for the API may do.

use serde::{Deserialize, Serialize};

/// One thing that a token may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
pub enum Scope {
    /// List and read vaults and what is in them, without what makes it secret.
    #[serde(rename = "vaults:read")]
    VaultsRead,
    /// Make and change vaults and what is in them.
    #[serde(rename = "vaults:write")]
    VaultsWrite,
    /// See what makes a secret secret.
    #[serde(rename = "secrets:reveal")]
    SecretsReveal,
    /// Read the audit trail.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// See members, invitations and teams.
    #[serde(rename = "people:read")]
    PeopleRead,
    /// Change members, invitations and teams.
    #[serde(rename = "people:write")]
    PeopleWrite,
    /// Provision people and groups (SCIM 2.0), and nothing else.
    #[serde(rename = "scim")]
    Scim,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::VaultsRead,
        Self::VaultsWrite,
        Self::SecretsReveal,
        Self::AuditRead,
        Self::PeopleRead,
        Self::PeopleWrite,
        Self::Scim,
    ];

    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VaultsRead => "vaults:read",
            Self::VaultsWrite => "vaults:write",
            Self::SecretsReveal => "secrets:reveal",
            Self::AuditRead => "audit:read",
            Self::PeopleRead => "people:read",
            Self::PeopleWrite => "people:write",
            Self::Scim => "scim",
        }
    }

    const fn bit(self) -> u16 {
        match self {
            Self::VaultsRead => 1,
            Self::VaultsWrite => 1 << 1,
            Self::SecretsReveal => 1 << 2,
            Self::AuditRead => 1 << 3,
            Self::PeopleRead => 1 << 4,
            Self::PeopleWrite => 1 << 5,
            Self::Scim => 1 << 6,
        }
    }
}

/// What a token may do, all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// Whether one thing is among them.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Their words, in the order of [`Scope::ALL`].
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Scope::ALL
            .into_iter()
            .filter(|scope| self.contains(*scope))
            .map(Scope::as_str)
            .collect()
    }

    /// Reads words as they are stored; those that this version does not know give nothing.
    #[must_use]
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names
            .into_iter()
            .filter_map(|name| Scope::ALL.into_iter().find(|scope| scope.as_str() == name))
            .collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes};

    #[test]
    fn words_go_there_and_back() {
        let all: Scopes = Scope::ALL.into_iter().collect();
        assert_eq!(Scopes::from_names(all.names()), all);
        assert_eq!(all.names().len(), Scope::ALL.len());
        for scope in Scope::ALL {
            let json = serde_json::to_value(scope).unwrap();
            assert_eq!(json, scope.as_str());
            assert!(!Scopes::default().contains(scope));
        }
    }

    #[test]
    fn an_unknown_word_gives_nothing() {
        assert_eq!(Scopes::from_names(["root", ""]), Scopes::default());
    }
}
