//! What was built from which commit, with which tools: an in-toto statement (v1) with an SLSA
//! provenance predicate (v1). It is a file of the bundle, so the bundle's signature covers it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::sources::Collected;

/// Its name below `files/`.
pub(crate) const NAME: &str = "provenance.json";

/// The sources and the tools, as they say of themselves.
#[derive(Default)]
pub(crate) struct Origin {
    sources: Vec<Value>,
    rustc: Option<String>,
}

impl Origin {
    /// Asks git and the compiler, which takes a moment.
    pub(crate) fn of(root: &Path) -> Self {
        Self {
            sources: commit(root),
            rustc: said(Command::new("rustc").arg("--version")),
        }
    }
}

/// The statement. It names no time and no place: the same inputs give the same bytes.
pub(crate) fn statement(version: &str, origin: &Origin, images: &Collected) -> Vec<u8> {
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
                    "version": version,
                    "architecture": images.architecture,
                },
                "resolvedDependencies": origin.sources,
            },
            "runDetails": {
                "builder": {
                    "id": "urn:vaultterm:vaultterm-bundle",
                    "version": {
                        "vaultterm-bundle": env!("CARGO_PKG_VERSION"),
                        "rustc": origin.rustc,
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
