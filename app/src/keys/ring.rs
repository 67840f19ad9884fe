//! The keyring: the master key in use and, while it is being replaced, the other one.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use hmac::Mac as _;
use uuid::Uuid;

use super::master::{MasterKey, code_of};
use super::sealed::{self, SealError, UnsealError};
use super::{AuditKey, DataKey, KeyId, Place, signing};
use crate::kernel::{OrgId, Redacted};

/// What authenticated an audit row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditCode {
    /// The master key that it came from.
    pub key: KeyId,
    /// The code (HMAC-SHA-256).
    pub mac: [u8; 32],
}

/// What an earlier master key is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its audit rows are verified.
    Audit,
    /// What it has authenticated of the licence's state is read once more.
    LicenseState,
    /// Equal values keep equal fingerprints: that of the first master key is kept for ever.
    Fingerprints,
}

impl Purpose {
    pub(super) const ALL: [Self; 3] = [Self::Audit, Self::LicenseState, Self::Fingerprints];

    /// The word in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::LicenseState => "licence state",
            Self::Fingerprints => "fingerprints",
        }
    }
}

/// A key of an earlier master key, kept under the one in use.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) id: KeyId,
    pub(super) purpose: Purpose,
    pub(super) key: Redacted<[u8; 32]>,
}

/// Everything that can be opened here. It holds one master key, or two while one replaces the
/// other; the database says which of them wraps new data keys, and [`super::registry`] tells the
/// ring.
pub struct Keyring {
    instance: Uuid,
    first: MasterKey,
    other: Option<MasterKey>,
    state: RwLock<Arc<State>>,
}

/// What changes while the ring is in use.
struct State {
    writing: KeyId,
    kept: Vec<Kept>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.id())
    }
}

impl Keyring {
    /// The ring of one master key.
    #[must_use]
    pub fn from_master(master: &Redacted<[u8; 32]>) -> Self {
        Self::from_masters(master, None)
    }

    /// The ring of a master key and the one that replaces it, in either order. The first is taken
    /// to be in use until the database has been asked. A key given twice counts once.
    #[must_use]
    pub fn from_masters(master: &Redacted<[u8; 32]>, next: Option<&Redacted<[u8; 32]>>) -> Self {
        let first = MasterKey::derive(master);
        let other = next.map(MasterKey::derive);
        let state = State {
            writing: first.id,
            kept: Vec::new(),
        };
        Self {
            instance: Uuid::new_v4(),
            other: other.filter(|other| other.id != first.id),
            first,
            state: RwLock::new(Arc::new(state)),
        }
    }

    /// Names this ring among those of other servers.
    #[must_use]
    pub const fn instance(&self) -> Uuid {
        self.instance
    }

    /// The name of the master key that wraps new data keys.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.writing().id
    }

    /// The names of all master keys that are loaded.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.held().map(|key| key.id).collect()
    }

    /// The name of the key that was given as MASTER_KEY.
    #[must_use]
    pub const fn first_id(&self) -> KeyId {
        self.first.id
    }

    /// Whether a master key is loaded.
    #[must_use]
    pub fn holds(&self, id: KeyId) -> bool {
        self.key(id).is_some()
    }

    /// The key that authenticates what is remembered of the licence.
    #[must_use]
    pub fn license_state_key(&self) -> Redacted<[u8; 32]> {
        self.writing().license_state.clone()
    }

    /// All keys that may have authenticated what is remembered of the licence: first the one to
    /// seal with, then those of the other and of earlier master keys. What only a later one opens
    /// is to be sealed again with the first.
    #[must_use]
    pub fn license_state_keys(&self) -> Vec<Redacted<[u8; 32]>> {
        let state = self.state();
        let mut keys = vec![self.license_state_key()];
        let writing = self.id();
        let others = self.held().filter(|key| key.id != writing);
        keys.extend(others.map(|key| key.license_state.clone()));
        let kept = state.kept.iter();
        let kept = kept.filter(|kept| kept.purpose == Purpose::LicenseState);
        keys.extend(kept.map(|kept| kept.key.clone()));
        keys
    }

    /// A new data key, and the same wrapped for a record.
    ///
    /// # Errors
    /// [`SealError`] when the system gives no randomness.
    pub fn new_data_key(&self, place: &Place<'_>) -> Result<(DataKey, Vec<u8>), SealError> {
        let mut key = Redacted::new([0; 32]);
        getrandom::fill(key.expose_mut()).map_err(|_| SealError::Random)?;
        let wrapped = self.writing().wrap(place, key.expose())?;
        Ok((DataKey::from_bytes(&key), wrapped))
    }

    /// Unwraps the data key of a record.
    ///
    /// # Errors
    /// [`UnsealError`] when it was wrapped elsewhere or under a master key that is not loaded.
    pub fn unwrap_data_key(
        &self,
        place: &Place<'_>,
        wrapped: &[u8],
    ) -> Result<DataKey, UnsealError> {
        let (found, _) = sealed::wrapped_id(wrapped)?;
        let master = self.key(found).ok_or(UnsealError::OtherKey { found })?;
        Ok(DataKey::from_bytes(&master.unwrap(place, wrapped)?))
    }

    /// Wraps a record's data key anew, with the master key in use. Nothing of the record is opened.
    ///
    /// # Errors
    /// [`RewrapError`] when it cannot be unwrapped or wrapped.
    pub fn rewrap(&self, place: &Place<'_>, wrapped: &[u8]) -> Result<Vec<u8>, RewrapError> {
        let (found, _) = sealed::wrapped_id(wrapped)?;
        let master = self.key(found).ok_or(UnsealError::OtherKey { found })?;
        let key = master.unwrap(place, wrapped)?;
        Ok(self.writing().wrap(place, key.expose())?)
    }

    /// The authentication code of an audit row (HMAC-SHA-256).
    #[must_use]
    pub fn audit_code(&self, canonical: &[u8]) -> AuditCode {
        let master = self.writing();
        let mac = code_of(&master.audit, canonical);
        AuditCode {
            key: master.id,
            mac: mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into()),
        }
    }

    /// Whether a code is that of an audit row, compared in constant time; `None` when nothing is
    /// known of the key that it names.
    #[must_use]
    pub fn is_audit_code(&self, key: KeyId, canonical: &[u8], code: &[u8]) -> Option<bool> {
        let state = self.state();
        let audit = match self.key(key) {
            Some(master) => &master.audit,
            None => {
                let of_key = |kept: &&Kept| kept.id == key && kept.purpose == Purpose::Audit;
                &state.kept.iter().find(of_key)?.key
            }
        };
        Some(code_of(audit, canonical).is_some_and(|mac| mac.verify_slice(code).is_ok()))
    }

    /// The key that authenticates what is written now in the trails of organisations.
    #[must_use]
    pub fn audit_key(&self) -> AuditKey {
        let master = self.writing();
        AuditKey::new(master.id, &master.audit)
    }

    /// The key that authenticated what names it; `None` when nothing is known of it.
    #[must_use]
    pub fn audit_key_of(&self, id: KeyId) -> Option<AuditKey> {
        let state = self.state();
        let of_key = |kept: &&Kept| kept.id == id && kept.purpose == Purpose::Audit;
        let held = self.key(id).map(|master| &master.audit);
        let kept = || state.kept.iter().find(of_key).map(|kept| &kept.key);
        held.or_else(kept).map(|key| AuditKey::new(id, key))
    }

    /// Opens the audit key of an earlier master key, as it was kept; nothing when it does not open.
    #[must_use]
    pub fn open_audit_key(&self, id: KeyId, sealed: &[u8]) -> Option<AuditKey> {
        let kept = self.open_kept(id, Purpose::Audit, sealed).ok()?;
        Some(AuditKey::new(id, &kept.key))
    }

    /// The code that lets a browser show again that it was here before (HMAC-SHA-256).
    #[must_use]
    pub fn device_code(&self, bytes: &[u8]) -> [u8; 32] {
        let mac = code_of(&self.writing().devices, bytes);
        mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// Whether a code is one that a key which is loaded made, compared in constant time.
    #[must_use]
    pub fn is_device_code(&self, bytes: &[u8], code: &[u8]) -> bool {
        let made = |key: &MasterKey| {
            let mac = code_of(&key.devices, bytes);
            mac.is_some_and(|mac| mac.verify_slice(code).is_ok())
        };
        self.held().any(made)
    }

    /// What tells whether two values of an organisation are the same, and nothing else of them
    /// (HMAC-SHA-256). It stays what it is when the master key is replaced. Those of different purposes
    /// and of different organisations cannot be compared.
    #[must_use]
    pub fn fingerprint(&self, org: OrgId, purpose: &str, value: &[u8]) -> [u8; 32] {
        let state = self.state();
        let key = fingerprints_in(&state.kept).unwrap_or(&self.writing().fingerprints);
        let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX);
        let mac = code_of(key, &length.to_be_bytes()).map(|mac| {
            let org = org.as_uuid();
            mac.chain_update(purpose)
                .chain_update(org.as_bytes())
                .chain_update(value)
        });
        mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// A key of an organisation for one purpose, which is stored nowhere. It stays what it is when the
    /// master key is replaced.
    #[must_use]
    pub fn derived_key(&self, org: OrgId, purpose: &str) -> DataKey {
        DataKey::from_bytes(&Redacted::new(self.fingerprint(org, purpose, b"key")))
    }

    /// Makes another of the loaded keys the one that is written with; false when it is not loaded.
    pub(super) fn turn_to(&self, id: KeyId, kept: Vec<Kept>) -> bool {
        let held = self.holds(id);
        if held {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            *state = Arc::new(State { writing: id, kept });
        }
        held
    }

    /// Everything that must be kept of a loaded key and of those before it, sealed under another
    /// loaded one.
    pub(super) fn keep(
        &self,
        outgoing: KeyId,
        under: KeyId,
    ) -> Result<Vec<(KeyId, Purpose, Vec<u8>)>, RewrapError> {
        let missing = |found| UnsealError::OtherKey { found };
        let old = self.key(outgoing).ok_or_else(|| missing(outgoing))?;
        let new = self.key(under).ok_or_else(|| missing(under))?;
        let state = self.state();
        let mut keys = state.kept.clone();
        for purpose in Purpose::ALL {
            let key = match purpose {
                Purpose::Audit => old.audit.clone(),
                Purpose::LicenseState => old.license_state.clone(),
                Purpose::Fingerprints if fingerprints_in(&keys).is_some() => continue,
                Purpose::Fingerprints => old.fingerprints.clone(),
            };
            keys.push(Kept {
                id: outgoing,
                purpose,
                key,
            });
        }
        keys.iter()
            .map(|kept| {
                let sealed = new.wrap(&place_of(kept.id, kept.purpose), kept.key.expose())?;
                Ok((kept.id, kept.purpose, sealed))
            })
            .collect()
    }

    /// Opens what was kept of an earlier key.
    pub(super) fn open_kept(
        &self,
        id: KeyId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Kept, UnsealError> {
        let (found, _) = sealed::wrapped_id(sealed)?;
        let master = self.key(found).ok_or(UnsealError::OtherKey { found })?;
        let key = master.unwrap(&place_of(id, purpose), sealed)?;
        Ok(Kept { id, purpose, key })
    }

    /// Seals the installation's signing key under a loaded master key.
    pub(super) fn seal_signing_seed(
        &self,
        under: KeyId,
        seed: &Redacted<[u8; 32]>,
    ) -> Result<Vec<u8>, SealError> {
        let master = self.key(under).ok_or(SealError::Cipher)?;
        master.wrap(&signing::place(), seed.expose())
    }

    /// Opens the installation's signing key.
    pub(super) fn open_signing_seed(
        &self,
        sealed: &[u8],
    ) -> Result<Redacted<[u8; 32]>, UnsealError> {
        let (found, _) = sealed::wrapped_id(sealed)?;
        let master = self.key(found).ok_or(UnsealError::OtherKey { found })?;
        master.unwrap(&signing::place(), sealed)
    }

    fn state(&self) -> Arc<State> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&state)
    }

    fn held(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.first).chain(&self.other)
    }

    fn key(&self, id: KeyId) -> Option<&MasterKey> {
        self.held().find(|key| key.id == id)
    }

    fn writing(&self) -> &MasterKey {
        // `turn_to` takes only keys that are held.
        self.key(self.state().writing).unwrap_or(&self.first)
    }
}

/// The key of fingerprints, if one was kept.
fn fingerprints_in(kept: &[Kept]) -> Option<&Redacted<[u8; 32]>> {
    let mut kept = kept.iter();
    let found = kept.find(|kept| kept.purpose == Purpose::Fingerprints)?;
    Some(&found.key)
}

/// A kept key belongs to no tenant; its record is named by the key that it is of.
fn place_of(id: KeyId, purpose: Purpose) -> Place<'static> {
    let mut record = [0; 16];
    for (to, from) in record.iter_mut().zip(id.as_bytes()) {
        *to = *from;
    }
    Place {
        org: OrgId::from_uuid(Uuid::nil()),
        table: "kept_keys",
        record: Uuid::from_bytes(record),
        field: purpose.as_str(),
        version: 0,
    }
}

/// A data key could not be wrapped anew.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RewrapError {
    /// It did not open.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// It could not be wrapped.
    #[error(transparent)]
    Seal(#[from] SealError),
}
