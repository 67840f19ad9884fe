//! What the trail knows of records, of their files, and of one-time links.
//!
//! Where the beginning of a trail was pruned, it knows of some records nothing any more, and of others
//! only from a change on: those are partly known, and what it says of them holds.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::order::{Latest, Moment};
use crate::audit::{Action, Genuine};

/// What the trail knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) records: HashMap<Uuid, Expected>,
    /// The digests of what was sealed, by record and version. Versions that were looked at are taken
    /// out; what is left at the end is gone.
    pub(super) versions: HashMap<(Uuid, i32), Option<[u8; 32]>>,
    /// Files, and the record of each.
    pub(super) files: HashMap<Uuid, Uuid>,
    pub(super) links: HashMap<Uuid, Link>,
    /// Records that were named already as a whole: nothing more is said of what belongs to them.
    pub(super) named: HashSet<Uuid>,
    /// Records that are newer than the trail knows: so may be what they were before.
    pub(super) ahead: HashSet<Uuid>,
    /// Records of which the trail knows nothing any more, or too little: the first version that it knows.
    pub(super) beyond: HashMap<Uuid, i32>,
    /// Whatever was deleted, taken off, withdrawn, or ended with something else.
    pub(super) deleted: HashSet<Uuid>,
    /// The newest version of the client secret; 0 when there is to be none, nothing where the trail
    /// does not say so any more.
    pub(super) client_secret: Option<i32>,
    /// Whether the beginning of the trail was pruned: then it may have known what it does not know.
    pub(super) pruned: bool,
    /// How many entries were taken in.
    entries: u64,
    /// When the links of a record ended last, with a move or since it may only be used, and when somebody
    /// was removed last.
    unlinked: HashMap<Uuid, Moment>,
    departed: HashMap<Uuid, Moment>,
    /// Links whose time was over were forgotten up to here.
    forgotten: Option<OffsetDateTime>,
}

/// A record as the trail knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) vault: Latest<Uuid>,
    pub(super) version: i32,
    pub(super) trashed: Latest<bool>,
    /// The first version that the trail knows: 1, unless it does not reach back to it.
    pub(super) since: i32,
}

/// A link as the trail knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) record: Uuid,
    pub(super) remaining: i32,
    pub(super) digest: Option<[u8; 32]>,
    /// Whether the trail has its making.
    pub(super) whole: bool,
    /// Whether it may have been forgotten, since its time was over.
    pub(super) is_over: bool,
    ends: Option<OffsetDateTime>,
    maker: Option<Uuid>,
    made: Moment,
}

impl Known {
    /// Takes in what one entry says. What was refused or came to nothing changed nothing.
    pub(super) fn note(&mut self, entry: Genuine<'_>) {
        self.entries = self.entries.saturating_add(1);
        let is = |action: Action| entry.action == action.as_str();
        self.pruned |= is(Action::AuditPruned);
        let moment = Moment::of(self.entries, entry);
        let Some((_, id)) = entry.resource.filter(|_| entry.result == "success") else {
            return;
        };
        if is(Action::SecretCreated) || is(Action::SecretImported) {
            self.made(id, number(entry, "version").unwrap_or(1), entry);
        } else if SEALING.into_iter().any(is) {
            if number(entry, "linksEnded").is_some() {
                self.unlinked.insert(id, moment);
            }
            if let Some(version) = number(entry, "version") {
                self.made(id, version, entry);
            }
        } else if is(Action::SecretTrashed) || is(Action::SecretRestored) {
            if let Some(known) = self.records.get_mut(&id) {
                known.trashed.set(is(Action::SecretTrashed), moment);
            }
        } else if is(Action::SecretMoved) {
            if uuid(entry, "fromVaultId") != uuid(entry, "vaultId") {
                self.unlinked.insert(id, moment);
            }
            if let Some(known) = self.records.get_mut(&id) {
                known.vault.set(uuid(entry, "vaultId"), moment);
            }
        } else if is(Action::SecretDeleted) {
            self.forget(id);
        } else if is(Action::VaultDeleted) {
            let inside = (self.records.iter()).filter(|(_, known)| known.vault.is() == id);
            let inside: Vec<Uuid> = inside.map(|(id, _)| *id).collect();
            inside.into_iter().for_each(|id| self.forget(id));
            self.deleted.insert(id);
        } else if is(Action::SsoChanged) {
            self.client_secret = number(entry, "secretVersion").or(Some(0));
        } else if is(Action::SsoRemoved) {
            self.client_secret = Some(0);
        } else if DEPARTURES.into_iter().any(is) {
            self.departed.insert(id, moment);
        } else {
            self.note_beside(id, entry);
        }
    }

    /// What an entry says of a file or a link.
    fn note_beside(&mut self, record: Uuid, entry: Genuine<'_>) {
        let is = |action: Action| entry.action == action.as_str();
        if is(Action::AttachmentAdded) {
            let file = uuid(entry, "attachment");
            if !self.deleted.contains(&file) {
                self.files.insert(file, record);
            }
        } else if is(Action::AttachmentRemoved) {
            let file = uuid(entry, "attachment");
            self.files.remove(&file);
            self.deleted.insert(file);
        } else if is(Action::LinkMade) {
            // Whoever makes one forgets those whose time is over.
            self.forgotten = self.forgotten.max(Some(entry.at));
            let (id, uses) = (made_id(entry), number(entry, "uses").unwrap_or_default());
            // What another server wrote of it at nearly the same time may stand before.
            let opened = self.links.get(&id).map_or(uses, |opened| opened.remaining);
            let link = Link {
                record,
                remaining: uses.min(opened),
                digest: digest(entry),
                whole: true,
                is_over: false,
                ends: time(entry, "expiresAt"),
                maker: entry.actor.map(crate::kernel::UserId::as_uuid),
                made: Moment::of(self.entries, entry),
            };
            if !self.deleted.contains(&id) {
                self.links.insert(id, link);
            }
        } else if is(Action::LinkOpened) {
            let remaining = number(entry, "remaining").unwrap_or_default();
            let unknown = Link {
                record,
                remaining,
                digest: None,
                whole: false,
                is_over: true,
                ends: None,
                maker: None,
                made: Moment::of(self.entries, entry),
            };
            let id = uuid(entry, "link");
            if !self.deleted.contains(&id) {
                let link = self.links.entry(id).or_insert(unknown);
                link.remaining = link.remaining.min(remaining);
            }
        } else if is(Action::LinkWithdrawn) {
            let link = uuid(entry, "link");
            self.links.remove(&link);
            self.deleted.insert(link);
        }
    }

    /// Once all was taken in: what went with a record, with a move, with a person, or with its time. A task
    /// forgets links whose time is over, too, and says nothing of it.
    pub(super) fn settle(&mut self, now: OffsetDateTime) {
        self.forgotten = self.forgotten.max(Some(now));
        let gone: Vec<Uuid> = (self.files.iter())
            .filter(|(_, record)| self.deleted.contains(*record))
            .map(|(file, _)| *file)
            .collect();
        for file in gone {
            self.files.remove(&file);
            self.deleted.insert(file);
        }
        let mut ended = Vec::new();
        for (id, link) in &mut self.links {
            let maker = link.maker.and_then(|maker| self.departed.get(&maker));
            let ends = self.unlinked.get(&link.record).into_iter().chain(maker);
            // Which of two came first that stand so near to each other, nobody can say: it may be there.
            let (near, far): (Vec<&Moment>, _) = ends.partition(|end| end.may_precede(&link.made));
            link.is_over |= !near.is_empty();
            let is_gone = far.iter().any(|end| end.is_behind(&link.made));
            if is_gone || self.deleted.contains(&link.record) {
                ended.push(*id);
            }
        }
        for link in ended {
            self.links.remove(&link);
            self.deleted.insert(link);
        }
        for link in self.links.values_mut() {
            let past = link.ends.zip(self.forgotten);
            link.is_over |= past.is_some_and(|(ends, until)| ends <= until);
        }
        if !self.pruned {
            // A change of what was never made: no server writes that.
            self.records.retain(|_, known| known.since == 1);
            self.links.retain(|_, link| link.whole);
        }
    }

    /// Whether the trail may have known something that it does not know any more.
    pub(super) fn may_be_older(&self, ids: &[Uuid]) -> bool {
        self.pruned && !ids.iter().any(|id| self.deleted.contains(id))
    }

    /// Whether the trail would know this version, if there was one.
    pub(super) fn reaches(&self, record: Uuid, version: i32) -> bool {
        self.beyond
            .get(&record)
            .is_none_or(|since| version >= *since)
    }

    /// The newest version of the client secret, as far as the trail says.
    pub(super) fn client_secret(&self) -> Option<i32> {
        self.client_secret.or_else(|| (!self.pruned).then_some(0))
    }

    fn made(&mut self, id: Uuid, version: i32, entry: Genuine<'_>) {
        let vault = uuid(entry, "vaultId");
        let of_deleted = self.deleted.contains(&vault) && !self.records.contains_key(&id);
        // What was deleted stays so: another server's clock has put this behind.
        if self.deleted.contains(&id) || of_deleted {
            return;
        }
        let known = self.records.entry(id).or_insert(Expected {
            vault: Latest::at_first(vault),
            version,
            trashed: Latest::at_first(false),
            since: version,
        });
        // What two servers write at nearly the same time may stand the other way around.
        known.since = known.since.min(version);
        known.version = known.version.max(version);
        self.sealed(id, version, entry);
    }

    fn sealed(&mut self, id: Uuid, version: i32, entry: Genuine<'_>) {
        self.versions.insert((id, version), digest(entry));
    }

    /// Nothing is to be there of a record any more.
    pub(super) fn forget(&mut self, id: Uuid) {
        self.deleted.insert(id);
        if let Some(known) = self.records.remove(&id) {
            for version in known.since..=known.version {
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

/// With whom their links go.
const DEPARTURES: [Action; 3] = [
    Action::MemberRemoved,
    Action::MemberLeft,
    Action::UserDeprovisioned,
];

/// With an approval it stands beside: it could not be known when the act was approved.
fn digest(entry: Genuine<'_>) -> Option<[u8; 32]> {
    let places = [entry.detail, entry.circumstances];
    let mut digests = places
        .into_iter()
        .filter_map(|words| words.get("digest")?.as_str());
    let bytes = digests.next().and_then(|text| hex::decode(text).ok())?;
    bytes.try_into().ok()
}

fn number(entry: Genuine<'_>, name: &str) -> Option<i32> {
    let number = entry.detail.get(name).and_then(Value::as_i64);
    number.and_then(|number| i32::try_from(number).ok())
}

fn uuid(entry: Genuine<'_>, name: &str) -> Uuid {
    uuid_of(entry.detail.get(name))
}

/// What came of an act that was approved before that was there.
fn made_id(entry: Genuine<'_>) -> Uuid {
    uuid_of(entry.circumstances.get("made"))
}

fn uuid_of(value: Option<&Value>) -> Uuid {
    let text = value.and_then(Value::as_str);
    text.and_then(|text| Uuid::try_parse(text).ok())
        .unwrap_or_default()
}

fn time(entry: Genuine<'_>, name: &str) -> Option<OffsetDateTime> {
    let text = entry.detail.get(name)?.as_str()?;
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
