//! Every operation, every point of its steps, every fault.

use std::fmt;

use vaultterm_tests::lab::Fault;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Install,
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

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:", self.operation)?;
        for (point, fault) in &self.faults {
            write!(f, " {fault:?} at {point},")?;
        }
        write!(f, " then {:?}", self.cure)
    }
}

/// The points at which something has been done by half.
const AMID: [&str; 5] = ["Receive", "Backup", "Branch", "Files", "Commit"];
const INSTALL: [&str; 8] = [
    "Receive",
    "Files",
    "Secrets",
    "License",
    "Environment",
    "Start",
    "Ready",
    "Commit",
];
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

/// What can happen at any moment, beside a kill. A clock that is set back is another case: there the
/// run is killed as well, so that the next one has the wrong time from its beginning.
const ANYWHERE: [Fault; 5] = [
    Fault::EngineRestart,
    Fault::DiskFull,
    Fault::TornJournal,
    Fault::AppDies,
    Fault::ClockAhead,
];

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

/// The cases of one operation, while they are listed.
struct List {
    operation: Operation,
    cells: Vec<Cell>,
}

impl List {
    fn add(&mut self, faults: Vec<(String, Fault)>) {
        let cure = if self.cells.len().is_multiple_of(2) {
            Cure::Again
        } else {
            Cure::Rollback
        };
        self.cells.push(Cell {
            operation: self.operation,
            faults,
            cure,
        });
    }

    fn one(&mut self, point: &str, fault: Fault) {
        self.add(vec![(point.to_owned(), fault)]);
    }

    /// On the way there: a kill everywhere, a failure where something was done, the rest where a step
    /// begins.
    fn there(&mut self, steps: &[&str]) {
        for point in forward(steps) {
            self.one(&point, Fault::Kill);
            if let Some(step) = point.strip_prefix("Begin-") {
                ANYWHERE
                    .into_iter()
                    .for_each(|fault| self.one(&point, fault));
                let killed = (format!("End-{step}"), Fault::Kill);
                self.add(vec![(point.clone(), Fault::ClockBack), killed]);
            } else if !point.starts_with("Done") {
                self.one(&point, Fault::Fail);
            }
        }
    }

    /// And each of them again while it is undone, which `first` brings about.
    fn back(&mut self, steps: &[&str], first: Option<&(String, Fault)>) {
        for point in backward(steps) {
            let after = |fault| -> Vec<_> {
                let first = first.cloned().into_iter();
                first.chain([(point.clone(), fault)]).collect()
            };
            self.add(after(Fault::Kill));
            if let Some(step) = point.strip_prefix("Undo-") {
                self.add(after(Fault::Fail));
                ANYWHERE
                    .into_iter()
                    .for_each(|fault| self.add(after(fault)));
                let mut back = after(Fault::ClockBack);
                back.push((format!("UndoEnd-{step}"), Fault::Kill));
                self.add(back);
            }
        }
    }
}

/// Every case, in a fixed order.
pub(crate) fn cells(operation: Operation) -> Vec<Cell> {
    let mut list = List {
        operation,
        cells: Vec::new(),
    };
    let fails_at = |point: &str| (point.to_owned(), Fault::Fail);
    match operation {
        Operation::Install => {
            list.there(&INSTALL);
            list.one("Amid-Receive", Fault::BundleDamaged);
            list.back(&INSTALL, Some(&fails_at("Begin-Commit")));
        }
        Operation::Upgrade => {
            list.there(&UPGRADE);
            list.one("Amid-Backup", Fault::DumpCut);
            list.one("Amid-Receive", Fault::BundleDamaged);
            list.one("Begin-Start", Fault::MigrationFails);
            list.one("Begin-Start", Fault::MigrationHangs);
            list.back(&UPGRADE, Some(&fails_at("Begin-Commit")));
        }
        Operation::Rollback => list.back(&UPGRADE, None),
        Operation::Restore => {
            list.there(&RESTORE);
            list.back(&RESTORE, Some(&fails_at("Begin-Record")));
        }
        Operation::Backup => {
            let faults = [Fault::Kill, Fault::Fail, Fault::DumpCut];
            for fault in faults.into_iter().chain(ANYWHERE) {
                list.one("Amid-Backup", fault);
            }
        }
    }
    list.cells
}
