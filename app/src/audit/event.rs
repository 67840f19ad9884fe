//! One entry, before it is written: who did what, to what, and how it ended.

use time::OffsetDateTime;
use uuid::Uuid;

use super::approval::{Approval, Approved};
use super::circumstances;
use super::model::Action;
use crate::edge::{Caller, Origin};
use crate::kernel::{AuditEventId, Factors, OrgId, Redacted, UserId};

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind: `vault`, `secret`, `organization`, `team`, `api-token`.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
}

/// How it ended. The words are ours: none of them comes from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused, and why.
    Denied(&'static str),
    /// It was allowed and came to nothing, and why.
    Failed(&'static str),
}

impl Outcome {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied(_) => "denied",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it did not end well.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Success => None,
            Self::Denied(reason) | Self::Failed(reason) => Some(reason),
        }
    }
}

/// One entry, before it is written. `detail` never holds a value that is sealed elsewhere.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: OffsetDateTime,
    /// Who; `None` for the system itself.
    pub actor: Option<UserId>,
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Option<Resource>,
    /// What that is called, where it has a name. It is sealed where it is written down.
    pub name: Option<Redacted<String>>,
    /// How it ended.
    pub outcome: Outcome,
    /// More words, as a JSON object.
    pub detail: serde_json::Value,
    /// How they came in and from where; see [`super::circumstances`].
    pub circumstances: serde_json::Value,
}

impl Event {
    /// An entry about what somebody who is signed in did.
    #[must_use]
    pub fn by(at: OffsetDateTime, caller: &Caller, action: Action, resource: Resource) -> Self {
        Self {
            circumstances: circumstances::of(caller),
            ..Self::new(at, caller.user, action, resource)
        }
    }

    /// An entry without further words, where nobody is signed in yet.
    #[must_use]
    pub fn new(at: OffsetDateTime, actor: UserId, action: Action, resource: Resource) -> Self {
        let detail = serde_json::Value::Object(serde_json::Map::new());
        Self {
            at,
            actor: Some(actor),
            action,
            resource: Some(resource),
            name: None,
            outcome: Outcome::Success,
            detail,
            circumstances: circumstances::none(),
        }
    }

    /// An entry about what somebody did whom nobody knows: they came with a link.
    #[must_use]
    pub fn by_nobody(
        at: OffsetDateTime,
        origin: Origin,
        action: Action,
        resource: Resource,
        detail: serde_json::Value,
    ) -> Self {
        Self {
            at,
            actor: None,
            action,
            resource: Some(resource),
            name: None,
            outcome: Outcome::Success,
            detail,
            circumstances: circumstances::arriving(origin, Factors::LINK),
        }
    }

    /// An entry of the system itself, about the whole organisation.
    #[must_use]
    pub fn of_system(at: OffsetDateTime, action: Action, detail: serde_json::Value) -> Self {
        Self {
            at,
            actor: None,
            action,
            resource: None,
            name: None,
            outcome: Outcome::Success,
            detail,
            circumstances: circumstances::none(),
        }
    }

    /// The same with further words.
    #[must_use]
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }

    /// The same with what the resource is called at this moment.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = (!name.is_empty()).then(|| Redacted::new(name.to_owned()));
        self
    }

    /// The same for something that was refused.
    #[must_use]
    pub const fn denied(mut self, reason: &'static str) -> Self {
        self.outcome = Outcome::Denied(reason);
        self
    }

    /// The same for something that was allowed and came to nothing.
    #[must_use]
    pub const fn failed(mut self, reason: &'static str) -> Self {
        self.outcome = Outcome::Failed(reason);
        self
    }

    /// The same with the approval that was demanded for it. The two have to be about the same act:
    /// nothing else is committed.
    #[must_use]
    pub fn approved(mut self, approval: Approval) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("approval".to_owned(), approval.into_json());
        }
        self
    }

    /// The same with the id of what came of it, where that could not be known when it was approved.
    #[must_use]
    pub fn made(mut self, id: Uuid) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("made".to_owned(), serde_json::json!(id));
        }
        self
    }

    /// The same with the digest of what was sealed, where that could not be known when it was approved.
    #[must_use]
    pub fn sealed_as(mut self, digest: &str) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("digest".to_owned(), serde_json::json!(digest));
        }
        self
    }

    /// The same with what the one who goes has seen; see [`super::exposure`].
    pub(super) fn with_receipt(mut self, receipt: serde_json::Value) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("exposure".to_owned(), receipt);
        }
        self
    }

    /// What an approval in it has to be about.
    pub(super) fn as_approved(&self, org: OrgId) -> Approved<'_> {
        Approved {
            org,
            actor: self.actor,
            action: self.action.as_str(),
            resource: self.resource.map(|resource| (resource.kind, resource.id)),
            detail: &self.detail,
            circumstances: &self.circumstances,
        }
    }

    /// The same, where a request came from before anybody was signed in.
    #[must_use]
    pub fn from(mut self, origin: Origin, factors: Factors) -> Self {
        self.circumstances = circumstances::arriving(origin, factors);
        self
    }
}

/// An entry as it is written.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    pub(super) org: OrgId,
    pub(super) id: AuditEventId,
    /// What the resource is called, sealed.
    pub(super) name: Option<&'a [u8]>,
    pub(super) server: Uuid,
    /// Microseconds since the server began.
    pub(super) monotonic: i64,
    pub(super) event: &'a Event,
}
