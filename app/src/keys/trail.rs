//! Reading a numbered, authenticated trail again: is each entry the one that was written, and is none
//! missing? The installation's own trail is read with this; those of organisations are chained besides,
//! and are read in `audit`.

use serde_json::Value;
use uuid::Uuid;

use super::{KeyId, Keyring};

/// The action of the entry that closes a trail for a master key that was replaced; its detail names
/// the key as `from`.
pub const KEY_REPLACED: &str = "master-key.rotated";

/// Where a trail is not the one that was written. Numbers are those of its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is not there.
    #[error("entry {0} is missing")]
    Missing(i64),
    /// An entry is not as it was written, or was written by somebody without the key.
    #[error("entry {0} was changed or added")]
    Changed(i64),
    /// An entry was authenticated with another master key.
    #[error("entry {0} was written with another master key")]
    OtherKey(i64),
    /// An entry was authenticated with a master key that had been replaced before.
    #[error("entry {0} was written with a master key after it had been replaced")]
    RetiredKey(i64),
    /// An entry was written by a later release.
    #[error("entry {0} was written by a release that this one does not know")]
    Unknown(i64),
    /// An entry is not the one that the chain of hashes holds in its place.
    #[error(
        "entry {0} is not the one that the chain holds there: it, or one before it, was changed"
    )]
    Unlike(i64),
    /// An entry is not where it was, or what stood before it is not there any more.
    #[error("entry {0} was moved, or what came before it was")]
    Moved(i64),
    /// An entry was taken out of the chain, or slipped in beside it.
    #[error("the entry {0} has no place in the chain and does not wait for one")]
    Unchained(Uuid),
    /// An entry that waits for its place is not as it was written, or was written by somebody
    /// without the key.
    #[error("the entry {0}, which waits for its place in the chain, was changed or added")]
    Forged(Uuid),
    /// An entry holds an approval that is not for what it says was done.
    #[error("entry {0} holds an approval that is not for it")]
    Unapproved(i64),
    /// A checkpoint is not the one that was signed, or does not fit the trail.
    #[error("checkpoint {0} is not the one that was signed, or states another trail than this")]
    Checkpoint(i64),
    /// A checkpoint is not there.
    #[error("checkpoint {0} is missing")]
    CheckpointMissing(i64),
    /// A checkpoint that was kept elsewhere states another history.
    #[error(
        "checkpoint {0}, kept elsewhere, states another history up to entry {1}: it was written anew"
    )]
    Contradicted(i64, i64),
    /// A checkpoint that was kept elsewhere was signed by somebody else.
    #[error("checkpoint {0}, kept elsewhere, was signed with another key than this installation's")]
    OtherSigner(i64),
    /// A checkpoint covers entries that are not there.
    #[error(
        "checkpoint {0} covers entries up to {1}, and the last one is {2}: the end was cut off, or an older state put back"
    )]
    CutBelow(i64, i64, i64),
    /// The first entries are gone, and no entry says that they were pruned.
    #[error("the entries up to {0} are gone, and nobody pruned them")]
    Unpruned(i64),
    /// The installation's signing key was exchanged or does not open.
    #[error("the key that signs checkpoints is not the one that was made here")]
    SigningKey,
    /// The last entries are not there.
    #[error("{0} entries were written, and the last is {1}")]
    Cut(i64, i64),
}

/// An entry as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Its number.
    pub seq: i64,
    /// Whether this release knows how its authenticated bytes are made, and all of it is there.
    pub form: Form,
    /// The name of the key that authenticates it.
    pub key_id: &'a [u8],
    /// The code that does.
    pub mac: &'a [u8],
    /// What was done.
    pub action: &'a str,
    /// More words.
    pub detail: &'a Value,
}

/// Whether the authenticated bytes of an entry can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// They can.
    Known,
    /// The entry names a version of a later release.
    Later,
}

/// How far a trail was read.
#[derive(Debug)]
pub struct Reading<'k> {
    keys: &'k Keyring,
    last: i64,
    end: i64,
    /// Master keys that the trail itself says were replaced: who still has one of them, from a
    /// leak or an old copy, can add nothing from there on.
    replaced: Vec<KeyId>,
}

impl<'k> Reading<'k> {
    /// Begins before the first entry. `given` is the number that was given last, `there` the highest
    /// that is there, as of one instant.
    ///
    /// # Errors
    /// [`Broken`] when the two are not the same.
    pub fn begin(keys: &'k Keyring, (given, there): (i64, i64)) -> Result<Self, Broken> {
        match given.cmp(&there) {
            std::cmp::Ordering::Greater => Err(Broken::Cut(given, there)),
            std::cmp::Ordering::Less => Err(Broken::Changed(given.saturating_add(1))),
            std::cmp::Ordering::Equal => Ok(Self {
                keys,
                last: 0,
                end: given,
                replaced: Vec::new(),
            }),
        }
    }

    /// The number of the entry that was read last; `None` at the end of the trail.
    #[must_use]
    pub fn after(&self) -> Option<i64> {
        (self.last < self.end).then_some(self.last)
    }

    /// The number of the last entry.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.end
    }

    /// That there is nothing behind the entry that was read last, although there should be.
    #[must_use]
    pub const fn missing(&self) -> Broken {
        Broken::Missing(self.last.saturating_add(1))
    }

    /// Whether the trail, as far as it was read, lets a key authenticate more of it.
    fn trusts(&self, key: KeyId) -> bool {
        !self.replaced.contains(&key)
    }

    /// Judges the next entry, whose authenticated bytes are `canonical`.
    ///
    /// # Errors
    /// [`Broken`] when it is not the one that was written here.
    pub fn check(&mut self, row: &Row<'_>, canonical: &[u8]) -> Result<(), Broken> {
        let expected = self.last.saturating_add(1);
        if row.seq != expected {
            return Err(Broken::Missing(expected));
        }
        if row.form == Form::Later {
            return Err(Broken::Unknown(expected));
        }
        let key = KeyId::from_stored(row.key_id).ok_or(Broken::OtherKey(expected))?;
        match self.keys.is_audit_code(key, canonical, row.mac) {
            None => return Err(Broken::OtherKey(expected)),
            Some(false) => return Err(Broken::Changed(expected)),
            Some(true) if !self.trusts(key) => return Err(Broken::RetiredKey(expected)),
            Some(true) => {}
        }
        if row.action == KEY_REPLACED {
            self.replaced.extend(replaced_by(row.detail));
        }
        self.last = expected;
        Ok(())
    }
}

/// The key that the detail of an entry says was replaced.
pub(crate) fn replaced_by(detail: &Value) -> Option<KeyId> {
    let bytes = hex::decode(detail.get("from")?.as_str()?).ok()?;
    KeyId::from_stored(&bytes)
}
