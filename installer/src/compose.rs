//! Docker Compose, driven as a program.

use std::process::Stdio;

use tokio::process::Command;

use crate::error::Error;
use crate::layout::Layout;

/// How many of its last lines are shown when it fails.
const TAIL: usize = 12;

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
    }

    /// Shows the logs on the terminal.
    pub(crate) async fn logs(&self, arguments: &[String]) -> Result<(), Error> {
        let mut command = self.command();
        command.arg("logs").args(arguments);
        let status = command.status().await.map_err(Error::NoDocker)?;
        if status.success() {
            Ok(())
        } else {
            Err(failed("logs", "see above"))
        }
    }

    async fn run(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut command = self.command();
        command
            .args(["--ansi", "never", "--progress", "plain"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = command.output().await.map_err(Error::NoDocker)?;
        if output.status.success() {
            return Ok(());
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
    fn command(&self) -> Command {
        let mut command = plain(&self.docker_host);
        command
            .args([
                "compose",
                "--project-name",
                &self.project,
                "--project-directory",
            ])
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

/// `docker` with a clean environment.
fn plain(docker_host: &str) -> Command {
    let mut command = Command::new("docker");
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

/// The version of Compose, or why there is none.
pub(crate) async fn version(docker_host: &str) -> Result<String, String> {
    let output = plain(docker_host)
        .args(["compose", "version", "--short"])
        .output()
        .await
        .map_err(|error| format!("`docker` cannot be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err("`docker compose` is not there".to_owned())
    }
}
