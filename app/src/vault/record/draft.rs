//! A record as a request describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::NewCustomField;
use crate::vault::types::{SecretType, Values};

/// A secret to be stored.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = NewSecret, example = json!({
    "type": "PASSWORD",
    "name": "Mail",
    "fields": {"username": "ada", "url": "https://mail.example.com/", "password": "correct horse"},
    "customFields": [{"label": "PIN", "kind": "hidden", "value": "4711"}],
    "tags": ["private"],
}))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::vault) struct NewRecord {
    /// What kind it is.
    pub(in crate::vault) r#type: SecretType,
    /// 1 to 200 characters.
    pub(in crate::vault) name: String,
    /// What its fields hold, by the names that `GET /secret-types` lists.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub(in crate::vault) fields: Values,
    /// Fields of your own, at most 50.
    #[serde(default)]
    pub(in crate::vault) custom_fields: Vec<NewCustomField>,
    /// At most 30, each of at most 60 characters.
    #[serde(default)]
    pub(in crate::vault) tags: Vec<String>,
    /// Whether whoever reveals it has to prove afresh that it is them.
    #[serde(default)]
    pub(in crate::vault) high_sensitivity: bool,
    /// Whether it may be used and never be seen.
    #[serde(default)]
    pub(in crate::vault) inject_only: bool,
}

impl std::fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What is to be changed of a secret. What is left out stays.
#[derive(Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = SecretChange, example = json!({
    "fields": {"password": "another horse", "notes": null},
    "tags": ["private", "mail"],
}))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::vault) struct RecordChange {
    /// Another name.
    pub(in crate::vault) name: Option<String>,
    /// What fields are to hold; null removes one.
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    pub(in crate::vault) fields: Option<BTreeMap<String, Option<Zeroizing<String>>>>,
    /// Fields of your own, in place of all there were.
    pub(in crate::vault) custom_fields: Option<Vec<NewCustomField>>,
    /// Tags, in place of all there were.
    pub(in crate::vault) tags: Option<Vec<String>>,
    /// Whether whoever reveals it has to prove afresh that it is them. Unset, this needs such a proof.
    pub(in crate::vault) high_sensitivity: Option<bool>,
    /// Whether it may be used and never be seen. Set, it ends every link. It is unset only together with
    /// every concealed value being replaced, and while no file is attached.
    pub(in crate::vault) inject_only: Option<bool>,
}

impl RecordChange {
    /// The names of the fields that it says anew: of the type, and of custom ones that are there already.
    pub(in crate::vault) fn given(&self) -> Vec<String> {
        let fields = self.fields.iter().flatten();
        let fields = fields.filter_map(|(name, value)| value.as_ref().map(|_| name.clone()));
        let custom = self.custom_fields.iter().flatten();
        let custom = custom.filter(|field| field.value.is_some());
        let custom = custom.filter_map(|field| Some(format!("custom:{}", field.id?)));
        fields.chain(custom).collect()
    }
}

impl std::fmt::Debug for RecordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
