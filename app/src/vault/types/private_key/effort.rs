//! How much work keys may be.

use super::{Refusal, TOO_MANY};

/// A round of bcrypt, in milliseconds.
pub(super) const BCRYPT_ROUND: u64 = 6;
/// A MiB of scrypt.
pub(super) const SCRYPT_MIB: u64 = 4;
/// So many rounds of PBKDF2 are a millisecond.
pub(super) const PBKDF2_ROUNDS: u64 = 1000;

/// How much work passphrases may still ask for: about, in milliseconds of a slow processor. It is
/// reckoned from what a key says and not from what passes, so that a file comes out the same on every machine.
#[derive(Debug)]
pub(in crate::vault) struct Effort(u64);

impl Effort {
    /// So many milliseconds for all keys together.
    pub(in crate::vault) const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Whatever a single key may ask for, which each format bounds.
    pub(in crate::vault) const fn of_one_key() -> Self {
        Self::new(u64::MAX)
    }

    /// Takes what a key costs, before it costs it.
    pub(super) fn spend(&mut self, millis: u64) -> Result<(), Refusal> {
        self.0 = self.0.checked_sub(millis.max(1)).ok_or(TOO_MANY)?;
        Ok(())
    }
}
