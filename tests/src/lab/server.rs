//! The disconnected server, and what an operator does on it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Engine;
use crate::build::{Build, repository};
use crate::run::{Outcome, run, run_with_input, wait_for};

/// A server in the lab: an engine, what was carried in on a stick, and an installation folder.
#[derive(Debug)]
pub struct Server {
    /// Its engine.
    pub engine: Engine,
    /// What was carried in.
    pub stick: PathBuf,
    /// Where VaultTerm is installed.
    pub dir: PathBuf,
    installer: PathBuf,
}

impl Server {
    /// Starts an engine and carries the installer, the bundle, the release key and a licence in.
    ///
    /// # Errors
    /// When the engine does not start or something to carry is missing.
    pub fn start(build: &Build, room: &Path) -> Result<Self> {
        Self::start_with(build, room, &build.program("vaultterm-install")?)
    }

    /// As [`Self::start`], with another installer.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(build: &Build, room: &Path, installer: &Path) -> Result<Self> {
        let stick = room.join("stick");
        std::fs::create_dir_all(&stick)?;
        let carry = |from: &Path, name: &str| {
            std::fs::copy(from, stick.join(name))
                .with_context(|| format!("cannot carry {}", from.display()))
        };
        carry(installer, "vaultterm-install")?;
        carry(&build.bundle, "vaultterm.vtb")?;
        carry(&build.release_pub, "release.pub")?;
        issue_license(
            build,
            &stick.join("license.vtlic"),
            &["--expires", "2999-12-31"],
        )?;
        let engine = Engine::start(&room.join("engine"))?;
        engine.namespace.assert_closed()?;
        Ok(Self {
            engine,
            dir: room.join("vaultterm"),
            installer: stick.join("vaultterm-install"),
            stick,
        })
    }

    /// The installer, aimed at this server.
    #[must_use]
    pub fn installer(&self, arguments: &[&str]) -> Command {
        let mut command = self.engine.command(&self.installer);
        command.current_dir(&self.stick).args(arguments);
        command
            .arg("--dir")
            .arg(&self.dir)
            .args(["--docker-host", &self.engine.host()]);
        command
    }

    /// Runs the installer.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn install_tool(&self, arguments: &[&str]) -> Result<Outcome> {
        run(&mut self.installer(arguments))
    }

    /// Runs the installer on a terminal, where it may ask; `typed` is what the operator answers.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn on_terminal(&self, arguments: &[&str], typed: &str) -> Result<Outcome> {
        let command = self.installer(arguments);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line: Vec<String> = words
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let mut terminal = Command::new("script");
        terminal
            .current_dir(&self.stick)
            .env("DOCKER_HOST", self.engine.host())
            .args(["--quiet", "--return", "--command"])
            .arg(line.join(" "))
            .arg("/dev/null");
        run_with_input(&mut terminal, Some(typed.as_bytes()))
    }

    /// Installs the carried bundle; the report of the installer.
    ///
    /// # Errors
    /// With all it said, when it did not end with 0.
    pub fn install(&self) -> Result<Value> {
        let arguments = [
            "install",
            "vaultterm.vtb",
            "--license",
            "license.vtlic",
            "--yes",
            "--json",
        ];
        self.install_tool(&arguments)?.expect(0)?.json()
    }

    /// Container id by service, of everything that runs in the engine.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn containers(&self) -> Result<Vec<(String, String)>> {
        let format = "{{.Label \"com.docker.compose.service\"}} {{.ID}}";
        let list = self
            .engine
            .docker(&["ps", "--no-trunc", "--format", format])?
            .expect(0)?;
        let mut containers: Vec<(String, String)> = list
            .stdout
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(service, id)| (service.to_owned(), id.to_owned()))
            .collect();
        containers.sort();
        Ok(containers)
    }

    /// Everything below the installation folder, with content, mode and owner, as one digest per
    /// line: what "exactly as before" is compared by.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn footprint(&self) -> Result<Vec<String>> {
        if !self.dir.exists() {
            return Ok(Vec::new());
        }
        let find = Command::new("find")
            .arg(&self.dir)
            .args([
                "-printf",
                "%p %y %m %U:%G ",
                "-type",
                "f",
                "-exec",
                "sha256sum",
                "{}",
                ";",
            ])
            .args(["-o", "-printf", "\n"])
            .output()?;
        let mut lines: Vec<String> = String::from_utf8_lossy(&find.stdout)
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        Ok(lines)
    }

    /// Demands that the server is as it was before anything was tried: no file, container or
    /// volume of ours, and the same images.
    ///
    /// # Errors
    /// With what is left.
    pub fn assert_untouched(&self, images: &str) -> Result<()> {
        let files = self.footprint()?;
        ensure!(files.is_empty(), "files are left: {files:?}");
        let containers = self.containers()?;
        ensure!(containers.is_empty(), "containers run: {containers:?}");
        for list in [["volume", "ls", "--quiet"], ["network", "ls", "--quiet"]] {
            let filter = "label=com.docker.compose.project";
            let found = self
                .engine
                .docker(&[&list[..], &["--filter", filter]].concat())?;
            let found = found.expect(0)?.stdout;
            ensure!(found.trim().is_empty(), "{} are left: {found}", list[0]);
        }
        ensure!(self.engine.images()? == images, "images changed");
        Ok(())
    }

    /// Waits until the app says that it is ready, through its published port.
    ///
    /// # Errors
    /// After two minutes, with its last answer.
    pub fn await_ready(&self, port: u16) -> Result<()> {
        wait_for("/readyz", Duration::from_secs(120), || {
            let url = format!("http://127.0.0.1:{port}/readyz");
            let answer = run(self.engine.namespace.command("curl").args(["-fsS", &url]))?;
            answer.expect(0).map(drop)
        })
        .map_err(|error| error.context(self.portrait()))
    }

    /// What runs, how it is reached, and what it says: for whoever wants to know why it does not.
    fn portrait(&self) -> String {
        let format = "{{.Names}} {{.Status}} {{.Ports}}";
        let mut text = String::new();
        let mut add = |arguments: &[&str]| {
            if let Ok(said) = self.engine.docker(arguments) {
                text = format!("{text}{}{}", said.stdout, said.stderr);
            }
        };
        add(&["ps", "--all", "--format", format]);
        add(&[
            "inspect",
            "--format",
            "{{json .HostConfig.PortBindings}} {{json .NetworkSettings}}",
            "vaultterm-app-1",
        ]);
        add(&["logs", "--tail", "12", "vaultterm-app-1"]);
        text
    }

    /// Drives a browser, inside the namespace, through one phase of the journey.
    ///
    /// # Errors
    /// With what the journey said, when it failed.
    pub fn browse(&self, phase: &str, setup_link: &str, shots: &Path) -> Result<Value> {
        let journey = repository().join("tests/browser/journey.mjs");
        let mut command = self.engine.namespace.command("node");
        command
            .arg(journey)
            .args(["--base-url", "http://localhost:4000", "--phase", phase])
            .args(["--setup-link", setup_link])
            .arg("--out")
            .arg(shots);
        let outcome = run(&mut command)?.expect(0)?;
        let summary = outcome.json()?;
        ensure!(!summary.is_null(), "the journey reported nothing");
        Ok(summary)
    }
}

/// Issues a licence with the development key.
///
/// # Errors
/// With what the issuing tool said.
pub fn issue_license(build: &Build, out: &Path, more: &[&str]) -> Result<()> {
    let key = build.key("vendor.key");
    run(Command::new(build.program("vaultterm-license")?)
        .arg("issue")
        .arg("--key")
        .arg(key)
        .args([
            "--customer",
            "Laboratory",
            "--tier",
            "enterprise",
            "--seats",
            "50",
        ])
        .arg("--out")
        .arg(out)
        .args(more))?
    .expect(0)
    .map(drop)
}
