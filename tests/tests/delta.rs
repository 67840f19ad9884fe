//! Small bundles for servers that have an earlier one, and large ones that came in pieces or
//! damaged.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::build::{Build, repository};
use vaultterm_tests::lab::Server;
use vaultterm_tests::run::run;

const IMAGE: &str = "vaultterm-tests/app:changed";

/// An app image whose binary differs a little, as after a small change.
fn changed_image(build: &Build, room: &Path) -> Result<()> {
    let binary = room.join("vaultterm-app");
    fs::copy(build.program("vaultterm-app")?, &binary)?;
    let mut file = fs::OpenOptions::new().append(true).open(&binary)?;
    file.write_all(b"a small change")?;
    let mut script = Command::new(repository().join("deploy/images/app/build"));
    run(script.arg(&binary).arg(IMAGE))?.expect(0).map(drop)
}

/// A delta of the release that the bundle carries, with the changed app.
fn delta(build: &Build, room: &Path, against: &[&str]) -> Result<PathBuf> {
    let version = env!("CARGO_PKG_VERSION");
    let (out, key) = (room.join("delta"), build.key("release.key"));
    let mut arguments = vec!["build", "--version", version, "--app-image", IMAGE];
    let (out, key) = (out.display().to_string(), key.display().to_string());
    let installer = build.program("vaultterm-install")?.display().to_string();
    arguments.extend(["--key", &key, "--out", &out, "--installer", &installer]);
    arguments.extend(against);
    let built = build.bundler(&arguments)?.expect(0)?;
    Ok(PathBuf::from(built.stdout.trim()))
}

#[test]
fn a_delta_makes_the_new_release_from_the_installed_one() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    changed_image(&build, room.path())?;
    let outcome = delta_story(&build, room.path());
    run(Command::new("docker").args(["rmi", IMAGE]))?;
    outcome
}

fn delta_story(build: &Build, room: &Path) -> Result<()> {
    let server = Server::start(build, room)?;
    let base = build.bundle.display().to_string();
    let small = delta(build, room, &["--base", &base])?;
    let name = small.file_name().context("a name")?.to_string_lossy();
    ensure!(name.contains("-from-v"), "{name}");
    let (small_size, full_size) = (small.metadata()?.len(), build.bundle.metadata()?.len());
    ensure!(small_size * 50 < full_size, "{small_size} of {full_size}");

    // Without its base nothing is touched, and the bundle to bring is named.
    fs::copy(&small, server.stick.join("delta.vtb"))?;
    let install = [
        "install",
        "delta.vtb",
        "--license",
        "license.vtlic",
        "--yes",
    ];
    let images = server.engine.images()?;
    server
        .install_tool(&install)?
        .expect(4)?
        .says(&["is a delta from release", "bring the complete bundle"])?;
    server.assert_untouched(&images)?;

    in_volumes(build, &server)?;
    let before = server.containers()?;

    // Built against what the server says of itself, it is as small.
    let inventory = room.join("inventory.json").display().to_string();
    server
        .install_tool(&["inventory", "--out", &inventory])?
        .expect(0)?;
    no_secret_in(&fs::read_to_string(&inventory)?, &server)?;
    let answer = delta(build, room, &["--for", &inventory, "--base", &base])?;
    ensure!(answer.metadata()?.len() < small_size + 4096);
    without_its_base(build, &server, &inventory, full_size)?;
    fs::copy(&answer, server.stick.join("delta.vtb"))?;
    server
        .install_tool(&["verify", "--deep", "delta.vtb"])?
        .expect(0)?;

    a_flipped_patch_is_the_bundles_fault(&server, &install)?;
    a_lost_blob_is_named(&server, &install, &before)?;
    server.install_tool(&install)?.expect(0)?;
    server.await_ready(4000)?;
    let after = server.containers()?;
    let id = |list: &[(String, String)], name: &str| {
        let found = list.iter().find(|(service, _)| service == name);
        found.map(|(_, id)| id.clone())
    };
    ensure!(
        id(&before, "app") != id(&after, "app"),
        "the app is the old one"
    );
    for service in ["db", "cache"] {
        ensure!(
            id(&before, service) == id(&after, service),
            "{service} was recreated"
        );
    }
    server
        .install_tool(&["uninstall", "--purge", "--yes"])?
        .expect(0)?;
    ensure!(!server.dir.exists(), "{} is left", server.dir.display());
    Ok(())
}

/// The inventory alone says what to leave out. Nothing to patch from is at hand, so what changed is
/// carried whole.
fn without_its_base(build: &Build, server: &Server, inventory: &str, full: u64) -> Result<()> {
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let alone = delta(build, room.path(), &["--for", inventory])?;
    let name = alone.file_name().context("a name")?.to_string_lossy();
    ensure!(name.contains("-from-v"), "{name}");
    let mut list = Command::new("tar");
    let listed = run(list.arg("-tf").arg(&alone))?.expect(0)?.stdout;
    ensure!(
        !listed.contains("patches/"),
        "a patch from nowhere: {listed}"
    );
    ensure!(
        !listed.contains("files/vaultterm-install"),
        "the server has it: {listed}"
    );
    ensure!(
        alone.metadata()?.len() < full / 2,
        "{}",
        alone.metadata()?.len()
    );
    fs::copy(&alone, server.stick.join("alone.vtb"))?;
    server
        .install_tool(&["verify", "--deep", "alone.vtb"])?
        .expect(0)?;
    // On its own it is as good as what was built against the base: its image is the changed one.
    let path = alone.display().to_string();
    let inspected = build
        .bundler(&["inspect", "--json", &path])?
        .expect(0)?
        .json()?;
    let images = inspected.get("images").and_then(|images| images.as_array());
    let mut images = images.into_iter().flatten();
    ensure!(
        images.any(|image| image["reference"] == IMAGE),
        "{inspected}"
    );
    Ok(())
}

/// The base comes in volumes, one of which is damaged, and is healed from a small answer.
fn in_volumes(build: &Build, server: &Server) -> Result<()> {
    let at = |name: &str| server.stick.join(name).display().to_string();
    fs::remove_file(server.stick.join("vaultterm.vtb"))?;
    let source = server.stick.join("source");
    fs::create_dir(&source)?;
    let full = source.join("vaultterm.vtb").display().to_string();
    fs::copy(&build.bundle, &full)?;
    let (stick, trust) = (at("."), at("release.pub"));
    let split = [
        "split",
        &full,
        "--volume-size",
        "10M",
        "--out",
        &stick,
        "--trust",
        &trust,
    ];
    build.bundler(&split)?.expect(0)?;
    ensure!(server.stick.join("vaultterm.vtb.003").exists());

    asked_for_one_after_the_other(server)?;
    let second = server.stick.join("vaultterm.vtb.002");
    fs::rename(&second, at("elsewhere"))?;
    let install = [
        "install",
        "vaultterm.vtb.001",
        "--license",
        "license.vtlic",
        "--yes",
    ];
    server
        .install_tool(&install)?
        .says(&["vaultterm.vtb.002", "volume 2 is not there"])?;
    fs::rename(at("elsewhere"), &second)?;

    let mut bytes = fs::read(&second)?;
    let middle = bytes.len() / 2;
    bytes.get_mut(middle).context("a byte")?.clone_from(&7);
    bytes.truncate(bytes.len() - 3000);
    fs::write(&second, &bytes)?;
    server
        .install_tool(&["verify", "vaultterm.vtb.001"])?
        .expect(3)?
        .says(&["volume 2", "repair-request"])?;
    let request = at("request");
    server
        .install_tool(&["repair-request", "vaultterm.vtb.001", "--out", &request])?
        .expect(0)?;
    let answer = at("answer");
    let asked = [
        "repair-answer",
        &full,
        &request,
        "--out",
        &answer,
        "--trust",
        &trust,
    ];
    build.bundler(&asked)?.expect(0)?;
    ensure!(fs::metadata(&answer)?.len() < 100_000);
    server
        .install_tool(&["repair", "vaultterm.vtb.001", "answer"])?
        .expect(0)?;
    server.install_tool(&install)?.expect(0)?;
    server.await_ready(4000)?;

    let joined = [
        "join",
        &at("vaultterm.vtb.001"),
        "--out",
        &at("joined"),
        "--trust",
        &trust,
    ];
    build.bundler(&joined)?.expect(0)?;
    let same = fs::read(server.stick.join("joined/vaultterm.vtb"))? == fs::read(&build.bundle)?;
    ensure!(same, "joined is not what was split");
    Ok(())
}

/// On a terminal, a volume that is not there is asked for: the next medium is put in.
fn asked_for_one_after_the_other(server: &Server) -> Result<()> {
    let place = |number: &str, folder: &Path| folder.join(format!("vaultterm.vtb.{number}"));
    let media = ["002", "003"].map(|number| (number, server.stick.join(format!("the {number}"))));
    for (number, folder) in &media {
        fs::create_dir(folder)?;
        fs::rename(place(number, &server.stick), place(number, folder))?;
    }
    // The first answer leaves it where it was, so that it is asked for again.
    let [(_, second), (_, third)] = &media;
    let typed = format!("\n{}\n{}\n", second.display(), third.display());
    server
        .on_terminal(&["verify", "vaultterm.vtb.001"], &typed)?
        .expect(0)?
        .says(&["Volume 2 is not at", "Volume 3 is not at"])?;
    for (number, folder) in &media {
        fs::rename(place(number, folder), place(number, &server.stick))?;
    }
    Ok(())
}

/// Instructions are followed while they are hashed: what comes out of damaged ones must not be put
/// down to what the server keeps.
fn a_flipped_patch_is_the_bundles_fault(server: &Server, install: &[&str]) -> Result<()> {
    let path = server.stick.join("delta.vtb");
    let whole = fs::read(&path)?;
    let header = whole
        .chunks(512)
        .position(|block| block.starts_with(b"patches/") && block.get(257..262) == Some(b"ustar"))
        .context("a patch")?
        * 512;
    let digits = whole.get(header + 124..header + 135).context("a size")?;
    let size = usize::from_str_radix(std::str::from_utf8(digits)?, 8)?;
    for into in [40, size / 2, size - 30] {
        let mut bad = whole.clone();
        *bad.get_mut(header + 512 + into).context("a byte")? ^= 4;
        fs::write(&path, &bad)?;
        for arguments in [install, &["verify", "--deep", "delta.vtb"]] {
            server
                .install_tool(arguments)?
                .expect(3)?
                .says(&["patches/", "VT-I001"])?;
        }
    }
    Ok(fs::write(&path, &whole)?)
}

/// What the delta counts on is checked when it is used; nothing has changed by then.
fn a_lost_blob_is_named(
    server: &Server,
    install: &[&str],
    before: &[(String, String)],
) -> Result<()> {
    let blobs: Vec<PathBuf> = fs::read_dir(server.dir.join("blobs"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    let largest = blobs
        .iter()
        .max_by_key(|path| path.metadata().map_or(0, |meta| meta.len()))
        .context("blobs are kept")?;
    let whole = fs::read(largest)?;
    fs::remove_file(largest)?;
    server
        .install_tool(install)?
        .expect(4)?
        .says(&["1 of the", "bring the complete bundle"])?;
    fs::write(largest, whole)?;

    // The blob that a patch starts from, damaged: noticed by its digest.
    for path in &blobs {
        let whole = fs::read(path)?;
        let mut bad = whole.clone();
        let middle = bad.len() / 2;
        bad.get_mut(middle).context("a byte")?.clone_from(&b'#');
        if bad == whole {
            bad.truncate(middle);
        }
        fs::write(path, bad)?;
    }
    let damaged: Vec<Vec<u8>> = blobs.iter().map(fs::read).collect::<std::io::Result<_>>()?;
    let outcome = server.install_tool(install)?;
    for (path, bytes) in blobs.iter().zip(&damaged) {
        ensure!(&fs::read(path)? == bytes, "{} was changed", path.display());
    }
    outcome.expect(3)?.says(&["kept content", "VT-I026"])?;
    ensure!(server.containers()? == before, "containers were touched");
    // The complete bundle needs nothing of it, and puts the blobs right.
    server
        .install_tool(&["install", "vaultterm.vtb.001", "--yes"])?
        .expect(0)?;
    server
        .install_tool(&["verify", "--deep", "delta.vtb"])?
        .expect(0)
        .map(drop)
}

fn no_secret_in(text: &str, server: &Server) -> Result<()> {
    for entry in fs::read_dir(server.dir.join("secrets"))? {
        let secret = fs::read_to_string(entry?.path())?;
        ensure!(
            !text.contains(secret.trim()),
            "the inventory holds a secret"
        );
    }
    Ok(())
}
