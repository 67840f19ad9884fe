//! What happened to the installation.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::keys::trail::KEY_REPLACED;

/// What happened. The words are stable: auditors search for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A licence came into force in place of another, or as the first.
    LicenseChanged,
    /// A licence was offered and refused; the one before stayed in force.
    LicenseRefused,
    /// What is remembered of the licence was not where, or not as, it was left.
    LicenseStateNoticed,
    /// Data keys of second factors were wrapped anew, with another master key.
    DataKeysRewrapped,
    /// Nothing depends on the earlier master key any more.
    MasterKeyRotated,
    /// The key that signs checkpoints of audit trails was made.
    AuditKeyMade,
    /// A one-time link for a platform admin was made on the host.
    AdminLinkMade,
    /// A link was used: there is a platform admin, or one has another password.
    AdminEntered,
    /// A platform admin signed in.
    AdminSignedIn,
    /// A platform admin signed out.
    AdminSignedOut,
    /// A platform admin changed their password.
    AdminPasswordChanged,
    /// A session of a platform admin was ended by one of them.
    AdminSessionRevoked,
    /// Somebody is no platform admin any more.
    AdminDeactivated,
    /// Somebody who lost their second factors was freed of them, on the host.
    FactorsTakenAway,
    /// An organisation was made, and its first owner asked to come.
    OrganizationCreated,
    /// The first owner was asked again, or another one.
    OrganizationOwnerAsked,
    /// Nobody of an organisation gets in any more.
    OrganizationSuspended,
    /// Its people get in again.
    OrganizationResumed,
    /// It waits to be erased.
    OrganizationErasureAsked,
    /// It is not erased after all.
    OrganizationKept,
    /// Its rows begin to go. The database erases nothing without this entry.
    OrganizationErasing,
    /// Nothing is left of it.
    OrganizationErased,
    /// A platform admin looked at people by name.
    PeopleLookedUp,
    /// A platform admin had a trail read again.
    TrailVerified,
}

impl Action {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LicenseChanged => "license.changed",
            Self::LicenseRefused => "license.refused",
            Self::LicenseStateNoticed => "license.state-noticed",
            Self::DataKeysRewrapped => "data-keys.rewrapped",
            Self::MasterKeyRotated => KEY_REPLACED,
            Self::AuditKeyMade => "audit-key.made",
            Self::AdminLinkMade => "admin.link-made",
            Self::AdminEntered => "admin.entered",
            Self::AdminSignedIn => "admin.signed-in",
            Self::AdminSignedOut => "admin.signed-out",
            Self::AdminPasswordChanged => "admin.password-changed",
            Self::AdminSessionRevoked => "admin.session-revoked",
            Self::AdminDeactivated => "admin.deactivated",
            Self::FactorsTakenAway => "account.factors-removed",
            Self::OrganizationCreated => "organization.created",
            Self::OrganizationOwnerAsked => "organization.owner-asked",
            Self::OrganizationSuspended => "organization.suspended",
            Self::OrganizationResumed => "organization.resumed",
            Self::OrganizationErasureAsked => "organization.erasure-asked",
            Self::OrganizationKept => "organization.kept",
            Self::OrganizationErasing => "organization.erasing",
            Self::OrganizationErased => "organization.erased",
            Self::PeopleLookedUp => "people.looked-up",
            Self::TrailVerified => "trail.verified",
        }
    }
}

/// One entry, before it is numbered.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: OffsetDateTime,
    /// What.
    pub action: Action,
    /// More words, as a JSON object; never a value that is sealed elsewhere.
    pub detail: Value,
}

/// One entry as the trail shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlatformEvent)]
pub struct Entry {
    /// Its number; gaps do not happen.
    pub seq: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    pub action: String,
    /// More words.
    #[schema(value_type = Object)]
    pub detail: Value,
}
