//! Docker Compose, driven as a program: the engine's plugin, or the one that came in the bundle.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::error::Error;
use crate::layout::Layout;

/// How many of its last lines are shown when it fails.
const TAIL: usize = 12;
/// The oldest Compose whose files and flags are those that are used.
const OLDEST: (u64, u64) = (2, 20);
/// What the plugin is called in a release.
const CARRIED: &str = "docker-compose";

/// A Compose project in an installation's folder.
#[derive(Clone, Debug)]
pub(crate) struct Compose {
    layout: Layout,
    docker_host: String,
    project: String,
}

impl Compose {
    pub(crate) fn new(layout: &Layout, docker_host: &str, project: &str) -> Self {
        Self {
            layout: layout.clone(),
            docker_host: docker_host.to_owned(),
            project: project.to_owned(),
        }
    }

    /// Creates and starts what is missing or changed.
    pub(crate) async fn up(&self) -> Result<(), Error> {
        self.run(&["up", "--detach", "--no-build", "--quiet-pull"])
            .await
            .map(drop)
    }

    /// Makes the app's container anew, with the files and variables that are there now.
    pub(crate) async fn renew_app(&self) -> Result<(), Error> {
        let up = [
            "up",
            "--detach",
            "--no-build",
            "--quiet-pull",
            "--force-recreate",
            "app",
        ];
        self.run(&up).await.map(drop)
    }

    /// What Compose makes of the release's file and of the operator's, as JSON.
    ///
    /// # Errors
    /// When they do not fit together, with what Compose says.
    pub(crate) async fn config(&self) -> Result<String, Error> {
        self.run(&["config", "--format", "json"]).await
    }

    /// The hash of each service's configuration, as Compose writes it into a label.
    pub(crate) async fn hashes(&self) -> Result<Vec<(String, String)>, Error> {
        let text = self.run(&["config", "--hash", "*"]).await?;
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        Ok(lines
            .map(|(service, hash)| (service.to_owned(), hash.trim().to_owned()))
            .collect())
    }

    /// Shows the logs on the terminal.
    pub(crate) async fn logs(&self, arguments: &[String]) -> Result<(), Error> {
        let mut command = self.command().await;
        command.arg("logs").args(arguments);
        let status = command.status().await.map_err(Error::NoDocker)?;
        if status.success() {
            Ok(())
        } else {
            Err(failed("logs", "see above"))
        }
    }

    async fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        let mut command = self.command().await;
        command
            .args(["--ansi", "never", "--progress", "plain"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = command.output().await.map_err(Error::NoDocker)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let tail = lines
            .get(lines.len().saturating_sub(TAIL)..)
            .unwrap_or_default();
        Err(failed(arguments.first().unwrap_or(&""), &tail.join("\n  ")))
    }

    /// Only what is named here reaches Compose: a variable of the caller's shell would win over
    /// `.env`.
    async fn command(&self) -> Command {
        let mut command = match carried(&self.layout) {
            // The host's own comes first, where it is good enough: the engine's vendor mends it.
            Some(path) if !is_usable(&self.docker_host).await => clean(path, &self.docker_host),
            _ => plugin(&self.docker_host),
        };
        command
            .args(["--project-name", &self.project, "--project-directory"])
            .arg(self.layout.dir())
            .arg("--file")
            .arg(self.layout.compose_file());
        // A file that is named keeps Compose from looking for the operator's by itself.
        if self.layout.override_file().exists() {
            command.arg("--file").arg(self.layout.override_file());
        }
        command
            .arg("--env-file")
            .arg(self.layout.env_file())
            .kill_on_drop(true);
        command
    }
}

fn failed(command: &str, output: &str) -> Error {
    Error::Compose {
        command: command.to_owned(),
        output: output.to_owned(),
    }
}

/// The plugin that a release brought; of several, that of the latest name.
fn carried(layout: &Layout) -> Option<PathBuf> {
    let releases = std::fs::read_dir(layout.releases()).ok()?;
    let paths = releases.flatten().map(|entry| entry.path().join(CARRIED));
    paths.filter(|path| path.is_file()).max()
}

/// The engine's plugin.
fn plugin(docker_host: &str) -> Command {
    let mut command = clean("docker".into(), docker_host);
    command.arg("compose");
    command
}

/// A program with a clean environment.
fn clean(program: PathBuf, docker_host: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("DOCKER_HOST", docker_host)
        .stdin(Stdio::null());
    #[expect(
        clippy::disallowed_methods,
        reason = "the rim where another program's environment is chosen"
    )]
    for name in ["PATH", "HOME", "DOCKER_CONFIG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// The version of the engine's plugin, or why there is none.
pub(crate) async fn version(docker_host: &str) -> Result<String, String> {
    let output = plugin(docker_host)
        .args(["version", "--short"])
        .output()
        .await
        .map_err(|error| format!("`docker` cannot be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err("`docker compose` is not there".to_owned())
    }
}

/// Whether a version of Compose is one that is known to work.
pub(crate) fn is_new_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+', '~']);
    let mut number = || parts.next()?.parse().ok();
    number()
        .zip(number())
        .is_some_and(|found: (u64, u64)| found >= OLDEST)
}

async fn is_usable(docker_host: &str) -> bool {
    version(docker_host)
        .await
        .is_ok_and(|version| is_new_enough(&version))
}
