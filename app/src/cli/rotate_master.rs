//! `rotate-master`: the master key is replaced while the vault is in use.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;

use super::host::Host;
use super::output::{complain, print, say};
use crate::config::Env;
use crate::custody::{self, Outcome, Pace, Point, RotateError};
use crate::edge::error_chain;
use crate::kernel::Clock;

/// Another run holds the lock, and interrupted: exit codes that all our programs share.
const LOCKED: u8 = 8;
const INTERRUPTED: u8 = 130;
/// How often progress is said.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Options {
    /// Records in one transaction.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    batch: i64,
    /// The most records in a second: fewer leave more of the server to requests.
    #[arg(long, default_value_t = 25_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(env: &Env, options: Options) -> ExitCode {
    let host = match Host::open(env, 3).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    let stop = stop_by_signal();
    let mut progress = Progress::new(options.json);
    let pace = Pace {
        batch: options.batch,
        per_second: options.rate,
    };
    let mut watch = |point| {
        progress.say(point);
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let ended = custody::rotate(&host.db, &host.keys, &Clock::system(), pace, &mut watch).await;
    match ended {
        Ok(outcome) => show(&outcome, options.json),
        Err(error) => {
            let failed = complain(&error_chain(&error));
            match error {
                RotateError::Stopped => ExitCode::from(INTERRUPTED),
                RotateError::Locked => ExitCode::from(LOCKED),
                _ => failed,
            }
        }
    }
}

/// Set by the first signal: the batch that is being written ends, and then the run.
fn stop_by_signal() -> Arc<AtomicBool> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = Arc::new(AtomicBool::new(false));
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        if let Ok(mut signals) = signal(kind) {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                signals.recv().await;
                stop.store(true, Ordering::Relaxed);
            });
        }
    }
    stop
}

fn show(outcome: &Outcome, json: bool) -> ExitCode {
    if json {
        return match serde_json::to_string(outcome) {
            Ok(text) => print(&text),
            Err(error) => complain(&error.to_string()),
        };
    }
    print(&format!(
        "master key {} is retired; {} records were wrapped anew with {} in this run. Give the new \
         key as MASTER_KEY, empty MASTER_KEY_NEXT, restart the servers, and make a backup: earlier \
         ones need the old key, so keep that as long as you keep them",
        outcome.from, outcome.records, outcome.to
    ))
}

/// What is said on the way, at most once a second.
struct Progress {
    json: bool,
    total: i64,
    counted: Option<Instant>,
    said: Option<Instant>,
}

impl Progress {
    const fn new(json: bool) -> Self {
        Self {
            json,
            total: 0,
            counted: None,
            said: None,
        }
    }

    fn say(&mut self, point: Point) {
        match point {
            Point::Lacking(servers) => self.seldom("waiting-for-servers", |_| {
                format!("{servers} running servers do not hold the new key yet")
            }),
            Point::Behind(servers) => self.seldom("waiting-for-servers", |_| {
                format!("{servers} running servers do not wrap with the new key yet")
            }),
            Point::Begun(step) => {
                let again = if step.resumed { ", resumed" } else { "" };
                self.event(
                    "begun",
                    &format!("from {} to {}{again}", step.from, step.to),
                );
            }
            Point::Counted(total) => {
                self.total = total;
                self.counted = Some(Instant::now());
                self.event(
                    "counted",
                    &format!("{total} records are to be wrapped anew"),
                );
            }
            Point::Written => {}
            Point::Done(records) => self.seldom("progress", |this| {
                let seconds = this.counted.map_or(0.0, |at| at.elapsed().as_secs_f64());
                let rate =
                    f64::from(i32::try_from(records).unwrap_or(i32::MAX)) / seconds.max(0.001);
                format!("{records} of {} records, {rate:.0} a second", this.total)
            }),
            Point::Retired => self.event("retired", "nothing depends on the old key"),
        }
    }

    fn seldom(&mut self, event: &str, text: impl FnOnce(&Self) -> String) {
        if self.said.is_none_or(|said| said.elapsed() >= EVERY) {
            let text = text(self);
            self.event(event, &text);
            self.said = Some(Instant::now());
        }
    }

    fn event(&self, event: &str, text: &str) {
        if self.json {
            say(&serde_json::json!({"event": event, "message": text}).to_string());
        } else {
            say(text);
        }
    }
}
