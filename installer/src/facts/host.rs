//! The host itself: who runs this, disks, ports.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::choices::Port;

/// Whether a port can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortState {
    Free,
    /// The installation that is here holds it.
    Ours,
    /// Somebody else does, or the address is not this host's.
    Taken(String),
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Tries the port the way the engine will.
pub(super) fn port_state(port: &Port, ours_runs: bool) -> PortState {
    match TcpListener::bind((port.address.as_str(), port.number)) {
        Ok(_) => PortState::Free,
        Err(_) if ours_runs => PortState::Ours,
        Err(error) => PortState::Taken(error.to_string()),
    }
}

/// Free bytes for unprivileged use at a path, or at the nearest folder above it that exists.
pub(crate) fn free_space(path: &Path) -> Option<u64> {
    path.ancestors().find_map(free_space_at)
}

/// Free bytes at a path that has to exist.
pub(super) fn free_space_at(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Guards of the kernel beside its own permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guards {
    /// SELinux refuses what its policy does not allow.
    pub(crate) selinux: bool,
    /// AppArmor is there.
    pub(crate) apparmor: bool,
}

pub(super) fn guards() -> Guards {
    let says = |path: &str, word: &str| {
        std::fs::read_to_string(path).is_ok_and(|text| text.trim() == word)
    };
    Guards {
        selinux: says("/sys/fs/selinux/enforce", "1"),
        apparmor: says("/sys/module/apparmor/parameters/enabled", "Y"),
    }
}

/// The first folder on the way to a path in which others could put another in its place.
pub(super) fn writable(path: &Path) -> Option<PathBuf> {
    let open = |path: &&Path| {
        std::fs::metadata(path).is_ok_and(|meta| {
            let mode = meta.permissions().mode();
            // With the sticky bit, others can add and not replace.
            mode & 0o002 != 0 && mode & 0o1000 == 0
        })
    };
    path.ancestors().find(open).map(Path::to_owned)
}
