//! The types of secrets, each with its fields: the one table that requests are checked against,
//! forms are drawn from, and imports are mapped to.
//!
//! A field is either open, which lists and searches may show, or concealed, which is shown one at a
//! time and only after the trail recorded it.

mod field;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub(super) use field::{Field, Form};

use crate::kernel::{FieldProblem, Text};

/// What a secret's fields hold, by their names. Wiped when it goes.
pub(super) type Values = BTreeMap<String, Zeroizing<String>>;

/// The types of secrets.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum SecretType {
    /// A name and a password.
    Password,
    /// A key for a service's programming interface.
    ApiKey,
    /// A private key for SSH.
    SshKey,
    /// A variable of a program's environment.
    EnvVar,
    /// A text in Markdown.
    SecureNote,
    /// The seed of a one-time code (RFC 6238).
    Totp,
    /// A payment card.
    PaymentCard,
    /// What a person's papers say.
    Identity,
    /// A passkey (WebAuthn) that is kept here.
    Passkey,
}

impl SecretType {
    /// All of them, in the order in which they are offered.
    pub(super) const ALL: [Self; 9] = [
        Self::Password,
        Self::ApiKey,
        Self::SshKey,
        Self::EnvVar,
        Self::SecureNote,
        Self::Totp,
        Self::PaymentCard,
        Self::Identity,
        Self::Passkey,
    ];

    /// The word in the database and in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::ApiKey => "API_KEY",
            Self::SshKey => "SSH_KEY",
            Self::EnvVar => "ENV_VAR",
            Self::SecureNote => "SECURE_NOTE",
            Self::Totp => "TOTP",
            Self::PaymentCard => "PAYMENT_CARD",
            Self::Identity => "IDENTITY",
            Self::Passkey => "PASSKEY",
        }
    }

    /// The type that a word names.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Its fields, in the order of a form.
    pub(super) const fn fields(self) -> &'static [Field] {
        table::fields(self)
    }

    /// One of its fields.
    pub(super) fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// Checks the fields of a whole record, brings them into their usual form, and fills in what
    /// follows from others (a fingerprint, a brand). Fields without text are left out.
    ///
    /// # Errors
    /// Everything that is wrong, each with its field as `fields.<name>`. Never a value.
    pub(super) fn complete(self, values: &mut Values) -> Result<(), Vec<FieldProblem>> {
        let mut problems = Vec::new();
        for name in values.keys() {
            if self.field(name).is_none() {
                let field = format!("fields.{name}");
                problems.push(FieldProblem::new(&field, "is no field of this type"));
            }
        }
        for field in self.fields() {
            if let Err(problem) = field.check(values) {
                problems.push(problem);
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

impl Field {
    fn check(&self, values: &mut Values) -> Result<(), FieldProblem> {
        let path = format!("fields.{}", self.name);
        let named = |problem: FieldProblem| FieldProblem::new(&path, &problem.message);
        if self.derived || values.get(self.name).is_some_and(|text| text.is_empty()) {
            values.remove(self.name);
        }
        let Some(text) = values.get_mut(self.name) else {
            return if self.required {
                Err(FieldProblem::new(&path, "must not be empty"))
            } else {
                Ok(())
            };
        };
        let rule = Text {
            field: "",
            min: 0,
            max: self.max,
            multiline: self.form.has_lines(),
        };
        rule.check_untrimmed(text).map_err(named)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_has_a_word_and_fields_of_different_names() {
        for kind in SecretType::ALL {
            assert_eq!(SecretType::from_word(kind.as_str()), Some(kind));
            assert_eq!(
                serde_json::to_value(kind).unwrap(),
                serde_json::json!(kind.as_str())
            );
            let names: BTreeSet<_> = kind.fields().iter().map(|field| field.name).collect();
            assert_eq!(names.len(), kind.fields().len(), "{kind:?}");
            assert!(kind.fields().iter().any(|field| field.concealed));
            assert!(!kind.fields().iter().any(|f| f.derived && f.concealed));
        }
    }

    #[test]
    fn what_is_missing_unknown_or_too_long_is_named_without_its_value() {
        let mut values = Values::new();
        values.insert("pasword".to_owned(), "typo".to_owned().into());
        values.insert("username".to_owned(), "x".repeat(321).into());
        let problems = SecretType::Password.complete(&mut values).unwrap_err();
        let names: Vec<_> = problems.iter().map(|problem| &problem.name).collect();
        assert_eq!(
            names,
            ["fields.pasword", "fields.username", "fields.password"]
        );
    }
}
