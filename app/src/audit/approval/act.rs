//! The bytes of an act that a person approves.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::canonical::field;
use crate::kernel::{OrgId, SessionId, UserId};

/// SHA-256 over an act and its nonce.
pub type Digest = [u8; 32];
/// What the server drew for one demand, so that no two have one digest.
pub type Nonce = [u8; 32];

/// Who wants to do what, to what, and in which words it will be recorded.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// In which organisation.
    pub org: OrgId,
    /// Who.
    pub person: UserId,
    /// In which session.
    pub session: SessionId,
    /// What.
    pub action: &'a str,
    /// To what.
    pub resource: (&'a str, Uuid),
    /// In which further words.
    pub detail: &'a Value,
}

impl Act<'_> {
    /// Version 1: each field in the order below, its length before it as 8 bytes big-endian, as in
    /// an entry of the trail; `detail` is JSON with sorted keys and no spaces.
    #[must_use]
    pub fn digest(&self, nonce: &Nonce) -> Digest {
        let (kind, id) = self.resource;
        let mut bytes = b"vaultterm act v1\0".to_vec();
        field(&mut bytes, Some(self.org.as_uuid().as_bytes()));
        field(&mut bytes, Some(self.person.as_uuid().as_bytes()));
        field(&mut bytes, Some(self.session.as_uuid().as_bytes()));
        field(&mut bytes, Some(self.action.as_bytes()));
        field(&mut bytes, Some(kind.as_bytes()));
        field(&mut bytes, Some(id.as_bytes()));
        // serde_json keeps the keys of an object sorted.
        field(&mut bytes, Some(self.detail.to_string().as_bytes()));
        field(&mut bytes, Some(nonce));
        Sha256::digest(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;
    use uuid::Uuid;

    use super::Act;
    use crate::kernel::{OrgId, SessionId, UserId};

    #[test]
    fn version_one_is_frozen() {
        let act = Act {
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            person: UserId::from_uuid(Uuid::from_u128(2)),
            session: SessionId::from_uuid(Uuid::from_u128(3)),
            action: "vault.deleted",
            resource: ("vault", Uuid::from_u128(4)),
            detail: &json!({"secrets": 3, "name": "Mühlen"}),
        };
        insta::assert_snapshot!(hex::encode(act.digest(&[7; 32])));
    }

    /// Every part of an act is in its digest, and no two parts run into each other.
    #[test]
    fn another_act_has_another_digest() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (some, more) = (json!({"n": 1}), json!({"n": 2}));
        let act = Act {
            org: OrgId::from_uuid(one),
            person: UserId::from_uuid(one),
            session: SessionId::from_uuid(one),
            action: "ab",
            resource: ("c", one),
            detail: &some,
        };
        let acts = [
            act,
            Act {
                org: OrgId::from_uuid(other),
                ..act
            },
            Act {
                person: UserId::from_uuid(other),
                ..act
            },
            Act {
                session: SessionId::from_uuid(other),
                ..act
            },
            Act {
                action: "a",
                resource: ("bc", one),
                ..act
            },
            Act {
                resource: ("c", other),
                ..act
            },
            Act {
                detail: &more,
                ..act
            },
        ];
        let mut digests: BTreeSet<_> = acts.iter().map(|act| act.digest(&[0; 32])).collect();
        digests.insert(act.digest(&[1; 32]));
        assert_eq!(digests.len(), acts.len() + 1);
    }
}
