//! The main job: one file carried into a room without any network becomes a signed-in portal.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::{Proxy, Server};

#[test]
fn a_carried_bundle_becomes_a_signed_in_portal() -> Result<()> {
    let build = Build::from_environment()?;
    let shots = build.artifacts("airgap")?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let server = Server::start(&build, room.path())?;

    server
        .install_tool(&["verify", "vaultterm.vtb", "--trust", "release.pub"])?
        .expect(0)?;
    server
        .install_tool(&["preflight", "vaultterm.vtb"])?
        .expect(0)?;
    let report = server.install()?;
    let link = report["setupLink"]
        .as_str()
        .context("a setup link")?
        .to_owned();
    ensure!(link.starts_with("http://localhost:4000/setup#"), "{link}");
    server.await_ready(4000)?;

    server.browse("first", &link, &shots)?;
    restart(&server)?;
    server.browse("again", &link, &shots)?;

    let proxy = Proxy::caddy(&server.engine.namespace, room.path())?;
    proxy.check()?;
    the_doctor_looks_at_the_certificate(&server)?;
    drop(proxy);
    Proxy::nginx(&server.engine.namespace, room.path())?.check()?;
    no_secret_is_in_sight(&server)?;
    the_app_stops_when_told(&server)?;
    only_the_app_is_published(&server)?;
    installing_again_changes_nothing(&server)?;
    status_tells_the_truth(&server)?;
    what_is_stored_is_opened_and_trails_are_read(&server)?;
    data_goes_only_when_its_name_is_typed(&server)?;
    uninstall_leaves_nothing(&server)
}

fn restart(server: &Server) -> Result<()> {
    let ids: Vec<String> = server.containers()?.into_iter().map(|(_, id)| id).collect();
    ensure!(ids.len() == 3, "three services run: {ids:?}");
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    server
        .engine
        .docker(&[&["restart"], ids.as_slice()].concat())?
        .expect(0)?;
    server.await_ready(4000)
}

/// Neither the engine's records nor the process list nor the logs hold a secret.
fn no_secret_is_in_sight(server: &Server) -> Result<()> {
    let mut seen = String::new();
    for (_, id) in server.containers()? {
        for look in [&["inspect"][..], &["top"], &["logs"]] {
            let outcome = server
                .engine
                .docker(&[look, &[id.as_str()]].concat())?
                .expect(0)?;
            seen.push_str(&outcome.stdout);
            seen.push_str(&outcome.stderr);
        }
    }
    for name in secrets(&server.dir)? {
        let secret = std::fs::read_to_string(server.dir.join("secrets").join(&name))?;
        let secret = secret.trim();
        ensure!(secret.len() >= 32, "{name} is short");
        ensure!(!seen.contains(secret), "{name} can be seen from outside");
    }
    Ok(())
}

fn secrets(dir: &Path) -> Result<Vec<String>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir.join("secrets"))? {
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode() & 0o777;
        ensure!(
            mode == 0o600,
            "{} has mode {mode:o}",
            entry.path().display()
        );
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    ensure!(names.len() >= 5, "secrets: {names:?}");
    Ok(names)
}

fn the_app_stops_when_told(server: &Server) -> Result<()> {
    let id = &container(server, "app")?;
    let stopped = server
        .engine
        .docker(&["stop", "--time", "20", id])?
        .expect(0)?;
    ensure!(stopped.took.as_secs() < 10, "it took {:?}", stopped.took);
    let state = [
        "inspect",
        "--format",
        "{{.State.ExitCode}} {{.State.OOMKilled}}",
        id,
    ];
    let state = server.engine.docker(&state)?.expect(0)?.stdout;
    ensure!(state.trim() == "0 false", "it ended with {state}");
    server.engine.docker(&["start", id])?.expect(0)?;
    server.await_ready(4000)
}

fn only_the_app_is_published(server: &Server) -> Result<()> {
    let ports = server
        .engine
        .docker(&[
            "ps",
            "--format",
            "{{.Label \"com.docker.compose.service\"}} {{.Ports}}",
        ])?
        .expect(0)?;
    for line in ports.stdout.lines() {
        let (service, published) = line.split_once(' ').unwrap_or((line, ""));
        if service == "app" {
            ensure!(
                published.contains("127.0.0.1:4100->"),
                "the admin plane: {published}"
            );
        } else {
            ensure!(
                !published.contains("->"),
                "{service} is published: {published}"
            );
        }
    }
    Ok(())
}

fn installing_again_changes_nothing(server: &Server) -> Result<()> {
    let before = server.containers()?;
    server
        .install_tool(&[
            "install",
            "vaultterm.vtb",
            "--license",
            "license.vtlic",
            "--yes",
        ])?
        .expect(0)?;
    ensure!(server.containers()? == before, "containers were replaced");
    Ok(())
}

fn status_tells_the_truth(server: &Server) -> Result<()> {
    let status = server
        .install_tool(&["status", "--json"])?
        .expect(0)?
        .json()?;
    let text = status.to_string();
    ensure!(
        text.contains("development"),
        "a development build says so: {text}"
    );
    let at = |pointer: &str| status.pointer(pointer).cloned().unwrap_or_default();
    ensure!(
        at("/seatsUsed") == 1 && at("/license/seats") == 50,
        "{text}"
    );
    let ways = [
        at("/exposed/0/local"),
        at("/exposed/1/local"),
        at("/exposed/2"),
    ];
    ensure!(ways == [true.into(), true.into(), Value::Null], "{text}");
    for name in ["folderFree", "engineFree", "database"] {
        let size = at(&format!("/disk/{name}")).as_u64();
        ensure!(size > Some(1 << 20), "{name}: {text}");
    }
    server.install_tool(&["status"])?.expect(0)?.says(&[
        "1 of 50",
        "app at 127.0.0.1:4100, for this host only",
        "free in the folder",
    ])?;
    Ok(())
}

/// The app's container, or that of another service.
fn container(server: &Server, service: &str) -> Result<String> {
    let containers = server.containers()?;
    let mut found = containers.into_iter().filter(|(name, _)| name == service);
    Ok(found.next().context("a container")?.1)
}

fn check(server: &Server, name: &str) -> Result<(String, String)> {
    let report = server.install_tool(&["doctor", "--json"])?.json()?;
    let text = |check: &Value, key: &str| -> String {
        let text = check.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let checks = report.get("checks").and_then(Value::as_array);
    let mut checks = checks.context("checks")?.iter();
    let check = checks.find(|check| text(check, "name") == name);
    let check = check.with_context(|| format!("no {name} in {report}"))?;
    Ok((text(check, "verdict"), text(check, "fact")))
}

/// The proxy's certificate is good for two days, which is not long.
fn the_doctor_looks_at_the_certificate(server: &Server) -> Result<()> {
    let install = |url: &str| {
        let again = ["install", "vaultterm.vtb", "--yes", "--base-url", url];
        server.install_tool(&again)?.expect(0)
    };
    install("https://vault.example.com")?;
    let (verdict, fact) = check(server, "certificate")?;
    ensure!(
        verdict == "warning" && fact.contains("good for 1 days"),
        "{fact}"
    );
    install("http://localhost:4000").map(drop)
}

fn what_is_stored_is_opened_and_trails_are_read(server: &Server) -> Result<()> {
    let app = container(server, "app")?;
    let exec = |arguments: &[&str]| {
        let call = [&["exec", &app, "/vaultterm-app"], arguments].concat();
        server.engine.docker(&call)
    };
    let said = exec(&["selftest"])?.expect(0)?.stdout;
    ensure!(!said.contains(" 0 stored secrets"), "{said}");
    let (verdict, fact) = check(server, "audit")?;
    ensure!(
        verdict == "ok" && fact.contains("entries of the platform and of 1 organisation,"),
        "{fact}"
    );
    // Somebody with all rights on the database.
    let sql = |statements: &str| {
        let db = container(server, "db")?;
        let psql = [
            "exec",
            "-u",
            "postgres",
            &db,
            "psql",
            "-d",
            "vaultterm",
            "-c",
        ];
        let call = [&psql[..], &[statements]].concat();
        server.engine.docker(&call)?.expect(0)
    };
    sql("ALTER TABLE audit_events DISABLE TRIGGER audit_append_only")?;
    sql(
        "UPDATE audit_events SET detail = '{\"name\": \"never\"}' WHERE id = (SELECT event_id FROM audit_links WHERE seq = 2)",
    )?;
    let (verdict, fact) = check(server, "audit")?;
    ensure!(
        verdict == "failed" && fact.contains("entry 2 was changed or added"),
        "{fact}"
    );
    exec(&["audit", "verify"])?.expect(1)?;
    sql("UPDATE secrets SET sealed_value = sealed_meta")?;
    exec(&["selftest"])?.expect(1)?.says(&["does not open"])?;
    let (verdict, _) = check(server, "app")?;
    ensure!(verdict == "failed", "the doctor finds it well");
    Ok(())
}

fn data_goes_only_when_its_name_is_typed(server: &Server) -> Result<()> {
    let before = server.containers()?;
    for typed in ["y\n", "vaulterm\n", "\n"] {
        server
            .on_terminal(&["uninstall", "--purge"], typed)?
            .expect(1)?
            .says(&["VT-I009"])?;
        ensure!(server.containers()? == before, "{typed:?} was enough");
    }
    Ok(())
}

fn uninstall_leaves_nothing(server: &Server) -> Result<()> {
    server
        .on_terminal(&["uninstall", "--purge"], "vaultterm\n")?
        .expect(0)?;
    for (what, list) in [
        ("containers", &["ps", "--all", "--quiet"][..]),
        ("volumes", &["volume", "ls", "--quiet"]),
        (
            "networks",
            &["network", "ls", "--quiet", "--filter", "type=custom"],
        ),
    ] {
        let left = server.engine.docker(list)?.expect(0)?.stdout;
        ensure!(left.trim().is_empty(), "{what} are left: {left}");
    }
    ensure!(!server.dir.exists(), "{} is left", server.dir.display());
    Ok(())
}
