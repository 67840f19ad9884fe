//! Sessions of platform admins in Redis, under keys of their own.
//!
//! | key | holds |
//! |---|---|
//! | `vt:platform:session:<digest of the token>` | a hash: what the session is, when it was last used |
//! | `vt:platform:sessions` | a hash: the digest for each session's id; there are few |

use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::token::Token;
use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::{PlatformAdminId, SessionId};

/// A session ends after this long without use. Operators come for a task and leave.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after this long in any case.
pub(super) const ABSOLUTE: Duration = Duration::from_secs(8 * 3600);
/// The clocks of several servers differ by so many seconds without harm.
const SKEW_SEC: i64 = 120;

const LIST: &str = "vt:platform:sessions";

/// Stores a session, and lists it: one step.
const START: &str = r"
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'seen', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[6])
";
/// Finds a session, lets it live on, and says when it was used before.
const FIND: &str = r"
local found = redis.call('HMGET', KEYS[1], 'data', 'seen')
if not (found[1] and found[2]) then return false end
redis.call('HSET', KEYS[1], 'seen', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return {found[1], found[2]}
";

/// What is remembered of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) admin: PlatformAdminId,
    /// Seconds since 1970.
    pub(super) began: i64,
    /// The account's epoch when it began.
    pub(super) epoch: i64,
    /// From where it began.
    pub(super) address: String,
    /// With what.
    pub(super) user_agent: String,
}

/// A session, and when it was last used in seconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) session: Session,
    pub(super) seen: i64,
}

impl Seen {
    /// Whether it is still one.
    pub(super) fn lives(&self, now: OffsetDateTime) -> bool {
        let now = now.unix_timestamp();
        let within = |since: i64, limit: Duration| {
            let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
            (-SKEW_SEC..limit).contains(&now.saturating_sub(since))
        };
        within(self.session.began, ABSOLUTE) && within(self.seen, IDLE)
    }
}

fn key(digest: &str) -> String {
    format!("vt:platform:session:{digest}")
}

fn digest_of(token: &Token) -> String {
    hex::encode(token.digest())
}

/// Stores a session.
pub(super) async fn store(
    cache: &Cache,
    token: &Token,
    session: &Session,
    now: OffsetDateTime,
) -> Result<(), CacheDown> {
    let digest = digest_of(token);
    let arguments = [
        serde_json::to_string(session).unwrap_or_default(),
        now.unix_timestamp().to_string(),
        IDLE.as_secs().to_string(),
        session.id.to_string(),
        digest.clone(),
        ABSOLUTE.as_secs().to_string(),
    ];
    let arguments = arguments.each_ref().map(String::as_str);
    cache
        .script(&Script::new(START), &[&key(&digest), LIST], &arguments)
        .await
}

/// Finds a session, and lets it live on.
pub(super) async fn find(
    cache: &Cache,
    token: &Token,
    now: OffsetDateTime,
) -> Result<Option<Seen>, CacheDown> {
    let arguments = [now.unix_timestamp().to_string(), IDLE.as_secs().to_string()];
    let arguments = arguments.each_ref().map(String::as_str);
    let key = key(&digest_of(token));
    let found: Option<(String, i64)> = cache
        .script(&Script::new(FIND), &[&key], &arguments)
        .await?;
    Ok(found.and_then(|(data, seen)| {
        let session = serde_json::from_str(&data).ok()?;
        Some(Seen { session, seen })
    }))
}

/// All sessions, whoever's, the last used first. What the cache has forgotten is struck off.
pub(super) async fn list(cache: &Cache) -> Result<Vec<Seen>, CacheDown> {
    let mut found = Vec::new();
    for (id, digest) in listed(cache).await? {
        let mut command = redis::cmd("HMGET");
        command.arg(key(&digest)).arg("data").arg("seen");
        let (data, seen): (Option<String>, Option<i64>) = cache.run(&command).await?;
        let session = data.and_then(|data| serde_json::from_str(&data).ok());
        match session.zip(seen) {
            Some((session, seen)) => found.push(Seen { session, seen }),
            None => forget(cache, &id, &digest).await?,
        }
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.seen));
    Ok(found)
}

async fn listed(cache: &Cache) -> Result<Vec<(String, String)>, CacheDown> {
    let mut command = redis::cmd("HGETALL");
    command.arg(LIST);
    cache.run(&command).await
}

/// Ends a session, and says whether there was one.
pub(super) async fn end(cache: &Cache, id: SessionId) -> Result<bool, CacheDown> {
    let id = id.to_string();
    let found = listed(cache).await?.into_iter().find(|(one, _)| *one == id);
    let Some((id, digest)) = found else {
        return Ok(false);
    };
    forget(cache, &id, &digest).await?;
    Ok(true)
}

async fn forget(cache: &Cache, id: &str, digest: &str) -> Result<(), CacheDown> {
    let mut session = redis::cmd("DEL");
    session.arg(key(digest));
    cache.run::<()>(&session).await?;
    let mut list = redis::cmd("HDEL");
    list.arg(LIST).arg(id);
    cache.run(&list).await
}
