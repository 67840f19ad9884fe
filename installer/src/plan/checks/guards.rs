//! What stands between a container and the host: storage, cgroups, the kernel's guards, permissions.

use super::{Check, failed, ok, warning};
use crate::facts::Facts;

/// Drivers of storage that are in daily use.
const STORAGE: [&str; 5] = ["overlay2", "overlayfs", "btrfs", "zfs", "fuse-overlayfs"];

pub(super) fn storage(facts: &Facts) -> Option<Check> {
    let about = facts.engine.as_ref().ok()?;
    let driver = &about.storage;
    Some(if !about.d_type {
        failed(
            "storage",
            format!("the disk below the engine's {driver} does not tell the kinds of entries"),
            "put the engine's data on another file system, such as XFS made with ftype=1, or ext4",
        )
    } else if STORAGE.contains(&driver.as_str()) || about.containerd_store {
        ok("storage", format!("the engine stores layers with {driver}"))
    } else {
        warning(
            "storage",
            format!("the engine stores layers with {driver}, which is slow or out of use"),
            "set its storage driver to overlay2",
        )
    })
}

pub(super) fn cgroups(facts: &Facts) -> Option<Check> {
    let about = facts.engine.as_ref().ok()?;
    Some(if about.memory_limit {
        ok(
            "cgroups",
            format!("cgroups v{} limit what containers take", about.cgroups),
        )
    } else {
        warning(
            "cgroups",
            "the engine cannot limit the memory of a container",
            "enable the memory controller (on Debian 10 and older: cgroup_enable=memory for the kernel)",
        )
    })
}

pub(super) fn guards(facts: &Facts) -> Option<Check> {
    let about = facts.engine.as_ref().ok()?;
    let guards = facts.guards;
    Some(if guards.selinux && about.has_security("selinux") {
        warning(
            "guards",
            "SELinux is enforcing, and keeps containers from files without its label",
            "label the installation's folder: semanage fcontext -a -t container_file_t \
             '/opt/vaultterm(/.*)?' && restorecon -R /opt/vaultterm",
        )
    } else if guards.apparmor && !about.has_security("apparmor") {
        warning(
            "guards",
            "the kernel has AppArmor, and the engine does not use it",
            "install apparmor_parser (package apparmor) and restart the engine",
        )
    } else {
        let used = ["selinux", "apparmor", "seccomp"];
        let used: Vec<&str> = used
            .into_iter()
            .filter(|name| about.has_security(name))
            .collect();
        ok(
            "guards",
            format!("containers are confined by {}", list(&used)),
        )
    })
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "capabilities alone".to_owned()
    } else {
        names.join(" and ")
    }
}

pub(super) fn permissions(facts: &Facts) -> Check {
    match &facts.writable {
        None => ok(
            "permissions",
            "nobody else can put another folder in the installation's place",
        ),
        Some(path) => failed(
            "permissions",
            format!("everybody may write to {}", path.display()),
            format!("chmod o-w {}", path.display()),
        ),
    }
}

/// The operator's addition to the Compose file has to fit.
pub(super) fn compose_file(facts: &Facts) -> Option<Check> {
    let why = facts.compose_file.as_ref().err()?;
    Some(failed(
        "compose",
        format!("Compose does not accept docker-compose.override.yml: {why}"),
        "correct that file, which is yours; `docker compose config` shows what comes of it",
    ))
}
