//! The container engine, behind one face.
//!
//! Measured of bollard 0.21.1 and answered for here: its requests carry no version, so there is
//! nothing to negotiate; its time limit covers a whole upload, so it is set to hours and the load
//! has a watchdog of its own; an error in a body's stream aborts the request, which is what keeps a
//! damaged image from being registered.

mod containers;
mod exec;
mod image;
mod load;
mod scratch;

use std::time::Duration;

use bollard::Docker;

use crate::error::Error;

pub(crate) use containers::{Container, Published};
pub(crate) use exec::{Ended, OURS, Program, pipe};
pub(crate) use image::{Image, prefixes};
pub(crate) use load::{Arrival, Load, config_name, layer_name};
pub(crate) use scratch::Scratch;

/// A load may take hours; whether it is alive is watched separately.
const LIMIT: Duration = Duration::from_secs(6 * 3600);

/// A connection to the engine.
#[derive(Clone)]
pub(crate) struct Engine {
    docker: Docker,
}

/// What the engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) version: String,
    /// As OCI names it: amd64, arm64.
    pub(crate) architecture: String,
    pub(crate) os: String,
    /// Where it keeps everything; empty when it does not say.
    pub(crate) root: String,
    /// The host's memory in bytes.
    pub(crate) memory: u64,
    /// Whether images are kept in containerd's store, where ids mean something else.
    pub(crate) containerd_store: bool,
    /// How layers are stored, such as overlay2.
    pub(crate) storage: String,
    /// Whether the disk below tells the kinds of entries; overlay needs that.
    pub(crate) d_type: bool,
    /// 1 or 2; empty when it does not say.
    pub(crate) cgroups: String,
    /// Whether it can limit a container's memory.
    pub(crate) memory_limit: bool,
    /// Such as `name=apparmor` and `name=rootless`.
    pub(crate) security: Vec<String>,
    /// Whether it is Podman that speaks Docker's language.
    pub(crate) podman: bool,
}

impl About {
    /// Whether it runs without root's rights.
    pub(crate) fn is_rootless(&self) -> bool {
        self.has_security("rootless")
    }

    /// Whether one of the kernel's guards is in use.
    pub(crate) fn has_security(&self, name: &str) -> bool {
        let wanted = format!("name={name}");
        self.security
            .iter()
            .any(|option| option.split(',').next() == Some(&wanted))
    }
}

impl Engine {
    /// Connects, and asks whether anybody is there.
    pub(crate) async fn connect(host: &str) -> Result<Self, Error> {
        let failed = |source| Error::Engine {
            host: host.to_owned(),
            source,
        };
        let docker = Docker::connect_with_host(host).map_err(failed)?;
        docker.ping().await.map_err(failed)?;
        Ok(Self {
            docker: docker.with_timeout(LIMIT),
        })
    }

    /// What it is.
    pub(crate) async fn about(&self) -> Result<About, Error> {
        let info = self.docker.info().await.map_err(Error::engine("info"))?;
        let status = info.driver_status.unwrap_or_default();
        let d_type = |row: &Vec<String>| matches!(row.as_slice(), [name, value] if name == "Supports d_type" && value == "false");
        let version = self.docker.version().await.unwrap_or_default();
        let components = version.components.unwrap_or_default();
        let snapshotter = |row: &Vec<String>| row.iter().any(|cell| cell.contains("containerd"));
        Ok(About {
            version: info.server_version.unwrap_or_default(),
            architecture: oci_name(&info.architecture.unwrap_or_default()).to_owned(),
            os: info.os_type.unwrap_or_default(),
            root: info.docker_root_dir.unwrap_or_default(),
            memory: info
                .mem_total
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0),
            containerd_store: status.iter().any(snapshotter),
            storage: info.driver.unwrap_or_default(),
            d_type: !status.iter().any(d_type),
            cgroups: info
                .cgroup_version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            memory_limit: info.memory_limit.unwrap_or(true),
            security: info.security_options.unwrap_or_default(),
            podman: components.iter().any(|part| part.name.contains("Podman")),
        })
    }
}

fn oci_name(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
