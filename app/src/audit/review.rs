//! Reading a trail again at somebody's word, however long that takes.
//!
//! A request has its limit and a trail has none, so the reading goes on by itself: whoever asks waits
//! [`PATIENT`] for it, gets the verdict if it is there by then, and asks again otherwise. One reading of
//! an organisation goes on at a time, whoever began it and at whichever replica; how far it is stands in
//! Redis, and is gone a minute after a server that was ended in the middle of it.
//!
//! | key | holds |
//! |---|---|
//! | `vt:trail-review:<organisation>` | a [`Review`] as JSON |

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::checkpoint::Checkpoint;
use super::verify::{Broken, Genuine, extent, whole};
use crate::context::App;
use crate::edge::{Problem, error_chain};
use crate::infra::cache::{Cache, CacheDown};
use crate::infra::db::DbError;
use crate::kernel::OrgId;

/// So long whoever asks waits for the verdict.
const PATIENT: Duration = Duration::from_secs(5);
/// So often it is noted how far the reading is.
const TOLD: Duration = Duration::from_secs(2);
/// So long what was noted counts, seconds: the server that reads may be gone.
const ALIVE_SEC: u32 = 60;
/// So long a verdict can be asked for, seconds.
const KEPT_SEC: u32 = 60 * 60;
/// So many trails are read at once by one server: each takes a connection to the database for itself.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Whether a verdict is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AuditReviewState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It goes on.
    Running,
    /// It has come to an end.
    Ended,
}

/// A trail that is being read again, or was.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AuditVerdict)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Whether a verdict is there.
    pub state: State,
    /// How many entries were read so far.
    pub read: i64,
    /// How many there were when the reading began.
    pub of: i64,
    /// Whether every entry is the one that was written, and none is missing; null while it goes on.
    #[schema(required)]
    pub intact: Option<bool>,
    /// How many entries were read in all; null while it goes on, and where the trail is broken.
    #[schema(required)]
    pub entries: Option<i64>,
    /// The first place that is broken, in words.
    #[schema(required, example = "entry 17 was changed or added")]
    pub broken: Option<String>,
}

impl Review {
    const fn running(read: i64, of: i64) -> Self {
        Self {
            state: State::Running,
            read,
            of,
            intact: None,
            entries: None,
            broken: None,
        }
    }

    fn ended(of: i64, read: i64, found: Result<i64, Broken>) -> Self {
        Self {
            state: State::Ended,
            read,
            of,
            intact: Some(found.is_ok()),
            entries: found.ok(),
            broken: found.err().map(|broken| broken.to_string()),
        }
    }

    /// How it is answered.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.state {
            State::Running => StatusCode::ACCEPTED,
            State::Ended => StatusCode::OK,
        }
    }
}

/// Reads the trail of an organisation again, held against checkpoints that somebody kept; what comes of
/// it is recorded by `record` before anybody is told.
///
/// # Errors
/// 409 while another reading of it goes on, 503 when the cache or the database does not answer.
pub async fn review<R>(
    app: &App,
    org: OrgId,
    kept: Vec<Checkpoint>,
    record: impl FnOnce(App, Result<i64, Broken>) -> R + Send + 'static,
) -> Result<Review, Problem>
where
    R: Future<Output = Result<(), Problem>> + Send + 'static,
{
    let of = extent(&app.db, org).await?;
    if !claim(&app.cache, org, &Review::running(0, of)).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "verification-running",
            "The trail is being read already",
            "Wait until that has come to its end; how far it is can be asked for.",
        ));
    }
    let read = Arc::new(AtomicI64::new(0));
    let job = Job {
        app: app.clone(),
        org,
        of,
        read: Arc::clone(&read),
    };
    // It goes on when whoever asked is gone.
    let work = tokio::spawn(async move {
        let ended = job.run(&kept, record).await;
        job.leave(ended.as_ref().ok()).await;
        ended
    });
    match tokio::time::timeout(PATIENT, work).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(_)) => Err(Problem::internal()),
        Err(_elapsed) => Ok(Review::running(read.load(Ordering::Relaxed), of)),
    }
}

/// How far a reading is, or what came of the last one; nothing where there was none for an hour.
///
/// # Errors
/// 503 when the cache does not answer.
pub async fn review_of(app: &App, org: OrgId) -> Result<Option<Review>, Problem> {
    let mut command = redis::cmd("GET");
    command.arg(key(&app.cache, org));
    let text: Option<String> = app.cache.run(&command).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// One reading.
struct Job {
    app: App,
    org: OrgId,
    of: i64,
    read: Arc<AtomicI64>,
}

impl Job {
    async fn run<R>(
        &self,
        kept: &[Checkpoint],
        record: impl FnOnce(App, Result<i64, Broken>) -> R,
    ) -> Result<Review, Problem>
    where
        R: Future<Output = Result<(), Problem>>,
    {
        let found = tokio::select! {
            found = self.found(kept) => found?,
            never = self.tell() => match never {},
        };
        record(self.app.clone(), found).await?;
        Ok(Review::ended(
            self.of,
            self.read.load(Ordering::Relaxed),
            found,
        ))
    }

    async fn found(&self, kept: &[Checkpoint]) -> Result<Result<i64, Broken>, DbError> {
        let _turn = TURNS.acquire().await;
        let count = |_: Genuine<'_>| {
            self.read.fetch_add(1, Ordering::Relaxed);
        };
        whole((&self.app.db, &self.app.keys), self.org, kept, count).await
    }

    /// Notes how far it is, for as long as it goes on.
    async fn tell(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(TOLD).await;
            let now = Review::running(self.read.load(Ordering::Relaxed), self.of);
            if let Err(error) = put(&self.app.cache, self.org, &now, ALIVE_SEC).await {
                let error = error_chain(&error);
                tracing::warn!(error, "how far a trail was read again is noted later");
            }
        }
    }

    /// Leaves the verdict, or nothing where there is none: then somebody may begin anew.
    async fn leave(&self, ended: Option<&Review>) {
        let left = match ended {
            Some(review) => put(&self.app.cache, self.org, review, KEPT_SEC).await,
            None => {
                let mut command = redis::cmd("DEL");
                command.arg(key(&self.app.cache, self.org));
                self.app.cache.run::<()>(&command).await
            }
        };
        if let Err(error) = left {
            let error = error_chain(&error);
            tracing::warn!(error, "what came of reading a trail again is not noted");
        }
    }
}

fn key(cache: &Cache, org: OrgId) -> String {
    format!("{}vt:trail-review:{org}", cache.space())
}

/// Notes that a reading begins; false where one goes on.
async fn claim(cache: &Cache, org: OrgId, begun: &Review) -> Result<bool, CacheDown> {
    const CLAIM: &str = r#"
local found = redis.call('GET', KEYS[1])
if found and cjson.decode(found)['state'] == 'running' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"#;
    let script = redis::Script::new(CLAIM);
    let text = serde_json::to_string(begun).unwrap_or_default();
    let alive = ALIVE_SEC.to_string();
    let arguments = [text.as_str(), alive.as_str()];
    cache.script(&script, &[&key(cache, org)], &arguments).await
}

async fn put(cache: &Cache, org: OrgId, review: &Review, seconds: u32) -> Result<(), CacheDown> {
    let mut command = redis::cmd("SET");
    let text = serde_json::to_string(review).unwrap_or_default();
    command
        .arg(key(cache, org))
        .arg(text)
        .arg("EX")
        .arg(seconds);
    cache.run(&command).await
}
