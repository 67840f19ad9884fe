//! What a preview shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::{Duplicate, Planned};
use crate::kernel::SecretId;
use crate::vault::types::SecretType;

/// What would come of a file.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportPreview {
    /// Every record that was found, in the order of the file.
    rows: Vec<ImportRow>,
    /// How many would be stored.
    ready: usize,
    /// How many cannot be, for a reason that is told.
    faulty: usize,
    /// How many are there already.
    duplicates: usize,
    /// How many records of the vault do not open, so that no row was compared with them.
    uncompared: usize,
    /// The headings of a table, to choose a mapping by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headings: Vec<String>,
}

/// One record of a file.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportRow {
    /// Where it stands in the file, from 1.
    line: u32,
    /// What it becomes.
    r#type: SecretType,
    /// Its name.
    name: String,
    /// The fields that lists show.
    fields: BTreeMap<String, String>,
    /// The names of the concealed fields that hold something.
    concealed: Vec<String>,
    /// The labels of fields of its own.
    custom_fields: Vec<String>,
    /// Its tags.
    tags: Vec<String>,
    /// The folder it was in; it becomes a tag.
    folder: Option<String>,
    /// Whether it was kept at hand.
    favourite: bool,
    /// The record of the vault that it would be another one of.
    duplicate_of: Option<SecretId>,
    /// The earlier row that it would be another one of.
    duplicate_of_line: Option<u32>,
    /// What was changed so that it fits.
    notices: Vec<String>,
    /// What keeps it from being stored.
    problems: Vec<String>,
}

/// What came of an import.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) struct Imported {
    /// How many records were stored.
    pub(super) imported: usize,
    /// How many rows were left out for what is wrong with them.
    pub(super) faulty: usize,
    /// How many were there already, and left out.
    pub(super) duplicates: usize,
}

impl ImportPreview {
    pub(super) fn of(planned: &[Planned], headings: Vec<String>, uncompared: usize) -> Self {
        let count = |test: fn(&Planned) -> bool| planned.iter().filter(|one| test(one)).count();
        Self {
            rows: planned.iter().map(ImportRow::of).collect(),
            ready: count(|one| one.content.is_some() && one.duplicate.is_none()),
            faulty: count(|one| one.content.is_none()),
            duplicates: count(|one| one.duplicate.is_some()),
            uncompared,
            headings,
        }
    }
}

impl ImportRow {
    fn of(planned: &Planned) -> Self {
        let row = &planned.row;
        let is_open = |name: &str| row.kind.field(name).is_some_and(|field| !field.concealed);
        let open = row.fields.iter().filter(|(name, _)| is_open(name));
        let concealed = row.fields.keys().filter(|name| !is_open(name));
        Self {
            line: row.line,
            r#type: row.kind,
            name: row.name.clone(),
            fields: open
                .map(|(name, text)| (name.clone(), text.to_string()))
                .collect(),
            concealed: concealed.cloned().collect(),
            custom_fields: row.extras.iter().map(|extra| extra.label.clone()).collect(),
            tags: row.tags.clone(),
            folder: row.folder.clone(),
            favourite: row.favourite,
            duplicate_of: match planned.duplicate {
                Some(Duplicate::OfSecret(id)) => Some(id),
                _ => None,
            },
            duplicate_of_line: match planned.duplicate {
                Some(Duplicate::OfLine(line)) => Some(line),
                _ => None,
            },
            notices: row.notices.clone(),
            problems: row.problems.clone(),
        }
    }
}
