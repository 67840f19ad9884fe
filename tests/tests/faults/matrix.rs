//! What has to hold after each case.

use anyhow::{Result, bail, ensure};
use vaultterm_tests::lab::Upgradable;

use super::cells::{Cell, Cure, Operation};

/// The release that has to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Old,
    New,
}

/// Breaks one run, sees what comes of it, and leaves the server with the old release.
///
/// # Errors
/// With what is lost, or what was said that is not so.
pub(crate) fn run(lab: &Upgradable, cell: &Cell) -> Result<End> {
    if cell.operation == Operation::Install {
        return install(lab, cell);
    }
    let (backup, identity) = (lab.backup()?, lab.identity());
    let arguments: Vec<&str> = match cell.operation {
        Operation::Upgrade => lab.upgrading().to_vec(),
        Operation::Rollback => {
            lab.upgrade()?.expect(0)?;
            vec!["rollback", "--yes", "--json"]
        }
        Operation::Restore => {
            lab.sql(
                "INSERT INTO organization_directory VALUES (gen_random_uuid(), 'Since', now())",
            )?;
            vec![
                "restore",
                &backup,
                "--identity",
                &identity,
                "--yes",
                "--json",
            ]
        }
        Operation::Install | Operation::Backup => {
            vec!["backup", "--recipient", &lab.recipient, "--json"]
        }
    };
    let broken = lab.broken(&arguments, &cell.faults)?;
    lab.cure()?;
    let mut claim = match &broken.outcome {
        Some(outcome) => claimed(cell.operation, outcome.code)?,
        None => None,
    };
    if let (Some(end), Some(outcome)) = (claim, &broken.outcome) {
        let found = look(lab, cell.operation)
            .map_err(|error| error.context(outcome.stdout.clone() + &outcome.stderr))?;
        ensure!(
            found == end,
            "UNTRUE: it ended with {} and {found:?} serves\n{}",
            outcome.code,
            outcome.stderr
        );
    } else {
        let again = match (cell.cure, cell.operation) {
            (Cure::Rollback, Operation::Upgrade | Operation::Restore) => {
                vec!["rollback", "--yes", "--json"]
            }
            _ => arguments.clone(),
        };
        let outcome = lab.tool(&again)?;
        let operation = if again.first() == Some(&"rollback") {
            Operation::Rollback
        } else {
            cell.operation
        };
        claim = match outcome.code {
            // It had reached its end before it was killed: there is nothing more to do.
            4 if outcome.stderr.contains("is installed already") => Some(End::New),
            1 if outcome.stderr.contains("VT-I033") => Some(End::Old),
            code => claimed(operation, code)?,
        };
        let found = look(lab, cell.operation).map_err(|error| {
            let first = broken.outcome.as_ref().map(|outcome| &outcome.stdout);
            error.context(format!(
                "the first run said {first:?}, the second ended with {}: {}{}",
                outcome.code, outcome.stdout, outcome.stderr
            ))
        })?;
        ensure!(
            claim.is_some(),
            "LOST: a second run needs hands\n{}",
            outcome.stderr
        );
        ensure!(
            claim == Some(found),
            "UNTRUE: the second run ended with {} and {found:?} serves\n{}",
            outcome.code,
            outcome.stderr
        );
    }
    lab.set_clock_right()?;
    let end = look(lab, cell.operation)?;
    if end == End::New && cell.operation != Operation::Backup {
        lab.rollback()?.expect(0)?;
        ensure!(look(lab, cell.operation)? == End::Old, "LOST: no way back");
    }
    if cell.operation == Operation::Restore {
        lab.sql("DELETE FROM organization_directory WHERE name = 'Since'")?;
    }
    ensure!(broken.reached > 0, "the point was never reached");
    Ok(end)
}

/// Breaks an installation on an empty server, and leaves the server empty. Whatever is tried again
/// ends in an installation; whatever says that it was undone has left nothing.
fn install(lab: &Upgradable, cell: &Cell) -> Result<End> {
    let arguments = [
        "install",
        "vaultterm.vtb",
        "--license",
        "license.vtlic",
        "--yes",
        "--json",
    ];
    let images = lab.server.engine.images()?;
    let broken = lab.broken(&arguments, &cell.faults)?;
    lab.cure()?;
    let mut end = End::New;
    match broken.outcome.as_ref().map(|outcome| outcome.code) {
        Some(0) => installed(lab, "UNTRUE")?,
        Some(1 | 3 | 4 | 6) => {
            end = End::Old;
            let said = broken.outcome.map(|outcome| outcome.stderr);
            lab.server
                .assert_untouched(&images)
                .map_err(|error| error.context(format!("UNTRUE: {}", said.unwrap_or_default())))?;
        }
        _ => {
            let again = lab.tool(&arguments)?;
            ensure!(
                again.code == 0,
                "LOST: a second run ends with {}\n{}\n{}",
                again.code,
                again.stdout,
                again.stderr
            );
            installed(lab, "LOST")?;
        }
    }
    lab.set_clock_right()?;
    if end == End::New {
        lab.server
            .install_tool(&["uninstall", "--purge", "--yes"])?
            .expect(0)?;
        lab.server.assert_untouched(&images)?;
    }
    ensure!(broken.reached > 0, "the point was never reached");
    Ok(end)
}

fn installed(lab: &Upgradable, otherwise: &'static str) -> Result<()> {
    let (version, rows) = lab.standing().map_err(|error| error.context(otherwise))?;
    ensure!(
        version == "old" && rows == 0,
        "{otherwise}: {version}, {rows} rows"
    );
    Ok(())
}

/// What an exit code says about what serves; nothing, where hands are needed.
fn claimed(operation: Operation, code: i32) -> Result<Option<End>> {
    Ok(match (operation, code) {
        (Operation::Upgrade | Operation::Restore, 0) => Some(End::New),
        (Operation::Rollback | Operation::Backup, 0) => Some(End::Old),
        (Operation::Upgrade | Operation::Restore | Operation::Backup, 1 | 3 | 4 | 6) => {
            Some(End::Old)
        }
        // A rollback that could not begin, and says so, is one to be tried again.
        (Operation::Rollback, 1) | (_, 7) => None,
        (_, other) => bail!("UNTRUE: it ended with {other}"),
    })
}

/// What serves, after every row and every secret was looked at.
fn look(lab: &Upgradable, operation: Operation) -> Result<End> {
    let (version, rows) = lab.standing().map_err(|error| error.context("LOST"))?;
    let (new, whole) = match operation {
        Operation::Restore => (
            rows == 1000,
            version == "old" && [1000, 1001].contains(&rows),
        ),
        _ => (version == "new", rows == 1000),
    };
    ensure!(whole, "LOST: {rows} rows in the {version} release");
    Ok(if new { End::New } else { End::Old })
}
