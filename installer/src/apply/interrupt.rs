//! SIGINT and SIGTERM, heard between and during steps.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Error;

pub(super) struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    pub(super) fn listen() -> Result<Self, Error> {
        let hear = |kind| {
            signal(kind).map_err(Error::file(
                "cannot listen for",
                std::path::Path::new("signals"),
            ))
        };
        Ok(Self {
            interrupt: hear(SignalKind::interrupt())?,
            terminate: hear(SignalKind::terminate())?,
        })
    }

    /// Returns when one of them arrives.
    pub(super) async fn arrives(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
