//! The heartbeat: off unless it has an address, and then one small message a day.
//!
//! What is sent is [`Message`], field by field, and nothing else: no name, no address, no count of
//! anything but seats. It is never needed: nobody waits for it, nothing depends on its answer, and a
//! failure is a line in the log at level `debug`. Only HTTPS, no redirects, ten seconds.
//!
//! Replicas agree in the database on who sends, so that it is one message a day however many there
//! are and however often they are started.

mod message;
mod send;
mod store;

use std::convert::Infallible;
use std::time::Duration;

pub use message::{Message, Preview, preview};
use tokio_rustls::rustls::RootCertStore;

use crate::context::App;
use crate::edge::error_chain;

/// The shortest time between two looks whether a day is over.
const LEAST: Duration = Duration::from_secs(15 * 60);
/// What chance adds to it: the servers of a vendor's customers do not all speak at once.
const CHANCE: Duration = Duration::from_secs(60 * 60);

/// Sends a message a day for as long as the server runs; without an address, nothing, ever.
pub async fn keep(app: &App) -> Infallible {
    let Some(url) = &app.server.heartbeat else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(LEAST + some_of(CHANCE)).await;
        match beat(app, url, send::public_roots()).await {
            Ok(true) => tracing::debug!(host = url.host, "heartbeat"),
            Ok(false) => {}
            Err(error) => {
                let error = error_chain(&error);
                tracing::debug!(host = url.host, error, "heartbeat");
            }
        }
    }
}

/// Why there was none. It does not matter to anybody.
#[derive(Debug, thiserror::Error)]
enum Missed {
    #[error(transparent)]
    Database(#[from] crate::infra::db::DbError),
    #[error(transparent)]
    Send(#[from] send::SendError),
}

/// Sends the day's message, unless some replica has; whether it did.
async fn beat(
    app: &App,
    url: &crate::config::HeartbeatUrl,
    trusted: RootCertStore,
) -> Result<bool, Missed> {
    if !store::claim(&app.db, app.clock.now()).await? {
        return Ok(false);
    }
    let message = message::current(app).await?;
    send::post(url, message.body(), trusted).await?;
    Ok(true)
}

fn some_of(span: Duration) -> Duration {
    let mut bytes = [0; 2];
    // Without randomness the time is the same each time, which harms nobody.
    let _filled = getrandom::fill(&mut bytes);
    span.mul_f64(f64::from(u16::from_be_bytes(bytes)) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests;
