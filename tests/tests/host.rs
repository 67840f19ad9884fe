//! The host and what the operator made of it: drift, his own Compose file, other engines, a plugin
//! that came in the bundle.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::{Server, Upgradable};
use vaultterm_tests::run::{run, wait_for};

/// What is not well, by name.
fn complaints(server: &Server) -> Result<Vec<String>> {
    let report = server.install_tool(&["doctor", "--json"])?.json()?;
    let checks = report.get("checks").and_then(Value::as_array);
    let text = |check: &Value, name| check.get(name).map(ToString::to_string).unwrap_or_default();
    let ill = checks.context("checks")?.iter();
    let ill = ill.filter(|check| text(check, "verdict") != "\"ok\"");
    let lines = ill.map(|check| format!("{}: {}", text(check, "name"), text(check, "fact")));
    // Neither is of this test's making.
    Ok(lines
        .filter(|line| !line.contains("no backup") && !line.contains("has known faults"))
        .filter(|line| !line.contains("\"guards\"") && !line.contains("\"storage\""))
        .collect())
}

#[test]
fn drift_is_found_and_the_operators_file_is_honoured() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    ensure!(
        complaints(server)? == Vec::<String>::new(),
        "{:?}",
        complaints(server)?
    );
    let measured = server
        .install_tool(&["preflight", "--bench", "--json"])?
        .expect(0)?
        .json()?;
    for name in ["syncUs", "write", "load", "restore", "clone"] {
        ensure!(measured["measured"][name].as_u64() > Some(0), "{measured}");
    }
    ensure!(server.dir.join("bench.json").exists());
    let images = server.engine.images()?;
    ensure!(!images.contains("measured"), "{images}");

    // The operator's own file counts, and stays as he wrote it.
    let own = server.dir.join("docker-compose.override.yml");
    let install = ["install", "vaultterm.vtb", "--yes"];
    fs::write(&own, "services:\n  app:\n    imag: nothing\n")?;
    let refused = server.install_tool(&install)?.expect(4)?;
    refused.says(&["does not accept docker-compose.override.yml", "imag"])?;
    let kept = [lab.container("db")?, lab.container("cache")?];
    let text = "services:\n  app:\n    labels:\n      org.example.mine: \"yes\"\n";
    fs::write(&own, text)?;
    let found = complaints(server)?;
    ensure!(
        found.len() == 1 && found[0].contains("app was started from other files"),
        "{found:?}"
    );
    server.install_tool(&install)?.expect(0)?;
    ensure!(complaints(server)? == Vec::<String>::new());
    let app = lab.container("app")?;
    let format = "{{index .Config.Labels \"org.example.mine\"}}";
    let label = server
        .engine
        .docker(&["inspect", "--format", format, &app])?;
    ensure!(label.stdout.trim() == "yes", "{}", label.stdout);
    ensure!(kept == [lab.container("db")?, lab.container("cache")?]);
    ensure!(fs::read_to_string(&own)? == text);
    lab.upgrade()?.expect(0)?;
    ensure!(lab.end()? == "new");
    let label = server
        .engine
        .docker(&["inspect", "--format", format, &lab.container("app")?])?;
    ensure!(
        label.stdout.trim() == "yes",
        "an upgrade forgot the operator's file"
    );
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");

    // What it should not do is found as well.
    fs::write(
        &own,
        "services:\n  app:\n    ports: [\"0.0.0.0:4300:4100\"]\n",
    )?;
    server.install_tool(&install)?.expect(0)?;
    let found = complaints(server)?;
    ensure!(
        found.iter().any(|line| line.contains("0.0.0.0:4300")),
        "{found:?}"
    );
    fs::remove_file(&own)?;
    server.install_tool(&install)?.expect(0)?;
    lab.sql("UPDATE schema_migrations SET checksum = '\\x00' WHERE version = 2")?;
    let found = complaints(server)?;
    ensure!(
        found.iter().any(|line| line.contains("migration 0002")),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn podman_in_dockers_place_is_recognised() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let socket = format!("unix://{}", room.path().join("podman.sock").display());
    let mut service = Command::new("podman")
        .args(["system", "service", "--time", "60", &socket])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let preflight = || -> Result<Value> {
        let mut command = Command::new(build.program("vaultterm-install")?);
        command.args(["preflight", "--json", "--docker-host", &socket]);
        let report = run(command.arg("--dir").arg(room.path().join("x")))?.json()?;
        let checks = report["checks"].as_array().context("checks")?;
        let engine = checks.iter().find(|check| check["name"] == "engine");
        let engine = engine.context("the engine")?.clone();
        let fact = engine["fact"].as_str().unwrap_or_default();
        ensure!(fact.contains("Podman"), "{fact}");
        Ok(engine)
    };
    let found = wait_for("podman", Duration::from_secs(20), preflight);
    service.kill()?;
    service.wait()?;
    let found = found?;
    ensure!(found["verdict"] == "failed", "{found}");
    ensure!(
        found["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("not supported"))
    );
    Ok(())
}

#[test]
fn a_plugin_that_came_in_the_bundle_is_used() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let plugins = "{{range .ClientInfo.Plugins}}{{if eq .Name \"compose\"}}{{.Path}}{{end}}{{end}}";
    let plugin = run(Command::new("docker").args(["info", "--format", plugins]))?.expect(0)?;
    let plugin = plugin.stdout.trim().to_owned();
    let out = room.path().join("bundle").display().to_string();
    fs::create_dir(&out)?;
    let key = build.key("release.key").display().to_string();
    let installer = build.program("vaultterm-install")?.display().to_string();
    let manifest = build.manifest()?;
    let version = manifest["version"].as_str().context("a version")?;
    let cache = build.cache().display().to_string();
    let arguments = [
        "build",
        "--version",
        version,
        "--key",
        &key,
        "--out",
        &out,
        "--installer",
        &installer,
        "--compose-plugin",
        &plugin,
        "--cache",
        &cache,
        "--app-image",
        &format!("vaultterm/app:{version}"),
    ];
    let made = build.bundler(&arguments)?.expect(0)?;
    let server = Server::start(&build, room.path())?;
    let bundle = made
        .stdout
        .trim()
        .lines()
        .last()
        .context("a path")?
        .to_owned();
    fs::copy(bundle, server.stick.join("with-plugin.vtb"))?;
    // In a mount namespace of its own, the host has no plugin.
    let folder = std::path::Path::new(&plugin).parent().context("a folder")?;
    let hidden = |arguments: &[&str]| -> Result<_> {
        let command = server.installer(arguments);
        let mut words = vec![command.get_program().to_owned()];
        words.extend(command.get_args().map(ToOwned::to_owned));
        let mut unshare = Command::new("unshare");
        unshare
            .current_dir(&server.stick)
            .args(["--mount", "bash", "-c"]);
        unshare.arg(format!(
            "mount -t tmpfs none '{}' && exec \"$@\"",
            folder.display()
        ));
        run(unshare.arg("x").args(words))
    };
    hidden(&[
        "install",
        "vaultterm.vtb",
        "--license",
        "license.vtlic",
        "--yes",
    ])?
    .expect(4)?
    .says(&["`docker compose` is not there", "--compose-plugin"])?;
    hidden(&[
        "install",
        "with-plugin.vtb",
        "--license",
        "license.vtlic",
        "--yes",
    ])?
    .expect(0)?
    .says(&["the bundle's own is used"])?;
    server.await_ready(4000)?;
    hidden(&["logs", "app"])?.expect(0)?;
    Ok(())
}

#[test]
fn two_installations_live_beside_each_other() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let second = lab.room.path().join("second");
    let dir = second.display().to_string();
    let there = |arguments: &[&str]| -> Result<_> {
        let mut command = server
            .engine
            .command(server.stick.join("vaultterm-install"));
        command.current_dir(&server.stick).args(arguments);
        run(command.args(["--dir", &dir, "--docker-host", &server.engine.host()]))
    };
    let install = [
        "install",
        "vaultterm.vtb",
        "--license",
        "license.vtlic",
        "--yes",
    ];
    // Neither the project nor the ports of the first can be had.
    there(&install)?
        .expect(4)?
        .says(&["its secrets are not in this folder"])?;
    let other = [&install[..], &["--project", "second"]].concat();
    there(&other)?.expect(4)?.says(&["--app-port"])?;
    let beside = [
        "--project",
        "second",
        "--app-port",
        "5000",
        "--admin-port",
        "5100",
    ];
    there(&[&install[..], &beside].concat())?.expect(0)?;
    server.await_ready(5000)?;
    server.await_ready(4000)?;
    ensure!(server.containers()?.len() == 6);
    let status = there(&["status", "--json"])?.expect(0)?.json()?;
    ensure!(status["project"] == "second", "{status}");

    // What one does is nothing to the other.
    let first = || -> Result<Vec<String>> {
        let names = ["app", "db", "cache"];
        let filter = "label=com.docker.compose.project=vaultterm";
        let list = ["ps", "--quiet", "--no-trunc", "--filter", filter];
        let found = server.engine.docker(&list)?.expect(0)?.stdout;
        ensure!(found.lines().count() == names.len(), "{found}");
        Ok(found.lines().map(str::to_owned).collect())
    };
    let before = first()?;
    let upgrade = [
        "upgrade",
        "next.vtb",
        "--yes",
        "--recipient",
        &lab.recipient,
    ];
    there(&upgrade)?.expect(0)?;
    there(&["rollback", "--yes"])?.expect(0)?;
    there(&["uninstall", "--purge", "--yes"])?.expect(0)?;
    ensure!(!second.exists(), "the second is left");
    ensure!(first()? == before, "the first was touched");
    ensure!(lab.end()? == "old");
    Ok(())
}
