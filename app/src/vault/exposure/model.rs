//! The list, as it is shown and as a table.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::audit::How;
use crate::kernel::{SecretId, VaultId, csv};
use crate::vault::types::SecretType;

/// How somebody came into touch with a secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretContact {
    /// In which way.
    pub(super) how: How,
    /// How often.
    pub(super) times: i64,
    /// When last.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) last_at: OffsetDateTime,
}

/// A secret that somebody has seen, or used.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExposedSecret {
    /// Which.
    pub(super) secret_id: SecretId,
    /// What it is called now; null when it is gone.
    #[schema(required)]
    pub(super) name: Option<String>,
    /// What kind it is.
    #[schema(required)]
    pub(super) r#type: Option<SecretType>,
    /// The vault that it is in now.
    #[schema(required)]
    pub(super) vault_id: Option<VaultId>,
    /// What that is called.
    #[schema(required)]
    pub(super) vault_name: Option<String>,
    /// Whether they may know what it conceals; if not, they have used it and not seen it.
    pub(super) seen: bool,
    /// Whether they may know what it conceals at this moment: they have seen it, it is there, and its
    /// main secret is what it was. These are the ones to change.
    pub(super) rotate: bool,
    /// When they came into touch with it first.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) first_at: OffsetDateTime,
    /// When last.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) last_at: OffsetDateTime,
    /// Since when its main secret is what it is; null when it is gone.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(super) secret_since: Option<OffsetDateTime>,
    /// In which ways, the latest first.
    pub(super) how: Vec<SecretContact>,
}

/// The names of the columns.
const HEAD: [&str; 11] = [
    "secretId",
    "name",
    "type",
    "vaultId",
    "vault",
    "seen",
    "rotate",
    "firstAt",
    "lastAt",
    "secretSince",
    "how",
];

/// The first row of the table.
pub(super) fn head(out: &mut String) {
    csv::row(HEAD, out);
}

impl ExposedSecret {
    /// Writes it as a row.
    pub(super) fn write(&self, out: &mut String) {
        let when = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
        let how = self
            .how
            .iter()
            .map(|contact| format!("{} {}", contact.how.as_str(), contact.times));
        let cells = [
            self.secret_id.to_string(),
            self.name.clone().unwrap_or_default(),
            self.r#type.map_or("", SecretType::as_str).to_owned(),
            self.vault_id.map(|id| id.to_string()).unwrap_or_default(),
            self.vault_name.clone().unwrap_or_default(),
            self.seen.to_string(),
            self.rotate.to_string(),
            when(self.first_at),
            when(self.last_at),
            self.secret_since.map(when).unwrap_or_default(),
            how.collect::<Vec<_>>().join("; "),
        ];
        csv::row(cells, out);
    }
}
