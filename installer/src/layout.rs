//! Where things are below the folder of an installation.

use std::path::{Path, PathBuf};

/// The folder of an installation. Holds names and touches nothing.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    dir: PathBuf,
}

impl Layout {
    pub(crate) fn new(dir: &Path) -> std::io::Result<Self> {
        // Compose and the engine resolve paths by themselves, from elsewhere.
        Ok(Self {
            dir: std::path::absolute(dir)?,
        })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn compose_file(&self) -> PathBuf {
        self.dir.join("docker-compose.yml")
    }

    pub(crate) fn env_file(&self) -> PathBuf {
        self.dir.join(".env")
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.dir.join("secrets")
    }

    pub(crate) fn license_dir(&self) -> PathBuf {
        self.dir.join("license")
    }

    pub(crate) fn license(&self) -> PathBuf {
        self.dir.join("license/license.vtlic")
    }

    pub(crate) fn license_state(&self) -> PathBuf {
        self.dir.join("license/license.state")
    }

    pub(crate) fn releases(&self) -> PathBuf {
        self.dir.join("releases")
    }

    /// The files of a release, as its bundle brought them.
    pub(crate) fn release(&self, version: &str) -> PathBuf {
        self.dir.join("releases").join(version)
    }

    /// The files of a release while they arrive.
    pub(crate) fn arriving(&self) -> PathBuf {
        self.dir.join("releases/.arriving")
    }

    /// The signed manifest of a release.
    pub(crate) fn manifest(&self, version: &str) -> PathBuf {
        self.release(version).join("bundle.json")
    }

    /// The compressed layers of the installed release.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.dir.join("blobs")
    }

    /// Layers while they arrive.
    pub(crate) fn arriving_blobs(&self) -> PathBuf {
        self.dir.join("blobs/.arriving")
    }

    /// The backups.
    pub(crate) fn backups(&self) -> PathBuf {
        self.dir.join("backups")
    }

    /// Whom backups are encrypted to when nobody says otherwise.
    pub(crate) fn recipients(&self) -> PathBuf {
        self.backups().join("recipients.txt")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.join("journal.jsonl")
    }

    /// Files as they were before runs changed them, by run: of one that has not ended, and of the one
    /// that there is a way back from.
    pub(crate) fn originals(&self) -> PathBuf {
        self.dir.join("before")
    }

    /// The installer of the installed release, wherever its release lies.
    pub(crate) fn program(&self) -> PathBuf {
        self.dir.join("vaultterm-install")
    }

    /// How fast this server is, as `preflight --bench` measured it.
    pub(crate) fn measured(&self) -> PathBuf {
        self.dir.join("bench.json")
    }

    /// What the operator adds to the Compose file. It is never written.
    pub(crate) fn override_file(&self) -> PathBuf {
        self.dir.join("docker-compose.override.yml")
    }

    /// Room on the disk that an upgrade has taken and not used yet.
    pub(crate) fn room(&self) -> PathBuf {
        self.dir.join("room")
    }

    /// A little room that a full disk does not have.
    pub(crate) fn headroom(&self) -> PathBuf {
        self.dir.join("headroom")
    }

    /// Everything that an installation puts directly into its folder.
    pub(crate) const OWN: &'static [&'static str] = &[
        "docker-compose.yml",
        "db-entrypoint.sh",
        "cache-entrypoint.sh",
        "db-init",
        ".env",
        "secrets",
        "license",
        "releases",
        "blobs",
        "backups",
        "state.json",
        "journal.jsonl",
        "before",
        "bench.json",
        "headroom",
        "room",
        "vaultterm-install",
    ];

    /// What of a release lies beside the Compose file, because the containers mount it.
    pub(crate) const MOUNTED: &'static [&'static str] = &[
        "docker-compose.yml",
        "db-entrypoint.sh",
        "cache-entrypoint.sh",
        "db-init",
    ];
}
