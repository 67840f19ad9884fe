//! What must not be installed is refused, with the reason and the cure, and the server stays
//! exactly as it was.

mod cases;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::{Server, issue_license};
use vaultterm_tests::run::{run, wait_for};

use cases::{CASES, Place, flip};

#[test]
fn whatever_is_wrong_is_refused_and_nothing_is_changed() -> Result<()> {
    let build = Build::from_environment()?;
    let room = tempfile::Builder::new()
        .prefix("vt")
        .tempdir_in("/var/tmp")?;
    let server = Server::start(&build, room.path())?;
    let images = server.engine.images()?;
    for case in CASES {
        restore_stick(&build, &server.stick)?;
        (case.spoil)(&build, &server.stick)?;
        eprintln!("case: {}", case.what);
        let install = [
            "install",
            "vaultterm.vtb",
            "--license",
            "license.vtlic",
            "--yes",
            "--trust",
        ];
        let outcome = server
            .install_tool(&[&install[..], &["release.pub"]].concat())?
            .expect(case.exit)?
            .says(case.says)?;
        let untouched = server.assert_untouched(&images);
        untouched.with_context(|| format!("{}\n{}", case.what, outcome.stderr))?;
        if !case.verify.is_empty() {
            let verify = ["verify", "vaultterm.vtb", "--trust", "release.pub"];
            server.install_tool(&verify)?.expect(3)?.says(case.verify)?;
        }
    }
    ports_taken(&build, &server, &images)?;
    another_key(&build, &server, &images)?;
    disk_too_small(&build, &server)?;
    two_at_once(&build, &server)?;
    killed_and_run_again(&build, &server)?;
    killed_and_then_refused(&build, &server, &images)?;
    expired_is_only_a_warning(&build, &server)
}

fn restore_stick(build: &Build, stick: &Path) -> Result<()> {
    fs::copy(&build.bundle, stick.join("vaultterm.vtb"))?;
    fs::copy(&build.release_pub, stick.join("release.pub"))?;
    issue_license(
        build,
        &stick.join("license.vtlic"),
        &["--expires", "2999-12-31"],
    )
}

fn ports_taken(build: &Build, server: &Server, images: &str) -> Result<()> {
    restore_stick(build, &server.stick)?;
    let mut holder = server
        .engine
        .namespace
        .command("python3")
        .args(["-m", "http.server", "4000", "--bind", "127.0.0.1"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()?;
    std::thread::sleep(std::time::Duration::from_secs(1));
    let outcome = server.install_tool(&[
        "install",
        "vaultterm.vtb",
        "--license",
        "license.vtlic",
        "--yes",
    ]);
    holder.kill()?;
    holder.wait()?;
    outcome?.expect(4)?.says(&["4000", "what to do"])?;
    server.assert_untouched(images)
}

fn another_key(build: &Build, server: &Server, images: &str) -> Result<()> {
    let keys = server.stick.join("stranger");
    run(
        std::process::Command::new(build.program("vaultterm-bundle")?)
            .args(["keygen", "--no-password", "--out"])
            .arg(&keys),
    )?
    .expect(0)?;
    let trust = keys.join("release.pub").display().to_string();
    server
        .install_tool(&[
            "install",
            "vaultterm.vtb",
            "--license",
            "license.vtlic",
            "--yes",
            "--trust",
            &trust,
        ])?
        .expect(3)?
        .says(&["what to do"])?;
    server.assert_untouched(images)
}

const INSTALL: &[&str] = &[
    "install",
    "vaultterm.vtb",
    "--license",
    "license.vtlic",
    "--yes",
];

/// The folder is on a disk of one MiB.
fn disk_too_small(build: &Build, server: &Server) -> Result<()> {
    restore_stick(build, &server.stick)?;
    let small = server.stick.join("small");
    fs::create_dir(&small)?;
    let mut mount = std::process::Command::new("mount");
    mount
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&small);
    run(&mut mount)?.expect(0)?;
    let dir = small.join("vaultterm");
    let mut installer = server
        .engine
        .command(server.stick.join("vaultterm-install"));
    installer
        .current_dir(&server.stick)
        .args(INSTALL)
        .arg("--dir")
        .arg(&dir);
    let outcome = run(&mut installer);
    let left = fs::read_dir(&small)?.count();
    run(std::process::Command::new("umount").arg(&small))?.expect(0)?;
    outcome?.expect(4)?.says(&["free for", "make room"])?;
    ensure!(left == 0, "{left} files are left on the small disk");
    Ok(())
}

/// The lock is the folder's own; whoever comes second changes nothing.
fn two_at_once(build: &Build, server: &Server) -> Result<()> {
    restore_stick(build, &server.stick)?;
    fs::create_dir_all(&server.dir)?;
    // Without a fork, so that the lock ends with the one process.
    let mut holder = std::process::Command::new("flock")
        .arg("--no-fork")
        .arg(&server.dir)
        .args(["sleep", "60"])
        .spawn()?;
    std::thread::sleep(std::time::Duration::from_millis(500));
    let outcome = server.install_tool(INSTALL);
    holder.kill()?;
    holder.wait()?;
    outcome?.expect(8)?.says(&["at work", "what to do"])?;
    Ok(())
}

/// An installer that is killed at any moment leaves what the next run finishes.
fn killed_and_run_again(build: &Build, server: &Server) -> Result<()> {
    restore_stick(build, &server.stick)?;
    interrupted(server)?;
    for pause in [150, 400, 900, 2500] {
        let mut victim = server
            .installer(INSTALL)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        std::thread::sleep(std::time::Duration::from_millis(pause));
        victim.kill()?;
        victim.wait()?;
    }
    server.install_tool(INSTALL)?.expect(0)?;
    server.await_ready(4000)?;
    let arriving = server.engine.images()?;
    ensure!(
        !arriving.contains("arriving"),
        "staging names are left: {arriving}"
    );
    server
        .install_tool(&["uninstall", "--purge", "--yes"])?
        .expect(0)?;
    ensure!(!server.dir.exists(), "{} is left", server.dir.display());
    Ok(())
}

/// Ctrl-C while containers start: it stops at once, and says that it can go on.
fn interrupted(server: &Server) -> Result<()> {
    let mut running = server.installer(INSTALL);
    let log = server.stick.join("interrupted.log");
    let mut victim = running
        .stdout(std::process::Stdio::null())
        .stderr(fs::File::create(&log)?)
        .spawn()?;
    wait_for(
        "the containers to start",
        std::time::Duration::from_secs(60),
        || {
            ensure!(
                fs::read_to_string(&log)?.contains("Starting the containers"),
                "not yet"
            );
            Ok(())
        },
    )?;
    let pid = victim.id().to_string();
    run(std::process::Command::new("kill").args(["-INT", &pid]))?.expect(0)?;
    let status = victim.wait()?;
    let said = fs::read_to_string(&log)?;
    ensure!(status.code() == Some(130), "{status}: {said}");
    ensure!(said.contains("the same command again"), "{said}");
    Ok(())
}

/// A run that fails after one that was killed undoes both.
fn killed_and_then_refused(build: &Build, server: &Server, images: &str) -> Result<()> {
    restore_stick(build, &server.stick)?;
    let mut victim = server
        .installer(INSTALL)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()?;
    // Long enough for containers to exist.
    wait_for("containers", std::time::Duration::from_secs(60), || {
        ensure!(server.containers()?.len() >= 2, "not yet");
        Ok(())
    })?;
    victim.kill()?;
    victim.wait()?;
    flip(&server.stick, Place::Fraction(0.8))?;
    server
        .install_tool(INSTALL)?
        .expect(6)?
        .says(&["put back", "damaged"])?;
    server.assert_untouched(images)
}

fn expired_is_only_a_warning(build: &Build, server: &Server) -> Result<()> {
    restore_stick(build, &server.stick)?;
    let expired = [
        "--not-before",
        "2020-01-01",
        "--expires",
        "2021-01-01",
        // The term is over, and the release is covered all the same.
        "--maintenance-ends",
        "2999-12-31",
    ];
    issue_license(build, &server.stick.join("license.vtlic"), &expired)?;
    server
        .install_tool(&[
            "install",
            "vaultterm.vtb",
            "--license",
            "license.vtlic",
            "--yes",
        ])?
        .expect(0)?
        .says(&["warning", "licence"])?;
    server.await_ready(4000)
}
