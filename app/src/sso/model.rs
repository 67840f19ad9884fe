//! What an organisation says about its provider.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::seal::SealedSecret;
use crate::kernel::{FieldProblem, OrgId, OrgRole, Redacted, TeamId, Text, VaultRole, domains};

/// The most groups of one organisation.
const MOST_MAPPINGS: usize = 100;
/// The most teams of one group.
const MOST_TEAMS: usize = 20;

/// A provider that an organisation trusts, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) org: OrgId,
    /// Names the data key of the secret.
    pub(super) id: Uuid,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) secret: Option<SealedSecret>,
    pub(super) default_role: OrgRole,
    pub(super) group_claim: Option<String>,
    pub(super) enabled: bool,
    /// Whether the platform lets anybody into the organisation.
    pub(super) open: bool,
    pub(super) required: bool,
    pub(super) updated_at: OffsetDateTime,
    pub(super) domains: Vec<String>,
    pub(super) mappings: Vec<Mapping>,
}

impl Connection {
    /// Whether people can sign in this way.
    pub(super) const fn is_offered(&self) -> bool {
        self.enabled && self.open
    }
}

/// What one group of the provider makes of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SsoMapping)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mapping {
    /// The group, as the claim names it.
    pub(super) group: String,
    /// The role in the organisation, `member` or `admin`; null when the group gives none.
    #[schema(required)]
    pub(super) role: Option<OrgRole>,
    /// The teams that the group puts people into.
    #[serde(default)]
    #[schema(required)]
    pub(super) teams: Vec<TeamMapping>,
}

/// A team that a group of the provider puts people into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SsoTeamMapping)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TeamMapping {
    /// The team.
    pub(super) id: TeamId,
    /// The role in it: `VIEWER`, `EDITOR` or `ADMIN`.
    pub(super) role: VaultRole,
}

/// What is to be trusted from now on, as it was sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ChangeSso)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    /// The provider's name for itself, an `https` URL.
    pub(super) issuer: String,
    /// What this server is called there.
    pub(super) client_id: String,
    /// The secret that it has there. Left out, the one before is kept, as long as issuer and client
    /// stay the same; empty for a client without one.
    #[schema(value_type = Option<String>, format = Password)]
    pub(super) client_secret: Option<Redacted<String>>,
    /// What somebody is whose groups say nothing: `member` or `admin`.
    pub(super) default_role: OrgRole,
    /// The claim that lists groups; null to look at none.
    pub(super) group_claim: Option<String>,
    /// What groups make of people.
    pub(super) mappings: Vec<Mapping>,
    /// Whose addresses are sent to the provider, and may come from there without an invitation.
    pub(super) domains: Vec<String>,
    /// Whether people can sign in this way.
    pub(super) enabled: bool,
    /// Whether everybody but owners has to.
    pub(super) required: bool,
}

/// The settings, each of them good by itself.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Redacted<String>>,
    pub(super) default_role: OrgRole,
    pub(super) group_claim: Option<String>,
    pub(super) mappings: Vec<Mapping>,
    pub(super) domains: Vec<String>,
    pub(super) enabled: bool,
    pub(super) required: bool,
}

impl Wanted {
    /// Judges the fields, all at once.
    pub(super) fn check(self) -> Result<Checked, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut keep = |result: Result<String, FieldProblem>| {
            result.unwrap_or_else(|problem| {
                problems.push(problem);
                String::new()
            })
        };
        let issuer = keep(Text::line("issuer", 1, 500).check(&self.issuer));
        let client_id = keep(Text::line("clientId", 1, 255).check(&self.client_id));
        let group_claim = self
            .group_claim
            .as_deref()
            .filter(|claim| !claim.trim().is_empty())
            .map(|claim| keep(Text::line("groupClaim", 1, 200).check(claim)));
        if let Some(secret) = &self.client_secret {
            let checked = Text::line("clientSecret", 0, 500).check_untrimmed(secret.expose());
            problems.extend(checked.err());
        }
        if self.default_role.owns() {
            problems.push(FieldProblem::new("defaultRole", "must be member or admin"));
        }
        problems.extend(check_mappings(&self.mappings).err());
        let domains = domains("domains", &self.domains).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Checked {
            issuer,
            client_id,
            client_secret: self.client_secret,
            default_role: self.default_role,
            group_claim,
            mappings: self.mappings,
            domains,
            enabled: self.enabled,
            required: self.required,
        })
    }
}

fn check_mappings(mappings: &[Mapping]) -> Result<(), FieldProblem> {
    let refuse = |message| Err(FieldProblem::new("mappings", message));
    if mappings.len() > MOST_MAPPINGS {
        return refuse("must be at most 100");
    }
    for (at, mapping) in mappings.iter().enumerate() {
        if Text::line("group", 1, 255).check(&mapping.group).as_ref() != Ok(&mapping.group) {
            return refuse("must each name a group, in 1 to 255 characters");
        }
        if mapping.role.is_some_and(OrgRole::owns) {
            return refuse("must not make owners: ownership is handed over in the portal");
        }
        if mapping.teams.len() > MOST_TEAMS {
            return refuse("must each name at most 20 teams");
        }
        let owns = |team: &TeamMapping| team.role == VaultRole::Owner;
        if mapping.teams.iter().any(owns) {
            return refuse("must not make owners of teams");
        }
        let mut teams: Vec<TeamId> = mapping.teams.iter().map(|team| team.id).collect();
        teams.sort_unstable();
        if teams.windows(2).any(|pair| pair.first() == pair.last()) {
            return refuse("must not name a team twice for one group");
        }
        if mappings
            .iter()
            .take(at)
            .any(|other| other.group == mapping.group)
        {
            return refuse("must not name a group twice");
        }
    }
    Ok(())
}

/// The settings, as those who manage the organisation see them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SsoSettings)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettingsView {
    /// The provider; null when there is none.
    #[schema(required)]
    pub(super) connection: Option<ConnectionView>,
    /// What the provider has to send people back to.
    pub(super) redirect_uri: String,
    /// The address at which people of this organisation begin, whatever their e-mail address.
    pub(super) sign_in_url: String,
}

/// A provider. Its secret is shown to nobody.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SsoConnection)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionView {
    /// Always `oidc`.
    pub(super) kind: &'static str,
    /// The provider's name for itself.
    pub(super) issuer: String,
    /// What this server is called there.
    pub(super) client_id: String,
    /// Whether there is a secret.
    pub(super) has_secret: bool,
    /// What somebody is whose groups say nothing.
    pub(super) default_role: OrgRole,
    /// The claim that lists groups.
    #[schema(required)]
    pub(super) group_claim: Option<String>,
    /// What groups make of people.
    pub(super) mappings: Vec<Mapping>,
    /// Whose addresses are sent there.
    pub(super) domains: Vec<String>,
    /// Whether people can sign in this way.
    pub(super) enabled: bool,
    /// Whether everybody but owners has to.
    pub(super) required: bool,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) updated_at: OffsetDateTime,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        Self {
            kind: "oidc",
            issuer: connection.issuer,
            client_id: connection.client_id,
            has_secret: connection.secret.is_some(),
            default_role: connection.default_role,
            group_claim: connection.group_claim,
            mappings: connection.mappings,
            domains: connection.domains,
            enabled: connection.enabled,
            required: connection.required,
            updated_at: connection.updated_at,
        }
    }
}
