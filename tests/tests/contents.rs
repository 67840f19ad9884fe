//! What a bundle says of itself: components, provenance, the page to print, what a release changes,
//! and whether the same comes out again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vaultterm_tests::build::Build;
use vaultterm_tests::run::run;

fn member(build: &Build, name: &str) -> Result<String> {
    let mut command = Command::new("tar");
    command.arg("--extract").arg("--to-stdout").arg("--file");
    let outcome = run(command.arg(&build.bundle).arg(name))?;
    Ok(outcome.expect(0)?.stdout)
}

#[test]
fn components_are_listed_and_exported() -> Result<()> {
    let build = Build::from_environment()?;
    let file = build.bundle.display().to_string();
    let listed = build
        .bundler(&["sbom", &file, "--json"])?
        .expect(0)?
        .json()?;
    let has = |of: &str, name: &str| {
        let found = listed[of].as_array().into_iter().flatten();
        found.into_iter().any(|component| component["name"] == name)
    };
    for (of, name) in [
        ("vaultterm", "axum"),
        ("vaultterm", "svelte"),
        ("db", "libc6"),
        ("cache", "libc6"),
    ] {
        ensure!(has(of, name), "{name} is not listed for {of}");
    }
    ensure!(
        !has("vaultterm", "proptest"),
        "what only tests use is listed"
    );

    let room = tempfile::tempdir()?;
    let out = room.path().display().to_string();
    build.bundler(&["sbom", &file, "--out", &out])?.expect(0)?;
    for name in ["vaultterm", "db", "cache"] {
        let text = fs::read(room.path().join(format!("{name}.cdx.json")))?;
        let document: Value = serde_json::from_slice(&text)?;
        ensure!(document["bomFormat"] == "CycloneDX" && document["specVersion"] == "1.6");
    }
    let page = member(&build, "files/RUNBOOK.txt")?;
    ensure!(
        page.contains("Exit codes") && page.contains("repair-request"),
        "{page}"
    );
    Ok(())
}

#[test]
fn provenance_names_the_commit_and_the_images() -> Result<()> {
    let build = Build::from_environment()?;
    let statement: Value = serde_json::from_str(&member(&build, "files/provenance.json")?)?;
    ensure!(statement["_type"] == "https://in-toto.io/Statement/v1");
    let manifest = build.manifest()?;
    for image in manifest["images"].as_array().context("images")? {
        let digest = image["config"]["digest"].as_str().context("a digest")?;
        let digest = digest.trim_start_matches("sha256:");
        let mut subjects = statement["subject"].as_array().into_iter().flatten();
        let named = subjects.any(|subject| subject["digest"]["sha256"] == digest);
        ensure!(named, "{digest} is no subject");
    }
    let from = &statement["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    ensure!(
        from["digest"]["gitCommit"]
            .as_str()
            .is_some_and(|commit| commit.len() == 40)
    );
    Ok(())
}

/// A build of the release in the engine, into `out`.
fn built(build: &Build, out: &Path, more: &[&str]) -> Result<PathBuf> {
    let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
    let (out, key) = (out.display().to_string(), build.key("release.key"));
    let key = key.display().to_string();
    let all = [
        "build",
        "--version",
        "9.9.9",
        "--key",
        &key,
        "--out",
        &out,
        "--app-image",
        &app,
    ];
    let outcome = build.bundler(&[&all[..], more].concat())?.expect(0)?;
    Ok(PathBuf::from(outcome.stdout.trim()))
}

#[test]
fn the_same_comes_out_again_and_a_difference_is_named() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let cache = room.path().join("cache").display().to_string();
    let first = built(&build, room.path(), &["--cache", &cache])?;
    let file = first.display().to_string();
    let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
    let again = ["reproduce", &file, "--app-image", &app];
    build
        .bundler(&[&again[..], &["--cache", &cache]].concat())?
        .expect(0)?;
    build
        .bundler(&again)?
        .expect(0)?
        .says(&["the same bytes"])?;
    build
        .bundler(&[&again[..], &["--level", "1"]].concat())?
        .expect(1)?
        .says(&["compressed otherwise", "--level"])?;
    let installer = build.program("vaultterm-install")?.display().to_string();
    build
        .bundler(&[&again[..], &["--installer", &installer, "--cache", &cache]].concat())?
        .expect(1)?
        .says(&["vaultterm-install"])?;

    let same = build.bundler(&["diff", &file, &file])?.expect(0)?;
    ensure!(
        same.stdout.matches("nothing changes").count() == 4,
        "{}",
        same.stdout
    );
    let other = built(
        &build,
        &room.path().join("other"),
        &["--cache", &cache, "--installer", &installer],
    )?;
    let other = other.display().to_string();
    let changed = build
        .bundler(&["diff", &file, &other, "--json"])?
        .expect(0)?
        .json()?;
    let files = changed["files"].as_array().context("files")?;
    ensure!(
        files.len() == 1 && files[0]["name"] == "vaultterm-install",
        "{files:?}"
    );
    ensure!(
        files[0]["grows"]
            .as_i64()
            .is_some_and(|bytes| bytes > 1_000_000),
        "{files:?}"
    );
    Ok(())
}

#[test]
fn the_compose_plugin_travels_along() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let script = room.path().join("compose").display().to_string();
    fs::write(&script, "#!/bin/sh\n")?;
    let cache = room.path().join("cache").display().to_string();
    let refused = [
        "build",
        "--version",
        "9.9.9",
        "--key",
        &build.key("release.key").display().to_string(),
        "--out",
        &room.path().display().to_string(),
        "--compose-plugin",
        &script,
    ];
    build
        .bundler(&refused)?
        .expect(1)?
        .says(&[&script, "no program for linux"])?;

    let named = "{{range .ClientInfo.Plugins}}{{if eq .Name \"compose\"}}{{.Path}}{{end}}{{end}}";
    let plugin = run(Command::new("docker").args(["info", "--format", named]))?.expect(0)?;
    let plugin = plugin.stdout.trim();
    let options = ["--compose-plugin", plugin, "--cache", &cache];
    let bundle = built(&build, room.path(), &options)?;
    // As the preflight and the operators' guide say it.
    let place = room.path().join("cli-plugins");
    fs::create_dir(&place)?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xf").arg(&bundle).arg("-C").arg(&place);
    run(unpack.args(["--strip-components=1", "files/docker-compose"]))?.expect(0)?;
    let carried = place.join("docker-compose");
    ensure!(fs::read(&carried)? == fs::read(plugin)?, "other bytes");
    run(Command::new(carried).args(["docker-cli-plugin-metadata"]))?.expect(0)?;
    Ok(())
}
