//! The host: user, engine, Compose, memory, disks.

use console::bytes;
use offline::Manifest;

use super::{Check, failed, ok, warning};
use crate::compose;
use crate::facts::Facts;
use crate::plan;

/// The oldest engine that is known to work.
const OLDEST_ENGINE: (u64, u64) = (20, 10);
/// What PostgreSQL, Redis and the app need together to live well.
const MEMORY: u64 = 1 << 30;
/// What a new database and a little growth need beside the images.
const DATA: u64 = 512 << 20;
/// What the folder of the installation needs beside the files of the bundle.
const FOLDER: u64 = 64 << 20;

pub(super) fn root(facts: &Facts) -> Check {
    if facts.root {
        ok("user", "runs as root")
    } else {
        failed(
            "user",
            "does not run as root",
            "run it with sudo: secrets are owned by the app's user",
        )
    }
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+', '~']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

pub(super) fn engine(facts: &Facts) -> Check {
    match &facts.engine {
        Err(fact) => failed(
            "engine",
            fact.clone(),
            "start it (systemctl start docker), or name another with --docker-host",
        ),
        Ok(_) if !facts.local => failed(
            "engine",
            "the container engine is not on this host",
            "run the installer on this host's own engine, with --docker-host unix:///PATH: \
             containers mount files of this host",
        ),
        Ok(about) if about.podman => failed(
            "engine",
            format!("Podman {} answers in Docker's place", about.version),
            "use Docker Engine: Podman is not supported, its images and its restarts behave otherwise",
        ),
        Ok(about) if about.is_rootless() => failed(
            "engine",
            format!("engine {} is rootless", about.version),
            "use an engine that runs as root: secrets belong to the user that the app has on this host, \
             and a rootless engine gives it another",
        ),
        Ok(about) if numbers(&about.version).is_none_or(|found| found < OLDEST_ENGINE) => failed(
            "engine",
            format!("the container engine is {}", about.version),
            "install version 20.10 or newer from your distribution's media",
        ),
        Ok(about) if about.containerd_store => warning(
            "engine",
            format!(
                "engine {} keeps images in containerd's store",
                about.version
            ),
            "it works; images are compared by their layers instead of their ids",
        ),
        Ok(about) => ok("engine", format!("container engine {}", about.version)),
    }
}

/// A clock that was set back is told; it keeps nobody from anything.
pub(super) fn seen(facts: &Facts) -> Option<Check> {
    let seen = facts.last_seen?;
    (facts.now + time::Duration::hours(1) < seen).then(|| {
        warning(
            "clock",
            format!(
                "this host's clock ({}) is behind what this server has seen ({seen})",
                facts.now
            ),
            "set the clock: licences, sessions and backups are judged by it",
        )
    })
}

pub(super) fn compose(facts: &Facts, manifest: Option<&Manifest>) -> Check {
    let carried = manifest.is_some_and(|manifest| {
        let mut members = manifest.members.iter();
        members.any(|member| member.name.file_path() == Some("docker-compose"))
    });
    let wrong = match &facts.compose {
        Ok(version) if compose::is_new_enough(version) => {
            return ok("compose", format!("Compose {version}"));
        }
        Ok(version) => format!("Compose is {version}"),
        Err(fact) => fact.clone(),
    };
    if carried {
        return ok("compose", format!("{wrong}: the bundle's own is used"));
    }
    let hint = "install the Compose plugin, version 2.20 or newer, from your distribution's media; or \
                ask for a bundle that carries it (`vaultterm-bundle build --compose-plugin`)";
    failed("compose", wrong, hint)
}

pub(super) fn memory(facts: &Facts) -> Check {
    let found = facts.engine.as_ref().map_or(0, |about| about.memory);
    if found == 0 {
        warning(
            "memory",
            "the engine does not say how much there is",
            "1 GiB is needed",
        )
    } else if found < MEMORY {
        failed(
            "memory",
            format!("{} of memory", bytes(found)),
            format!("VaultTerm needs {}", bytes(MEMORY)),
        )
    } else {
        ok("memory", format!("{} of memory", bytes(found)))
    }
}

pub(super) fn disks(facts: &Facts, manifest: Option<&Manifest>) -> Vec<Check> {
    // The engine keeps an upload until it is registered, so for a while everything is there twice.
    let images = manifest.map_or(0, |manifest| manifest.uncompressed_size().saturating_mul(2));
    // Files, and the compressed layers that are kept.
    let files = manifest.map_or(0, |manifest| {
        let files = manifest.files().map(|member| member.size);
        files.sum::<u64>().saturating_add(plan::blob_size(manifest))
    });
    let check = |name, what: &str, free: Option<u64>, needed: u64| match free {
        None => warning(
            name,
            format!("the free space of {what} cannot be seen from here"),
            format!("{} are needed", bytes(needed)),
        ),
        Some(free) if free < needed => failed(
            name,
            format!(
                "{} free for {what}, {} are needed",
                bytes(free),
                bytes(needed)
            ),
            "make room, or put it on a larger disk",
        ),
        Some(free) => ok(
            name,
            format!(
                "{} free for {what}, {} are needed",
                bytes(free),
                bytes(needed)
            ),
        ),
    };
    let engine_needs = if facts.volumes.is_empty() {
        images + DATA
    } else {
        images
    };
    vec![
        check(
            "disk",
            "the engine's images and data",
            facts.engine_free,
            engine_needs,
        ),
        check(
            "disk",
            "the installation's folder",
            facts.dir_free,
            FOLDER + files,
        ),
    ]
}
