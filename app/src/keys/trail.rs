//! Reading a numbered, authenticated trail again, entry by entry: the same for every trail.

use serde_json::Value;

use super::{KeyId, Keyring};

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
    /// The last entries are not there.
    #[error("{0} entries were written, and the last is {1}")]
    Cut(i64, i64),
}

/// An entry as far as its place in the trail goes.
#[derive(Clone, Debug)]
pub struct Link<'a> {
    /// Its number.
    pub seq: i64,
    /// The bytes of it that are authenticated; nothing when a later release made them.
    pub bytes: Option<Vec<u8>>,
    /// The master key that authenticates it, as it is stored.
    pub key_id: &'a [u8],
    /// The code that authenticates it.
    pub mac: &'a [u8],
    /// The master key that it says was replaced.
    pub replaces: Option<KeyId>,
}

/// How far a trail was read, oldest entry first.
#[derive(Debug)]
pub struct Reading<'a> {
    keys: &'a Keyring,
    given: i64,
    last: i64,
    /// Master keys that the trail itself says were replaced: who still has one of them, from a
    /// leak or an old copy, can add nothing from there on.
    replaced: Vec<KeyId>,
}

impl<'a> Reading<'a> {
    /// Begins, knowing the number that was given last and the highest that is there.
    ///
    /// # Errors
    /// [`Broken`] when they differ.
    pub const fn begin(keys: &'a Keyring, given: i64, there: i64) -> Result<Self, Broken> {
        if given > there {
            return Err(Broken::Cut(given, there));
        }
        if given < there {
            return Err(Broken::Changed(given.saturating_add(1)));
        }
        Ok(Self {
            keys,
            given,
            last: 0,
            replaced: Vec::new(),
        })
    }

    /// The number after which to go on; nothing once all are read.
    #[must_use]
    pub const fn after(&self) -> Option<i64> {
        if self.last < self.given {
            Some(self.last)
        } else {
            None
        }
    }

    /// What is wrong when nothing follows.
    #[must_use]
    pub const fn missing(&self) -> Broken {
        Broken::Missing(self.last.saturating_add(1))
    }

    /// Looks at the next entry.
    ///
    /// # Errors
    /// [`Broken`] when it is not the one that was written there.
    pub fn check(&mut self, link: &Link<'_>) -> Result<(), Broken> {
        let expected = self.last.saturating_add(1);
        if link.seq != expected {
            return Err(Broken::Missing(expected));
        }
        let bytes = link.bytes.as_ref().ok_or(Broken::Unknown(expected))?;
        let key = KeyId::from_stored(link.key_id).ok_or(Broken::OtherKey(expected))?;
        match self.keys.is_audit_code(key, bytes, link.mac) {
            None => return Err(Broken::OtherKey(expected)),
            Some(false) => return Err(Broken::Changed(expected)),
            Some(true) if self.replaced.contains(&key) => {
                return Err(Broken::RetiredKey(expected));
            }
            Some(true) => {}
        }
        self.replaced.extend(link.replaces);
        self.last = expected;
        Ok(())
    }
}

/// The key that an entry about a rotation says was replaced.
#[must_use]
pub fn replaced_by(detail: &Value) -> Option<KeyId> {
    let bytes = hex::decode(detail.get("from")?.as_str()?).ok()?;
    KeyId::from_stored(&bytes)
}
