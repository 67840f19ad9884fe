//! Running a program and looking at all of what it did.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; a signal counts as 128 plus its number.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
    line: String,
}

impl Outcome {
    /// That of a program whose output went to files.
    #[must_use]
    pub fn of(
        arguments: &[&str],
        status: std::process::ExitStatus,
        stdout: &str,
        stderr: &str,
    ) -> Self {
        Self {
            code: exit_code(status),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            took: Duration::ZERO,
            line: arguments.join(" "),
        }
    }

    /// Demands an exit code.
    ///
    /// # Errors
    /// With everything the program said, when it ended otherwise.
    pub fn expect(self, code: i32) -> Result<Self> {
        ensure!(
            self.code == code,
            "{} ended with {}, not {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.line,
            self.code,
            self.stdout,
            self.stderr
        );
        Ok(self)
    }

    /// Demands that the conversation names all of `words`.
    ///
    /// # Errors
    /// With the conversation, when one is missing.
    pub fn says(self, words: &[&str]) -> Result<Self> {
        for word in words {
            ensure!(
                self.stderr.contains(word) || self.stdout.contains(word),
                "{} does not say {word:?}\n{}\n{}",
                self.line,
                self.stdout,
                self.stderr
            );
        }
        Ok(self)
    }

    /// The one JSON object on standard output.
    ///
    /// # Errors
    /// When it is something else.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(self.stdout.trim())
            .with_context(|| format!("{} printed no JSON object:\n{}", self.line, self.stdout))
    }
}

/// Runs a command to its end, with nothing on standard input.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: &mut Command) -> Result<Outcome> {
    run_with_input(command, None)
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started.
pub fn run_with_input(command: &mut Command, input: Option<&[u8]>) -> Result<Outcome> {
    let line = describe(command);
    let started = Instant::now();
    let mut child = command
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {line}"))?;
    if let (Some(mut stdin), Some(bytes)) = (child.stdin.take(), input) {
        // A program that stops reading has its reasons; its exit code tells.
        drop(stdin.write_all(bytes));
    }
    let output = child.wait_with_output()?;
    Ok(Outcome {
        code: exit_code(output.status),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: started.elapsed(),
        line,
    })
}

/// Asks again and again until `ready` gives something.
///
/// # Errors
/// After `limit`, with `what` was waited for and the last answer.
pub fn wait_for<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    loop {
        match ready() {
            Ok(value) => return Ok(value),
            Err(error) if started.elapsed() > limit => {
                bail!("waited {} s for {what}: {error:#}", limit.as_secs())
            }
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}

fn describe(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
