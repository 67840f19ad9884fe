//! A bundle, and its key, in the hands of other people's tools.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::build::{Build, repository};
use vaultterm_tests::run::{run, run_with_input};

fn room() -> Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?)
}

/// Unpacks some members of the bundle with tar.
fn unpack(build: &Build, dir: &Path, members: &[&str]) -> Result<()> {
    run(Command::new("tar")
        .arg("--extract")
        .arg("--directory")
        .arg(dir)
        .arg("--file")
        .arg(&build.bundle)
        .args(members))?
    .expect(0)
    .map(drop)
}

#[test]
fn minisign_verifies_the_manifest() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = room()?;
    unpack(&build, dir.path(), &["bundle.json", "bundle.json.minisig"])?;
    let verify = || {
        let mut command = Command::new("minisign");
        command
            .current_dir(dir.path())
            .args(["-V", "-m", "bundle.json", "-p"]);
        run(command.arg(&build.release_pub))
    };
    verify()?
        .expect(0)?
        .says(&["comment signature verified", "vaultterm"])?;
    let path = dir.path().join("bundle.json");
    let mut text = std::fs::read(&path)?;
    text.push(b' ');
    std::fs::write(&path, text)?;
    ensure!(verify()?.code != 0, "minisign accepted a changed manifest");
    Ok(())
}

#[test]
fn sha256sum_agrees_with_every_member() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = room()?;
    unpack(&build, dir.path(), &[])?;
    let sums = ["--check", "--strict", "--quiet", "SHA256SUMS"];
    run(Command::new("sha256sum").current_dir(dir.path()).args(sums))?.expect(0)?;
    let listed = std::fs::read_to_string(dir.path().join("SHA256SUMS"))?;
    let members = run(Command::new("tar")
        .arg("--list")
        .arg("--file")
        .arg(&build.bundle))?;
    // All but the manifest, its signature and the list itself.
    let (listed, members) = (
        listed.lines().count(),
        members.expect(0)?.stdout.lines().count(),
    );
    ensure!(listed + 3 == members, "{listed} sums for {members} members");
    Ok(())
}

#[test]
fn skopeo_reads_it_as_an_oci_layout() -> Result<()> {
    let build = Build::from_environment()?;
    let manifest = build.manifest()?;
    let images = manifest["images"].as_array().context("images")?;
    ensure!(images.len() == 3, "{images:?}");
    let dir = room()?;
    for image in images {
        let reference = image["reference"].as_str().context("a reference")?;
        let source = format!("oci-archive:{}:{reference}", build.bundle.display());
        let config = run(Command::new("skopeo").args(["inspect", "--raw", "--config", &source]))?;
        let config = config.expect(0)?;
        let digest = format!(
            "sha256:{}",
            vaultterm_tests::sha256(config.stdout.as_bytes())
        );
        ensure!(
            image["config"]["digest"] == digest.as_str(),
            "{reference}: {digest}"
        );
        // Every layer is read, decompressed and compared.
        let target = format!(
            "dir:{}",
            dir.path()
                .join(vaultterm_tests::sha256(reference.as_bytes()))
                .display()
        );
        run(Command::new("skopeo").args([
            "copy",
            "--insecure-policy",
            "--quiet",
            &source,
            &target,
        ]))?
        .expect(0)?;
    }
    Ok(())
}

#[test]
fn our_key_signs_with_minisign_and_minisigns_key_signs_for_us() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = room()?;
    std::fs::write(dir.path().join("message"), "hello\n")?;
    std::fs::write(dir.path().join("passphrase"), "correct horse\n")?;
    run(Command::new(build.program("vaultterm-bundle")?)
        .current_dir(dir.path())
        .args(["keygen", "--out", "ours", "--password-file", "passphrase"]))?
    .expect(0)?;
    let minisign = |arguments: &[&str]| {
        let mut command = Command::new("minisign");
        run_with_input(
            command.current_dir(dir.path()).args(arguments),
            Some(b"correct horse\n"),
        )
    };
    minisign(&["-S", "-s", "ours/release.key", "-m", "message"])?.expect(0)?;
    minisign(&["-V", "-p", "ours/release.pub", "-m", "message"])?.expect(0)?;

    std::fs::create_dir(dir.path().join("theirs"))?;
    let two = b"correct horse\ncorrect horse\n";
    let mut generate = Command::new("minisign");
    generate.current_dir(dir.path()).args([
        "-G",
        "-p",
        "theirs/release.pub",
        "-s",
        "theirs/release.key",
    ]);
    run_with_input(&mut generate, Some(two))?.expect(0)?;
    let built = run(build_bundle(&build, dir.path())?
        .arg("--key")
        .arg(dir.path().join("theirs/release.key"))
        .arg("--password-file")
        .arg(dir.path().join("passphrase")))?
    .expect(0)?;
    run(Command::new(build.program("vaultterm-bundle")?)
        .arg("verify")
        .arg(built.stdout.trim())
        .arg("--trust")
        .arg(dir.path().join("theirs/release.pub")))?
    .expect(0)
    .map(drop)
}

/// A build from the images that are in the engine, into `out`.
fn build_bundle(build: &Build, out: &Path) -> Result<Command> {
    let mut command = Command::new(build.program("vaultterm-bundle")?);
    command
        .args(["build", "--version", "9.9.9", "--level", "3"])
        .arg("--app-image")
        .arg(format!("vaultterm/app:{}", env!("CARGO_PKG_VERSION")))
        .arg("--from")
        .arg(repository())
        .arg("--out")
        .arg(out)
        .env("SOURCE_DATE_EPOCH", "1700000000");
    Ok(command)
}

#[test]
fn the_same_inputs_give_the_same_bytes() -> Result<()> {
    let build = Build::from_environment()?;
    let mut digests = Vec::new();
    for _ in 0..2 {
        let dir = room()?;
        let built = run(build_bundle(&build, dir.path())?
            .arg("--key")
            .arg(build.key("release.key")))?
        .expect(0)?;
        digests.push(vaultterm_tests::sha256(&std::fs::read(
            built.stdout.trim(),
        )?));
        let left = std::fs::read_dir(dir.path())?.count();
        ensure!(left == 1, "{left} files beside the bundle");
    }
    ensure!(digests[0] == digests[1], "{digests:?}");
    Ok(())
}

#[test]
fn an_image_that_is_not_there_is_named_and_nothing_is_left() -> Result<()> {
    let build = Build::from_environment()?;
    let dir = room()?;
    run(build_bundle(&build, dir.path())?
        .arg("--key")
        .arg(build.key("release.key"))
        .args(["--db-image", "no-such-image:1"]))?
    .expect(1)?
    .says(&["no-such-image:1", "docker pull", "VT-B012"])?;
    ensure!(
        std::fs::read_dir(dir.path())?.next().is_none(),
        "something is left"
    );
    Ok(())
}
