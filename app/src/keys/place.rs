//! Where a sealed value stands: its associated data.

use uuid::Uuid;

use crate::kernel::{OrgId, UserId};

/// The place of a sealed value. Two values in different places cannot be exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant; of what belongs to an account and to no tenant, the account: no id is both.
    pub org: OrgId,
    /// The table.
    pub table: &'a str,
    /// The record.
    pub record: Uuid,
    /// The field.
    pub field: &'a str,
    /// The record's version; a value of an earlier version does not open as a later one.
    pub version: i32,
}

impl<'a> Place<'a> {
    /// The place of something that belongs to an account.
    #[must_use]
    pub const fn of_account(user: UserId, table: &'a str, record: Uuid, field: &'a str) -> Self {
        Self {
            org: OrgId::from_uuid(user.as_uuid()),
            table,
            record,
            field,
            version: 0,
        }
    }
}

impl Place<'static> {
    /// Where the data key of a record stands, of whatever kind the record is: a rotation goes through
    /// them all and need not know. It stays the same over all versions, so it has none.
    #[must_use]
    pub const fn of_data_key(org: OrgId, record: Uuid) -> Self {
        Self {
            org,
            table: "secrets",
            record,
            field: "wrapped_key",
            version: 0,
        }
    }
}

impl Place<'_> {
    /// The canonical bytes: each part with its length before it, so that no two places share
    /// them. `format` is the version of the sealed format, `key` the id of the key that seals.
    pub(super) fn associated_data(&self, format: u8, key: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        bytes.push(format);
        let version = self.version.to_be_bytes();
        let org = self.org.as_uuid();
        let parts: [&[u8]; 6] = [
            org.as_bytes(),
            self.table.as_bytes(),
            self.record.as_bytes(),
            self.field.as_bytes(),
            &version,
            key,
        ];
        for part in parts {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}
