//! Is the host ready? Every check says what it found, and what to do where that is not enough.

use console::bytes;
use offline::{Manifest, Role};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super as plan;
use crate::facts::{Facts, PortState};
use crate::steps::Kind;

/// The oldest engine that is known to work.
const OLDEST_ENGINE: (u64, u64) = (20, 10);
/// The oldest Compose whose files and flags are those that are used.
const OLDEST_COMPOSE: (u64, u64) = (2, 20);
/// What PostgreSQL, Redis and the app need together to live well.
const MEMORY: u64 = 1 << 30;
/// What a new database and a little growth need beside the images.
const DATA: u64 = 512 << 20;
/// What the folder of the installation needs beside the files of the bundle.
const FOLDER: u64 = 64 << 20;
/// A bundle that is older than this is worth a remark.
const OLD: Duration = Duration::days(365);

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    Warning,
    Failed,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) fact: String,
    /// What to do, where the verdict is not `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// A check that found nothing wrong.
pub(crate) fn ok(name: &'static str, fact: impl Into<String>) -> Check {
    Check {
        name,
        verdict: Verdict::Ok,
        fact: fact.into(),
        hint: None,
    }
}

fn not_ok(
    verdict: Verdict,
    name: &'static str,
    fact: impl Into<String>,
    hint: impl Into<String>,
) -> Check {
    Check {
        name,
        verdict,
        fact: fact.into(),
        hint: Some(hint.into()),
    }
}

/// One that speaks against going on.
pub(crate) fn failed(
    name: &'static str,
    fact: impl Into<String>,
    hint: impl Into<String>,
) -> Check {
    not_ok(Verdict::Failed, name, fact, hint)
}

/// One that deserves attention.
pub(crate) fn warning(
    name: &'static str,
    fact: impl Into<String>,
    hint: impl Into<String>,
) -> Check {
    not_ok(Verdict::Warning, name, fact, hint)
}

/// All checks; those about a bundle only when there is one.
pub(crate) fn checks(facts: &Facts, manifest: Option<&Manifest>, kind: Kind) -> Vec<Check> {
    let mut all = vec![
        root(facts),
        engine(facts),
        compose(facts, manifest),
        memory(facts),
    ];
    all.extend(disks(facts, manifest));
    all.extend(facts.ports.iter().map(|(port, state)| {
        let where_ = format!("{}:{} for {}", port.address, port.number, port.what);
        match state {
            PortState::Free => ok("port", format!("{where_} is free")),
            PortState::Ours => ok("port", format!("{where_} is held by this installation")),
            PortState::Taken(why) => failed(
                "port",
                format!("{where_} cannot be had: {why}"),
                format!("stop what holds it, or choose another with {}", port.option),
            ),
        }
    }));
    if let Some(manifest) = manifest {
        all.extend([
            platform(facts, manifest),
            installer(manifest),
            clock(facts, manifest),
            match kind {
                Kind::Install | Kind::Restore => existing(facts, manifest),
                Kind::Upgrade => upgradable(facts, manifest),
            },
        ]);
        if kind == Kind::Upgrade {
            all.push(running(facts));
            all.extend(database_version(facts, manifest));
        }
        all.extend(base(facts, manifest));
    }
    all.extend(orphaned_data(facts));
    all
}

fn root(facts: &Facts) -> Check {
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

fn engine(facts: &Facts) -> Check {
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

fn compose(facts: &Facts, manifest: Option<&Manifest>) -> Check {
    let carried = manifest.is_some_and(|manifest| {
        let mut members = manifest.members.iter();
        members.any(|member| member.name.file_path() == Some("docker-compose"))
    });
    let hint = if carried {
        "the bundle carries the Compose plugin; this installs it: mkdir -p \
         /usr/local/lib/docker/cli-plugins && tar -xf BUNDLE -C /usr/local/lib/docker/cli-plugins \
         --strip-components=1 files/docker-compose"
    } else {
        "install the Compose plugin, version 2.20 or newer, from your distribution's media"
    };
    match &facts.compose {
        Err(fact) => failed("compose", fact.clone(), hint),
        Ok(version) if numbers(version).is_none_or(|found| found < OLDEST_COMPOSE) => {
            failed("compose", format!("Compose is {version}"), hint)
        }
        Ok(version) => ok("compose", format!("Compose {version}")),
    }
}

fn memory(facts: &Facts) -> Check {
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

fn disks(facts: &Facts, manifest: Option<&Manifest>) -> Vec<Check> {
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

fn platform(facts: &Facts, manifest: &Manifest) -> Check {
    let bundle = format!("{}/{}", manifest.os, manifest.architecture);
    let host = facts
        .engine
        .as_ref()
        .map(|about| format!("{}/{}", about.os, about.architecture));
    match host {
        Ok(host) if host != bundle => failed(
            "platform",
            format!("the bundle is for {bundle}, the engine runs {host}"),
            format!("bring the bundle for {host}"),
        ),
        _ => ok("platform", format!("the bundle is for {bundle}")),
    }
}

fn installer(manifest: &Manifest) -> Check {
    let triple = |text: &str| -> Vec<u64> {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        core.split('.')
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    let own = env!("CARGO_PKG_VERSION");
    if triple(&manifest.minimum_installer) > triple(own) {
        failed(
            "installer",
            format!(
                "the bundle needs installer {}, this is {own}",
                manifest.minimum_installer
            ),
            "use the vaultterm-install that travels in the bundle as files/vaultterm-install",
        )
    } else {
        ok("installer", format!("installer {own}"))
    }
}

/// A clock that is wrong is worth a remark and never a refusal: it must not brick a host.
fn clock(facts: &Facts, manifest: &Manifest) -> Check {
    let built = i64::try_from(manifest.created)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let Some(built) = built else {
        return warning(
            "clock",
            "the bundle's time of building is no time",
            "ask who built it",
        );
    };
    if facts.now + Duration::hours(1) < built {
        warning(
            "clock",
            format!(
                "this host's clock ({}) is before the bundle was built ({built})",
                facts.now
            ),
            "set the clock: licences and sessions are judged by it",
        )
    } else if facts.now - built > OLD {
        let days = (facts.now - built).whole_days();
        warning(
            "clock",
            format!("the bundle is {days} days old"),
            "ask the vendor for a newer release: this one lacks later security fixes",
        )
    } else {
        ok(
            "clock",
            "the clock agrees with the bundle's time of building",
        )
    }
}

fn existing(facts: &Facts, manifest: &Manifest) -> Check {
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
fn upgradable(facts: &Facts, manifest: &Manifest) -> Check {
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
fn running(facts: &Facts) -> Check {
    let services = ["app", "db", "cache"];
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
fn database_version(facts: &Facts, manifest: &Manifest) -> Option<Check> {
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

/// Whether the server has what a delta counts on.
fn base(facts: &Facts, manifest: &Manifest) -> Option<Check> {
    let delta = manifest.delta.as_ref()?;
    let needs = manifest.needs();
    let lacking = needs.iter().filter(|need| !facts.kept.has(need)).count();
    Some(if lacking == 0 {
        ok(
            "base",
            format!("what the delta takes from release {} is here", delta.base),
        )
    } else {
        failed(
            "base",
            format!(
                "the bundle is a delta from release {}, and {lacking} of the {} contents that it \
                 takes from there are not on this server",
                delta.base,
                needs.len()
            ),
            format!(
                "bring the complete bundle of {}, or install the bundle of {} first",
                manifest.version, delta.base
            ),
        )
    })
}

/// A database without the secrets that open it must not be started on.
fn orphaned_data(facts: &Facts) -> Option<Check> {
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
