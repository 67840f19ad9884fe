//! The master key: read, turned into the keyring at boot, and then forgotten.

use super::env::Reader;
use super::{AppEnv, Problem};
use crate::kernel::Redacted;

/// The development master key: the digits are its own warning.
const DEVELOPMENT_MASTER_KEY: &str =
    "0000000000000000000000000000000000000000000000000000000000000001";
/// What every refusal of a master key advises.
pub(super) const CURE: &str = "generate one with `openssl rand -hex 32` and keep a copy where it \
                               cannot be lost with the server";

/// Where the master key comes from. Not part of what a running server holds.
#[derive(Clone, Debug)]
pub struct KeysConfig {
    /// The 32 bytes under which every data key is wrapped.
    pub master_key: Redacted<[u8; 32]>,
}

impl KeysConfig {
    /// A master key that was had in another way.
    #[must_use]
    pub const fn local(master_key: Redacted<[u8; 32]>) -> Self {
        Self { master_key }
    }

    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Self {
        found.choice("KEY_PROVIDER", &[("local", ())], ());
        Self {
            master_key: master_key(found, env),
        }
    }

    /// Whether the master key is the one that everybody knows.
    pub(super) fn is_known(&self) -> bool {
        let key = self.master_key.expose();
        // All bytes alike, or almost: typed, not generated.
        let first = key.first().copied().unwrap_or_default();
        key.iter().filter(|byte| **byte != first).count() < 8
    }
}

fn master_key(found: &mut Reader<'_>, env: AppEnv) -> Redacted<[u8; 32]> {
    let text = found
        .secret("MASTER_KEY", "MASTER_KEY_FILE")
        .unwrap_or_else(|| {
            if env == AppEnv::Production {
                found.refuse(Problem::new("MASTER_KEY", "is not set", CURE));
            }
            Redacted::new(DEVELOPMENT_MASTER_KEY.to_owned())
        });
    let mut key = zeroize::Zeroizing::new([0; 32]);
    if hex::decode_to_slice(text.expose(), &mut *key).is_err() {
        let fact = "is not 64 hexadecimal digits";
        found.refuse(Problem::new("MASTER_KEY", fact, CURE));
    }
    Redacted::new(*key)
}
