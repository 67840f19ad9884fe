//! Sessions in Redis: opaque tokens, of which only the digest is stored.
//!
//! | key | holds |
//! |---|---|
//! | `vt:session:<digest of the token>` | a hash: what the session is, when it was last used, how long it may rest |
//! | `vt:sessions:<account>` | a hash: the digest for each session's id |

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::{Factors, OrgId, Redacted, SessionId, UserId};

/// Stores a session, lists it, and ends the one that it replaces: one step.
static START: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'seen', ARGV[2], 'idle', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[6])
if KEYS[3] then redis.call('DEL', KEYS[3]) end
",
    )
});
/// Finds sessions, lets them live on, and says when each was used before.
static FIND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local all = {}
for number, key in ipairs(KEYS) do
    local found = redis.call('HMGET', key, 'data', 'seen', 'idle')
    if found[1] and found[2] and found[3] then
        redis.call('HSET', key, 'seen', ARGV[1])
        redis.call('EXPIRE', key, found[3])
        all[number] = {found[1], found[2]}
    else
        all[number] = false
    end
end
return all
",
    )
});
/// The longest that a list of sessions is kept after the last one began: no limit is longer.
const LIST_SEC: u64 = 30 * 24 * 3600;
/// The clocks of several servers differ by so many seconds without harm.
const SKEW_SEC: i64 = 120;

/// A token in the clear: 256 random bits in hexadecimal. It is handed to the browser and kept
/// nowhere.
#[derive(Clone, Debug)]
pub(super) struct SessionToken(Redacted<String>);

impl SessionToken {
    /// A new one.
    pub(super) fn generate() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(Redacted::new(hex::encode(bytes))))
    }

    /// One that a browser sent, if it has the shape of one.
    pub(super) fn from_cookie(text: &str) -> Option<Self> {
        let shaped = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        shaped.then(|| Self(Redacted::new(text.to_owned())))
    }

    /// The token itself, for the cookie.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Looked up by digest: a look-up by the token itself would tell by its time how much of a
    /// guess is right, and a copy of the cache would be a bunch of keys.
    pub(super) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0.expose()))
    }

    /// Under which name its session is stored.
    pub(super) fn key(&self) -> SessionKey {
        SessionKey(key(&self.digest()))
    }
}

/// The name of a session in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SessionKey(String);

fn key(digest: &str) -> String {
    format!("vt:session:{digest}")
}

fn list_key(user: UserId) -> String {
    format!("vt:sessions:{user}")
}

/// What is remembered of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) user: UserId,
    pub(super) org: OrgId,
    pub(super) factors: Factors,
    /// Seconds since 1970.
    pub(super) began: i64,
    /// The account's epoch when it began.
    pub(super) epoch: i64,
    /// From where it began.
    pub(super) address: String,
    /// With what.
    pub(super) user_agent: String,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
}

impl Lifetime {
    /// Whether a session that began and was last used then is still one now.
    pub(super) fn covers(self, began: i64, seen: i64, now: OffsetDateTime) -> bool {
        let now = now.unix_timestamp();
        let within = |since: i64, limit: Duration| {
            let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
            (-SKEW_SEC..limit).contains(&now.saturating_sub(since))
        };
        within(began, self.absolute) && within(seen, self.idle)
    }
}

/// A session with when it was last used.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) session: Session,
    /// Seconds since 1970.
    pub(super) seen: i64,
}

/// Stores a session. The one that it replaces ends in the same step.
pub(super) async fn store(
    cache: &Cache,
    token: &SessionToken,
    session: &Session,
    idle: Duration,
    (now, replaced): (OffsetDateTime, Option<&SessionToken>),
) -> Result<(), CacheDown> {
    let digest = token.digest();
    let (own, list) = (key(&digest), list_key(session.user));
    let old = replaced.map(|token| key(&token.digest()));
    let mut keys = vec![own.as_str(), list.as_str()];
    keys.extend(old.as_deref());
    let arguments = [
        serde_json::to_string(session).unwrap_or_default(),
        now.unix_timestamp().to_string(),
        idle.as_secs().to_string(),
        session.id.to_string(),
        digest.clone(),
        LIST_SEC.to_string(),
    ];
    let arguments = arguments.each_ref().map(String::as_str);
    cache.script(&START, &keys, &arguments).await
}

/// Finds a session, and lets it live on.
pub(super) async fn find(
    cache: &Cache,
    token: &SessionToken,
    now: OffsetDateTime,
) -> Result<Option<Seen>, CacheDown> {
    let found = find_all(cache, &[token.key()], now).await?;
    Ok(found.into_iter().next().flatten())
}

/// Finds several in one step; as many answers as keys, in their order.
pub(super) async fn find_all(
    cache: &Cache,
    keys: &[SessionKey],
    now: OffsetDateTime,
) -> Result<Vec<Option<Seen>>, CacheDown> {
    let keys: Vec<&str> = keys.iter().map(|key| key.0.as_str()).collect();
    let now = now.unix_timestamp().to_string();
    let found: Vec<Option<(String, i64)>> = cache.script(&FIND, &keys, &[&now]).await?;
    let read = |(data, seen): (String, i64)| {
        let session = serde_json::from_str(&data).ok()?;
        Some(Seen { session, seen })
    };
    Ok(found.into_iter().map(|one| one.and_then(read)).collect())
}

/// Ends one session by its token.
pub(super) async fn end(
    cache: &Cache,
    user: UserId,
    id: SessionId,
    token: &SessionToken,
) -> Result<(), CacheDown> {
    forget(cache, user, &[(id.to_string(), token.digest())]).await
}

/// Everything that an account is signed in with, and the digest of each token.
pub(super) async fn list(cache: &Cache, user: UserId) -> Result<Vec<(Seen, String)>, CacheDown> {
    let mut found = Vec::new();
    let mut gone = Vec::new();
    for (id, digest) in listed(cache, user).await? {
        let mut command = redis::cmd("HMGET");
        command.arg(key(&digest)).arg("data").arg("seen");
        let (data, seen): (Option<String>, Option<i64>) = cache.run(&command).await?;
        let session = data.and_then(|data| serde_json::from_str(&data).ok());
        match session.zip(seen) {
            Some((session, seen)) => found.push((Seen { session, seen }, digest)),
            None => gone.push((id, digest)),
        }
    }
    forget(cache, user, &gone).await?;
    found.sort_by_key(|(found, _)| std::cmp::Reverse(found.seen));
    Ok(found)
}

async fn listed(cache: &Cache, user: UserId) -> Result<Vec<(String, String)>, CacheDown> {
    let mut command = redis::cmd("HGETALL");
    command.arg(list_key(user));
    cache.run(&command).await
}

/// Ends one session of an account, and says whether there was one.
pub(super) async fn revoke(cache: &Cache, user: UserId, id: SessionId) -> Result<bool, CacheDown> {
    let id = id.to_string();
    let found = listed(cache, user).await?;
    let found: Vec<_> = found.into_iter().filter(|(one, _)| *one == id).collect();
    forget(cache, user, &found).await?;
    Ok(!found.is_empty())
}

/// Ends every session of an account, but for one.
pub(super) async fn revoke_all(
    cache: &Cache,
    user: UserId,
    except: Option<SessionId>,
) -> Result<usize, CacheDown> {
    let kept = except.map(|id| id.to_string());
    let mut found = listed(cache, user).await?;
    found.retain(|(id, _)| Some(id) != kept.as_ref());
    forget(cache, user, &found).await?;
    Ok(found.len())
}

/// Ends what an account is signed in with in one organisation.
pub(super) async fn revoke_in(cache: &Cache, user: UserId, org: OrgId) -> Result<(), CacheDown> {
    let found = list(cache, user).await?.into_iter();
    let there: Vec<_> = found
        .filter(|(found, _)| found.session.org == org)
        .map(|(found, digest)| (found.session.id.to_string(), digest))
        .collect();
    forget(cache, user, &there).await
}

async fn forget(
    cache: &Cache,
    user: UserId,
    sessions: &[(String, String)],
) -> Result<(), CacheDown> {
    if sessions.is_empty() {
        return Ok(());
    }
    let mut sessions_command = redis::cmd("DEL");
    let mut list_command = redis::cmd("HDEL");
    list_command.arg(list_key(user));
    for (id, digest) in sessions {
        sessions_command.arg(key(digest));
        list_command.arg(id);
    }
    cache.run::<()>(&sessions_command).await?;
    cache.run(&list_command).await
}
