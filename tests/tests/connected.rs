//! The connected install: a clone of the sources, `.env` from the template, and
//! `docker compose up -d --build`.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::build::{Build, repository};
use vaultterm_tests::lab::issue_license;
use vaultterm_tests::run::{run, wait_for};

const BUILD_IMAGE: &str = "vaultterm/build-host:latest";
/// As a release, but quickly.
const CARGO_OPTIONS: &str =
    "--config profile.release.lto=false --config profile.release.opt-level=0";

#[test]
#[ignore = "compiles the server inside a container, for minutes; CI asks for it"]
fn the_stack_comes_up_from_source() -> Result<()> {
    let build = Build::from_environment()?;
    run(Command::new(repository().join("deploy/images/build-host/build")).arg(BUILD_IMAGE))?
        .expect(0)?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let sources = room.path().join("sources");
    run(Command::new("git")
        .args(["clone", "--quiet"])
        .arg(repository())
        .arg(&sources))?
    .expect(0)?;
    let folder = sources.join("deploy/onprem");
    prepare(&build, &sources, &folder)?;
    let stack = Stack { folder: &folder };
    stack.compose(&["up", "--detach", "--build", "--quiet-pull"])?;
    let port = variable(&folder, "APP_PORT")?;
    wait_for("/readyz", Duration::from_secs(90), || {
        let url = format!("http://127.0.0.1:{port}/readyz");
        run(Command::new("curl").args(["-fsS", &url]))?
            .expect(0)?
            .says(&["ready"])
    })?;
    let link = stack.compose(&["exec", "-T", "app", "/vaultterm-app", "setup-link"])?;
    ensure!(
        link.contains(&format!("http://localhost:{port}/setup#token=")),
        "{link}"
    );
    let portal = run(Command::new("curl").args(["-fsS", &format!("http://127.0.0.1:{port}/")]))?;
    portal.expect(0)?.says(&["/assets/"])?;
    Ok(())
}

/// What an operator does before the first start.
fn prepare(build: &Build, sources: &Path, folder: &Path) -> Result<()> {
    fs::copy(sources.join(".env.example"), folder.join(".env"))?;
    run(Command::new("sh").arg(folder.join("generate-secrets.sh")))?.expect(0)?;
    issue_license(
        build,
        &folder.join("license/license.vtlic"),
        &["--expires", "2999-12-31"],
    )?;
    run(Command::new("chown")
        .arg("10001")
        .arg(folder.join("license/license.vtlic")))?
    .expect(0)?;
    let key = fs::read_to_string(build.key("vendor.pub"))?;
    let key = key.lines().nth(1).context("a key line")?.to_owned();
    let (app, admin) = (free_port()?, free_port()?);
    let mut env = fs::read_to_string(folder.join(".env"))?;
    // The last line of a name counts.
    env.push_str(&format!(
        "COMPOSE_PROJECT_NAME=vtconnected{app}\nAPP_IMAGE=vaultterm/app:connected{app}\n\
         APP_PORT={app}\nADMIN_PUBLISHED_PORT={admin}\nAPP_BASE_URL=http://localhost:{app}\n\
         LICENSE_PUBLIC_KEY={key}\nBUILD_IMAGE={BUILD_IMAGE}\nPORTAL_IMAGE={BUILD_IMAGE}\n\
         CARGO_OPTIONS={CARGO_OPTIONS}\n"
    ));
    Ok(fs::write(folder.join(".env"), env)?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn variable(folder: &Path, name: &str) -> Result<String> {
    let env = fs::read_to_string(folder.join(".env"))?;
    let lines = env.lines().rev();
    let value = lines
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .next();
    value
        .map(str::to_owned)
        .with_context(|| format!("{name} in .env"))
}

/// The stack; it goes with the value.
struct Stack<'a> {
    folder: &'a Path,
}

impl Stack<'_> {
    fn compose(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("docker");
        command
            .current_dir(self.folder)
            .args(["compose", "--progress", "plain"]);
        Ok(run(command.args(arguments))?.expect(0)?.stdout)
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        drop(self.compose(&["down", "--volumes", "--timeout", "5"]));
        if let Ok(image) = variable(self.folder, "APP_IMAGE") {
            drop(run(Command::new("docker").args(["image", "rm", &image])));
        }
    }
}
