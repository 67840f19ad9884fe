//! The two parts of a record that are sealed apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Content, CustomField, strength};
use crate::kernel::OrgId;
use crate::keys::Keyring;
use crate::vault::types::{SecretType, Values};

/// The part that lists may show, and what is demanded of whoever wants more. It is sealed, so that
/// nobody sets it but the app.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::vault) struct Meta {
    pub(in crate::vault) kind: SecretType,
    pub(in crate::vault) name: String,
    /// The open ones.
    pub(in crate::vault) fields: Values,
    /// Hidden ones without what they hold.
    pub(in crate::vault) custom: Vec<CustomField>,
    pub(in crate::vault) tags: Vec<String>,
    /// The names of the concealed fields that hold something.
    pub(in crate::vault) concealed: Vec<String>,
    pub(in crate::vault) high_sensitivity: bool,
    pub(in crate::vault) inject_only: bool,
    /// The newest version that may be used and not be seen, nor any before it; 0 when there was none.
    pub(in crate::vault) closed_until: i32,
    /// How soon the main secret is guessed, 0 to 4; none where that says nothing.
    pub(in crate::vault) strength: Option<u8>,
    /// Whether the main secret is that of another record, too: equal ones have equal fingerprints.
    pub(in crate::vault) fingerprint: Option<String>,
    /// Since when the main secret is what it is.
    #[serde(with = "time::serde::rfc3339")]
    pub(in crate::vault) secret_since: OffsetDateTime,
}

impl std::fmt::Debug for Meta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Meta {
    /// Whether what is concealed in a version may be seen.
    pub(in crate::vault) const fn shows(&self, version: i32) -> bool {
        !self.inject_only && version > self.closed_until
    }

    /// That of a record which has a name and nothing else.
    #[cfg(test)]
    pub(in crate::vault) fn bare(kind: SecretType, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            fields: Values::new(),
            custom: Vec::new(),
            tags: Vec::new(),
            concealed: Vec::new(),
            high_sensitivity: false,
            inject_only: false,
            closed_until: 0,
            strength: None,
            fingerprint: None,
            secret_since: OffsetDateTime::UNIX_EPOCH,
        }
    }

    /// Forgets what follows from the concealed fields and tells something of what they hold.
    pub(in crate::vault) fn withhold(&mut self) {
        let kind = self.kind;
        self.strength = None;
        self.fingerprint = None;
        self.fields.retain(|name, _| !kind.tells(name));
    }
}

/// The part that is shown one field at a time.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::vault) struct Value {
    /// The concealed ones.
    pub(in crate::vault) fields: Values,
    /// What hidden custom fields hold.
    pub(in crate::vault) custom: BTreeMap<Uuid, Zeroizing<String>>,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a record is about to be sealed as.
pub(in crate::vault) struct Sealing<'a> {
    pub(in crate::vault) keys: &'a Keyring,
    pub(in crate::vault) org: OrgId,
    /// The version that is made.
    pub(in crate::vault) version: i32,
    pub(in crate::vault) now: OffsetDateTime,
    /// What the version before said.
    pub(in crate::vault) before: Option<&'a Meta>,
    /// The names of the fields in which it differs from that.
    pub(in crate::vault) changed: &'a [String],
}

impl Content {
    /// Takes it apart.
    pub(in crate::vault) fn split(&self, sealing: &Sealing<'_>) -> (Meta, Value) {
        let (concealed, open): (Values, Values) = self
            .fields
            .clone()
            .into_iter()
            .partition(|(name, _)| self.is_concealed(name));
        let custom = self.custom.iter().map(|field| CustomField {
            id: field.id,
            label: field.label.clone(),
            kind: field.kind,
            value: (!field.is_hidden()).then(|| field.value.clone()),
        });
        let hidden = self.custom.iter().filter(|field| field.is_hidden());
        let closed = sealing.before.map_or(0, |meta| meta.closed_until);
        let mut meta = Meta {
            kind: self.kind,
            name: self.name.clone(),
            fields: open,
            custom: custom.collect(),
            tags: self.tags.clone(),
            concealed: concealed.keys().cloned().collect(),
            high_sensitivity: self.high_sensitivity,
            inject_only: self.inject_only,
            closed_until: if self.inject_only {
                sealing.version
            } else {
                closed
            },
            strength: None,
            fingerprint: None,
            secret_since: sealing.now,
        };
        self.judge_main(sealing, &mut meta);
        let value = Value {
            fields: concealed,
            custom: hidden
                .map(|field| (field.id, field.value.clone()))
                .collect(),
        };
        (meta, value)
    }

    /// What tells whether the main secret is that of another record, too.
    pub(in crate::vault) fn fingerprint(&self, keys: &Keyring, org: OrgId) -> Option<String> {
        let main = strength::main_field(self.kind).and_then(|name| self.fields.get(name))?;
        let code = keys.fingerprint(org, "main secret", main.as_bytes());
        Some(hex::encode(code))
    }

    /// What is kept of the main secret. Nothing is judged again that did not change.
    fn judge_main(&self, sealing: &Sealing<'_>, meta: &mut Meta) {
        let name = strength::main_field(self.kind);
        let main = name.and_then(|name| self.fields.get(name));
        meta.fingerprint = self.fingerprint(sealing.keys, sealing.org);
        let changed = sealing.changed.iter().any(|one| name == Some(one.as_str()));
        match sealing.before {
            Some(before) if !changed => {
                meta.strength = before.strength;
                meta.secret_since = before.secret_since;
            }
            _ => {
                let judged = main.filter(|_| strength::is_guessed(self.kind));
                meta.strength = judged.map(|text| strength(text));
            }
        }
    }
}
