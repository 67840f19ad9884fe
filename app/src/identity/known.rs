//! Guesses at what an account shows besides the password, and the networks that it comes from.
//!
//! Guesses from networks that the account has come from lately are counted for each of them; all
//! others share one count. So whoever has stolen a password and guesses at the codes uses up the
//! strangers' count, and the person goes on as before from where they work; from elsewhere, a passkey
//! or a recovery code still lets them in, since nobody guesses those.

use std::net::IpAddr;
use std::time::Duration;

use crate::context::App;
use crate::edge::Problem;
use crate::edge::rate::{self, Limit, Who};
use crate::kernel::UserId;

/// In a quarter of an hour, and in a day: a code of six digits, three of which are good at a time,
/// then takes decades to be guessed.
const LIMITS: [(&str, Limit); 2] = [
    ("code", limit(10, 15 * 60)),
    ("code-day", limit(30, 24 * 3600)),
];
/// A network is known for so many days after the account came from it.
const KNOWN_SEC: u64 = 30 * 24 * 3600;

const fn limit(max: u32, seconds: u64) -> Limit {
    Limit {
        max,
        window: Duration::from_secs(seconds),
    }
}

/// A guess that was counted.
pub(super) struct Guess(String);

impl Guess {
    /// Counts a guess, before it is judged.
    ///
    /// # Errors
    /// 429 past the limit, 503 when it cannot be counted.
    pub(super) async fn count(app: &App, user: UserId, client: IpAddr) -> Result<Self, Problem> {
        let mut command = redis::cmd("EXISTS");
        command.arg(key(user, client));
        let known: bool = app.cache.run(&command).await?;
        let network = Who::from(client);
        let from = if known { network.as_str() } else { "elsewhere" };
        let guess = Self(format!("{user} {from}"));
        for (what, limit) in LIMITS {
            rate::attempt(&app.cache, what, &guess.0, limit).await?;
        }
        Ok(guess)
    }

    /// Takes it back: it was none.
    pub(super) async fn was_right(self, app: &App) -> Result<(), Problem> {
        for (what, _) in LIMITS {
            rate::take_back(&app.cache, what, &self.0).await?;
        }
        Ok(())
    }
}

/// Remembers from where somebody came who has proved who they are.
pub(super) async fn remember(app: &App, user: UserId, client: IpAddr) -> Result<(), Problem> {
    let mut command = redis::cmd("SET");
    command.arg(key(user, client)).arg(1);
    command.arg("EX").arg(KNOWN_SEC);
    Ok(app.cache.run::<()>(&command).await?)
}

fn key(user: UserId, client: IpAddr) -> String {
    format!("vt:known:{user}:{}", Who::from(client).as_str())
}
