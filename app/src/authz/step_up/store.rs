//! Demands and proofs in Redis.
//!
//! | key | holds |
//! |---|---|
//! | `vt:step-up:<id>` | a hash: whose it is, `nonce`, `digest`, `summary`, when it was `made`; once it is met the `proof` |
//! | `vt:step-ups:<session>` | a list: the open demands of a session, the latest first |

use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};

use crate::audit::approval::{Digest, Nonce};
use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::{ProofMethod, SessionId, StepUpId};

/// A session has so many demands at a time.
const OPEN: &str = "16";

/// Stores a demand and lists it; says which ones are too many now.
const MAKE: &str = r"
redis.call('HSET', KEYS[1], 'holder', ARGV[4], 'nonce', ARGV[5], 'digest', ARGV[6], 'summary', ARGV[7], 'made', ARGV[8])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('LPUSH', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
local old = redis.call('LRANGE', KEYS[2], ARGV[2], -1)
redis.call('LTRIM', KEYS[2], 0, ARGV[2] - 1)
return old
";
/// Notes the proof of a demand that has none yet.
const MEET: &str = r"
local found = redis.call('HMGET', KEYS[1], 'holder', 'proof')
if found[1] ~= ARGV[1] or found[2] then return 0 end
redis.call('HSET', KEYS[1], 'proof', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
";
/// Takes a proof and forgets it, where holder and digest are the right ones.
const TAKE: &str = r"
local found = redis.call('HMGET', KEYS[1], 'holder', 'digest', 'proof')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] or not found[3] then return false end
redis.call('DEL', KEYS[1])
return found[3]
";

/// A demand as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) holder: String,
    pub(super) nonce: Nonce,
    pub(super) digest: Digest,
    pub(super) summary: String,
    /// Seconds since 1970.
    pub(super) made: i64,
}

/// That it was met.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Proof {
    pub(super) method: ProofMethod,
    /// Seconds since 1970.
    pub(super) at: i64,
}

fn key(id: StepUpId) -> String {
    format!("vt:step-up:{id}")
}

pub(super) async fn open(
    cache: &Cache,
    (id, session): (StepUpId, SessionId),
    record: &Record,
    ttl: Duration,
) -> Result<(), CacheDown> {
    let (own, list) = (key(id), format!("vt:step-ups:{session}"));
    let arguments = [
        id.to_string(),
        OPEN.to_owned(),
        ttl.as_secs().to_string(),
        record.holder.clone(),
        hex::encode(record.nonce),
        hex::encode(record.digest),
        record.summary.clone(),
        record.made.to_string(),
    ];
    let arguments = arguments.each_ref().map(String::as_str);
    let old: Vec<String> = cache
        .script(&Script::new(MAKE), &[&own, &list], &arguments)
        .await?;
    if old.is_empty() {
        return Ok(());
    }
    let mut command = redis::cmd("DEL");
    for id in old {
        command.arg(format!("vt:step-up:{id}"));
    }
    cache.run(&command).await
}

/// A demand, met or not.
pub(super) async fn find(cache: &Cache, id: StepUpId) -> Result<Option<Record>, CacheDown> {
    Ok(read(cache, id).await?.map(|(record, _)| record))
}

/// A demand that is not met yet.
pub(super) async fn find_open(cache: &Cache, id: StepUpId) -> Result<Option<Record>, CacheDown> {
    let found = read(cache, id).await?;
    Ok(found.and_then(|(record, met)| (!met).then_some(record)))
}

async fn read(cache: &Cache, id: StepUpId) -> Result<Option<(Record, bool)>, CacheDown> {
    type Fields = (
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<i64>,
        Option<String>,
    );
    let mut command = redis::cmd("HMGET");
    command
        .arg(key(id))
        .arg(&["holder", "nonce", "digest", "summary", "made", "proof"]);
    let (holder, nonce, digest, summary, made, proof): Fields = cache.run(&command).await?;
    let bytes = |text: Option<String>| hex::decode(text?).ok()?.try_into().ok();
    let record = || {
        Some(Record {
            holder: holder?,
            nonce: bytes(nonce)?,
            digest: bytes(digest)?,
            summary: summary?,
            made: made?,
        })
    };
    Ok(record().map(|record| (record, proof.is_some())))
}

/// Whether it could be met.
pub(super) async fn meet(
    cache: &Cache,
    id: StepUpId,
    holder: &str,
    proof: &Proof,
    ttl: Duration,
) -> Result<bool, CacheDown> {
    let proof = serde_json::to_string(proof).unwrap_or_default();
    let ttl = ttl.as_secs().to_string();
    let arguments = [holder, proof.as_str(), ttl.as_str()];
    cache
        .script(&Script::new(MEET), &[&key(id)], &arguments)
        .await
}

pub(super) async fn take(
    cache: &Cache,
    id: StepUpId,
    (holder, digest): &(String, Digest),
) -> Result<Option<Proof>, CacheDown> {
    let digest = hex::encode(digest);
    let found: Option<String> = cache
        .script(&Script::new(TAKE), &[&key(id)], &[holder, &digest])
        .await?;
    Ok(found.and_then(|proof| serde_json::from_str(&proof).ok()))
}
