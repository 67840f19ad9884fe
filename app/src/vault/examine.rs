//! Whether a stored record is the one that belongs there, and whose it is otherwise. What opens is
//! looked at by nobody.

use sqlx::Row as _;
use uuid::Uuid;

use super::seal::{Sealed, key_place};
use super::store;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::{DataKey, DataKeyId, Keyring, Place, UnsealError, data_key_of};

/// One of the sealed parts of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The data key.
    Key,
    /// What lists show.
    Meta,
    /// What a reveal shows.
    Value,
}

impl Part {
    /// The column.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "wrapped_key",
            Self::Meta => "sealed_meta",
            Self::Value => "sealed_value",
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::Key => "wrapped_key",
            Self::Meta => "meta",
            Self::Value => "value",
        }
    }
}

/// What is wrong with a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is the record's own, of another version.
    Version(i32),
    /// It is the record's own, of another field.
    Field(Part),
    /// It does not open here.
    Closed(UnsealError),
}

/// A record as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) vault: Uuid,
    sealed: Sealed,
}

impl Row {
    /// The records that follow one, in the order of their ids.
    pub(crate) async fn following(
        tx: &mut TenantTx,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Self>, DbError> {
        let org = tx.org();
        let rows = sqlx::query(
            "SELECT id, vault_id, version, wrapped_key, sealed_meta, sealed_value
             FROM secrets LEFT JOIN data_keys USING (org_id, id)
             WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(org)
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Self {
                    id: row.try_get("id")?,
                    vault: row.try_get("vault_id")?,
                    sealed: store::sealed_of(row)?,
                })
            })
            .collect()
    }

    /// Its version.
    pub(crate) const fn version(&self) -> i32 {
        self.sealed.version
    }

    /// Which parts do not belong where they stand.
    pub(crate) fn faults(&self, keys: &Keyring, org: OrgId) -> Vec<(Part, Fault)> {
        let key = match self.key_at(keys, org, self.id) {
            Ok(key) => key,
            // Nothing below opens without it; whose it is, is found out elsewhere.
            Err(error) => return vec![(Part::Key, Fault::Closed(error))],
        };
        let parts = [(Part::Meta, Part::Value), (Part::Value, Part::Meta)];
        let faults = parts.into_iter().filter_map(|(part, other)| {
            let error = key.open(&self.place(org, part), self.part(part)).err()?;
            Some((part, self.explain(&key, org, (part, other), error)))
        });
        faults.collect()
    }

    fn explain(
        &self,
        key: &DataKey,
        org: OrgId,
        (part, other): (Part, Part),
        error: UnsealError,
    ) -> Fault {
        let sealed = self.part(part);
        let found = version_of(sealed);
        for candidate in [part, other] {
            let place = Place {
                version: found.unwrap_or_default(),
                ..self.place(org, candidate)
            };
            if key.open(&place, sealed).is_ok() {
                return if candidate == part {
                    Fault::Version(place.version)
                } else {
                    Fault::Field(other)
                };
            }
        }
        Fault::Closed(error)
    }

    /// The name of its own data key, if that is what stands here.
    pub(crate) fn key_id(&self, keys: &Keyring, org: OrgId) -> Option<DataKeyId> {
        let key = self.key_at(keys, org, self.id).ok()?;
        Some(key.id())
    }

    /// The name of the data key that stands here, if it is that of another record.
    pub(crate) fn key_id_at(&self, keys: &Keyring, org: OrgId, record: Uuid) -> Option<DataKeyId> {
        let key = self.key_at(keys, org, record).ok()?;
        Some(key.id())
    }

    /// The data key that a part names.
    pub(crate) fn named(&self, part: Part) -> Option<DataKeyId> {
        data_key_of(self.part(part))
    }

    fn key_at(&self, keys: &Keyring, org: OrgId, record: Uuid) -> Result<DataKey, UnsealError> {
        keys.unwrap_data_key(&key_place(org, record), &self.sealed.wrapped_key)
    }

    fn part(&self, part: Part) -> &[u8] {
        match part {
            Part::Key => &self.sealed.wrapped_key,
            Part::Meta => &self.sealed.meta,
            Part::Value => &self.sealed.value,
        }
    }

    const fn place(&self, org: OrgId, part: Part) -> Place<'static> {
        Place {
            field: part.field(),
            version: self.sealed.version,
            ..key_place(org, self.id)
        }
    }
}

/// The version that a sealed value says it is of: after the format and the id.
fn version_of(sealed: &[u8]) -> Option<i32> {
    let bytes = sealed.get(33..37)?.try_into().ok()?;
    Some(i32::from_be_bytes(bytes))
}
