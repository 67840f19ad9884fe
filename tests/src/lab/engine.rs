//! A second container engine, with empty storage, inside a namespace.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

use super::Namespace;
use crate::run::{Outcome, run, wait_for};

/// An engine of our own; it is stopped, and its storage removed, with the value.
#[derive(Debug)]
pub struct Engine {
    daemon: Mutex<Child>,
    dir: PathBuf,
    /// The namespace it lives in.
    pub namespace: Namespace,
}

impl Engine {
    /// Starts an engine in a fresh namespace. `dir` must be on a file system that overlayfs can
    /// stand on, and its path short: sockets have at most 107 bytes.
    ///
    /// # Errors
    /// When it does not answer within a minute; its log is in the message.
    pub fn start(dir: &Path) -> Result<Self> {
        let namespace = Namespace::create()?;
        std::fs::create_dir_all(dir)?;
        let engine = Self {
            daemon: Mutex::new(spawn(&namespace, dir)?),
            dir: dir.to_owned(),
            namespace,
        };
        engine.await_answer()?;
        Ok(engine)
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it does not within a minute; its log is in the message.
    pub fn await_answer(&self) -> Result<()> {
        let version = ["version", "--format", "{{.Server.Version}}"];
        wait_for("the engine of the lab", Duration::from_secs(60), || {
            self.docker(&version)?.expect(0)
        })
        .map(drop)
        .with_context(|| std::fs::read_to_string(self.dir.join("dockerd.log")).unwrap_or_default())
    }

    /// Stops the engine, with all that runs in it, and starts it again.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart(&self) -> Result<()> {
        self.stop();
        let daemon = spawn(&self.namespace, &self.dir)?;
        *self
            .daemon
            .lock()
            .map_err(|_| anyhow!("a test failed before"))? = daemon;
        self.await_answer()
    }

    fn stop(&self) {
        if let Ok(mut daemon) = self.daemon.lock() {
            let pid = daemon.id().to_string();
            drop(run(Command::new("kill").args(["-TERM", &pid])));
            drop(daemon.wait());
        }
    }

    /// The address for `--docker-host`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("unix://{}", self.dir.join("docker.sock").display())
    }

    /// A command inside the namespace that talks to this engine.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.namespace.command(program);
        command.env("DOCKER_HOST", self.host());
        command
    }

    /// Runs the container client.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn docker(&self, arguments: &[&str]) -> Result<Outcome> {
        run(self.command("docker").args(arguments))
    }

    /// Everything that a load could change: ids, names and tags of all images.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn images(&self) -> Result<String> {
        let list = [
            "images",
            "--all",
            "--no-trunc",
            "--format",
            "{{.Repository}}:{{.Tag}} {{.ID}}",
        ];
        let list = self.docker(&list)?.expect(0)?.stdout;
        // The engine sorts by age, and reproducible images are all of one age.
        let mut lines: Vec<&str> = list.lines().collect();
        lines.sort_unstable();
        Ok(lines.join("\n"))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Ok(containers) = self.docker(&["ps", "--all", "--quiet"]) {
            let ids: Vec<&str> = containers.stdout.split_whitespace().collect();
            if !ids.is_empty() {
                drop(self.docker(&[&["rm", "--force", "--volumes"], ids.as_slice()].concat()));
            }
        }
        self.stop();
        // The log is what one wants to read when a test failed; the storage is large.
        for storage in ["data", "exec"] {
            drop(std::fs::remove_dir_all(self.dir.join(storage)));
        }
    }
}

fn spawn(namespace: &Namespace, dir: &Path) -> Result<Child> {
    let log = dir.join("dockerd.log");
    let log = std::fs::File::options()
        .append(true)
        .create(true)
        .open(log)?;
    namespace
        .command("dockerd")
        .arg("--data-root")
        .arg(dir.join("data"))
        .arg("--exec-root")
        .arg(dir.join("exec"))
        .arg("--pidfile")
        .arg(dir.join("dockerd.pid"))
        .arg("--host")
        .arg(format!("unix://{}", dir.join("docker.sock").display()))
        // A containerd that happens to run on the host is shared; what is in it is not.
        .args(["--containerd-namespace", &namespace.name])
        .args([
            "--containerd-plugins-namespace",
            &format!("{}-plugins", namespace.name),
        ])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start dockerd")
}
