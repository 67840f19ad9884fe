//! An entry as the trail shows it.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::store::Placed;
use crate::kernel::{AuditEventId, OrgId, UserId};
use crate::keys::{AuditKey, KeyId, Keyring};

/// Of what kind the one who acted is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = AuditActorKind)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person, by a session or on the way to one.
    User,
    /// A token for the API, for the person who made it.
    Token,
    /// The server itself.
    System,
    /// Whoever operates the platform.
    Platform,
    /// Somebody whom nobody knows, who came with a link.
    Guest,
}

impl ActorKind {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::System => "system",
            Self::Platform => "platform",
            Self::Guest => "guest",
        }
    }
}

/// Who did it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditActor)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// Of what kind they are.
    pub kind: ActorKind,
    /// The account; null for the system and for the platform.
    pub id: Option<UserId>,
    /// The person's name today; null when the account is gone.
    pub name: Option<String>,
    /// The session that they acted in.
    pub session: Option<Uuid>,
    /// The token that they acted by.
    pub token: Option<Uuid>,
    /// What the session stands on.
    pub factors: Vec<String>,
    /// By what it was proved, for this act, that it is them; null where that was not demanded.
    pub step_up: Option<String>,
}

/// What it was done to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditResource)]
pub struct ResourceView {
    /// The kind.
    pub r#type: String,
    /// Which one.
    pub id: Uuid,
    /// What it was called then; null where it has no name.
    pub name: Option<String>,
}

/// When it was, by a clock that nobody sets.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditMonotonic)]
#[serde(rename_all = "camelCase")]
pub struct Monotonic {
    /// The run of a server that wrote it.
    pub server: Uuid,
    /// How many microseconds after the start of that run.
    pub micros: i64,
}

/// One entry as the trail shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditEvent)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// The entry.
    pub id: AuditEventId,
    /// Its number in the organisation; gaps do not happen.
    pub seq: i64,
    /// When, by the server's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// When, by how long the server had run.
    pub monotonic: Monotonic,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: String,
    /// To what.
    pub resource: Option<ResourceView>,
    /// How it ended: `success`, `denied` or `failed`.
    #[schema(example = "success")]
    pub result: String,
    /// Why it did not end well.
    pub reason: Option<String>,
    /// Where the request came from.
    #[schema(example = "192.0.2.17")]
    pub address: Option<String>,
    /// The id of the request, as its answer had it.
    pub request: Option<String>,
    /// More words.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// All that was noted of how they came in.
    #[schema(value_type = Object)]
    pub circumstances: Value,
}

/// Shows entries of one organisation, and opens names as it goes.
pub(super) struct Viewer<'k> {
    keys: &'k Keyring,
    org: OrgId,
    opened: Vec<AuditKey>,
}

impl<'k> Viewer<'k> {
    pub(super) const fn new(keys: &'k Keyring, org: OrgId) -> Self {
        Self {
            keys,
            org,
            opened: Vec::new(),
        }
    }

    pub(super) fn show(&mut self, placed: Placed) -> EventView {
        // Where something was made, the words are about that, and the resource is what it was made for.
        let made = placed.entry.circumstances.get("made").is_some();
        let told = || text(&placed.entry.detail, "/name").filter(|_| !made);
        let name = self.name(&placed).or_else(told);
        let Placed {
            seq,
            actor_name,
            entry,
        } = placed;
        let resource = entry.resource_type.zip(entry.resource_id);
        let circumstances = entry.circumstances;
        EventView {
            id: entry.id,
            seq,
            at: entry.at,
            monotonic: Monotonic {
                server: entry.server,
                micros: entry.monotonic,
            },
            actor: actor(entry.actor_id, actor_name, &circumstances),
            action: entry.action,
            resource: resource.map(|(kind, id)| ResourceView {
                r#type: kind,
                id,
                name,
            }),
            result: entry.result,
            reason: entry.reason,
            address: text(&circumstances, "/address"),
            request: text(&circumstances, "/request"),
            detail: entry.detail,
            circumstances,
        }
    }

    /// A name that does not open is not shown; that it was tampered with is for verifying to say.
    fn name(&mut self, placed: &Placed) -> Option<String> {
        let sealed = placed.entry.name.as_deref()?;
        let id = KeyId::from_stored(&placed.entry.key_id)?;
        let entry = placed.entry.id.as_uuid();
        let key = self.key(id)?;
        key.open_name(self.org, entry, sealed).ok()
    }

    fn key(&mut self, id: KeyId) -> Option<AuditKey> {
        if let Some(known) = self.opened.iter().find(|key| key.id() == id) {
            return Some(known.clone());
        }
        let key = self.keys.audit_key_of(id)?;
        self.opened.push(key.clone());
        Some(key)
    }
}

fn actor(id: Option<UserId>, name: Option<String>, circumstances: &Value) -> Actor {
    let uuid = |pointer| text(circumstances, pointer)?.parse().ok();
    let token: Option<Uuid> = uuid("/token");
    let kind = match (id, token) {
        _ if circumstances.get("platform").is_some() => ActorKind::Platform,
        (_, Some(_)) => ActorKind::Token,
        (Some(_), None) => ActorKind::User,
        (None, None) if circumstances.get("factors").is_some() => ActorKind::Guest,
        (None, None) => ActorKind::System,
    };
    let factors = circumstances.get("factors").and_then(Value::as_array);
    let factors = factors.into_iter().flatten().filter_map(Value::as_str);
    Actor {
        kind,
        id,
        name,
        session: uuid("/session"),
        token,
        factors: factors.map(str::to_owned).collect(),
        step_up: text(circumstances, "/approval/method"),
    }
}

fn text(from: &Value, pointer: &str) -> Option<String> {
    from.pointer(pointer)?.as_str().map(str::to_owned)
}
