//! The time between the password and the second factor.
//!
//! A ticket says that the password was right, and opens nothing. It lies in Redis under the digest of
//! its token (`vt:ticket:<digest>`: a hash of what it is and how often it was tried), lives for ten
//! minutes, is good for a few attempts, and ends with the one that succeeds. It is bound to the
//! account and to its epoch: a new password voids it.

use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::context::App;
use crate::edge::Problem;
use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::{Factors, OrgId, Redacted, UserId};

/// How long a phone may be looked for.
const LIFE: Duration = Duration::from_secs(10 * 60);
/// So many proofs may be tried with one ticket.
const ATTEMPTS: u32 = 5;

/// Stores a ticket, untried.
const ISSUE: &str = r"
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'tries', 0)
redis.call('EXPIRE', KEYS[1], ARGV[2])
";
/// Finds a ticket and counts an attempt, before it is judged: many at once do not slip past. The
/// ticket ends with the attempt that is one too many.
const ATTEMPT: &str = r"
local data = redis.call('HGET', KEYS[1], 'data')
if not data then return false end
if redis.call('HINCRBY', KEYS[1], 'tries', 1) > tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[1])
    return false
end
return data
";

/// A ticket's token: 256 random bits in hexadecimal, handed to the browser and kept nowhere.
#[derive(Clone, Debug)]
pub(super) struct TicketToken(Redacted<String>);

impl TicketToken {
    fn generate() -> Option<Self> {
        let mut bytes = Redacted::new([0; 32]);
        getrandom::fill(bytes.expose_mut()).ok()?;
        Some(Self(Redacted::new(hex::encode(bytes.expose()))))
    }

    /// One that a request brings. Whatever is in it, it is taken by its digest.
    pub(super) const fn from_request(text: Redacted<String>) -> Self {
        Self(text)
    }

    /// The token itself, for the answer.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// By what it is known.
    pub(super) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.expose()))
    }

    fn key(&self) -> String {
        format!("vt:ticket:{}", self.digest())
    }
}

/// What is remembered of somebody who is half way in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Ticket {
    /// The account.
    pub(super) user: UserId,
    /// The organisation that they are about to enter.
    pub(super) org: OrgId,
    /// The account's epoch when the first proof was seen.
    pub(super) epoch: i64,
    /// What was shown so far.
    pub(super) factors: Factors,
    /// Seconds since 1970.
    expires: i64,
}

impl Ticket {
    /// For somebody who has just shown the first of their proofs.
    pub(super) fn new(
        app: &App,
        (user, org): (UserId, OrgId),
        epoch: i64,
        factors: Factors,
    ) -> Self {
        Self {
            user,
            org,
            epoch,
            factors,
            expires: (app.clock.now() + LIFE).unix_timestamp(),
        }
    }

    /// Until when it is good.
    pub(super) fn expires_at(&self) -> Result<OffsetDateTime, Problem> {
        OffsetDateTime::from_unix_timestamp(self.expires).map_err(|_| Problem::internal())
    }

    fn living(self, now: OffsetDateTime) -> Option<Self> {
        (now.unix_timestamp() < self.expires).then_some(self)
    }
}

/// Hands out a ticket.
pub(super) async fn issue(app: &App, ticket: &Ticket) -> Result<TicketToken, Problem> {
    let token = TicketToken::generate().ok_or_else(Problem::internal)?;
    let data = serde_json::to_string(ticket).map_err(|_| Problem::internal())?;
    let life = LIFE.as_secs().to_string();
    let script = Script::new(ISSUE);
    let key = token.key();
    app.cache
        .script::<()>(&script, &[&key], &[&data, &life])
        .await?;
    Ok(token)
}

/// Finds a ticket without an attempt: to prepare what is shown then.
pub(super) async fn look(app: &App, token: &TicketToken) -> Result<Option<Ticket>, Problem> {
    let mut command = redis::cmd("HGET");
    command.arg(token.key()).arg("data");
    let data: Option<String> = app.cache.run(&command).await?;
    Ok(read(data.as_deref(), app.clock.now()))
}

/// Finds a ticket and counts an attempt with it; none when it is unknown, over, or used up.
pub(super) async fn attempt(app: &App, token: &TicketToken) -> Result<Option<Ticket>, Problem> {
    let script = Script::new(ATTEMPT);
    let most = ATTEMPTS.to_string();
    let data: Option<String> = app.cache.script(&script, &[&token.key()], &[&most]).await?;
    Ok(read(data.as_deref(), app.clock.now()))
}

fn read(data: Option<&str>, now: OffsetDateTime) -> Option<Ticket> {
    let ticket: Ticket = serde_json::from_str(data?).ok()?;
    ticket.living(now)
}

/// Ends a ticket with the attempt that succeeds; false when another one has.
pub(super) async fn redeem(cache: &Cache, token: &TicketToken) -> Result<bool, CacheDown> {
    let mut command = redis::cmd("DEL");
    command.arg(token.key());
    let ended: i64 = cache.run(&command).await?;
    Ok(ended == 1)
}
