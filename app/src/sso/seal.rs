//! The client secret, sealed like a secret in a vault: under a data key of its own, bound to its place.

use uuid::Uuid;

use crate::kernel::{OrgId, Redacted};
use crate::keys::{Keyring, Place, SealError, UnsealError};

/// A client secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum SealingError {
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It did not open.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// It opened, and is no text.
    #[error("the client secret is no text")]
    Text,
}

/// A sealed client secret, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct SealedSecret {
    /// The data key, wrapped.
    pub(super) wrapped_key: Vec<u8>,
    /// The secret.
    pub(super) value: Vec<u8>,
    /// Whether the data key was made just now.
    pub(super) fresh: bool,
    /// Which of the organisation's client secrets it is, from 1 on.
    pub(super) version: i32,
}

const fn place(org: OrgId, id: Uuid, version: i32) -> Place<'static> {
    Place {
        org,
        table: "sso_connections",
        record: id,
        field: "client_secret",
        version,
    }
}

/// Seals a secret of a version: under the key that there is, or under a new one.
pub(super) fn seal(
    keys: &Keyring,
    (org, id): (OrgId, Uuid),
    (before, version): (Option<&[u8]>, i32),
    secret: &Redacted<String>,
) -> Result<SealedSecret, SealingError> {
    let key_place = Place::of_data_key(org, id);
    let (key, wrapped_key) = match before {
        Some(wrapped) => (keys.unwrap_data_key(&key_place, wrapped)?, wrapped.to_vec()),
        None => keys.new_data_key(&key_place)?,
    };
    let value = key.seal(&place(org, id, version), secret.expose().as_bytes())?;
    Ok(SealedSecret {
        wrapped_key,
        value,
        fresh: before.is_none(),
        version,
    })
}

/// Whether the data key of a secret opens where it stands.
pub(super) fn has_key(keys: &Keyring, (org, id): (OrgId, Uuid), sealed: &SealedSecret) -> bool {
    let place = Place::of_data_key(org, id);
    keys.unwrap_data_key(&place, &sealed.wrapped_key).is_ok()
}

/// Opens a secret.
pub(super) fn open(
    keys: &Keyring,
    (org, id): (OrgId, Uuid),
    sealed: &SealedSecret,
) -> Result<Redacted<String>, SealingError> {
    let key = keys.unwrap_data_key(&Place::of_data_key(org, id), &sealed.wrapped_key)?;
    let plain = key.open(&place(org, id, sealed.version), &sealed.value)?;
    let text = std::str::from_utf8(plain.expose()).map_err(|_| SealingError::Text)?;
    Ok(Redacted::new(text.to_owned()))
}
