//! The host itself: who runs this, disks, ports.

use std::net::TcpListener;
use std::path::Path;

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
