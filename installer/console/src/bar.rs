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
    #[serde(rename = "perSecond", skip_serializing_if = "Option::is_none")]
    per_second: Option<u64>,
    #[serde(rename = "secondsLeft", skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
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
                let pace = self.pace();
                self.console
                    .say(&line(&self.title, self.position, total, pace));
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
        let took = duration(self.started.elapsed());
        let rate = self.pace().filter(|_| self.total.is_some());
        let rate = rate.map(|pace| format!(", {}/s", bytes(pace.rate)));
        self.console
            .say(&format!("{outcome} ({took}{})", rate.unwrap_or_default()));
    }

    fn event(&self, event: &'static str) {
        let pace = self.pace();
        self.console.event(&Line {
            event,
            title: &self.title,
            position: self.position,
            total: self.total,
            per_second: pace.map(|pace| pace.rate),
            seconds_left: pace.and_then(|pace| Some(pace.left?.as_secs())),
        });
    }

    fn pace(&self) -> Option<Pace> {
        Pace::of(self.position, self.total, self.started.elapsed())
    }
}

/// How fast it goes, and what is left at that speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace {
    /// Units in a second, over all of the work.
    rate: u64,
    left: Option<Duration>,
}

impl Pace {
    /// `None` when it is too early to tell.
    fn of(position: u64, total: Option<u64>, elapsed: Duration) -> Option<Self> {
        let millis = u64::try_from(elapsed.as_millis()).ok()?;
        if millis < 1000 || position == 0 {
            return None;
        }
        let scaled = |units: u64, by: u64, over: u64| {
            let value = u128::from(units) * u128::from(by) / u128::from(over);
            u64::try_from(value).unwrap_or(u64::MAX)
        };
        let left = total.map(|total| {
            let units = total.saturating_sub(position);
            Duration::from_millis(scaled(units, millis, position))
        });
        Some(Self {
            rate: scaled(position, 1000, millis),
            left,
        })
    }
}

/// A plain line of progress.
fn line(title: &str, position: u64, total: u64, pace: Option<Pace>) -> String {
    let mut text = format!("{title}: {} of {}", bytes(position), bytes(total));
    if let Some(pace) = pace {
        text.push_str(&format!(", {}/s", bytes(pace.rate)));
        if let Some(left) = pace.left.filter(|left| !left.is_zero()) {
            let whole = Duration::from_secs(left.as_secs().max(1));
            text.push_str(&format!(", {} left", duration(whole)));
        }
    }
    text
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Pace, line};

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_plain_line_says_how_fast_it_goes_and_how_long_it_takes() {
        let at = |position, seconds| {
            let pace = Pace::of(position, Some(100 * MIB), Duration::from_secs(seconds));
            line("Verifying", position, 100 * MIB, pace)
        };
        assert_eq!(
            at(25 * MIB, 5),
            "Verifying: 25.0 MiB of 100.0 MiB, 5.0 MiB/s, 15 s left"
        );
        assert_eq!(
            at(10 * MIB, 20),
            "Verifying: 10.0 MiB of 100.0 MiB, 512.0 KiB/s, 3 min 00 s left"
        );
        assert_eq!(
            at(100 * MIB, 10),
            "Verifying: 100.0 MiB of 100.0 MiB, 10.0 MiB/s"
        );
        // Too early to tell, and more than there was to do.
        assert_eq!(at(MIB, 0), "Verifying: 1.0 MiB of 100.0 MiB");
        assert_eq!(at(0, 9), "Verifying: 0 B of 100.0 MiB");
        assert!(!at(200 * MIB, 9).contains("left"));
    }

    #[test]
    fn no_size_is_too_large_and_none_is_no_total() {
        let long = Duration::from_secs(5);
        let pace = Pace::of(u64::MAX, Some(u64::MAX), long).unwrap();
        assert_eq!(pace.left, Some(Duration::ZERO));
        assert_eq!(Pace::of(1, Some(u64::MAX), long).unwrap().rate, 0);
        assert_eq!(Pace::of(10, None, long).unwrap().left, None);
    }
}
