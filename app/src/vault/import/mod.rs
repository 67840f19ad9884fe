//! Reading what other managers wrote: every format into the same rows.
//!
//! A file is hostile until it is read. How large it may be, how much it may unpack to, how many rows
//! it may hold, how deep it may be nested and how much work it may ask for to be opened is bounded
//! before it costs anything; see [`limits`].

mod awaited;
mod bitwarden;
mod csv;
mod dotenv;
mod kdbx;
mod limits;
mod onepassword;
mod plan;
mod request;
mod routes;
mod row;
mod service;
mod settle;
mod text;
mod view;

pub(super) use routes::routes;

use self::awaited::Awaited;
use self::row::Row;
use super::types::Effort;

use serde::Deserialize;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportFormat)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    /// Bitwarden's JSON, without encryption.
    BitwardenJson,
    /// Bitwarden's CSV.
    BitwardenCsv,
    /// An export of 1Password 8.
    #[serde(rename = "1password-1pux")]
    OnePassword1pux,
    /// 1Password's CSV.
    #[serde(rename = "1password-csv")]
    OnePasswordCsv,
    /// A KeePass database of version 4.
    KeepassKdbx,
    /// LastPass's CSV.
    LastpassCsv,
    /// The CSV of Chrome, Edge, Firefox or Safari.
    BrowserCsv,
    /// Any CSV, with a mapping of its columns.
    Csv,
    /// A file of environment variables.
    Dotenv,
}

/// Why a file is not read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// The file. In words without any of its contents.
    #[error("the file {0}")]
    File(&'static str),
    /// Its password.
    #[error("the password {0}")]
    Password(&'static str),
    /// The mapping of its columns.
    #[error("the mapping {0}")]
    Mapping(&'static str),
}

/// A file and what is needed to read it.
pub(super) struct Given<'a> {
    pub(super) format: Format,
    pub(super) bytes: &'a [u8],
    /// Opens a KeePass database.
    pub(super) password: Option<&'a str>,
    /// Opens a KeePass database, alone or with a password.
    pub(super) key_file: Option<&'a [u8]>,
    /// What the columns of any CSV are.
    pub(super) mapping: Option<&'a csv::Mapping>,
}

/// Reads a file, for as long as that is waited for. Rows come as records would be made of them, each with
/// what is wrong with it.
///
/// # Errors
/// When the file cannot be read as a whole.
fn read_for(given: &Given<'_>, awaited: &Awaited) -> Result<Vec<Row>, Refusal> {
    if given.bytes.len() > limits::FILE {
        return Err(limits::TOO_LARGE);
    }
    let mut rows = match given.format {
        Format::BitwardenJson => bitwarden::read(given.bytes),
        Format::OnePassword1pux => onepassword::read(given.bytes),
        Format::KeepassKdbx => kdbx::read(given.bytes, given.password, given.key_file),
        Format::Dotenv => dotenv::read(given.bytes),
        Format::BitwardenCsv => csv::read(given.bytes, csv::Columns::Known(csv::BITWARDEN)),
        Format::OnePasswordCsv => csv::read(given.bytes, csv::Columns::Known(csv::ONEPASSWORD)),
        Format::LastpassCsv => csv::read(given.bytes, csv::Columns::Known(csv::LASTPASS)),
        Format::BrowserCsv => csv::read(given.bytes, csv::Columns::Known(csv::BROWSERS)),
        Format::Csv => csv::read(given.bytes, csv::Columns::of(given.mapping)),
    }?;
    let mut effort = Effort::new(limits::KEYS);
    for row in &mut rows {
        awaited.still()?;
        settle::settle(row, &mut effort);
    }
    Ok(rows)
}

/// Reads a file, however long that takes.
#[cfg(test)]
fn read(given: &Given<'_>) -> Result<Vec<Row>, Refusal> {
    read_for(given, &Awaited::default())
}

#[cfg(test)]
mod tests;
