//! `root show`: every root of a file, as a person wants to read it before signing.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, table};
use license::minisign::{PublicKey, Signature};
use license::root::{Carried, ChainError, Link, Role, Root};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{lacking, read, unusable};
use crate::error::Error;

/// Show the roots of a file: keys, thresholds, revocations, and who has signed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The roots.
    file: PathBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    complete: bool,
    /// What is missing or wrong, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacks: Option<String>,
    roots: Vec<Shown>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    version: u64,
    created: String,
    roots: ShownRole,
    releases: ShownRole,
    revoked: Vec<ShownRevocation>,
    signed_by: Vec<String>,
}

#[derive(Serialize)]
struct ShownRole {
    threshold: usize,
    keys: Vec<ShownKey>,
}

#[derive(Serialize)]
struct ShownKey {
    id: String,
    comment: String,
}

#[derive(Serialize)]
struct ShownRevocation {
    id: String,
    reason: String,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let carried = read(&options.file)?;
    let roots = parsed(&carried).map_err(unusable(&options.file))?;
    let lacks = lacking(&carried).map(|error| error.to_string());
    let shown: Vec<Shown> = roots
        .iter()
        .zip(carried.links())
        .map(|(root, link)| shown(root, link))
        .collect();
    let pages: Vec<String> = shown.iter().map(page).collect();
    console.result(pages.join("\n").trim_end());
    match &lacks {
        None => console.tick("Every root has its signatures"),
        Some(words) => console.warn(words),
    }
    console.result_json(&Report {
        complete: lacks.is_none(),
        lacks,
        roots: shown,
    });
    Ok(ExitCode::Done)
}

fn parsed(carried: &Carried) -> Result<Vec<Root>, ChainError> {
    let roots = (1..).zip(carried.links()).map(|(version, link)| {
        Root::parse(&link.root).map_err(|cause| ChainError::Root { version, cause })
    });
    roots.collect()
}

fn shown(root: &Root, link: &Link) -> Shown {
    let created = i64::try_from(root.created())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|instant| instant.format(&Rfc3339).ok());
    let signatures = link.signatures.iter();
    let signatures = signatures.filter_map(|text| Signature::parse(text).ok());
    Shown {
        version: root.version(),
        created: created.unwrap_or_default(),
        roots: role(root.roots()),
        releases: role(root.releases()),
        revoked: root
            .revoked()
            .iter()
            .map(|entry| ShownRevocation {
                id: entry.key.key_id().to_string(),
                reason: entry.reason.clone(),
            })
            .collect(),
        signed_by: signatures
            .map(|signature| signature.key_id().to_string())
            .collect(),
    }
}

fn role(role: &Role) -> ShownRole {
    let key = |key: &PublicKey| ShownKey {
        id: key.key_id().to_string(),
        comment: key.comment().to_owned(),
    };
    ShownRole {
        threshold: role.threshold(),
        keys: role.keys().iter().map(key).collect(),
    }
}

fn page(root: &Shown) -> String {
    let mut rows = Vec::new();
    let mut row = |what: String, id: &str, words: &str| {
        rows.push(vec![format!("  {what}"), id.to_owned(), words.to_owned()]);
    };
    for (name, role) in [("roots", &root.roots), ("releases", &root.releases)] {
        let mut what = format!("{name}: {} of {} sign", role.threshold, role.keys.len());
        for key in &role.keys {
            row(std::mem::take(&mut what), &key.id, &key.comment);
        }
    }
    for revoked in &root.revoked {
        row("revoked".to_owned(), &revoked.id, &revoked.reason);
    }
    for id in &root.signed_by {
        row("signed by".to_owned(), id, "");
    }
    format!(
        "Root {}, made {}\n{}",
        root.version,
        root.created,
        table(&rows)
    )
}
