//! What the master key is bound to: where the parts are that open it.

use std::path::PathBuf;

use super::env::Reader;
use super::{AppEnv, Problem};
use crate::kernel::Redacted;

/// A master key that is bound to a root seed, the licence and this host.
#[derive(Clone, Debug)]
pub struct BindingConfig {
    /// The root seed.
    pub seed: Redacted<[u8; 32]>,
    /// The sealed key.
    pub sealed: SealedKey,
    /// The file of the host's machine id.
    pub machine_id: PathBuf,
}

/// Where the sealed key is. It is no secret.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// By value.
    pub value: Option<String>,
    /// In a file, which is read whenever it is asked for.
    pub path: PathBuf,
}

impl BindingConfig {
    /// Reads it; `None` when nothing is bound.
    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Option<Self> {
        let on = found.choice("LICENSE_BIND_MASTER", &[("0", false), ("1", true)], false);
        // Read in any case: what is wrong with it is told before it is needed.
        let text = found.guarded_secret("ROOT_SEED", "ROOT_SEED_FILE", env);
        if !on {
            return None;
        }
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        let given =
            text.is_some_and(|text| hex::decode_to_slice(text.expose(), &mut *seed).is_ok());
        if !given {
            let fact = "is not 64 hexadecimal digits, and LICENSE_BIND_MASTER=1 wants it";
            let cure = "put the root seed back from a backup, or recover with two shares";
            found.refuse(Problem::new("ROOT_SEED", fact, cure));
        }
        Some(Self {
            seed: Redacted::new(*seed),
            sealed: SealedKey {
                value: found.text("BOUND_MASTER_CIPHERTEXT"),
                path: found
                    .text("BOUND_MASTER_CIPHERTEXT_FILE")
                    .map_or_else(|| PathBuf::from("/data/master.bound"), PathBuf::from),
            },
            machine_id: machine_id(found),
        })
    }
}

/// The file of the host's machine id, as this process sees it.
pub(super) fn machine_id(found: &Reader<'_>) -> PathBuf {
    let named = found.text("HOST_MACHINE_ID_FILE");
    named.map_or_else(|| PathBuf::from("/run/host/machine-id"), PathBuf::from)
}
