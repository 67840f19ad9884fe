//! What would be done: a pure function of what was chosen and what was found.

mod checks;
mod document;
mod estimate;
mod room;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use console::bytes;
use offline::{Digest, Image, Manifest, Role};

use crate::choices::Choices;
use crate::engine::prefixes;
use crate::envfile::EnvFile;
use crate::facts::Facts;

pub(crate) use checks::{Check, Verdict, checks, failed, maintenance, ok, warning};
pub(crate) use document::{Document, LIMIT as DOCUMENT_LIMIT, Request};
pub(crate) use room::{Room, Rooms, checks as room_checks, rooms};
pub(crate) use variables::{VariableChange, ours, variables};

/// What an installation will do.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) version: String,
    /// Which layers of which images the engine lacks. An image that is not here is there already.
    pub(crate) loads: BTreeMap<Role, Lacking>,
    /// What happens to `.env`.
    pub(crate) variables: Vec<VariableChange>,
    /// How long nobody will be able to sign in, without what the migrations take.
    pub(crate) away: Option<Duration>,
    /// The lines that a person is shown.
    pub(crate) lines: Vec<String>,
}

/// An image that has to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    pub(crate) image: Image,
    /// The layers to send, by their place from below.
    pub(crate) layers: Vec<usize>,
}

/// What an upgrade finds in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The migrations of the new release that the database does not have, by number.
    pub(crate) pending: Vec<u32>,
    /// The size of the database in bytes.
    pub(crate) size: u64,
}

/// Decides what an upgrade does.
pub(crate) fn upgrade(
    facts: &Facts,
    choices: &Choices,
    manifest: &Manifest,
    env: Option<&EnvFile>,
    stored: &Stored,
) -> Plan {
    let mut plan = plan(facts, choices, manifest, env);
    let from = facts.installed.as_ref().map(|state| state.version.clone());
    let from = from.unwrap_or_default();
    let loads = plan
        .lines
        .iter()
        .take(manifest.images.len() + usize::from(manifest.delta.is_some()));
    let mut lines: Vec<String> = loads.cloned().collect();
    lines.push(format!(
        "back up release {from} and its database ({}) into {}, and prove the backup by restoring it \
         into a scratch database",
        bytes(stored.size),
        facts.backups.display()
    ));
    let names: Vec<String> = manifest
        .migrations
        .iter()
        .filter(|entry| stored.pending.contains(&entry.version))
        .map(|entry| format!("{:04} {}", entry.version, entry.name))
        .collect();
    if !names.is_empty() {
        lines.push(format!(
            "rehearse the migrations there: {}",
            names.join(", ")
        ));
    }
    lines.push("stop the app: nobody can sign in from here on".to_owned());
    if !names.is_empty() {
        lines.push(format!(
            "put the database aside as it is ({}), and migrate a clone of it",
            bytes(stored.size)
        ));
    }
    let (count, size) = files(manifest);
    lines.push(format!(
        "put the {count} files of release {} in place ({})",
        manifest.version,
        bytes(size)
    ));
    lines.push("update .env; your values and comments stay".to_owned());
    lines.extend(plan.variables.iter().map(|change| format!("  {change}")));
    lines.push("start the new app, wait until it is ready, have it open what is stored".to_owned());
    lines.push(format!(
        "keep what `rollback` needs to go back to release {from}{}",
        if names.is_empty() {
            ""
        } else {
            ", until the next upgrade"
        }
    ));
    let measured = facts.measured.as_ref();
    if let Some(time) = estimate::rehearsal(stored, measured) {
        lines.push(format!(
            "the rehearsal takes about {} s by this server's measurements; people work on meanwhile",
            time.as_secs().max(1)
        ));
    }
    let away = estimate::away(stored, measured);
    let guess = if measured.is_none() {
        " (this server was not measured: `preflight --bench`)"
    } else {
        ""
    };
    let migrating = if names.is_empty() {
        ""
    } else {
        ", and what the migrations take, which the rehearsal measures"
    };
    lines.push(format!(
        "so nobody can sign in for about {} s{migrating}{guess}",
        away.as_secs()
    ));
    plan.away = Some(away);
    plan.lines = lines;
    plan
}

/// Decides.
pub(crate) fn plan(
    facts: &Facts,
    choices: &Choices,
    manifest: &Manifest,
    env: Option<&EnvFile>,
) -> Plan {
    let ids = manifest.images.iter();
    let ids = ids.map(|image| {
        (
            image.role.as_str().to_owned(),
            image.config.digest.to_string(),
        )
    });
    let installed = facts.manifest.as_ref();
    let installed = installed.map(|manifest| manifest.variables.as_slice());
    let variables = env.map_or_else(Vec::new, |env| {
        let ours = ours(choices, &ids.collect());
        variables(
            env,
            installed.unwrap_or_default(),
            &manifest.variables,
            &ours,
        )
    });
    let loads = lacking(facts, manifest);
    let fresh = facts.installed.is_none();
    let mut lines = Vec::new();
    for image in &manifest.images {
        lines.push(match loads.get(&image.role) {
            Some(lacking) if lacking.layers.is_empty() => {
                format!("register {}: the engine has its layers", image.reference)
            }
            Some(lacking) => {
                let sizes = lacking
                    .layers
                    .iter()
                    .filter_map(|&place| image.layers.get(place));
                let size: u64 = sizes.map(|layer| layer.uncompressed_size).sum();
                format!(
                    "load {} ({} of {} layers, {} unpacked)",
                    image.reference,
                    lacking.layers.len(),
                    image.layers.len(),
                    bytes(size)
                )
            }
            None => format!("keep {}", image.reference),
        });
    }
    if let Some(delta) = &manifest.delta {
        lines.push(format!(
            "make {} of its layers and files from those of release {}, and take {} as they are",
            delta.patches.len(),
            delta.base,
            delta.layers.len() + delta.files.len() - patched_files(manifest)
        ));
    }
    let kept = |name: &str| facts.present_files.contains(name);
    let (count, size) = files(manifest);
    lines.push(format!(
        "write the {count} files of release {} ({})",
        manifest.version,
        bytes(size)
    ));
    lines.push(format!(
        "keep its compressed layers ({}), so that later bundles can be small",
        bytes(blob_size(manifest))
    ));
    lines.push(if kept("secrets") {
        "keep the secrets, and make those that are missing".to_owned()
    } else {
        "generate the secrets, readable by root and the app only".to_owned()
    });
    lines.push(if kept(".env") {
        "update .env; your values and comments stay".to_owned()
    } else {
        "write .env".to_owned()
    });
    lines.extend(variables.iter().map(|change| format!("  {change}")));
    lines.push(if facts.containers.is_empty() {
        format!(
            "start app, db and cache as Compose project {}",
            choices.project
        )
    } else {
        "start what is not running; containers that need no change stay".to_owned()
    });
    lines.push(format!(
        "apply {} migrations on a new database, or those that are pending",
        manifest.migrations.len()
    ));
    if fresh {
        lines.push(format!("serve the portal at {}", choices.base_url));
    }
    Plan {
        version: manifest.version.clone(),
        loads,
        variables,
        away: None,
        lines,
    }
}

/// The bytes of all compressed layers, shared ones counted once. One that is made on the server may
/// come out a little larger.
pub(crate) fn blob_size(manifest: &Manifest) -> u64 {
    let layers = manifest.images.iter().flat_map(|image| &image.layers);
    let sizes: BTreeMap<Digest, u64> = layers.map(|layer| (layer.diff_id, layer.size)).collect();
    sizes.values().sum()
}

/// How many files a release has, and their bytes.
fn files(manifest: &Manifest) -> (usize, u64) {
    let files = manifest.files();
    files.fold((0, 0), |(count, size), file| (count + 1, size + file.size))
}

/// How many files of a delta are made by patches.
fn patched_files(manifest: &Manifest) -> usize {
    let files = manifest.delta.iter().flat_map(|delta| &delta.files);
    files
        .filter(|file| manifest.patch(&file.sha256).is_some())
        .count()
}

/// An image has to be loaded unless the engine has it. A layer has to be sent unless the engine has it
/// on top of the same layers, or gets it there with an image that is loaded before.
fn lacking(facts: &Facts, manifest: &Manifest) -> BTreeMap<Role, Lacking> {
    // containerd's store knows layers by other names: it gets all of them.
    let knows = !facts
        .engine
        .as_ref()
        .is_ok_and(|about| about.containerd_store);
    let mut chains = if knows {
        prefixes(&facts.images)
    } else {
        BTreeSet::new()
    };
    let mut loads = BTreeMap::new();
    let has = |image: &Image| {
        let id = image.config.digest.to_string();
        knows && facts.images.iter().any(|found| found.id == id)
    };
    for image in in_order(manifest) {
        if has(image) {
            continue;
        }
        let ids: Vec<Digest> = image.layers.iter().map(|layer| layer.diff_id).collect();
        let chain = |place: usize| {
            ids.get(..=place)
                .map(<[Digest]>::to_vec)
                .unwrap_or_default()
        };
        let layers: Vec<usize> = (0..ids.len())
            .filter(|&place| !chains.contains(&chain(place)))
            .collect();
        if knows {
            chains.extend((0..ids.len()).map(chain));
        }
        loads.insert(
            image.role,
            Lacking {
                image: image.clone(),
                layers,
            },
        );
    }
    loads
}

/// The images in the order in which they are loaded.
fn in_order(manifest: &Manifest) -> Vec<&Image> {
    let mut images: Vec<&Image> = manifest.images.iter().collect();
    images.sort_by_key(|image| image.role);
    images
}

#[cfg(test)]
pub(crate) mod tests;
