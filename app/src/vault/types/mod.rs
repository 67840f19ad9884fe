//! The types of secrets, each with its fields: the one table that requests are checked against,
//! forms are drawn from, and imports are mapped to.
//!
//! A field is either open, which lists and searches may show, or concealed, which is shown one at a
//! time and only after the trail recorded it.

mod card;
mod env_var;
mod field;
mod form_checks;
mod otpauth;
mod passkey;
mod private_key;
mod record;
mod ssh_key;
mod table;
mod totp;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub(super) use field::{Field, Form};
pub(super) use private_key::Effort;
pub(super) use ssh_key::{KeyKind, generate as generate_ssh_key};
pub(super) use totp::{Code, code_at};

use self::record::{Record, path};
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

    /// Whether an open field repeats a part of a concealed one. Of a key for SSH the public half does not:
    /// it is made to be known.
    pub(super) fn tells(self, name: &str) -> bool {
        self == Self::PaymentCard && matches!(name, "brand" | "lastDigits")
    }

    /// Concealed fields that are checked against each other.
    pub(super) fn checked_together(self) -> &'static [&'static str] {
        match self {
            Self::SshKey => &["privateKey", "passphrase"],
            _ => &[],
        }
    }

    /// Checks the fields of a whole record, brings them into their usual form, and fills in what
    /// follows from others (a fingerprint, a brand). Fields without text are left out.
    ///
    /// A private key with a passphrase costs up to a second of work, so this belongs where it blocks
    /// nobody.
    ///
    /// # Errors
    /// Everything that is wrong, each with its field as `fields.<name>`. Never a value.
    pub(super) fn complete(self, values: &mut Values) -> Result<(), Vec<FieldProblem>> {
        self.complete_within(values, &mut Effort::of_one_key())
    }

    /// The same for one of many, which share what their keys may cost.
    ///
    /// # Errors
    /// Everything that is wrong, and that a key would cost too much.
    pub(super) fn complete_within(
        self,
        values: &mut Values,
        effort: &mut Effort,
    ) -> Result<(), Vec<FieldProblem>> {
        let mut problems = Vec::new();
        for name in values.keys() {
            if self.field(name).is_none() {
                problems.push(FieldProblem::new(&path(name), "is no field of this type"));
            }
        }
        for field in self.fields() {
            if let Err(message) = field.check(values) {
                problems.push(FieldProblem::new(&path(field.name), &message));
            }
        }
        let mut record = Record {
            values,
            problems: &mut problems,
        };
        match self {
            Self::SshKey => ssh_key::complete(&mut record, effort),
            Self::EnvVar => env_var::complete(&mut record),
            Self::Totp => totp::complete(&mut record),
            Self::PaymentCard => card::complete(&mut record),
            Self::Passkey => passkey::complete(&mut record),
            Self::Password | Self::ApiKey | Self::SecureNote | Self::Identity => {}
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

impl Field {
    /// Checks this field on its own, and brings it into its usual form.
    fn check(&self, values: &mut Values) -> Result<(), String> {
        let blank = |text: &str| {
            let counts = matches!(self.form, Form::Password | Form::Lines | Form::Markdown);
            text.is_empty() || (!counts && text.trim().is_empty())
        };
        if self.derived || values.get(self.name).is_some_and(|text| blank(text)) {
            values.remove(self.name);
        }
        let Some(text) = values.get_mut(self.name) else {
            return if self.required {
                Err("must not be empty".to_owned())
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
        // Of what is concealed every character counts; what is open is read by people.
        let read = if self.concealed {
            rule.check_untrimmed(text).map(|()| text.to_string())
        } else {
            rule.check(text)
        };
        let read = Zeroizing::new(read.map_err(|problem| problem.message)?);
        *text = self.form.checked(&read)?.into();
        Ok(())
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

    /// A record made of a few fields.
    pub(super) fn complete(
        kind: SecretType,
        fields: &[(&str, &str)],
    ) -> Result<Values, Vec<FieldProblem>> {
        let given = fields.iter();
        let mut values: Values = given
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned().into()))
            .collect();
        kind.complete(&mut values)?;
        Ok(values)
    }

    /// What a field holds.
    pub(super) fn open<'a>(values: &'a Values, name: &str) -> &'a str {
        values.get(name).map_or("", |text| text.as_str())
    }

    #[test]
    fn every_character_of_a_password_counts_and_names_are_readable() {
        let odd = " \u{202e}pass\u{200b}word ";
        let record = complete(SecretType::Password, &[("password", odd)]).unwrap();
        assert_eq!(open(&record, "password"), odd);
        let record = complete(
            SecretType::Password,
            &[
                ("password", "x"),
                ("username", " ada "),
                ("url", "example.com"),
            ],
        );
        let record = record.unwrap();
        assert_eq!(open(&record, "username"), "ada");
        assert_eq!(open(&record, "url"), "https://example.com");
        let problems = complete(
            SecretType::Password,
            &[("password", "x"), ("username", "ad\u{200b}min")],
        );
        assert_eq!(problems.unwrap_err()[0].name, "fields.username");
    }

    #[test]
    fn what_is_complete_stays_as_it_is() {
        for (kind, fields) in [
            (
                SecretType::Password,
                vec![("password", "x"), ("url", "example.com")],
            ),
            (
                SecretType::PaymentCard,
                vec![("number", "4111 1111 1111 1111"), ("expiry", "5/31")],
            ),
            (
                SecretType::Totp,
                vec![("otpauth", "gezd gnbv"), ("issuer", "A:B")],
            ),
            (
                SecretType::Identity,
                vec![("email", "ada@example.com"), ("birthDate", "1990-12-31")],
            ),
        ] {
            let mut values = complete(kind, &fields).unwrap();
            let once = values.clone();
            kind.complete(&mut values).unwrap();
            assert_eq!(values, once, "{kind:?}");
        }
    }

    #[test]
    fn a_note_of_ten_mebibytes_is_refused() {
        let body = "x".repeat(10 * 1024 * 1024);
        let problems = complete(SecretType::SecureNote, &[("body", &body)]).unwrap_err();
        assert_eq!(problems[0].message, "must have at most 200000 characters");
    }
}
