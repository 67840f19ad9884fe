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

/// A part of a secret that somebody saw.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ExposedPart {
    /// A field, as requests name it, or `file:<id>`.
    #[schema(example = "password")]
    pub(super) name: String,
    /// What forms call it; null when it is gone.
    #[schema(required, example = "Password")]
    pub(super) label: Option<String>,
    /// Whether it still is what they saw.
    pub(super) present: bool,
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
    /// Whether they may know what it conceals at this moment: one of its parts still is what they saw.
    /// These are the ones to change.
    pub(super) rotate: bool,
    /// Each part that they saw, those first that are to be changed. Empty when the secret is gone.
    pub(super) parts: Vec<ExposedPart>,
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
const HEAD: [&str; 13] = [
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
    "toChange",
    "changedSince",
    "how",
];

/// The first row of the table.
pub(super) fn head(out: &mut String) {
    csv::row(HEAD, out);
}

impl ExposedSecret {
    /// The parts that still are what they saw, or those that are not, in words.
    fn named(&self, present: bool) -> String {
        let parts = self.parts.iter().filter(|part| part.present == present);
        let words = parts.map(|part| part.label.as_deref().unwrap_or(&part.name));
        words.collect::<Vec<_>>().join("; ")
    }

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
            self.named(true),
            self.named(false),
            how.collect::<Vec<_>>().join("; "),
        ];
        csv::row(cells, out);
    }
}
