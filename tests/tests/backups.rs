//! Backups and restores: opened by their key alone, proved, and back on an empty server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::lab::Upgradable;
use vaultterm_tests::run::{run, run_with_input};

#[test]
fn a_backup_is_opened_by_its_key_alone_and_by_other_peoples_tools() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    server
        .install_tool(&["backup"])?
        .expect(1)?
        .says(&["VT-I029"])?;
    ensure!(
        !server.dir.join("backups").exists(),
        "a refusal left something"
    );
    let backup = ["backup", "--recipient", &lab.recipient, "--json"];
    let made = server.install_tool(&backup)?.expect(0)?.json()?;
    let path = PathBuf::from(made["path"].as_str().context("a path")?);
    let identity = lab.identity();
    let name = path
        .file_name()
        .context("a name")?
        .to_string_lossy()
        .into_owned();
    let proved = server
        .install_tool(&["backup", "verify", &name, "--identity", &identity, "--json"])?
        .expect(0)?
        .json()?;
    ensure!(proved["proved"] == true);
    peers_read_it(&lab, &path)?;

    let other = lab.room.path().join("other");
    run(Command::new("age-keygen").arg("-o").arg(&other))?.expect(0)?;
    let other = other.display().to_string();
    server
        .install_tool(&["backup", "verify", &name, "--identity", &other])?
        .expect(1)?
        .says(&["VT-I030"])?;
    let whole = fs::read(&path)?;
    for (what, bytes) in [
        ("flipped", {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            *bytes.get_mut(middle).context("a byte")? ^= 1;
            bytes
        }),
        (
            "cut",
            whole.get(..whole.len() - 100).context("bytes")?.to_vec(),
        ),
        ("empty", Vec::new()),
    ] {
        let bad = lab.room.path().join(what);
        fs::write(&bad, bytes)?;
        let bad = bad.display().to_string();
        let refused = server.install_tool(&["backup", "verify", &bad, "--identity", &identity])?;
        refused.expect(3)?.says(&["VT-I031"])?;
    }

    std::thread::sleep(Duration::from_secs(1));
    server.install_tool(&backup)?.expect(0)?;
    let listed = server
        .install_tool(&["backup", "list", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        listed.as_array().is_some_and(|list| list.len() == 2),
        "{listed}"
    );
    server
        .install_tool(&["backup", "prune", "--keep", "1"])?
        .expect(0)?;
    ensure!(!path.exists() && fs::read_dir(server.dir.join("backups"))?.count() == 2);
    ensure!(lab.end()? == "old");
    Ok(())
}

/// age opens it, tar lists it, pg_restore reads the dump, and the master key is in it.
fn peers_read_it(lab: &Upgradable, path: &Path) -> Result<()> {
    let out = lab.room.path().join("unpacked");
    fs::create_dir(&out)?;
    let mut open = Command::new("bash");
    open.args([
        "-euo",
        "pipefail",
        "-c",
        "age --decrypt -i \"$1\" \"$2\" | tar -x -C \"$3\"",
        "x",
    ]);
    run(open.arg(lab.identity()).arg(path).arg(&out))?.expect(0)?;
    let key = fs::read(out.join("files/secrets/master_key"))?;
    ensure!(key == fs::read(lab.server.dir.join("secrets/master_key"))?);
    let mut pieces: Vec<PathBuf> = fs::read_dir(out.join("database.dump"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    pieces.sort();
    let mut dump = Vec::new();
    for piece in pieces {
        dump.extend(fs::read(piece)?);
    }
    let db = lab.container("db")?;
    let mut command = lab.server.engine.command("docker");
    command.args(["exec", "-i", &db, "pg_restore", "--list"]);
    let listed = run_with_input(&mut command, Some(&dump))?.expect(0)?;
    ensure!(
        listed.stdout.contains("organization_directory"),
        "{}",
        listed.stdout
    );
    Ok(())
}

#[test]
fn a_backup_comes_back_on_the_same_server_and_on_an_empty_one() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let identity = lab.identity();
    let backup = ["backup", "--recipient", &lab.recipient, "--json"];
    let made = server.install_tool(&backup)?.expect(0)?.json()?;
    let path = made["path"].as_str().context("a path")?.to_owned();
    let key = fs::read(server.dir.join("secrets/master_key"))?;

    lab.sql("DELETE FROM organization_directory; CREATE TABLE more (n int);")?;
    let restore = ["restore", &path, "--identity", &identity, "--yes", "--json"];
    let report = server.install_tool(&restore)?.expect(0)?.json()?;
    ensure!(report["restored"] == true, "{report}");
    ensure!(lab.end()? == "old");
    // What was there before the restore is not lost either.
    lab.rollback()?.expect(0)?;
    ensure!(lab.sql("SELECT count(*) FROM organization_directory")? == "0");
    server.install_tool(&restore)?.expect(0)?;
    ensure!(lab.end()? == "old");

    // An empty server, with the bundle and the backup alone.
    let carried = lab.room.path().join("carried.age");
    fs::copy(&path, &carried)?;
    let carried = carried.display().to_string();
    server
        .install_tool(&["uninstall", "--purge", "--yes"])?
        .expect(0)?;
    ensure!(!server.dir.exists());
    let restore = ["restore", &carried, "--identity", &identity, "--yes"];
    server
        .install_tool(&restore)?
        .expect(1)?
        .says(&["VT-I034", "--bundle"])?;
    ensure!(!server.dir.exists(), "a refusal left something");
    let other = ["--bundle", "next.vtb"];
    server
        .install_tool(&[&restore[..], &other].concat())?
        .expect(1)?;
    ensure!(!server.dir.exists(), "a refusal left something");
    let bundle = ["--bundle", "vaultterm.vtb"];
    server
        .install_tool(&[&restore[..], &bundle].concat())?
        .expect(0)?;
    ensure!(lab.end()? == "old");
    ensure!(fs::read(server.dir.join("secrets/master_key"))? == key);
    Ok(())
}

#[test]
fn a_backup_that_does_not_belong_here_is_refused_and_touches_nothing() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let identity = lab.identity();
    let backup = || -> Result<String> {
        let made = server
            .install_tool(&["backup", "--recipient", &lab.recipient, "--json"])?
            .expect(0)?
            .json()?;
        Ok(made["path"].as_str().context("a path")?.to_owned())
    };
    let restore = |path: &str, more: &[&str]| {
        let call = ["restore", path, "--identity", &identity, "--yes"];
        server.install_tool(&[&call[..], more].concat())
    };
    let own = backup()?;
    lab.upgrade()?.expect(0)?;
    let newer = backup()?;
    lab.rollback()?.expect(0)?;
    let containers = server.containers()?;
    restore(&newer, &[])?
        .expect(1)?
        .says(&["VT-I034", "newer than the installed"])?;

    // The same server as another installation: what it has is not what the backup is of.
    let state = server.dir.join("state.json");
    let text = fs::read_to_string(&state)?;
    let id = lab.state()?["installation"]
        .as_str()
        .context("an id")?
        .to_owned();
    fs::write(&state, text.replace(&id, &"0".repeat(32)))?;
    restore(&own, &[])?
        .expect(1)?
        .says(&["VT-I034", "--other-installation"])?;
    ensure!(
        server.containers()? == containers,
        "a refusal touched something"
    );
    ensure!(lab.end()? == "old");
    restore(&own, &["--other-installation"])?.expect(0)?;
    ensure!(lab.end()? == "old" && lab.state()?["installation"] == id.as_str());
    Ok(())
}
