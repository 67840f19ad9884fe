//! What is installed already: release, stack, data.

use offline::{Manifest, Role};

use super::{Check, failed, ok};
use crate::facts::Facts;

pub(super) fn existing(facts: &Facts, manifest: &Manifest) -> Check {
    match &facts.installed {
        None => ok("installation", "nothing is installed in this folder"),
        Some(state)
            if state.version == manifest.version
                && state.release_counter <= manifest.release_counter =>
        {
            ok(
                "installation",
                format!(
                    "VaultTerm {} is installed: what is missing will be added",
                    state.version
                ),
            )
        }
        Some(state) if state.release_counter > manifest.release_counter => failed(
            "installation",
            format!(
                "VaultTerm {} (counter {}) is installed, and the bundle is an earlier release: {} (counter {})",
                state.version, state.release_counter, manifest.version, manifest.release_counter
            ),
            "a step back would lose what the later release stored; bring the later bundle",
        ),
        Some(state) => failed(
            "installation",
            format!(
                "VaultTerm {} is installed, and the bundle is {}",
                state.version, manifest.version
            ),
            "use `upgrade`, which takes a backup first; `install` with another --dir and another \
             --project installs beside it",
        ),
    }
}

/// Whether the bundle is a later release than the installed one, and may follow it.
pub(super) fn upgradable(facts: &Facts, manifest: &Manifest) -> Check {
    let Some(state) = &facts.installed else {
        return failed(
            "installation",
            "nothing is installed in this folder",
            "use `install`, or name the folder of the installation with --dir",
        );
    };
    if state.release_counter > manifest.release_counter {
        return existing(facts, manifest);
    }
    let from = &manifest.upgrade_from;
    if state.version == manifest.version {
        failed(
            "installation",
            format!("VaultTerm {} is installed already", state.version),
            "use `install` to add what is missing of it",
        )
    } else if !from.is_empty() && !from.contains(&state.version) {
        failed(
            "upgrade path",
            format!(
                "{} cannot follow {} directly",
                manifest.version, state.version
            ),
            format!(
                "bring a release that can, and upgrade twice: {} may be upgraded",
                from.join(", ")
            ),
        )
    } else {
        ok(
            "installation",
            format!(
                "VaultTerm {} can be upgraded to {}",
                state.version, manifest.version
            ),
        )
    }
}

/// An upgrade starts from something that works.
pub(super) fn running(facts: &Facts) -> Check {
    let services = ["app", "db", "cache"];
    let sick = facts
        .containers
        .iter()
        .find(|found| found.status.contains("(unhealthy)"));
    if let Some(sick) = sick {
        return failed(
            "stack",
            format!("{} runs and is not healthy: {}", sick.service, sick.status),
            format!("look at `vaultterm-install logs {}` first", sick.service),
        );
    }
    let down = services.iter().find(|service| {
        let mut containers = facts.containers.iter();
        !containers.any(|found| found.service == **service && found.state == "running")
    });
    match down {
        None => ok("stack", "app, db and cache run"),
        Some(service) => failed(
            "stack",
            format!("{service} does not run"),
            "start the installation first: an upgrade takes its backup from what runs",
        ),
    }
}

/// PostgreSQL's files cannot be read by another major version.
pub(super) fn database_version(facts: &Facts, manifest: &Manifest) -> Option<Check> {
    let major = |manifest: &Manifest| {
        let mut images = manifest.images.iter();
        let image = images.find(|image| image.role == Role::Db)?;
        let tag = image.reference.rsplit_once(':')?.1;
        let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let (old, new) = (major(facts.manifest.as_ref()?)?, major(manifest)?);
    (old != new).then(|| {
        failed(
            "database",
            format!("the bundle brings PostgreSQL {new}, and {old} is installed"),
            "its files cannot be read by another major version: install beside it and restore a \
             backup there",
        )
    })
}

/// A database without the secrets that open it must not be started on.
pub(super) fn orphaned_data(facts: &Facts) -> Option<Check> {
    let data = facts
        .volumes
        .iter()
        .find(|name| name.ends_with("db-data"))?;
    if facts.present_files.contains("secrets") {
        return None;
    }
    Some(failed(
        "data",
        format!("the volume {data} holds a database, but its secrets are not in this folder"),
        format!(
            "name the folder that holds them with --dir; or, if the data is of no use, remove it: \
             docker volume rm {data}"
        ),
    ))
}
