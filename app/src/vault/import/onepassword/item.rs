//! One item of 1Password.

use serde_json::Value;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::super::super::types::SecretType;
use super::super::row::{ExtraKind, Row};
use super::document::{Field, Item, Text};

/// The most one-time codes of an item.
const CODES: usize = 100;

fn shown(text: &Text) -> &str {
    text.as_ref().map_or("", |text| text.as_str())
}

impl Item {
    /// The records that an item becomes.
    pub(super) fn rows(&self, line: u32, vault: Option<&str>) -> Vec<Row> {
        let mut row = Row::new(line, self.kind());
        row.name = self.overview.title.clone().unwrap_or_default();
        row.favourite = self.fav_index > 0;
        row.tags.clone_from(&self.overview.tags.0);
        row.folder = vault.map(str::to_owned);
        row.note(shown(&self.details.notes_plain));
        row.put("password", shown(&self.details.password));
        self.login(&mut row);
        self.addresses(&mut row);
        let mut beside = Vec::new();
        for field in self
            .details
            .sections
            .0
            .iter()
            .flat_map(|section| &section.fields.0)
        {
            fill(&mut row, &mut beside, field);
        }
        beside.insert(0, row);
        beside
    }

    fn login(&self, row: &mut Row) {
        for field in &self.details.login_fields.0 {
            match field.designation.as_deref() {
                Some("username") => row.put("username", shown(&field.value)),
                Some("password") => row.put("password", shown(&field.value)),
                _ => {
                    let hidden = field.kind.as_deref() == Some("P");
                    let kind = if hidden {
                        ExtraKind::Hidden
                    } else {
                        ExtraKind::Text
                    };
                    let label = field.name.as_deref().unwrap_or_default();
                    row.extra(label, kind, shown(&field.value));
                }
            }
        }
    }

    fn addresses(&self, row: &mut Row) {
        let more = self.overview.urls.0.iter().map(|address| &address.url);
        for address in std::iter::once(&self.overview.url).chain(more) {
            if row.kind.field("url").is_some() {
                row.put("url", shown(address));
            } else {
                row.extra("Website", ExtraKind::Text, shown(address));
            }
        }
    }

    fn kind(&self) -> SecretType {
        match self.category_uuid.as_str() {
            "001" | "005" | "102" | "110" | "111" => SecretType::Password,
            "002" => SecretType::PaymentCard,
            "004" => SecretType::Identity,
            "112" => SecretType::ApiKey,
            "114" => SecretType::SshKey,
            _ => SecretType::SecureNote,
        }
    }
}

/// The fields of a type that 1Password knows by an id.
const KNOWN: &[(SecretType, &str, &str)] = &[
    (SecretType::PaymentCard, "cardholder", "cardholder"),
    (SecretType::PaymentCard, "ccnum", "number"),
    (SecretType::PaymentCard, "cvv", "cvv"),
    (SecretType::PaymentCard, "expiry", "expiry"),
    (SecretType::PaymentCard, "pin", "pin"),
    (SecretType::Identity, "birthdate", "birthDate"),
    (SecretType::Identity, "address", "address"),
    (SecretType::Identity, "email", "email"),
    (SecretType::Identity, "defphone", "phone"),
    (SecretType::Identity, "company", "company"),
    (SecretType::ApiKey, "credential", "key"),
    (SecretType::ApiKey, "hostname", "url"),
    (SecretType::Password, "username", "username"),
    (SecretType::Password, "password", "password"),
    (SecretType::Password, "pop_username", "username"),
    (SecretType::Password, "pop_password", "password"),
];

fn fill(row: &mut Row, beside: &mut Vec<Row>, field: &Field) {
    let Some((word, value)) = field.value.iter().next() else {
        return;
    };
    let label = field
        .title
        .as_deref()
        .or(field.id.as_deref())
        .unwrap_or_default();
    let id = field.id.as_deref().unwrap_or_default();
    if word == "totp" && beside.len() >= CODES {
        row.problems = vec!["has more than 100 one-time codes".to_owned()];
        return;
    }
    if word == "totp" {
        let mut code = row.companion(SecretType::Totp);
        code.put("otpauth", value.as_str().unwrap_or_default());
        return beside.push(code);
    }
    if word == "sshKey" && row.kind == SecretType::SshKey {
        let key = value.get("privateKey").and_then(Value::as_str);
        return row.put("privateKey", key.unwrap_or_default());
    }
    let text = Zeroizing::new(written(word, value));
    let known = KNOWN
        .iter()
        .find(|(kind, known, _)| *kind == row.kind && *known == id);
    if let Some((.., name)) = known {
        return row.put(name, &text);
    }
    let kind = match word.as_str() {
        "concealed" | "creditCardNumber" => ExtraKind::Hidden,
        "date" => ExtraKind::Date,
        _ => ExtraKind::Text,
    };
    row.extra(label, kind, &text);
}

/// A value as text.
fn written(word: &str, value: &Value) -> String {
    match (word, value) {
        (_, Value::String(text)) => text.clone(),
        ("date", Value::Number(seconds)) => {
            let at = seconds
                .as_i64()
                .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
            at.map_or_else(String::new, |at| at.date().to_string())
        }
        ("monthYear", Value::Number(number)) => {
            let number = number.as_u64().unwrap_or_default();
            format!("{:02}/{:04}", number % 100, number / 100)
        }
        ("address", Value::Object(parts)) => {
            let names = ["street", "zip", "city", "state", "country"];
            let parts = names.iter().filter_map(|name| parts.get(*name)?.as_str());
            parts
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        }
        ("email", Value::Object(parts)) => {
            let address = parts.get("email_address").and_then(Value::as_str);
            address.unwrap_or_default().to_owned()
        }
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Bool(truth)) => truth.to_string(),
        _ => String::new(),
    }
}
