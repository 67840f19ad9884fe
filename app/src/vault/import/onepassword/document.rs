//! What 1Password writes, as far as it is read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::super::limits::{AtMost, ROWS};

pub(super) type Text = Option<Zeroizing<String>>;

#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) accounts: AtMost<20, Account>,
}

#[derive(Deserialize)]
pub(super) struct Account {
    #[serde(default)]
    pub(super) vaults: AtMost<500, Vault>,
}

#[derive(Deserialize)]
pub(super) struct Vault {
    #[serde(default)]
    pub(super) attrs: Attributes,
    #[serde(default)]
    pub(super) items: AtMost<ROWS, Item>,
}

#[derive(Default, Deserialize)]
pub(super) struct Attributes {
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    #[serde(default)]
    pub(super) fav_index: i64,
    #[serde(default)]
    pub(super) category_uuid: String,
    #[serde(default)]
    pub(super) details: Details,
    #[serde(default)]
    pub(super) overview: Overview,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    #[serde(default)]
    pub(super) login_fields: AtMost<200, LoginField>,
    #[serde(default)]
    pub(super) notes_plain: Text,
    #[serde(default)]
    pub(super) sections: AtMost<100, Section>,
    /// Of the category for passwords alone.
    #[serde(default)]
    pub(super) password: Text,
}

#[derive(Deserialize)]
pub(super) struct LoginField {
    #[serde(default)]
    pub(super) value: Text,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) designation: Option<String>,
    #[serde(default, rename = "fieldType")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Section {
    #[serde(default)]
    pub(super) fields: AtMost<200, Field>,
}

#[derive(Deserialize)]
pub(super) struct Field {
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) id: Option<String>,
    /// One member, whose name says what kind it is.
    #[serde(default)]
    pub(super) value: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
pub(super) struct Overview {
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) url: Text,
    #[serde(default)]
    pub(super) urls: AtMost<100, Address>,
    #[serde(default)]
    pub(super) tags: AtMost<200, String>,
}

#[derive(Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    pub(super) url: Text,
}
