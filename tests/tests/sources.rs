//! Images come from the engine, from a registry, from a folder or from a file, and go into other
//! people's stores: always the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use vaultterm_tests::build::{Build, repository};
use vaultterm_tests::registry::{PASSWORD, Registry, USER};
use vaultterm_tests::run::{Outcome, run};
use vaultterm_tests::watched::Watched;

/// The images of the bundle: option, reference, name in the registry.
fn images() -> [(&'static str, String, &'static str); 3] {
    let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
    [
        ("--app-image", app, "vaultterm/app:test"),
        ("--db-image", "postgres:16".to_owned(), "postgres:16"),
        ("--cache-image", "redis:7".to_owned(), "redis:7"),
    ]
}

struct Room {
    build: Build,
    dir: tempfile::TempDir,
    registry: Registry,
}

impl Room {
    /// A build of the registry's names, from one source, on so many processors.
    fn bundle(&self, source: &str, processors: &str) -> Result<Outcome> {
        let out = self.dir.path().join("out");
        let mut command = Command::new("taskset");
        command
            .args(["--cpu-list", processors])
            .arg(self.build.program("vaultterm-bundle")?)
            .args([
                "build",
                "--version",
                "9.9.9",
                "--level",
                "3",
                "--source",
                source,
            ])
            .arg("--key")
            .arg(self.build.key("release.key"))
            .arg("--from")
            .arg(repository())
            .arg("--out")
            .arg(&out)
            .env("DOCKER_CONFIG", self.dir.path())
            .env("SOURCE_DATE_EPOCH", "1700000000");
        for (option, _, name) in images() {
            command.arg(option).arg(self.name(name));
        }
        run(&mut command)
    }

    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.address)
    }

    fn log_in(&self, password: &str) -> Result<()> {
        let auth = format!("{USER}:{password}");
        let auth = base64::engine::general_purpose::STANDARD.encode(auth);
        let config = serde_json::json!({"auths": {&self.registry.address: {"auth": auth}}});
        Ok(fs::write(
            self.dir.path().join("config.json"),
            config.to_string(),
        )?)
    }

    fn digest_of(&self, source: &str, processors: &str) -> Result<String> {
        let built = self.bundle(source, processors)?.expect(0)?;
        let path = PathBuf::from(built.stdout.trim());
        let digest = vaultterm_tests::sha256(&fs::read(&path)?);
        fs::remove_file(path)?;
        Ok(digest)
    }
}

fn docker(arguments: &[&str]) -> Result<Outcome> {
    run(Command::new("docker").args(arguments))?.expect(0)
}

#[test]
fn every_source_gives_the_same_bytes() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let registry = Registry::start(dir.path())?;
    let room = Room {
        build,
        dir,
        registry,
    };
    for (_, reference, name) in images() {
        docker(&["tag", &reference, &room.name(name)])?;
    }
    let outcome = compare(&room);
    for (_, _, name) in images() {
        docker(&["rmi", &room.name(name)])?;
    }
    outcome
}

fn compare(room: &Room) -> Result<()> {
    let dir = room.dir.path();
    // From the bundle itself into the registry, as an operator with a mirror would.
    let bundle = room.build.bundle.display();
    for (_, reference, name) in images() {
        room.registry
            .push(&format!("oci-archive:{bundle}:{reference}"), name)?;
    }
    room.bundle("registry", "0")?
        .expect(1)?
        .says(&["could not be taken from its source", "docker login"])?;
    room.log_in("another password")?;
    let refused = room.bundle("registry", "0")?.expect(1)?;
    ensure!(
        !refused.stderr.contains("another password"),
        "{}",
        refused.stderr
    );
    room.log_in(PASSWORD)?;

    let expected = room.digest_of("engine", "0,1")?;
    let saved = dir.join("saved.tar").display().to_string();
    let names = images().map(|(_, _, name)| room.name(name));
    let mut save = vec!["save", "--output", &saved];
    save.extend(names.iter().map(String::as_str));
    docker(&save)?;
    let layout = layout(room)?;
    for (source, processors) in [
        ("engine", "0"),
        ("registry", "0,1"),
        (saved.as_str(), "0"),
        (layout.as_str(), "0,1"),
    ] {
        let found = room.digest_of(source, processors)?;
        ensure!(found == expected, "from {source} on {processors}: {found}");
    }
    let nowhere = dir.join("nowhere").display().to_string();
    room.bundle(&nowhere, "0")?.expect(1)?.says(&[&nowhere])?;
    fs::write(&nowhere, "no archive")?;
    room.bundle(&nowhere, "0")?.expect(1)?.says(&[&nowhere])?;
    Ok(())
}

/// The bundle's images as an OCI image layout in a folder. From what `docker save` wrote, skopeo
/// would make other configurations, and so other images.
fn layout(room: &Room) -> Result<String> {
    let layout = room.dir.path().join("layout").display().to_string();
    for (_, reference, name) in images() {
        let from = format!("oci-archive:{}:{reference}", room.build.bundle.display());
        let to = format!("oci:{layout}:{}", room.name(name));
        run(Command::new("skopeo").args(["copy", "--insecure-policy", "--quiet", &from, &to]))?
            .expect(0)?;
    }
    Ok(layout)
}

#[test]
fn podman_pulls_from_the_bundle() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let (root, runroot) = (dir.path().join("root"), dir.path().join("run"));
    let inspected = build.manifest()?;
    for image in inspected["images"].as_array().context("images")? {
        let reference = image["reference"].as_str().context("a reference")?;
        let source = format!("oci-archive:{}:{reference}", build.bundle.display());
        let pulled = run(Command::new("podman")
            .arg("--root")
            .arg(&root)
            .arg("--runroot")
            .arg(&runroot)
            .args(["--storage-driver", "vfs", "pull", "--quiet", &source]))?
        .expect(0)?;
        let id = format!("sha256:{}", pulled.stdout.trim());
        ensure!(
            image["config"]["digest"] == id.as_str(),
            "{reference}: {id}"
        );
    }
    Ok(())
}

const CHANGED: &str = "vaultterm-tests/app:kept";

/// A build through the watched engine, with a cache.
fn through(watched: &Watched, build: &Build, dir: &Path, app: &str) -> Result<Outcome> {
    let mut command = Command::new(build.program("vaultterm-bundle")?);
    command
        .current_dir(repository())
        .args(["build", "--version", "9.9.9", "--level", "3"])
        .args(["--docker-host", &watched.host, "--app-image", app])
        .arg("--key")
        .arg(build.key("release.key"))
        .arg("--cache")
        .arg(dir.join("cache"))
        .arg("--out")
        .arg(dir.join("out"))
        .env("SOURCE_DATE_EPOCH", "1700000000");
    run(&mut command)?.expect(0)
}

#[test]
fn what_is_kept_is_not_exported_again() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let watched = Watched::start(dir.path())?;
    let app = format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION"));
    let first = through(&watched, &build, dir.path(), &app)?.says(&["layers compressed"])?;
    let path = PathBuf::from(first.stdout.trim());
    let bytes = fs::read(&path)?;
    // Database and cache stand on one base, which is to be sent once.
    let exports = watched.exports();
    let together = |asked: &&String| asked.contains("postgres") && asked.contains("redis");
    ensure!(exports.iter().filter(together).count() == 1, "{exports:?}");
    ensure!(exports.len() == 2, "{exports:?}");

    through(&watched, &build, dir.path(), &app)?
        .says(&["every layer is kept from an earlier build"])?;
    ensure!(watched.exports().is_empty(), "what is kept was exported");
    ensure!(fs::read(&path)? == bytes, "other bytes from the cache");

    // A layer more on the app: it alone is exported, and of it only that layer is compressed.
    let context = dir.path().join("context");
    fs::create_dir(&context)?;
    fs::write(context.join("note"), "one file more")?;
    fs::write(
        context.join("Dockerfile"),
        format!("FROM {app}\nCOPY note /note\n"),
    )?;
    docker(&[
        "build",
        "--quiet",
        "--tag",
        CHANGED,
        &context.display().to_string(),
    ])?;
    let outcome = through(&watched, &build, dir.path(), CHANGED);
    docker(&["rmi", CHANGED])?;
    outcome?.says(&["Images read, one layer compressed"])?;
    let exports = watched.exports();
    ensure!(exports.len() == 1, "{exports:?}");
    let only = exports.first().context("one")?;
    ensure!(
        only.contains("app") && !only.contains("postgres") && !only.contains("redis"),
        "{only}"
    );
    Ok(())
}

#[test]
fn images_for_two_processors_are_refused() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::tempdir()?;
    let saved = room.path().join("saved");
    fs::create_dir(&saved)?;
    let key = build.key("release.key").display().to_string();
    let [from, out] = [&saved, &room.path().join("out")].map(|path| path.display().to_string());
    let refused = |of_db: (&str, &str)| -> Result<()> {
        let platforms = [
            ("app", ("linux", "amd64")),
            ("db", of_db),
            ("cache", ("linux", "amd64")),
        ];
        let mut list = Vec::new();
        for (name, (os, architecture)) in platforms {
            let rootfs = serde_json::json!({"type": "layers", "diff_ids": []});
            let config =
                serde_json::json!({"os": os, "architecture": architecture, "rootfs": rootfs});
            fs::write(saved.join(format!("{name}.json")), config.to_string())?;
            list.push(serde_json::json!({
                "Config": format!("{name}.json"), "RepoTags": [format!("{name}:1")], "Layers": [],
            }));
        }
        fs::write(
            saved.join("manifest.json"),
            serde_json::Value::from(list).to_string(),
        )?;
        let images = [
            "--app-image",
            "app:1",
            "--db-image",
            "db:1",
            "--cache-image",
            "cache:1",
        ];
        let all = [
            "build",
            "--version",
            "9.9.9",
            "--source",
            &from,
            "--key",
            &key,
            "--out",
            &out,
        ];
        build
            .bundler(&[&all[..], &images].concat())?
            .expect(1)?
            .says(&[
                "VT-B013",
                "db:1 is not for linux",
                "one bundle for each processor",
            ])?;
        let mut left = fs::read_dir(&out)?.flatten();
        ensure!(
            !left.any(|entry| entry.path().is_file()),
            "something was written"
        );
        Ok(())
    };
    refused(("linux", "arm64"))?;
    refused(("windows", "amd64"))
}
