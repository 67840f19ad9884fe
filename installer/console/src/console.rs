//! The console itself: where lines go and what they look like.

use std::io::{BufRead as _, Write as _};

use serde::Serialize;

use crate::bar::without_bars;
use crate::settings::{Settings, Style};
use crate::{Bar, Failure};

/// The one place that prints. Copied freely: it holds nothing but its settings.
///
/// A line that cannot be written (a closed pipe, a full disk) is dropped: the work must not
/// fail because nobody listens.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    settings: Settings,
}

/// A message as a JSON line.
#[derive(Serialize)]
struct Message<'a> {
    event: &'static str,
    text: &'a str,
}

/// A failure as a JSON line.
#[derive(Serialize)]
struct FailureLine<'a> {
    event: &'static str,
    code: &'a str,
    exit: u8,
    error: String,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Console {
    /// A console that speaks as `settings` say.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The settings it was made with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether standard output carries JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.settings.style == Style::Json
    }

    /// A line of the conversation.
    pub fn say(&self, text: &str) {
        match self.settings.style {
            Style::Json => self.event(&Message {
                event: "message",
                text,
            }),
            Style::Terminal | Style::Lines => err_line(text),
        }
    }

    /// A line that only an investigation wants.
    pub fn detail(&self, text: &str) {
        if self.settings.verbose {
            self.say(text);
        }
    }

    /// Something that works but deserves attention.
    pub fn warn(&self, text: &str) {
        match self.settings.style {
            Style::Json => self.event(&Message {
                event: "warning",
                text,
            }),
            Style::Terminal | Style::Lines => {
                err_line(&format!("{} {text}", self.paint("33;1", "warning:")));
            }
        }
    }

    /// A heading that opens a part of the work.
    pub fn heading(&self, text: &str) {
        match self.settings.style {
            Style::Json => self.event(&Message {
                event: "heading",
                text,
            }),
            Style::Terminal | Style::Lines => err_line(&self.paint("1", text)),
        }
    }

    /// A check that holds, shown with a tick.
    pub fn tick(&self, text: &str) {
        match self.settings.style {
            Style::Json => self.event(&Message {
                event: "done",
                text,
            }),
            Style::Terminal | Style::Lines => {
                err_line(&format!("  {} {text}", self.paint("32", "✓")));
            }
        }
    }

    /// A check that does not hold, shown with a cross.
    pub fn cross(&self, text: &str) {
        match self.settings.style {
            Style::Json => self.event(&Message {
                event: "failed",
                text,
            }),
            Style::Terminal | Style::Lines => {
                err_line(&format!("  {} {text}", self.paint("31", "✗")));
            }
        }
    }

    /// The result, as text, on standard output. With `--json` nothing: see [`Console::result_json`].
    pub fn result(&self, text: &str) {
        if !self.is_json() {
            out_line(text);
        }
    }

    /// The result as one JSON object on standard output, only with `--json`.
    pub fn result_json(&self, value: &impl Serialize) {
        if self.is_json()
            && let Ok(line) = serde_json::to_string(value)
        {
            out_line(&line);
        }
    }

    /// A JSON line of the conversation on standard error, only with `--json`.
    pub fn event(&self, value: &impl Serialize) {
        if self.is_json()
            && let Ok(line) = serde_json::to_string(value)
        {
            err_line(&line);
        }
    }

    /// Begins a long piece of work. `total` is in bytes.
    #[must_use]
    pub fn progress(&self, title: &str, total: Option<u64>) -> Bar {
        Bar::begin(self, title, total)
    }

    /// Asks a yes-or-no question. `--yes` answers it; without anybody to ask the answer is no.
    #[must_use]
    pub fn confirm(&self, question: &str) -> bool {
        if self.settings.assume_yes {
            return true;
        }
        self.ask(&format!("{question} [y/N] "))
            .is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a line of text; `None` when nobody can answer.
    #[must_use]
    pub fn ask(&self, question: &str) -> Option<String> {
        if !self.settings.interactive {
            return None;
        }
        // Bars stand still only while the question is written: whoever waits for an answer on one
        // thread must not keep another from ending the work.
        without_bars(|| {
            let mut stderr = std::io::stderr().lock();
            write!(stderr, "{question}").and_then(|()| stderr.flush())
        })
        .ok()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }

    /// Reports a failure (fact, causes, hint, where to read more) and gives the exit code.
    pub fn fail(&self, failure: &dyn Failure) -> std::process::ExitCode {
        let causes = causes(failure);
        if self.is_json() {
            self.result_json(&FailureLine {
                event: "error",
                code: failure.code(),
                exit: failure.exit() as u8,
                error: failure.to_string(),
                causes,
                hint: failure.hint(),
            });
        } else {
            let head = self.paint("31;1", &format!("error[{}]:", failure.code()));
            err_line(&format!("{head} {failure}"));
            for cause in causes {
                err_line(&format!("  because: {cause}"));
            }
            if let Some(hint) = failure.hint() {
                err_line(&format!("  {} {hint}", self.paint("36;1", "what to do:")));
            }
        }
        failure.exit().into()
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.settings.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// The chain below a failure, outermost first.
fn causes(failure: &dyn Failure) -> Vec<String> {
    let mut chain = Vec::new();
    let mut next = failure.source();
    while let Some(cause) = next {
        chain.push(cause.to_string());
        next = cause.source();
    }
    chain
}

fn out_line(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // Nobody may be listening any more; see the type's documentation.
    let _unheard = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

fn err_line(text: &str) {
    let _unheard = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::{Console, causes};
    use crate::{ExitCode, Failure, Settings};

    #[derive(Debug, thiserror::Error)]
    #[error("the outer fact")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("the inner fact")]
    struct Inner;

    impl Failure for Outer {
        fn exit(&self) -> ExitCode {
            ExitCode::Untrusted
        }
        fn code(&self) -> &'static str {
            "VT-X001"
        }
    }

    #[test]
    fn causes_leave_out_the_failure_itself() {
        assert_eq!(causes(&Outer(Inner)), ["the inner fact"]);
    }

    #[test]
    fn nobody_to_ask_means_no() {
        assert!(!Console::new(Settings::plain()).confirm("really?"));
        let yes = Settings {
            assume_yes: true,
            ..Settings::plain()
        };
        assert!(Console::new(yes).confirm("really?"));
    }
}
