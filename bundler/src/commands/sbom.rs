//! `sbom`: what is inside a bundle, component by component.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, table};
use offline::{Digest, Held, Member};

use crate::error::Error;
use crate::opened;
use crate::output::Output;
use crate::sbom::{self, Component};

/// The component lists are of some megabytes at most.
const LARGEST: u64 = 64 << 20;

/// List the components of a bundle, or write its CycloneDX documents into a folder.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle.
    file: PathBuf,
    /// Write the CycloneDX documents into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

/// The components of one document.
pub(crate) struct Listed {
    /// `vaultterm`, `db` or `cache`.
    pub(crate) of: String,
    pub(crate) components: Vec<Component>,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let held = opened::hold(&options.file, options.trust.as_deref())?;
    if let Some(dir) = &options.out {
        return export(&held, dir, console);
    }
    let all = components(&held)?;
    warn_of_left_out(&held, console);
    let rows: Vec<Vec<String>> = all
        .iter()
        .flat_map(|listed| {
            listed.components.iter().map(|component| {
                vec![
                    listed.of.clone(),
                    component.name.clone(),
                    component.version.clone(),
                    component.license.clone().unwrap_or_default(),
                ]
            })
        })
        .collect();
    console.result(table(&rows).trim_end());
    let json: serde_json::Map<String, serde_json::Value> = all
        .iter()
        .map(|listed| (listed.of.clone(), serde_json::json!(listed.components)))
        .collect();
    console.result_json(&json);
    Ok(ExitCode::Done)
}

fn export(held: &Held, dir: &std::path::Path, console: &Console) -> Result<ExitCode, Error> {
    warn_of_left_out(held, console);
    let mut paths = Vec::new();
    for member in documents(held) {
        let name = member.name.as_str().rsplit('/').next().unwrap_or_default();
        let path = dir.join(name);
        let failed = |source| Error::Output {
            path: path.clone(),
            source,
        };
        let bytes = content(held, member)?;
        let output = Output::begin(&path).map_err(failed)?;
        std::io::Write::write_all(&mut output.file().map_err(failed)?, &bytes).map_err(failed)?;
        paths.push(output.finish().map_err(failed)?);
    }
    let lines: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    console.result(&lines.join("\n"));
    console.result_json(&serde_json::json!({ "documents": paths }));
    Ok(ExitCode::Done)
}

/// Whose component list a member is.
fn subject(member: &Member) -> Option<&str> {
    sbom::subject(member.name.file_path()?)
}

/// The component lists that a bundle carries.
fn documents(held: &Held) -> impl Iterator<Item = &Member> {
    let members = held.manifest.members.iter();
    members.filter(|member| subject(member).is_some())
}

/// Whose component lists belong to the release, and yet are not in the bundle. Our deltas carry all
/// of them; the format lets others leave them out.
pub(crate) fn left_out(held: &Held) -> BTreeSet<String> {
    let carried: BTreeSet<_> = documents(held).filter_map(subject).collect();
    let all = held.manifest.files().filter_map(subject);
    all.filter(|of| !carried.contains(of))
        .map(str::to_owned)
        .collect()
}

/// Says that what is listed is not all.
pub(crate) fn warn_of_left_out(held: &Held, console: &Console) {
    for of in left_out(held) {
        console.warn(&format!(
            "{} leaves out the components of {of}: look into the complete bundle",
            held.path.display()
        ));
    }
}

/// What a bundle says of its components.
pub(crate) fn components(held: &Held) -> Result<Vec<Listed>, Error> {
    let listed = |member: &Member| {
        let bytes = content(held, member)?;
        Ok(Listed {
            of: subject(member).unwrap_or_default().to_owned(),
            components: sbom::read(&bytes).unwrap_or_default(),
        })
    };
    documents(held).map(listed).collect()
}

/// A small member whole, compared with its digest.
fn content(held: &Held, member: &Member) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Input {
        path: held.path.clone(),
        source,
    };
    let mut bytes = Vec::new();
    if let Some(content) = held.open_member(&member.name) {
        std::io::Read::read_to_end(&mut std::io::Read::take(content, LARGEST), &mut bytes)
            .map_err(failed)?;
    }
    if Digest::of(&bytes) == member.sha256 {
        Ok(bytes)
    } else {
        let words = format!("{} is damaged", member.name);
        Err(failed(std::io::Error::other(words)))
    }
}
