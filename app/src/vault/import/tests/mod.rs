//! Files as other programs write them, and as nobody should.

mod csv;
mod hostile;
mod json;
mod kdbx;
mod memory;

use super::{Format, Given, Refusal, Row, read};
use crate::vault::types::SecretType;

/// Reads a file that needs nothing else.
fn parse(format: Format, bytes: &[u8]) -> Result<Vec<Row>, Refusal> {
    read(&Given {
        format,
        bytes,
        password: None,
        key_file: None,
        mapping: None,
    })
}

/// The values of a row's own fields.
fn extra<'a>(row: &'a Row, label: &str) -> Option<&'a str> {
    let mut extras = row.extras.iter();
    extras
        .find(|extra| extra.label == label)
        .map(|extra| extra.value.as_str())
}

/// Type, name, folder, and whether there is nothing wrong with it.
fn outline(rows: &[Row]) -> Vec<(SecretType, &str, &str, bool)> {
    rows.iter()
        .map(|row| {
            let folder = row.folder.as_deref().unwrap_or_default();
            (row.kind, row.name.as_str(), folder, row.problems.is_empty())
        })
        .collect()
}
