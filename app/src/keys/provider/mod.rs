//! Where the master key comes from: a secret file, or a Transit engine that opens it.

mod answer;
mod local;
mod transit;

use crate::config::{KeySource, KeysConfig};
use crate::infra::process;
use crate::kernel::Redacted;
use crate::keys::Keyring;

pub use local::Local;
pub use transit::{Transit, TransitError};

/// The master key, and during a rotation the one that replaces it. Gone once the ring is made.
#[derive(Debug)]
pub struct MasterKeys {
    /// The master key.
    pub key: Redacted<[u8; 32]>,
    /// The one that replaces it.
    pub next: Option<Redacted<[u8; 32]>>,
}

/// Something that gives the master key at boot.
pub trait KeyProvider {
    /// Its name in `KEY_PROVIDER`.
    fn name(&self) -> &'static str;

    /// The master keys. Nothing of them stays with the provider.
    ///
    /// # Errors
    /// [`TransitError`] when they cannot be had.
    fn master_keys(self) -> impl Future<Output = Result<MasterKeys, TransitError>> + Send;
}

/// Gets the master keys from whatever the configuration names, and makes the ring of them. Takes
/// the configuration: what was in it is wiped when this returns.
///
/// # Errors
/// [`TransitError`] when they cannot be had.
pub async fn keyring(config: KeysConfig) -> Result<Keyring, TransitError> {
    if config.left_behind {
        tracing::warn!(
            "MASTER_KEY is still given in the clear, although another provider holds it; remove \
             it once a copy is in safe custody"
        );
    }
    match config.source {
        KeySource::Local { key, next } => ring(Local::new(key, next)).await,
        KeySource::Transit { transit, key, next } => {
            let sealed = Some((key, next));
            ring(Transit::new(transit, sealed)?).await
        }
    }
}

async fn ring(provider: impl KeyProvider) -> Result<Keyring, TransitError> {
    let name = provider.name();
    let keys = provider.master_keys().await?;
    let ring = Keyring::from_masters(&keys.key, keys.next.as_ref());
    drop(keys);
    // Deriving keys left parts of them on the stack, and so did reading the configuration.
    process::wipe_stack();
    tracing::info!(key = %ring.id(), provider = name, "master key");
    Ok(ring)
}

#[cfg(test)]
pub(crate) mod tests;
