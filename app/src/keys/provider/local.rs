//! `local`: the key itself, which the configuration has read from a secret file.

use super::{KeyProvider, MasterKeys, TransitError};
use crate::kernel::Redacted;

/// The key itself.
#[derive(Debug)]
pub struct Local {
    key: Redacted<[u8; 32]>,
    next: Option<Redacted<[u8; 32]>>,
}

impl Local {
    /// Takes what was read.
    #[must_use]
    pub const fn new(key: Redacted<[u8; 32]>, next: Option<Redacted<[u8; 32]>>) -> Self {
        Self { key, next }
    }
}

impl KeyProvider for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    async fn master_keys(self) -> Result<MasterKeys, TransitError> {
        Ok(MasterKeys {
            key: self.key,
            next: self.next,
        })
    }
}
