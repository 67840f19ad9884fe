//! Records, at their newest version and at earlier ones.

use sqlx::Row as _;
use uuid::Uuid;

use crate::infra::db::{DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::{DataKey, DataKeyId, Keyring, Place, UnsealError, data_key_of};
use crate::vault::seal::{Sealed, key_place};
use crate::vault::store::secrets::sealed_of;

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

/// A version of a record as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    /// What is said of the record itself; nothing with an earlier version, which stands beside.
    pub(crate) standing: Option<Standing>,
    sealed: Sealed,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) vault: Uuid,
    pub(crate) trashed: bool,
}

impl Row {
    /// The records that follow one, each at its newest version, in the order of their ids. What is left in a
    /// vault that was deleted is gone, as the trail says.
    pub(crate) async fn following(
        tx: &mut TenantTx,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Self>, DbError> {
        let statement = concat!(
            "SELECT id, vault_id, trashed_at IS NOT NULL AS trashed, version, wrapped_key,
                    sealed_meta, sealed_value
             FROM secrets s LEFT JOIN data_keys USING (org_id, id)
             WHERE org_id = $1 AND id > $2 AND NOT ",
            goes_with_its_vault!("s.org_id", "s.id"),
            " ORDER BY id LIMIT $3",
        );
        super::page(tx, statement, (after, limit), |row| {
            let standing = Standing {
                vault: row.try_get("vault_id")?,
                trashed: row.try_get("trashed")?,
            };
            Ok(Self {
                id: row.try_get("id")?,
                standing: Some(standing),
                sealed: sealed_of(row)?,
            })
        })
        .await
    }

    /// The earlier versions that follow one, in the order of their records' ids.
    pub(crate) async fn earlier(
        tx: &mut TenantTx,
        (record, version): (Uuid, i32),
        limit: i64,
    ) -> Result<Vec<Self>, DbError> {
        let org = tx.org();
        let rows = sqlx::query(concat!(
            "SELECT e.secret_id AS id, e.version, k.wrapped_key, e.sealed_meta, e.sealed_value
             FROM secret_versions e
             LEFT JOIN data_keys k ON k.org_id = e.org_id AND k.id = e.secret_id
             WHERE e.org_id = $1 AND (e.secret_id, e.version) > ($2, $3) AND NOT ",
            goes_with_its_vault!("e.org_id", "e.secret_id"),
            " ORDER BY e.secret_id, e.version LIMIT $4",
        ))
        .bind(org)
        .bind(record)
        .bind(version)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Self {
                    id: row.try_get("id")?,
                    standing: None,
                    sealed: sealed_of(row)?,
                })
            })
            .collect()
    }

    /// What the trail knows this very sealing by.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.sealed.digest()
    }

    /// Its version.
    pub(crate) const fn version(&self) -> i32 {
        self.sealed.head.version
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
        let found = super::version_of(sealed);
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
        keys.unwrap_data_key(&key_place(org, record), &self.sealed.head.wrapped_key)
    }

    fn part(&self, part: Part) -> &[u8] {
        match part {
            Part::Key => &self.sealed.head.wrapped_key,
            Part::Meta => &self.sealed.head.meta,
            Part::Value => &self.sealed.value,
        }
    }

    const fn place(&self, org: OrgId, part: Part) -> Place<'static> {
        Place {
            field: part.field(),
            version: self.sealed.head.version,
            ..key_place(org, self.id)
        }
    }
}
