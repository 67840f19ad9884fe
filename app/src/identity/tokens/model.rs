//! Tokens as people see them.

use serde::Serialize;
use time::OffsetDateTime;

use crate::kernel::{ApiTokenId, Scope, UserId};

/// A token, without what makes it one.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiToken {
    /// Which.
    pub(super) id: ApiTokenId,
    /// What it is for.
    pub(super) name: String,
    /// What it may do.
    pub(super) scopes: Vec<Scope>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// Until when; null without an end.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute; null when it never was.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) last_used_at: Option<OffsetDateTime>,
    /// Whoever made it, and for whom it acts.
    pub(super) user: Maker,
}

/// Whoever made a token.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApiTokenMaker)]
pub(super) struct Maker {
    /// The account.
    pub(super) id: UserId,
    /// The person's name.
    pub(super) name: String,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub(super) struct NewToken {
    pub(super) name: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) expires_at: Option<OffsetDateTime>,
}

/// A token that was just made, and the one time that it is shown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NewApiToken)]
pub(super) struct Made {
    /// What it is.
    pub(super) token: ApiToken,
    /// The token itself. It is stored as a digest and cannot be shown again.
    pub(super) secret: String,
}
