//! Breaking a run of the installer at a point of its own: the run waits there until the fault has
//! been brought about.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::Upgradable;
use crate::run::{Outcome, run};

/// What gives a program another time (Debian's package libfaketime); the loader knows the folder.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";
/// How long a run may take between two points.
const LIMIT: Duration = Duration::from_secs(240);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The installer is killed.
    Kill,
    /// Killed, and the last line of its journal is half there.
    TornJournal,
    /// The step fails as on a disk that cannot be read.
    Fail,
    /// The engine stops and starts.
    EngineRestart,
    /// The disk is full, until somebody makes room.
    DiskFull,
    /// The app's process dies.
    AppDies,
    /// The dump ends before its end.
    DumpCut,
    /// The bundle cannot be read to its end.
    BundleDamaged,
    /// The database's migrations fail, which the rehearsal could not know.
    MigrationFails,
    /// They never end.
    MigrationHangs,
    /// The clock is set back by more than a year, and stays so.
    ClockBack,
    /// It is set ten years ahead.
    ClockAhead,
    /// Another database is put into the place of the one that serves, with the same rows.
    OtherDatabase,
    /// A file that containers mount is edited.
    FileChanged,
    /// `.env` names another image for the app.
    OtherImage,
}

impl Fault {
    /// What the clock is off by, as libfaketime reads it.
    const fn clock(self) -> Option<&'static str> {
        match self {
            Self::ClockBack => Some("-400d"),
            Self::ClockAhead => Some("+3650d"),
            _ => None,
        }
    }
}

/// The folder through which a run and its test speak.
struct Seam {
    dir: PathBuf,
}

impl Seam {
    fn make(dir: &Path, points: &[&str]) -> Result<Self> {
        fs::create_dir_all(dir)?;
        for name in ["reached", "go"] {
            drop(fs::remove_file(dir.join(name)));
        }
        fs::write(dir.join("points"), format!("{}\n", points.join("\n")))?;
        let hook = dir.join("hook");
        let at = dir.display();
        fs::write(
            &hook,
            format!(
                "#!/bin/sh\n\
                 [ \"$1\" = \"$(head -n 1 {at}/points)\" ] || exit 0\n\
                 sed -i 1d {at}/points\n\
                 echo \"$1\" >{at}/reached\n\
                 until [ -s {at}/go ]; do sleep 0.02; done\n\
                 code=$(cat {at}/go); rm {at}/go; exit \"$code\"\n"
            ),
        )?;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    fn take(&self) -> bool {
        fs::remove_file(self.dir.join("reached")).is_ok()
    }

    fn go(&self, code: u8) -> Result<()> {
        let new = self.dir.join("go.new");
        fs::write(&new, code.to_string())?;
        Ok(fs::rename(new, self.dir.join("go"))?)
    }
}

/// How a broken run ended.
#[derive(Debug)]
pub struct Broken {
    /// None when it was killed.
    pub outcome: Option<Outcome>,
    /// How many of the points it came to.
    pub reached: usize,
}

impl Upgradable {
    /// Runs the installer, and brings the faults about at their points, in this order.
    ///
    /// # Errors
    /// When a fault cannot be brought about, or the run does not end.
    pub fn broken(&self, arguments: &[&str], faults: &[(String, Fault)]) -> Result<Broken> {
        let points: Vec<&str> = faults.iter().map(|(point, _)| point.as_str()).collect();
        let seam = Seam::make(&self.room.path().join("seam"), &points)?;
        let said = [self.room.path().join("out"), self.room.path().join("err")];
        if faults.iter().any(|(_, fault)| fault.clock().is_some()) {
            fs::write(self.clock(), "+0\n")?;
        }
        let mut command = self.installer(arguments);
        command
            .env("VAULTTERM_FAULT_HOOK", seam.dir.join("hook"))
            .stdin(Stdio::null())
            .stdout(fs::File::create(&said[0])?)
            .stderr(fs::File::create(&said[1])?);
        let mut run = command.spawn()?;
        let (mut reached, mut moved) = (0, Instant::now());
        let status = loop {
            if let Some(status) = run.try_wait()? {
                break status;
            }
            if seam.take() {
                let fault = faults.get(reached).context("a point too many")?.1;
                reached += 1;
                moved = Instant::now();
                if self.bring_about(fault, &mut run)? {
                    seam.go(0)?;
                    self.end_torn(fault)?;
                    return Ok(Broken {
                        outcome: None,
                        reached,
                    });
                }
                seam.go(u8::from(fault == Fault::Fail))?;
            }
            if moved.elapsed() > LIMIT {
                run.kill()?;
                bail!("it hangs: {}", fs::read_to_string(&said[1])?);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
        let outcome = Outcome::of(arguments, status, &read(&said[0]), &read(&said[1]));
        Ok(Broken {
            outcome: Some(outcome),
            reached,
        })
    }

    /// The installer, with the clock that the server has by now.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn tool(&self, arguments: &[&str]) -> Result<Outcome> {
        run(&mut self.installer(arguments))
    }

    fn installer(&self, arguments: &[&str]) -> Command {
        let mut command = self.server.installer(arguments);
        if self.clock().exists() {
            command
                .env("LD_PRELOAD", FAKETIME)
                .env("FAKETIME_TIMESTAMP_FILE", self.clock())
                .env("FAKETIME_NO_CACHE", "1")
                // Only what people call the time: how long things take stays as it is.
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command
    }

    fn clock(&self) -> PathBuf {
        self.room.path().join("clock")
    }

    /// Whether the run is gone by it.
    fn bring_about(&self, fault: Fault, run: &mut Child) -> Result<bool> {
        match fault {
            Fault::Kill | Fault::TornJournal => {
                run.kill()?;
                run.wait()?;
                return Ok(true);
            }
            Fault::Fail => {}
            Fault::EngineRestart => self.server.engine.restart()?,
            Fault::DiskFull => self.disk.as_ref().context("a disk of its own")?.fill()?,
            Fault::AppDies => self.kill_inside("app", "vaultterm-app"),
            Fault::DumpCut => self.kill_inside("db", "pg_dump"),
            Fault::BundleDamaged => self.damage_bundle(true)?,
            Fault::ClockBack | Fault::ClockAhead => {
                let off = fault.clock().unwrap_or_default();
                fs::write(self.clock(), format!("{off}\n"))?;
            }
            Fault::OtherDatabase => self.exchange_database()?,
            Fault::FileChanged => {
                self.edit("db-init/10-roles.sql", |text| format!("{text}-- mine\n"))?;
            }
            Fault::OtherImage => self.exchange_image()?,
            Fault::MigrationFails => drop(self.sql(&migration("'yes'"))?),
            Fault::MigrationHangs => drop(self.sql(&migration("'hang'"))?),
        }
        Ok(false)
    }

    /// A process of a container dies; where there is none, nothing does.
    fn kill_inside(&self, service: &str, program: &str) {
        let Ok(container) = self.container(service) else {
            return;
        };
        let Ok(listed) = self
            .server
            .engine
            .docker(&["top", &container, "-eo", "pid,comm"])
        else {
            return;
        };
        for line in listed.stdout.lines() {
            if let Some((pid, comm)) = line.trim().split_once(' ')
                && comm.trim() == program
            {
                drop(run(Command::new("kill").args(["-KILL", pid])));
            }
        }
    }

    fn end_torn(&self, fault: Fault) -> Result<()> {
        if fault != Fault::TornJournal {
            return Ok(());
        }
        let path = self.server.dir.join("journal.jsonl");
        let Ok(bytes) = fs::read(&path) else {
            return Ok(());
        };
        let last = bytes
            .get(..bytes.len().saturating_sub(1))
            .unwrap_or_default();
        let start = last
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        // The line that is half there was not synced; without it the step was not begun.
        let torn = start + (bytes.len() - start) / 2;
        fs::OpenOptions::new()
            .write(true)
            .open(&path)?
            .set_len(torn as u64)?;
        Ok(())
    }

    /// Damages the later release on the stick, or heals it.
    fn damage_bundle(&self, damaged: bool) -> Result<()> {
        let stick = &self.server.stick;
        let bundles = ["next.vtb", "vaultterm.vtb"].map(|name| stick.join(name));
        let path = bundles.into_iter().find(|path| path.exists());
        let path = path.context("a bundle")?;
        let mut bytes = fs::read(&path)?;
        let at = bytes.len() - 2_000_000.min(bytes.len() / 4);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x40;
        }
        // In its place, because the run has it open.
        let mut file = fs::OpenOptions::new().write(true).open(&path)?;
        std::io::Write::write_all(&mut file, &bytes)?;
        let mark = self.room.path().join("damaged");
        if damaged {
            fs::write(mark, "")?;
        } else {
            fs::remove_file(mark)?;
        }
        Ok(())
    }

    /// What an operator does before he tries again: room, a whole bundle, an engine that runs.
    ///
    /// # Errors
    /// When something cannot be put right.
    pub fn cure(&self) -> Result<()> {
        if let Some(disk) = &self.disk {
            disk.free()?;
        }
        if self.room.path().join("damaged").exists() {
            self.damage_bundle(false)?;
        }
        self.server.engine.await_answer()?;
        if self.container("db").is_ok() {
            drop(self.sql_in("postgres", &migration("DEFAULT")));
        }
        Ok(())
    }
}

impl Upgradable {
    fn edit(&self, name: &str, change: impl Fn(&str) -> String) -> Result<()> {
        let path = self.server.dir.join(name);
        let text = fs::read_to_string(&path)?;
        fs::write(self.room.path().join("unedited"), &text)?;
        Ok(fs::write(path, change(&text))?)
    }

    fn exchange_database(&self) -> Result<()> {
        self.sql_in("postgres", "ALTER DATABASE vaultterm RENAME TO exchanged")?;
        let clone = "CREATE DATABASE vaultterm TEMPLATE exchanged OWNER vaultterm_owner";
        self.sql_in("postgres", clone)?;
        self.sql_in(
            "postgres",
            "GRANT CONNECT ON DATABASE vaultterm TO vaultterm_app",
        )?;
        self.sql_in(
            "postgres",
            "ALTER DATABASE exchanged ALLOW_CONNECTIONS false",
        )
        .map(drop)
    }

    /// The app of the first release under another id: the same, with a label more. That of the later
    /// one would migrate the database.
    fn exchange_image(&self) -> Result<()> {
        let image = format!("vaultterm/app:{}", super::upgradable::OLD);
        let made = self.server.engine.docker(&["create", &image])?.expect(0)?;
        let made = made.stdout.trim();
        let other = ["commit", "--change", "LABEL other=yes", made, "other:1"];
        let id = self.server.engine.docker(&other)?.expect(0)?.stdout;
        self.server.engine.docker(&["rm", made])?.expect(0)?;
        self.edit(".env", |text| {
            let lines = text
                .lines()
                .map(|line| match line.strip_prefix("APP_IMAGE=") {
                    Some(_) => format!("APP_IMAGE={}\n", id.trim()),
                    None => format!("{line}\n"),
                });
            lines.collect()
        })
    }

    /// Takes a sabotage back.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn undo(&self, fault: Fault) -> Result<()> {
        let unedited = |name: &str| -> Result<()> {
            fs::copy(
                self.room.path().join("unedited"),
                self.server.dir.join(name),
            )?;
            Ok(())
        };
        match fault {
            Fault::OtherDatabase => {
                for statement in [
                    "DROP DATABASE vaultterm WITH (FORCE)",
                    "ALTER DATABASE exchanged RENAME TO vaultterm",
                    "ALTER DATABASE vaultterm ALLOW_CONNECTIONS true",
                ] {
                    self.sql_in("postgres", statement)?;
                }
                Ok(())
            }
            Fault::FileChanged => unedited("db-init/10-roles.sql"),
            Fault::OtherImage => unedited(".env"),
            _ => Ok(()),
        }
    }

    /// The clock is right again.
    ///
    /// # Errors
    /// When its file cannot be removed.
    pub fn set_clock_right(&self) -> Result<()> {
        match fs::remove_file(self.clock()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn migration(how: &str) -> String {
    format!("ALTER ROLE vaultterm_owner SET vaultterm.refuse_migration = {how}")
}
