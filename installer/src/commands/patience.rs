//! How long the app may take until it is ready.

use std::time::Duration;

use clap::Args;

/// In seconds.
const DEFAULT: u64 = 180;

/// The option, as every command has it that starts the app.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Patience {
    /// How long the app may take until it is ready, in seconds; what an upgrade's rehearsed
    /// migrations took comes on top.
    #[arg(id = "timeout", long, value_name = "SECONDS", default_value_t = DEFAULT, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
}

impl Patience {
    /// As a duration.
    pub(crate) const fn get(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { seconds: DEFAULT }
    }
}
