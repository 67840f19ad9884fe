//! What decides how to speak: flags, the terminal, `NO_COLOR`.

use std::io::IsTerminal;

/// How long work and messages are shown on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A terminal: bars that redraw themselves.
    Terminal,
    /// A file or a pipe: plain lines, none of them redrawn.
    Lines,
    /// `--json`: one JSON object per line on standard output.
    Json,
}

/// Everything the console needs to know, decided once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How to show progress and messages.
    pub style: Style,
    /// Whether details are printed that only matter when something is investigated.
    pub verbose: bool,
    /// Whether colour may be used.
    pub color: bool,
    /// Whether questions are answered with yes without being asked.
    pub assume_yes: bool,
    /// Whether somebody can answer a question.
    pub interactive: bool,
}

impl Settings {
    /// Reads the terminal and `NO_COLOR` (<https://no-color.org>: any value but the empty one).
    #[must_use]
    pub fn detect(json: bool, verbose: bool, assume_yes: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        #[expect(
            clippy::disallowed_methods,
            reason = "the console is the rim where the terminal's conventions are read"
        )]
        let colorless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            style: match (json, terminal) {
                (true, _) => Style::Json,
                (false, true) => Style::Terminal,
                (false, false) => Style::Lines,
            },
            verbose,
            color: terminal && !colorless && !json,
            assume_yes,
            interactive: terminal && std::io::stdin().is_terminal() && !json,
        }
    }

    /// Plain lines, nobody to ask: what tests and libraries use.
    #[must_use]
    pub const fn plain() -> Self {
        Self {
            style: Style::Lines,
            verbose: false,
            color: false,
            assume_yes: false,
            interactive: false,
        }
    }
}
