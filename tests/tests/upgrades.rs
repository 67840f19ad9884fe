//! Upgrades and ways back, on a server of their own: nothing is lost, and nothing is said that is
//! not so.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vaultterm_tests::lab::Upgradable;
use vaultterm_tests::lab::upgradable::{NEW, OLD};

#[test]
fn an_upgrade_goes_there_and_back_without_a_row_lost() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let look = || -> Result<_> {
        // What the app remembers of its licence is the app's to write.
        let mut files = server.footprint()?;
        files.retain(|line| !line.contains("license.state"));
        Ok((files, server.engine.images()?, server.containers()?))
    };
    let before = look()?;
    let plan = server
        .install_tool(&["plan", "next.vtb", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        plan["kind"] == "upgrade" && plan["pending"][0] == 9000,
        "{plan}"
    );
    let after = look()?;
    ensure!(
        before == after,
        "a plan changed something: {before:#?} {after:#?}"
    );
    server
        .install_tool(&["install", "next.vtb", "--yes"])?
        .expect(4)?
        .says(&["use `upgrade`"])?;

    let kept = [lab.container("db")?, lab.container("cache")?];
    let report = lab.upgrade()?.expect(0)?.json()?;
    ensure!(
        report["from"] == OLD && report["version"] == NEW,
        "{report}"
    );
    ensure!(
        report["awayMs"].as_u64().is_some_and(|away| away < 20_000),
        "{report}"
    );
    ensure!(lab.end()? == "new");
    ensure!(
        kept == [lab.container("db")?, lab.container("cache")?],
        "db or cache was touched"
    );
    let status = server
        .install_tool(&["status", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        status["wayBack"] == OLD && status["lastBackup"].is_string(),
        "{status}"
    );
    lab.upgrade()?.expect(4)?.says(&["is installed already"])?;

    lab.sql("INSERT INTO organization_directory VALUES (gen_random_uuid(), 'Since', now())")?;
    let report = lab
        .rollback()?
        .expect(0)?
        .says(&["1000 rows before, 1001 after"])?
        .json()?;
    ensure!(report["evidence"]["version"] == OLD, "{report}");
    ensure!(lab.end()? == "old");
    ensure!(
        kept == [lab.container("db")?, lab.container("cache")?],
        "db or cache was touched"
    );
    lab.rollback()?.expect(1)?.says(&["VT-I033"])?;

    // And once more: what the first time left is not in the way.
    lab.upgrade()?.expect(0)?;
    ensure!(lab.end()? == "new");
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");
    Ok(())
}

#[test]
fn the_doctor_finds_what_was_changed_and_puts_back_what_is_ours() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    server.install_tool(&["doctor"])?.expect(0)?.says(&[
        "the app is ready and opens what it stored",
        "there is no backup",
    ])?;
    let compose = server.dir.join("docker-compose.yml");
    let whole = fs::read(&compose)?;
    fs::write(&compose, [&whole[..], b"# edited\n"].concat())?;
    lab.sql("ALTER ROLE vaultterm_app BYPASSRLS")?;
    let found = server
        .install_tool(&["doctor", "--json"])?
        .expect(1)?
        .json()?;
    let checks = found["checks"].as_array().context("checks")?;
    let failed: Vec<&Value> = checks
        .iter()
        .filter(|check| check["verdict"] == "failed")
        .map(|check| &check["name"])
        .collect();
    ensure!(failed == ["files", "roles"], "{found}");
    lab.sql("ALTER ROLE vaultterm_app NOBYPASSRLS")?;
    server.install_tool(&["doctor", "--fix"])?.expect(0)?;
    ensure!(fs::read(&compose)? == whole);
    ensure!(
        server.dir.join("docker-compose.yml.edited").exists(),
        "an edit was lost"
    );
    Ok(())
}

#[test]
fn what_a_rehearsal_finds_touches_nothing_and_what_it_cannot_is_undone() -> Result<()> {
    let lab = Upgradable::begin()?;
    let containers = lab.server.containers()?;
    lab.sql(
        "UPDATE organization_directory SET name = 'Refuse the migration' \
             WHERE name = 'Organisation 7'",
    )?;
    lab.upgrade()?
        .expect(1)?
        .says(&["VT-I032", "refused by what is stored"])?;
    ensure!(
        lab.server.containers()? == containers,
        "a rehearsal touched what serves"
    );
    ensure!(lab.end()? == "old");

    lab.sql(
        "UPDATE organization_directory SET name = 'Organisation 7' \
             WHERE name = 'Refuse the migration'",
    )?;
    lab.sql("ALTER ROLE vaultterm_owner SET vaultterm.refuse_migration = 'yes'")?;
    lab.upgrade()?.expect(6)?.says(&[
        "VT-I020",
        "refused by a setting",
        "serves, and opens what it stored",
    ])?;
    ensure!(lab.end()? == "old");
    lab.sql("ALTER ROLE vaultterm_owner RESET vaultterm.refuse_migration")?;
    lab.upgrade()?.expect(0)?;
    ensure!(lab.end()? == "new");
    Ok(())
}
