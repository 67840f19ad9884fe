//! How often a password may be tried.
//!
//! | counted by | at most | for |
//! |---|---|---|
//! | network | `AUTH_RATE_MAX` in `AUTH_RATE_WINDOW_MS` | everything that is open to everybody |
//! | address that is signed in to, and network | 10 in 15 minutes | strangers |
//! | address that is signed in to | 50 in 15 minutes | all strangers together |
//! | account and browser | 10 in 15 minutes | browsers that signed in to the account before |
//!
//! One network alone cannot use up what all strangers have, and all of them together cannot use up
//! what a known browser has: guessing is slow, and its owner gets in. An address that has no account
//! is counted like any other. Each attempt is counted before the password is judged, in one step of
//! the cache, so that many at once do not slip past; a right one is taken back.

use std::net::IpAddr;
use std::time::Duration;

use super::device::Device;
use super::email::Email;
use crate::context::App;
use crate::edge::{Problem, rate};

const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Of one account, from one network or one known browser.
const OF_ONE: rate::Limit = rate::Limit {
    max: 10,
    window: WINDOW,
};
/// Of one account, from all strangers together. With the shortest good password this is a century of
/// guessing; NIST SP 800-63B-4, 3.2.2, asks for no more than 100 in a row.
const OF_ALL: rate::Limit = rate::Limit {
    max: 50,
    window: WINDOW,
};

/// An attempt that was counted.
#[derive(Debug)]
pub(super) struct Attempt(Vec<(&'static str, String)>);

/// Counts an attempt to sign in. `given` is what was typed: what is no address is counted, too.
///
/// # Errors
/// 429 with the time to wait; 503 when it cannot be counted.
pub(super) async fn sign_in(
    app: &App,
    given: &str,
    client: IpAddr,
    device: Option<&Device>,
) -> Result<Attempt, Problem> {
    let address =
        Email::parse(given).map_or_else(|_| given.to_owned(), |email| email.as_str().to_owned());
    let mut counted = Attempt(Vec::new());
    if let Some(device) = device {
        let who = format!("{address} {}", device.who());
        counted.count(app, "sign-in-known", who, OF_ONE).await?;
    } else {
        let network = rate::Who::from(client);
        let who = format!("{address} {}", network.as_str());
        counted.count(app, "sign-in-from", who, OF_ONE).await?;
        counted.count(app, "sign-in", address, OF_ALL).await?;
    }
    Ok(counted)
}

impl Attempt {
    async fn count(
        &mut self,
        app: &App,
        what: &'static str,
        who: String,
        limit: rate::Limit,
    ) -> Result<(), Problem> {
        rate::attempt(&app.cache, what, &who, limit).await?;
        self.0.push((what, who));
        Ok(())
    }

    /// Takes it back: it was right.
    ///
    /// # Errors
    /// 503 when the cache does not answer.
    pub(super) async fn was_right(self, app: &App) -> Result<(), Problem> {
        for (what, who) in &self.0 {
            rate::take_back(&app.cache, what, who).await?;
        }
        Ok(())
    }
}
