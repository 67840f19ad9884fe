//! What `make test` built before it came here.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::run::{Outcome, run};

/// The built programs, images and keys.
#[derive(Clone, Debug)]
pub struct Build {
    bin_dir: PathBuf,
    /// A full bundle of the three images.
    pub bundle: PathBuf,
    /// A later release, with one migration more.
    pub next_bundle: PathBuf,
    /// The release key it verifies with.
    pub release_pub: PathBuf,
    key_dir: PathBuf,
    artifacts: PathBuf,
}

impl Build {
    /// Reads the environment that `make test` sets.
    ///
    /// # Errors
    /// When a variable is missing, with what to run instead.
    pub fn from_environment() -> Result<Self> {
        Ok(Self {
            bin_dir: variable("VAULTTERM_BIN_DIR")?,
            bundle: variable("VAULTTERM_BUNDLE")?,
            next_bundle: variable("VAULTTERM_NEXT_BUNDLE")?,
            release_pub: variable("VAULTTERM_RELEASE_PUB")?,
            key_dir: variable("VAULTTERM_KEY_DIR")?,
            artifacts: variable("VAULTTERM_ARTIFACTS")?,
        })
    }

    /// A later release: complete, or a delta from the one that is tested.
    ///
    /// # Errors
    /// When it is not there.
    pub fn later(&self, version: &str, delta: bool) -> Result<PathBuf> {
        let dir = self.next_bundle.parent().context("a folder")?;
        let name = format!("-v{version}-");
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            if file.contains(&name) && file.ends_with(".vtb") && file.contains("-from-") == delta {
                return Ok(path);
            }
        }
        anyhow::bail!(
            "release {version} is not in {}: run `make next`",
            dir.display()
        )
    }

    /// An installer with points at which a test can break things.
    ///
    /// # Errors
    /// When it is not there.
    pub fn breakable_installer(&self) -> Result<PathBuf> {
        let dir = self.next_bundle.parent().context("a folder")?;
        let path = dir.join("vaultterm-install-faults");
        ensure!(path.exists(), "run `make next`");
        Ok(path)
    }

    /// A built program.
    ///
    /// # Errors
    /// When it is not there.
    pub fn program(&self, name: &str) -> Result<PathBuf> {
        let path = self.bin_dir.join(name);
        ensure!(
            path.exists(),
            "{} is missing: run `make test`",
            path.display()
        );
        Ok(path)
    }

    /// Runs `vaultterm-bundle` in the repository; it trusts the key of this build.
    ///
    /// # Errors
    /// When it is not there or cannot be started.
    pub fn bundler(&self, arguments: &[&str]) -> Result<Outcome> {
        let mut command = Command::new(self.program("vaultterm-bundle")?);
        command.current_dir(repository()).args(arguments);
        if !matches!(arguments, ["build", ..]) && !arguments.contains(&"--trust") {
            command.arg("--trust").arg(&self.release_pub);
        }
        run(&mut command)
    }

    /// What the bundle promises, as `inspect --json` prints it.
    ///
    /// # Errors
    /// When it cannot be inspected.
    pub fn manifest(&self) -> Result<serde_json::Value> {
        let file = self.bundle.display().to_string();
        self.bundler(&["inspect", "--json", &file])?
            .expect(0)?
            .json()
    }

    /// The compressed layers that earlier builds have left.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.key_dir.join("../layers")
    }

    /// A development key file.
    #[must_use]
    pub fn key(&self, name: &str) -> PathBuf {
        self.key_dir.join(name)
    }

    /// An empty folder for what a test wants to keep.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn artifacts(&self, test: &str) -> Result<PathBuf> {
        let dir = self.artifacts.join(test);
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        std::fs::create_dir_all(&dir)?;
        Ok(dir)
    }
}

/// The root of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

fn variable(name: &str) -> Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the rim of the tests")]
    let value = std::env::var_os(name);
    value
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .with_context(|| {
            format!("{name} is not set: run `make test`, which builds what this needs")
        })
}

/// The number of the newest migration of these sources, as the database writes it.
///
/// # Errors
/// When the folder cannot be read, or holds none.
pub fn newest_migration() -> Result<String> {
    let mut newest: Option<u64> = None;
    for entry in std::fs::read_dir(repository().join("migrations"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let number = name.split_once('_').map(|(number, _)| number.parse());
        if let Some(Ok(number)) = number {
            newest = newest.max(Some(number));
        }
    }
    Ok(newest.context("no migration")?.to_string())
}
