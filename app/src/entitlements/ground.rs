//! What the licence needs of the rest: a database to remember in, keys to seal with, a clock.

use std::path::Path;
use std::sync::Arc;

use license::state::{State, StateKey};

use super::file::{self, STATE_MODE};
use crate::infra::db::Db;
use crate::kernel::Clock;
use crate::keys::Keyring;

/// The parts of the app that the licence stands on.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// Where it is remembered, and where the other replicas look.
    pub db: &'a Db,
    /// What authenticates that.
    pub keys: &'a Keyring,
    /// Time.
    pub clock: &'a Clock,
}

/// What a licence has to fit besides: this host, and a master key that is bound to a licence.
#[derive(Clone, Default)]
pub struct Place {
    /// The fingerprint of this host; empty where it cannot be told.
    pub host: String,
    /// Whether a licence, named by its digest, opens the master key; `None` when that is bound to none.
    /// One that does not is not taken by a running server: its next start would find the vault shut.
    pub opens: Option<Opens>,
}

/// Whether a licence, named by its digest, opens the master key that is bound here.
pub type Opens = Arc<dyn Fn(&[u8; 32]) -> bool + Send + Sync>;

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Place({})", self.host)
    }
}

/// The key that what is remembered is sealed with.
pub(super) fn key(ground: Ground<'_>) -> StateKey {
    StateKey::new(*ground.keys.license_state_key().expose())
}

/// That key, and those of earlier master keys, which open what they have sealed.
pub(super) fn keys(ground: Ground<'_>) -> Vec<StateKey> {
    let all = ground.keys.license_state_keys();
    all.iter().map(|key| StateKey::new(*key.expose())).collect()
}

/// A disk may be far away, and slow.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(std::io::Error::other("the work was cut off")))
}

/// Writes what is remembered to LICENSE_STATE_PATH. The database remembers the same, so a disk that
/// is full or read-only is said and stops nothing.
pub(super) async fn write_state(path: &Path, state: &State, ground: Ground<'_>) {
    let (to, sealed) = (path.to_owned(), state.seal(&key(ground)));
    let written = off_thread(move || file::write_whole(&to, &sealed, STATE_MODE)).await;
    if let Err(error) = written {
        let path = path.display();
        tracing::warn!(%error, %path, "LICENSE_STATE_PATH cannot be written; let user 10001 write it");
    }
}
