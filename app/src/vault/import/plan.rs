//! What an import would make: which rows become records, and which of them are there already.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::Refusal;
use super::awaited::Awaited;
use super::row::{Extra, ExtraKind, Row};
use crate::kernel::{OrgId, SecretId};
use crate::keys::Keyring;
use crate::vault::record::{Content, CustomKind, Meta, NewCustomField, NewRecord};
use crate::vault::types::{SecretType, Values};

/// What a record is known by where it could be there twice: its type, its name, whose it is, and the
/// fingerprint of its main secret.
pub(super) type Likeness = [u8; 32];

/// What tells whose a secret is. The same one under another address is the same one.
const WHOSE: [&str; 6] = [
    "username",
    "label",
    "variable",
    "account",
    "cardholder",
    "rpId",
];

/// Of what a row would be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicate {
    /// A record of the vault.
    OfSecret(SecretId),
    /// An earlier row.
    OfLine(u32),
}

/// A row and what would come of it.
pub(super) struct Planned {
    pub(super) row: Row,
    /// The record; none when there is something wrong with the row.
    pub(super) content: Option<Content>,
    pub(super) duplicate: Option<Duplicate>,
}

/// The records of a vault, as far as rows are compared with them.
#[derive(Default)]
pub(super) struct Known {
    likenesses: HashMap<Likeness, SecretId>,
    /// How many do not open.
    pub(super) uncompared: usize,
}

impl Known {
    /// Takes a record in. One that may only be used is never compared: an import of guesses would
    /// tell what it holds.
    pub(super) fn add(&mut self, id: SecretId, meta: &Meta) {
        if !meta.inject_only {
            let likeness = likeness(
                meta.kind,
                &meta.name,
                &meta.fields,
                meta.fingerprint.as_deref(),
            );
            self.likenesses.insert(likeness, id);
        }
    }
}

/// Makes records of rows, and compares them with those that are there and with one another, for as long as
/// that is waited for.
///
/// # Errors
/// When nobody waits any more.
pub(super) fn plan(
    rows: Vec<Row>,
    known: &Known,
    (keys, org): (&Keyring, OrgId),
    awaited: &Awaited,
) -> Result<Vec<Planned>, Refusal> {
    let mut seen: HashMap<Likeness, u32> = HashMap::new();
    rows.into_iter()
        .map(|mut row| {
            awaited.still()?;
            let content = content(&mut row);
            let duplicate = content.as_ref().and_then(|content| {
                let print = content.fingerprint(keys, org);
                let likeness = likeness(
                    content.kind,
                    &content.name,
                    &content.fields,
                    print.as_deref(),
                );
                let there = known
                    .likenesses
                    .get(&likeness)
                    .copied()
                    .map(Duplicate::OfSecret);
                let earlier = seen.insert(likeness, row.line).map(Duplicate::OfLine);
                there.or(earlier)
            });
            Ok(Planned {
                row,
                content,
                duplicate,
            })
        })
        .collect()
}

/// The record of a row. Its fields were completed when it was settled, and a key is not opened again.
fn content(row: &mut Row) -> Option<Content> {
    if !row.problems.is_empty() {
        return None;
    }
    match Content::of_complete(record(row)) {
        Ok(content) => Some(content),
        Err(problems) => {
            let said = problems
                .iter()
                .map(|problem| format!("{} {}", problem.name, problem.message));
            row.problems.extend(said);
            None
        }
    }
}

fn record(row: &Row) -> NewRecord {
    NewRecord {
        r#type: row.kind,
        name: row.name.clone(),
        fields: row.fields.clone(),
        custom_fields: row.extras.iter().map(custom).collect(),
        tags: row.tags.clone(),
        high_sensitivity: false,
        inject_only: false,
    }
}

fn custom(extra: &Extra) -> NewCustomField {
    NewCustomField {
        id: None,
        label: extra.label.clone(),
        kind: match extra.kind {
            ExtraKind::Text => CustomKind::Text,
            ExtraKind::Hidden => CustomKind::Hidden,
            ExtraKind::Boolean => CustomKind::Boolean,
            ExtraKind::Date => CustomKind::Date,
        },
        value: Some(extra.value.clone()),
    }
}

fn likeness(kind: SecretType, name: &str, fields: &Values, print: Option<&str>) -> Likeness {
    let open = kind.fields().iter().filter(|field| !field.concealed);
    // Of a person there is no main secret, so all that lists show has to be the same.
    let whose: Vec<&str> = open
        .filter(|field| print.is_none() || WHOSE.contains(&field.name))
        .filter_map(|field| fields.get(field.name))
        .map(|text| text.as_str())
        .collect();
    let whose = whose.join("\n");
    let mut hash = Sha256::new();
    for part in [
        kind.as_str(),
        &name.to_lowercase(),
        &whose,
        print.unwrap_or_default(),
    ] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
