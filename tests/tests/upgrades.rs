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
fn a_plan_that_was_agreed_to_is_carried_out_or_refused() -> Result<()> {
    let lab = Upgradable::begin()?;
    let server = &lab.server;
    let env = server.dir.join(".env");
    let mut text = fs::read_to_string(&env)?;
    text.push_str("# ours\nLATER_ONCE=mine\n");
    fs::write(&env, &text)?;
    let file = lab.room.path().join("plan.json").display().to_string();
    let planned = ["plan", "next.vtb", "--out", &file, "--sql", "--json"];
    let plan = server.install_tool(&planned)?.expect(0)?.json()?;
    let sql = plan["sql"][0]["sql"].as_str().context("sql")?;
    ensure!(sql.contains("ADD COLUMN later"), "{sql}");
    let renamed = serde_json::json!({
        "change": "renamed", "name": "LATER_OPTION", "was": "LATER_ONCE",
    });
    let changes = plan["variables"].as_array().context("variables")?;
    ensure!(changes.contains(&renamed), "{plan}");
    ensure!(plan["awayMs"].as_u64().is_some_and(|away| away < 10_000));

    let apply = [
        "apply",
        "--plan",
        &file,
        "--recipient",
        &lab.recipient,
        "--json",
    ];
    fs::write(&env, format!("{text}ANOTHER=1\n"))?;
    let refused = server.install_tool(&apply)?.expect(4)?;
    refused.says(&["VT-I037", "files..env was"])?;
    fs::write(&env, &text)?;
    let edited = lab.room.path().join("edited.json").display().to_string();
    fs::write(
        &edited,
        fs::read_to_string(&file)?.replace("upgrade", "install"),
    )?;
    let other = ["apply", "--plan", &edited, "--recipient", &lab.recipient];
    server
        .install_tool(&other)?
        .expect(1)?
        .says(&["was changed after it was written"])?;
    ensure!(lab.end()? == "old");

    server.install_tool(&apply)?.expect(0)?;
    ensure!(lab.end()? == "new");
    let after = fs::read_to_string(&env)?;
    ensure!(after.contains("# ours\nLATER_OPTION=mine\n"), "{after}");
    lab.rollback()?.expect(0)?;
    ensure!(
        fs::read_to_string(&env)? == text,
        "the variables are others"
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
