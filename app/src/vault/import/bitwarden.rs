//! Bitwarden's JSON, without encryption.

use std::collections::BTreeMap;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::types::SecretType;
use super::limits::{self, AtMost, Room};
use super::row::{self, ExtraKind, Row};
use super::{Refusal, text};

type Text = Option<Zeroizing<String>>;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    encrypted: bool,
    #[serde(default)]
    folders: AtMost<{ limits::ROWS }, Folder>,
    /// Exports of organisations have these in place of folders.
    #[serde(default)]
    collections: AtMost<{ limits::ROWS }, Folder>,
    #[serde(default)]
    items: Option<AtMost<{ limits::ROWS }, Item>>,
}

#[derive(Deserialize)]
struct Folder {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    r#type: u8,
    name: Option<String>,
    notes: Text,
    #[serde(default)]
    favorite: bool,
    folder_id: Option<String>,
    #[serde(default)]
    collection_ids: AtMost<100, String>,
    #[serde(default)]
    fields: AtMost<200, Custom>,
    login: Option<Login>,
    card: Option<Card>,
    #[serde(default)]
    identity: Option<BTreeMap<String, Text>>,
    ssh_key: Option<SshKey>,
}

#[derive(Deserialize)]
struct Custom {
    name: Option<String>,
    value: Text,
    #[serde(default)]
    r#type: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    #[serde(default)]
    uris: AtMost<100, Address>,
    username: Text,
    password: Text,
    totp: Text,
    #[serde(default)]
    fido2_credentials: AtMost<20, BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Address {
    uri: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    cardholder_name: Text,
    number: Text,
    exp_month: Text,
    exp_year: Text,
    code: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SshKey {
    private_key: Text,
}

/// Reads an export.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, Refusal> {
    let text = text::decode(bytes)?;
    let wrong = Refusal::File("must be Bitwarden's JSON, with at most 10000 records");
    let file: File = limits::json(&text, wrong)?;
    if file.encrypted {
        return Err(Refusal::File(
            "must not be encrypted: export it as .json without a password",
        ));
    }
    let items = file
        .items
        .ok_or(Refusal::File("must be Bitwarden's JSON: it has no items"))?;
    let folders = [file.folders.0, file.collections.0].into_iter().flatten();
    let folders: BTreeMap<String, String> = folders
        .filter_map(|folder| Some((folder.id?, row::folder(&folder.name?)?)))
        .collect();
    let (mut rows, mut room) = (Vec::new(), Room::default());
    for (line, item) in (1..).zip(items.0) {
        for row in item.rows(line, &folders) {
            room.take(&row)?;
            rows.push(row);
        }
    }
    Ok(rows)
}

fn shown(text: &Text) -> &str {
    text.as_ref().map_or("", |text| text.as_str())
}

impl Item {
    fn rows(self, line: u32, folders: &BTreeMap<String, String>) -> Vec<Row> {
        let kind = match self.r#type {
            1 => SecretType::Password,
            3 => SecretType::PaymentCard,
            4 => SecretType::Identity,
            5 => SecretType::SshKey,
            _ => SecretType::SecureNote,
        };
        let mut row = Row::new(line, kind);
        row.name = self.name.unwrap_or_default();
        row.favourite = self.favorite;
        let folder = self.folder_id.iter().chain(&self.collection_ids.0);
        row.folder = folder.filter_map(|id| folders.get(id)).next().cloned();
        row.note(shown(&self.notes));
        let mut beside = Vec::new();
        if let Some(login) = &self.login {
            beside = login.fill(&mut row);
        }
        if let Some(card) = &self.card {
            card.fill(&mut row);
        }
        if let Some(identity) = &self.identity {
            identify(&mut row, identity);
        }
        if let Some(key) = &self.ssh_key {
            row.put("privateKey", shown(&key.private_key));
        }
        for custom in &self.fields.0 {
            let label = custom.name.as_deref().unwrap_or_default();
            let kind = match custom.r#type {
                0 => ExtraKind::Text,
                2 => ExtraKind::Boolean,
                // A link to another field of the same entry says nothing new.
                3 => continue,
                _ => ExtraKind::Hidden,
            };
            row.extra(label, kind, shown(&custom.value));
        }
        beside.insert(0, row);
        beside
    }
}

impl Login {
    /// Fills a row in, and gives what becomes a record of its own.
    fn fill(&self, row: &mut Row) -> Vec<Row> {
        row.put("username", shown(&self.username));
        row.put("password", shown(&self.password));
        for address in &self.uris.0 {
            row.put("url", shown(&address.uri));
        }
        let mut beside = Vec::new();
        if !shown(&self.totp).trim().is_empty() {
            let mut code = row.companion(SecretType::Totp);
            code.put("otpauth", shown(&self.totp));
            code.put("account", shown(&self.username));
            beside.push(code);
        }
        for passkey in &self.fido2_credentials.0 {
            let said = |name: &str| {
                passkey
                    .get(name)
                    .and_then(|value| value.as_str())
                    .unwrap_or_default()
            };
            let mut key = row.companion(SecretType::Passkey);
            for (field, name) in [
                ("rpId", "rpId"),
                ("username", "userName"),
                ("credentialId", "credentialId"),
                ("userHandle", "userHandle"),
                ("privateKey", "keyValue"),
            ] {
                key.put(field, said(name));
            }
            beside.push(key);
        }
        beside
    }
}

impl Card {
    fn fill(&self, row: &mut Row) {
        row.put("cardholder", shown(&self.cardholder_name));
        row.put("number", shown(&self.number));
        row.put("cvv", shown(&self.code));
        let (month, year) = (shown(&self.exp_month), shown(&self.exp_year));
        if !month.is_empty() && !year.is_empty() {
            row.put("expiry", &format!("{month}/{year}"));
        }
    }
}

fn identify(row: &mut Row, identity: &BTreeMap<String, Text>) {
    let said = |name: &str| identity.get(name).map_or("", |text| shown(text));
    let joined = |names: &[&str], between: &str| {
        let parts = names.iter().map(|name| said(name).trim());
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        Zeroizing::new(parts.join(between))
    };
    row.put(
        "fullName",
        &joined(&["title", "firstName", "middleName", "lastName"], " "),
    );
    let places = [
        "address1",
        "address2",
        "address3",
        "postalCode",
        "city",
        "state",
        "country",
    ];
    row.put("address", &joined(&places, "\n"));
    for (field, name) in [
        ("email", "email"),
        ("phone", "phone"),
        ("company", "company"),
        ("nationalId", "ssn"),
        ("passport", "passportNumber"),
        ("drivingLicence", "licenseNumber"),
    ] {
        row.put(field, said(name));
    }
    row.extra("User name", ExtraKind::Text, said("username"));
}
