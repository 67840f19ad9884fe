//! The whole record in the clear.

use std::collections::BTreeMap;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::custom::{Custom, MOST};
use super::draft::{NewRecord, RecordChange};
use super::{CustomKind, Meta, NewCustomField, Value};
use crate::kernel::{FieldProblem, Text};
use crate::vault::text;
use crate::vault::types::{SecretType, Values};

const NAME: Text = Text::line("name", 1, 200);
const TAG: Text = Text::line("tags", 1, 60);
/// The most tags of one record.
const MOST_TAGS: usize = 30;
/// The most bytes that lists show of one record.
const MOST_SHOWN: usize = 32 * 1024;

/// A record in the clear, whole. Wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::vault) struct Content {
    pub(in crate::vault) kind: SecretType,
    pub(in crate::vault) name: String,
    /// Open and concealed ones.
    pub(in crate::vault) fields: Values,
    pub(in crate::vault) custom: Vec<Custom>,
    pub(in crate::vault) tags: Vec<String>,
    pub(in crate::vault) high_sensitivity: bool,
    pub(in crate::vault) inject_only: bool,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Content {
    /// A new record, checked and completed.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once. Never a value.
    pub(in crate::vault) fn new(new: NewRecord) -> Result<Self, Vec<FieldProblem>> {
        let mut content = Self::of(new);
        content.check(true)?;
        Ok(content)
    }

    /// A new record whose fields were completed before, checked.
    ///
    /// # Errors
    /// Everything that is wrong with the rest of it, at once. Never a value.
    pub(in crate::vault) fn of_complete(new: NewRecord) -> Result<Self, Vec<FieldProblem>> {
        let mut content = Self::of(new);
        content.check(false)?;
        Ok(content)
    }

    fn of(new: NewRecord) -> Self {
        let custom = new.custom_fields.into_iter().map(|field| Custom {
            id: Uuid::now_v7(),
            label: field.label,
            kind: field.kind,
            value: field.value.unwrap_or_default(),
        });
        Self {
            kind: new.r#type,
            name: new.name,
            fields: new.fields,
            custom: custom.collect(),
            tags: new.tags,
            high_sensitivity: new.high_sensitivity,
            inject_only: new.inject_only,
        }
    }

    /// The record once it is changed, checked and completed.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once. Never a value.
    pub(in crate::vault) fn changed(
        &self,
        change: RecordChange,
    ) -> Result<Self, Vec<FieldProblem>> {
        self.may_be_opened(&change)?;
        self.tells_nothing(&change)?;
        let fields = change.fields.is_some();
        let mut after = self.clone();
        if let Some(name) = change.name {
            after.name = name;
        }
        for (name, value) in change.fields.into_iter().flatten() {
            match value {
                Some(text) => after.fields.insert(name, text),
                None => after.fields.remove(&name),
            };
        }
        if let Some(given) = change.custom_fields {
            after.custom = given.into_iter().map(|field| self.custom(field)).collect();
        }
        if let Some(tags) = change.tags {
            after.tags = tags;
        }
        if let Some(high) = change.high_sensitivity {
            after.high_sensitivity = high;
        }
        if let Some(inject_only) = change.inject_only {
            after.inject_only = inject_only;
        }
        after.check(fields)?;
        Ok(after)
    }

    /// An earlier version as it may be stored again: what is asked of a record may have grown since.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once. Never a value.
    pub(in crate::vault) fn completed(mut self) -> Result<Self, Vec<FieldProblem>> {
        self.check(true)?;
        Ok(self)
    }

    /// A custom field as it is to be, with what is hidden here already where nothing else is given.
    fn custom(&self, given: NewCustomField) -> Custom {
        let known = given
            .id
            .and_then(|id| self.custom.iter().find(|field| field.id == id));
        // What was hidden does not become a field that lists show by being called one.
        let kept = known.filter(|known| known.kind == given.kind);
        Custom {
            id: known.map_or_else(Uuid::now_v7, |known| known.id),
            label: given.label,
            kind: given.kind,
            value: given
                .value
                .or_else(|| kept.map(|known| known.value.clone()))
                .unwrap_or_default(),
        }
    }

    /// What may only be used stays so until nothing of it is left.
    fn may_be_opened(&self, change: &RecordChange) -> Result<(), Vec<FieldProblem>> {
        if !self.inject_only || change.inject_only != Some(false) {
            return Ok(());
        }
        let replaced = |name: &String| {
            let given = change.fields.as_ref();
            given.is_some_and(|fields| fields.contains_key(name))
        };
        let mut fields = self.concealed().into_iter();
        let custom_replaced = |id: Uuid| {
            let mut given = change.custom_fields.iter().flatten();
            change.custom_fields.is_some()
                && given.all(|field| field.id != Some(id) || field.value.is_some())
        };
        let mut hidden = self.custom.iter().filter(|field| field.is_hidden());
        if fields.all(|name| replaced(&name)) && hidden.all(|field| custom_replaced(field.id)) {
            return Ok(());
        }
        let message = "can be unset only together with every concealed value being replaced";
        Err(vec![FieldProblem::new("injectOnly", message)])
    }

    /// Concealed fields that are checked against each other come together where nobody sees them: otherwise
    /// what is wrong with one would tell whether it was a right guess at the other.
    fn tells_nothing(&self, change: &RecordChange) -> Result<(), Vec<FieldProblem>> {
        let given = change.fields.iter().flat_map(BTreeMap::keys);
        let given: Vec<&str> = given.map(String::as_str).collect();
        let together = self.kind.checked_together();
        if !self.inject_only || !together.iter().any(|name| given.contains(name)) {
            return Ok(());
        }
        let missing = together.iter().filter(|name| !given.contains(name));
        let problems: Vec<FieldProblem> = missing
            .map(|name| {
                let message = "must be given, too: a key that may only be used changes together with its \
                               passphrase, which is null where it has none";
                FieldProblem::new(&format!("fields.{name}"), message)
            })
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// What is wrong with it. Fields that are as they were are complete, and completing a key again
    /// costs as much as it did before.
    fn check(&mut self, fields: bool) -> Result<(), Vec<FieldProblem>> {
        let mut problems = Vec::new();
        match text::name(NAME, &self.name) {
            Ok(name) => self.name = name,
            Err(problem) => problems.push(problem),
        }
        if fields && let Err(wrong) = self.kind.complete(&mut self.fields) {
            problems.extend(wrong);
        }
        if self.custom.len() > MOST {
            problems.push(FieldProblem::new("customFields", "must be at most 50"));
        } else {
            for (at, field) in self.custom.iter_mut().enumerate() {
                field.check(at, &mut problems);
            }
        }
        problems.extend(self.check_tags().err());
        if self.shown_bytes() > MOST_SHOWN {
            let message = "must be shorter, or hidden: what lists show of a secret, which is its name, its \
                           tags and all fields that are not hidden, must have at most 32 KiB together";
            problems.push(FieldProblem::new("customFields", message));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// How many bytes lists show of it.
    fn shown_bytes(&self) -> usize {
        let open = self.fields.iter();
        let open = open.filter(|(name, _)| !self.is_concealed(name));
        let open = open.map(|(_, value)| value.len());
        let custom = self.custom.iter().map(|field| {
            let value = if field.is_hidden() {
                0
            } else {
                field.value.len()
            };
            field.label.len().saturating_add(value)
        });
        let tags = self.tags.iter().map(String::len);
        let all = open.chain(custom).chain(tags);
        all.fold(self.name.len(), usize::saturating_add)
    }

    /// Each tag once, in the order in which they were given.
    fn check_tags(&mut self) -> Result<(), FieldProblem> {
        let mut tags: Vec<String> = Vec::new();
        for tag in &self.tags {
            let tag = text::name(TAG, tag)?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        if tags.len() > MOST_TAGS {
            return Err(FieldProblem::new("tags", "must be at most 30"));
        }
        self.tags = tags;
        Ok(())
    }

    /// Whether a field of the type is shown only when it is revealed. One that no table lists is:
    /// that is the safe side.
    pub(super) fn is_concealed(&self, name: &str) -> bool {
        self.kind.field(name).is_none_or(|field| field.concealed)
    }

    /// The names of the concealed fields that hold something.
    pub(super) fn concealed(&self) -> Vec<String> {
        let names = self.fields.keys().filter(|name| self.is_concealed(name));
        names.cloned().collect()
    }

    /// The names of what differs: of fields as they are, of custom ones as `custom:<id>`.
    pub(in crate::vault) fn differences(&self, other: &Self) -> Vec<String> {
        let mut names = Vec::new();
        let mut note = |name: &str, differs: bool| {
            if differs && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        };
        note("name", self.name != other.name);
        for name in self.fields.keys().chain(other.fields.keys()) {
            note(name, self.fields.get(name) != other.fields.get(name));
        }
        let find = |content: &Self, id| content.custom.iter().find(|field| field.id == id).cloned();
        for field in self.custom.iter().chain(&other.custom) {
            let name = format!("custom:{}", field.id);
            note(&name, find(self, field.id) != find(other, field.id));
        }
        let order = |content: &Self| {
            content
                .custom
                .iter()
                .map(|field| field.id)
                .collect::<Vec<_>>()
        };
        let moved = order(self) != order(other);
        note(
            "customFields",
            moved && self.custom.len() == other.custom.len(),
        );
        note("tags", self.tags != other.tags);
        note(
            "highSensitivity",
            self.high_sensitivity != other.high_sensitivity,
        );
        note("injectOnly", self.inject_only != other.inject_only);
        names
    }

    /// The names by which a change to `after` is told, of which `given` were said anew. Whether what was
    /// given is what was there would tell whoever guesses: where nobody sees what is concealed, all of it
    /// counts as changed, and makes a version.
    pub(in crate::vault) fn told(&self, after: &Self, given: &[String]) -> Vec<String> {
        let mut names = self.differences(after);
        if self.inject_only || after.inject_only {
            let mut anew = after.concealed_names();
            anew.retain(|name| given.contains(name));
            // In one order, whichever of them differ.
            names.retain(|name| !anew.contains(name) && !self.kind.tells(name));
            names.extend(anew);
        }
        names
    }

    /// The names of everything concealed in it, custom fields among them.
    pub(in crate::vault) fn concealed_names(&self) -> Vec<String> {
        let hidden = self.custom.iter().filter(|field| field.is_hidden());
        let custom = hidden.map(|field| format!("custom:{}", field.id));
        self.concealed().into_iter().chain(custom).collect()
    }

    /// Puts the two parts together again.
    pub(in crate::vault) fn join(meta: Meta, value: Value) -> Self {
        let mut hidden: BTreeMap<Uuid, Zeroizing<String>> = value.custom;
        let custom = meta.custom.into_iter().map(|field| Custom {
            id: field.id,
            label: field.label,
            kind: field.kind,
            value: match field.kind {
                CustomKind::Hidden => hidden.remove(&field.id).unwrap_or_default(),
                _ => field.value.unwrap_or_default(),
            },
        });
        let mut fields = meta.fields;
        fields.extend(value.fields);
        Self {
            kind: meta.kind,
            name: meta.name,
            fields,
            custom: custom.collect(),
            tags: meta.tags,
            high_sensitivity: meta.high_sensitivity,
            inject_only: meta.inject_only,
        }
    }
}
