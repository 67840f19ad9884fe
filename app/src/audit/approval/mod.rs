//! That a person proved, freshly, that it is them who does this one thing.
//!
//! An approval stands in the circumstances of the entry that it approves, as the member `approval`:
//!
//! | member | holds |
//! |---|---|
//! | `version` | how the digest was made; 1 |
//! | `organization` | the tenant, so that an entry can be checked without its server |
//! | `method` | `password`, `totp`, `recovery-code` or `passkey` |
//! | `at` | when the proof was given, RFC 3339 |
//! | `nonce` | 32 bytes that the server drew for this act, in hexadecimal |
//! | `digest` | SHA-256 of the act and the nonce, in hexadecimal; see [`Act::digest`] |
//!
//! The digest is made again from the entry itself, so that an approval can be moved to no other one.

mod act;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

pub use act::{Act, Digest, Nonce};

use crate::kernel::{OrgId, ProofMethod, SessionId, UserId};

/// How the digest is made today.
const VERSION: u64 = 1;

/// A proof that was given for one act, and is used up. Only `authz` makes one.
#[derive(Clone, Debug)]
pub struct Approval(Value);

impl Approval {
    /// What was proved for an act, by what, and when.
    #[must_use]
    pub(crate) fn new(
        org: OrgId,
        method: ProofMethod,
        at: OffsetDateTime,
        (nonce, digest): (&Nonce, &Digest),
    ) -> Self {
        Self(json!({
            "version": VERSION,
            "organization": org,
            "method": method,
            "at": at.format(&Rfc3339).unwrap_or_default(),
            "nonce": hex::encode(nonce),
            "digest": hex::encode(digest),
        }))
    }

    /// As it stands in the circumstances.
    pub(super) fn into_json(self) -> Value {
        self.0
    }
}

/// Why an approval does not approve the entry that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unapproved {
    /// It does not have the members that it should.
    #[error("the approval cannot be read")]
    Unreadable,
    /// A later version wrote it.
    #[error("the approval is of a later version")]
    Later,
    /// It names another organisation than the one whose trail it stands in.
    #[error("the approval is of another organisation")]
    OtherOrganization,
    /// The digest is not that of the entry.
    #[error("the approval is for another act")]
    OtherAct,
}

/// An entry, as far as an approval is about it.
#[derive(Clone, Copy, Debug)]
pub struct Approved<'a> {
    /// Whose trail it stands in.
    pub org: OrgId,
    /// Who acted.
    pub actor: Option<UserId>,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub resource: Option<(&'a str, Uuid)>,
    /// More words.
    pub detail: &'a Value,
    /// With the session and, where there is one, the approval.
    pub circumstances: &'a Value,
}

impl Approved<'_> {
    /// Whether the approval in the entry, if it has one, is for this very entry; by what the person
    /// proved it.
    ///
    /// # Errors
    /// [`Unapproved`] when it is not.
    pub fn check(&self) -> Result<Option<ProofMethod>, Unapproved> {
        let Some(approval) = self.circumstances.get("approval") else {
            return Ok(None);
        };
        let read = Read::of(approval)?;
        if read.organization != self.org {
            return Err(Unapproved::OtherOrganization);
        }
        let act = self.act().ok_or(Unapproved::OtherAct)?;
        if act.digest(&read.nonce) != read.digest {
            return Err(Unapproved::OtherAct);
        }
        Ok(Some(read.method))
    }

    /// What was done, in the words that were approved.
    fn act(&self) -> Option<Act<'_>> {
        let session: Uuid = self.circumstances.get("session")?.as_str()?.parse().ok()?;
        Some(Act {
            org: self.org,
            person: self.actor?,
            session: SessionId::from_uuid(session),
            action: self.action,
            resource: self.resource?,
            detail: self.detail,
        })
    }
}

/// An approval that was read.
struct Read {
    organization: OrgId,
    method: ProofMethod,
    nonce: Nonce,
    digest: Digest,
}

impl Read {
    fn of(approval: &Value) -> Result<Self, Unapproved> {
        let version = approval.get("version").and_then(Value::as_u64);
        match version {
            Some(VERSION) => Self::members(approval).ok_or(Unapproved::Unreadable),
            Some(later) if later > VERSION => Err(Unapproved::Later),
            Some(_) | None => Err(Unapproved::Unreadable),
        }
    }

    fn members(approval: &Value) -> Option<Self> {
        let text = |name: &str| approval.get(name)?.as_str();
        let bytes = |name: &str| hex::decode(text(name)?).ok()?.try_into().ok();
        Some(Self {
            organization: OrgId::from_uuid(text("organization")?.parse().ok()?),
            method: serde_json::from_value(approval.get("method")?.clone()).ok()?,
            nonce: bytes("nonce")?,
            digest: bytes("digest")?,
        })
    }
}
