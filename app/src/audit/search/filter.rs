//! What is looked for in a trail, as requests say it and as it is understood.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::audit::view::{ActorKind, EventView};
use crate::kernel::{FieldProblem, Text};

/// What an entry has to be to be shown. Whatever is left out is not looked at.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = AuditFilter)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(in crate::audit) struct FilterQuery {
    /// Who acted: the id of an account.
    #[param(value_type = Option<Uuid>)]
    #[schema(value_type = Option<Uuid>)]
    pub(in crate::audit) actor: Option<String>,
    /// Of what kind the one who acted is: `user`, `token`, `system`, `platform` or `guest`.
    pub(in crate::audit) actor_kind: Option<String>,
    /// What was done: a word such as `secret.revealed`, or its beginning with a dot at its end, such as
    /// `secret.`.
    pub(in crate::audit) action: Option<String>,
    /// The kind of what it was done to, such as `secret`.
    pub(in crate::audit) resource_type: Option<String>,
    /// What it was done to: an id.
    #[param(value_type = Option<Uuid>)]
    #[schema(value_type = Option<Uuid>)]
    pub(in crate::audit) resource_id: Option<String>,
    /// How it ended: `success`, `denied` or `failed`.
    pub(in crate::audit) result: Option<String>,
    /// From this time on (RFC 3339).
    pub(in crate::audit) since: Option<String>,
    /// Before this time (RFC 3339).
    pub(in crate::audit) until: Option<String>,
    /// Where it came from: an address, or a network such as `192.0.2.0/24`.
    pub(in crate::audit) address: Option<String>,
    /// Words that all stand somewhere in the entry: in the name of the person or of the thing, in the
    /// action, the details, an id, an address.
    pub(in crate::audit) q: Option<String>,
}

/// The same, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::audit) struct Filter {
    pub(super) actor: Option<Uuid>,
    pub(super) actor_kind: Option<ActorKind>,
    pub(super) action: Option<String>,
    pub(super) resource_type: Option<String>,
    pub(super) resource_id: Option<Uuid>,
    pub(super) result: Option<&'static str>,
    pub(super) since: Option<OffsetDateTime>,
    pub(super) until: Option<OffsetDateTime>,
    pub(super) network: Option<String>,
    pub(super) words: Vec<String>,
}

impl FilterQuery {
    /// Understands it, or says everything that is wrong with it.
    pub(in crate::audit) fn parse(&self) -> Result<Filter, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        let mut keep = |problem| wrong.push(problem);
        let filter = Filter {
            actor: given(
                &self.actor,
                ("actor", "must be the id of an account"),
                id,
                &mut keep,
            ),
            actor_kind: given(
                &self.actor_kind,
                (
                    "actorKind",
                    "must be user, token, system, platform or guest",
                ),
                kind,
                &mut keep,
            ),
            action: given(
                &self.action,
                ("action", "must be a word of the trail"),
                word,
                &mut keep,
            ),
            resource_type: given(
                &self.resource_type,
                ("resourceType", "must be a word of the trail"),
                word,
                &mut keep,
            ),
            resource_id: given(
                &self.resource_id,
                ("resourceId", "must be an id"),
                id,
                &mut keep,
            ),
            result: given(
                &self.result,
                ("result", "must be success, denied or failed"),
                result,
                &mut keep,
            ),
            since: given(
                &self.since,
                ("since", "must be a time of RFC 3339"),
                instant,
                &mut keep,
            ),
            until: given(
                &self.until,
                ("until", "must be a time of RFC 3339"),
                instant,
                &mut keep,
            ),
            network: given(
                &self.address,
                ("address", "must be an address or a network"),
                network,
                &mut keep,
            ),
            words: Vec::new(),
        };
        let words = Text::line("q", 0, 200).check(self.q.as_deref().unwrap_or_default());
        match words {
            Ok(words) if wrong.is_empty() => {
                let words = words.split_whitespace().map(str::to_lowercase).collect();
                Ok(Filter { words, ..filter })
            }
            Ok(_) => Err(wrong),
            Err(problem) => {
                wrong.push(problem);
                Err(wrong)
            }
        }
    }
}

impl Filter {
    /// Whether words are looked for, which only stand in what was opened.
    pub(super) const fn is_by_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether all words stand somewhere in an entry.
    pub(super) fn has_words(&self, event: &EventView) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let resource = event.resource.as_ref();
        let mut text = format!(
            "{} {} {} {} {} {} {}",
            event.action,
            event.result,
            event.reason.as_deref().unwrap_or_default(),
            event.actor.name.as_deref().unwrap_or_default(),
            resource.map_or("", |resource| resource.r#type.as_str()),
            resource
                .and_then(|resource| resource.name.as_deref())
                .unwrap_or_default(),
            resource
                .map(|resource| resource.id.to_string())
                .unwrap_or_default(),
        );
        text.push_str(&event.detail.to_string());
        text.push_str(&event.circumstances.to_string());
        if let Some(actor) = event.actor.id {
            text.push_str(&actor.to_string());
        }
        let text = text.to_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
    }

    /// What is recorded of it: words are left out, people search for what they should not.
    pub(in crate::audit) fn described(&self) -> Value {
        let time = |at: Option<OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok());
        let mut all = json!({
            "actor": self.actor, "actorKind": self.actor_kind, "action": self.action,
            "resourceType": self.resource_type, "resourceId": self.resource_id,
            "result": self.result, "since": time(self.since), "until": time(self.until),
            "address": self.network, "words": (!self.words.is_empty()).then_some(true),
        });
        if let Value::Object(members) = &mut all {
            members.retain(|_, value| !value.is_null());
        }
        all
    }

    /// The same, no earlier than a time.
    pub(in crate::audit) fn not_before(mut self, earliest: Option<OffsetDateTime>) -> Self {
        self.since = self.since.max(earliest);
        self
    }
}

fn given<T>(
    text: &Option<String>,
    (name, message): (&str, &str),
    read: impl FnOnce(&str) -> Option<T>,
    keep: &mut impl FnMut(FieldProblem),
) -> Option<T> {
    let text = text.as_deref().filter(|text| !text.is_empty())?;
    let found = read(text);
    if found.is_none() {
        keep(FieldProblem::new(name, message));
    }
    found
}

fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

fn kind(text: &str) -> Option<ActorKind> {
    use ActorKind::{Guest, Platform, System, Token, User};
    [User, Token, System, Platform, Guest]
        .into_iter()
        .find(|kind| kind.as_str() == text)
}

fn result(text: &str) -> Option<&'static str> {
    ["success", "denied", "failed"]
        .into_iter()
        .find(|word| *word == text)
}

/// A word of ours: nothing of it means anything to the database.
fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    (text.len() <= 60 && text.chars().all(plain)).then(|| text.to_owned())
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

fn network(text: &str) -> Option<String> {
    let (address, bits) = match text.split_once('/') {
        None => (text, None),
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then(|| format!("{address}/{bits}"))
}

#[cfg(test)]
mod tests {
    use super::FilterQuery;

    fn query(name: &str, text: &str) -> FilterQuery {
        serde_json::from_value(serde_json::json!({ name: text })).unwrap()
    }

    #[test]
    fn what_is_not_understood_is_refused_by_its_name() {
        for (name, text) in [
            ("actor", "ada"),
            ("actorKind", "root"),
            ("action", "secret%"),
            ("action", "SECRET.revealed"),
            ("resourceType", "'; DROP TABLE"),
            ("resourceId", "1"),
            ("result", "maybe"),
            ("since", "yesterday"),
            ("until", "2026-13-01T00:00:00Z"),
            ("address", "192.0.2.0/33"),
            ("address", "example.com"),
            ("q", "a\0b"),
        ] {
            let wrong = query(name, text).parse().unwrap_err();
            assert_eq!(wrong[0].name, name, "{text}");
        }
    }

    #[test]
    fn networks_and_words_are_read() {
        let one = query("address", "2001:DB8::1").parse().unwrap();
        assert_eq!(one.network.as_deref(), Some("2001:db8::1/128"));
        let net = query("address", "192.0.2.0/24").parse().unwrap();
        assert_eq!(net.network.as_deref(), Some("192.0.2.0/24"));
        let words = query("q", "  Mill ADA ").parse().unwrap();
        assert_eq!(words.words, ["mill", "ada"]);
        assert_eq!(words.described(), serde_json::json!({"words": true}));
    }
}
