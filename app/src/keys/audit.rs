//! What one master key does for the trails of organisations: it authenticates entries and links, and
//! seals the names that things had.
//!
//! The key that authenticates audit rows is kept when its master key is replaced, so what is derived
//! from it opens for as long as the rows verify, and a rotation has nothing to do here.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{DataKey, KeyId, Place, SealError, UnsealError};
use crate::kernel::{OrgId, Redacted};

/// What stands before the bytes from which an entry's own key is derived.
const NAME: &[u8] = b"vaultterm audit name v1\0";

/// The audit key of one master key.
#[derive(Clone)]
pub struct AuditKey {
    id: KeyId,
    mac: Hmac<Sha256>,
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({})", self.id)
    }
}

impl AuditKey {
    pub(super) fn new(id: KeyId, key: &Redacted<[u8; 32]>) -> Self {
        // HMAC fills a short key up with zeros itself; a whole block is taken without a refusal.
        let mut block = Zeroizing::new([0; 64]);
        block.split_at_mut(32).0.copy_from_slice(key.expose());
        Self {
            id,
            mac: Hmac::new(&(*block).into()),
        }
    }

    /// The master key that it comes from.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The code of some bytes that follow one another (HMAC-SHA-256).
    #[must_use]
    pub fn code(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether a code is that of some bytes, compared in constant time.
    #[must_use]
    pub fn is_code(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        self.over(parts).verify_slice(code).is_ok()
    }

    /// Seals what the resource of an entry is called.
    ///
    /// # Errors
    /// [`SealError`] when the system gives no randomness.
    pub fn seal_name(&self, org: OrgId, entry: Uuid, name: &str) -> Result<Vec<u8>, SealError> {
        self.of_entry(org, entry)
            .seal(&place(org, entry), name.as_bytes())
    }

    /// Opens what the resource of an entry was called.
    ///
    /// # Errors
    /// [`UnsealError`] when it was sealed for another entry, or is damaged.
    pub fn open_name(&self, org: OrgId, entry: Uuid, sealed: &[u8]) -> Result<String, UnsealError> {
        let name = self.of_entry(org, entry).open(&place(org, entry), sealed)?;
        let text = std::str::from_utf8(name.expose()).map_err(|_| UnsealError::Damaged)?;
        Ok(text.to_owned())
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }

    /// Each entry has a key of its own: no two names are ever sealed under one.
    fn of_entry(&self, org: OrgId, entry: Uuid) -> DataKey {
        let bytes = self.code(&[NAME, org.as_uuid().as_bytes(), entry.as_bytes()]);
        DataKey::from_bytes(&Redacted::new(bytes))
    }
}

fn place(org: OrgId, entry: Uuid) -> Place<'static> {
    Place {
        org,
        table: "audit_events",
        record: entry,
        field: "name",
        version: 0,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::kernel::{OrgId, Redacted};
    use crate::keys::{Keyring, UnsealError};

    #[test]
    fn a_name_opens_for_its_entry_alone() {
        let keys = Keyring::from_master(&Redacted::new([7; 32]));
        let key = keys.audit_key();
        let (org, entry) = (OrgId::new(), Uuid::now_v7());
        let sealed = key.seal_name(org, entry, "mill").unwrap();
        assert_eq!(key.open_name(org, entry, &sealed), Ok("mill".to_owned()));
        let other = Err(UnsealError::OtherDataKey);
        assert_eq!(key.open_name(org, Uuid::now_v7(), &sealed), other);
        assert_eq!(key.open_name(OrgId::new(), entry, &sealed), other);
        let stranger = Keyring::from_master(&Redacted::new([8; 32])).audit_key();
        assert_eq!(stranger.open_name(org, entry, &sealed), other);
    }

    #[test]
    fn the_code_is_that_of_the_ring() {
        let keys = Keyring::from_master(&Redacted::new([7; 32]));
        let code = keys.audit_code(b"one and two");
        let key = keys.audit_key();
        assert_eq!(
            (key.id(), key.code(&[b"one ", b"and two"])),
            (code.key, code.mac)
        );
        assert!(key.is_code(&[b"one and two"], &code.mac));
        assert!(!key.is_code(&[b"one and three"], &code.mac));
    }
}
