//! The library's progress, shown on the console.

use console::{Bar, Console};
use offline::progress::Progress;

/// Shows every piece of work as a bar.
pub(crate) struct Meter<'a> {
    console: &'a Console,
    bar: Option<(Bar, String)>,
}

impl<'a> Meter<'a> {
    pub(crate) const fn new(console: &'a Console) -> Self {
        Self { console, bar: None }
    }
}

impl Progress for Meter<'_> {
    fn begin(&mut self, what: &str, bytes: u64) {
        self.bar = Some((self.console.progress(what, Some(bytes)), what.to_owned()));
    }

    fn advance(&mut self, bytes: u64) {
        if let Some((bar, _)) = &mut self.bar {
            bar.advance(bytes);
        }
    }

    fn end(&mut self) {
        if let Some((bar, what)) = self.bar.take() {
            bar.done(&format!("{what}: done"));
        }
    }
}
