//! Backups, upgrades and ways back, on a server of their own: nothing is lost, and nothing is said
//! that is not so.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::Server;
use vaultterm_tests::run::{Outcome, run, run_with_input};

const OLD: &str = env!("CARGO_PKG_VERSION");
const NEW: &str = "9.0.0";
/// All steps of an upgrade, as the journal names them.
const STEPS: [&str; 11] = [
    "receive",
    "backup",
    "stop",
    "branch",
    "files",
    "secrets",
    "license",
    "environment",
    "start",
    "ready",
    "commit",
];

/// A server with the first release, some rows, and a later release on its stick.
struct Lab {
    server: Server,
    room: tempfile::TempDir,
    recipient: String,
}

impl Lab {
    fn begin() -> Result<Self> {
        let build = Build::from_environment()?;
        let room = tempfile::Builder::new()
            .prefix("vt")
            .tempdir_in("/var/tmp")?;
        let server = Server::start(&build, room.path())?;
        fs::copy(&build.next_bundle, server.stick.join("next.vtb"))?;
        server.install()?;
        let identity = room.path().join("identity");
        let made = run(Command::new("age-keygen").arg("-o").arg(&identity))?.expect(0)?;
        let recipient = made
            .stderr
            .split_whitespace()
            .last()
            .context("a recipient")?;
        let lab = Self {
            recipient: recipient.to_owned(),
            server,
            room,
        };
        lab.sql(
            "INSERT INTO organization_directory SELECT gen_random_uuid(), 'Organisation ' || n, \
             now() FROM generate_series(1, 1000) n;",
        )?;
        Ok(lab)
    }

    fn identity(&self) -> String {
        self.room.path().join("identity").display().to_string()
    }

    /// Statements as the superuser, inside the database's container.
    fn sql(&self, statements: &str) -> Result<String> {
        self.sql_in("vaultterm", statements)
    }

    fn sql_in(&self, database: &str, statements: &str) -> Result<String> {
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

    fn container(&self, service: &str) -> Result<String> {
        let containers = self.server.containers()?;
        let mut found = containers.into_iter().filter(|(name, _)| name == service);
        Ok(found.next().with_context(|| format!("no {service}"))?.1)
    }

    fn upgrade(&self) -> Result<Outcome> {
        self.server.install_tool(&self.upgrading())
    }

    fn upgrading(&self) -> [&str; 6] {
        [
            "upgrade",
            "next.vtb",
            "--yes",
            "--json",
            "--recipient",
            &self.recipient,
        ]
    }

    fn rollback(&self) -> Result<Outcome> {
        self.server.install_tool(&["rollback", "--yes", "--json"])
    }

    fn state(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&fs::read(
            self.server.dir.join("state.json"),
        )?)?)
    }

    /// What must be the same, or the next release's: release, rows, schema, what runs.
    fn end(&self) -> Result<&'static str> {
        self.server.await_ready(4000)?;
        let state = self.state()?;
        let version = state.get("version").and_then(Value::as_str);
        let version = version.context("a version")?;
        let rows = self.sql("SELECT count(*) FROM organization_directory")?;
        ensure!(rows == "1000", "{rows} rows");
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
        for left in [
            ".before",
            "releases/.arriving",
            "blobs/.arriving",
            "backups/.arriving",
        ] {
            ensure!(!self.server.dir.join(left).exists(), "{left} is left");
        }
        let all = self
            .server
            .engine
            .docker(&["ps", "--all", "--quiet"])?
            .expect(0)?;
        ensure!(all.stdout.lines().count() == 3, "containers are left");
        match (version, newest.as_str()) {
            (OLD, "4") => Ok("old"),
            (NEW, "9000") => Ok("new"),
            other => bail!("between the releases: {other:?}"),
        }
    }

    /// Starts an upgrade and kills it as soon as the journal names a line.
    fn kill_at(&self, line: &str) -> Result<()> {
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

#[test]
fn a_backup_is_opened_by_its_key_alone_and_by_other_peoples_tools() -> Result<()> {
    let lab = Lab::begin()?;
    let server = &lab.server;
    server
        .install_tool(&["backup"])?
        .expect(1)?
        .says(&["VT-I029"])?;
    ensure!(
        !server.dir.join("backups").exists(),
        "a refusal left something"
    );
    let backup = ["backup", "--recipient", &lab.recipient, "--json"];
    let made = server.install_tool(&backup)?.expect(0)?.json()?;
    let path = PathBuf::from(made["path"].as_str().context("a path")?);
    let identity = lab.identity();
    let name = path
        .file_name()
        .context("a name")?
        .to_string_lossy()
        .into_owned();
    let proved = server
        .install_tool(&["backup", "verify", &name, "--identity", &identity, "--json"])?
        .expect(0)?
        .json()?;
    ensure!(proved["proved"] == true);
    peers_read_it(&lab, &path)?;

    let other = lab.room.path().join("other");
    run(Command::new("age-keygen").arg("-o").arg(&other))?.expect(0)?;
    let other = other.display().to_string();
    server
        .install_tool(&["backup", "verify", &name, "--identity", &other])?
        .expect(1)?
        .says(&["VT-I030"])?;
    let whole = fs::read(&path)?;
    for (what, bytes) in [
        ("flipped", {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            *bytes.get_mut(middle).context("a byte")? ^= 1;
            bytes
        }),
        (
            "cut",
            whole.get(..whole.len() - 100).context("bytes")?.to_vec(),
        ),
        ("empty", Vec::new()),
    ] {
        let bad = lab.room.path().join(what);
        fs::write(&bad, bytes)?;
        let bad = bad.display().to_string();
        let refused = server.install_tool(&["backup", "verify", &bad, "--identity", &identity])?;
        refused.expect(3)?.says(&["VT-I031"])?;
    }

    std::thread::sleep(Duration::from_secs(1));
    server.install_tool(&backup)?.expect(0)?;
    let listed = server
        .install_tool(&["backup", "list", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        listed.as_array().is_some_and(|list| list.len() == 2),
        "{listed}"
    );
    server
        .install_tool(&["backup", "prune", "--keep", "1"])?
        .expect(0)?;
    ensure!(!path.exists() && fs::read_dir(server.dir.join("backups"))?.count() == 2);
    ensure!(lab.end()? == "old");
    Ok(())
}

/// age opens it, tar lists it, pg_restore reads the dump, and the master key is in it.
fn peers_read_it(lab: &Lab, path: &Path) -> Result<()> {
    let out = lab.room.path().join("unpacked");
    fs::create_dir(&out)?;
    let mut open = Command::new("bash");
    open.args([
        "-euo",
        "pipefail",
        "-c",
        "age --decrypt -i \"$1\" \"$2\" | tar -x -C \"$3\"",
        "x",
    ]);
    run(open.arg(lab.identity()).arg(path).arg(&out))?.expect(0)?;
    let key = fs::read(out.join("files/secrets/master_key"))?;
    ensure!(key == fs::read(lab.server.dir.join("secrets/master_key"))?);
    let mut pieces: Vec<PathBuf> = fs::read_dir(out.join("database.dump"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    pieces.sort();
    let mut dump = Vec::new();
    for piece in pieces {
        dump.extend(fs::read(piece)?);
    }
    let db = lab.container("db")?;
    let mut command = lab.server.engine.command("docker");
    command.args(["exec", "-i", &db, "pg_restore", "--list"]);
    let listed = run_with_input(&mut command, Some(&dump))?.expect(0)?;
    ensure!(
        listed.stdout.contains("organization_directory"),
        "{}",
        listed.stdout
    );
    Ok(())
}

#[test]
fn an_upgrade_goes_there_and_back_without_a_row_lost() -> Result<()> {
    let lab = Lab::begin()?;
    let server = &lab.server;
    let look = || -> Result<_> {
        // What the app remembers of its licence is the app's to write.
        let mut files = server.footprint()?;
        files.retain(|line| !line.contains("license.state"));
        Ok((files, server.engine.images()?, server.containers()?))
    };
    let before = look()?;
    let plan = server
        .install_tool(&["plan", "next.vtb", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        plan["kind"] == "upgrade" && plan["pending"][0] == 9000,
        "{plan}"
    );
    let after = look()?;
    ensure!(
        before == after,
        "a plan changed something: {before:#?} {after:#?}"
    );
    server
        .install_tool(&["install", "next.vtb", "--yes"])?
        .expect(4)?
        .says(&["use `upgrade`"])?;

    let kept = [lab.container("db")?, lab.container("cache")?];
    let report = lab.upgrade()?.expect(0)?.json()?;
    ensure!(
        report["from"] == OLD && report["version"] == NEW,
        "{report}"
    );
    ensure!(
        report["awayMs"].as_u64().is_some_and(|away| away < 20_000),
        "{report}"
    );
    ensure!(lab.end()? == "new");
    ensure!(
        kept == [lab.container("db")?, lab.container("cache")?],
        "db or cache was touched"
    );
    let status = server
        .install_tool(&["status", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        status["wayBack"] == OLD && status["lastBackup"].is_string(),
        "{status}"
    );
    lab.upgrade()?.expect(4)?.says(&["is installed already"])?;

    lab.sql("INSERT INTO organization_directory VALUES (gen_random_uuid(), 'Since', now())")?;
    let report = lab
        .rollback()?
        .expect(0)?
        .says(&["1000 rows before, 1001 after"])?
        .json()?;
    ensure!(report["evidence"]["version"] == OLD, "{report}");
    ensure!(lab.end()? == "old");
    ensure!(
        kept == [lab.container("db")?, lab.container("cache")?],
        "db or cache was touched"
    );
    lab.rollback()?.expect(1)?.says(&["VT-I033"])?;

    // And once more: what the first time left is not in the way.
    lab.upgrade()?.expect(0)?;
    ensure!(lab.end()? == "new");
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");
    Ok(())
}

#[test]
fn the_doctor_finds_what_was_changed_and_puts_back_what_is_ours() -> Result<()> {
    let lab = Lab::begin()?;
    let server = &lab.server;
    server.install_tool(&["doctor"])?.expect(0)?.says(&[
        "the app is ready and opens what it stored",
        "there is no backup",
    ])?;
    let compose = server.dir.join("docker-compose.yml");
    let whole = fs::read(&compose)?;
    fs::write(&compose, [&whole[..], b"# edited\n"].concat())?;
    lab.sql("ALTER ROLE vaultterm_app BYPASSRLS")?;
    let found = server
        .install_tool(&["doctor", "--json"])?
        .expect(1)?
        .json()?;
    let checks = found["checks"].as_array().context("checks")?;
    let failed: Vec<&Value> = checks
        .iter()
        .filter(|check| check["verdict"] == "failed")
        .map(|check| &check["name"])
        .collect();
    ensure!(failed == ["files", "roles"], "{found}");
    lab.sql("ALTER ROLE vaultterm_app NOBYPASSRLS")?;
    server.install_tool(&["doctor", "--fix"])?.expect(0)?;
    ensure!(fs::read(&compose)? == whole);
    ensure!(
        server.dir.join("docker-compose.yml.edited").exists(),
        "an edit was lost"
    );
    Ok(())
}

#[test]
fn what_a_rehearsal_finds_touches_nothing_and_what_it_cannot_is_undone() -> Result<()> {
    let lab = Lab::begin()?;
    let containers = lab.server.containers()?;
    lab.sql(
        "UPDATE organization_directory SET name = 'Refuse the migration' \
             WHERE name = 'Organisation 7'",
    )?;
    lab.upgrade()?
        .expect(1)?
        .says(&["VT-I032", "refused by what is stored"])?;
    ensure!(
        lab.server.containers()? == containers,
        "a rehearsal touched what serves"
    );
    ensure!(lab.end()? == "old");

    lab.sql(
        "UPDATE organization_directory SET name = 'Organisation 7' \
             WHERE name = 'Refuse the migration'",
    )?;
    lab.sql("ALTER ROLE vaultterm_owner SET vaultterm.refuse_migration = 'yes'")?;
    lab.upgrade()?.expect(6)?.says(&[
        "VT-I020",
        "refused by a setting",
        "serves, and opens what it stored",
    ])?;
    ensure!(lab.end()? == "old");
    lab.sql("ALTER ROLE vaultterm_owner RESET vaultterm.refuse_migration")?;
    lab.upgrade()?.expect(0)?;
    ensure!(lab.end()? == "new");
    Ok(())
}

/// Killed at a step, a run is ended by the next one.
fn killed_at(lab: &Lab, steps: &[&str]) -> Result<()> {
    for (number, step) in steps.iter().enumerate() {
        for line in [
            format!("\"begin\",\"step\":\"{step}\""),
            format!("\"done\",\"step\":\"{step}\""),
        ] {
            lab.kill_at(&line)
                .with_context(|| format!("killing at {line}"))?;
            let again = if number % 2 == 0 {
                lab.upgrade()?
            } else {
                lab.rollback()?
            };
            let end = if again.code == 4 {
                // It had reached its end.
                again.says(&["is installed already"])?;
                lab.end()?
            } else {
                again.expect(0)?;
                lab.end()?
            };
            if end == "new" {
                lab.rollback()?.expect(0)?;
            }
            ensure!(lab.end()? == "old", "after {line}");
        }
    }
    Ok(())
}

#[test]
fn a_killed_upgrade_ends_in_the_old_or_in_the_new_release() -> Result<()> {
    killed_at(&Lab::begin()?, &["branch", "commit"])
}

#[test]
#[ignore = "minutes: `make faults` runs it"]
fn a_kill_at_every_step_loses_nothing() -> Result<()> {
    killed_at(&Lab::begin()?, &STEPS)
}

#[test]
fn a_backup_comes_back_on_the_same_server_and_on_an_empty_one() -> Result<()> {
    let lab = Lab::begin()?;
    let server = &lab.server;
    let identity = lab.identity();
    let backup = ["backup", "--recipient", &lab.recipient, "--json"];
    let made = server.install_tool(&backup)?.expect(0)?.json()?;
    let path = made["path"].as_str().context("a path")?.to_owned();
    let key = fs::read(server.dir.join("secrets/master_key"))?;

    lab.sql("DELETE FROM organization_directory; CREATE TABLE more (n int);")?;
    let restore = ["restore", &path, "--identity", &identity, "--yes", "--json"];
    let report = server.install_tool(&restore)?.expect(0)?.json()?;
    ensure!(report["restored"] == true, "{report}");
    ensure!(lab.end()? == "old");
    // What was there before the restore is not lost either.
    lab.rollback()?.expect(0)?;
    ensure!(lab.sql("SELECT count(*) FROM organization_directory")? == "0");
    server.install_tool(&restore)?.expect(0)?;
    ensure!(lab.end()? == "old");

    // An empty server, with the bundle and the backup alone.
    let carried = lab.room.path().join("carried.age");
    fs::copy(&path, &carried)?;
    let carried = carried.display().to_string();
    server
        .install_tool(&["uninstall", "--purge", "--yes"])?
        .expect(0)?;
    ensure!(!server.dir.exists());
    let restore = ["restore", &carried, "--identity", &identity, "--yes"];
    server
        .install_tool(&restore)?
        .expect(1)?
        .says(&["VT-I034", "--bundle"])?;
    ensure!(!server.dir.exists(), "a refusal left something");
    let other = ["--bundle", "next.vtb"];
    server
        .install_tool(&[&restore[..], &other].concat())?
        .expect(1)?;
    ensure!(!server.dir.exists(), "a refusal left something");
    let bundle = ["--bundle", "vaultterm.vtb"];
    server
        .install_tool(&[&restore[..], &bundle].concat())?
        .expect(0)?;
    ensure!(lab.end()? == "old");
    ensure!(fs::read(server.dir.join("secrets/master_key"))? == key);
    Ok(())
}

/// The journal of a run that was killed in the middle of a line.
#[test]
fn a_torn_line_of_the_journal_is_no_riddle() -> Result<()> {
    let lab = Lab::begin()?;
    lab.kill_at("\"begin\",\"step\":\"files\"")?;
    let journal = lab.server.dir.join("journal.jsonl");
    let lines = BufReader::new(fs::File::open(&journal)?).lines();
    let lines: Vec<String> = lines.collect::<std::io::Result<_>>()?;
    fs::write(&journal, format!("{}\n{{\"event\":\"do", lines.join("\n")))?;
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");
    Ok(())
}
