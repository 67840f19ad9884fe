//! The hash that holds an entry in its place.
//!
//! Version 1: SHA-256 over [`LABEL`], the hash before it (32 bytes), the number (8 bytes, big-endian),
//! the code of the entry (32 bytes) and its text. The first follows [`start`], so that a chain is that
//! of one organisation. Whoever has no key follows the chain by it; what authenticates a link is a code
//! over [`LABEL`] and the hash. They carry the version in the label and never change once made.

use sha2::{Digest as _, Sha256};

use crate::kernel::OrgId;

/// The hash of a link.
pub(in crate::audit) type Hash = [u8; 32];

/// What stands before everything that is hashed or authenticated of a link.
pub(in crate::audit) const LABEL: &[u8] = b"vaultterm audit link v1\0";

/// What stands for the hash of the link before the first.
pub(in crate::audit) fn start(org: OrgId) -> Hash {
    let mut hash = Sha256::new_with_prefix(b"vaultterm audit start v1\0");
    hash.update(org.as_uuid().as_bytes());
    hash.finalize().into()
}

/// The hash of the link of an entry.
pub(in crate::audit) fn hash(before: &Hash, seq: i64, (text, code): (&[u8], &[u8])) -> Hash {
    let mut hash = Sha256::new_with_prefix(LABEL);
    hash.update(before);
    hash.update(seq.to_be_bytes());
    hash.update(code);
    hash.update(text);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{hash, start};
    use crate::kernel::OrgId;

    #[test]
    fn version_one_is_frozen() {
        let start = start(OrgId::from_uuid(Uuid::from_u128(1)));
        let hash = hash(&start, 7, (b"{}", &[3; 32]));
        insta::assert_snapshot!(hex::encode(hash));
    }
}
