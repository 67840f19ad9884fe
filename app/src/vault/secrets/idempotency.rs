//! The same request again under the same key makes nothing: its answer may have been lost on the way.

use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::context::App;
use crate::edge::{Caller, IdempotencyKey};
use crate::infra::db::TenantTx;
use crate::kernel::{SecretId, VaultId};
use crate::vault::problem::Error;
use crate::vault::record::NewRecord;
use crate::vault::store::idempotency::{self as store, Keyed};

/// For how long a key is remembered.
const KEPT: Duration = Duration::hours(24);

/// A request and its key as keyed digests, which tell nothing; none when it brought no key.
pub(super) fn keyed(
    app: &App,
    caller: Caller,
    key: &IdempotencyKey,
    (vault, new): (VaultId, &NewRecord),
) -> Result<Option<Keyed>, Error> {
    let Some(key) = key.as_str() else {
        return Ok(None);
    };
    let bytes = serde_json::to_vec(&(vault, new)).map_err(Error::Content)?;
    let bytes = Zeroizing::new(bytes);
    let digest = |purpose, bytes: &[u8]| app.keys.fingerprint(caller.org, purpose, bytes);
    Ok(Some(Keyed {
        user: caller.user,
        key: digest("idempotency key", key.as_bytes()),
        request: digest("idempotent request", &bytes),
    }))
}

/// What a request asks of the past.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) keyed: Option<&'a Keyed>,
    pub(super) now: OffsetDateTime,
}

impl Before<'_> {
    /// What the same request made before.
    pub(super) async fn made(&self, tx: &mut TenantTx) -> Result<Option<SecretId>, Error> {
        let Some(keyed) = self.keyed else {
            return Ok(None);
        };
        match store::find(tx, keyed, self.since()).await? {
            Some((request, made)) if request == keyed.request => {
                Ok(Some(SecretId::from_uuid(made)))
            }
            Some(_) => Err(Error::OtherRequest),
            None => Ok(None),
        }
    }

    /// Remembers what it makes now.
    pub(super) async fn keep(&self, tx: &mut TenantTx, made: SecretId) -> Result<(), Error> {
        let Some(keyed) = self.keyed else {
            return Ok(());
        };
        let times = (self.now, self.since());
        if store::keep(tx, keyed, made.as_uuid(), times).await? {
            Ok(())
        } else {
            Err(Error::KeyTaken)
        }
    }

    fn since(&self) -> OffsetDateTime {
        self.now.saturating_sub(KEPT)
    }
}
