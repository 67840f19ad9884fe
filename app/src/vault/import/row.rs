//! What every reader reads into: one record that was found in a file.
//!
//! What a file says once and many rows have, such as the name of a folder, is bounded before it is copied:
//! a small file would otherwise fill the memory.

use std::mem::size_of;

use zeroize::Zeroizing;

use super::super::types::{SecretType, Values};

/// The most letters of a name, of a tag and of a label that are copied: more than a record allows, so
/// that what is too long still is.
const NAME: usize = 400;
const TAG: usize = 100;
const LABEL: usize = 200;
/// The most letters of a folder.
const FOLDER: usize = 500;
/// The most tags of a row: far more than are kept.
pub(super) const TAGS: usize = 200;
/// So many fields of its own are kept of a row, twice as many as a record may have: one with more is not taken
/// anyway.
const EXTRAS: usize = 100;
/// What a text takes in memory beside its letters, about, in bytes.
const BESIDE: usize = 48;

/// The beginning of a text, of so many letters at most.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A label that a file holds once, for all of its rows.
pub(super) fn label(text: &str) -> String {
    cut(text.trim(), LABEL).to_owned()
}

/// The folder of a row, with ` / ` between one and the next; of a path that is too long the innermost one.
pub(super) fn folder(path: &str) -> Option<String> {
    let path = path.trim();
    let kept = if cut(path, FOLDER) == path {
        path
    } else {
        path.rsplit(" / ").next().unwrap_or(path)
    };
    Some(cut(kept, FOLDER).to_owned()).filter(|folder| !folder.is_empty())
}

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
        if text.trim().is_empty() || self.extras.len() >= EXTRAS {
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
        let tags = self.tags.iter().take(TAGS);
        Self {
            name: cut(self.name.trim(), NAME).to_owned(),
            tags: tags.map(|tag| cut(tag, TAG).to_owned()).collect(),
            folder: self.folder.as_deref().and_then(folder),
            favourite: self.favourite,
            ..Self::new(self.line, kind)
        }
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, text)| name.len().saturating_add(text.len()));
        let extras = self.extras.iter();
        let extras = extras.map(|extra| {
            let text = extra.label.len().saturating_add(extra.value.len());
            text.saturating_add(size_of::<Extra>())
        });
        let words = [&self.tags, &self.notices, &self.problems];
        let words = words.into_iter().flatten().map(String::len);
        let once = [self.name.len(), self.folder.as_deref().map_or(0, str::len)];
        let all = fields.chain(extras).chain(words).chain(once);
        all.fold(size_of::<Self>(), |sum, text| {
            sum.saturating_add(text).saturating_add(BESIDE)
        })
    }
}
