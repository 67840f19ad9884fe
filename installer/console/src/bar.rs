//! Progress of one long piece of work.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::settings::Style;
use crate::{Console, bytes, duration};

/// Between two plain or JSON progress lines: often enough to see life, rare enough to read a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Every bar of the process, so that a question can hold them all.
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)));

/// Does something on the terminal while no bar is drawn.
pub(crate) fn without_bars<T>(work: impl FnOnce() -> T) -> T {
    BARS.suspend(work)
}

/// One running piece of work. Dropped without [`Bar::done`], it vanishes from the terminal.
#[derive(Debug)]
pub struct Bar {
    console: Console,
    title: String,
    total: Option<u64>,
    position: u64,
    started: Instant,
    last_line: Instant,
    bar: ProgressBar,
}

/// A progress line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    title: &'a str,
    position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl Bar {
    pub(crate) fn begin(console: &Console, title: &str, total: Option<u64>) -> Self {
        let bar = match (console.settings().style, total) {
            (Style::Terminal, Some(total)) => ProgressBar::new(total).with_style(template(
                "  {msg:32!} {bar:24.cyan/dim} {bytes:>10} / {total_bytes:10} {bytes_per_sec:>12} {eta:>4}",
            )),
            (Style::Terminal, None) => {
                ProgressBar::new_spinner().with_style(template("  {msg:32!} {spinner} {elapsed}"))
            }
            (Style::Lines | Style::Json, _) => ProgressBar::hidden(),
        };
        if console.settings().style == Style::Terminal {
            let bar = BARS.add(bar.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.set_message(title.to_owned());
        }
        let now = Instant::now();
        let this = Self {
            console: *console,
            title: title.to_owned(),
            total,
            position: 0,
            started: now,
            last_line: now,
            bar,
        };
        if console.settings().style == Style::Lines {
            console.say(&format!("{title} …"));
        }
        this.event("progress-begin");
        this
    }

    /// Counts `units` more (bytes, where a total in bytes was given).
    pub fn advance(&mut self, units: u64) {
        self.position = self.position.saturating_add(units);
        self.bar.inc(units);
        if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            self.event("progress");
            if self.console.settings().style == Style::Lines
                && let Some(total) = self.total
            {
                self.console.say(&format!(
                    "{}: {} of {}",
                    self.title,
                    bytes(self.position),
                    bytes(total)
                ));
            }
        }
    }

    /// Changes what the bar says it is doing.
    pub fn retitle(&mut self, title: &str) {
        title.clone_into(&mut self.title);
        self.bar.set_message(title.to_owned());
    }

    /// Ends the work with a line that stays: what was done, and how long it took.
    pub fn done(self, outcome: &str) {
        self.bar.finish_and_clear();
        self.event("progress-end");
        self.console
            .say(&format!("{outcome} ({})", duration(self.started.elapsed())));
    }

    fn event(&self, event: &'static str) {
        self.console.event(&Line {
            event,
            title: &self.title,
            position: self.position,
            total: self.total,
        });
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}
