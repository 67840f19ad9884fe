//! Where a sealed value stands: its associated data.

use uuid::Uuid;

use super::KeyId;
use crate::kernel::OrgId;

/// The place of a sealed value. Two values in different places cannot be exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant.
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

impl Place<'_> {
    /// The canonical bytes: each part with its length before it, so that no two places share
    /// them. `format` is the version of the sealed format.
    pub(super) fn associated_data(&self, format: u8, key: KeyId) -> Vec<u8> {
        let mut bytes = vec![format];
        let version = self.version.to_be_bytes();
        let org = self.org.as_uuid();
        let parts: [&[u8]; 6] = [
            org.as_bytes(),
            self.table.as_bytes(),
            self.record.as_bytes(),
            self.field.as_bytes(),
            &version,
            key.as_bytes(),
        ];
        for part in parts {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}
