//! What every reader reads into: one record that was found in a file.

use zeroize::Zeroizing;

use super::super::types::{SecretType, Values};

/// How a field of a record's own is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vault) enum ExtraKind {
    Text,
    Hidden,
    Boolean,
    Date,
}

/// A field that the type does not have.
#[derive(Clone)]
pub(in crate::vault) struct Extra {
    pub(in crate::vault) label: String,
    pub(in crate::vault) kind: ExtraKind,
    pub(in crate::vault) value: Zeroizing<String>,
}

/// One record of a file, before it is checked.
#[derive(Clone)]
pub(in crate::vault) struct Row {
    /// Where it stands in the file, from 1.
    pub(in crate::vault) line: u32,
    pub(in crate::vault) kind: SecretType,
    pub(in crate::vault) name: String,
    pub(in crate::vault) fields: Values,
    pub(in crate::vault) extras: Vec<Extra>,
    pub(in crate::vault) tags: Vec<String>,
    /// The folders it is in, with ` / ` between them.
    pub(in crate::vault) folder: Option<String>,
    pub(in crate::vault) favourite: bool,
    /// What was changed so that it fits, in words without values.
    pub(in crate::vault) notices: Vec<String>,
    /// What keeps it from being taken. Never a value.
    pub(in crate::vault) problems: Vec<String>,
}

impl Row {
    pub(super) fn new(line: u32, kind: SecretType) -> Self {
        Self {
            line,
            kind,
            name: String::new(),
            fields: Values::new(),
            extras: Vec::new(),
            tags: Vec::new(),
            folder: None,
            favourite: false,
            notices: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// What a field holds.
    pub(super) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", |text| text.as_str())
    }

    /// Fills a field in. An empty text is none, and a second one becomes a field of its own.
    pub(super) fn put(&mut self, field: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let Some(known) = self.kind.field(field) else {
            return self.extra(field, ExtraKind::Text, text);
        };
        if self.get(field).is_empty() {
            let text = Zeroizing::new(text.to_owned());
            self.fields.insert(field.to_owned(), text);
        } else if self.get(field) != text {
            let kind = if known.concealed {
                ExtraKind::Hidden
            } else {
                ExtraKind::Text
            };
            self.extra(known.label, kind, text);
        }
    }

    /// Adds a field of its own. An empty text is none.
    pub(super) fn extra(&mut self, label: &str, kind: ExtraKind, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let label = match label.trim() {
            "" => "Field",
            label => label,
        };
        self.extras.push(Extra {
            label: label.to_owned(),
            kind,
            value: Zeroizing::new(text.to_owned()),
        });
    }

    /// Adds a line to the notes.
    pub(super) fn note(&mut self, text: &str) {
        let field = if self.kind == SecretType::SecureNote {
            "body"
        } else {
            "notes"
        };
        if text.trim().is_empty() {
            return;
        }
        let notes = self.fields.entry(field.to_owned()).or_default();
        if !notes.is_empty() {
            notes.push_str("\n\n");
        }
        notes.push_str(text);
    }

    /// Another record of the same entry: a one-time code or a passkey of a login.
    pub(super) fn companion(&self, kind: SecretType) -> Self {
        Self {
            name: self.name.clone(),
            tags: self.tags.clone(),
            folder: self.folder.clone(),
            favourite: self.favourite,
            ..Self::new(self.line, kind)
        }
    }
}
