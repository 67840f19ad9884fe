//! What was built from which commit, with which tools: an in-toto statement (v1) with an SLSA
//! provenance predicate (v1). It is a file of the bundle, so the bundle's signature covers it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::sources::Collected;

/// Its name below `files/`.
pub(crate) const NAME: &str = "provenance.json";

/// What was asked for.
pub(crate) struct Asked<'a> {
    pub(crate) version: &'a str,
    pub(crate) root: &'a Path,
}

/// The statement. It names no time and no place: the same inputs give the same bytes.
pub(crate) fn statement(asked: &Asked<'_>, images: &Collected) -> Vec<u8> {
    let subjects: Vec<Value> = images
        .images
        .iter()
        .map(|image| {
            let id = offline::Digest::of(&image.config);
            json!({"name": image.reference, "digest": {"sha256": id.hex()}})
        })
        .collect();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:vaultterm:bundle:v1",
                "externalParameters": {
                    "version": asked.version,
                    "architecture": images.architecture,
                },
                "resolvedDependencies": commit(asked.root),
            },
            "runDetails": {
                "builder": {
                    "id": "urn:vaultterm:vaultterm-bundle",
                    "version": {
                        "vaultterm-bundle": env!("CARGO_PKG_VERSION"),
                        "rustc": said(Command::new("rustc").arg("--version")),
                    },
                },
            },
        },
    });
    let mut text = serde_json::to_vec_pretty(&statement).unwrap_or_default();
    text.push(b'\n');
    text
}

/// The commit of the sources, and whether something in them differs from it.
fn commit(root: &Path) -> Vec<Value> {
    let git = |arguments: &[&str]| said(Command::new("git").current_dir(root).args(arguments));
    let Some(commit) = git(&["rev-parse", "HEAD"]) else {
        return Vec::new();
    };
    let changed = git(&["status", "--porcelain"]).is_none_or(|text| !text.is_empty());
    vec![json!({
        "uri": "git+vaultterm",
        "digest": {"gitCommit": commit},
        "annotations": {"modified": changed},
    })]
}

fn said(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
