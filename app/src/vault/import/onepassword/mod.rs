//! An export of 1Password 8: a zip file with one document of JSON.

mod document;
mod item;

use std::io::{Cursor, Read as _};

use zeroize::Zeroizing;
use zip::ZipArchive;
use zip::result::ZipError;

use self::document::Document;
use super::limits::{self, Bounded, Room};
use super::row::{self, Row};
use super::{Refusal, text};

/// The most files in it: attachments are among them.
const FILES: usize = 20_000;
const WRONG: Refusal = Refusal::File("must be an export of 1Password (.1pux)");

/// Reads an export. Nothing is unpacked but the one document, and of that no more than the limit.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| WRONG)?;
    if archive.len() > FILES {
        return Err(Refusal::File("must hold fewer attachments"));
    }
    let entry = archive
        .by_name("export.data")
        .map_err(|error| match error {
            ZipError::UnsupportedArchive(_) => Refusal::File("must not be encrypted"),
            _ => WRONG,
        })?;
    let mut data = Zeroizing::new(Vec::new());
    Bounded::new(entry, limits::UNPACKED)
        .read_to_end(&mut data)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => limits::UNPACKS_TOO_FAR,
            _ => WRONG,
        })?;
    let text = text::decode(&data)?;
    drop(data);
    let document: Document = limits::json(&text, WRONG)?;
    let (mut rows, mut room) = (Vec::new(), Room::default());
    let mut line = 0_u32;
    for account in &document.accounts.0 {
        for vault in &account.vaults.0 {
            let folder = row::folder(&vault.attrs.name);
            for item in &vault.items.0 {
                line = line.saturating_add(1);
                if rows.len() >= limits::ROWS {
                    return Err(limits::TOO_MANY);
                }
                for row in item.rows(line, folder.as_deref()) {
                    room.take(&row)?;
                    rows.push(row);
                }
            }
        }
    }
    Ok(rows)
}
