//! Vaults and secrets, as they are stored and as they are shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::kernel::{FieldProblem, Redacted, SecretId, Text, UserId, VaultId, VaultRole};

/// The most custom fields of one secret.
const MAX_CUSTOM_FIELDS: usize = 50;

/// A vault, as somebody with a role in it sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vault {
    /// Its id.
    pub(super) id: VaultId,
    /// Its name.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: String,
    /// What the caller may do in it.
    pub(super) role: VaultRole,
    /// How many secrets it holds.
    pub(super) secret_count: i64,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// Its last change.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) updated_at: OffsetDateTime,
}

/// The types of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) enum SecretType {
    /// A name and a password.
    #[serde(rename = "PASSWORD")]
    Password,
}

impl SecretType {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
        }
    }
}

/// A person who changed something.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Person {
    /// The account.
    pub(super) id: UserId,
    /// The person's name.
    pub(super) name: String,
}

/// What a list shows of a secret. Nothing here is what makes it secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretSummary {
    /// Its id.
    pub(super) id: SecretId,
    /// The vault it is in.
    pub(super) vault_id: VaultId,
    /// What kind it is.
    pub(super) r#type: SecretType,
    /// Its name.
    pub(super) name: String,
    /// With whom to sign in.
    pub(super) username: String,
    /// Where.
    pub(super) url: String,
    /// Rises with every change.
    pub(super) version: i32,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    /// Its last change.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) updated_at: OffsetDateTime,
    /// Who changed it last.
    pub(super) updated_by: Option<Person>,
}

/// A field of the operator's own.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomField {
    /// What it is called.
    pub(super) label: String,
    /// What it holds.
    pub(super) value: String,
    /// Whether a form hides it.
    #[serde(default)]
    pub(super) hidden: bool,
}

impl Drop for CustomField {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.value);
    }
}

impl std::fmt::Debug for CustomField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The part of a secret that lists may show: sealed together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) name: String,
    pub(super) username: String,
    pub(super) url: String,
}

/// The part that only a reveal shows: sealed together.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RevealedSecret)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretValue {
    pub(super) password: String,
    pub(super) notes: String,
    pub(super) custom_fields: Vec<CustomField>,
}

impl Drop for SecretValue {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.password);
        zeroize::Zeroize::zeroize(&mut self.notes);
    }
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A secret as a request describes it: whole when it is made, in part when it is changed.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) url: Option<String>,
    pub(super) password: Option<Redacted<String>>,
    pub(super) notes: Option<Redacted<String>>,
    pub(super) custom_fields: Option<Vec<CustomField>>,
}

impl Draft {
    /// Checks everything that is there; all problems at once.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub(super) fn check(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut line = |text: &mut Option<String>, rule: Text| {
            if let Some(given) = text {
                match rule.check(given) {
                    Ok(good) => *given = good,
                    Err(problem) => problems.push(problem),
                }
            }
        };
        line(&mut self.name, Text::line("name", 1, 200));
        line(&mut self.username, Text::line("username", 0, 320));
        line(&mut self.url, Text::line("url", 0, 2000));
        let mut hidden = |text: Option<&String>, rule: Text| {
            if let Some(Err(problem)) = text.map(|text| rule.check_untrimmed(text)) {
                problems.push(problem);
            }
        };
        hidden(
            self.password.as_ref().map(Redacted::expose),
            Text::line("password", 0, 1000),
        );
        hidden(
            self.notes.as_ref().map(Redacted::expose),
            Text::lines("notes", 10_000),
        );
        for field in self.custom_fields.iter().flatten() {
            hidden(Some(&field.value), Text::lines("customFields", 4000));
        }
        let label = Text::line("customFields", 1, 120);
        let labels = self
            .custom_fields
            .iter()
            .flatten()
            .map(|field| label.check(&field.label));
        problems.extend(labels.filter_map(Result::err));
        if self
            .custom_fields
            .as_ref()
            .is_some_and(|fields| fields.len() > MAX_CUSTOM_FIELDS)
        {
            problems.push(FieldProblem::new("customFields", "must be at most 50"));
        }
        if problems.is_empty() {
            Ok(self)
        } else {
            Err(problems)
        }
    }

    /// Lays the draft over what was there.
    pub(super) fn apply(self, meta: &mut Meta, value: &mut SecretValue) {
        let set = |to: &mut String, from: Option<String>| {
            if let Some(text) = from {
                *to = text;
            }
        };
        set(&mut meta.name, self.name);
        set(&mut meta.username, self.username);
        set(&mut meta.url, self.url);
        set(
            &mut value.password,
            self.password.map(|text| text.expose().clone()),
        );
        set(
            &mut value.notes,
            self.notes.map(|text| text.expose().clone()),
        );
        if let Some(fields) = self.custom_fields {
            value.custom_fields = fields;
        }
    }

    /// The names of the fields it changes, for the trail. Never their values.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let all = [
            ("name", self.name.is_some()),
            ("username", self.username.is_some()),
            ("url", self.url.is_some()),
            ("password", self.password.is_some()),
            ("notes", self.notes.is_some()),
            ("customFields", self.custom_fields.is_some()),
        ];
        all.into_iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| name)
            .collect()
    }
}
