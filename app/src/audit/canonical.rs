//! The bytes of an entry that are authenticated.
//!
//! They never change for a row once written, so they carry a version, and a later version is an
//! additional function. Version 1: [`LABEL`], then a JSON object with sorted keys and no spaces, whose
//! members are those of [`Entry`]. The text of an entry is the same wherever it stands, in a file for
//! an auditor, too: what is read there is what is authenticated, and nobody has to make it again. The
//! number of an entry is not among them: it is given later, by the chain.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::model::Written;
use crate::kernel::{AuditEventId, OrgId, UserId};

/// The version that new rows get.
pub(super) const VERSION: i16 = 1;
/// What stands before the text of an entry where it is authenticated.
pub(super) const LABEL: &[u8] = b"vaultterm audit v1\0";

/// What is authenticated of an entry, whether it is being written or was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) org: OrgId,
    pub(super) id: AuditEventId,
    pub(super) at: OffsetDateTime,
    pub(super) actor: Option<UserId>,
    pub(super) action: &'a str,
    pub(super) resource: Option<(&'a str, Uuid)>,
    /// What the resource was called, sealed.
    pub(super) name: Option<&'a [u8]>,
    pub(super) result: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) detail: &'a Value,
    pub(super) circumstances: &'a Value,
    pub(super) server: Uuid,
    pub(super) monotonic: i64,
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
            name: written.name,
            result: event.outcome.as_str(),
            reason: event.outcome.reason(),
            detail: &event.detail,
            circumstances: &event.circumstances,
            server: written.server,
            monotonic: written.monotonic,
        }
    }
}

/// The text of an entry, version 1.
pub(super) fn text(entry: &Entry<'_>) -> String {
    let resource = entry
        .resource
        .map(|(kind, id)| json!({"type": kind, "id": id}));
    // serde_json keeps the keys of an object sorted.
    json!({
        "version": VERSION,
        "organization": entry.org,
        "id": entry.id,
        "at": entry.at.format(&Rfc3339).unwrap_or_default(),
        "actor": entry.actor,
        "action": entry.action,
        "resource": resource,
        "name": entry.name.map(hex::encode),
        "result": entry.result,
        "reason": entry.reason,
        "detail": entry.detail,
        "circumstances": entry.circumstances,
        "server": entry.server,
        "monotonic": entry.monotonic,
    })
    .to_string()
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
    use super::text;
    use crate::kernel::{AuditEventId, OrgId, UserId};

    #[test]
    fn version_one_is_frozen() {
        let resource = Resource {
            kind: "secret",
            id: Uuid::from_u128(4),
        };
        let at = datetime!(2026-11-23 12:00:00.000001 UTC);
        let actor = UserId::from_uuid(Uuid::from_u128(3));
        let mut event = Event::new(at, actor, Action::SecretRevealed, resource)
            .with(serde_json::json!({"b": 1, "a": "ä"}))
            .denied("role");
        event.circumstances = serde_json::json!({"address": "192.0.2.1"});
        let entry = Written {
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            id: AuditEventId::from_uuid(Uuid::from_u128(2)),
            name: Some(&[5, 6]),
            server: Uuid::from_u128(7),
            monotonic: 8,
            event: &event,
        };
        insta::assert_snapshot!(text(&(&entry).into()));
    }
}
