//! Whoever breaks a way back must not be told that it worked.

use std::fs;

use anyhow::{Result, ensure};
use vaultterm_tests::build::{Build, newest_migration};
use vaultterm_tests::lab::{Fault, Upgradable};

/// A rollback that is sabotaged at a point; it has to end with 7, and say what is wrong.
fn sabotaged(lab: &Upgradable, point: &str, fault: Fault, says: &[&str]) -> Result<()> {
    lab.upgrade()?.expect(0)?;
    ensure!(lab.end()? == "new");
    let rollback = ["rollback", "--yes", "--json"];
    let broken = lab.broken(&rollback, &[(point.to_owned(), fault)])?;
    ensure!(broken.reached == 1, "{point} was never reached");
    let outcome = broken
        .outcome
        .unwrap_or_else(|| unreachable!("{fault:?} kills nothing"));
    ensure!(
        !outcome.stdout.contains("\"rolledBack\":true"),
        "{}",
        outcome.stdout
    );
    outcome.expect(7)?.says(says)?;
    // Asking again does not make it true.
    lab.rollback()?.expect(7)?.says(says)?;
    // What was broken is put right, and the next one says so.
    lab.undo(fault)?;
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");
    Ok(())
}

#[test]
fn a_way_back_that_is_broken_turns_the_report_red() -> Result<()> {
    let build = Build::from_environment()?;
    let lab = Upgradable::breakable(&build.next_bundle)?;
    sabotaged(
        &lab,
        "UndoEnd-Branch",
        Fault::OtherDatabase,
        &[
            "VT-I021",
            "another database serves than the one that was put aside",
        ],
    )?;
    sabotaged(
        &lab,
        "UndoEnd-Files",
        Fault::FileChanged,
        &["VT-I021", "db-init/10-roles.sql is not the one of release"],
    )?;
    sabotaged(
        &lab,
        "UndoEnd-Environment",
        Fault::OtherImage,
        &["VT-I021", "app runs image"],
    )?;
    Ok(())
}

#[test]
fn rows_that_are_missing_in_what_was_put_aside_are_told_before_anything_is_touched() -> Result<()> {
    let lab = Upgradable::begin()?;
    lab.upgrade()?.expect(0)?;
    let names = lab.sql_in(
        "postgres",
        "SELECT datname FROM pg_database WHERE datname LIKE 'vaultterm_before_%'",
    )?;
    let open = |allow: bool| {
        let statement = format!("ALTER DATABASE {names} ALLOW_CONNECTIONS {allow}");
        lab.sql_in("postgres", &statement)
    };
    open(true)?;
    lab.sql_in(
        &names,
        "DELETE FROM organization_directory WHERE name = 'Organisation 7'",
    )?;
    open(false)?;
    let containers = lab.server.containers()?;
    let refused = lab.rollback()?.expect(7)?;
    refused.says(&[
        "VT-I040",
        "organization_directory: 1000 rows before, 999 after",
    ])?;
    ensure!(
        lab.server.containers()? == containers,
        "something was touched"
    );
    ensure!(lab.end()? == "new");

    // The backup from before the upgrade is the other way.
    let backups = lab
        .server
        .install_tool(&["backup", "list", "--json"])?
        .expect(0)?
        .json()?;
    ensure!(
        backups[0]["version"] == vaultterm_tests::lab::upgradable::OLD,
        "{backups}"
    );
    Ok(())
}

#[test]
fn where_hands_are_needed_the_commands_are_told_and_they_work() -> Result<()> {
    let build = Build::from_environment()?;
    let lab = Upgradable::breakable(&build.next_bundle)?;
    lab.upgrade()?.expect(0)?;
    let rollback = ["rollback", "--yes"];
    let faults = [("Undo-Environment".to_owned(), Fault::Fail)];
    let broken = lab.broken(&rollback, &faults)?;
    let outcome = broken
        .outcome
        .unwrap_or_else(|| unreachable!("nothing is killed"));
    let outcome = outcome.expect(7)?;
    let script = lab.room.path().join("by-hand.sh");
    let commands: Vec<&str> = outcome
        .stderr
        .lines()
        .skip_while(|line| !line.contains("Or by hand, in this order:"))
        .skip(1)
        .map(str::trim)
        .filter(|line| {
            line.starts_with("cp ") || line.starts_with("docker ") || line.starts_with("rm ")
        })
        .collect();
    ensure!(commands.len() >= 5, "{}", outcome.stderr);
    fs::write(&script, format!("set -eux\n{}\n", commands.join("\n")))?;
    let mut bash = lab.server.engine.command("bash");
    vaultterm_tests::run::run(bash.arg(&script))?.expect(0)?;
    lab.server.await_ready(4000)?;
    ensure!(lab.sql("SELECT count(*) FROM organization_directory")? == "1000");
    ensure!(lab.sql("SELECT max(version) FROM schema_migrations")? == newest_migration()?);
    // And the program finds that it is so.
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");
    Ok(())
}
