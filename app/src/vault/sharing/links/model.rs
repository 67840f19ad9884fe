//! Links, as they are asked for, listed, and opened.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::kernel::{OrgId, Redacted, SecretLinkId, UserId};
use crate::vault::model::Which;
use crate::vault::types::SecretType;

/// A link to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "fields": ["username", "password"], "uses": 1, "expiresAt": "2031-01-31T18:00:00Z",
    "passphrase": "told by telephone",
}))]
pub(in super::super) struct NewLink {
    /// Which fields it shows, 1 to 50: of the type, or `custom:<id>`.
    pub(super) fields: Vec<String>,
    /// How often it may be opened, 1 to 100.
    pub(super) uses: i32,
    /// Until when, at most 30 days from now.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) expires_at: OffsetDateTime,
    /// What else whoever opens it has to know, 8 to 200 characters. Tell it by another way.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    pub(super) passphrase: Option<Redacted<String>>,
}

impl NewLink {
    /// Everything that makes it this link and no other one.
    pub(super) fn said(&self, which: Which) -> Value {
        json!({
            "vault": which.vault, "secret": which.secret, "fields": self.fields, "uses": self.uses,
            "expiresAt": self.expires_at.unix_timestamp_nanos().to_string(),
            "passphrase": self.passphrase.as_ref().map(Redacted::expose),
        })
    }
}

/// A link, as those who manage the vault see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SecretLink {
    /// Which.
    pub(in super::super) id: SecretLinkId,
    /// What it shows.
    pub(in super::super) fields: Vec<String>,
    /// How often it could be opened.
    pub(in super::super) uses: i32,
    /// How often it still can be.
    pub(in super::super) remaining: i32,
    /// Whether a passphrase is asked for.
    pub(in super::super) passphrase: bool,
    /// Until when it can be opened.
    #[serde(with = "time::serde::rfc3339")]
    pub(in super::super) expires_at: OffsetDateTime,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(in super::super) created_at: OffsetDateTime,
    /// By whom.
    pub(in super::super) created_by: UserId,
    /// When it was opened last; null when it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(in super::super) opened_at: Option<OffsetDateTime>,
}

/// A link that was made a moment ago, with its address: shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecretLinkMade)]
pub(in super::super) struct LinkAddress {
    /// The link.
    pub(in super::super) link: SecretLink,
    /// Where whoever gets it opens it. The token stands behind the `#`: no server and no proxy sees it
    /// before it is opened.
    #[schema(value_type = String)]
    pub(in super::super) url: Zeroizing<String>,
}

/// The token of a link, and what else it asks for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct OpenLink {
    /// What stands behind the `#`.
    #[schema(value_type = String)]
    pub(super) token: Redacted<String>,
    /// The passphrase, where one is asked for.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    pub(super) passphrase: Option<Redacted<String>>,
}

/// One field of what a link shows.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LinkField)]
pub(in super::super) struct ShownField {
    /// Its name.
    pub(in super::super) name: String,
    /// What a form calls it.
    pub(in super::super) label: String,
    /// What it holds.
    #[schema(value_type = String)]
    pub(in super::super) value: Zeroizing<String>,
}

/// What a link shows, as it was when the link was made: sealed whole.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Shown {
    /// The version of the record that it was taken from.
    pub(super) version: i32,
    pub(super) kind: SecretType,
    pub(super) name: String,
    pub(super) fields: Vec<ShownField>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What whoever opened a link sees.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OpenedLink)]
pub(in super::super) struct LinkShows {
    /// The organisation it comes from.
    pub(super) organization: String,
    /// What the secret is called.
    pub(super) name: String,
    /// What kind it is.
    pub(super) r#type: SecretType,
    /// The fields, in the order in which they were asked for.
    pub(super) fields: Vec<ShownField>,
    /// How often the link can still be opened.
    pub(super) remaining: i32,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) expires_at: OffsetDateTime,
}

/// What has to be known of a link before it is opened.
#[derive(Clone, Debug)]
pub(in super::super) struct LinkHead {
    pub(in super::super) org: OrgId,
    pub(in super::super) id: SecretLinkId,
    pub(in super::super) passphrase_hash: Option<String>,
}
