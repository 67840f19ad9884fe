//! Judging one entry after the other, wherever they are read from.

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::Broken;
use crate::audit::approval::{Approved, Unapproved};
use crate::audit::canonical;
use crate::audit::chain::{self, Hash};
use crate::kernel::{OrgId, UserId};
use crate::keys::trail::replaced_by;
use crate::keys::{AuditKey, KeyId, Keyring};

/// How the text of an entry begins that closes a trail for a master key: members are sorted, so the
/// action is the first.
const KEY_REPLACED_TEXT: &[u8] = b"{\"action\":\"master-key.rotated\"";

/// An entry with the link that holds it in its place.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct Line<'a> {
    pub(in crate::audit) seq: i64,
    /// The text of the entry, as it is authenticated.
    pub(in crate::audit) text: &'a [u8],
    pub(in crate::audit) key: &'a [u8],
    pub(in crate::audit) mac: &'a [u8],
    pub(in crate::audit) hash: &'a [u8],
    pub(in crate::audit) link_key: &'a [u8],
    pub(in crate::audit) link_mac: &'a [u8],
}

/// How far a trail was read, and what it said on the way.
pub(in crate::audit) struct Judge<'k> {
    org: OrgId,
    /// Without keys nothing but the chain of hashes is judged.
    keys: Option<&'k Keyring>,
    loaded: Vec<AuditKey>,
    /// Master keys that the trail itself says were replaced: who still has one of them, from a leak
    /// or an old copy, can add nothing from there on.
    replaced: Vec<KeyId>,
    /// Earlier master keys, each with the first entry that it authenticates.
    earlier: Vec<(KeyId, i64)>,
    last: i64,
    hash: Hash,
    approval: Finder<'static>,
}

impl<'k> Judge<'k> {
    /// Begins behind an entry whose number and hash are known, or before the first.
    pub(in crate::audit) fn behind(
        org: OrgId,
        keys: Option<&'k Keyring>,
        (last, hash): (i64, Hash),
    ) -> Self {
        Self {
            org,
            keys,
            loaded: Vec::new(),
            replaced: Vec::new(),
            earlier: Vec::new(),
            last,
            hash,
            approval: Finder::new("\"approval\":"),
        }
    }

    /// Takes the audit key of an earlier master key, if it opened.
    pub(in crate::audit) fn trust(&mut self, key: Option<AuditKey>) {
        self.loaded.extend(key);
    }

    /// The number and the hash of the entry that was judged last.
    pub(in crate::audit) const fn at(&self) -> (i64, Hash) {
        (self.last, self.hash)
    }

    /// Judges the next entry.
    pub(in crate::audit) fn judge(&mut self, line: &Line<'_>) -> Result<(), Broken> {
        let seq = self.last.saturating_add(1);
        if line.seq != seq {
            return Err(Broken::Missing(seq));
        }
        let hash = chain::hash(&self.hash, seq, (line.text, line.mac));
        if self.keys.is_some() {
            self.codes(line, &hash)?;
        }
        if line.mac.len() != 32 || line.hash != hash {
            return Err(Broken::Unlike(seq));
        }
        self.approval_of(seq, line.text)?;
        (self.last, self.hash) = (seq, hash);
        self.note_replaced(line.text);
        Ok(())
    }

    /// Whether each master key that is loaded no more was replaced behind what it authenticates. Where
    /// the entry that says so was pruned, so was whatever the key was there for: who still has it writes
    /// nothing that counts there either.
    pub(super) fn closed(&self) -> Result<(), Broken> {
        let mut open = self.earlier.iter();
        let open = open.find(|(key, _)| !self.replaced.contains(key));
        open.map_or(Ok(()), |(_, seq)| Err(Broken::RetiredKey(*seq)))
    }

    /// Whether an entry that has no place yet is genuine. What an earlier master key has authenticated
    /// got its place before that was replaced.
    pub(super) fn takes_unplaced(&mut self, text: &str, key: &[u8], mac: &[u8]) -> bool {
        let key = KeyId::from_stored(key).filter(|key| !self.replaced.contains(key));
        let key = key.filter(|key| self.keys.is_some_and(|keys| keys.holds(*key)));
        let parts = [canonical::LABEL, text.as_bytes()];
        let genuine = key
            .and_then(|key| self.key(key))
            .is_some_and(|key| key.is_code(&parts, mac));
        genuine && self.approval_of(0, text.as_bytes()).is_ok()
    }

    fn codes(&mut self, line: &Line<'_>, hash: &Hash) -> Result<(), Broken> {
        let seq = line.seq;
        let parts = [
            (
                line.key,
                [canonical::LABEL, line.text],
                line.mac,
                Broken::Changed(seq),
            ),
            (
                line.link_key,
                [chain::LABEL, hash],
                line.link_mac,
                Broken::Moved(seq),
            ),
        ];
        for (id, bytes, mac, otherwise) in parts {
            let id = KeyId::from_stored(id).ok_or(Broken::OtherKey(seq))?;
            let key = self.key(id).ok_or(Broken::OtherKey(seq))?;
            if !key.is_code(&bytes, mac) {
                return Err(otherwise);
            }
            if self.replaced.contains(&id) {
                return Err(Broken::RetiredKey(seq));
            }
            self.note_earlier(id, seq);
        }
        Ok(())
    }

    fn key(&mut self, id: KeyId) -> Option<&AuditKey> {
        if let Some(at) = self.loaded.iter().position(|key| key.id() == id) {
            return self.loaded.get(at);
        }
        self.loaded.push(self.keys?.audit_key_of(id)?);
        self.loaded.last()
    }

    fn note_earlier(&mut self, id: KeyId, seq: i64) {
        let is_loaded = self.keys.is_some_and(|keys| keys.holds(id));
        if !is_loaded && !self.earlier.iter().any(|(key, _)| *key == id) {
            self.earlier.push((id, seq));
        }
    }

    /// From the entry on that closes the trail for a master key, that key counts for nothing.
    fn note_replaced(&mut self, text: &[u8]) {
        if text.starts_with(KEY_REPLACED_TEXT) {
            let entry: Option<Value> = serde_json::from_slice(text).ok();
            let detail = entry.as_ref().and_then(|entry| entry.get("detail"));
            self.replaced.extend(detail.and_then(replaced_by));
        }
    }

    /// Whether the approval in an entry, if it holds one, is for what it says was done.
    fn approval_of(&self, seq: i64, text: &[u8]) -> Result<(), Broken> {
        if self.approval.find(text).is_none() {
            return Ok(());
        }
        let entry: ReadEntry<'_> =
            serde_json::from_slice(text).map_err(|_| Broken::Unknown(seq))?;
        entry.approved(self.org).map_err(|why| match why {
            Unapproved::Later => Broken::Unknown(seq),
            _ => Broken::Unapproved(seq),
        })
    }
}

/// What an approval is compared with.
#[derive(Deserialize)]
struct ReadEntry<'a> {
    actor: Option<UserId>,
    #[serde(borrow)]
    action: std::borrow::Cow<'a, str>,
    resource: Option<ReadResource>,
    detail: Value,
    circumstances: Value,
}

#[derive(Deserialize)]
struct ReadResource {
    r#type: String,
    id: Uuid,
}

impl ReadEntry<'_> {
    fn approved(&self, org: OrgId) -> Result<(), Unapproved> {
        let resource = self.resource.as_ref();
        let approved = Approved {
            org,
            actor: self.actor,
            action: &self.action,
            resource: resource.map(|resource| (resource.r#type.as_str(), resource.id)),
            detail: &self.detail,
            circumstances: &self.circumstances,
        };
        approved.check().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::KEY_REPLACED_TEXT;
    use crate::keys::trail::KEY_REPLACED;

    #[test]
    fn the_entry_that_closes_a_trail_is_known_by_its_beginning() {
        let begins = format!("{{\"action\":\"{KEY_REPLACED}\"");
        assert_eq!(KEY_REPLACED_TEXT, begins.as_bytes());
    }
}
