//! What is shown of a record.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{CustomField, Meta};
use crate::kernel::{SecretId, VaultId};
use crate::vault::model::Person;
use crate::vault::types::{SecretType, Values};

/// A secret, without what is concealed in it.
#[derive(Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::vault) struct Secret {
    /// Its id.
    pub(in crate::vault) id: SecretId,
    /// The vault it is in.
    pub(in crate::vault) vault_id: VaultId,
    /// What kind it is.
    pub(in crate::vault) r#type: SecretType,
    /// Whether it opens. Of one that does not, because what is stored of it was changed or damaged, a list
    /// says which it is and no more: no name, no fields, no tags.
    pub(in crate::vault) readable: bool,
    /// Its name; empty when it is not readable.
    pub(in crate::vault) name: String,
    /// What its open fields hold. What follows from a concealed one and tells a part of it is left out of a
    /// secret that may only be used.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(in crate::vault) fields: Values,
    /// The names of the concealed fields that hold something.
    pub(in crate::vault) concealed: Vec<String>,
    /// Fields of people's own.
    pub(in crate::vault) custom_fields: Vec<CustomField>,
    /// Its tags.
    pub(in crate::vault) tags: Vec<String>,
    /// Whether the caller keeps it at hand.
    pub(in crate::vault) favourite: bool,
    /// Whether whoever reveals it has to prove afresh that it is them.
    pub(in crate::vault) high_sensitivity: bool,
    /// Whether it may be used and never be seen.
    pub(in crate::vault) inject_only: bool,
    /// Rises with every change; the number in the header `ETag`.
    pub(in crate::vault) version: i32,
    /// How soon its main secret is guessed, 0 to 4; null where that says nothing, and of a secret that may
    /// only be used.
    pub(in crate::vault) strength: Option<u8>,
    /// Since when it is there.
    #[serde(with = "time::serde::rfc3339")]
    pub(in crate::vault) created_at: OffsetDateTime,
    /// Its last change.
    #[serde(with = "time::serde::rfc3339")]
    pub(in crate::vault) updated_at: OffsetDateTime,
    /// Who changed it last; null when they are gone.
    pub(in crate::vault) updated_by: Option<Person>,
    /// Since when it is in the trash; null when it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(in crate::vault) trashed_at: Option<OffsetDateTime>,
}

/// A version of a secret, without what is concealed in it.
#[derive(Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::vault) struct SecretVersion {
    /// Its number.
    pub(in crate::vault) version: i32,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(in crate::vault) made_at: OffsetDateTime,
    /// By whom; null when they are gone.
    pub(in crate::vault) made_by: Option<Person>,
    /// The names of the fields in which it differs from the one before.
    pub(in crate::vault) changed: Vec<String>,
    /// Whether it opens. One that does not has no name, no fields and no tags.
    pub(in crate::vault) readable: bool,
    /// The name it had; empty when it is not readable.
    pub(in crate::vault) name: String,
    /// What its open fields held.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(in crate::vault) fields: Values,
    /// The names of the concealed fields that held something.
    pub(in crate::vault) concealed: Vec<String>,
    /// Fields of people's own.
    pub(in crate::vault) custom_fields: Vec<CustomField>,
    /// Its tags.
    pub(in crate::vault) tags: Vec<String>,
    /// Whether whoever reveals it has to prove afresh that it is them.
    pub(in crate::vault) high_sensitivity: bool,
    /// Whether what is concealed in it may be seen: not if it, or one after it, may only be used.
    pub(in crate::vault) revealable: bool,
}

/// When and by whom a version was made, and what was changed by it.
pub(in crate::vault) struct Made {
    pub(in crate::vault) version: i32,
    pub(in crate::vault) at: OffsetDateTime,
    pub(in crate::vault) by: Option<Person>,
    pub(in crate::vault) changed: Vec<String>,
}

impl SecretVersion {
    /// A version as the newest one lets it be seen.
    pub(in crate::vault) fn of(mut meta: Meta, newest: &Meta, made: Made) -> Self {
        let revealable = newest.shows(made.version) && !meta.inject_only;
        if !revealable {
            meta.withhold();
        }
        Self {
            readable: true,
            revealable,
            high_sensitivity: meta.high_sensitivity || newest.high_sensitivity,
            name: meta.name,
            fields: meta.fields,
            concealed: meta.concealed,
            custom_fields: meta.custom,
            tags: meta.tags,
            ..Self::unreadable(made)
        }
    }

    /// One that does not open.
    pub(in crate::vault) fn unreadable(made: Made) -> Self {
        Self {
            version: made.version,
            made_at: made.at,
            made_by: made.by,
            changed: made.changed,
            readable: false,
            name: String::new(),
            fields: Values::new(),
            concealed: Vec::new(),
            custom_fields: Vec::new(),
            tags: Vec::new(),
            high_sensitivity: false,
            revealable: false,
        }
    }
}

/// What a field is revealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::vault) enum Purpose {
    /// To be looked at.
    Show,
    /// To be copied.
    Copy,
}

/// What a field holds.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RevealedField, example = json!({"field": "password", "value": "correct horse"}))]
pub(in crate::vault) struct Revealed {
    /// Its name.
    pub(in crate::vault) field: String,
    /// What it holds.
    #[schema(value_type = String)]
    pub(in crate::vault) value: Zeroizing<String>,
}
