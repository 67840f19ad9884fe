//! Tables: what each column holds is said by the format, or by whoever imports.

mod columns;
mod known;
mod table;

use zeroize::Zeroizing;

pub(super) use self::columns::Columns;
pub(in crate::vault) use self::columns::{Mapping, Target};
pub(super) use self::known::{BITWARDEN, BROWSERS, LASTPASS, ONEPASSWORD};
use self::table::Table;
use super::super::types::SecretType;
use super::limits::Room;
use super::row::{self, ExtraKind, Row};
use super::{Refusal, text};

/// Reads a table with a line of headings.
pub(super) fn read(bytes: &[u8], columns: Columns<'_>) -> Result<Vec<Row>, Refusal> {
    let text = text::decode(bytes)?;
    let mut table = Table::open(&text)?;
    let targets = columns.targets(&table.headings)?;
    let kind = columns.kind();
    let (mut rows, mut room) = (Vec::new(), Room::default());
    while let Some(record) = table.next_record()? {
        let mut row = Row::new(record.line, kind);
        let found = match record.cells {
            Ok(cells) => filled(row, &targets, &cells),
            Err(problem) => {
                row.problems.push(problem.to_owned());
                vec![row]
            }
        };
        for row in found {
            room.take(&row)?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The headings of a table, to choose a mapping by.
pub(in crate::vault) fn headings(bytes: &[u8]) -> Result<Vec<String>, Refusal> {
    let text = text::decode(bytes)?;
    Ok(Table::open(&text)?.headings)
}

fn filled(mut row: Row, targets: &[Target], cells: &[Zeroizing<String>]) -> Vec<Row> {
    let mut otpauth = None;
    // The type decides which fields there are, so it comes first.
    for (target, cell) in targets.iter().zip(cells) {
        match target {
            Target::Kind if cell.trim() == "note" => row.kind = SecretType::SecureNote,
            // LastPass marks notes by this address.
            Target::Field(field) if field == "url" && cell.trim() == "http://sn" => {
                row.kind = SecretType::SecureNote;
            }
            _ => {}
        }
    }
    let is_note = row.kind == SecretType::SecureNote;
    for (target, cell) in targets.iter().zip(cells) {
        match target {
            Target::Field(field) if field == "url" && is_note && cell.trim() == "http://sn" => {}
            Target::Field(field) if field == "notes" => row.note(cell),
            Target::Field(field) => row.put(field, cell),
            Target::Otpauth if row.kind == SecretType::Totp => row.put("otpauth", cell),
            Target::Otpauth => otpauth = Some(cell.clone()),
            Target::Name => cell.trim().clone_into(&mut row.name),
            Target::Folder => row.folder = folder(cell),
            Target::Tags => row.tags.extend(
                cell.split([',', ';'])
                    .map(|tag| tag.trim().to_owned())
                    .filter(|tag| !tag.is_empty())
                    .take(row::TAGS),
            ),
            Target::Favourite => row.favourite = is_true(cell),
            Target::Extra(label) => row.extra(label, ExtraKind::Text, cell),
            Target::HiddenExtra(label) => row.extra(label, ExtraKind::Hidden, cell),
            Target::Lines => lines(&mut row, cell),
            Target::Kind | Target::Nothing => {}
        }
    }
    let mut rows = Vec::with_capacity(1);
    if let Some(otpauth) = otpauth.filter(|text| !text.trim().is_empty()) {
        let mut code = row.companion(SecretType::Totp);
        code.put("otpauth", &otpauth);
        rows.push(code);
    }
    rows.insert(0, row);
    rows
}

/// Other managers part folders with a slash, LastPass with a backslash.
fn folder(cell: &str) -> Option<String> {
    let parts: Vec<&str> = cell
        .split(['/', '\\'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    row::folder(&parts.join(" / "))
}

fn is_true(cell: &str) -> bool {
    matches!(
        cell.trim().to_ascii_lowercase().as_str(),
        "1" | "true" | "yes"
    )
}

/// Fields of its own in one cell, as Bitwarden writes them: `label: value`, one a line.
fn lines(row: &mut Row, cell: &str) {
    for line in cell.lines() {
        let (label, value) = line.split_once(": ").unwrap_or(("", line));
        // The file does not tell which of them were hidden.
        row.extra(label, ExtraKind::Hidden, value);
    }
}
