//! Sealing and opening the two parts of a secret.

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use super::problem::Error;
use super::record::{Content, Meta, Sealing, Value};
use crate::kernel::{OrgId, SecretId};
use crate::keys::{DataKey, Keyring, Place};

const TABLE: &str = "secrets";

/// What lists need of a secret, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) version: i32,
    pub(super) wrapped_key: Vec<u8>,
    pub(super) meta: Vec<u8>,
}

/// A secret's sealed parts, as they are stored.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) head: Head,
    pub(super) value: Vec<u8>,
}

impl Sealed {
    /// What the trail knows this very sealing by.
    pub(super) fn digest(&self) -> [u8; 32] {
        digest(&self.head.meta, &self.value)
    }
}

/// The digest of two sealed parts, each with its length before it.
pub(super) fn digest(meta: &[u8], value: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [meta, value] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// The parts of one secret in one organisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) keys: &'a Keyring,
    pub(super) org: OrgId,
    pub(super) id: SecretId,
}

impl Record<'_> {
    /// Seals a new record under a new data key.
    pub(super) fn seal_new(&self, content: &Content, now: OffsetDateTime) -> Result<Sealed, Error> {
        let (key, wrapped_key) = self.keys.new_data_key(&self.key_place())?;
        let sealing = self.sealing((1, now), None, &[]);
        self.seal(&key, wrapped_key, content, &sealing)
    }

    /// Seals both parts again, under the record's own key, for the next version, with the names of what
    /// changed.
    pub(super) fn seal_next(
        &self,
        (before, meta): (&Head, &Meta),
        (content, changed): (&Content, &[String]),
        now: OffsetDateTime,
    ) -> Result<Sealed, Error> {
        let key = self.key(before)?;
        let next = before.version.saturating_add(1);
        let sealing = self.sealing((next, now), Some(meta), changed);
        self.seal(&key, before.wrapped_key.clone(), content, &sealing)
    }

    /// Opens what lists show. Of a record that may only be used, nothing is in it that follows from what is
    /// concealed: whoever lists, searches or judges records cannot show what they were never given.
    pub(super) fn open_meta(&self, head: &Head) -> Result<Meta, Error> {
        let mut meta: Meta = self.part(&self.key(head)?, "meta", head.version, &head.meta)?;
        if !meta.shows(head.version) {
            meta.withhold();
        }
        Ok(meta)
    }

    /// Opens all of it.
    pub(super) fn open(&self, sealed: &Sealed) -> Result<(Meta, Content), Error> {
        let (head, key) = (&sealed.head, self.key(&sealed.head)?);
        let meta: Meta = self.part(&key, "meta", head.version, &head.meta)?;
        let value: Value = self.part(&key, "value", head.version, &sealed.value)?;
        Ok((meta.clone(), Content::join(meta, value)))
    }

    fn sealing<'a>(
        &'a self,
        (version, now): (i32, OffsetDateTime),
        before: Option<&'a Meta>,
        changed: &'a [String],
    ) -> Sealing<'a> {
        Sealing {
            keys: self.keys,
            org: self.org,
            version,
            now,
            before,
            changed,
        }
    }

    fn seal(
        &self,
        key: &DataKey,
        wrapped_key: Vec<u8>,
        content: &Content,
        sealing: &Sealing<'_>,
    ) -> Result<Sealed, Error> {
        let (meta, value) = content.split(sealing);
        let version = sealing.version;
        let meta = zeroize::Zeroizing::new(serde_json::to_vec(&meta).map_err(Error::Content)?);
        let value = zeroize::Zeroizing::new(serde_json::to_vec(&value).map_err(Error::Content)?);
        Ok(Sealed {
            head: Head {
                version,
                wrapped_key,
                meta: key.seal(&self.place("meta", version), &meta)?,
            },
            value: key.seal(&self.place("value", version), &value)?,
        })
    }

    pub(super) fn key(&self, head: &Head) -> Result<DataKey, Error> {
        Ok(self
            .keys
            .unwrap_data_key(&self.key_place(), &head.wrapped_key)?)
    }

    fn part<T: serde::de::DeserializeOwned>(
        &self,
        key: &DataKey,
        field: &'static str,
        version: i32,
        bytes: &[u8],
    ) -> Result<T, Error> {
        let plain = key.open(&self.place(field, version), bytes)?;
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
