//! Records as Bitwarden's JSON, which its own import and ours read.

use data_encoding::BASE64URL_NOPAD;
use pkcs8::der::pem;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::record::{Content, Custom, CustomKind};
use super::super::types::SecretType;
use super::left_out::LeftOut;

/// What stands before the first item.
pub(super) const BEFORE: &str = "{\"encrypted\":false,\"folders\":[],\"items\":[";

/// What stands after the last one: a list of its own, which Bitwarden passes over.
pub(super) fn after(left_out: &[LeftOut]) -> Vec<u8> {
    let mut end = b"],\"leftOut\":".to_vec();
    // Writing to memory does not fail.
    end.extend(serde_json::to_vec(left_out).unwrap_or_default());
    end.extend(b"}\n");
    end
}

const TEXT: u8 = 0;
const HIDDEN: u8 = 1;
const BOOLEAN: u8 = 2;

/// One record as an item. Fields that Bitwarden does not have become fields of their own.
pub(super) fn item(id: &str, record: &Content, favourite: bool) -> Zeroizing<Vec<u8>> {
    let mut fields = Fields {
        record,
        taken: vec!["notes"],
        extra: Vec::new(),
    };
    let (number, name, part) = fields.part();
    fields.rest();
    let notes = match record.kind {
        SecretType::SecureNote => fields.get("body"),
        _ => fields.get("notes"),
    };
    let mut item = json!({
        "id": id,
        "organizationId": null,
        "folderId": null,
        "collectionIds": null,
        "type": number,
        "reprompt": u8::from(record.high_sensitivity),
        "name": record.name,
        "notes": notes,
        "favorite": favourite,
        "fields": fields.extra,
    });
    if let Value::Object(members) = &mut item {
        members.insert(name.to_owned(), part);
    }
    // Writing to memory does not fail.
    Zeroizing::new(serde_json::to_vec(&item).unwrap_or_default())
}

struct Fields<'a> {
    record: &'a Content,
    /// Fields of the type that have a place in the item.
    taken: Vec<&'static str>,
    extra: Vec<Value>,
}

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.record.fields.get(name).map(|text| text.as_str())
    }

    fn take(&mut self, name: &'static str) -> Option<&str> {
        self.taken.push(name);
        self.get(name)
    }

    /// The number of the type, the name of the part that is its own, and that part.
    fn part(&mut self) -> (u8, &'static str, Value) {
        match self.record.kind {
            SecretType::Password => (1, "login", self.login("username", "password")),
            SecretType::ApiKey => (1, "login", self.login("label", "key")),
            SecretType::Totp => (1, "login", self.code()),
            SecretType::Passkey => (1, "login", self.passkey()),
            SecretType::SecureNote | SecretType::EnvVar => {
                self.taken.push("body");
                (2, "secureNote", json!({"type": 0}))
            }
            SecretType::PaymentCard => (3, "card", self.card()),
            SecretType::Identity => (4, "identity", self.identity()),
            SecretType::SshKey => {
                let key = json!({
                    "privateKey": self.take("privateKey"),
                    "publicKey": self.take("publicKey"),
                    "keyFingerprint": self.take("fingerprint"),
                });
                (5, "sshKey", key)
            }
        }
    }

    fn login(&mut self, username: &'static str, password: &'static str) -> Value {
        let uris: Vec<Value> = self
            .take("url")
            .map(|uri| json!({"match": null, "uri": uri}))
            .into_iter()
            .collect();
        json!({
            "uris": uris,
            "username": self.take(username),
            "password": self.take(password),
            "totp": null,
        })
    }

    fn code(&mut self) -> Value {
        for name in ["issuer", "algorithm", "digits", "period"] {
            // The address says all of it.
            self.taken.push(name);
        }
        json!({"uris": [], "username": self.take("account"), "password": null, "totp": self.take("otpauth")})
    }

    /// Bitwarden keeps passkeys for ES256; others become fields.
    fn passkey(&mut self) -> Value {
        let plain =
            json!({"uris": [], "username": self.get("username"), "password": null, "totp": null});
        let key = self
            .get("privateKey")
            .and_then(|text| pem::decode_vec(text.as_bytes()).ok());
        let Some((_, key)) = key.filter(|_| self.get("algorithm") == Some("ES256")) else {
            return plain;
        };
        let key = Zeroizing::new(key);
        self.taken.extend(["algorithm", "privateKey"]);
        let passkey = json!({
            "credentialId": self.take("credentialId"),
            "keyType": "public-key",
            "keyAlgorithm": "ECDSA",
            "keyCurve": "P-256",
            "keyValue": BASE64URL_NOPAD.encode(&key),
            "rpId": self.take("rpId"),
            "userHandle": self.take("userHandle"),
            "userName": self.take("username"),
            "counter": "0",
            "rpName": null,
            "userDisplayName": null,
            "discoverable": "true",
        });
        let mut login = plain;
        if let Value::Object(members) = &mut login {
            members.insert("fido2Credentials".to_owned(), json!([passkey]));
        }
        login
    }

    fn card(&mut self) -> Value {
        self.taken.push("lastDigits");
        let expiry = self.take("expiry").and_then(|month| month.split_once('-'));
        let (year, month) = expiry.unzip();
        let (year, month) = (
            year.map(str::to_owned),
            month.map(|month| month.trim_start_matches('0').to_owned()),
        );
        json!({
            "cardholderName": self.take("cardholder"),
            "brand": self.take("brand"),
            "number": self.take("number"),
            "expMonth": month,
            "expYear": year,
            "code": self.take("cvv"),
        })
    }

    fn identity(&mut self) -> Value {
        let name = self.take("fullName").unwrap_or_default();
        let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
        let (first, last) = (first.to_owned(), last.to_owned());
        json!({
            "title": null,
            "firstName": first,
            "lastName": last,
            "address1": self.take("address"),
            "email": self.take("email"),
            "phone": self.take("phone"),
            "company": self.take("company"),
            "ssn": self.take("nationalId"),
            "passportNumber": self.take("passport"),
            "licenseNumber": self.take("drivingLicence"),
        })
    }

    /// What has no place in an item: fields of the type, tags, and fields of its own.
    fn rest(&mut self) {
        for field in self.record.kind.fields() {
            if self.taken.contains(&field.name) {
                continue;
            }
            if let Some(text) = self.record.fields.get(field.name) {
                let kind = if field.concealed { HIDDEN } else { TEXT };
                self.extra.push(extra(field.label, text, kind));
            }
        }
        if !self.record.tags.is_empty() {
            self.extra
                .push(extra("Tags", &self.record.tags.join(", "), TEXT));
        }
        self.extra.extend(self.record.custom.iter().map(custom));
    }
}

fn custom(field: &Custom) -> Value {
    let kind = match field.kind {
        CustomKind::Hidden => HIDDEN,
        CustomKind::Boolean => BOOLEAN,
        CustomKind::Text | CustomKind::Date => TEXT,
    };
    extra(&field.label, &field.value, kind)
}

fn extra(name: &str, value: &str, kind: u8) -> Value {
    json!({"name": name, "value": value, "type": kind, "linkedId": null})
}
