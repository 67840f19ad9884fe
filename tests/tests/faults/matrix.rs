//! The matrix: every operation, every point of its steps, every fault; and what has to hold after
//! each.

use std::fmt;

use anyhow::{Result, bail, ensure};
use vaultterm_tests::lab::{Fault, Upgradable};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Upgrade,
    Rollback,
    Restore,
    Backup,
}

/// What is done after a run that did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cure {
    Again,
    Rollback,
}

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) operation: Operation,
    pub(crate) faults: Vec<(String, Fault)>,
    pub(crate) cure: Cure,
}

/// The release that has to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Old,
    New,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:", self.operation)?;
        for (point, fault) in &self.faults {
            write!(f, " {fault:?} at {point},")?;
        }
        write!(f, " then {:?}", self.cure)
    }
}

/// The points of an upgrade in which something has been done by half.
const AMID: [&str; 5] = ["Receive", "Backup", "Branch", "Files", "Commit"];
const UPGRADE: [&str; 12] = [
    "Reserve",
    "Receive",
    "Backup",
    "Stop",
    "Branch",
    "Files",
    "Secrets",
    "License",
    "Environment",
    "Start",
    "Ready",
    "Commit",
];
const RESTORE: [&str; 6] = ["Stop", "Replace", "MasterKey", "Start", "Ready", "Record"];

fn forward(steps: &[&str]) -> Vec<String> {
    let mut points = Vec::new();
    for step in steps {
        points.push(format!("Begin-{step}"));
        if AMID.contains(step) {
            points.push(format!("Amid-{step}"));
        }
        points.extend([format!("End-{step}"), format!("Done-{step}")]);
    }
    points
}

fn backward(steps: &[&str]) -> Vec<String> {
    let mut points = Vec::new();
    for step in steps.iter().rev() {
        points.push(format!("Undo-{step}"));
        if ["Branch", "Replace", "Files"].contains(step) {
            points.push(format!("AmidUndo-{}", step.replace("Replace", "Branch")));
        }
        points.extend([format!("UndoEnd-{step}"), format!("Undone-{step}")]);
    }
    points
}

/// Every case, in a fixed order.
pub(crate) fn cells(operation: Operation) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut add = |faults: Vec<(String, Fault)>| {
        let cure = if cells.len().is_multiple_of(2) {
            Cure::Again
        } else {
            Cure::Rollback
        };
        cells.push(Cell {
            operation,
            faults,
            cure,
        });
    };
    match operation {
        Operation::Upgrade => {
            for point in forward(&UPGRADE) {
                add(vec![(point.clone(), Fault::Kill)]);
                if point.starts_with("Begin") {
                    for fault in [
                        Fault::EngineRestart,
                        Fault::DiskFull,
                        Fault::TornJournal,
                        Fault::AppDies,
                    ] {
                        add(vec![(point.clone(), fault)]);
                    }
                } else if point.starts_with("End") || point.starts_with("Amid") {
                    add(vec![(point, Fault::Fail)]);
                }
            }
            add(vec![("Amid-Backup".into(), Fault::DumpCut)]);
            add(vec![("Amid-Receive".into(), Fault::BundleDamaged)]);
            for fault in [Fault::MigrationFails, Fault::MigrationHangs] {
                add(vec![("Begin-Start".into(), fault)]);
            }
            // And each of them again while it is undone.
            for point in backward(&UPGRADE) {
                let first = ("Begin-Commit".to_owned(), Fault::Fail);
                add(vec![first.clone(), (point.clone(), Fault::Kill)]);
                if point.starts_with("Undo-") {
                    for fault in [
                        Fault::Fail,
                        Fault::EngineRestart,
                        Fault::DiskFull,
                        Fault::TornJournal,
                    ] {
                        add(vec![first.clone(), (point.clone(), fault)]);
                    }
                }
            }
        }
        Operation::Rollback => {
            for point in backward(&UPGRADE) {
                add(vec![(point.clone(), Fault::Kill)]);
                if point.starts_with("Undo-") {
                    for fault in [
                        Fault::Fail,
                        Fault::EngineRestart,
                        Fault::DiskFull,
                        Fault::TornJournal,
                        Fault::AppDies,
                    ] {
                        add(vec![(point.clone(), fault)]);
                    }
                }
            }
        }
        Operation::Restore => {
            for point in forward(&RESTORE) {
                add(vec![(point.clone(), Fault::Kill)]);
                if point.starts_with("Begin") {
                    for fault in [Fault::EngineRestart, Fault::DiskFull] {
                        add(vec![(point.clone(), fault)]);
                    }
                } else if point.starts_with("End") {
                    add(vec![(point, Fault::Fail)]);
                }
            }
            for point in backward(&RESTORE) {
                let first = ("Begin-Record".to_owned(), Fault::Fail);
                add(vec![first, (point, Fault::Kill)]);
            }
        }
        Operation::Backup => {
            for fault in [
                Fault::Kill,
                Fault::DumpCut,
                Fault::EngineRestart,
                Fault::DiskFull,
                Fault::Fail,
            ] {
                add(vec![("Amid-Backup".into(), fault)]);
            }
        }
    }
    cells
}

/// Breaks one run, sees what comes of it, and leaves the server with the old release.
///
/// # Errors
/// With what is lost, or what was said that is not so.
pub(crate) fn run(lab: &Upgradable, cell: &Cell) -> Result<End> {
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
        Operation::Backup => vec!["backup", "--recipient", &lab.recipient, "--json"],
    };
    let broken = lab.broken(&arguments, &cell.faults)?;
    lab.cure()?;
    let mut claim = match &broken.outcome {
        Some(outcome) => claimed(cell.operation, outcome.code)?,
        None => None,
    };
    if let (Some(end), Some(outcome)) = (claim, &broken.outcome) {
        let found = look(lab, cell.operation)?;
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
        let outcome = lab.server.install_tool(&again)?;
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
        let found = look(lab, cell.operation)?;
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
