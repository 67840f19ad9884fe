//! The bytes of a link that are authenticated.
//!
//! Version 1: each field in the order below, its length before it as 8 bytes big-endian: the
//! organisation, the number, the entry's id, the entry's code, the code of the link before it. They
//! carry the version in their first field and never change for a link once made.

use super::super::canonical::field;
use crate::kernel::{AuditEventId, OrgId};

/// What stands for the code of the link before the first.
pub(in crate::audit) const START: [u8; 32] = [0; 32];

/// Version 1.
pub(in crate::audit) fn bytes(
    org: OrgId,
    seq: i64,
    (event, code): (AuditEventId, &[u8]),
    before: &[u8],
) -> Vec<u8> {
    let mut out = b"vaultterm audit link v1\0".to_vec();
    field(&mut out, Some(org.as_uuid().as_bytes()));
    field(&mut out, Some(&seq.to_be_bytes()));
    field(&mut out, Some(event.as_uuid().as_bytes()));
    field(&mut out, Some(code));
    field(&mut out, Some(before));
    out
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;
    use uuid::Uuid;

    use super::{START, bytes};
    use crate::kernel::{AuditEventId, OrgId};

    #[test]
    fn version_one_is_frozen() {
        let org = OrgId::from_uuid(Uuid::from_u128(1));
        let event = AuditEventId::from_uuid(Uuid::from_u128(2));
        let bytes = bytes(org, 7, (event, &[3; 32]), &START);
        insta::assert_snapshot!(hex::encode(sha2::Sha256::digest(bytes)));
    }
}
