//! A file as a request brings it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::awaited::Awaited;
use super::csv::{self, Mapping};
use super::{Format, Given, Refusal, Row, limits, read_for};
use crate::kernel::{FieldProblem, Redacted};

/// The largest request: a file in base 64 and the words around it.
pub(super) const LARGEST: usize = limits::FILE / 3 * 4 + 256 * 1024;

/// A file to be imported.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "format": "browser-csv",
    "file": "bmFtZSx1cmwsdXNlcm5hbWUscGFzc3dvcmQKU2hvcCxodHRwczovL3Nob3AuZXhhbXBsZSxhZGEsc2VjcmV0Cg==",
}))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ImportFile {
    /// How it is written.
    format: Format,
    /// The file in base 64, at most 10 MiB.
    #[schema(value_type = String, format = Byte)]
    file: Redacted<String>,
    /// Opens a KeePass database.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Redacted<String>>,
    /// A key file in base 64, which opens a KeePass database alone or with a password.
    #[schema(value_type = Option<String>, format = Byte)]
    key_file: Option<Redacted<String>>,
    /// What the columns of a table hold; for the format `csv`.
    mapping: Option<Mapping>,
    /// What becomes of records that are there already.
    #[serde(default)]
    pub(super) duplicates: Duplicates,
    /// Whether rows that cannot be stored are left out. Otherwise one of them keeps all out.
    #[serde(default)]
    pub(super) leave_out_faulty: bool,
}

/// What becomes of records that are there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportDuplicates)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Duplicates {
    /// They are left out.
    #[default]
    Skip,
    /// They are stored once more.
    Keep,
}

/// What was read of a file.
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    /// The headings of a table.
    pub(super) headings: Vec<String>,
}

impl ImportFile {
    /// Everything that makes it this request and no other one.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            digest.update(length.to_be_bytes());
            digest.update(bytes);
        };
        part(self.file.expose().as_bytes());
        for secret in [&self.password, &self.key_file] {
            part(&[u8::from(secret.is_some())]);
            part(
                secret
                    .as_ref()
                    .map_or("", |text| text.expose().as_str())
                    .as_bytes(),
            );
        }
        let rest = (self.format, &self.mapping, self.duplicates);
        part(format!("{rest:?} {}", self.leave_out_faulty).as_bytes());
        digest.finalize().into()
    }

    /// Reads the file. It is work for a while, so it belongs where it blocks nobody, and ends when nobody
    /// waits for it.
    ///
    /// # Errors
    /// What is wrong with which field of the request.
    pub(super) fn read(self, awaited: &Awaited) -> Result<Found, FieldProblem> {
        let bytes = decoded("file", &self.file)?;
        drop(self.file);
        let key_file = self
            .key_file
            .map(|file| decoded("keyFile", &file))
            .transpose()?;
        let given = Given {
            format: self.format,
            bytes: &bytes,
            password: self.password.as_ref().map(|text| text.expose().as_str()),
            key_file: key_file.as_ref().map(|bytes| bytes.as_slice()),
            mapping: self.mapping.as_ref(),
        };
        let headings = match self.format {
            Format::Csv => csv::headings(&bytes).map_err(|refusal| refusal.problem())?,
            _ => Vec::new(),
        };
        let rows = read_for(&given, awaited).map_err(|refusal| refusal.problem())?;
        Ok(Found { rows, headings })
    }
}

fn decoded(field: &str, text: &Redacted<String>) -> Result<Zeroizing<Vec<u8>>, FieldProblem> {
    let bytes = STANDARD.decode(text.expose());
    bytes
        .map(Zeroizing::new)
        .map_err(|_| FieldProblem::new(field, "must be in base 64"))
}

impl Refusal {
    /// As a problem of the request.
    pub(super) fn problem(&self) -> FieldProblem {
        match self {
            Self::File(message) => FieldProblem::new("file", message),
            Self::Password(message) => FieldProblem::new("password", message),
            Self::Mapping(message) => FieldProblem::new("mapping", message),
        }
    }
}
