//! How often somebody may try. Counted in Redis, so that replicas share one count.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use redis::Script;
use sha2::{Digest as _, Sha256};

use super::Problem;
use crate::infra::cache::Cache;

/// Counts one attempt and says how many there were in this window, and how long it goes on.
/// The first attempt opens the window; increment and expiry are one step.
const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
";

/// Takes an attempt back, in a window that is still open.
const TAKE_BACK: &str = r"
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
";

/// A limit on attempts.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many in one window.
    pub max: u32,
    /// How long a window lasts.
    pub window: Duration,
}

/// Whose attempts are counted, as a part of a key. Whatever was written by somebody is taken by its
/// digest, so that no name can make a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who(String);

impl From<&str> for Who {
    fn from(text: &str) -> Self {
        Self(hex::encode(Sha256::digest(text)))
    }
}

impl From<&String> for Who {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

/// An IPv6 network of /64 is one client: whoever has one address of it has all of them.
impl From<IpAddr> for Who {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_string()),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Self(Ipv6Addr::from_bits(network).to_string())
            }
        }
    }
}

impl Who {
    /// As it stands in a key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Counts an attempt of `who` at `what`.
///
/// # Errors
/// 429 with the time to wait past the limit; 503 when the cache does not answer, because a limit
/// that cannot be counted must not be passed.
pub async fn attempt(
    cache: &Cache,
    what: &str,
    who: impl Into<Who>,
    limit: Limit,
) -> Result<(), Problem> {
    let key = key(cache.space(), what, &who.into());
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

/// Takes one attempt back: it was a good one.
///
/// # Errors
/// 503 when the cache does not answer.
pub async fn take_back(cache: &Cache, what: &str, who: impl Into<Who>) -> Result<(), Problem> {
    let key = key(cache.space(), what, &who.into());
    Ok(cache.script(&Script::new(TAKE_BACK), &[&key], &[]).await?)
}

fn key(space: &str, what: &str, who: &Who) -> String {
    format!("{space}vt:rate:{what}:{}", who.as_str())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::Who;

    #[test]
    fn a_network_of_ipv6_is_one_client_and_a_mapped_address_is_that_of_ipv4() {
        let who = |text: &str| Who::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(who("2001:db8:1:2::1"), who("2001:db8:1:2:ffff:ffff::9"));
        assert_ne!(who("2001:db8:1:2::1"), who("2001:db8:1:3::1"));
        assert_eq!(who("::ffff:192.0.2.1"), who("192.0.2.1"));
        assert_ne!(who("192.0.2.1"), who("192.0.2.2"));
    }

    #[test]
    fn a_name_makes_no_key_of_its_own() {
        let key = super::key("", "signin", &Who::from("a:b\r\nDEL vt:*"));
        assert!(key.len() == "vt:rate:signin:".len() + 64, "{key}");
    }
}
