//! The bytes of an entry that are authenticated.
//!
//! They never change for a row once written, so they carry a version, and a later version is an
//! additional function. Version 1: each field in the order below, its length before it as 8 bytes
//! big-endian; an absent field has the length 2⁶⁴−1 and no bytes. Times are microseconds since
//! 1970; `detail` and `circumstances` are JSON with sorted keys and
//! no spaces. The number of an entry is not among them: it is given later, by the chain.

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::Written;
use crate::kernel::{AuditEventId, OrgId, UserId};

/// The version that new rows get.
pub(super) const VERSION: i16 = 1;

/// What is authenticated of an entry, whether it is being written or was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) org: OrgId,
    pub(super) id: AuditEventId,
    pub(super) at: OffsetDateTime,
    pub(super) actor: Option<UserId>,
    pub(super) action: &'a str,
    pub(super) resource: Option<(&'a str, Uuid)>,
    pub(super) detail: &'a Value,
    pub(super) circumstances: &'a Value,
}

impl<'a> From<&Written<'a>> for Entry<'a> {
    fn from(written: &Written<'a>) -> Self {
        let event = written.event;
        Self {
            org: written.org,
            id: written.id,
            at: event.at,
            actor: event.actor,
            action: event.action.as_str(),
            resource: event.resource.map(|resource| (resource.kind, resource.id)),
            detail: &event.detail,
            circumstances: &event.circumstances,
        }
    }
}

/// Version 1.
pub(super) fn bytes(entry: &Entry<'_>) -> Vec<u8> {
    let micros = entry.at.unix_timestamp_nanos() / 1000;
    let actor = entry.actor.map(|actor| actor.as_uuid().into_bytes());
    let resource = entry.resource.map(|(_, id)| id.into_bytes());
    let mut out = b"vaultterm audit v1\0".to_vec();
    field(&mut out, Some(entry.org.as_uuid().as_bytes()));
    field(&mut out, Some(entry.id.as_uuid().as_bytes()));
    field(&mut out, Some(&micros.to_be_bytes()));
    field(&mut out, actor.as_ref().map(<[u8; 16]>::as_slice));
    field(&mut out, Some(entry.action.as_bytes()));
    field(&mut out, entry.resource.map(|(kind, _)| kind.as_bytes()));
    field(&mut out, resource.as_ref().map(<[u8; 16]>::as_slice));
    // serde_json keeps the keys of an object sorted.
    field(&mut out, Some(entry.detail.to_string().as_bytes()));
    field(&mut out, Some(entry.circumstances.to_string().as_bytes()));
    out
}

/// Adds one field, with its length before it.
pub(super) fn field(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    let length = bytes.map_or(u64::MAX, |bytes| {
        u64::try_from(bytes.len()).unwrap_or(u64::MAX - 1)
    });
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::super::model::{Action, Event, Resource, Written};
    use super::bytes;
    use crate::kernel::{AuditEventId, OrgId, UserId};

    #[test]
    fn version_one_is_frozen() {
        let event = Event {
            at: datetime!(2026-11-23 12:00:00.000001 UTC),
            actor: Some(UserId::from_uuid(Uuid::from_u128(3))),
            action: Action::SecretRevealed,
            resource: Some(Resource {
                kind: "secret",
                id: Uuid::from_u128(4),
            }),
            detail: serde_json::json!({"b": 1, "a": "ä"}),
            circumstances: serde_json::json!({"address": "192.0.2.1"}),
        };
        let entry = Written {
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            id: AuditEventId::from_uuid(Uuid::from_u128(2)),
            event: &event,
        };
        use sha2::Digest as _;
        let digest = hex::encode(sha2::Sha256::digest(bytes(&(&entry).into())));
        insta::assert_snapshot!(digest);
    }
}
