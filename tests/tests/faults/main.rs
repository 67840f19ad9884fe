//! Runs of the installer that are broken at every point, and what the next one makes of it.

mod cells;
mod matrix;

use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use cells::{Cell, Operation, cells};
use matrix::End;
use vaultterm_tests::build::Build;
use vaultterm_tests::lab::Upgradable;

/// How long the sample may take that is part of every run of the tests.
const SAMPLE: Duration = Duration::from_secs(120);

/// What came of the cells.
struct Tally {
    /// A line for each, while it goes on.
    progress: File,
    cells: usize,
    old: usize,
    new: usize,
    lost: usize,
    untrue: usize,
    notes: String,
}

impl Tally {
    fn new(test: &str) -> Result<Self> {
        let path = Build::from_environment()?.artifacts(test)?;
        Ok(Self {
            progress: File::create(path.join("progress.txt"))?,
            cells: 0,
            old: 0,
            new: 0,
            lost: 0,
            untrue: 0,
            notes: String::new(),
        })
    }

    fn count(&mut self, cell: &Cell, ended: &Result<End>, took: Duration) {
        self.cells += 1;
        let word = match ended {
            Ok(End::Old) => {
                self.old += 1;
                "old"
            }
            Ok(End::New) => {
                self.new += 1;
                "new"
            }
            Err(error) => {
                let text = format!("{error:#}");
                if text.contains("UNTRUE") {
                    self.untrue += 1;
                } else {
                    self.lost += 1;
                }
                let note = format!("{cell}: {text}\n");
                self.notes += &note;
                let _ok = self.progress.write_all(note.as_bytes());
                "FAILED"
            }
        };
        // A report of its own; what fails is in the notes as well.
        let _ok = writeln!(
            self.progress,
            "{:4} {word:6} {:5.1} s  {cell}",
            self.cells,
            took.as_secs_f64()
        );
    }

    fn line(&self) -> String {
        format!(
            "cells {}, old {}, new {}, lost {}, untrue reports {}",
            self.cells, self.old, self.new, self.lost, self.untrue
        )
    }
}

/// A release that is upgraded to, whether by a delta, and what is broken there.
type Room = (&'static str, bool, Vec<Cell>);

/// Three servers at a time: most of a case is waiting.
fn rooms() -> [Vec<Room>; 3] {
    #[expect(
        clippy::disallowed_methods,
        reason = "a case that was printed is run again this way"
    )]
    let only = std::env::var("VAULTTERM_CELLS").unwrap_or_default();
    every_room().map(|rooms| {
        let wanted = |cell: &Cell| cell.to_string().contains(&only);
        let rooms = rooms.into_iter().map(|(version, delta, cells)| {
            (version, delta, cells.into_iter().filter(wanted).collect())
        });
        rooms.collect()
    })
}

fn every_room() -> [Vec<Room>; 3] {
    let all = |operations: &[Operation]| operations.iter().copied().flat_map(cells).collect();
    let kills = |cells: Vec<Cell>| {
        let plain = |cell: &Cell| {
            cell.faults.iter().all(|(point, fault)| {
                // Nothing is branched without migrations, and a delta may carry no layer.
                let never = point.contains("-Branch") || point == "Amid-Receive";
                *fault == vaultterm_tests::lab::Fault::Kill && !never
            })
        };
        cells.into_iter().filter(plain).collect::<Vec<_>>()
    };
    let others = [Operation::Rollback, Operation::Restore, Operation::Backup];
    [
        vec![("9.0.0", false, all(&[Operation::Upgrade]))],
        vec![("9.0.0", true, all(&others))],
        vec![
            ("9.0.0", false, all(&[Operation::Install])),
            // Without migrations, from a delta; and with another image of the database.
            (
                "8.0.0",
                true,
                kills(all(&[Operation::Upgrade, Operation::Rollback])),
            ),
            ("7.0.0", false, kills(cells(Operation::Rollback))),
        ],
    ]
}

/// Goes through cells on one server; one that is lost is replaced.
fn go_through(
    version: &str,
    delta: bool,
    cells: &[Cell],
    until: Option<Instant>,
    tally: &Mutex<Tally>,
) -> Result<()> {
    let next = Build::from_environment()?.later(version, delta)?;
    let mut lab = None;
    for cell in cells {
        if until.is_some_and(|until| Instant::now() > until) {
            break;
        }
        let server = match lab.take() {
            Some(server) => server,
            None if cell.operation == Operation::Install => Upgradable::empty()?,
            None => Upgradable::breakable(&next)?,
        };
        let started = Instant::now();
        let ended = matrix::run(&server, cell);
        let mut tally = tally.lock().ok().context("another thread failed")?;
        tally.count(cell, &ended, started.elapsed());
        if ended.is_ok() {
            lab = Some(server);
        }
    }
    Ok(())
}

fn judge(tally: Mutex<Tally>) -> Result<()> {
    let mut tally = tally.into_inner().ok().context("a thread failed")?;
    let report = format!("{}{}", tally.notes, tally.line());
    writeln!(tally.progress, "{report}")?;
    ensure!(tally.lost + tally.untrue == 0, "{report}");
    Ok(())
}

#[test]
#[ignore = "an hour: `make faults` runs it"]
fn every_fault_at_every_point_ends_in_the_old_or_in_the_new_release() -> Result<()> {
    let tally = Mutex::new(Tally::new("faults")?);
    let tally_of = &tally;
    std::thread::scope(|scope| {
        let threads = rooms().map(|rooms| {
            scope.spawn(move || {
                rooms.iter().try_for_each(|(version, delta, cells)| {
                    go_through(version, *delta, cells, None, tally_of)
                })
            })
        });
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread failed"))?
        })
    })?;
    judge(tally)
}

/// Not in the sample, because each takes as long as the whole of it: the app is waited for in vain. The
/// whole matrix has them.
const LONG: &str = "DiskFull at Begin-Ready";

/// A sample of all cells, by a seed that is printed.
#[test]
fn some_faults_at_some_points_end_in_the_old_or_in_the_new_release() -> Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a seed that was printed is given back this way"
    )]
    let seed = std::env::var("VAULTTERM_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    #[expect(clippy::disallowed_methods, reason = "another sample every time")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let seed: u64 = seed.unwrap_or(now.as_secs());
    let rooms = [
        vec![
            Operation::Upgrade,
            Operation::Rollback,
            Operation::Restore,
            Operation::Backup,
        ],
        vec![Operation::Install],
    ];
    let tally = Mutex::new(Tally::new("faults-sample")?);
    let until = Instant::now() + SAMPLE;
    let delta = seed.is_multiple_of(2);
    let tally_of = &tally;
    std::thread::scope(|scope| {
        let threads = rooms.map(|operations| {
            let sample = shuffled(seed, operations);
            scope.spawn(move || go_through("9.0.0", delta, &sample, Some(until), tally_of))
        });
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread failed"))?
        })
    })?;
    judge(tally).with_context(|| format!("VAULTTERM_SEED={seed}"))
}

fn shuffled(seed: u64, operations: Vec<Operation>) -> Vec<Cell> {
    let long = |cell: &Cell| cell.to_string().contains(LONG);
    let mut all: Vec<(u64, Cell)> = operations
        .into_iter()
        .flat_map(cells)
        .filter(|cell| !long(cell))
        .zip(0u64..)
        .map(|(cell, number)| {
            let rank = mixed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            (rank, cell)
        })
        .collect();
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, cell)| cell).collect()
}

/// SplitMix64's finish.
const fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
