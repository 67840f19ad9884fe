//! The same request again, under the same `Idempotency-Key`, makes no second thing: its answer may have been
//! lost on the way.
//!
//! Whoever makes something claims the key in the transaction that makes it, so that either both are there or
//! neither, and of many at once one makes it and the others find what it made. Both the key and the request
//! are kept as keyed digests, which tell nothing. What was made is answered as it is now; what is shown once,
//! or is not there any more, is not shown again: that the request was answered is all that is said then.

mod store;
#[cfg(test)]
mod tests;

use http::StatusCode;
use serde::Serialize;
use serde_json::Value as Json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::context::App;
use crate::edge::{Caller, IdempotencyKey, Problem};
use crate::infra::db::{DbError, TenantTx};
use store::Keyed;

/// For how long a key is remembered.
const KEPT: Duration = Duration::hours(24);

/// Why a key does not stand for a request.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    /// It came with another request before.
    #[error("the same key came with another request")]
    OtherRequest,
    /// The request was answered, and what it made is not shown again.
    #[error("what was made before is not shown again")]
    MadeBefore,
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] DbError),
    /// It could not be put down.
    #[error("a request could not be written")]
    Unwritten(#[source] serde_json::Error),
}

impl From<OnceError> for Problem {
    fn from(error: OnceError) -> Self {
        match error {
            OnceError::OtherRequest => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The key belongs to another request",
                "Send another Idempotency-Key with every request that is not the same as before.",
            ),
            OnceError::MadeBefore => Self::new(
                StatusCode::CONFLICT,
                "made-before",
                "This request was answered before",
                "It made what it was to make, and nothing was made now. That is not shown again: \
                 it is shown only once, or it is not there any more. Look for it in the list, and \
                 send another Idempotency-Key to make another one.",
            ),
            OnceError::Database(error) => error.into(),
            OnceError::Unwritten(_) => Self::internal(),
        }
    }
}

/// What a request makes.
#[derive(Clone, Debug)]
pub struct Made {
    /// The id of it.
    pub id: Uuid,
    /// The answer, where that cannot be told from what was made. It holds nothing that is sealed.
    pub answer: Option<Json>,
}

impl Made {
    /// Something that is known by its id.
    #[must_use]
    pub const fn of(id: Uuid) -> Self {
        Self { id, answer: None }
    }
}

/// A request that may come again.
#[derive(Clone, Debug)]
pub struct Once {
    keyed: Option<Keyed>,
    now: OffsetDateTime,
}

impl Once {
    /// The request `what`, of which `request` says everything that makes it this one. Without a key it is
    /// another one each time.
    ///
    /// # Errors
    /// [`OnceError::Unwritten`] when it cannot be put down.
    pub fn of<T: Serialize>(
        app: &App,
        caller: &Caller,
        key: &IdempotencyKey,
        (what, request): (&str, &T),
    ) -> Result<Self, OnceError> {
        let now = app.clock.now();
        let Some(key) = key.as_str() else {
            return Ok(Self { keyed: None, now });
        };
        let bytes = serde_json::to_vec(&(what, request)).map_err(OnceError::Unwritten)?;
        let bytes = Zeroizing::new(bytes);
        let digest = |purpose, bytes: &[u8]| app.keys.fingerprint(caller.org, purpose, bytes);
        let keyed = Keyed {
            user: caller.user,
            key: digest("idempotency key", key.as_bytes()),
            request: digest("idempotent request", &bytes),
        };
        let keyed = Some(keyed);
        Ok(Self { keyed, now })
    }

    /// What the same request made before.
    ///
    /// # Errors
    /// [`OnceError::OtherRequest`] when another one came under the key.
    pub async fn before(&self, tx: &mut TenantTx) -> Result<Option<Made>, OnceError> {
        let Some(keyed) = &self.keyed else {
            return Ok(None);
        };
        match store::find(tx, keyed, self.since()).await? {
            Some((request, made)) if request == keyed.request => Ok(Some(made)),
            Some(_) => Err(OnceError::OtherRequest),
            None => Ok(None),
        }
    }

    /// Claims the key for what is about to be made in this transaction; what was made before, if that is
    /// so. Whoever comes at the same time waits until it is known.
    ///
    /// # Errors
    /// [`OnceError::OtherRequest`] when another one came under the key.
    pub async fn claim(&self, tx: &mut TenantTx, making: &Made) -> Result<Option<Made>, OnceError> {
        let Some(keyed) = &self.keyed else {
            return Ok(None);
        };
        if store::keep(tx, keyed, making, (self.now, self.since())).await? {
            return Ok(None);
        }
        let before = self.before(tx).await?;
        before.map(Some).ok_or(OnceError::MadeBefore)
    }

    /// The same for what is shown once.
    ///
    /// # Errors
    /// [`OnceError::MadeBefore`] when it was shown, and as [`Self::claim`].
    pub async fn claim_unseen(&self, tx: &mut TenantTx, making: Uuid) -> Result<(), OnceError> {
        match self.claim(tx, &Made::of(making)).await? {
            None => Ok(()),
            Some(_) => Err(OnceError::MadeBefore),
        }
    }

    fn since(&self) -> OffsetDateTime {
        self.now.saturating_sub(KEPT)
    }
}

/// What a request that comes again is answered with, or that it is not there any more.
///
/// # Errors
/// [`OnceError::MadeBefore`] when it is not there.
pub fn again<T>(found: Option<T>) -> Result<T, OnceError> {
    found.ok_or(OnceError::MadeBefore)
}
