//! One field of a type.

use serde::Serialize;

/// How a field is written, and so how a form asks for it and a page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::vault) enum Form {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// Several lines of Markdown.
    Markdown,
    /// A password: one line that a generator may write.
    Password,
    /// The address of a page.
    Url,
    /// An address for mail.
    Email,
    /// A telephone number.
    Phone,
    /// A day: `YYYY-MM-DD`.
    Date,
    /// A month: `YYYY-MM`.
    Month,
    /// Digits.
    Digits,
    /// A key over several lines, as PEM.
    Key,
    /// The address that sets a generator of one-time codes up: `otpauth://totp/…`.
    Otpauth,
}

impl Form {
    /// Whether line breaks may stand in it.
    pub(in crate::vault) const fn has_lines(self) -> bool {
        matches!(self, Self::Lines | Self::Markdown | Self::Key)
    }
}

/// One field of a type.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SecretField)]
#[serde(rename_all = "camelCase")]
pub(in crate::vault) struct Field {
    /// Its name in JSON.
    pub(in crate::vault) name: &'static str,
    /// What a form calls it.
    pub(in crate::vault) label: &'static str,
    /// How it is written.
    pub(in crate::vault) form: Form,
    /// Whether it is shown only when it is revealed.
    pub(in crate::vault) concealed: bool,
    /// Whether a record of this type has to have it.
    pub(in crate::vault) required: bool,
    /// Whether it follows from other fields, and cannot be given.
    pub(in crate::vault) derived: bool,
    /// The most characters.
    pub(in crate::vault) max: usize,
}

impl Field {
    pub(super) const fn open(name: &'static str, label: &'static str, form: Form) -> Self {
        Self {
            name,
            label,
            form,
            concealed: false,
            required: false,
            derived: false,
            max: match form {
                Form::Url => 2000,
                Form::Lines | Form::Markdown | Form::Key | Form::Otpauth => 20_000,
                _ => 320,
            },
        }
    }

    pub(super) const fn concealed(name: &'static str, label: &'static str, form: Form) -> Self {
        Self {
            concealed: true,
            max: match form {
                Form::Markdown => 200_000,
                Form::Password | Form::Line => 8000,
                _ => 20_000,
            },
            ..Self::open(name, label, form)
        }
    }

    pub(super) const fn derived(name: &'static str, label: &'static str) -> Self {
        Self {
            derived: true,
            max: 20_000,
            ..Self::open(name, label, Form::Line)
        }
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn longest(mut self, characters: usize) -> Self {
        self.max = characters;
        self
    }
}
