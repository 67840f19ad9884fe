//! What a bundle says of itself: components, provenance, the page to print, what a release changes,
//! and whether the same comes out again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vaultterm_tests::build::{Build, repository};
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
        ("vaultterm", "tailwindcss"),
        ("db", "libc6"),
        ("cache", "libc6"),
    ] {
        ensure!(has(of, name), "{name} is not listed for {of}");
    }
    ensure!(
        !has("vaultterm", "proptest"),
        "what only tests use is listed"
    );
    ensure!(
        !has("vaultterm", "vitest") && !has("vaultterm", "eslint"),
        "what only builds the portal is listed"
    );
    // The official image calls it postgresql-16, after Debian's package.
    let mut in_db = listed["db"].as_array().into_iter().flatten();
    let named = |component: &Value| {
        let name = component["name"].as_str().unwrap_or_default();
        name.starts_with("postgresql")
    };
    ensure!(in_db.any(named), "the database itself is not listed");

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

/// A build of the release in the engine, into `out`: its first file.
fn built(build: &Build, out: &Path, more: &[&str]) -> Result<PathBuf> {
    let mut command = Command::new(build.program("vaultterm-bundle")?);
    let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
    command
        .current_dir(repository())
        .args(["build", "--version", "9.9.9", "--app-image", &app])
        .arg("--key")
        .arg(build.key("release.key"))
        .arg("--out")
        .arg(out)
        .env("SOURCE_DATE_EPOCH", "1700000000");
    let outcome = run(command.args(more))?.expect(0)?;
    let first = outcome.stdout.lines().next().context("a path")?;
    Ok(PathBuf::from(first))
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
    let sections = ["Images", "Migrations", "Variables", "Files", "Components"];
    let unchanged = sections.map(|title| format!("\n{title}\n  nothing changes\n"));
    let unchanged = unchanged.concat();
    ensure!(same.stdout.ends_with(&unchanged), "{}", same.stdout);
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

/// What `diff --json` says.
fn changes(build: &Build, old: &Path, new: &Path) -> Result<Value> {
    let [old, new] = [old, new].map(|path| path.display().to_string());
    build
        .bundler(&["diff", &old, &new, "--json"])?
        .expect(0)?
        .json()
}

fn names(section: &Value) -> Vec<&str> {
    let changes = section.as_array().into_iter().flatten();
    changes
        .filter_map(|change| change["name"].as_str())
        .collect()
}

#[test]
fn a_release_is_compared_with_the_one_before() -> Result<()> {
    let build = Build::from_environment()?;
    let later = build.later("9.0.0", false)?;
    let found = changes(&build, &build.bundle, &later)?;
    ensure!(found["oldVersion"] == env!("CARGO_PKG_VERSION") && found["newVersion"] == "9.0.0");
    ensure!(names(&found["images"]) == ["app"], "{found}");
    let app = &found["images"][0];
    let shown = |key: &str| app[key].as_str().unwrap_or_default().to_owned();
    ensure!(shown("old").starts_with(concat!("vaultterm/app:", env!("CARGO_PKG_VERSION"))));
    ensure!(shown("new").starts_with("vaultterm/app:9.0.0 (") && app["grows"].is_i64());
    ensure!(names(&found["migrations"]) == ["9000_later"], "{found}");
    ensure!(
        found["migrations"][0]["old"].is_null(),
        "it is new: {found}"
    );
    ensure!(names(&found["variables"]) == ["LATER_OPTION"], "{found}");
    ensure!(found["variables"][0]["new"] == "was LATER_ONCE", "{found}");
    // The same lock files and the same images below.
    ensure!(found["components"] == serde_json::json!([]), "{found}");
    let files = names(&found["files"]);
    for name in [".env.example", "migrations/9000_later.sql"] {
        ensure!(files.contains(&name), "{name} is not among {files:?}");
    }
    ensure!(!files.contains(&"docker-compose.yml"), "{files:?}");

    // The other way round, what came is gone.
    let back = changes(&build, &later, &build.bundle)?;
    ensure!(
        back["migrations"][0]["new"].is_null() && names(&back["variables"]) == ["LATER_OPTION"]
    );
    Ok(())
}

#[test]
fn a_delta_says_what_is_in_the_release() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let cache = build.cache().display().to_string();
    let full = built(&build, &room.path().join("full"), &["--cache", &cache])?;
    let base = full.display().to_string();
    let delta = built(&build, room.path(), &["--cache", &cache, "--base", &base])?;
    ensure!(delta.display().to_string().ends_with("-from-v9.9.9.vtb"));
    let listed = |path: &Path| {
        let path = path.display().to_string();
        build.bundler(&["sbom", &path, "--json"])?.expect(0)?.json()
    };
    let components = listed(&delta)?;
    ensure!(components == listed(&full)?, "other components");
    ensure!(
        components["cache"]
            .as_array()
            .is_some_and(|list| list.len() > 3)
    );
    for (old, new) in [(&full, &delta), (&delta, &full)] {
        let found = changes(&build, old, new)?;
        for section in ["images", "migrations", "variables", "files", "components"] {
            ensure!(
                found[section] == serde_json::json!([]),
                "{section}: {found}"
            );
        }
    }
    Ok(())
}

/// Volumes of at most the size that was asked for; joined, they are the one file.
#[test]
fn volumes_are_built_at_once() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let cache = build.cache().display().to_string();
    let at = |name: &str| room.path().join(name);
    let whole = built(&build, &at("whole"), &["--cache", &cache])?;
    let in_volumes = ["--cache", &cache, "--volume-size", "8M"];
    let first = built(&build, &at("volumes"), &in_volumes)?;
    ensure!(
        first.display().to_string().ends_with(".vtb.001"),
        "{}",
        first.display()
    );
    let mut names: Vec<String> = fs::read_dir(at("volumes"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.sort();
    let name = whole.file_name().context("a name")?.to_string_lossy();
    let expected: Vec<String> = (1..=names.len())
        .map(|n| format!("{name}.{n:03}"))
        .collect();
    ensure!(names == expected && names.len() > 2, "{names:?}");
    for name in &names {
        ensure!(
            at("volumes").join(name).metadata()?.len() <= 8 << 20,
            "{name} is too large"
        );
    }
    let [first, out] = [first, at("joined")].map(|path| path.display().to_string());
    build.bundler(&["verify", &first])?.expect(0)?;
    build.bundler(&["join", &first, "--out", &out])?.expect(0)?;
    ensure!(
        fs::read(at("joined").join(&*name))? == fs::read(&whole)?,
        "joined is another file"
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
