//! A real registry on loopback, with a user and a password.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::run::{run, run_with_input, wait_for};

/// Its user.
pub const USER: &str = "carrier";
/// The user's password, for this registry only.
pub const PASSWORD: &str = "only-for-tests";

/// Debian's docker-registry. It ends with the value.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    /// Host and port.
    pub address: String,
}

impl Registry {
    /// Starts one that keeps its data below `room`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn start(room: &Path) -> Result<Self> {
        let dir = room.join("registry");
        fs::create_dir_all(&dir)?;
        // caddy is there for the proxy tests, and hashes as the registry wants it.
        let hash = run_with_input(
            Command::new("caddy").args(["hash-password", "--plaintext", PASSWORD]),
            None,
        )?
        .expect(0)?;
        fs::write(
            dir.join("htpasswd"),
            format!("{USER}:{}\n", hash.stdout.trim()),
        )?;
        // Freed before the registry takes it: nobody else asks for ports meanwhile.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {dir}/data\nhttp:\n  addr: \
             {address}\n  secret: {PASSWORD}\nauth:\n  htpasswd:\n    realm: tests\n    path: \
             {dir}/htpasswd\nlog:\n  level: error\n",
            dir = dir.display()
        );
        let file = dir.join("config.yml");
        fs::write(&file, config)?;
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("log"))?)
            .spawn()
            .context("docker-registry is missing: run deploy/host/prepare test")?;
        let registry = Self { process, address };
        let url = format!("http://{}/v2/", registry.address);
        wait_for("the registry", Duration::from_secs(20), || {
            let user = format!("{USER}:{PASSWORD}");
            run(Command::new("curl").args(["-fsS", "-u", &user, &url]))?
                .expect(0)
                .map(drop)
        })?;
        Ok(registry)
    }

    /// Pushes an image of an archive under a name of this registry.
    ///
    /// # Errors
    /// When skopeo refuses.
    pub fn push(&self, archive: &str, name: &str) -> Result<()> {
        let target = format!("docker://{}/{name}", self.address);
        let user = format!("{USER}:{PASSWORD}");
        run(Command::new("skopeo").args([
            "copy",
            "--insecure-policy",
            "--quiet",
            "--dest-tls-verify=false",
            "--dest-creds",
            &user,
            archive,
            &target,
        ]))?
        .expect(0)
        .map(drop)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
