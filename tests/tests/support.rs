//! The support bundle: everything that helps, and no secret, in whatever shape.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::Server;
use vaultterm_tests::run::run;

/// Unpacks a bundle with tar; what it holds, as one text.
fn unpack(path: &Path, to: &Path) -> Result<String> {
    fs::create_dir_all(to)?;
    let mut tar = Command::new("tar");
    run(tar.arg("-xzf").arg(path).arg("-C").arg(to))?.expect(0)?;
    let mut cat = Command::new("bash");
    cat.args(["-c", "find \"$1\" -type f -exec cat {} +", "x"]);
    Ok(run(cat.arg(to))?.expect(0)?.stdout)
}

#[test]
fn support_sees_everything_but_secrets() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let server = Server::start(&build, room.path())?;
    server.install()?;
    let out = |name: &str| room.path().join(name);
    let bundle = |name: &str| {
        let path = out(name).display().to_string();
        server.install_tool(&["support-bundle", "--out", &path, "--json"])
    };
    let report = bundle("first.tar.gz")?.expect(0)?.json()?;
    ensure!(report["missing"] == serde_json::json!([]), "{report}");
    ensure!(report["bundle"]["searched"].as_u64() >= Some(6), "{report}");
    let text = unpack(&out("first.tar.gz"), &out("first"))?;
    for there in [
        "\"event\":\"finished\"",
        "APP_PORT=4000",
        "MASTER_KEY_FILE=./secrets/master_key",
        "the app is ready and opens what it stored",
        "database system is ready to accept connections",
    ] {
        ensure!(text.contains(there), "{there} is not in it");
    }
    for entry in fs::read_dir(server.dir.join("secrets"))? {
        let secret = fs::read_to_string(entry?.path())?;
        let secret = secret.trim();
        for shape in [secret.to_owned(), STANDARD.encode(secret)] {
            ensure!(!text.contains(&shape), "a secret is in it");
        }
    }
    let host = run(&mut Command::new("hostname"))?.stdout;
    let host = host.trim();
    let common = host.len() < 5 || host == "localhost";
    ensure!(common || !text.contains(host), "{host} is in it");

    // The same address has the same name in the next one, and nobody sees which it was.
    let env = server.dir.join(".env");
    let whole = fs::read_to_string(&env)?;
    fs::write(&env, format!("{whole}TRUSTED_PROXIES=10.9.8.7\n"))?;
    bundle("second.tar.gz")?.expect(0)?;
    bundle("third.tar.gz")?.expect(0)?;
    let named = |name: &str| -> Result<String> {
        let text = unpack(&out(&format!("{name}.tar.gz")), &out(name))?;
        let line = text
            .lines()
            .find(|line| line.starts_with("TRUSTED_PROXIES=ip-"));
        Ok(line.context("a pseudonym")?.to_owned())
    };
    ensure!(named("second")? == named("third")?);

    // What no pattern sees is found all the same, and then there is no file.
    fs::write(server.dir.join("secrets/short"), "kauz-eule")?;
    fs::write(
        &env,
        format!("{whole}NOTE=a{}\n", STANDARD.encode("xkauz-eulex")),
    )?;
    let refused = bundle("leak.tar.gz")?.expect(1)?;
    refused.says(&["VT-I038", "secrets/short", "env"])?;
    ensure!(!out("leak.tar.gz").exists(), "a file was written");
    fs::remove_file(server.dir.join("secrets/short"))?;
    fs::write(&env, &whole)?;

    // And when nothing works any more, there is something to send.
    let containers = server.containers()?;
    let (_, app) = containers
        .iter()
        .find(|(name, _)| name == "app")
        .context("app")?;
    server.engine.docker(&["stop", app])?.expect(0)?;
    bundle("stopped.tar.gz")?.expect(0)?;
    let path = out("alone.tar.gz").display().to_string();
    let mut alone = Command::new(server.stick.join("vaultterm-install"));
    alone.args([
        "support-bundle",
        "--out",
        &path,
        "--docker-host",
        "unix:///nowhere.sock",
    ]);
    run(alone.arg("--dir").arg(&server.dir))?
        .expect(0)?
        .says(&["engine.json is not in it"])?;
    Ok(())
}
