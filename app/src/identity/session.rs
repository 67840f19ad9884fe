//! Sessions in Redis: opaque tokens, of which only the digest is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::{Factors, OrgId, Redacted, SessionId, UserId};

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
    fn key(&self) -> String {
        format!(
            "vt:session:{}",
            hex::encode(Sha256::digest(self.0.expose()))
        )
    }
}

/// What is remembered of a session.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) user: UserId,
    pub(super) org: OrgId,
    pub(super) factors: Factors,
    /// Seconds since 1970.
    pub(super) began: i64,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime {
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
}

pub(super) async fn store(
    cache: &Cache,
    token: &SessionToken,
    session: &Session,
    lifetime: Lifetime,
) -> Result<(), CacheDown> {
    let mut command = redis::cmd("SET");
    command
        .arg(token.key())
        .arg(serde_json::to_string(session).unwrap_or_default())
        .arg("EX")
        .arg(lifetime.idle.as_secs());
    cache.run(&command).await
}

/// Finds a session and lets it live on, unless it is too old in any case.
pub(super) async fn find(
    cache: &Cache,
    token: &SessionToken,
    lifetime: Lifetime,
    now: OffsetDateTime,
) -> Result<Option<Session>, CacheDown> {
    let mut command = redis::cmd("GETEX");
    command
        .arg(token.key())
        .arg("EX")
        .arg(lifetime.idle.as_secs());
    let stored: Option<String> = cache.run(&command).await?;
    let Some(session) = stored.and_then(|text| serde_json::from_str::<Session>(&text).ok()) else {
        return Ok(None);
    };
    let age = now.unix_timestamp().saturating_sub(session.began);
    let limit = i64::try_from(lifetime.absolute.as_secs()).unwrap_or(i64::MAX);
    if (0..limit).contains(&age) {
        return Ok(Some(session));
    }
    end(cache, token).await?;
    Ok(None)
}

pub(super) async fn end(cache: &Cache, token: &SessionToken) -> Result<(), CacheDown> {
    let mut command = redis::cmd("DEL");
    command.arg(token.key());
    cache.run(&command).await
}
