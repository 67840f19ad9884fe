//! A server with one release, rows in its database, and a later release on its stick.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{Disk, Server};
use crate::build::{Build, newest_migration};
use crate::run::{Outcome, run, run_with_input};

/// The release that is installed.
pub const OLD: &str = env!("CARGO_PKG_VERSION");
/// The release on the stick.
pub const NEW: &str = "9.0.0";

/// A server with the first release, some rows, and a later release on its stick.
pub struct Upgradable {
    /// The server itself.
    pub server: Server,
    /// Its disk, when it has one of its own.
    pub disk: Option<Disk>,
    /// Where it lies; more may be put there.
    pub room: tempfile::TempDir,
    secrets: String,
    /// Whom its backups are encrypted to.
    pub recipient: String,
}

impl Upgradable {
    /// The server, installed and filled.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn begin() -> Result<Self> {
        let build = Build::from_environment()?;
        let room = room()?;
        let server = Server::start(&build, room.path())?;
        fs::copy(&build.next_bundle, server.stick.join("next.vtb"))?;
        server.install()?;
        Self::fill(server, None, room)
    }

    /// A server on a disk of its own, with an installer that can be broken; `next` is on its stick.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn breakable(next: &Path) -> Result<Self> {
        let build = Build::from_environment()?;
        let room = room()?;
        let disk = Disk::mount(room.path())?;
        let server = Server::start_with(&build, &disk.path, &build.breakable_installer()?)?;
        fs::copy(next, server.stick.join("next.vtb"))?;
        server.install()?;
        Self::fill(server, Some(disk), room)
    }

    /// The same with nothing installed.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn empty() -> Result<Self> {
        let build = Build::from_environment()?;
        let room = room()?;
        let disk = Disk::mount(room.path())?;
        let server = Server::start_with(&build, &disk.path, &build.breakable_installer()?)?;
        Ok(Self {
            server,
            disk: Some(disk),
            room,
            secrets: String::new(),
            recipient: String::new(),
        })
    }

    fn fill(server: Server, disk: Option<Disk>, room: tempfile::TempDir) -> Result<Self> {
        let identity = room.path().join("identity");
        let made = run(Command::new("age-keygen").arg("-o").arg(&identity))?.expect(0)?;
        let recipient = made
            .stderr
            .split_whitespace()
            .last()
            .context("a recipient")?;
        let lab = Self {
            recipient: recipient.to_owned(),
            secrets: digests(&server)?,
            server,
            disk,
            room,
        };
        lab.sql(
            "INSERT INTO organization_directory SELECT gen_random_uuid(), 'Organisation ' || n, \
             now() FROM generate_series(1, 1000) n;",
        )?;
        Ok(lab)
    }

    /// The file of the key that opens backups.
    pub fn identity(&self) -> String {
        self.room.path().join("identity").display().to_string()
    }

    /// Statements as the superuser, inside the database's container.
    ///
    /// # Errors
    /// When it is not so.
    pub fn sql(&self, statements: &str) -> Result<String> {
        self.sql_in("vaultterm", statements)
    }

    /// Statements as the superuser in a database by name.
    ///
    /// # Errors
    /// When they are refused.
    pub fn sql_in(&self, database: &str, statements: &str) -> Result<String> {
        let db = self.container("db")?;
        let psql = [
            "psql",
            "-U",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-qAt",
            "-d",
            database,
        ];
        let mut command = self.server.engine.command("docker");
        command
            .args(["exec", "-i", "-u", "postgres", &db])
            .args(psql);
        let done = run_with_input(&mut command, Some(statements.as_bytes()))?;
        Ok(done.expect(0)?.stdout.trim().to_owned())
    }

    /// The id of a service's container.
    ///
    /// # Errors
    /// When it does not run.
    pub fn container(&self, service: &str) -> Result<String> {
        let containers = self.server.containers()?;
        let mut found = containers.into_iter().filter(|(name, _)| name == service);
        Ok(found.next().with_context(|| format!("no {service}"))?.1)
    }

    /// Upgrades to the later release.
    ///
    /// # Errors
    /// When the installer does not start.
    pub fn upgrade(&self) -> Result<Outcome> {
        self.server.install_tool(&self.upgrading())
    }

    /// The arguments of the upgrade.
    pub fn upgrading(&self) -> [&str; 6] {
        [
            "upgrade",
            "next.vtb",
            "--yes",
            "--json",
            "--recipient",
            &self.recipient,
        ]
    }

    /// Goes back.
    ///
    /// # Errors
    /// When the installer does not start.
    pub fn rollback(&self) -> Result<Outcome> {
        self.server.install_tool(&["rollback", "--yes", "--json"])
    }

    /// What the installer remembers.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn state(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&fs::read(
            self.server.dir.join("state.json"),
        )?)?)
    }

    /// A backup of the server as it was filled, made once; its path.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn backup(&self) -> Result<String> {
        let path = self.room.path().join("first.age");
        if !path.exists() {
            let backup = ["backup", "--recipient", &self.recipient, "--json"];
            let made = self.server.install_tool(&backup)?.expect(0)?.json()?;
            let made = made.get("path").and_then(Value::as_str).context("a path")?;
            fs::copy(made, &path)?;
        }
        Ok(path.display().to_string())
    }

    /// What must be the same, or the next release's: release, rows, schema, what runs.
    ///
    /// # Errors
    /// When it is not so.
    pub fn end(&self) -> Result<&'static str> {
        let (release, rows) = self.standing()?;
        ensure!(rows == 1000, "{rows} rows");
        Ok(release)
    }

    /// Which release serves, `old` or `new`, and how many rows there are.
    ///
    /// # Errors
    /// When it is neither wholly the one nor wholly the other: release, schema, secrets, what runs,
    /// what lies about.
    pub fn standing(&self) -> Result<(&'static str, u32)> {
        self.server.await_ready(4000)?;
        let state = self.state()?;
        let version = state.get("version").and_then(Value::as_str);
        let version = version.context("a version")?;
        let rows = self.sql("SELECT count(*) FROM organization_directory")?;
        let newest = self.sql("SELECT max(version) FROM schema_migrations")?;
        let open = self.sql_in(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE datallowconn AND datname LIKE 'vaultterm%'",
        )?;
        ensure!(open == "1", "{open} databases are open");
        let image = self.container("app")?;
        let format = ["inspect", "--format", "{{.Image}}", &image];
        let image = self.server.engine.docker(&format)?.expect(0)?.stdout;
        let recorded = state.pointer("/images/app").and_then(Value::as_str);
        ensure!(Some(image.trim()) == recorded, "another image runs");
        let journal = fs::read_to_string(self.server.dir.join("journal.jsonl"))?;
        let last = journal.lines().last().unwrap_or_default();
        ensure!(last.contains("finished"), "the journal is open: {last}");
        for left in ["releases/.arriving", "blobs/.arriving", "backups/.arriving"] {
            ensure!(!self.server.dir.join(left).exists(), "{left} is left");
        }
        let originals = fs::read_dir(self.server.dir.join("before"));
        let originals = originals.map_or(0, Iterator::count);
        let way_back = usize::from(state.get("previous").is_some_and(Value::is_object));
        ensure!(
            originals <= way_back,
            "{originals} runs' originals are left"
        );
        let all = self
            .server
            .engine
            .docker(&["ps", "--all", "--quiet"])?
            .expect(0)?;
        ensure!(all.stdout.lines().count() == 3, "containers are left");
        let selftest = [
            "exec",
            &self.container("app")?,
            "/vaultterm-app",
            "selftest",
        ];
        self.server.engine.docker(&selftest)?.expect(0)?;
        let secrets = digests(&self.server)?;
        let known = self.secrets.is_empty() || secrets == self.secrets;
        ensure!(known, "secrets have changed");
        let rows = rows.parse()?;
        let ours = newest_migration()? == newest;
        match (version, newest.as_str()) {
            (OLD, _) if ours => Ok(("old", rows)),
            ("8.0.0" | "7.0.0", _) if ours => Ok(("new", rows)),
            (NEW, "9000") => Ok(("new", rows)),
            other => bail!("between the releases: {other:?}"),
        }
    }

    /// Starts an upgrade and kills it as soon as the journal names a line.
    ///
    /// # Errors
    /// When it is not so.
    pub fn kill_at(&self, line: &str) -> Result<()> {
        let journal = self.server.dir.join("journal.jsonl");
        let before = fs::metadata(&journal)?.len();
        let mut upgrade = self
            .server
            .installer(&self.upgrading())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let started = Instant::now();
        loop {
            let text = fs::read(&journal)?;
            let new = text.get(usize::try_from(before)?..).unwrap_or_default();
            if String::from_utf8_lossy(new).contains(line) {
                break;
            }
            if let Some(ended) = upgrade.try_wait()? {
                bail!("it ended with {ended} before {line}");
            }
            ensure!(started.elapsed() < Duration::from_secs(120), "no {line}");
            std::thread::sleep(Duration::from_millis(1));
        }
        upgrade.kill()?;
        upgrade.wait()?;
        Ok(())
    }
}

/// What the secrets are, without saying it.
fn digests(server: &Server) -> Result<String> {
    let mut sums = Command::new("bash");
    // What is sealed to recovery shares is made anew whenever those are.
    let command = "cd \"$1\" && find . -type f ! -name '*.age' | sort | xargs sha256sum";
    sums.args(["-c", command, "x"]);
    let sums = run(sums.arg(server.dir.join("secrets")))?;
    Ok(sums.expect(0)?.stdout)
}

/// A folder with a short path: sockets lie in it.
fn room() -> Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix("vt").tempdir_in("/var/tmp");
    Ok(made?)
}
