//! Sealing and opening the two parts of a secret.

use uuid::Uuid;

use super::model::{Meta, SecretValue};
use super::problem::Error;
use crate::kernel::{OrgId, SecretId};
use crate::keys::{DataKey, Keyring, Place};

const TABLE: &str = "secrets";

/// A secret's sealed parts, as they are stored.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) version: i32,
    pub(super) wrapped_key: Vec<u8>,
    pub(super) meta: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The parts of one secret in one organisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) keys: &'a Keyring,
    pub(super) org: OrgId,
    pub(super) id: SecretId,
}

impl Record<'_> {
    /// Seals both parts under a new data key.
    pub(super) fn seal_new(&self, meta: &Meta, value: &SecretValue) -> Result<Sealed, Error> {
        let (key, wrapped_key) = self.keys.new_data_key(&self.key_place())?;
        self.seal(&key, wrapped_key, 1, meta, value)
    }

    /// Seals both parts again, under the record's own key, for the next version.
    pub(super) fn seal_next(
        &self,
        before: &Sealed,
        meta: &Meta,
        value: &SecretValue,
    ) -> Result<Sealed, Error> {
        let key = self
            .keys
            .unwrap_data_key(&self.key_place(), &before.wrapped_key)?;
        self.seal(
            &key,
            before.wrapped_key.clone(),
            before.version.saturating_add(1),
            meta,
            value,
        )
    }

    /// Opens what lists show.
    pub(super) fn open_meta(&self, sealed: &Sealed) -> Result<Meta, Error> {
        self.open(sealed, "meta", &sealed.meta)
    }

    /// Opens what a reveal shows.
    pub(super) fn open_value(&self, sealed: &Sealed) -> Result<SecretValue, Error> {
        self.open(sealed, "value", &sealed.value)
    }

    fn seal(
        &self,
        key: &DataKey,
        wrapped_key: Vec<u8>,
        version: i32,
        meta: &Meta,
        value: &SecretValue,
    ) -> Result<Sealed, Error> {
        let meta = zeroize::Zeroizing::new(serde_json::to_vec(meta).map_err(Error::Content)?);
        let value = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(Error::Content)?);
        Ok(Sealed {
            version,
            wrapped_key,
            meta: key.seal(&self.place("meta", version), &meta)?,
            value: key.seal(&self.place("value", version), &value)?,
        })
    }

    fn open<T: serde::de::DeserializeOwned>(
        &self,
        sealed: &Sealed,
        field: &'static str,
        bytes: &[u8],
    ) -> Result<T, Error> {
        let key = self
            .keys
            .unwrap_data_key(&self.key_place(), &sealed.wrapped_key)?;
        let plain = key.open(&self.place(field, sealed.version), bytes)?;
        serde_json::from_slice(plain.expose()).map_err(Error::Content)
    }

    fn key_place(&self) -> Place<'static> {
        key_place(self.org, self.id.as_uuid())
    }

    fn place(&self, field: &'static str, version: i32) -> Place<'static> {
        Place {
            table: TABLE,
            field,
            version,
            ..self.key_place()
        }
    }
}

/// Where a secret's data key stands.
pub(super) const fn key_place(org: OrgId, record: Uuid) -> Place<'static> {
    Place::of_data_key(org, record)
}
