//! Runs of the installer that are cut short at every point, and what the next one makes of it.

use std::fs;
use std::io::{BufRead as _, BufReader};

use anyhow::{Context as _, Result, ensure};
use vaultterm_tests::lab::Upgradable;

/// All steps of an upgrade, as the journal names them.
const STEPS: [&str; 11] = [
    "receive",
    "backup",
    "stop",
    "branch",
    "files",
    "secrets",
    "license",
    "environment",
    "start",
    "ready",
    "commit",
];

/// Killed at a step, a run is ended by the next one.
fn killed_at(lab: &Upgradable, steps: &[&str]) -> Result<()> {
    for (number, step) in steps.iter().enumerate() {
        for line in [
            format!("\"begin\",\"step\":\"{step}\""),
            format!("\"done\",\"step\":\"{step}\""),
        ] {
            lab.kill_at(&line)
                .with_context(|| format!("killing at {line}"))?;
            let again = if number % 2 == 0 {
                lab.upgrade()?
            } else {
                lab.rollback()?
            };
            let end = if again.code == 4 {
                // It had reached its end.
                again.says(&["is installed already"])?;
                lab.end()?
            } else {
                again.expect(0)?;
                lab.end()?
            };
            if end == "new" {
                lab.rollback()?.expect(0)?;
            }
            ensure!(lab.end()? == "old", "after {line}");
        }
    }
    Ok(())
}

#[test]
fn a_killed_upgrade_ends_in_the_old_or_in_the_new_release() -> Result<()> {
    killed_at(&Upgradable::begin()?, &["branch", "commit"])
}

#[test]
#[ignore = "minutes: `make faults` runs it"]
fn a_kill_at_every_step_loses_nothing() -> Result<()> {
    killed_at(&Upgradable::begin()?, &STEPS)
}

/// The journal of a run that was killed in the middle of a line.
#[test]
fn a_torn_line_of_the_journal_is_no_riddle() -> Result<()> {
    let lab = Upgradable::begin()?;
    lab.kill_at("\"begin\",\"step\":\"files\"")?;
    let journal = lab.server.dir.join("journal.jsonl");
    let lines = BufReader::new(fs::File::open(&journal)?).lines();
    let lines: Vec<String> = lines.collect::<std::io::Result<_>>()?;
    fs::write(&journal, format!("{}\n{{\"event\":\"do", lines.join("\n")))?;
    lab.rollback()?.expect(0)?;
    ensure!(lab.end()? == "old");
    Ok(())
}
