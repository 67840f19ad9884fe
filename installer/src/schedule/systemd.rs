//! systemd, driven as programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Job, NAMES, Unit};
use crate::error::Error;
use crate::files::{place, remove};

const UNITS: &str = "etc/systemd/system";
/// It is there where systemd runs the host (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";

/// The units of a host: this one's, or those of an image that is being made below another root.
pub(crate) struct Systemd {
    root: Option<PathBuf>,
}

/// Whether systemd takes a text as a time; why not, in its words.
///
/// # Errors
/// When it does not, or is not there.
pub(crate) fn is_time(text: &str) -> Result<(), Error> {
    if text.chars().any(char::is_control) {
        return Err(Error::Schedule("a time is one line".to_owned()));
    }
    call("systemd-analyze", &["calendar", text])
}

impl Systemd {
    /// Of this host, or of what lies below a root.
    ///
    /// # Errors
    /// When this host is not run by systemd.
    pub(crate) fn find(root: Option<&Path>) -> Result<Self, Error> {
        if root.is_none() && !Path::new(BOOTED).is_dir() {
            return Err(Error::NoSystemd);
        }
        Ok(Self {
            root: root.map(Path::to_owned),
        })
    }

    /// Writes the units and enables the timer; what was there before stays where that fails.
    ///
    /// # Errors
    /// When a unit cannot be written, or systemd does not take it.
    pub(crate) fn enable(&self, job: &Job) -> Result<PathBuf, Error> {
        let units = job.units();
        let before: Vec<Option<Vec<u8>>> = units
            .iter()
            .map(|unit| fs::read(self.path(&unit.name)).ok())
            .collect();
        let done = self.write(&units).and_then(|()| self.turn_on(&units));
        if done.is_err() {
            for (unit, before) in units.iter().zip(before) {
                let path = self.path(&unit.name);
                match before {
                    Some(bytes) => place(&path, &bytes, 0o644, None)?,
                    None => remove(&path).map_err(Error::file("cannot remove", &path))?,
                }
            }
        }
        done?;
        let [_, timer] = units;
        Ok(self.path(&timer.name))
    }

    /// Disables and removes the units of a project; whether there were any.
    ///
    /// # Errors
    /// When systemd refuses, or a unit cannot be removed.
    pub(crate) fn disable(&self, project: &str) -> Result<bool, Error> {
        let names = NAMES.map(|end| format!("{}.{end}", Job::name(project)));
        if !names.iter().any(|name| self.path(name).exists()) {
            return Ok(false);
        }
        let [_, timer] = &names;
        match &self.root {
            Some(root) => call("systemctl", &[&at(root), "disable", timer])?,
            None => call("systemctl", &["disable", "--now", timer])?,
        }
        for name in &names {
            let path = self.path(name);
            remove(&path).map_err(Error::file("cannot remove", &path))?;
        }
        self.reload()?;
        Ok(true)
    }

    /// When backups of a project are made, as far as there is a timer for it.
    pub(crate) fn time_of(project: &str) -> Option<String> {
        let here = Self { root: None };
        let text = fs::read_to_string(here.path(&format!("{}.timer", Job::name(project)))).ok()?;
        let at = text
            .lines()
            .find_map(|line| line.strip_prefix("OnCalendar="))?;
        Some(at.to_owned())
    }

    fn write(&self, units: &[Unit]) -> Result<(), Error> {
        let dir = self.path("");
        fs::create_dir_all(&dir).map_err(Error::file("cannot make the folder", &dir))?;
        units
            .iter()
            .try_for_each(|unit| place(&self.path(&unit.name), unit.text.as_bytes(), 0o644, None))
    }

    fn turn_on(&self, [_, timer]: &[Unit; 2]) -> Result<(), Error> {
        match &self.root {
            Some(root) => call("systemctl", &[&at(root), "enable", &timer.name]),
            None => {
                self.reload()?;
                call("systemctl", &["enable", "--now", &timer.name])
            }
        }
    }

    fn reload(&self) -> Result<(), Error> {
        match &self.root {
            Some(_) => Ok(()),
            None => call("systemctl", &["daemon-reload"]),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        root.join(UNITS).join(name)
    }
}

fn at(root: &Path) -> String {
    format!("--root={}", root.display())
}

fn call(program: &str, arguments: &[&str]) -> Result<(), Error> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Error::Schedule(said))
        }
        Err(error) => Err(Error::Schedule(format!(
            "`{program}` cannot be run: {error}"
        ))),
    }
}
