//! The reverse-proxy samples, run as they are but for the paths of the certificate.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::Namespace;
use crate::build::repository;
use crate::run::{run, wait_for};

/// The host name in the samples.
const NAME: &str = "vault.example.com";

/// A running proxy; it is stopped with the value.
#[derive(Debug)]
pub struct Proxy<'a> {
    process: Child,
    certificate: PathBuf,
    namespace: &'a Namespace,
}

impl<'a> Proxy<'a> {
    /// Starts the sample for Caddy.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn caddy(namespace: &'a Namespace, room: &Path) -> Result<Self> {
        let config = sample("Caddyfile", "/etc/caddy/vaultterm", room)?;
        let mut command = namespace.command("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(config)
            .env("HOME", room)
            .env("XDG_DATA_HOME", room);
        Self::start(command, namespace, room)
    }

    /// Starts the sample for nginx.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn nginx(namespace: &'a Namespace, room: &Path) -> Result<Self> {
        let config = sample("nginx.conf", "/etc/nginx/vaultterm", room)?;
        let pid = room.join("nginx.pid");
        let mut command = namespace.command("nginx");
        command
            .args(["-g", &format!("daemon off; pid {};", pid.display()), "-e"])
            .arg(room.join("nginx.log"))
            .arg("-c")
            .arg(config);
        Self::start(command, namespace, room)
    }

    fn start(mut command: Command, namespace: &'a Namespace, room: &Path) -> Result<Self> {
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            certificate: room.join("proxy.crt"),
            namespace,
        })
    }

    fn curl(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.namespace.command("curl");
        for port in [80, 443] {
            command.args(["--resolve", &format!("{NAME}:{port}:127.0.0.1")]);
        }
        command.args(["-sS", "--cacert"]).arg(&self.certificate);
        Ok(run(command.args(arguments))?.expect(0)?.stdout)
    }

    /// Looks at what people would get.
    ///
    /// # Errors
    /// When something is not as it should be.
    pub fn check(&self) -> Result<()> {
        let ready = format!("https://{NAME}/readyz");
        wait_for("the proxy", Duration::from_secs(20), || {
            let body = self.curl(&["--fail", &ready])?;
            ensure!(body.contains("\"ready\""), "{body}");
            Ok(())
        })?;
        let page = self
            .curl(&["--include", &format!("https://{NAME}/")])?
            .to_lowercase();
        for part in [
            "strict-transport-security: max-age=",
            "content-security-policy: default-src 'none'",
            "/assets/",
        ] {
            ensure!(page.contains(part), "no {part} in\n{page}");
        }
        let out = "%{http_code} %{redirect_url}";
        let plain = self.curl(&[
            "-o",
            "/dev/null",
            "-w",
            out,
            &format!("http://{NAME}/sign-in"),
        ])?;
        ensure!(
            plain.ends_with(&format!(" https://{NAME}/sign-in")),
            "{plain}"
        );
        let admin = self.curl(&[
            "-o",
            "/dev/null",
            "-w",
            "%{content_type}",
            &format!("https://{NAME}/admin/api/overview"),
        ])?;
        ensure!(
            !admin.contains("application/json"),
            "the admin plane: {admin}"
        );
        Ok(())
    }
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        drop(run(Command::new("kill").args(["-TERM", &pid])));
        drop(self.process.wait());
    }
}

/// A sample with a certificate made on the spot.
fn sample(name: &str, paths: &str, room: &Path) -> Result<PathBuf> {
    let (certificate, key) = (room.join("proxy.crt"), room.join("proxy.key"));
    if !certificate.exists() {
        let mut command = Command::new("openssl");
        command
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
            ])
            .args(["-nodes", "-days", "2", "-subj", &format!("/CN={NAME}")])
            .args(["-addext", &format!("subjectAltName=DNS:{NAME}"), "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        run(&mut command)?.expect(0)?;
    }
    let text = std::fs::read_to_string(repository().join("deploy/onprem/proxy").join(name))?;
    ensure!(text.contains(paths), "{name} no longer names {paths}");
    let ours = room.join("proxy").display().to_string();
    let path = room.join(name);
    std::fs::write(&path, text.replace(paths, &ours))?;
    Ok(path)
}
