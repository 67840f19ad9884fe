//! Accounts and what their owners see of them.

use serde::Serialize;
use time::OffsetDateTime;

use super::email::Email;
use crate::kernel::{OrgId, OrgRole, SessionId, UserId};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: UserId,
    /// Its address.
    pub email: Email,
    /// The person's name.
    pub name: String,
    /// The password's hash in PHC form.
    pub password_hash: String,
}

/// A person.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// The account.
    pub id: UserId,
    /// The person's name.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
}

/// An organisation.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
}

/// Who is signed in, and where.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The person.
    pub user: UserView,
    /// The organisation they act in.
    pub organization: OrganizationView,
    /// What they are there.
    pub role: OrgRole,
    /// Everywhere that they may go.
    pub organizations: Vec<PlaceView>,
    /// How they stand with second factors.
    pub second_factor: SecondFactorView,
}

/// An organisation that somebody belongs to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OwnOrganization)]
pub struct PlaceView {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// What they are there.
    pub role: OrgRole,
}

/// How somebody stands with second factors.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SecondFactor)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorView {
    /// Whether they have one.
    pub enrolled: bool,
    /// Until when they may go without; null when they may for good, or have one.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub required_from: Option<OffsetDateTime>,
    /// Whether that time is over: then nothing but setting one up is allowed.
    pub must_enrol: bool,
}

/// What came of a sign-in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SignedIn {
    /// They are signed in.
    SignedIn {
        /// Who, and where.
        me: Me,
    },
}

/// One device that somebody is signed in on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Which.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last used.
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen_at: OffsetDateTime,
    /// The address that it began from.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// What was shown: `password`, `totp`, `passkey` and so on.
    pub factors: Vec<&'static str>,
}

/// The devices that somebody is signed in on, the last used first.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SessionList {
    /// The devices.
    pub items: Vec<SessionView>,
}
