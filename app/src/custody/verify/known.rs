//! What the trail knows of records.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

use crate::audit::{Action, Genuine};

/// What the trail knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) records: HashMap<Uuid, Expected>,
    /// The digests of what was sealed, by record and version. Versions that were looked at are taken
    /// out; what is left at the end is gone.
    pub(super) versions: HashMap<(Uuid, i32), Option<[u8; 32]>>,
    /// Records that were named already as a whole: nothing more is said of their versions.
    pub(super) named: HashSet<Uuid>,
    /// The newest version of the client secret; 0 when there is to be none, nothing where the trail
    /// does not say so any more.
    pub(super) client_secret: Option<i32>,
    /// Whether the beginning of the trail was pruned: then it may have known what it does not know.
    pub(super) pruned: bool,
}

/// A record as the trail knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) vault: Uuid,
    pub(super) version: i32,
    pub(super) trashed: bool,
}

impl Known {
    /// Takes in what one entry says.
    pub(super) fn note(&mut self, entry: Genuine<'_>) {
        let is = |action: Action| entry.action == action.as_str();
        self.pruned |= is(Action::AuditPruned);
        let Some((_, id)) = entry.resource else {
            return;
        };
        if is(Action::SecretCreated) || is(Action::SecretImported) {
            let made = Expected {
                vault: uuid(entry, "vaultId"),
                version: number(entry, "version").unwrap_or(1),
                trashed: false,
            };
            self.records.insert(id, made);
            self.sealed(id, made.version, entry);
        } else if SEALING.into_iter().any(is) {
            if let (Some(known), Some(version)) =
                (self.records.get_mut(&id), number(entry, "version"))
            {
                known.version = known.version.max(version);
                self.sealed(id, version, entry);
            }
        } else if is(Action::SecretTrashed) || is(Action::SecretRestored) {
            if let Some(known) = self.records.get_mut(&id) {
                known.trashed = is(Action::SecretTrashed);
            }
        } else if is(Action::SecretMoved) {
            if let Some(known) = self.records.get_mut(&id) {
                known.vault = uuid(entry, "vaultId");
            }
        } else if is(Action::SecretDeleted) {
            self.forget(id);
        } else if is(Action::VaultDeleted) {
            let inside = self.records.iter().filter(|(_, known)| known.vault == id);
            let inside: Vec<Uuid> = inside.map(|(id, _)| *id).collect();
            inside.into_iter().for_each(|id| self.forget(id));
        } else if is(Action::SsoChanged) {
            self.client_secret = number(entry, "secretVersion").or(Some(0));
        } else if is(Action::SsoRemoved) {
            self.client_secret = Some(0);
        }
    }

    /// The newest version of the client secret, as far as the trail says.
    pub(super) fn client_secret(&self) -> Option<i32> {
        self.client_secret.or_else(|| (!self.pruned).then_some(0))
    }

    fn sealed(&mut self, id: Uuid, version: i32, entry: Genuine<'_>) {
        // With an approval it stands beside: it could not be known when the act was approved.
        let places = [entry.detail, entry.circumstances];
        let mut digests = places
            .into_iter()
            .filter_map(|words| words.get("digest")?.as_str());
        let digest = digests.next().and_then(|text| hex::decode(text).ok());
        let digest = digest.and_then(|bytes| bytes.try_into().ok());
        self.versions.insert((id, version), digest);
    }

    /// Nothing is to be there of a record any more.
    pub(super) fn forget(&mut self, id: Uuid) {
        if let Some(known) = self.records.remove(&id) {
            for version in 1..=known.version {
                self.versions.remove(&(id, version));
            }
        }
    }
}

/// What makes a version of a record that is there.
const SEALING: [Action; 3] = [
    Action::SecretUpdated,
    Action::SecretTagged,
    Action::SecretVersionRestored,
];

fn number(entry: Genuine<'_>, name: &str) -> Option<i32> {
    let number = entry.detail.get(name).and_then(Value::as_i64);
    number.and_then(|number| i32::try_from(number).ok())
}

fn uuid(entry: Genuine<'_>, name: &str) -> Uuid {
    let text = entry.detail.get(name).and_then(Value::as_str);
    text.and_then(|text| Uuid::try_parse(text).ok())
        .unwrap_or_default()
}
