//! How often somebody may try. Counted in Redis, so that replicas share one count.

use std::time::Duration;

use redis::Script;

use super::Problem;
use crate::infra::cache::Cache;

/// Counts one attempt and says how many there were in this window, and how long it goes on.
/// The first attempt opens the window; increment and expiry are one step.
const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
";

/// A limit on attempts.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many in one window.
    pub max: u32,
    /// How long a window lasts.
    pub window: Duration,
}

/// Counts an attempt of `who` at `what`.
///
/// # Errors
/// 429 with the time to wait past the limit; 503 when the cache does not answer, because a limit
/// that cannot be counted must not be passed.
pub async fn attempt(cache: &Cache, what: &str, who: &str, limit: Limit) -> Result<(), Problem> {
    let key = format!("vt:rate:{what}:{who}");
    let window = limit.window.as_millis().to_string();
    let (count, left): (i64, i64) = cache
        .script(&Script::new(COUNT), &[&key], &[&window])
        .await?;
    if count <= i64::from(limit.max) {
        return Ok(());
    }
    let seconds = u64::try_from(left).unwrap_or(0).div_ceil(1000).max(1);
    Err(Problem::rate_limited(seconds))
}
