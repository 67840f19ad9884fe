//! A network namespace with nothing in it but the loopback interface.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, ensure};

use crate::run::run;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A namespace of our own; it goes with the value.
#[derive(Debug)]
pub struct Namespace {
    /// Its name, which no other on this host has.
    pub name: String,
}

impl Namespace {
    /// Makes a namespace whose loopback is up.
    ///
    /// # Errors
    /// When `ip` refuses, as it does without root.
    pub fn create() -> Result<Self> {
        let serial = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vaultterm-lab-{}-{serial}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]))?.expect(0)?;
        let namespace = Self { name };
        run(namespace.command("ip").args(["link", "set", "lo", "up"]))?.expect(0)?;
        Ok(namespace)
    }

    /// A command that will run inside. `nsenter` changes the network alone; `ip netns exec` would
    /// also hide the cgroup mounts that an engine needs.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/run/netns/{}", self.name))
            .arg("--")
            .arg(program);
        command
    }

    /// Proves that there is no way out: no default route, and no address beyond the host's own
    /// bridges can be reached.
    ///
    /// # Errors
    /// When there is one.
    pub fn assert_closed(&self) -> Result<()> {
        for family in ["-4", "-6"] {
            let routes = run(self
                .command("ip")
                .args([family, "route", "show", "default"]))?;
            ensure!(
                routes.stdout.trim().is_empty(),
                "a way out: {}",
                routes.stdout
            );
        }
        // TEST-NET-1 (RFC 5737): no host answers there, and here the kernel must refuse at once.
        let out = run(self.command("ip").args(["route", "get", "192.0.2.1"]))?;
        ensure!(out.code != 0, "192.0.2.1 is routed: {}", out.stdout);
        Ok(())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(run(Command::new("ip").args(["netns", "del", &self.name])));
    }
}
